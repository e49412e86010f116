package main

import (
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/sim"
)

// An attack by hand: the key AKIAROOT of user AIDAROOT looks around (a1, a2),
// takes a role (a3), whose session makes itself administrator (a4, the point of
// no return) and leaves (a5).
const session = "AROAROLE:worker"

func second(n int) time.Time { return time.Date(2026, 3, 2, 10, 0, n, 0, time.UTC) }

func handmade() *sim.Truth {
	user := sim.TruthActor{Kind: "user", ID: "AIDAROOT", Name: "deploy", ARN: "arn:aws:iam::1:user/deploy", Account: "1", Credential: "AKIAROOT", Identity: "AIDAROOT"}
	role := sim.TruthActor{Kind: "session", ID: session, Name: "worker", ARN: "arn:aws:sts::1:assumed-role/builder/worker", Account: "1", Credential: "ASIAWORK", Identity: "AROAROLE"}
	t := &sim.Truth{Campaign: "by-hand", Root: user, Principals: []sim.TruthActor{user, role}, Stoppable: true,
		Phases: []sim.TruthPhase{{Phase: "discovery"}, {Phase: "privilege-escalation"}}}
	for i, e := range []struct{ id, actor string }{{"a1", user.ID}, {"a2", user.ID}, {"a3", user.ID}, {"a4", role.ID}, {"a5", role.ID}} {
		t.Events = append(t.Events, sim.TruthEvent{ID: e.id, At: second(100 * (i + 1)).Format(time.RFC3339), Actor: e.actor})
	}
	t.PointOfNoReturn = t.Events[3]
	return t
}

// good is a report that has everything right: contained at 200 s by the key.
func good() sekisho.Incident {
	return sekisho.Incident{ID: "inc-1", Severity: sekisho.SeverityHigh, Score: 25 * sekisho.Nat,
		Root:        sekisho.Identity{ID: "AIDAROOT"},
		Identities:  []sekisho.Identity{{ID: "AIDAROOT"}, {ID: "AROAROLE"}},
		Credentials: []sekisho.Credential{{ID: "AKIAROOT"}, {ID: "ASIAWORK"}},
		Raised:      []sekisho.Raise{{Severity: sekisho.SeverityLow, At: second(100)}, {Severity: sekisho.SeverityMedium, At: second(200)}},
		Findings: []sekisho.Finding{
			{EventID: "a1", At: second(100), Weight: 10 * sekisho.Nat, Phases: []sekisho.Phase{"discovery"}},
			{EventID: "a2", At: second(200), Weight: 10 * sekisho.Nat, Phases: []sekisho.Phase{"collection"}},
			{EventID: "a4", At: second(400), Weight: 5 * sekisho.Nat, Phases: []sekisho.Phase{"privilege-escalation"}},
		},
		Containment: &sekisho.Containment{At: second(200), EventID: "a2", Actions: []sekisho.Action{{Target: "AKIAROOT", At: second(200), EventID: "a2"}}},
	}
}

