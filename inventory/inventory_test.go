package inventory

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// told is a store that saw a trace.
func told(t *testing.T, trace string) *Store {
	t.Helper()
	lines, err := detect.ParseTrace(trace)
	if err != nil {
		t.Fatal(err)
	}
	s := New(nil, nil)
	for i := range lines {
		s.Home(lines[i].Event.Account)
		s.Apply(&lines[i].Event)
	}
	return s
}

// named is an identity of a trace as calls name it that know only its name.
func named(kind, name string) sekisho.Ref {
	return sekisho.Ref{Name: name, Account: detect.TraceAccount, Type: kind}
}

// TestPower: what the trail says of who may do what, and on what it rests.
func TestPower(t *testing.T) {
	for _, tt := range []struct {
		name, trace string
		of          sekisho.Ref
		power       sekisho.Power
		basis       sekisho.Basis
	}{
		{"nobody has heard of it", `09:00:00 user/ops identity:ListUsers`, named("user", "ops"), sekisho.PowerUnknown, sekisho.BasisNone},
		{"a policy attached", `09:00:00 user/ops identity:AttachUserPolicy +grant(user/bob,admin,what=attach)`,
			named("user", "bob"), sekisho.PowerAdmin, sekisho.BasisKnown},
		{"a policy written into it", `09:00:00 user/ops identity:PutRolePolicy +grant(role/r,issues,what=inline)`,
			named("role", "r"), sekisho.PowerIssues, sekisho.BasisKnown},
		{"a policy known by its definition", `
			09:00:00 user/ops identity:CreatePolicy +grant(policy/P,admin,what=defined)
			09:01:00 user/ops identity:AttachUserPolicy +grant(user/bob,unknown,what=attach,policy=P)`,
			named("user", "bob"), sekisho.PowerAdmin, sekisho.BasisKnown},
		{"through a group", `
			09:00:00 user/ops identity:AttachGroupPolicy +grant(group/g,admin,what=attach)
			09:01:00 user/ops identity:AddUserToGroup +grant(user/bob,unknown,what=group,policy=g)`,
			named("user", "bob"), sekisho.PowerAdmin, sekisho.BasisKnown},
		{"a small policy says nothing of the rest", `09:00:00 user/ops identity:AttachUserPolicy +grant(user/bob,limited,what=attach)`,
			named("user", "bob"), sekisho.PowerUnknown, sekisho.BasisNone},
		{"a small policy takes nothing away", `
			09:00:00 user/ops identity:AttachUserPolicy +grant(user/bob,admin,what=attach)
			09:01:00 user/ops identity:AttachUserPolicy +grant(user/bob,limited,what=attach)`,
			named("user", "bob"), sekisho.PowerAdmin, sekisho.BasisKnown},
		{"a new identity may do nothing yet", `09:00:00 user/ops identity:CreateUser +create(user/new)`,
			named("user", "new"), sekisho.PowerLimited, sekisho.BasisKnown},
		{"who gives power has it", `09:00:00 user/ops identity:AttachUserPolicy +grant(user/bob,limited,what=attach)`,
			named("user", "ops"), sekisho.PowerAdmin, sekisho.BasisDemonstrated},
		{"who makes keys for others can become them", `09:00:00 user/ops identity:CreateAccessKey +issue(user/bob,key=K)`,
			named("user", "ops"), sekisho.PowerIssues, sekisho.BasisDemonstrated},
		{"who makes an own key shows nothing", `09:00:00 user/ops identity:CreateAccessKey +issue(user/ops,key=K)`,
			named("user", "ops"), sekisho.PowerUnknown, sekisho.BasisNone},
		{"who defines a policy that nobody holds shows nothing", `09:00:00 user/ops identity:CreatePolicy +grant(policy/P,admin,what=defined)`,
			named("user", "ops"), sekisho.PowerUnknown, sekisho.BasisNone},
		{"who opens trust shows an administrator's", `09:00:00 user/ops identity:UpdateTrust +trust(role/r,with=999988887777)`,
			named("user", "ops"), sekisho.PowerAdmin, sekisho.BasisDemonstrated},
		{"a refused call gives and shows nothing", `09:00:00 user/ops identity:AttachUserPolicy outcome=denied +grant(user/bob,admin,what=attach)`,
			named("user", "bob"), sekisho.PowerUnknown, sekisho.BasisNone},
	} {
		t.Run(tt.name, func(t *testing.T) {
			power, basis := told(t, tt.trace).Power(tt.of)
			if power != tt.power || basis != tt.basis {
				t.Errorf("power %d by %q, want %d by %q", power, basis, tt.power, tt.basis)
			}
		})
	}
}

