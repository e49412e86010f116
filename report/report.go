// Package report shows what a scan found: as JSON for programs, to the
// contract that schema.json states, and as text for the person on call.
//
// Nearly every word in it was chosen by whoever made the calls, an attacker
// among them: names, user agents, resource ids, error messages. Both forms
// therefore hold no control character, no terminal sequence and no character
// that changes the order of reading; see clean and escape.
package report

import (
	"cmp"
	_ "embed"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/correlate"
	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/model"
)

// SchemaName is the contract that JSON keeps, and its version.
const SchemaName = "sekisho.report/v1"

//go:embed schema.json
var schema []byte

// Schema is the JSON Schema (draft 2020-12) of a report. The caller must not
// change it.
func Schema() []byte { return schema }

// Stats say what was read. Records = Events + Duplicates + those unreadable.
type Stats struct {
	Files           int64
	Records         int64
	Events          int64
	Duplicates      int64
	Late            int64
	Unreadable      []ingest.Bad
	UnreadableTotal int64 // all of them, also those not listed
	Skipped         []ingest.Skip
	HistoryDays     int       // days of earlier logs that were learned from
	FirstEventAt    time.Time // zero if there was no event
	LastEventAt     time.Time
	Seconds         float64 // how long it took
}

// Report is what one scan read and found.
type Report struct {
	Stats     Stats
	Incidents []sekisho.Incident // sorted: the most urgent first
	// Model holds the thresholds that scores are shown against.
	Model correlate.Model
	// Records are the records behind the findings, by event id, for the HTML form
	// alone: see RecordsWanted. It may be nil.
	Records map[string]RawRecord
}

// New sorts the incidents, by severity, then by when they opened, then by id,
// and leaves out those that another one took in. It keeps the values handed
// over and sorts their findings in order of time.
func New(s Stats, incidents []sekisho.Incident) *Report {
	r := &Report{Stats: s, Model: model.Shipped()}
	for _, in := range incidents {
		if in.MergedInto == "" {
			in.Findings = slices.Clone(in.Findings)
			slices.SortStableFunc(in.Findings, byTime)
			r.Incidents = append(r.Incidents, in)
		}
	}
	slices.SortStableFunc(r.Incidents, func(a, b sekisho.Incident) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), a.OpenedAt.Compare(b.OpenedAt), strings.Compare(a.ID, b.ID))
	})
	return r
}

// byTime puts findings in order of time, those of one moment in an order that
// does not depend on how they arrived.
func byTime(a, b sekisho.Finding) int {
	return cmp.Or(a.At.Compare(b.At), strings.Compare(a.EventID, b.EventID), strings.Compare(a.Detection, b.Detection), strings.Compare(a.Key, b.Key))
}

// phases are the tactics of the incident's findings, in the order in which
// they were first seen.
func phases(in *sekisho.Incident) []string {
	out := []string{}
	for i := range in.Findings {
		for _, p := range in.Findings[i].Phases {
			if !slices.Contains(out, string(p)) {
				out = append(out, string(p))
			}
		}
	}
	return out
}

// techniques are the ids that of takes from each finding, sorted, each once.
func techniques(in *sekisho.Incident, of func(*sekisho.Finding) []string) []string {
	out := []string{}
	for i := range in.Findings {
		out = append(out, of(&in.Findings[i])...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func attack(f *sekisho.Finding) []string { return f.Attack }
func atlas(f *sekisho.Finding) []string  { return f.Atlas }

// margin is by how much containment came before the point of no return; false
// if the incident has not both. In a scan nothing is enforced, so delivery and
// propagation count nothing and the margin is hypothetical.
func margin(in *sekisho.Incident) (time.Duration, bool) {
	if in.Containment == nil || in.NoReturn == nil {
		return 0, false
	}
	return in.NoReturn.At.Sub(in.Containment.At), true
}
