package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/ingest"
)

// The types below are the contract's own, apart from the root's nouns, so that
// a renamed field in Go cannot rename one that programs read. schema.json says
// the same, and a test compares them.

type jsonStats struct {
	Files           int64         `json:"files"`
	Records         int64         `json:"records"`
	Events          int64         `json:"events"`
	Duplicates      int64         `json:"duplicates"`
	Late            int64         `json:"late"`
	Unreadable      []ingest.Bad  `json:"unreadable"`
	UnreadableTotal int64         `json:"unreadable_total"`
	Skipped         []ingest.Skip `json:"skipped"`
	HistoryDays     int           `json:"history_days"`
	FirstEventAt    moment        `json:"first_event_at"`
	LastEventAt     moment        `json:"last_event_at"`
	Seconds         float64       `json:"seconds"`
}

type jsonIncident struct {
	ID             string             `json:"id"`
	Title          string             `json:"title"`
	Severity       string             `json:"severity"`
	Score          nats               `json:"score"`
	Uncalibrated   bool               `json:"uncalibrated"`
	Verdict        *jsonVerdict       `json:"verdict,omitempty"`
	OpenedAt       moment             `json:"opened_at"`
	OpenedBy       string             `json:"opened_by_event_id"`
	Raised         []jsonRaise        `json:"raised"`
	FirstEventAt   moment             `json:"first_event_at"`
	LastEventAt    moment             `json:"last_event_at"`
	Root           jsonIdentity       `json:"root"`
	Identities     []jsonIdentity     `json:"identities"`
	Credentials    []jsonCredential   `json:"credentials"`
	Chain          []string           `json:"chain"`
	Phases         []string           `json:"phases"`
	Attack         []string           `json:"attack"`
	Atlas          []string           `json:"atlas"`
	Findings       []jsonFinding      `json:"findings"`
	FindingsExcess int                `json:"findings_excess"`
	Containment    *jsonContainment   `json:"containment"`
	NoReturn       *jsonNoReturn      `json:"point_of_no_return"`
	MarginSeconds  *float64           `json:"margin_seconds"`
	MarginBasis    jsonMarginBasis    `json:"margin_basis"`
	Interventions  []jsonIntervention `json:"interventions"`
	Explanation    jsonExplanation    `json:"explanation"`
	Changes        []jsonChange       `json:"changes"`
}

type jsonChange struct {
	Identity string `json:"identity"`
	Aspect   string `json:"aspect"`
	Before   string `json:"before"`
	Now      string `json:"now"`
	Days     int    `json:"days"`
	Weight   nats   `json:"weight"`
}

type jsonExplanation struct {
	At     moment             `json:"at"`
	Score  nats               `json:"score"`
	Rests  []jsonContribution `json:"rests_on"`
	WhatIf []jsonWhatIf       `json:"what_if"`
}

type jsonContribution struct {
	Detection string `json:"detection"`
	Title     string `json:"title"`
	Weight    nats   `json:"weight"`
	Findings  int    `json:"findings"`
	Tripwire  bool   `json:"tripwire"`
	Reason    string `json:"reason"`
}

type jsonWhatIf struct {
	Kind    string `json:"kind"`
	What    string `json:"what"`
	Name    string `json:"name"`
	Score   nats   `json:"score"`
	Outcome string `json:"outcome"`
	At      moment `json:"at"`
	Text    string `json:"text"`
}

type jsonRaise struct {
	Severity string `json:"severity"`
	Score    nats   `json:"score"`
	At       moment `json:"at"`
	EventID  string `json:"event_id"`
}

type jsonIdentity struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	ARN          string `json:"arn"`
	Kind         string `json:"kind"`
	KindEvidence string `json:"kind_evidence"`
	Account      string `json:"account"`
	System       string `json:"system"`
}

type jsonCredential struct {
	ID       string `json:"id"`
	Identity string `json:"identity"`
	Session  string `json:"session"`
	IssuedBy string `json:"issued_by"`
	IssuedAt moment `json:"issued_at"`
	Via      string `json:"via"`
	JoinedBy string `json:"joined_by"`
}

type jsonFinding struct {
	Detection string   `json:"detection"`
	Title     string   `json:"title"`
	At        moment   `json:"at"`
	EventID   string   `json:"event_id"`
	Identity  string   `json:"identity"`
	Weight    nats     `json:"weight"`
	Reason    string   `json:"reason"`
	Family    string   `json:"family"`
	Tripwire  bool     `json:"tripwire"`
	Phases    []string `json:"phases"`
	Attack    []string `json:"attack"`
	Atlas     []string `json:"atlas"`
	// Prior is what another did before that made way for it.
	Prior *jsonPrior `json:"prior,omitempty"`
}

