package detections

import (
	"fmt"
	"strings"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// DecisiveAttempt fires when an identity that never did so tried something that
// would have decided an attack, and was refused or failed: to blind the audit
// trail, to leave the organisation, to give power, to hand out data, to destroy.
//
// An attempt tells as much of an intention as a success, and comes earlier.
var DecisiveAttempt = detect.Detection{
	ID:    "decisive-attempt",
	Title: "Decisive change tried in vain",
	Why: "Permissions stop the first tries of an intruder who does not know what the key may do. Each such refusal names the aim " +
		"while there is still time; an owner knows what is not allowed and does not try it.",
	BlindTo: []string{
		"attempts whose record no longer says what was asked for",
		"refusals of everyday changes, which mean a missing permission more often than an attack",
	},
	FalsePositives: []string{"an engineer who tries a clean-up with too few rights", "a new deployment whose permissions are not complete"},
	Keys:           "the kind of change and the call: however often it is tried, it counts once an episode; each after the first by half",
	Phases:         []sekisho.Phase{"defense-evasion", "privilege-escalation", "persistence", "impact"},
	Attack:         []string{"T1562.008", "T1562.001", "T1666", "T1098.001", "T1098.003", "T1651", "T1485", "T1490", "T1537"},
	Family:         sekisho.FamilyAction,
	Weight:         2 * sekisho.Nat,
	Origin: "start value, not yet fitted: less than half of what the change itself would claim; 3 for recording, the organisation and data for outsiders; " +
		"half without history, or for failures that are not for want of permission",
	Feed: detect.FeedManagementWrite,
	Cut:  "disable the credential that tried, before it finds another way",
	On:   detect.OnTried,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if len(e.Tried) == 0 || byProvider(e) {
			return nil
		}
		for i := range e.Tried {
			aim, weight := aimOf(s, e, &e.Tried[i])
			if aim == "" {
				continue
			}
			if s.Usual(detect.Action, e.Name()) || s.Automated() || ticket(s, e) != "" {
				return nil
			}
			if !s.Known() {
				if vouched(s, e) && weight < 3*sekisho.Nat {
					return nil
				}
				weight /= 2
			} else if e.Outcome == sekisho.Failed {
				weight /= 2
			}
			if _, again := s.Fired("decisive-attempt"); again {
				weight /= 2 // one who is refused once more tells less that is new
			}
			return &detect.Hit{Key: aim + " by " + e.Name(), Weight: weight, Reason: fmt.Sprintf("%s tried to %s with %s on %s and %s; it never did so %s",
				who(&e.Actor), aim, e.Name(), onWhat(e), endWords(e), inHistory(s, e))}
		}
		return nil
	},
	Examples: []detect.Example{
		{Name: "a storage key tries to stop the trail, then to leave, then to give itself power", Trace: `
			  D0 09:00:00 user/data storage:ListBuckets x60
			> D3 03:00:00 user/data logging:StopTrail outcome=denied +blind(trail-1)
			> D3 03:00:10 user/data logging:DeleteTrail outcome=denied +blind(trail-1,what=delete)
			> D3 03:01:00 user/data organization:LeaveOrganization outcome=denied +tree(o-example,what=leave)
			> D3 03:02:00 user/data identity:AttachUserPolicy outcome=denied +grant(user/data,admin)
		`},
		{Name: "a trail that is not there, and a command for a machine that is not there", Trace: `
			> D0 03:00:00 user/x logging:DeleteTrail outcome=failed error=TrailNotFound +blind(trail-9,what=delete)
			> D0 03:10:00 user/x compute:SendCommand outcome=failed error=NoSuchMachine +change(i-9,what=command)
		`},
		{Name: "a function is refused a key for an administrator, and the sharing of a disk", Trace: `
			  D0 09:00:00 fn/report storage:GetObject x60
			> D3 03:00:00 fn/report identity:CreateAccessKey outcome=denied +issue(user/boss,key=-)
			> D3 03:01:00 fn/report compute:ModifySnapshot outcome=denied +share(snap-1,with=999988887777)
		`},
		{Name: "a key tries to outlive itself", Trace: `
			  D0 09:00:00 user/data storage:ListBuckets x60
			> D3 03:00:00 user/data identity:GetFederation outcome=denied level=write +issue(user/guest,key=-,what=federation)
		`},
		{Name: "someone tries whether backups can be destroyed", Trace: `
			  D0 09:00:00 role/app/s1 storage:ListBuckets x60
			> D3 03:00:00 role/app/s1 storage-backup:DeleteBackup outcome=denied +destroy(backup-1,what=backup)
		`},
		{Name: "a restricted person at the console", Trace: `
			D0 09:00:00 human/alice compute:StartInstances outcome=denied +run(i-1)
			D0 09:01:00 human/alice function:UpdateCode outcome=denied +change(function/f)
			D0 09:02:00 human/alice identity:CreateAccessKey outcome=denied +issue(user/alice,key=-)
		`},
		{Name: "a deployment whose permissions are not complete", Trace: `
			D0 09:00:00 role/terraform-deployer/run logging:DeleteTrail outcome=denied +blind(trail-1,what=delete)
			D0 09:01:00 ci/deploy/shop organization:RemoveAccount outcome=denied +tree(o-example,what=remove,with=444455556666)
		`},
		{Name: "what fails every day", Trace: `
			D0 09:00:00 fn/report storage:PutObject x20 outcome=denied +lock(b/o,what=customer-key) onbehalf=delivery
			D0 09:05:00 user/dev function:UpdateCode outcome=failed error=Busy +change(function/f)
			D0 09:06:00 user/dev storage:DeleteObject outcome=denied +destroy(bucket/object)
			D0 09:07:00 inst/i-1 logging:DeleteLogGroup outcome=denied +blind(app,what=delete)
		`},
		{Name: "a clean-up job that fails on what it has cleaned up before", Trace: `
			D0 09:00:00 user/cleaner storage-backup:DeleteBackup +destroy(backup-1,what=backup)
			D1 09:00:00 user/cleaner storage-backup:DeleteBackup outcome=failed error=Gone +destroy(backup-1,what=backup)
		`},
	},
}