func judged(t *testing.T, incidents ...sekisho.Incident) outcome {
	t.Helper()
	o, err := judge(incidents, handmade())
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestJudgeOfAGoodReport(t *testing.T) {
	o := judged(t, good())
	if !o.found || !o.before || !o.root || o.incidents != 1 || o.principals != 1 || o.phases != 1 || !o.ever || o.wrong != 0 || o.wrongActions != 0 || len(o.missed) > 0 {
		t.Errorf("a report that has all right: %+v", o)
	}
	// The key acts last at 300 s: a cut that comes 60 s after 200 s still hits
	// it, one that comes 300 s after is past the point of no return.
	for n, want := range []bool{true, true, true, true, false} {
		if o.contained[n] != want {
			t.Errorf("with %d s of lag: %v", lags[n], o.contained[n])
		}
	}
	if last := o.curve[len(o.curve)-1]; last.score != 25 || !last.at.Equal(second(400)) {
		t.Errorf("the curve ends at %v", last)
	}
}

// TestJudgeRefuses: reports that look right in one way and are wrong in another.
func TestJudgeRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*sekisho.Incident)
		wrong func(*outcome) bool // what must be refused
	}{
		{"a low incident is not found", func(in *sekisho.Incident) { in.Severity = sekisho.SeverityLow }, func(o *outcome) bool { return o.found || o.incidents > 0 }},
		{"a merged incident is not found", func(in *sekisho.Incident) { in.MergedInto = "inc-0" }, func(o *outcome) bool { return o.found }},
		{"an incident of other events is a false one", func(in *sekisho.Incident) {
			for i := range in.Findings {
				in.Findings[i].EventID = "other"
			}
		}, func(o *outcome) bool { return o.found || o.contained[0] || o.wrong != 1 || o.wrongActions != 1 }},
		{"it must name somebody of the attack", func(in *sekisho.Incident) {
			in.Root.ID, in.Identities = "AIDAOTHER", []sekisho.Identity{{ID: "AIDAOTHER"}}
		}, func(o *outcome) bool { return o.found || o.contained[0] || o.root }},
		{"at the point of no return is not before it", func(in *sekisho.Incident) { in.Raised[1].At = second(400) }, func(o *outcome) bool { return o.before }},
		{"an incident on ordinary work has not found what comes later", func(in *sekisho.Incident) {
			in.Raised[1].At, in.Findings = second(10), append([]sekisho.Finding{{EventID: "other", At: second(10)}}, in.Findings[2:]...)
		}, func(o *outcome) bool { return o.before }},
		{"another root is wrong", func(in *sekisho.Incident) { in.Root.ID = "AROAROLE" }, func(o *outcome) bool { return o.root }},
		{"no root is wrong", func(in *sekisho.Incident) { in.Root.ID = "" }, func(o *outcome) bool { return o.root }},
		{"a principal counts with its credential", func(in *sekisho.Incident) { in.Credentials = in.Credentials[:1] }, func(o *outcome) bool { return o.principals != 0.5 }},
		{"a phase counts by the attack's events", func(in *sekisho.Incident) { in.Findings[2].EventID = "other" }, func(o *outcome) bool { return o.phases != 0.5 }},
		{"no containment", func(in *sekisho.Incident) { in.Containment = nil }, func(o *outcome) bool { return o.contained[0] || o.ever }},
		{"a second late is late", func(in *sekisho.Incident) {
			in.Containment.At, in.Containment.Actions[0] = second(401), sekisho.Action{Target: "ASIAWORK", At: second(401)}
		}, func(o *outcome) bool { return o.contained[0] || !o.ever }},
		{"an early decision with late cuts", func(in *sekisho.Incident) { in.Containment.Actions[0].At = second(450) }, func(o *outcome) bool { return o.contained[0] }},
		{"cuts of strangers", func(in *sekisho.Incident) { in.Containment.Actions[0].Target = "AKIAOTHER" }, func(o *outcome) bool { return o.contained[0] || o.ever }},
		{"cuts of nothing", func(in *sekisho.Incident) { in.Containment.Actions = nil }, func(o *outcome) bool { return o.contained[0] || o.ever }},
		{"cut of who has done its part: the key, once the session is there", func(in *sekisho.Incident) {
			in.Containment.At, in.Containment.Actions[0].At, in.Containment.Actions[0].EventID = second(300), second(300), "a3"
		}, func(o *outcome) bool { return o.contained[0] }},
		{"a decision made before the attack began is a false one", func(in *sekisho.Incident) {
			in.Containment.At, in.Containment.Actions[0].At = second(50), second(50)
		}, func(o *outcome) bool { return o.contained[0] || o.ever || o.wrongActions != 1 }},
	} {
		in := good()
		c.spoil(&in)
		o := judged(t, in)
		if c.wrong(&o) {
			t.Errorf("%s: %+v", c.name, o)
		}
		if o.found && o.root && o.incidents == 1 && o.contained[0] && o.principals == 1 && o.phases == 1 && o.before {
			t.Errorf("%s: nothing was held against it", c.name)
		}
	}
	if o := judged(t); o.found || o.incidents != 0 || len(o.missed) != 1 {
		t.Errorf("an empty report: %+v", o)
	}
	second := good()
	second.ID = "inc-2"
	if o := judged(t, good(), second); o.incidents != 2 || !strings.Contains(strings.Join(o.missed, ";"), "2 incidents") {
		t.Errorf("two incidents of one attack: %+v", o)
	}
}

// TestCuts: whom an action's target is.
func TestCuts(t *testing.T) {
	a, err := newAttack(handmade())
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"ASIAWORK", session, "AROAROLE", "arn:aws:iam::1:role/builder", "arn:aws:iam::1:role/path/builder", "worker", "arn:aws:lambda:us-east-1:1:function:worker"} {
		if !a.cuts(target, session) {
			t.Errorf("%s does not cut the session", target)
		}
	}
	for _, target := range []string{"", "AKIAROOT", "arn:aws:iam::2:role/builder", "arn:aws:iam::1:role/other-builder", "arn:aws:iam::1:policy/builder", "arn:aws:lambda:us-east-1:1:function:other-worker"} {
		if a.cuts(target, session) {
			t.Errorf("%s cuts the session", target)
		}
	}
}