type jsonPrior struct {
	At       moment `json:"at"`
	EventID  string `json:"event_id"`
	Identity string `json:"identity"`
	Name     string `json:"name"`
}

type jsonContainment struct {
	Tier    int          `json:"tier"`
	At      moment       `json:"at"`
	EventID string       `json:"event_id"`
	Rule    string       `json:"rule"`
	Actions []jsonAction `json:"actions"`
}

type jsonAction struct {
	Action     string `json:"action"`
	Target     string `json:"target"`
	Reversible bool   `json:"reversible"`
	Why        string `json:"why"`
	At         moment `json:"at"`
	EventID    string `json:"event_id"`
}

type jsonNoReturn struct {
	At      moment `json:"at"`
	EventID string `json:"event_id"`
	Basis   string `json:"basis"`
	Why     string `json:"why"`
}

type jsonMarginBasis struct {
	DeliverySeconds    float64 `json:"delivery_seconds"`
	PropagationSeconds float64 `json:"propagation_seconds"`
	Hypothetical       bool    `json:"hypothetical"`
}

type jsonIntervention struct {
	Phase     string `json:"phase"`
	EventID   string `json:"event_id"`
	At        moment `json:"at"`
	Cut       string `json:"cut"`
	NeedsFeed string `json:"needs_feed"`
	InTime    bool   `json:"in_time"`
}

// nats is evidence written exactly, with six decimals at most, so that the
// weights add up to the score for whoever sums them.
type nats sekisho.Nats

// MarshalJSON writes the number in nats.
func (n nats) MarshalJSON() ([]byte, error) {
	// The quotient of a whole number and a million is the float nearest to the
	// decimal, and the shortest text that reads back as it is that decimal.
	return strconv.AppendFloat(nil, sekisho.Nats(n).Float(), 'f', -1, 64), nil
}

// moment is a time as RFC 3339 in UTC, "" if unknown.
type moment time.Time

// MarshalJSON writes the moment.
func (m moment) MarshalJSON() ([]byte, error) {
	if time.Time(m).IsZero() {
		return []byte(`""`), nil
	}
	return json.Marshal(time.Time(m).UTC().Format(time.RFC3339Nano))
}

// JSON writes the report to the contract, an incident a line. It holds one
// incident in memory at a time.
func (r *Report) JSON(w io.Writer) error {
	stats, err := encode(statsJSON(&r.Stats))
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if _, err := fmt.Fprintf(w, "{\"schema\":%q,\n\"stats\":%s,\n\"incidents\":[", SchemaName, stats); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	for i := range r.Incidents {
		line, err := IncidentJSON(&r.Incidents[i])
		if err != nil {
			return fmt.Errorf("write report: %w", err)
		}
		separator := ",\n"
		if i == 0 {
			separator = "\n"
		}
		if _, err := io.WriteString(w, separator); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
		if _, err := w.Write(line); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	if _, err := io.WriteString(w, "]}\n"); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// IncidentJSON is one incident as it stands in a report, without a newline.
func IncidentJSON(in *sekisho.Incident) ([]byte, error) { return encode(incidentJSON(in)) }

// encode marshals and escapes. encoding/json already escapes <, >, &, U+2028
// and U+2029, and puts U+FFFD in the place of what is not UTF-8.
func encode(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return escape(text), nil
}

// escape writes every character of a JSON text that a terminal or a viewer
// could act on, instead of showing it, as \u and its number: DEL, the C1
// controls, which begin terminal sequences, and all format characters, which
// turn the order of reading or hide text. Outside strings JSON has none.
func escape(text []byte) []byte {
	if ascii(text) || !bytes.ContainsFunc(text, acts) {
		return text
	}
	out := make([]byte, 0, len(text)+len(text)/8)
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case !acts(r):
			out = append(out, text[:size]...)
		case r > 0xFFFF:
			hi, lo := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		text = text[size:]
	}
	return out
}

// ascii reports whether a text is ASCII without DEL, as nearly all are: then no character
// of it acts.
func ascii(text []byte) bool {
	most := byte(0)
	for _, c := range text {
		most = max(most, c)
	}
	return most < 0x7F
}

// acts reports whether the character does something other than show itself.
// C0 controls are left to encoding/json, which escapes them.
func acts(r rune) bool {
	return r >= 0x7F && (unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r))
}

func statsJSON(s *Stats) jsonStats {
	return jsonStats{
		Files: s.Files, Records: s.Records, Events: s.Events, Duplicates: s.Duplicates, Late: s.Late,
		Unreadable: orEmpty(s.Unreadable), UnreadableTotal: s.UnreadableTotal, Skipped: orEmpty(s.Skipped),
		HistoryDays: s.HistoryDays, FirstEventAt: moment(s.FirstEventAt), LastEventAt: moment(s.LastEventAt), Seconds: s.Seconds,
	}
}