// aimOf names what an attempt was after and what it would claim of a known
// identity; "" for what is tried in vain every day for good reasons. The words
// are few and fixed, for they are the keys of tokens.
func aimOf(s *detect.Scope, e *sekisho.Event, x *sekisho.Effect) (string, sekisho.Nats) {
	refused := e.Outcome != sekisho.Failed // a dry run asks whether it may
	switch x.Kind {
	case sekisho.DisableDefence:
		if core := e.Topic == sekisho.TopicLogging || e.Topic == sekisho.TopicDetection; core && !programLog(e) {
			return "switch off recording or detection", 3 * sekisho.Nat
		}
	case sekisho.ChangeOrganization:
		switch x.What {
		case "leave", "accept", "remove", "close", "guard-off", "service-off", "delegate":
			return "change the organisation's guard rails", 3 * sekisho.Nat
		}
	case sekisho.RemoveLimit:
		switch {
		case x.What == "deny" && x.Identity.Type == "account":
			return "change the organisation's guard rails", 3 * sekisho.Nat
		case x.What != "mfa" || !isSelf(&e.Actor, x.Identity):
			return "remove a limit", 2 * sekisho.Nat
		}
	case sekisho.Share:
		if len(outsiders(s, x.With)) > 0 {
			return "share with outsiders", 3 * sekisho.Nat
		}
	case sekisho.OpenTrust:
		if len(outsiders(s, x.With)) > 0 {
			return "open a role to outsiders", 3 * sekisho.Nat
		}
	case sekisho.AddProvider:
		if refused {
			return "let another authority vouch for identities", 2 * sekisho.Nat
		}
	case sekisho.GrantPower:
		if refused && x.What != "defined" && (canRise(s.Granted(x)) || isSelf(&e.Actor, x.Identity)) {
			return "give power", 2 * sekisho.Nat
		}
	case sekisho.IssueCredential:
		if refused && x.Kind == sekisho.IssueCredential && x.Lasting() && aboutAnother(e, x.Identity) {
			return "make a key for another", 2 * sekisho.Nat
		}
		if refused && x.What == "federation" {
			return "make a session that outlives its key", 2 * sekisho.Nat
		}
	case sekisho.SetPassword:
		if refused && aboutAnother(e, x.Identity) {
			return "set another's password", 2 * sekisho.Nat
		}
	case sekisho.WidenDirectory:
		return "loosen how people sign in", 2 * sekisho.Nat
	case sekisho.ChangeWorkload:
		if x.What == "shell" || x.What == "command" {
			return "run a command on a machine", 2 * sekisho.Nat
		}
	case sekisho.Destroy:
		switch x.What {
		case "backup", "key", "snapshot", "database":
			return "destroy what cannot be made again", 2 * sekisho.Nat
		}
	case sekisho.LockData:
		if refused {
			return "lock data with a foreign key", 2 * sekisho.Nat
		}
	}
	return "", 0
}

// aboutAnother reports whether an attempt was about someone else than its
// author. A refused call may have lost its parameters; then only the message
// says whom it was about, which is the event's target.
func aboutAnother(e *sekisho.Event, x sekisho.Ref) bool {
	a := &e.Actor
	return !isSelf(a, x) || e.Target != "" && !strings.HasSuffix(e.Target, a.Name)
}

// onWhat is what an event was about, as far as it says.
func onWhat(e *sekisho.Event) string {
	if e.Target == "" {
		return "account " + e.Account
	}
	return e.Target
}

// endWords says how an attempt ended.
func endWords(e *sekisho.Event) string {
	switch e.Outcome {
	case sekisho.Denied:
		return "was refused"
	case sekisho.DryRun:
		return "only asked whether it may"
	}
	return "failed (" + e.Error + ")"
}
