package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// labelledEvent is one event for which someone's rule says whether it should
// fire.
type labelledEvent struct {
	set, rule, name string
	fire            bool
	mocked          bool // the rule looks at more than the event: no fair question
	event           json.RawMessage
}

// labelledEvents asks about single events, each in a world of its own, without
// a past: the unit tests of other people's rules. They say what their authors
// want to be told; we differ on purpose in many places, and say where and why.
func (v *evaluation) labelledEvents(t *testing.T) {
	all := append(pantherEvents(t), streamalertEvents(t)...)
	type tally struct {
		set                       string
		fired, quiet, miss, extra int // agreed both ways, and differed both ways
		unread, mocked            int
		by                        []string
	}
	rules := map[string]*tally{}
	missed, extra := map[string][]string{}, map[string][]string{}
	for _, x := range all {
		r := rules[x.rule]
		if r == nil {
			r = &tally{set: x.set}
			rules[x.rule] = r
		}
		if x.mocked {
			r.mocked++
			continue
		}
		got := scanWith(t, bytes.NewReader(x.event), "-")
		if got.Stats.Events == 0 {
			r.unread++
			continue
		}
		fired := names(got.findings())
		for _, name := range fired {
			if !slices.Contains(r.by, name) {
				r.by = append(r.by, name)
			}
		}
		switch {
		case x.fire && len(fired) > 0:
			r.fired++
		case !x.fire && len(fired) == 0:
			r.quiet++
		case x.fire:
			r.miss++
			missed[x.rule] = append(missed[x.rule], x.name)
		default:
			r.extra++
			extra[x.rule] = append(extra[x.rule], x.name+": "+strings.Join(fired, ", "))
		}
	}
	var rows [][]string
	var sum tally
	for _, rule := range slices.Sorted(maps.Keys(rules)) {
		r := rules[rule]
		slices.Sort(r.by)
		rows = append(rows, []string{rule, dash(r.fired), dash(r.quiet), dash(r.miss), dash(r.extra), dash(r.mocked), dash(r.unread), strings.Join(r.by, ", ")})
		sum.fired, sum.quiet, sum.miss, sum.extra = sum.fired+r.fired, sum.quiet+r.quiet, sum.miss+r.miss, sum.extra+r.extra
		sum.mocked, sum.unread = sum.mocked+r.mocked, sum.unread+r.unread
		if r.miss > 0 {
			v.disagree(t, r.set, rule, fmt.Sprintf("should fire, quiet: %s", strings.Join(missed[rule], "; ")), quietWhereTheyFire, rule)
		}
		if r.extra > 0 {
			v.disagree(t, r.set, rule, fmt.Sprintf("should be quiet, fires: %s", strings.Join(extra[rule], "; ")), fireWhereTheyAreQuiet, rule)
		}
	}
	rows = append(rows, []string{"all", dash(sum.fired), dash(sum.quiet), dash(sum.miss), dash(sum.extra), dash(sum.mocked), dash(sum.unread), ""})
	v.table(t, "Single CloudTrail events of other people's rules (panther-rule-tests, streamalert-rule-tests), each without a past",
		[]string{"rule", "both fire", "both quiet", "we are quiet", "we fire", "needs a mock", "no record", "behaviours"}, rows)
	readmeSays(t, "single events of two public rule sets, each without a past (%d) | agree on %d, differ on %d", len(all), sum.fired+sum.quiet, sum.miss+sum.extra)
	v.print(t, fmt.Sprintf("%d events: agree on %d, differ on %d; %d need state that their rule's test makes up, %d are no whole CloudTrail record (no time, or another vendor's)\n",
		len(all), sum.fired+sum.quiet, sum.miss+sum.extra, sum.mocked, sum.unread))
	if sum.fired+sum.quiet+sum.miss+sum.extra == 0 {
		t.Error("no event was judged")
	}
	for _, table := range []map[string]string{quietWhereTheyFire, fireWhereTheyAreQuiet} {
		for _, rule := range slices.Sorted(maps.Keys(table)) {
			if rules[rule] == nil {
				t.Errorf("a reason is on record for %q, and no such rule is in the recordings", rule)
			}
		}
	}
}

