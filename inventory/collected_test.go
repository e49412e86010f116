package inventory

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho"
)

var noon = time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)

// read is what a collector read at a time.
func read(at time.Time, effects ...sekisho.Effect) *sekisho.Event {
	return &sekisho.Event{Kind: sekisho.Inventory, Time: at, Account: "111122223333", Effects: effects}
}

func holds(name string, power sekisho.Power) sekisho.Effect {
	return sekisho.Effect{Kind: sekisho.HoldsPower, Identity: user(name), Power: power}
}

func user(name string) sekisho.Ref {
	return sekisho.Ref{ID: "AIDA" + name, Name: name, ARN: "urn:user/" + name, Account: "111122223333", Type: "user"}
}

// granted is a call that gives an identity an administrator's power.
func granted(at time.Time, name string) *sekisho.Event {
	return &sekisho.Event{Time: at, Actor: sekisho.Actor{Type: sekisho.ActorUser, ID: "ops"},
		Effects: []sekisho.Effect{{Kind: sekisho.GrantPower, What: "attach", Identity: user(name), Power: sekisho.PowerAdmin}}}
}

// TestCollectedPower: what a collector read replaces what was known before, and is
// replaced by what came after, in whatever order that is delivered.
func TestCollectedPower(t *testing.T) {
	minute := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	for _, tt := range []struct {
		name   string
		events []*sekisho.Event
		power  sekisho.Power
		basis  sekisho.Basis
	}{
		{"first read", []*sekisho.Event{read(noon, holds("bob", sekisho.PowerIssues))}, sekisho.PowerIssues, sekisho.BasisKnown},
		{"lowered by a later read", []*sekisho.Event{granted(minute(0), "bob"), read(minute(1), holds("bob", sekisho.PowerLimited))}, sekisho.PowerLimited, sekisho.BasisKnown},
		{"an older read says nothing", []*sekisho.Event{read(minute(2), holds("bob", sekisho.PowerAdmin)), read(minute(1), holds("bob", sekisho.PowerLimited))},
			sekisho.PowerAdmin, sekisho.BasisKnown},
		{"raised by a later call", []*sekisho.Event{read(minute(0), holds("bob", sekisho.PowerLimited)), granted(minute(1), "bob")}, sekisho.PowerAdmin, sekisho.BasisKnown},
		{"a call that comes late was read already", []*sekisho.Event{read(minute(5), holds("bob", sekisho.PowerLimited)), granted(minute(1), "bob")},
			sekisho.PowerLimited, sekisho.BasisKnown},
		{"what could not be read leaves what was known", []*sekisho.Event{granted(minute(0), "bob"), read(minute(1), holds("bob", sekisho.PowerUnknown))},
			sekisho.PowerAdmin, sekisho.BasisKnown},
		{"gone", []*sekisho.Event{granted(minute(0), "bob"), read(minute(1), sekisho.Effect{Kind: sekisho.Gone, Identity: sekisho.Ref{ARN: "urn:user/bob"}})},
			sekisho.PowerUnknown, sekisho.BasisNone},
		{"gone, and made anew", []*sekisho.Event{read(minute(2), holds("bob", sekisho.PowerIssues)), read(minute(1), sekisho.Effect{Kind: sekisho.Gone, Identity: user("bob")})},
			sekisho.PowerIssues, sekisho.BasisKnown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := New(nil, nil)
			for _, e := range tt.events {
				s.Apply(e)
			}
			if power, basis := s.Power(user("bob")); power != tt.power || basis != tt.basis {
				t.Errorf("power %d by %q, want %d by %q", power, basis, tt.power, tt.basis)
			}
		})
	}
}