// TestPolicyVersions: a version not in force gives nothing until it is put in
// force; an earlier one can come back; a smaller one is no gift.
func TestPolicyVersions(t *testing.T) {
	s := New(nil, nil)
	apply := func(x sekisho.Effect) {
		s.Apply(&sekisho.Event{Actor: sekisho.Actor{Type: sekisho.ActorUser, ID: "ops"}, Effects: []sekisho.Effect{x}})
	}
	granted := func(x sekisho.Effect) sekisho.Power { x.Kind = sekisho.GrantPower; return s.Granted(&x) }
	attach := sekisho.Effect{What: "attach", Policy: "P"}

	apply(sekisho.Effect{Kind: sekisho.GrantPower, What: "defined", Policy: "P", Resource: "v1", Power: sekisho.PowerLimited})
	apply(sekisho.Effect{Kind: sekisho.GrantPower, What: "defined", Policy: "P:v2", Resource: "v2", Power: sekisho.PowerAdmin})
	if got := granted(attach); got != sekisho.PowerLimited {
		t.Errorf("with v2 only defined the policy gives %d, want limited", got)
	}
	v2 := sekisho.Effect{Kind: sekisho.GrantPower, What: "version", Policy: "P", Resource: "v2"}
	if got := granted(v2); got != sekisho.PowerAdmin {
		t.Errorf("putting v2 in force gives %d, want an administrator's", got)
	}
	apply(v2)
	if got := granted(attach); got != sekisho.PowerAdmin {
		t.Errorf("with v2 in force the policy gives %d, want an administrator's", got)
	}
	v1 := sekisho.Effect{Kind: sekisho.GrantPower, What: "version", Policy: "P", Resource: "v1"}
	if got := granted(v1); got != sekisho.PowerLimited {
		t.Errorf("going back to v1 gives %d, want limited", got)
	}
	apply(v1)
	if got := granted(attach); got != sekisho.PowerLimited {
		t.Errorf("back at v1 the policy gives %d, want limited", got)
	}
}

// TestARoleOfTheSameName: a recreated role is another identity, whether its
// creation was seen or only its id is new.
func TestARoleOfTheSameName(t *testing.T) {
	old := sekisho.Ref{ID: "R1", ARN: "urn:role/r", Name: "r", Account: "1", Type: "role"}
	again := old
	again.ID = "R2"
	admin := func() *Store { return New([]Entry{{Identity: old, Power: sekisho.PowerAdmin}}, nil) }

	s := admin()
	if power, _ := s.Power(again); power != sekisho.PowerUnknown {
		t.Errorf("the other role has power %d", power)
	}
	s.Apply(&sekisho.Event{Effects: []sekisho.Effect{{Kind: sekisho.CreateIdentity, Identity: again}}})
	for _, r := range []sekisho.Ref{again, {ARN: old.ARN}, {Name: "r", Account: "1", Type: "role"}} {
		if power, basis := s.Power(r); power != sekisho.PowerLimited || basis != sekisho.BasisKnown {
			t.Errorf("%+v has power %d by %q, want a new role's", r, power, basis)
		}
	}
}

// TestOurs: accounts, the accounts in ARNs, and what names no account.
func TestOurs(t *testing.T) {
	s := New(nil, []string{"1"})
	s.Home("2")
	for account, want := range map[string]bool{"1": true, "2": true, "3": false, "": true, "o-abc": true,
		"urn:x:y:z:2:role/r": true, "urn:x:y:z:3:role/r": false, "not:an:arn": false, "*": false} {
		if s.Ours(account) != want {
			t.Errorf("Ours(%q) = %v", account, !want)
		}
	}
}

