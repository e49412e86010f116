package sim

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

var corpusMorning = time.Date(2025, 11, 3, 8, 0, 0, 0, time.UTC)

type document struct{ Records []json.RawMessage }

func corpus(t testing.TB, o CorpusOptions) (Stats, map[string][]byte) {
	t.Helper()
	o.Dir, o.Start = t.TempDir(), corpusMorning
	stats, err := Corpus(o)
	if err != nil {
		t.Fatal(err)
	}
	return stats, tree(t, o.Dir)
}

// The size asked for, in files as a trail delivers them, every event once.
func TestCorpusShape(t *testing.T) {
	stats, files := corpus(t, CorpusOptions{Bytes: 20e6, Identities: 500, Accounts: 4, Seed: 5})
	if stats.RawBytes < 20e6 || stats.RawBytes > 20.1e6 {
		t.Errorf("%d bytes instead of 20 MB", stats.RawBytes)
	}
	ids, principals, records := map[string]bool{}, map[string]bool{}, 0
	full := 0
	for name, b := range files {
		var d document
		if err := json.Unmarshal(unzip(t, b), &d); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(d.Records) >= 200 && len(d.Records) <= 2000 {
			full++
		}
		for _, line := range d.Records {
			r := decode(t, line)
			records++
			ids[r.text("eventID")] = true
			who := r.identity()
			if who.text("type") != "AWSService" {
				id, _, _ := strings.Cut(who.text("principalId"), ":")
				principals[id] = true
			}
			if !strings.HasPrefix(name, "AWSLogs/"+r.text("recipientAccountId")+"/CloudTrail/"+r.text("awsRegion")+"/2025/11/03/") && r.text("awsRegion") != "us-east-1" {
				t.Fatalf("a record of %s %s is in %s", r.text("recipientAccountId"), r.text("awsRegion"), name)
			}
		}
	}
	if len(ids) != records || records != stats.Records {
		t.Errorf("%d ids for %d records, %d reported", len(ids), records, stats.Records)
	}
	if len(principals) != 500 {
		t.Errorf("%d principals act instead of 500", len(principals))
	}
	if mean := stats.RawBytes / int64(records); mean < 1250 || mean > 1450 {
		t.Errorf("a record has %d bytes; a real trail's mean is about 1350", mean)
	}
	if full < len(files)-1 {
		t.Errorf("%d of %d files are of a size that a trail delivers", full, len(files))
	}
}

func TestCorpusIsReproducible(t *testing.T) {
	o := CorpusOptions{Bytes: 5e6, Identities: 10, Accounts: 3, Seed: 9}
	_, one := corpus(t, o)
	_, two := corpus(t, o)
	if !maps.EqualFunc(one, two, bytes.Equal) {
		t.Error("the same options gave two corpora")
	}
	o.Seed++
	_, other := corpus(t, o)
	if slices.Equal(slices.Sorted(maps.Keys(one)), slices.Sorted(maps.Keys(other))) {
		t.Error("two seeds gave the same files")
	}
}

// With more principals than records everybody comes up at most once or so.
func TestCorpusOfManyIdentities(t *testing.T) {
	stats, files := corpus(t, CorpusOptions{Bytes: 4e6, Identities: 1_000_000, Accounts: 2, Seed: 1})
	principals := map[string]bool{}
	for _, b := range files {
		var d document
		if err := json.Unmarshal(unzip(t, b), &d); err != nil {
			t.Fatal(err)
		}
		for _, line := range d.Records {
			principals[decode(t, line).identity().text("principalId")] = true
		}
	}
	if len(principals) < stats.Records/2 {
		t.Errorf("%d principals in %d records; most should be new ones", len(principals), stats.Records)
	}
}

func TestCorpusRefusesNonsense(t *testing.T) {
	for _, o := range []CorpusOptions{{Bytes: -1, Identities: 1, Accounts: 1}, {Identities: 0, Accounts: 1}, {Identities: 1}} {
		if _, err := Corpus(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}

// Mixed records come out byte for byte, and cannot leave the folder.
func TestMix(t *testing.T) {
	lines := []string{
		`{"eventTime":"2025-01-02T03:04:05Z","awsRegion":"eu-west-1","recipientAccountId":"111122223333","x": 1 }`,
		`{"eventTime":"2025-01-02T03:04:06Z","awsRegion":"eu-west-1","recipientAccountId":"111122223333","x":2}`,
		`{"eventTime":"2025-01-02T09:04:06Z","awsRegion":"eu-west-1","recipientAccountId":"111122223333","x":3}`,
		`{"eventTime":"2025-01-02T03:04:06Z","awsRegion":"../../etc","userIdentity":{"accountId":"../x"},"x":4}`,
	}
	dir := t.TempDir()
	stats, err := Mix(dir, "some.ndjson", strings.NewReader(strings.Join(lines, "\n")+"\n\n"), 1)
	if err != nil {
		t.Fatal(err)
	}
	if stats.Records != 4 || stats.Files != 3 {
		t.Errorf("%+v", stats)
	}
	var all []string
	for name, b := range tree(t, dir) {
		if !strings.HasPrefix(name, "AWSLogs/") {
			t.Errorf("%s is not where a trail delivers", name)
		}
		all = append(all, string(unzip(t, b)))
	}
	whole := strings.Join(all, "\n")
	for _, l := range lines {
		if !strings.Contains(whole, l) {
			t.Errorf("not kept as it was: %s", l)
		}
	}
	if _, err := Mix(t.TempDir(), "bad", strings.NewReader("{}\nnot json\n"), 1); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("a bad line gives %v", err)
	}
}

func TestOrganization(t *testing.T) {
	// Two weeks of nine accounts: every kind of day comes up, weekends too.
	rec, err := Organization(OrganizationOptions{Seed: 2, Start: time.Date(2025, 11, 3, 0, 0, 0, 0, time.UTC), Days: 14, Accounts: 9, People: 60})
	if err != nil {
		t.Fatal(err)
	}
	byDay, types := map[time.Weekday]int{}, map[string]int{}
	rec.Each(func(at time.Time, _, _, _ string, line []byte) {
		byDay[at.Weekday()]++
		types[decode(t, line).identity().text("type")]++
	})
	for _, want := range []string{"IAMUser", "AssumedRole", "AWSService", "AWSAccount", "SAMLUser", "WebIdentityUser", "FederatedUser", "Root"} {
		if types[want] == 0 {
			t.Errorf("nobody is a %s: %v", want, types)
		}
	}
	if byDay[time.Sunday] == 0 || byDay[time.Sunday] >= byDay[time.Tuesday] {
		t.Errorf("a Sunday should be quieter than a Tuesday, not silent: %v", byDay)
	}
}

// BenchmarkCorpus tells megabytes a second before compression.
func BenchmarkCorpus(b *testing.B) {
	const size = 50e6
	b.SetBytes(size)
	for b.Loop() {
		if _, err := Corpus(CorpusOptions{Dir: b.TempDir(), Bytes: size, Identities: 1000, Accounts: 10, Seed: 1, Start: corpusMorning}); err != nil {
			b.Fatal(err)
		}
	}
}
