package sim

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// newer are keys that records have carried since after the recordings that we
// compare with (2021 to 2024) were made.
var newer = map[string]bool{"inScopeOf": true, "onBehalfOf": true, "ec2RoleDelivery": true, "sourceIdentity": true}

// shape is what is known of the records of one kind.
type shape struct{ union, common map[string]bool }

func (s *shape) add(keys []string) {
	if s.union == nil {
		s.union, s.common = map[string]bool{}, map[string]bool{}
		for _, k := range keys {
			s.common[k] = true
		}
	}
	for _, k := range keys {
		s.union[k] = true
	}
	maps.DeleteFunc(s.common, func(k string, _ bool) bool { return !slices.Contains(keys, k) })
}

// kindOf groups records whose keys should agree: by call, by type of identity,
// by whether it failed, and by whether a service or the console made it.
func kindOf(r record) string {
	kind := r.text("eventSource") + " " + r.text("eventName") + " " + r.identity().text("type")
	if r["errorCode"] != nil {
		kind += " failed"
	}
	if r.identity()["invokedBy"] != nil {
		kind += " service"
	}
	if r["sessionCredentialFromConsole"] != nil {
		kind += " console"
	}
	return kind
}

// Keys of generated records against those of real recordings, for every kind
// that both have.
func TestShapesOfRealRecords(t *testing.T) {
	data := filepath.Join("..", "..", "shared", "data")
	if _, err := os.Stat(data); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the recordings to compare with are missing: %v", err)
		}
		t.Skip("the recordings to compare with are not beside this checkout")
	}
	whole, identity := map[string]*shape{}, map[string]*shape{}
	of := func(m map[string]*shape, k string) *shape {
		if m[k] == nil {
			m[k] = &shape{}
		}
		return m[k]
	}
	real := 0
	for _, r := range recordings(t, data) {
		if v := r.text("eventVersion"); v < "1.08" && len(v) == 4 || r["eventCategory"] == nil {
			continue // older records lack what newer ones have
		}
		real++
		of(whole, kindOf(r)).add(slices.Collect(maps.Keys(r)))
		who := r.identity()
		kind := who.text("type")
		if who["invokedBy"] != nil {
			kind += " service"
		}
		of(identity, kind).add(slices.Collect(maps.Keys(who)))
	}
	if real < 2000 {
		t.Fatalf("only %d real records were read", real)
	}

	rec, _ := example(t, nil)
	compared, kinds := 0, map[string]bool{}
	complain := map[string]bool{}
	all := []*Recording{rec}
	for _, c := range Scenarios {
		rec, _ := scenario(t, c, 0)
		all = append(all, rec)
	}
	compare := func(_ time.Time, _, _, _ string, line []byte) {
		r := decode(t, line)
		kind := kindOf(r)
		check := func(what string, s *shape, have map[string]any) {
			if s == nil {
				return
			}
			compared++
			kinds[kind] = true
			for k := range have {
				// Services began to write TLS details at different times; a user who takes
				// a role of another account is in no recording, and has a shared id.
				across := k == "sharedEventID" && strings.HasPrefix(kind, "sts.amazonaws.com AssumeRole ")
				if !s.union[k] && !newer[k] && k != "tlsDetails" && !across {
					complain[what+" "+kind+": no real record has "+k] = true
				}
			}
			for k := range s.common {
				// A few keys depend on the client or the network, which the one
				// recording of a kind happens to share.
				if _, ok := have[k]; !ok && k != "apiVersion" && k != "vpcEndpointId" && k != "tlsDetails" && k != "sharedEventID" {
					complain[what+" "+kind+": all real records have "+k] = true
				}
			}
		}
		check("record", whole[kind], r)
		who := r.identity()
		idKind := who.text("type")
		if who["invokedBy"] != nil {
			idKind += " service"
		}
		if s := identity[idKind]; s != nil {
			for k := range who {
				// A session that a caller forwards to a service shows a key; the
				// recordings hold only the services' own roles, which show none.
				if forwarded := k == "accessKeyId" && idKind == "AssumedRole service"; !s.union[k] && !newer[k] && !forwarded {
					complain["identity "+idKind+": no real record has "+k] = true
				}
			}
		}
	}
	for _, rec := range all {
		rec.Each(compare)
	}
	// Worlds of both halves: a month of days, for what is done now and then, and
	// each campaign.
	for _, half := range []Half{Fitting, Measuring} {
		w := world(t, half, 6)
		for d := range 30 {
			for _, r := range w.Day(d) {
				compare(r.At, r.Account, r.Region, r.ID, r.Line)
			}
		}
		for _, name := range w.Campaigns() {
			records, _, err := w.Play(name, 3, w.Start().AddDate(0, 0, 30))
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range records {
				compare(r.At, r.Account, r.Region, r.ID, r.Line)
			}
		}
	}
	for _, c := range slices.Sorted(maps.Keys(complain)) {
		t.Error(c)
	}
	// Enough of both to mean something.
	if len(kinds) < 40 || compared < 500 {
		t.Errorf("only %d kinds and %d records could be compared", len(kinds), compared)
	}
}

// recordings reads the CloudTrail ones.
func recordings(t *testing.T, data string) []record {
	t.Helper()
	var all []record
	for _, pattern := range []string{"invictus-aws-2023/*.gz", "invictus-aws-2023/*/*.gz", "stratus-detonation-2024/*.json", "sans504-service-background/*.ndjson.gz"} {
		paths, err := filepath.Glob(filepath.Join(data, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "LABELS.json") {
				continue
			}
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			var in io.Reader = f
			if strings.HasSuffix(path, ".gz") {
				if in, err = gzip.NewReader(f); err != nil {
					f.Close()
					continue // an archive of another kind
				}
			}
			d := json.NewDecoder(in)
			for {
				var v any
				if d.Decode(&v) != nil {
					break
				}
				all = append(all, flatten(v)...)
			}
			f.Close()
		}
	}
	return all
}

func flatten(v any) []record {
	switch v := v.(type) {
	case []any:
		var all []record
		for _, one := range v {
			all = append(all, flatten(one)...)
		}
		return all
	case map[string]any:
		if l, ok := v["Records"]; ok {
			return flatten(l)
		}
		if _, ok := v["eventName"]; ok {
			return []record{v}
		}
	}
	return nil
}
