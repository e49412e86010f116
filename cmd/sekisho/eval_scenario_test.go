package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// The scenarios of one set, and the one of them whose system is read.
const (
	scenarios     = "panther-scenarios"
	administrator = "okta-add-administrator"
)

// administratorStory are the files of that scenario, each with the time for
// which the set's own script plays it: as they were written down, the grant
// comes six days before the user to whom it is given.
var administratorStory = []struct {
	file, at string
	attack   bool
}{
	{"legit_login", "2021-05-29T19:00:00Z", false},
	{"brute_force_logins", "2021-07-01T19:00:00Z", true},
	{"new-user", "2021-07-02T19:00:00Z", true},
	{"admin_privs_assigned", "2021-07-02T21:00:00Z", true},
}

// newAdministrator plays the takeover of a directory's administrator as one
// log: weeks of sign-ins, a password guessed from another country, a user made,
// and administrator's power for that user.
func (v *evaluation) newAdministrator(t *testing.T) {
	var log strings.Builder
	attack := map[string]string{} // which file an event of the attack is in
	for _, part := range administratorStory {
		at, err := time.Parse(time.RFC3339, part.at)
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range storyOf(t, recording(t, scenarios+"/"+administrator+"/"+part.file+".ndjson"), at) {
			if part.attack {
				attack[fmt.Sprint(record["uuid"])] = part.file
			}
			line, err := json.Marshal(record)
			if err != nil {
				t.Fatal(err)
			}
			log.Write(append(line, '\n'))
		}
	}
	r := scanWith(t, strings.NewReader(log.String()), "-")
	if r.Stats.Events != 17 || r.Stats.UnreadableTotal > 0 {
		t.Errorf("%+v: not all of the 17 records were read", r.Stats)
	}
	var rows [][]string
	found := map[string]bool{}
	for _, in := range r.Incidents {
		for _, f := range in.Findings {
			file := attack[f.EventID]
			if file == "" {
				t.Errorf("%s rests on %s, which is no event of the attack", f.Detection, f.EventID)
			}
			found[file] = true
			rows = append(rows, []string{f.At.Format("01-02 15:04:05"), in.Severity, f.Detection, shorten(f.Reason, 120)})
		}
	}
	v.table(t, fmt.Sprintf("A new administrator (%s/%s), %d records, incidents: %s", scenarios, administrator, r.Stats.Records, r.severities()),
		[]string{"at", "incident", "behaviour", "reason"}, rows)
	for _, part := range administratorStory {
		if part.attack && !found[part.file] {
			v.disagree(t, scenarios, part.file, "part of an attack, and nothing found on its events", quietInScenario, part.file)
		}
	}
	for _, want := range []string{"admin-granted", "unusual-action"} {
		if !slices.Contains(names(r.findings()), want) {
			t.Errorf("%s found nothing in it", want)
		}
	}
	if r.severities() != "1 critical" {
		t.Errorf("incidents: %s; one, critical, was found", r.severities())
	}
	readmeSays(t, "(public, %d records of Okta) | 1 incident, critical, by the power given", r.Stats.Records)
}

// storyOf are the records of a file, moved in time so that the last of them
// stands at a moment.
func storyOf(t *testing.T, path string, at time.Time) (records []map[string]any) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var times []time.Time
	for line := range strings.Lines(string(raw)) {
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		text, _ := record["published"].(string)
		published, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		records, times = append(records, record), append(times, published)
	}
	by := at.Sub(slices.MaxFunc(times, time.Time.Compare))
	for i, record := range records {
		record["published"] = times[i].Add(by).Format(time.RFC3339Nano)
	}
	return records
}