// TestCollectedRelations: roles of workloads, trust and shares, and that a snapshot
// of the store holds them.
func TestCollectedRelations(t *testing.T) {
	deploy := sekisho.Ref{ID: "AROAD", Name: "deploy", ARN: "urn:role/deploy", Account: "111122223333", Type: "role"}
	s := New(nil, nil)
	s.Apply(read(noon,
		sekisho.Effect{Kind: sekisho.HoldsPower, Identity: deploy, Power: sekisho.PowerIssues},
		sekisho.Effect{Kind: sekisho.HoldsPower, Policy: "urn:policy/all", Resource: "v2", Power: sekisho.PowerAdmin},
		sekisho.Effect{Kind: sekisho.Trusts, Identity: deploy, With: []string{"urn:user/ops", "999988887777"}},
		sekisho.Effect{Kind: sekisho.RunsAs, Workload: "urn:function:resize", Alias: "111122223333/function:resize", Identity: sekisho.Ref{ARN: "urn:role/deploy", Type: "role"}},
		sekisho.Effect{Kind: sekisho.Shared, What: "snapshot", Resource: "snap-1", With: []string{"*"}},
		sekisho.Effect{Kind: sekisho.Shared, What: "snapshot", Resource: "snap-2"}))

	check := func(t *testing.T, s *Store) {
		t.Helper()
		// Who knows only the id is answered, too.
		if with, known := s.TrustedBy(sekisho.Ref{ID: "AROAD"}); !known || !slices.Equal(with, []string{"999988887777", "urn:user/ops"}) {
			t.Errorf("trusted by %v (%v)", with, known)
		}
		if _, known := s.TrustedBy(user("bob")); known {
			t.Error("trust of an identity that nobody has read is known")
		}
		if got := s.SharedTo("snap-1"); !slices.Equal(got, []string{"*"}) || s.SharedTo("snap-2") != nil {
			t.Errorf("shared to %v and %v", got, s.SharedTo("snap-2"))
		}
		for _, w := range []string{"urn:function:resize", "111122223333/function:resize"} {
			if power, _ := s.Power(s.RoleOf(w)); power != sekisho.PowerIssues {
				t.Errorf("%s runs as %+v", w, s.RoleOf(w))
			}
		}
		if got := s.Granted(&sekisho.Effect{Kind: sekisho.GrantPower, What: "attach", Policy: "urn:policy/all"}); got != sekisho.PowerAdmin {
			t.Errorf("the policy gives %d", got)
		}
	}
	check(t, s)
	first, err := json.Marshal(s.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	var from Snapshot
	if err := json.Unmarshal(first, &from); err != nil {
		t.Fatal(err)
	}
	again := New(nil, nil)
	again.Restore(from)
	check(t, again)
	second, err := json.Marshal(again.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(first), string(second)); diff != "" {
		t.Errorf("written down again it differs:\n%s", diff)
	}
	// A call from before the read is old news after a restart, too.
	again.Apply(read(noon, holds("bob", sekisho.PowerLimited)))
	late := New(nil, nil)
	late.Restore(again.Snapshot())
	late.Apply(granted(noon.Add(-time.Minute), "bob"))
	if power, _ := late.Power(user("bob")); power != sekisho.PowerLimited {
		t.Errorf("a late call gave power %d", power)
	}

	s.Apply(read(noon.Add(time.Hour), sekisho.Effect{Kind: sekisho.Gone, Identity: sekisho.Ref{ARN: "urn:role/deploy"}},
		sekisho.Effect{Kind: sekisho.Gone, Workload: "urn:function:resize", Alias: "111122223333/function:resize"},
		sekisho.Effect{Kind: sekisho.Gone, Policy: "urn:policy/all"}, sekisho.Effect{Kind: sekisho.Shared, Resource: "snap-1"}))
	if _, known := s.TrustedBy(deploy); known || !s.RoleOf("urn:function:resize").Zero() || s.SharedTo("snap-1") != nil || s.Exists(deploy) {
		t.Error("what is gone is still known")
	}
}

// TestOldSnapshot: what was written before there were collectors is read.
func TestOldSnapshot(t *testing.T) {
	var from Snapshot
	if err := json.Unmarshal([]byte(`{"facts":[{"identity":{"ID":"AIDAbob","Name":"","ARN":"","Account":"","Type":""},"power":3,"basis":3}],"policies":null,"roles":null,"ours":["111122223333"]}`), &from); err != nil {
		t.Fatal(err)
	}
	s := New(nil, nil)
	s.Restore(from)
	if power, basis := s.Power(user("bob")); power != sekisho.PowerAdmin || basis != sekisho.BasisKnown {
		t.Errorf("%d %v", power, basis)
	}
}

// TestCollectedIsBounded: tables and lists.
func TestCollectedIsBounded(t *testing.T) {
	s := New(nil, nil)
	s.max = 3
	many := make([]string, 0, 100)
	for i := range 100 {
		many = append(many, fmt.Sprintf("urn:user/%03d", i))
	}
	for i := range 5 {
		role := sekisho.Ref{ARN: fmt.Sprint("urn:role/", i), Type: "role"}
		s.Apply(read(noon, sekisho.Effect{Kind: sekisho.Trusts, Identity: role, With: many}, sekisho.Effect{Kind: sekisho.Shared, Resource: role.ARN, With: many}))
	}
	if len(s.trusts) != 3 || len(s.shares) != 3 || s.Dropped() == 0 {
		t.Errorf("%d trusts, %d shares, %d dropped", len(s.trusts), len(s.shares), s.Dropped())
	}
	if with, _ := s.TrustedBy(sekisho.Ref{ARN: "urn:role/0"}); len(with) != sekisho.WithMost {
		t.Errorf("%d trustees", len(with))
	}
}
