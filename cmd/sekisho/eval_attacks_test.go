package main

import (
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Floors: what was reached stays reached. Raise them when more is found.
const (
	// Of the 23 recordings of one technique each: something was found, and
	// something that names the technique. The aim is 23 for both.
	floorSingles          = 23
	floorSinglesTechnique = 23
	aimSingles            = 23
	// Of the 26 windows of the long attack. The aim is 24.
	floorWindows          = 24
	floorWindowsTechnique = 24
	aimWindows            = 24
)

// expected are the ATT&CK ids under which a recorded technique is known, by the
// name that its recording has: our reading of what is done in it. A behaviour
// answers for it with any of these ids, or one of the same parent.
var expected = map[string][]string{
	"credential-access.ec2-get-password-data":                 {"T1552.005", "T1555.006", "T1078.004"},
	"credential-access.ec2-steal-instance-credentials":        {"T1552.005", "T1078.004", "T1550.001"},
	"credential-access.secretsmanager-batch-retrieve-secrets": {"T1555.006"},
	"credential-access.secretsmanager-retrieve-secrets":       {"T1555.006"},
	"credential-access.ssm-retrieve-securestring-parameters":  {"T1555.006", "T1552.001"},
	"defense-evasion.cloudtrail-delete":                       {"T1562.008"},
	"defense-evasion.cloudtrail-event-selectors":              {"T1562.008"},
	"defense-evasion.cloudtrail-lifecycle-rule":               {"T1562.008", "T1070.001", "T1485.001"},
	"defense-evasion.cloudtrail-stop":                         {"T1562.008"},
	"defense-evasion.organizations-leave":                     {"T1666", "T1562.001"},
	"defense-evasion.vpc-remove-flow-logs":                    {"T1562.008"},
	"discovery.ec2-download-user-data":                        {"T1580", "T1552.005", "T1526"},
	"discovery.ec2-enumerate-from-instance":                   {"T1580", "T1087.004"},
	"execution.ec2-launch-unusual-instances":                  {"T1578.002", "T1496.001"},
	"execution.ec2-user-data":                                 {"T1059.009", "T1037", "T1546", "T1651"},
	"execution.ssm-send-command":                              {"T1651", "T1059", "T1021.007"},
	"exfiltration.ec2-security-group-open-port-22-ingress":    {"T1562.007", "T1021.004"},
	"exfiltration.ec2-share-ami":                              {"T1537"},
	"exfiltration.ec2-share-ebs-snapshot":                     {"T1537"},
	"exfiltration.rds-share-snapshot":                         {"T1537"},
	"exfiltration.s3-backdoor-bucket-policy":                  {"T1537", "T1530"},
	"initial-access.console-login-without-mfa":                {"T1078.004"},
	"lateral-movement.ec2-instance-connect":                   {"T1021.008", "T1098.004", "T1651"},
	"persistence.iam-backdoor-role":                           {"T1098.003", "T1484.002"},
	"persistence.iam-backdoor-user":                           {"T1098.001"},
	"persistence.iam-create-admin-user":                       {"T1136.003", "T1098.003"},
	"persistence.iam-create-backdoor-role":                    {"T1136.003", "T1098.003"},
	"persistence.iam-create-user-login-profile":               {"T1098.001", "T1136.003"},
	"persistence.lambda-backdoor-function":                    {"T1546", "T1648"},
	"persistence.lambda-overwrite-code":                       {"T1648", "T1546"},
	"persistence.rolesanywhere-create-trust-anchor":           {"T1098.001", "T1484.002", "T1556.007"},
}

// expectedOf are the ATT&CK ids of a technique as recordings name it:
// "aws.persistence.iam-backdoor-user", or several joined by "-or-".
func expectedOf(t *testing.T, technique string) (ids []string) {
	t.Helper()
	for name := range strings.SplitSeq(technique, "-or-") {
		known, ok := expected[strings.TrimPrefix(name, "aws.")]
		if !ok {
			t.Errorf("%s: no ATT&CK ids are listed for it", name)
		}
		ids = append(ids, known...)
	}
	return ids
}

// attackRecording is a labelled piece of a recording, of one technique, and
// what the program found on its events.
type attackRecording struct {
	set, technique string
	from           time.Time
	events         int
	severities     string
	all            []scannedFinding // on its events
	match          []scannedFinding // of them, those that name its technique
}

// attackRecordings scans the recordings of one technique each, and the windows
// of the long attack.
func attackRecordings(t *testing.T) []attackRecording {
	t.Helper()
	windows, _, _ := windowRecordings(t)
	return append(singleRecordings(t), windows...)
}

// sets of recordings.
const (
	singles = "stratus-detonation-2024"
	long    = "invictus-aws-2023"
)

func singleRecordings(t *testing.T) (out []attackRecording) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(recording(t, singles+"/neutral"), "*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	for _, path := range paths {
		r := scanJSON(t, path)
		x := attackRecording{set: singles, technique: strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "aws."), ".json"),
			from: r.Stats.FirstEventAt, events: r.Stats.Events, severities: r.severities(), all: r.findings()}
		x.findMatches(t)
		out = append(out, x)
	}
	return out
}

