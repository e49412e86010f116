package detections

import (
	"fmt"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// changeFresh is how long after a change of its code a workload's power counts
// as used by whoever made the change (the limit that DESIGN.md section 7 takes
// over from the list of tripwires).
const changeFresh = 60 * time.Minute

// ChangedWorkloadUsedPower fires when a workload whose code or settings someone
// changed less than an hour ago writes identities in a way that its role never
// did.
//
// Why: it is the seam at which a takeover passes from one principal to another,
// and looks like two unrelated actors.
var ChangedWorkloadUsedPower = detect.Detection{
	ID:    "changed-workload-used-power",
	Title: "Freshly changed workload gives or takes power",
	Why: "A function whose code was replaced a moment ago, and not by a deployment, makes a key, a user, a policy or asks for a role: the call is the changer's, made with the workload's role. " +
		"Workloads write identities seldom, and those that do so do the same things to the same things every day.",
	BlindTo: []string{
		"an attacker who waits for more than an hour between the change and its use",
		"a change that the log does not hold (see function-changed)",
		"harm that is no identity write, such as reading data with the workload's role",
	},
	FalsePositives: []string{"a developer who adds identity management to a function by hand and tries it at once"},
	Keys:           "the action and what it aimed at",
	Phases:         []sekisho.Phase{"privilege-escalation", "persistence"},
	Attack:         []string{"T1648", "T1098.001", "T1098.003"},
	Family:         sekisho.FamilyTripwire,
	Tripwire:       true,
	Weight:         8 * sekisho.Nat,
	Origin:         originTripwire,
	Feed:           detect.FeedManagementWrite,
	Cut:            "stop the workload, take back what it made, and disable the credential that changed it",
	On: detect.OnDenied | detect.OnEffect(sekisho.IssueCredential, sekisho.CreateIdentity, sekisho.SetPassword, sekisho.GrantPower,
		sekisho.RemoveLimit, sekisho.OpenTrust, sekisho.AddProvider, sekisho.AssumeTry),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		a := &e.Actor
		if a.Workload == "" {
			return nil
		}
		c, ok := s.LastChange(a.Workload, e.Time)
		if !ok || c.By == a.ID || e.Time.Sub(c.At) >= changeFresh {
			return nil
		}
		if codeOfBuilds[c.What] {
			return nil // each build follows a change: see the behaviour about builds of changed sources
		}
		aim, wrote := powerAim(e)
		refused := e.Outcome == sekisho.Denied && e.Topic == sekisho.TopicIdentity && e.Level.Changes()
		if !wrote && !refused {
			return nil
		}
		h := &detect.Hit{Key: e.Name() + " " + aimLabel(e, aim)}
		did := "called"
		if !e.Succeeded() {
			did = "was refused"
		}
		h.Reason = fmt.Sprintf("%s %s %s on %s, %s after %s changed its %s; its role did so in %s before", who(a), did, e.Name(),
			aimLabel(e, aim), ago(c.At, e.Time), c.ByName, c.What, plural(timesDone(s, e), "episode"))
		switch usualAim(s, e, aim) {
		case aimSame, aimOwn:
			return nil
		case aimNew:
			// Its usual author may have taught a job to do the same for one more.
			if own, _ := s.Changers(a.Workload, c.By); own > 0 && !grantsAdmin(e) {
				h.Demote, h.Weight = true, 3*sekisho.Nat
			}
		}
		if !e.Succeeded() || ticket(s, e) != "" {
			h.Demote, h.Weight = true, 4*sekisho.Nat
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "the replaced function makes an administrator's key", Trace: `
			  D0 09:00:00 fn/init compute:ListInstances x20
			  D1 09:00:00 fn/init compute:ListInstances x20
			  D3 02:08:00 user/data function:UpdateCode +change(function/init,role=role-init)
			> D3 02:09:00 fn/init identity:CreateAccessKey +issue(user/boss,key=K9)
		`},
		{Name: "a changed machine makes a user, and is refused a policy", Trace: `
			  D0 02:00:00 user/data compute:SetUserData +change(i-1,what=user-data)
			> D0 02:20:00 inst/i-1 identity:CreateUser +create(user/helper)
			> D0 02:21:00 inst/i-1 identity:AttachUserPolicy outcome=denied target=user/helper
		`},
		{Name: "a rotation function after its developer's change", Trace: `
			D0 03:00:00 fn/rotate identity:CreateAccessKey +issue(user/bob,key=B1)
			D1 03:00:00 fn/rotate identity:CreateAccessKey +issue(user/bob,key=B2)
			D2 02:50:00 user/dev function:UpdateCode +change(function/rotate,role=role-rotate)
			D2 03:00:00 fn/rotate identity:CreateAccessKey +issue(user/bob,key=B3)
		`},
		{Name: "a function that provisions users, changed by hand", Trace: `
			D0 03:00:00 fn/join identity:CreateUser +create(user/n1)
			D0 03:00:05 fn/join identity:CreateAccessKey +issue(user/n1,key=N1)
			D1 03:00:00 fn/join identity:CreateUser +create(user/n2)
			D1 03:00:05 fn/join identity:CreateAccessKey +issue(user/n2,key=N2)
			D2 08:50:00 human/dev function:UpdateCode +change(function/join,role=role-join)
			D2 09:00:00 fn/join identity:CreateUser +create(user/n3)
			D2 09:00:05 fn/join identity:CreateAccessKey +issue(user/n3,key=N3)
		`},
		{Name: "a pipeline deployed the change", Trace: `
			D0 09:00:00 ci/deploy/shop function:UpdateCode +change(function/init,role=role-init)
			D0 09:10:00 fn/init identity:CreateRole +create(role/tenant-1)
		`},
		{Name: "the change was this morning", Trace: `
			D0 09:00:00 user/dev function:UpdateCode +change(function/init,role=role-init)
			D0 11:00:00 fn/init identity:CreateRole +create(role/tenant-1)
			D0 11:00:10 agent/coder identity:ListRoles
		`},
	},
}

