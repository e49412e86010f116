package github

import (
	"strings"

	"github.com/sekisho/sekisho"
)

// guardEffects are the actions about guards.
var guardEffects = map[string]effect{
	"protected_branch.destroy":             unguard("review"),
	"protected_branch.policy_override":     overridden,
	"protected_branch.rejected_ref_update": push,
	"protected_branch.update_name":         moved,
	"protected_branch.branch_allowances":   unguard("review"),
	"required_status_check.destroy":        unguard("review"),
	"repository_ruleset.destroy":           unguard("review"),
	"repository_ruleset.update":            ruleset,

	"protected_branch.update_pull_request_reviews_enforcement_level":   ifOff(fReviews, "review"),
	"protected_branch.update_required_approving_review_count":          ifOff(fApprovals, "review"),
	"protected_branch.update_required_status_checks_enforcement_level": ifOff(fChecks, "review"),
	"protected_branch.update_admin_enforced":                           ifOff(fAdmins, "review"),
	"protected_branch.update_require_code_owner_review":                ifOff(fOwners, "review"),
	"protected_branch.dismiss_stale_reviews":                           ifOff(fStale, "review"),
	"protected_branch.update_require_last_push_approval":               ifOff(fLastPush, "review"),
	"protected_branch.update_ignore_approvals_from_contributors":       ifOff(fContributors, "review"),
	"protected_branch.dismissal_restricted_users_teams":                ifOff(fDismissals, "review"),
	"protected_branch.update_merge_queue_enforcement_level":            ifOff(fQueue, "review"),
	"protected_branch.update_signature_requirement_enforcement_level":  ifOff(fSignatures, "code-signing"),
	"protected_branch.update_allow_force_pushes_enforcement_level":     ifOn(fForce, "review"),
	"protected_branch.update_allow_deletions_enforcement_level":        ifOn(fDeletions, "deletion-protection"),
}

func unguard(what string) effect {
	return func(r *record) {
		r.add(sekisho.Effect{Kind: sekisho.RemoveGuard, What: what, Resource: r.guarded(r.branch())})
	}
}

// overridden: one push passed the rules by; they stand.
func overridden(r *record) {
	r.add(sekisho.Effect{Kind: sekisho.RemoveGuard, What: "review", Resource: r.guarded(r.branch()), Count: 1})
}

// ifOff is a guard that is taken away where a setting goes off. A record that does not say
// how the setting now stands changes nothing.
func ifOff(f int, what string) effect {
	return func(r *record) {
		if r.off(f) {
			unguard(what)(r)
		}
	}
}

func ifOn(f int, what string) effect {
	return func(r *record) {
		if r.on(f) {
			unguard(what)(r)
		}
	}
}

// moved: the rule now stands for other branches, those of its old pattern have none.
func moved(r *record) {
	r.add(sekisho.Effect{Kind: sekisho.RemoveGuard, What: "review", Resource: r.guarded(r.text(fOldName))})
}

// ruleset: an edit weakens a ruleset that enforced where it no longer does, loses rules,
// or lets someone by. What a change of its conditions means, the record does not say.
func ruleset(r *record) {
	enforced := func(f int) bool {
		level := r.text(f)
		return level == "enabled" || level == "active"
	}
	lost := r.v.Has(fEnforcement) && !enforced(fEnforcement) && (enforced(fOldEnforcement) || !r.v.Has(fOldEnforcement))
	if lost || r.filled(fRulesDeleted) || r.filled(fBypassAdded) {
		unguard("review")(r)
	}
}

// branch is the branch, pattern or ruleset that a record about a guard names.
func (r *record) branch() string {
	return strings.TrimPrefix(r.first(fBranch, fRuleset, fName), "refs/heads/")
}

// guarded is what a guard stood before: a branch of a repository, or all that the
// organization has.
func (r *record) guarded(branch string) string {
	if branch == "" {
		return r.resource()
	}
	return r.resource() + "/" + branch
}