func dash(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

// pantherEvents are the CloudTrail events among the rule tests.
func pantherEvents(t *testing.T) (out []labelledEvent) {
	t.Helper()
	f, err := os.Open(recording(t, "panther-rule-tests/AWS.CloudTrail.ndjson.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(z)
	for {
		line, err := in.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			var x struct {
				Rule     string `json:"rule_id"`
				Name     string `json:"test_name"`
				Expected bool
				Mock     bool `json:"needs_mock"`
				Event    json.RawMessage
			}
			if err := json.Unmarshal(line, &x); err != nil {
				t.Fatal(err)
			}
			out = append(out, labelledEvent{"panther-rule-tests", x.Rule, x.Name, x.Expected, x.Mock, x.Event})
		}
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// streamalertEvents are the CloudTrail events among that project's rule tests:
// the file's name stands for the rule, since an event that must stay quiet
// names none.
func streamalertEvents(t *testing.T) (out []labelledEvent) {
	t.Helper()
	const set = "streamalert-rule-tests"
	paths, err := filepath.Glob(filepath.Join(recording(t, set), "*", "cloudtrail_*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no CloudTrail rule tests: %v", err)
	}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var tests []struct {
			Data        json.RawMessage
			Description string
			Rules       []string `json:"trigger_rules"`
		}
		if err := json.Unmarshal(raw, &tests); err != nil {
			t.Fatal(err)
		}
		for _, x := range tests {
			out = append(out, labelledEvent{set: set, rule: strings.TrimSuffix(filepath.Base(path), ".json"), name: x.Description,
				fire: len(x.Rules) > 0, event: x.Data})
		}
	}
	return out
}

// otherFormats reads what has no labels, or labels that no test above asks
// about: what scan makes of it is listed, and what it cannot read is named.
func (v *evaluation) otherFormats(t *testing.T) {
	sets := []string{"format-samples", "otrf-s3-honeybucket", "panther-scenarios", "panther-rule-tests", "streamalert-rule-tests",
		"invictus-gws-2022", "invictus-o365-2021", "otrf-golden-saml"}
	notLogs := []string{"LABELS.json", "README.md", "LICENSE.source", "metadata.yaml"}
	asked := func(set, name string) bool { // by labelledEvents
		return set == "panther-rule-tests" && name == "AWS.CloudTrail.ndjson.gz" || set == "streamalert-rule-tests" && strings.HasPrefix(filepath.Base(name), "cloudtrail_")
	}
	var read, unread [][]string
	for _, set := range sets {
		kinds := map[string]string{}
		for _, f := range labels(t, set).Files {
			kinds[f.File] = f.Kind
		}
		root := recording(t, set)
		skipped := 0
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || slices.Contains(notLogs, d.Name()) || strings.HasSuffix(path, ".sh") || strings.HasSuffix(path, ".ocsf") || strings.HasSuffix(path, ".yml") {
				return err
			}
			name, _ := filepath.Rel(root, path)
			if asked(set, name) {
				return nil
			}
			r := scanJSON(t, path)
			if r.Stats.Events == 0 {
				skipped++
				return nil
			}
			all := r.findings()
			at := "-"
			if len(all) > 0 {
				at = after(r.Stats.FirstEventAt, all[0].At)
			}
			read = append(read, []string{set + "/" + name, fmt.Sprint(r.Stats.Records), fmt.Sprint(r.Stats.Events), r.severities(), at, strings.Join(names(all), ", ")})
			for _, f := range all {
				v.disagree(t, set, name+": "+f.Detection, f.Reason, firedOnSamples, f.Detection)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if skipped > 0 {
			unread = append(unread, []string{set, fmt.Sprint(skipped), notReadYet[set]})
			if notReadYet[set] == "" {
				t.Errorf("%s: %d files are not read, and no reason is on record", set, skipped)
			}
		}
	}
	v.table(t, "CloudTrail samples without labels", []string{"file", "records", "events", "incidents", "first after", "behaviours"}, read)
	v.table(t, "Not read yet: no provider for these formats", []string{"set", "files", "what they hold"}, unread)
	if len(read) == 0 {
		t.Error("no sample was read")
	}
}
