package report

import (
	"fmt"

	"github.com/sekisho/sekisho"
)

// htmlRow is a finding, with those that repeat it under it.
type htmlRow struct {
	htmlStamp
	Anchor, Title, Reason, Who, Weight, Phases, Family string
	Stage                                              htmlStage
	Tripwire                                           bool
	Techniques                                         []htmlTechnique
	Repeats                                            string
	Records                                            []htmlRecord
	Unshown                                            string
}

// htmlRecord is the record behind one finding.
type htmlRecord struct {
	htmlStamp
	Reason, EventID, Where, Text, Note string
}

// htmlRows puts findings that repeat an earlier one under it, within the
// bounds of the page, and says what those left out.
func htmlRows(in *sekisho.Incident) (rows [][]*sekisho.Finding, more []string) {
	type same struct{ detection, identity string }
	at := map[same]int{}
	var all [][]*sekisho.Finding
	for i := range in.Findings {
		f := &in.Findings[i]
		k := same{f.Detection, f.Identity}
		if n, ok := at[k]; ok && !f.Tripwire {
			all[n] = append(all[n], f)
			continue
		}
		if !f.Tripwire {
			at[k] = len(all)
		}
		all = append(all, []*sekisho.Finding{f})
	}
	if len(all) > htmlRowsMax {
		left := 0
		for _, g := range all[htmlRowsMax:] {
			left += len(g)
		}
		more = append(more, fmt.Sprintf("%s more, after these; --format json lists them all", count(int64(left), "finding")))
		all = all[:htmlRowsMax]
	}
	if in.Excess > 0 {
		more = append(more, fmt.Sprintf("%s beyond the bound of an episode were counted, not kept", count(int64(in.Excess), "finding")))
	}
	for i, g := range all {
		all[i] = g[:min(len(g), 1+htmlRepeatsMax)]
	}
	return all, more
}

// findings makes the table's rows and answers the row of each finding.
func (x *htmlIncident) findings(in *sekisho.Incident, records map[string]RawRecord, names map[string]string, rows [][]*sekisho.Finding, room *int) map[*sekisho.Finding]string {
	anchors := map[*sekisho.Finding]string{}
	groups := group(in.Findings)
	for i, list := range rows {
		f, g := list[0], groups[i]
		row := htmlRow{htmlStamp: stamp(in, f.At), Anchor: fmt.Sprintf("%s-finding-%d", x.Anchor, i+1), Title: clean(f.Title, sentenceMax),
			Reason: clean(f.Reason, sentenceMax), Who: who(names, f.Identity), Weight: fmt.Sprintf("%+.1f", g.weight.Float()), Family: f.Family.String(),
			Stage: stages[stage(f)], Tripwire: f.Tripwire}
		for n, p := range f.Phases {
			if n > 0 {
				row.Phases += ", "
			}
			row.Phases += words(p)
		}
		for _, id := range f.Attack {
			row.Techniques = append(row.Techniques, htmlTechnique{ID: clean(id, nameMax), Name: attackName(id)})
		}
		for _, id := range f.Atlas {
			row.Techniques = append(row.Techniques, htmlTechnique{ID: clean(id, nameMax), Name: atlasName(id)})
		}
		if g.more > 0 {
			row.Repeats = fmt.Sprintf("with %d more like it until %s", g.more, offset(in, g.last))
		}
		if left := g.more + 1 - len(list); left > 0 {
			row.Unshown = fmt.Sprintf("%d more like it are not shown here; --format json lists them all", left)
		}
		for _, f := range list {
			anchors[f] = row.Anchor
			row.Records = append(row.Records, x.record(in, f, records, room))
		}
		x.Rows = append(x.Rows, row)
	}
	return anchors
}

// record shows the record behind a finding, as far as there is room.
func (x *htmlIncident) record(in *sekisho.Incident, f *sekisho.Finding, records map[string]RawRecord, room *int) htmlRecord {
	out := htmlRecord{htmlStamp: stamp(in, f.At), Reason: clean(f.Reason, sentenceMax), EventID: clean(f.EventID, nameMax)}
	r, ok := records[f.Record()]
	if ok {
		out.Where = fmt.Sprintf("%s, at byte %d", clean(r.File, arnMax), r.Offset)
	}
	switch {
	case !ok || r.JSON == nil:
		out.Note = "The record is not at hand: it came from standard input, or its file is not as it was."
	case *room <= 0:
		out.Note = fmt.Sprintf("Not shown: the page holds %s bytes of records already. The file holds it.", number(htmlRecordsMax))
	default:
		out.Text, out.Note = showRecord(r.JSON, min(htmlRecordMax, *room))
		*room -= len(out.Text)
	}
	return out
}

func who(names map[string]string, id string) string {
	if n := names[id]; n != "" {
		return n
	}
	return clean(id, nameMax)
}
