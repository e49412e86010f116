// Package respond says what containment would cut. In this release it plans
// only: nothing outside is touched.
//
// A plan is the smallest set of reversible cuts that ends what a lineage can
// do next: its lasting keys, its sessions, the workloads that it changed, and
// what it brought into being. It never contains a deletion.
package respond

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/correlate"
)

// A cut names one kind of action, without its vendor. The names an operator
// sees carry the vendor of the feed before a dot: "aws.deactivate-access-key".
const (
	DeactivateKey   = "deactivate-access-key"     // target: access key id
	DenySession     = "deny-session"              // target: access key id of the session
	DenyInstance    = "deny-instance-session"     // target: instance id
	StopFunction    = "function-concurrency-zero" // target: function
	IsolateWorkload = "isolate-workload"          // target: instance, project, task
	QuarantineUser  = "quarantine-user"           // target: ARN
	QuarantineRole  = "deny-sessions-before"      // target: role ARN
	FenceTrust      = "fence-trust"               // target: role ARN
	FenceProvider   = "fence-provider"            // target: provider or anchor
	Unshare         = "unshare"                   // target: resource
	RevokeIngress   = "revoke-ingress"            // target: firewall
	RestoreDefence  = "restore-logging"           // target: trail, detector
	StopMachines    = "stop-instances"            // target: instances
	RestorePolicy   = "restore-policy"            // target: policy, or the group that was given one
	RestoreGuard    = "restore-guard"             // target: bucket, database, account
	LiftProtection  = "lift-protection"           // target: what was made hard to stop
	CancelDeletion  = "cancel-deletion"           // target: key or secret that waits to be deleted

	// In a directory or another service that people sign in to.
	EndSessions         = "end-sessions"         // target: user id
	RevokeToken         = "revoke-token"         // target: token, key or grant of an application
	SuspendUser         = "suspend-user"         // target: user id
	SuspendApp          = "suspend-app"          // target: application id
	RevokePower         = "revoke-power"         // target: user, group or application
	RemoveFactor        = "remove-factor"        // target: user id
	RevokeImpersonation = "revoke-impersonation" // target: user id
	HoldBuilds          = "hold-builds"          // target: repository
)

// Plan lists the cuts for what is new in an episode: first what can act, then
// what was left behind, newest last. vendor is the first part of the
// names of what is from before systems were told apart, and known answers which cuts, without it, were planned already: they
// are left out. Times and event ids are set by the caller.
func Plan(vendor string, news correlate.News, known func(cut, target string) bool) []sekisho.Action {
	var plan []sekisho.Action
	system := ""
	cut := func(action, target, why string, args ...any) {
		name := cmp.Or(system, vendor) + "." + action
		planned := func(a sekisho.Action) bool { return a.Target == target && a.Action == name }
		if target != "" && !known(action, target) && !slices.ContainsFunc(plan, planned) {
			plan = append(plan, sekisho.Action{Action: name, Target: target, Reversible: true, Why: fmt.Sprintf(why, args...)})
		}
	}
	for _, x := range news.Suspects {
		system = x.Vendor
		who := x.Identity.Name
		if who == "" {
			who = x.Identity.ID
		}
		switch {
		case x.Identity.Kind == sekisho.KindService:
			// A provider's own service is not the attacker; what it was made to do is below.
		case (x.Type == sekisho.ActorDirectory || x.Type == sekisho.ActorApp) && x.LongTerm:
			cut(RevokeToken, x.Credential, "token of %s in use", who)
		case x.Type == sekisho.ActorApp:
			cut(SuspendApp, x.Identity.ID, "%s acts for the attacker", who)
		case x.Type == sekisho.ActorDirectory:
			cut(EndSessions, x.Identity.ID, "sessions of %s in use", who)
		case x.Type == sekisho.ActorFederated && x.Credential == "":
			// Whom a provider vouches for is held where the provider is, and by what it was given.
		case x.WorkloadType == "function":
			cut(StopFunction, fullName(news.Made, x.Workload), "the function acts for the attacker")
			cut(DenySession, x.Credential, "session of %s in use", who)
		case x.WorkloadType == "instance" && x.Type == sekisho.ActorMachine:
			cut(IsolateWorkload, x.Workload, "the machine talks for the attacker")
		case x.WorkloadType == "instance":
			cut(DenyInstance, x.Workload, "credentials of the instance (%s) in use", who)
		case x.LongTerm && x.Credential != "":
			cut(DeactivateKey, x.Credential, "key of %s in use", who)
		case x.SessionID != "" || x.Credential != "":
			target := x.Credential
			if target == "" {
				target = x.SessionID
			}
			cut(DenySession, target, "session of %s in use", who)
		default:
			cut(QuarantineUser, x.Identity.ARN, "%s acts without a credential id in the record", who)
		}
	}
	for _, m := range news.Made {
		if system = m.Vendor; m.Maker == sekisho.ActorDirectory || m.Maker == sekisho.ActorApp {
			madeInDirectory(cut, &m)
			continue
		}
		switch m.Effect {
		case sekisho.IssueCredential:
			cut(DeactivateKey, m.Target, "made by the attacker for %s", m.Owner)
		case sekisho.CreateIdentity:
			cut(quarantine(m.Target), m.Target, "made by the attacker")
		case sekisho.GrantPower:
			cut(powerCut(m.Target), m.Target, "was given power by the attacker")
		case sekisho.SetPassword:
			cut(QuarantineUser, m.Target, "has a password that the attacker set")
		case sekisho.OpenTrust:
			cut(FenceTrust, m.Target, "its trust was opened by the attacker")
		case sekisho.AddProvider:
			cut(FenceProvider, m.Target, "added by the attacker")
		case sekisho.ChangeWorkload:
			cut(workloadCut(m), m.Target, "its %s was changed by the attacker", m.What)
		case sekisho.Share:
			cut(Unshare, m.Target, "%s shared by the attacker", m.What)
		case sekisho.OpenPorts:
			cut(RevokeIngress, m.Target, "opened by the attacker")
		case sekisho.DisableDefence:
			cut(RestoreDefence, m.Target, "%s by the attacker", m.What)
		case sekisho.RemoveGuard:
			cut(RestoreGuard, m.Target, "its %s was removed by the attacker", m.What)
		case sekisho.Entrench:
			cut(LiftProtection, m.Target, "%s set by the attacker, who launched or took it", m.What)
		case sekisho.Destroy:
			cut(CancelDeletion, m.Target, "the attacker had this %s deleted; it can be kept while it waits", m.What)
		case sekisho.LaunchCompute:
			cut(StopMachines, m.Target, "launched by the attacker")
		}
	}
	return plan
}

