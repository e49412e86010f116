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
		"repo.configure_self_hosted_jit_runner", "org.configure_self_hosted_jit_runner", "enterprise.configure_self_hosted_jit_runner",
		"org.runner_group_created", "org.runner_group_updated", "org.runner_group_runners_added", "org.runner_group_runners_updated",
		"org.runner_group_visiblity_updated", "enterprise.runner_group_created", "enterprise.runner_group_updated",
		"enterprise.runner_group_runners_added", "enterprise.runner_group_runners_updated", "enterprise.runner_group_visiblity_updated",
		"org.update_repo_self_hosted_runners_policy", "business.update_repo_self_hosted_runners_policy"),
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
		r.add(sekisho.Effect{Kind: sekisho.ChangeWorkload, What: what, Workload: r.workload()})
	}
}

// push changes code. The record does not say on which branch.
func push(r *record) {
	if r.repo != "" {
		r.add(sekisho.Effect{Kind: sekisho.ChangeWorkload, What: "source", Workload: workloadOf(r.repo)})
	}
}

// publish stores a package, perhaps over the one that was there.
func publish(r *record) {
	if name := r.text(fPackage); name != "" {
		r.add(sekisho.Effect{Kind: sekisho.ChangeWorkload, What: "artefact", Workload: "package:" + r.e.Account + "/" + name})
	}
}

// run starts a build.
func run(r *record) {
	if r.repo == "" {
		return
	}
	r.add(sekisho.Effect{Kind: sekisho.RunWorkload, Workload: workloadOf(r.repo), Alias: r.subjectOfRun(), Resource: r.runID()})
}

// runID names a run.
func (r *record) runID() string {
	if id := r.number(fRun); id != "" {
		return r.repo + "/actions/runs/" + id
	}
	return ""
}

// subjectOfRun is the subject of the tokens of a run, "" if the record does not say enough.
// GitHub makes it of the environment that a job uses; else, of a pull request, of that
// word; else of the branch or tag. (An organization can have it made otherwise.)
func (r *record) subjectOfRun() string {
	workload := workloadOf(r.repo)
	switch {
	case r.text(fEnvironment) != "":
		return workload + ":environment:" + r.text(fEnvironment)
	case r.text(fWorkflowRef) != "":
		return r.subjectOfRef(workload)
	}
	branch := r.text(fHeadBranch)
	switch event := r.text(fEvent); {
	case event == "pull_request":
		return workload + ":pull_request"
	case event == "pull_request_target", event == "merge_group", branch == "":
		return "" // runs for another branch than the record names
	case event == "release":
		return workload + ":ref:refs/tags/" + branch
	}
	return workload + ":ref:refs/heads/" + branch
}

// subjectOfRef takes the ref of "owner/name/.github/workflows/x.yml@refs/heads/main". It
// is the run's own only where the workflow is the repository's own.
func (r *record) subjectOfRef(workload string) string {
	path, ref, _ := strings.Cut(r.text(fWorkflowRef), "@")
	switch {
	case !strings.HasPrefix(path, r.repo+"/"):
		return ""
	case strings.HasPrefix(ref, "refs/pull/"):
		return workload + ":pull_request"
	case strings.HasPrefix(ref, "refs/heads/"), strings.HasPrefix(ref, "refs/tags/"):
		return workload + ":ref:" + ref
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