// jsonVerdict is what a person decided of the incident.
type jsonVerdict struct {
	Verdict string `json:"verdict"`
	By      string `json:"by"`
	At      moment `json:"at"`
	Note    string `json:"note"`
}

func verdictJSON(v *sekisho.Verdict) *jsonVerdict {
	if v == nil {
		return nil
	}
	return &jsonVerdict{v.Kind.String(), v.By, moment(v.At), v.Note}
}

func incidentJSON(in *sekisho.Incident) jsonIncident {
	out := jsonIncident{
		ID: in.ID, Title: in.Title, Severity: in.Severity.String(), Score: nats(in.Score), Uncalibrated: in.Uncalibrated, Verdict: verdictJSON(in.Verdict),
		OpenedAt: moment(in.OpenedAt), OpenedBy: in.OpenedBy, FirstEventAt: moment(in.FirstEventAt), LastEventAt: moment(in.LastEventAt),
		Root: identityJSON(in.Root), Chain: orEmpty(in.Chain),
		Phases: phases(in), Attack: techniques(in, attack), Atlas: techniques(in, atlas),
		FindingsExcess: in.Excess,
		MarginBasis:    jsonMarginBasis{Hypothetical: true},
		Raised:         []jsonRaise{}, Identities: []jsonIdentity{}, Credentials: []jsonCredential{},
		Findings: []jsonFinding{}, Interventions: []jsonIntervention{}, Changes: []jsonChange{},
	}
	for _, x := range in.Raised {
		out.Raised = append(out.Raised, jsonRaise{x.Severity.String(), nats(x.Score), moment(x.At), x.EventID})
	}
	for _, x := range in.Identities {
		out.Identities = append(out.Identities, identityJSON(x))
	}
	for _, x := range in.Credentials {
		out.Credentials = append(out.Credentials, jsonCredential{x.ID, x.Identity, x.Session, x.IssuedBy, moment(x.IssuedAt), x.Via, x.Strength})
	}
	for _, x := range in.Findings {
		f := jsonFinding{Detection: x.Detection, Title: x.Title, At: moment(x.At), EventID: x.EventID, Identity: x.Identity,
			Weight: nats(x.Weight), Reason: x.Reason, Family: x.Family.String(), Tripwire: x.Tripwire,
			Phases: []string{}, Attack: orEmpty(x.Attack), Atlas: orEmpty(x.Atlas)}
		for _, p := range x.Phases {
			f.Phases = append(f.Phases, string(p))
		}
		if p := x.Prior; p != nil {
			f.Prior = &jsonPrior{moment(p.At), p.EventID, p.By, p.Name}
		}
		out.Findings = append(out.Findings, f)
	}
	if c := in.Containment; c != nil {
		out.Containment = &jsonContainment{c.Tier, moment(c.At), c.EventID, c.Rule, []jsonAction{}}
		for _, a := range c.Actions {
			out.Containment.Actions = append(out.Containment.Actions, jsonAction{a.Action, a.Target, a.Reversible, a.Why, moment(a.At), a.EventID})
		}
	}
	if p := in.NoReturn; p != nil {
		out.NoReturn = &jsonNoReturn{moment(p.At), p.EventID, p.Basis.String(), p.Why}
	}
	if m, ok := margin(in); ok {
		seconds := m.Seconds()
		out.MarginSeconds = &seconds
	}
	for _, x := range in.Interventions {
		out.Interventions = append(out.Interventions, jsonIntervention{string(x.Phase), x.EventID, moment(x.At), x.Cut, x.Feed, x.InTime})
	}
	for _, x := range in.Changes {
		out.Changes = append(out.Changes, jsonChange{x.Identity, x.Aspect, x.Before, x.Now, x.Days, nats(x.Weight)})
	}
	why := &in.Explanation
	out.Explanation = jsonExplanation{moment(why.At), nats(why.Score), []jsonContribution{}, []jsonWhatIf{}}
	for _, x := range why.Rests {
		out.Explanation.Rests = append(out.Explanation.Rests, jsonContribution{x.Detection, x.Title, nats(x.Weight), x.Findings, x.Tripwire, x.Reason})
	}
	for _, x := range why.WhatIf {
		out.Explanation.WhatIf = append(out.Explanation.WhatIf, jsonWhatIf{x.Kind, x.What, x.Name, nats(x.Score), x.Outcome, moment(x.At), x.Text})
	}
	return out
}

func identityJSON(x sekisho.Identity) jsonIdentity {
	return jsonIdentity{x.ID, x.Name, x.ARN, x.Kind.String(), x.KindEvidence, x.Account, x.System}
}

// orEmpty is the list, never null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