// TestRestoreGivesEqualAnswers, also where an earlier identity of the same
// name sorts after the present one.
func TestRestoreGivesEqualAnswers(t *testing.T) {
	s := told(t, `
		09:00:00 user/ops identity:AttachUserPolicy +grant(user/bob,admin,what=attach)
		09:01:00 user/ops identity:CreatePolicy +grant(policy/P,admin,what=defined)
		09:02:00 fn/f storage:ListBuckets
		09:03:00 user/ops function:UpdateCode +change(function/g,role=role-g)`)
	for _, id := range []string{"R9", "R1"} {
		s.Apply(&sekisho.Event{Effects: []sekisho.Effect{{Kind: sekisho.GrantPower, What: "attach", Power: sekisho.PowerAdmin,
			Identity: sekisho.Ref{ID: id, ARN: "urn:role/r", Name: "r", Account: "1", Type: "role"}}}})
	}
	s.at(sekisho.Ref{ID: "R1"}).power = sekisho.PowerIssues

	raw, _ := json.Marshal(s.Snapshot())
	var from Snapshot
	if err := json.Unmarshal(raw, &from); err != nil {
		t.Fatal(err)
	}
	back := New(nil, nil)
	back.Restore(from)
	if again, _ := json.Marshal(back.Snapshot()); string(again) != string(raw) {
		t.Errorf("written again it differs:\n%s\n%s", raw, again)
	}
	for _, r := range []sekisho.Ref{{ARN: "urn:role/r"}, {ID: "R9"}, {ID: "R1"}, named("user", "bob"), named("user", "ops"), named("user", "x")} {
		p1, b1 := s.Power(r)
		p2, b2 := back.Power(r)
		if p1 != p2 || b1 != b2 || s.Exists(r) != back.Exists(r) {
			t.Errorf("%+v: %d by %q, restored %d by %q", r, p1, b1, p2, b2)
		}
	}
	for _, w := range []string{"function/f", "function/g", "function/x"} {
		if s.RoleOf(w) != back.RoleOf(w) {
			t.Errorf("role of %s: %+v, restored %+v", w, s.RoleOf(w), back.RoleOf(w))
		}
	}
}

// TestStoreIsBounded: each table, and what did not fit is counted. What is
// there can still change.
func TestStoreIsBounded(t *testing.T) {
	s := New(nil, nil)
	s.max = 5
	for i := range 50 {
		who := sekisho.Ref{Name: fmt.Sprint("user", i), Account: "1", Type: "user"}
		s.Apply(&sekisho.Event{
			Actor: sekisho.Actor{Type: sekisho.ActorRole, ID: fmt.Sprint("role", i), Workload: fmt.Sprint("w", i)},
			Effects: []sekisho.Effect{{Kind: sekisho.CreateIdentity, Identity: who},
				{Kind: sekisho.GrantPower, What: "defined", Policy: fmt.Sprint("P", i), Power: sekisho.PowerLimited}},
		})
	}
	if len(s.byName) > 5 || len(s.byID) > 5 || len(s.roles) > 5 || len(s.policies) > 5 {
		t.Errorf("%d names, %d ids, %d roles, %d policies with room for 5", len(s.byName), len(s.byID), len(s.roles), len(s.policies))
	}
	if s.Dropped() != 3*45 {
		t.Errorf("%d counted as dropped, want 135", s.Dropped())
	}
	s.Apply(&sekisho.Event{Effects: []sekisho.Effect{{Kind: sekisho.GrantPower, What: "version", Policy: "P0", Power: sekisho.PowerAdmin}}})
	if got := s.Granted(&sekisho.Effect{What: "attach", Policy: "P0"}); got != sekisho.PowerAdmin {
		t.Errorf("a known policy changed to admin gives %d", got)
	}
}