// powerAim is whom an event's first identity write is about; false when it
// writes none.
func powerAim(e *sekisho.Event) (*sekisho.Effect, bool) {
	for i := range e.Effects {
		x := &e.Effects[i]
		switch x.Kind {
		case sekisho.IssueCredential:
			if x.Lasting() && x.Identity.Type != "role" && isSelf(&e.Actor, x.Identity) {
				continue
			}
			return x, true
		case sekisho.CreateIdentity, sekisho.SetPassword, sekisho.RemoveLimit, sekisho.OpenTrust, sekisho.AddProvider, sekisho.AssumeTry:
			return x, true
		case sekisho.GrantPower:
			if x.What != "defined" {
				return x, true
			}
		}
	}
	return nil, false
}

func aimLabel(e *sekisho.Event, x *sekisho.Effect) string {
	if x != nil && !x.Identity.Zero() {
		return x.Identity.Label()
	}
	return e.Target
}

func grantsAdmin(e *sekisho.Event) bool {
	x := e.Find(sekisho.GrantPower)
	return x != nil && x.Power == sekisho.PowerAdmin
}

// aimed says how usual an identity write is for a role.
type aimed uint8

const (
	aimNever aimed = iota // the role never did this
	aimNew                // it did, but to others, and this one it did not make
	aimOwn                // it does this to what it makes itself
	aimSame               // it did exactly this before
)

func usualAim(s *detect.Scope, e *sekisho.Event, x *sekisho.Effect) aimed {
	id := e.Actor.ID
	if seenOnTarget(s, e) && !grantsAdmin(e) {
		return aimSame
	}
	if x != nil && x.Identity.Type == "role" && s.Seen(id, detect.Assumed, x.Identity.ARN) && e.Find(sekisho.AssumeTry) != nil {
		return aimSame
	}
	if !s.Seen(id, detect.Action, e.Name()) {
		return aimNever
	}
	if x == nil || grantsAdmin(e) {
		return aimNew
	}
	if x.Kind == sekisho.CreateIdentity {
		return aimOwn
	}
	if ours, _, _ := s.Created(x.Identity); ours {
		return aimOwn
	}
	return aimNew
}