// windowRecordings are the windows of the long attack, what was found in all of
// it, and the label of each of its events.
func windowRecordings(t *testing.T) (out []attackRecording, r scanned, label map[string]string) {
	t.Helper()
	r = scanJSON(t, recording(t, long+"/neutral.ndjson.gz"))
	label = eventLabels(t, recording(t, long+"/event_labels.csv.gz"))
	for _, w := range labels(t, long).Windows {
		x := attackRecording{set: long, technique: strings.TrimPrefix(w.Technique, "aws."), from: w.First, events: w.Events}
		for _, f := range r.findings() {
			if label[f.EventID] == "attack" && !f.At.Before(w.First) && !f.At.After(w.Last) {
				x.all = append(x.all, f)
			}
		}
		x.findMatches(t)
		out = append(out, x)
	}
	return out, r, label
}

// findMatches picks the findings that name the recorded technique.
func (x *attackRecording) findMatches(t *testing.T) {
	t.Helper()
	want := expectedOf(t, x.technique)
	for _, f := range x.all {
		if related(f.Attack, want) {
			x.match = append(x.match, f)
		}
	}
}

// singleTechniques: 23 recordings of one attack technique each, without any
// history. Something must be found in each, best under the technique's own id.
func (v *evaluation) singleTechniques(t *testing.T) {
	var rows [][]string
	found, named := 0, 0
	all := singleRecordings(t)
	for _, x := range all {
		var other []scannedFinding
		for _, f := range x.all {
			if !slices.Contains(names(x.match), f.Detection) {
				other = append(other, f)
			}
		}
		row := []string{x.technique, "-", "-", x.severities, strings.Join(names(x.match), ", "), strings.Join(names(other), ", ")}
		if len(x.all) > 0 {
			found++
			row[1], row[2] = x.all[0].At.Format("15:04:05"), after(x.from, x.all[0].At)
		}
		if len(x.match) > 0 {
			named++
		} else {
			v.missed(t, &x, missedSingles)
		}
		rows = append(rows, row)
	}
	v.table(t, "Recordings of one technique each ("+singles+")",
		[]string{"recording", "found at", "after", "incidents", "for its technique", "other behaviours"}, rows)
	v.print(t, fmt.Sprintf("found %d of %d (floor %d, aim %d); by a behaviour of its technique %d (floor %d, aim %d)\n",
		found, len(all), floorSingles, aimSingles, named, floorSinglesTechnique, aimSingles))
	if found < floorSingles || named < floorSinglesTechnique {
		t.Errorf("found %d and %d by technique; they were %d and %d", found, named, floorSingles, floorSinglesTechnique)
	}
}

// missed notes that nothing, or nothing under its own ids, was found.
func (v *evaluation) missed(t *testing.T, x *attackRecording, reasons map[string]string) {
	t.Helper()
	what := "nothing found on its events"
	if len(x.all) > 0 {
		what = "found, but by nothing that names the technique: " + strings.Join(names(x.all), ", ")
	}
	v.disagree(t, x.set, x.technique, what, reasons, x.technique)
}

// longAttack: half a hundred minutes of techniques by one user are one incident
// above low, his, and hold a finding for nearly every technique.
func (v *evaluation) longAttack(t *testing.T) {
	windows, r, label := windowRecordings(t)
	above := 0
	for _, in := range r.Incidents {
		if in.Severity == "low" {
			continue
		}
		above++
		if attacker := labels(t, long).Windows[0].Identities[0]; !strings.HasSuffix(attacker, "/"+in.Root.Name) {
			t.Errorf("root %s, truth: %s", in.Root.Name, attacker)
		}
	}
	if above != 1 {
		t.Errorf("%d incidents above low, want 1", above)
	}

	var rows [][]string
	found, named := 0, 0
	for _, x := range windows {
		row := []string{x.technique, x.from.Format("15:04:05"), fmt.Sprint(x.events), "-", "-", strings.Join(names(x.all), ", ")}
		if len(x.all) > 0 {
			found++
			row[3], row[4] = after(x.from, x.all[0].At), "no"
		}
		if len(x.match) > 0 {
			named++
			row[4] = "yes"
		} else {
			v.missed(t, &x, missedWindows)
		}
		rows = append(rows, row)
	}
	v.table(t, "One long attack ("+long+"), "+fmt.Sprint(r.Stats.Records)+" records, incidents: "+r.severities(),
		[]string{"window", "from", "events", "found after", "its technique", "behaviours"}, rows)
	readmeSays(t, "%d of the %d labelled windows have a finding of their technique", named, len(windows))
	v.print(t, fmt.Sprintf("windows found %d of %d (floor %d, aim %d); by a behaviour of its technique %d (floor %d)\n",
		found, len(windows), floorWindows, aimWindows, named, floorWindowsTechnique))
	if found < floorWindows || named < floorWindowsTechnique {
		t.Errorf("found %d windows and %d by technique; they were %d and %d", found, named, floorWindows, floorWindowsTechnique)
	}

	// What fired on events that are not labelled as attack.
	rows = nil
	seen := map[string]bool{}
	for _, f := range r.findings() {
		kind, ok := label[f.EventID]
		if !ok {
			t.Errorf("%s rests on %s, which has no label", f.Detection, f.EventID)
		}
		if kind == "attack" {
			continue
		}
		rows = append(rows, []string{f.At.Format("15:04:05"), kind, f.Detection, shorten(f.Reason, 100)})
		if !seen[f.Detection+kind] {
			seen[f.Detection+kind] = true
			v.disagree(t, long, f.Detection, "fires on "+kind, firedOnSetup, f.Detection)
		}
	}
	v.table(t, "What fired on events of that recording that are not labelled as attack", []string{"at", "label", "behaviour", "reason"}, rows)
}

