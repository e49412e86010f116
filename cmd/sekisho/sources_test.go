package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/config"
	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/provider/aws/awsapi"
	"github.com/sekisho/sekisho/provider/kafka"
)

// TestPolledSources: logs that are asked are set up as they are configured and tried out
// by check; the token goes to the log alone.
func TestPolledSources(t *testing.T) {
	const secret = "planted-secret-of-a-test"
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Header.Get("Authorization")+" "+r.URL.Path)
		if strings.HasPrefix(r.URL.Path, "/api/v3") {
			w.WriteHeader(401)
			fmt.Fprintf(w, `{"message":"bad: %s"}`, secret)
			return
		}
		fmt.Fprint(w, `[{"uuid":"a","published":"2026-01-02T03:04:05Z"}]`)
	}))
	defer server.Close()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "sekisho.yaml")
	text := fmt.Sprintf("service: {sources: [{okta: %q, token_file: token}, {github: example, token_file: token, endpoint: %q}]}\n", server.URL, server.URL+"/api/v3")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	declared, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	defer declared.Close()
	results, err := checkSources(t.Context(), declared.Service.Sources)
	if err != nil || len(results) != 2 || results[0].State != awsapi.CheckOK || results[1].State != awsapi.CheckMissing || !strings.Contains(results[1].Detail, "put a new one into "+filepath.Join(dir, "token")) {
		t.Fatalf("%+v %v", results, err)
	}
	if said := fmt.Sprintf("%+v %+v", results, declared.Service.Sources); strings.Contains(said, secret) {
		t.Errorf("the token is told: %s", said)
	}
	if got, want := strings.Join(asked, ", "), "SSWS "+secret+" /api/v1/logs, Bearer "+secret+" /api/v3/orgs/example/audit-log"; got != want {
		t.Errorf("asked %s, want %s", got, want)
	}
}

// TestPacedSources: how late a log is that is asked now and then is said where one looks at
// what comes.
func TestPacedSources(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/v3") {
			fmt.Fprint(w, "["+stolenSession["github/audit.json"]+"]")
			return
		}
		fmt.Fprint(w, "[]")
	}))
	defer server.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "sekisho.yaml")
	text := fmt.Sprintf("service: {sources: [{okta: %q, token_file: token}, {github: example, token_file: token, endpoint: %q}]}\n", server.URL, server.URL+"/api/v3")
	for name, text := range map[string]string{"token": "a-token-of-this-test", "sekisho.yaml": text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := start(t, filepath.Join(dir, "data"), "--config", file)
	t.Setenv("SEKISHO_ADMIN_TOKEN", testAdmin)
	eventually(t, "the code host's record is read", 10*time.Second, func() bool {
		_, out, _ := runMain(t, "sources", "--url", p.url)
		return strings.Contains(out, "github-audit")
	})
	for _, command := range []string{"sources", "coverage"} {
		code, out, errs := runMain(t, command, "--url", p.url)
		for _, want := range []string{"asked each 10s while something comes, else each 20s", "asked each 15s while something comes, else each 1m0s; what its API shows late is looked for each 2m0s, up to 10m0s back"} {
			if code != exitClean || !strings.Contains(out, want) {
				t.Errorf("%s: %d %s%s, want in it %q", command, code, out, errs, want)
			}
		}
	}
}

// TestSourcesBringAnyKind: what a queue, a topic or a folder holds may be of each kind.
func TestSourcesBringAnyKind(t *testing.T) {
	t.Setenv("AWS_REGION", "eu-west-1")
	for _, s := range []config.SourceSetting{
		{Folder: "in"}, {Brokers: []string{"127.0.0.1:1"}, Topics: []string{"t"}}, {Queue: "https://sqs.eu-west-1.amazonaws.com/111122223333/q"},
	} {
		got, err := source(t.Context(), &s, nil)
		if err != nil {
			t.Fatal(err)
		}
		format := ""
		switch x := got.(type) {
		case *ingest.Folder:
			format = x.Format
		case *kafka.Topics:
			format = x.Format()
		case *awsapi.Queue:
			format = x.Format()
		}
		if format != normalize.Any {
			t.Errorf("%s brings %q", got.Name(), format)
		}
	}
}
