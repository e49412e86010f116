package detections

import (
	"fmt"
	"strings"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// ShadowResource fires when someone who never made such makes an identity or a
// workload whose name can be mistaken for that of an older one.
//
// Why: what looks like it belongs is what nobody takes away.
var ShadowResource = detect.Detection{
	ID:    "shadow-resource",
	Title: "New resource named like an existing one",
	Why: "A second function, role or user that is named like a real one, but for a letter or a word such as \"new\", passes every list that a person reads. " +
		"Those who maintain the original make such copies themselves, or their deployment does.",
	BlindTo: []string{
		"originals that were neither made nor at work within the known history",
		"names shorter than five letters, and copies that differ in more than what the eye skips",
		"tags and descriptions that are copied",
	},
	FalsePositives: []string{"a colleague rebuilds a thing beside the old one by hand"},
	Keys:           "the sort of thing that was made",
	Phases:         []sekisho.Phase{"defense-evasion", "persistence"},
	Attack:         []string{"T1036.005", "T1136.003"},
	Family:         sekisho.FamilyAction,
	Weight:         2 * sekisho.Nat,
	Origin:         originPlain,
	Feed:           detect.FeedManagementWrite,
	Cut:            "stop or disable what was made, and the credential that made it",
	On:             detect.OnEffect(sekisho.CreateIdentity, sekisho.ChangeWorkload),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if !e.Succeeded() || byProvider(e) {
			return nil
		}
		for i := range e.Effects {
			x := &e.Effects[i]
			var sort, account, name string
			switch {
			case x.Kind == sekisho.CreateIdentity:
				sort, account, name = x.Identity.Type, x.Identity.Account, x.Identity.Name
			case x.Kind == sekisho.ChangeWorkload && x.What == "create":
				sort, account, name = nameOf(x.Workload)
			}
			if sort == "" || name == "" {
				continue
			}
			if old, alike := s.Lookalike(sort, account, name); alike {
				if h := shadow(s, e, x, sort, old, name); h != nil {
					return h
				}
			}
		}
		return nil
	},
	Examples: []detect.Example{
		{Name: "a function named like the one that writes orders", Trace: `
			  D0 09:00:00 user/dev function:Create +change(function/order-writer,role=w,what=create)
			  D0 09:10:00 user/data storage:ListBuckets x60
			> D3 03:00:00 user/data function:Create +change(function/OrderWriter,role=w,what=create)
		`},
		{Name: "a user named like an operator, by a session that nobody knows", Trace: `
			  D0 09:00:00 user/backup-operator storage:ListBuckets x60
			> D3 03:00:00 role/developer/bob identity:CreateUser +create(user/backup-0perator)
		`},
		{Name: "the author of a function builds its successor", Trace: `
			D0 09:00:00 user/dev function:Create +change(function/order-writer,role=w,what=create)
			D0 09:10:00 user/dev function:UpdateCode +change(function/order-writer,role=w)
			D5 09:00:00 user/dev function:Create +change(function/order-writer-new,role=w,what=create)
		`},
		{Name: "a series is no imitation", Trace: `
			D0 09:00:00 human/carol identity:CreateUser +create(user/worker-1)
			D1 09:00:00 human/ann identity:CreateUser +create(user/worker-2)
		`},
		{Name: "declared automation and a pipeline put the new beside the old", Trace: `
			D0 09:00:00 user/dev function:Create +change(function/order-writer,role=w,what=create)
			D0 10:00:00 role/terraform-deployer/x function:Create +change(function/order-writer-v2,role=w,what=create)
			D0 10:10:00 ci/deploy/shop identity:CreateRole +create(role/order-writer)
			D0 10:20:00 ci/deploy/shop identity:CreateRole +create(role/order-writer-new)
			D0 10:30:00 service/deploy identity:CreateRole +create(role/orderwriter)
		`},
		{Name: "another sort of thing bears the name", Trace: `
			D0 09:00:00 user/dev function:Create +change(function/order-writer,role=w,what=create)
			D0 09:10:00 human/carol identity:CreateRole +create(role/order-writer2)
		`},
	},
}

// shadow judges one new thing that is named like an old one.
func shadow(s *detect.Scope, e *sekisho.Event, x *sekisho.Effect, sort, old, name string) *detect.Hit {
	times := timesDone(s, e)
	if times >= routineTimes || s.Automated() || original(s, e, x, old, name) {
		return nil
	}
	h := &detect.Hit{Key: sort, Reason: fmt.Sprintf("%s made the %s %s, which can be taken for %s; it made such in %s before %s",
		who(&e.Actor), sort, name, old, plural(times, "episode"), inHistory(s, e))}
	switch {
	case ticket(s, e) != "" || times > 0:
		h.Weight = sekisho.Nat / 2
	case s.Known():
		h.Weight = 3 * sekisho.Nat
	case vouched(s, e):
		h.Weight = sekisho.Nat
	}
	return h
}

// original reports whether the actor, or its lineage, made or maintains the
// thing that the new one is named like.
func original(s *detect.Scope, e *sekisho.Event, x *sekisho.Effect, old, name string) bool {
	if x.Kind == sekisho.CreateIdentity {
		ours, _, _ := s.Created(sekisho.Ref{Name: old, Account: x.Identity.Account, Type: x.Identity.Type,
			ARN: strings.TrimSuffix(x.Identity.ARN, name) + old})
		return ours
	}
	first := strings.TrimSuffix(x.Workload, name) + old
	if c, ok := s.LastChange(first, e.Time); ok && c.Ours {
		return true
	}
	own, _ := s.Changers(first, e.Actor.ID)
	return own > 0
}
