package github

import (
	"strings"

	"github.com/sekisho/sekisho"
)

// What builds run, where they run, and their runs.
//
// A repository is one workload, "repo:owner/name": whoever changes its code changes what
// its builds do. A run is known outside by the subject of the token that it gets for a
// cloud, "repo:owner/name:ref:refs/heads/main" or "…:environment:prod"; that is the Alias
// of RunWorkload, and there the lineage of a push meets the session of a role.
var buildEffects = merge(map[string]effect{
	"git.push":           push,
	"pull_request.merge": push,

	"workflows.created_workflow_run":     run,
	"workflows.rerun_workflow_run":       run,
	"workflows.approve_workflow_job":     run,
	"workflows.prepared_workflow_job":    run,
	"workflows.delete_workflow_run":      deleteRun,
	"workflows.bypass_protection_rules":  unguardEnvironment,
	"environment.remove_protection_rule": unguardEnvironment,
	"repository_branch_protection_evaluation.disable": func(r *record) {
		r.add(sekisho.Effect{Kind: sekisho.RemoveGuard, What: "review", Resource: r.resource()})
	},
	"packages.package_published":         publish,
	"packages.package_version_published": publish,
},
	each(change("runner"),
		"repo.register_self_hosted_runner", "org.register_self_hosted_runner", "enterprise.register_self_hosted_runner",
		"org.runner_group_created", "org.runner_group_updated", "org.runner_group_runners_added", "org.runner_group_runners_updated",
		"org.runner_group_visiblity_updated", "enterprise.runner_group_created", "enterprise.runner_group_updated",
		"enterprise.runner_group_runners_added", "enterprise.runner_group_runners_updated", "enterprise.runner_group_visiblity_updated",
		"org.update_repo_self_hosted_runners_policy", "business.update_repo_self_hosted_runners_policy"),
	each(machine, "repo.configure_self_hosted_jit_runner", "org.configure_self_hosted_jit_runner", "enterprise.configure_self_hosted_jit_runner"),
	each(change("configuration"),
		"repo.create_actions_secret", "repo.update_actions_secret", "repo.create_actions_variable", "repo.update_actions_variable",
		"org.create_actions_secret", "org.update_actions_secret", "org.create_actions_variable", "org.update_actions_variable",
		"environment.create_actions_secret", "environment.update_actions_secret", "environment.create_actions_variable", "environment.update_actions_variable",
		"repo.create_integration_secret", "repo.update_integration_secret", "org.create_integration_secret", "org.update_integration_secret",
		"repo.actions_enabled", "repo.update_default_branch", "repo.update_actions_settings", "org.update_actions_settings", "business.update_actions_settings",
		"repo.set_default_workflow_permissions", "org.set_default_workflow_permissions", "business.set_default_workflow_permissions",
		"repo.set_workflow_permission_can_approve_pr", "org.set_workflow_permission_can_approve_pr", "business.set_workflow_permission_can_approve_pr",
		"repo.set_fork_pr_workflows_policy", "org.set_fork_pr_workflows_policy", "business.set_fork_pr_workflows_policy",
		"repo.set_actions_fork_pr_approvals_policy", "org.set_actions_fork_pr_approvals_policy", "business.set_actions_fork_pr_approvals_policy",
		"repo.update_actions_access_settings", "workflows.enable_workflow", "copilot.swe_agent_mcp_config_updated"),
)

// workloadOf names the builds of a repository.
func workloadOf(repo string) string { return "repo:" + repo }

// workload is the repository's, else all those of the organization or enterprise.
func (r *record) workload() string {
	if r.repo != "" {
		return workloadOf(r.repo)
	}
	return r.scope()
}

// change makes the effect of an action that changes what builds run with.
func change(what string) effect {
	return func(r *record) {
		r.add(sekisho.Effect{Kind: sekisho.ChangeWorkload, What: what, Workload: r.workload(), Alias: r.lastingName()})
	}
}

// machine is a runner for one job. Apps make one for every job; that a person does is not
// daily work.
func machine(r *record) {
	if r.e.Actor.Kind != sekisho.KindWorkload {
		change("runner")(r)
	}
}

