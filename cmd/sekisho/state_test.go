package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sekisho/sekisho/store"
)

// unpack puts a kept data folder into a new one.
func unpack(t *testing.T, archive string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	f, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for in := tar.NewReader(z); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return dir
		}
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, filepath.Clean("/"+h.Name))
		if h.Typeflag == tar.TypeDir {
			err = os.MkdirAll(path, 0o700)
		} else {
			var text []byte
			if text, err = io.ReadAll(in); err == nil {
				err = os.WriteFile(path, text, 0o600)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

var replayed = regexp.MustCompile(`(\d+) records of (\d+) deliveries`)

// TestOlderState: a data folder of each layout that ever was is read, goes on, and
// replays. One of each is kept in testdata/state; a new layout adds its own.
func TestOlderState(t *testing.T) {
	kept, err := filepath.Glob("testdata/state/layout-*.tar.gz")
	if err != nil || len(kept) != store.Version {
		t.Fatalf("%d layouts are kept, there have been %d: add testdata/state/layout-%d.tar.gz, a backup with its keys (%v)", len(kept), store.Version, store.Version, err)
	}
	for _, archive := range kept {
		t.Run(filepath.Base(archive), func(t *testing.T) {
			dir := unpack(t, archive)
			code, out, errs := runMain(t, "replay", "--data", dir)
			was := replayed.FindStringSubmatch(out)
			// The state of the checkpoint in it may be that of an older engine: what must hold
			// is that the log is read, to its end.
			if code != exitClean && !strings.Contains(errs, errOtherBits.Error()) {
				t.Fatalf("status %d: %s%s", code, out, errs)
			}
			p := start(t, dir)
			if n := p.push(oneRecord(t, "aaaaaaaa-0000-4000-8000-000000000001")); n != 1 {
				t.Fatalf("a record more: %d accepted; %s", n, p.log)
			}
			eventually(t, "incidents of what was there before are known", 10*time.Second, func() bool {
				var page struct{ Incidents []json.RawMessage }
				return json.Unmarshal(p.get(t, "/v1/incidents?limit=1000"), &page) == nil && len(page.Incidents) > 0
			})
			p.cmd.Process.Signal(syscall.SIGTERM)
			p.cmd.Wait()
			code, out, errs = runMain(t, "replay", "--data", dir)
			now := replayed.FindStringSubmatch(out + errs)
			// What an older engine judged cannot be proved by this one, which says so.
			if now == nil || code != exitClean && !strings.Contains(errs, "cannot be proved by these") {
				t.Fatalf("after one more: status %d: %s%s", code, out, errs)
			}
			if was != nil {
				before, _ := strconv.Atoi(was[1])
				if after, _ := strconv.Atoi(now[1]); after != before+1 {
					t.Errorf("%s records, then %s", was[1], now[1])
				}
			}
		})
	}
}

// oneRecord is a harmless record with an id.
func oneRecord(t *testing.T, id string) []byte {
	t.Helper()
	return []byte(`{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":"arn:aws:iam::111122223333:user/ann","accountId":"111122223333","accessKeyId":"AKIAEXAMPLE","userName":"ann"},"eventTime":"` +
		time.Now().UTC().Format(time.RFC3339) + `","eventSource":"s3.amazonaws.com","eventName":"ListBuckets","awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.1","userAgent":"x","requestParameters":null,"responseElements":null,"eventID":"` + id + `","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management"}`)
}

// post sends a body as the administrator.
func (p *process) post(t *testing.T, path, body string) (int, string) {
	t.Helper()
	r, _ := http.NewRequest("POST", p.url+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+testAdmin)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(b)
}

// TestServeSecrets: a secret that a record holds where no secret should be is in no
// output: no file of the data folder in the clear, no log line, no answer, no metric; and
// tokens are nowhere.
func TestServeSecrets(t *testing.T) {
	const planted = "wJalrPLANTEDbPxRfiCYEXAMPLEKEYplanted/0"
	dir := filepath.Join(t.TempDir(), "data")
	p := start(t, dir)
	// One record is the attack's kind, so that it is looked at, findings and all.
	record := strings.NewReplacer(`"ListBuckets"`, `"CreateAccessKey"`, `s3.amazonaws.com`, `iam.amazonaws.com`, `"readOnly":true`, `"readOnly":false`,
		`"requestParameters":null`, `"requestParameters":{"userName":"root-backup","secretAccessKey":"`+planted+`","password":"`+planted+`"}`,
		`"responseElements":null`, `"responseElements":{"accessKey":{"accessKeyId":"AKIAEXAMPLE2","userName":"root-backup","secretAccessKey":"`+planted+`"}}`).
		Replace(string(oneRecord(t, "aaaaaaaa-0000-4000-8000-000000000002")))
	if n := p.push([]byte(record)); n != 1 {
		t.Fatalf("%d accepted: %s", n, p.log)
	}
	if n := p.push([]byte("{\"password\":\"" + planted + "\"}\n" + string(oneRecord(t, "aaaaaaaa-0000-4000-8000-000000000003")))); n != 1 {
		t.Fatalf("%d accepted beside an unreadable record", n)
	}
	time.Sleep(300 * time.Millisecond)
	answers := map[string][]byte{}
	for _, path := range []string{"/v1/incidents?limit=1000", "/v1/sources", "/v1/coverage", "/v1/identities", "/v1/identities/AIDAEXAMPLE", "/v1/audit", "/metrics", "/v1/openapi.yaml"} {
		answers[path] = p.get(t, path)
	}
	if !bytes.Contains(answers["/v1/incidents?limit=1000"], []byte("root-backup")) {
		t.Error("the record was not looked at: the test shows nothing")
	}
	code, made := p.post(t, "/v1/backups", `{"name":"one"}`)
	if code != 200 {
		t.Fatalf("backup: %d %s", code, made)
	}
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.cmd.Wait()
	answers["its log"] = []byte(p.log.String())
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			answers[path], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for where, text := range answers {
		for _, secret := range []string{planted, testIngest, testAdmin, planted[6:24]} {
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("%s holds a secret", where)
			}
		}
	}
	if len(answers) < 15 {
		t.Errorf("only %d outputs were looked at", len(answers))
	}
}

// TestServeLifetime: a verdict, a backup, a restore, views made anew, and the comparison
// with another version, as an operator goes through them.
func TestServeLifetime(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS("../../examples/eight-minutes/logs")); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Minute)
	filepath.WalkDir(folder, func(path string, _ os.DirEntry, _ error) error { return os.Chtimes(path, old, old) })
	p := start(t, dir, "--watch", folder)
	t.Setenv("SEKISHO_ADMIN_TOKEN", testAdmin)
	id := ""
	for range 150 {
		var page struct{ Incidents []struct{ ID string } }
		json.Unmarshal(p.get(t, "/v1/incidents?severity=critical"), &page)
		if len(page.Incidents) == 1 && bytes.Contains(p.get(t, "/metrics"), []byte("sekisho_records_accepted_total 6359")) {
			id = page.Incidents[0].ID
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if id == "" {
		t.Fatalf("the incident did not come: %s", p.log)
	}
	var decided struct {
		Decisions []struct {
			Tier  int
			Fresh bool
		}
	}
	if err := json.Unmarshal(p.get(t, "/v1/incidents/"+id+"/decisions"), &decided); err != nil || len(decided.Decisions) == 0 || decided.Decisions[0].Fresh {
		t.Errorf("what was decided on records of another year: %+v, %v", decided, err)
	}
	for range 50 { // how feeds do is told once a second
		if bytes.Contains(p.get(t, "/v1/sources"), []byte("911817180386")) {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	run := func(want int, args ...string) string {
		t.Helper()
		code, out, errs := runMain(t, args...)
		if code != want {
			t.Fatalf("%v: status %d: %s%s", args, code, out, errs)
		}
		return out
	}
	contains := func(text string, wants ...string) {
		t.Helper()
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%q is missing in:\n%s", want, text)
			}
		}
	}
	contains(run(exitClean, "verdict", id, "authorised", "--note", "a drill", "--url", p.url), id+" is authorised, says SEKISHO_ADMIN_TOKEN")
	contains(run(exitFailure, "verdict", "inc-0000000000000000", "false", "--url", p.url))
	contains(run(exitClean, "incidents", "show", id, "--url", p.url), id, "too old for an action", "Verdict: authorised, by SEKISHO_ADMIN_TOKEN")
	contains(run(exitClean, "coverage", "--behaviours", "--url", p.url), "911817180386", "missing", "sekisho check --region us-east-1", "admin-granted")
	contains(run(exitClean, "sources", "--url", p.url), "folder", "911817180386", "late by")
	contains(run(exitClean, "identities", "--url", p.url, "--limit", "1000"), "app-instance")
	contains(run(exitClean, "identities", "show", "app-instance", "--url", p.url), "Normal for it", "secretsmanager", "calls in a minute")
	contains(run(exitFailure, "identities", "show", "nobody-at-all", "--url", p.url))
	contains(string(p.get(t, "/v1/audit")), `"what":"verdict"`, id, "authorised")
	run(exitClean, "backup", "--running", "monday", "--url", p.url)
	run(exitFailure, "backup", "--running", "monday", "--url", p.url)
	run(exitFailure, "backup", "--running", "../monday", "--url", p.url)
	before := p.get(t, "/v1/incidents?limit=1000")
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.cmd.Wait()

	contains(run(exitClean, "replay", "--data", dir), "the same bits")
	restored := filepath.Join(t.TempDir(), "restored")
	backup := filepath.Join(dir, "backups", "monday")
	run(exitFailure, "replay", "--data", backup) // sealed, and no key in it
	run(exitClean, "replay", "--data", backup, "--keys", filepath.Join(dir, "keys"))
	contains(run(exitClean, "restore", backup, "--keys", filepath.Join(dir, "keys"), "--data", restored), "start serve on it")
	run(exitFailure, "restore", backup, "--keys", filepath.Join(dir, "keys"), "--data", restored)
	contains(run(exitClean, "views", "--data", restored), "made anew from 636")
	contains(run(exitClean, "keys", "add", "--data", restored), "used from the next start on")
	p = start(t, restored)
	var after []byte
	for range 50 { // what is shown follows within a second
		if after = p.get(t, "/v1/incidents?limit=1000"); bytes.Equal(before, after) {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if !bytes.Equal(before, after) {
		differ(t, before, after)
	}
	contains(string(p.get(t, "/v1/audit")), `"what":"verdict"`, "authorised")
	if err := json.Unmarshal(p.get(t, "/v1/incidents/"+id+"/decisions"), &decided); err != nil || len(decided.Decisions) == 0 {
		t.Errorf("the decisions are not made anew: %v", err)
	}
	contains(string(p.get(t, "/v1/sources")), `"path":"folder"`)
	if n := p.push(oneRecord(t, "aaaaaaaa-0000-4000-8000-000000000009")); n != 1 { // there is a checkpoint then
		t.Errorf("%d accepted", n)
	}
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.cmd.Wait()

	// What is judged by something else is not compared with what it is not.
	other, decides := filepath.Join(t.TempDir(), "other.yaml"), filepath.Join(t.TempDir(), "service.yaml")
	if err := errors.Join(os.WriteFile(other, []byte("identities: {kinds: [{match: \"*:user/*\", kind: agent}]}\n"), 0o600), os.WriteFile(decides, []byte("service: {retain: {days: 30}}\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"replay", "views"} {
		if code, _, errs := runMain(t, command, "--data", restored, "--config", other); code != exitFailure || !strings.Contains(errs, "as it has them") {
			t.Errorf("%s by another configuration: status %d, %s", command, code, errs)
		}
	}
	run(exitClean, "replay", "--data", restored, "--config", decides) // says only how the service runs
	p = start(t, restored, "--config", other)
	if !strings.Contains(p.log.String(), "are others than before") {
		t.Errorf("another configuration is not said: %s", p.log)
	}
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.cmd.Wait()
	if code, _, errs := runMain(t, "replay", "--data", restored, "--config", other); code != exitFailure || !strings.Contains(errs, "since delivery") {
		t.Errorf("a replay over the change: status %d, %s", code, errs)
	}
	p = start(t, restored) // and back
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.cmd.Wait()

	// Lost keys are said, and no new ones are made in their place.
	gone := filepath.Join(restored, "keys")
	kept, err := os.ReadFile(gone)
	if err == nil {
		err = os.Remove(gone)
	}
	if err != nil {
		t.Fatal(err)
	}
	if code, _, errs := runMain(t, "serve", "--data", restored, "--listen", "127.0.0.1:0"); code != exitFailure || !strings.Contains(errs, "put its copy back") {
		t.Errorf("without keys: status %d, %s", code, errs)
	}
	if _, err := os.Stat(gone); err == nil {
		t.Error("a new key file was made where the old one was lost")
	}
	if err := os.WriteFile(gone, kept, 0o600); err != nil {
		t.Fatal(err)
	}
	// Another version: this test's program under another model decides otherwise.
	t.Setenv("SEKISHO_TEST_PROCESS", "1")
	contains(run(exitClean, "upgrade", "check", os.Args[0], "--data", dir), "No incident and no decision changes")
	program := filepath.Join(t.TempDir(), "other")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"+os.Args[0]+" \"$@\" | sed 's/critical/medium/; s/admin-granted/admin-given/'\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	contains(run(exitIncidents, "upgrade", "check", program, "--data", dir), "~ "+id+" severity: critical -> medium", "admin-given")
	if out := run(exitFailure, "upgrade", "check", "/bin/false", "--data", dir); out != "" {
		t.Error(out)
	}
}

// differ says in which fields two pages of incidents differ.
func differ(t *testing.T, before, after []byte) {
	t.Helper()
	var a, b struct{ Incidents []map[string]json.RawMessage }
	if err := errors.Join(json.Unmarshal(before, &a), json.Unmarshal(after, &b)); err != nil || len(a.Incidents) != len(b.Incidents) {
		t.Errorf("%d incidents, then %d (%v)", len(a.Incidents), len(b.Incidents), err)
		return
	}
	for i := range a.Incidents {
		for field, x := range a.Incidents[i] {
			if y := b.Incidents[i][field]; !bytes.Equal(x, y) {
				t.Errorf("%s of %s: %.600s, then %.600s", field, a.Incidents[i]["id"], x, y)
			}
		}
	}
}
