package main

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// otherFormats reads what has no labels, or labels that no test above asks
// about: what scan makes of it is listed, and what it cannot read is named.
func (v *evaluation) otherFormats(t *testing.T) {
	sets := []string{"format-samples", "otrf-s3-honeybucket", "panther-scenarios", "panther-rule-tests", "streamalert-rule-tests",
		"invictus-gws-2022", "invictus-o365-2021", "otrf-golden-saml"}
	notLogs := []string{"LABELS.json", "README.md", "LICENSE.source", "metadata.yaml"}
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
			switch {
			case askedAbout(set, name):
				return nil
			case set == panther: // of ours, there are only events of rules for several vendors in it, asked about already
				skipped++
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
	v.table(t, "Samples without labels", []string{"file", "records", "events", "incidents", "first after", "behaviours"}, read)
	v.table(t, "Not read yet: no provider for these formats", []string{"set", "files", "what they hold"}, unread)
	if len(read) == 0 {
		t.Error("no sample was read")
	}
}

// askedAbout reports whether a file is what labelledEvents or a scenario asks about.
func askedAbout(set, name string) bool {
	base := filepath.Base(name)
	switch set {
	case panther:
		return pantherType(strings.TrimSuffix(base, ".ndjson.gz")) != nil
	case streamalert:
		return slices.ContainsFunc(recordTypes, func(k *recordType) bool {
			in, _ := filepath.Match(k.folder, filepath.Dir(name))
			return in && strings.HasPrefix(base, k.prefix)
		})
	case scenarios:
		return filepath.Dir(name) == administrator
	}
	return false
}