// eventLabels reads a recording's label of every event, by event id.
func eventLabels(t *testing.T, path string) map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	id, kind := slices.Index(rows[0], "eventID"), slices.Index(rows[0], "label")
	if id < 0 || kind < 0 {
		t.Fatalf("%s has the columns %v", path, rows[0])
	}
	out := map[string]string{}
	for _, row := range rows[1:] {
		out[row[id]] = row[kind]
	}
	return out
}

// shorten cuts a text for a table.
func shorten(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}

// cloudBreach: an instance's credentials, read through a proxy, list and read a
// bucket. One incident, the instance's role its root, and the person at work in
// the console in none.
func (v *evaluation) cloudBreach(t *testing.T) {
	const set = "otrf-cloud-breach-s3"
	paths, _ := filepath.Glob(filepath.Join(recording(t, set), "ec2_*.json"))
	if len(paths) != 1 {
		t.Fatalf("%d recordings, want 1", len(paths))
	}
	truth := labels(t, set)
	r := scanJSON(t, paths[0])
	if len(r.Incidents) != 1 {
		t.Fatalf("%d incidents, want 1: %+v", len(r.Incidents), r.Incidents)
	}
	in := r.Incidents[0]
	if !strings.Contains(truth.Incidents[0].Identity, "/"+in.Root.Name+"/") || in.Root.Name == "" || in.Root.Kind != "workload" {
		t.Errorf("root %q (%s), truth: %s", in.Root.Name, in.Root.Kind, truth.Incidents[0].Identity)
	}
	for _, id := range in.Identities {
		for _, benign := range truth.Benign {
			if strings.HasSuffix(benign, "/"+id.Name) {
				t.Errorf("the benign user %s is in the incident", id.Name)
			}
		}
	}
	var rows [][]string
	for _, f := range in.Findings {
		of := "yes"
		if !slices.Contains(truth.Incidents[0].Events, f.EventID) {
			of = "NO"
			t.Errorf("%s rests on %s, which is no event of the attack", f.Detection, f.EventID)
		}
		rows = append(rows, []string{f.At.Format("15:04:05"), after(r.Stats.FirstEventAt, f.At), f.Detection, of, shorten(f.Reason, 100)})
	}
	if in.Severity == "low" {
		t.Errorf("severity low")
	}
	v.table(t, fmt.Sprintf("A small takeover (%s), %d records, incidents: %s, root %s", set, r.Stats.Records, r.severities(), in.Root.Name),
		[]string{"at", "after", "behaviour", "event of the attack", "reason"}, rows)
}

// serviceBackground: two days of services alone, with thousands of refusals,
// raise nothing above low.
func (v *evaluation) serviceBackground(t *testing.T) {
	const set = "sans504-service-background"
	var rows [][]string
	for _, name := range []string{"cloudtrail.ndjson.gz", "raw-files.tar.gz"} {
		r := scanJSON(t, recording(t, set+"/"+name))
		for _, in := range r.Incidents {
			if in.Severity != "low" {
				t.Errorf("%s: %s: %s", name, in.Severity, in.Title)
			}
		}
		if r.Stats.Records < 18_671 || r.Stats.Records != r.Stats.Events+r.Stats.Duplicates+r.Stats.UnreadableTotal {
			t.Errorf("%s: %+v does not add up", name, r.Stats)
		}
		rows = append(rows, []string{name, fmt.Sprint(r.Stats.Records), fmt.Sprint(r.Stats.Events), fmt.Sprint(r.Stats.Duplicates),
			fmt.Sprint(r.Stats.UnreadableTotal), r.severities(), strings.Join(names(r.findings()), ", ")})
	}
	v.table(t, "Services at their routine ("+set+"): nothing above low may be found",
		[]string{"file", "records", "events", "duplicates", "unreadable", "incidents", "behaviours"}, rows)
}
