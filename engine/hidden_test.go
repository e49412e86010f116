package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/config"
	"github.com/sekisho/sekisho/engine"
)

// worst is the most severe incident, and whether it is acted upon.
func worst(t *testing.T, o engine.Options, trace string) (sekisho.Severity, bool) {
	t.Helper()
	lines := parse(t, trace)
	g := engine.New(o)
	for i := range lines {
		g.Step(&lines[i].Event)
	}
	top, acted := sekisho.SeverityLow, false
	for _, in := range g.Incidents() {
		top, acted = max(top, in.Severity), acted || in.Containment != nil
	}
	return top, acted
}

// TestProgramNameHidesNothing: a few quiet calls under the name of a program for
// infrastructure as code, days apart, from the usual place, do not make a first use
// of power somebody's job.
func TestProgramNameHidesNothing(t *testing.T) {
	for _, client := range []string{"", " client=terraform"} {
		severity, acted := worst(t, engine.Options{}, strings.ReplaceAll(`
			D0 09:00:00 user/dev storage:ListBuckets x60
			D1 09:00:00 user/dev storage:ListBuckets x60
			D2 09:00:00 user/dev storage:ListBuckets x60
			D3 09:00:00 user/dev storage:ListBuckets x60
			D4 02:00:00 user/dev storage:ListBuckets CLIENT
			D6 02:00:00 user/dev storage:ListBuckets CLIENT
			D8 02:00:00 user/dev storage:ListBuckets CLIENT
			D10 02:00:00 user/dev storage:ListBuckets CLIENT
			D12 02:00:00 user/dev storage:ListBuckets CLIENT
			D14 02:00:00 user/dev logging:StopLogging CLIENT +blind(trail-1,what=stop)
			D14 02:00:10 user/dev identity:CreateAccessKey CLIENT +issue(user/boss,key=K1)
			D14 02:00:20 user/dev identity:AttachUserPolicy CLIENT +grant(user/dev,admin)`, " CLIENT", client))
		if severity != sekisho.SeverityCritical || !acted {
			t.Errorf("client %q: %s, acted upon %v", client, severity, acted)
		}
	}
}

// TestExceptionsMuteNoTripwire: with what shows that somebody else is at work
// excepted, a decisive act on the same lineage is the tripwire that it would be.
func TestExceptionsMuteNoTripwire(t *testing.T) {
	trace := `
		D0 09:00:00 user/dev storage:ListBuckets x60
		D1 09:00:00 user/dev storage:ListBuckets x60
		D2 09:00:00 user/dev storage:ListBuckets x60
		D3 09:00:00 user/dev storage:ListBuckets x60
		D3 10:00:00 user/dev compute:RunInstances +launch(p4d,gpu)
		D8 02:00:00 user/dev storage:ListBuckets ip=192.0.2.77 client=curl
		D8 02:00:20 user/dev model:OpenModel ip=192.0.2.77 client=curl +agree(m1)`
	want, acted := worst(t, engine.Options{}, trace)
	if want < sekisho.SeverityMedium {
		t.Fatalf("without exceptions it is %s: the test shows nothing", want)
	}
	for n := range 3 {
		c := config.Default()
		for _, id := range []string{"credential-new-source", "change-of-control"}[:n] {
			c.Exceptions = append(c.Exceptions, config.Exception{Behaviour: id, Identity: config.NewMatcher("dev"), Owner: "o", Reason: "r",
				Until: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)})
		}
		if got, did := worst(t, engine.Options{Config: c}, trace); got != want || did != acted {
			t.Errorf("with %d exceptions: %s, acted upon %v; without: %s, %v", n, got, did, want, acted)
		}
	}
}

// TestFloodHidesNothing: hundreds of distinct cheap signs before it do not take an
// attack's tripwires out of what is kept.
func TestFloodHidesNothing(t *testing.T) {
	for _, n := range []int{0, 700} {
		var b strings.Builder
		b.WriteString("D0 02:00:00 user/dev storage:ListBuckets\n")
		for i := range n {
			fmt.Fprintf(&b, "D0 02:%02d:%02d user/dev identity:AssumeRole outcome=denied +issue(role/r%d,session=s)\n", i/60+1, i%60, i)
			fmt.Fprintf(&b, "D0 02:%02d:%02d user/dev function:UpdateCode +change(function/f%d,role=r%d,what=code)\n", i/60+1, i%60, i, i)
		}
		b.WriteString("D0 02:20:00 user/dev logging:StopLogging +blind(trail-1,what=stop)\nD0 02:20:10 user/dev identity:CreateAccessKey +issue(user/boss,key=K1)\n")
		if severity, acted := worst(t, engine.Options{}, b.String()); severity < sekisho.SeverityHigh || !acted {
			t.Errorf("after %d cheap signs: %s, acted upon %v", n, severity, acted)
		}
	}
}