// push changes code. The record does not say on which branch.
func push(r *record) {
	if r.repo != "" {
		r.add(sekisho.Effect{Kind: sekisho.ChangeWorkload, What: "source", Workload: workloadOf(r.repo), Alias: r.lastingName()})
	}
}

// publish stores a package, perhaps over the one that was there.
func publish(r *record) {
	if name := r.text(fPackage); name != "" {
		r.add(sekisho.Effect{Kind: sekisho.ChangeWorkload, What: "artefact", Workload: "package:" + r.e.Account + "/" + name})
	}
}

// run starts a build, or a job of one.
func run(r *record) {
	if r.repo == "" {
		return
	}
	x := sekisho.Effect{Kind: sekisho.RunWorkload, Workload: workloadOf(r.repo), Resource: r.runID()}
	suffix := r.suffixOfRun()
	if suffix == "" {
		r.add(x)
		return
	}
	x.Alias = x.Workload + suffix
	r.add(x)
	if lasting := r.lastingName(); lasting != "" {
		x.Alias = lasting + suffix
		r.add(x)
	}
}

// lastingName is the repository by names with ids, "repo:acme@1/shop@2", "" if the record
// does not have both. So begin the subjects of repositories that were made, renamed or
// transferred since July 2026, and of those that were switched over.
func (r *record) lastingName() string {
	owner, name, _ := strings.Cut(r.repo, "/")
	ownerID, id := r.number(fOrgID), r.number(fRepoID)
	if id == "" {
		id = r.number(fRepositoryID)
	}
	if ownerID == "" || id == "" || !strings.EqualFold(owner, r.text(fOrg)) {
		return ""
	}
	return workloadOf(owner + "@" + ownerID + "/" + name + "@" + id)
}

// runID names a run.
func (r *record) runID() string {
	if id := r.number(fRun); id != "" {
		return r.repo + "/actions/runs/" + id
	}
	return ""
}

// suffixOfRun is what the subject of the tokens of a run ends with, "" if the record does
// not say enough. GitHub makes it of the environment that a job uses; else, of a pull
// request, of that word; else of the branch or tag. (An organization can have it made
// otherwise.)
func (r *record) suffixOfRun() string {
	switch {
	case r.text(fEnvironment) != "":
		return ":environment:" + r.text(fEnvironment)
	case r.text(fWorkflowRef) != "":
		return r.suffixOfRef()
	}
	branch := r.text(fHeadBranch)
	switch event := r.text(fEvent); {
	case event == "pull_request":
		return ":pull_request"
	case event == "pull_request_target", event == "merge_group", branch == "":
		return "" // runs for another branch than the record names
	case event == "release":
		return ":ref:refs/tags/" + branch
	}
	return ":ref:refs/heads/" + branch
}

// suffixOfRef takes the ref of "owner/name/.github/workflows/x.yml@refs/heads/main". It is
// the run's own only where the workflow is the repository's own.
func (r *record) suffixOfRef() string {
	path, ref, _ := strings.Cut(r.text(fWorkflowRef), "@")
	switch {
	case !strings.HasPrefix(path, r.repo+"/"):
		return ""
	case strings.HasPrefix(ref, "refs/pull/"):
		return ":pull_request"
	case strings.HasPrefix(ref, "refs/heads/"), strings.HasPrefix(ref, "refs/tags/"):
		return ":ref:" + ref
	}
	return ""
}

// deleteRun: what a run did can no longer be looked up.
func deleteRun(r *record) {
	r.add(sekisho.Effect{Kind: sekisho.Destroy, What: "file", Resource: r.runID(), Count: 1})
}

// unguardEnvironment: a deployment needs nobody's consent.
func unguardEnvironment(r *record) {
	resource := r.resource()
	if name := r.first(fEnvironment, fName); name != "" {
		resource += "/environment/" + name
	}
	r.add(sekisho.Effect{Kind: sekisho.RemoveGuard, What: "review", Resource: resource})
}