// madeInDirectory cuts what was left behind in a directory or another service.
func madeInDirectory(cut func(action, target, why string, args ...any), m *correlate.Made) {
	switch m.Effect {
	case sekisho.IssueCredential:
		cut(RevokeToken, m.Target, "made by the attacker for %s", m.Owner)
	case sekisho.CreateIdentity, sekisho.SetPassword:
		cut(SuspendUser, m.Target, "made, or given a password, by the attacker")
	case sekisho.GrantPower:
		cut(RevokePower, m.Target, "was given power by the attacker")
	case sekisho.EnrolFactor:
		cut(RemoveFactor, m.Target, "has a proof (%s) that the attacker added", cmp.Or(m.What, "of a kind that is not said"))
	case sekisho.Impersonate:
		cut(RevokeImpersonation, m.Target, "is impersonated by the attacker")
	case sekisho.AddProvider:
		cut(FenceProvider, m.Target, "added by the attacker")
	case sekisho.ChangeWorkload:
		cut(HoldBuilds, m.Target, "its %s was changed by the attacker", m.What)
	case sekisho.Share:
		cut(Unshare, m.Target, "%s shared by the attacker", m.What)
	case sekisho.DisableDefence:
		cut(RestoreDefence, m.Target, "%s by the attacker", m.What)
	case sekisho.RemoveGuard:
		cut(RestoreGuard, m.Target, "its %s was removed by the attacker", m.What)
	case sekisho.WidenDirectory:
		cut(RestorePolicy, m.Target, "its %s was loosened by the attacker", m.What)
	}
}

// fullName is a workload's name as the call that changed it gave it: sessions
// often know less of it, and one function is one cut.
func fullName(made []correlate.Made, workload string) string {
	for _, m := range made {
		if m.Alias != "" && m.Alias == workload {
			return m.Target
		}
	}
	return workload
}

// powerCut picks the cut for what was given power: an identity is held, a policy
// or a group, which others need, gets back what it said before.
func powerCut(target string) string {
	if strings.Contains(target, ":policy/") || strings.Contains(target, ":group/") {
		return RestorePolicy
	}
	return quarantine(target)
}

// quarantine picks the cut for an identity by what its name says it is.
func quarantine(target string) string {
	if isRole(target) {
		return QuarantineRole
	}
	return QuarantineUser
}

// isRole reports whether an ARN's resource part begins with "role/".
func isRole(arn string) bool {
	return strings.Contains(arn, ":role/")
}

// workloadCut picks the cut for a changed workload: new invocations of a
// function can be stopped at once, other workloads are cut from the network
// and from their role.
func workloadCut(m correlate.Made) string {
	if strings.Contains(m.Target, ":function:") || strings.HasPrefix(m.Target, "function/") {
		return StopFunction
	}
	return IsolateWorkload
}
