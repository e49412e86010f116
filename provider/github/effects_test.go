package github

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sekisho/sekisho"
)

// show writes an effect on one line.
func show(x *sekisho.Effect) string {
	out := x.Kind.String()
	if x.What != "" {
		out += "/" + x.What
	}
	for _, p := range []struct{ name, text string }{{"who", x.Identity.ID}, {"credential", x.Credential}, {"workload", x.Workload}, {"alias", x.Alias},
		{"policy", x.Policy}, {"on", x.Resource}, {"with", strings.Join(x.With, ",")}} {
		if p.text != "" {
			out += " " + p.name + "=" + p.text
		}
	}
	switch x.Power {
	case sekisho.PowerLimited:
		out += " limited"
	case sekisho.PowerIssues:
		out += " issues"
	case sekisho.PowerAdmin:
		out += " admin"
	}
	if x.Count != 0 {
		out += fmt.Sprint(" x", x.Count)
	}
	return out
}

func showAll(e *sekisho.Event) string {
	var out []string
	for i := range e.Effects {
		out = append(out, show(&e.Effects[i]))
	}
	for i := range e.Tried {
		out = append(out, "tried "+show(&e.Tried[i]))
	}
	return strings.Join(out, "; ")
}

const shop = `"repo":"acme/shop"`

// TestEffects: what each action changes, gives or takes, and what it does not.
func TestEffects(t *testing.T) {
	for _, tt := range []struct{ action, members, want string }{
		// What keeps code from changing unreviewed.
		{"protected_branch.destroy", shop + `,"name":"main"`, "RemoveGuard/review on=acme/shop/main"},
		{"protected_branch.create", shop + `,"name":"main"`, ""},
		{"protected_branch.policy_override", shop + `,"branch":"refs/heads/main"`, "RemoveGuard/review on=acme/shop/main x1"},
		{"protected_branch.rejected_ref_update", shop + `,"branch":"main"`, "tried ChangeWorkload/source workload=repo:acme/shop"},
		{"protected_branch.update_name", shop + `,"name":"x","old_name":"main"`, "RemoveGuard/review on=acme/shop/main"},
		{"protected_branch.update_pull_request_reviews_enforcement_level", shop + `,"name":"main","pull_request_reviews_enforcement_level":0`, "RemoveGuard/review on=acme/shop/main"},
		{"protected_branch.update_pull_request_reviews_enforcement_level", shop + `,"name":"main","pull_request_reviews_enforcement_level":2`, ""},
		{"protected_branch.update_pull_request_reviews_enforcement_level", shop + `,"name":"main"`, ""},
		{"protected_branch.update_admin_enforced", shop + `,"name":"main","admin_enforced":false`, "RemoveGuard/review on=acme/shop/main"},
		{"protected_branch.update_required_status_checks_enforcement_level", shop + `,"name":"main","required_status_checks_enforcement_level":"off"`, "RemoveGuard/review on=acme/shop/main"},
		{"protected_branch.update_allow_force_pushes_enforcement_level", shop + `,"name":"main","allow_force_pushes_enforcement_level":1`, "RemoveGuard/review on=acme/shop/main"},
		{"protected_branch.update_allow_force_pushes_enforcement_level", shop + `,"name":"main","allow_force_pushes_enforcement_level":0`, ""},
		{"protected_branch.update_allow_force_pushes_enforcement_level", shop + `,"name":"main"`, ""},
		{"protected_branch.update_signature_requirement_enforcement_level", shop + `,"name":"main","signature_requirement_enforcement_level":0`, "RemoveGuard/code-signing on=acme/shop/main"},
		{"required_status_check.destroy", shop, "RemoveGuard/review on=acme/shop"},
		{"repository_ruleset.destroy", shop + `,"ruleset_name":"main only"`, "RemoveGuard/review on=acme/shop/main only"},
		{"repository_ruleset.update", `"ruleset_name":"all","ruleset_old_enforcement":"enabled","ruleset_enforcement":"disabled"`, "RemoveGuard/review on=org:acme/all"},
		{"repository_ruleset.update", `"ruleset_name":"all","ruleset_old_enforcement":"active","ruleset_enforcement":"evaluate"`, "RemoveGuard/review on=org:acme/all"},
		{"repository_ruleset.update", `"ruleset_name":"all","ruleset_old_enforcement":"evaluate","ruleset_enforcement":"disabled"`, ""},
		{"repository_ruleset.update", `"ruleset_name":"all","ruleset_enforcement":"enabled","ruleset_rules_deleted":[]`, ""},
		{"repository_ruleset.update", `"ruleset_name":"all","ruleset_rules_deleted":[{"id":1}]`, "RemoveGuard/review on=org:acme/all"},
		{"repository_ruleset.update", `"ruleset_name":"all","ruleset_bypass_actors_added":"[{\"actor_id\":5}]"`, "RemoveGuard/review on=org:acme/all"},
		{"environment.remove_protection_rule", shop + `,"name":"prod"`, "RemoveGuard/review on=acme/shop/environment/prod"},

		// What builds run, and their runs.
		{"git.push", shop, "ChangeWorkload/source workload=repo:acme/shop"},
		{"git.push", `"repository":"acme/shop"`, "ChangeWorkload/source workload=repo:acme/shop"},
		{"git.push", shop + `,"org_id":1,"repository_id":2`, "ChangeWorkload/source workload=repo:acme/shop alias=repo:acme@1/shop@2"},
		{"git.push", `"repo":"alice/dotfiles","org_id":1,"repository_id":2`, "ChangeWorkload/source workload=repo:alice/dotfiles"},
		{"git.push", ``, ""},
		{"pull_request.merge", shop, "ChangeWorkload/source workload=repo:acme/shop"},
		{"workflows.created_workflow_run", shop + `,"event":"push","head_branch":"main","workflow_run_id":42`, "RunWorkload workload=repo:acme/shop alias=repo:acme/shop:ref:refs/heads/main on=acme/shop/actions/runs/42"},
		{"workflows.created_workflow_run", shop + `,"event":"push","head_branch":"main","org_id":1,"repo_id":2`,
			"RunWorkload workload=repo:acme/shop alias=repo:acme/shop:ref:refs/heads/main; RunWorkload workload=repo:acme/shop alias=repo:acme@1/shop@2:ref:refs/heads/main"},
		{"workflows.created_workflow_run", shop + `,"event":"release","head_branch":"v1.2"`, "RunWorkload workload=repo:acme/shop alias=repo:acme/shop:ref:refs/tags/v1.2"},
		{"workflows.created_workflow_run", shop + `,"event":"pull_request","head_branch":"fix"`, "RunWorkload workload=repo:acme/shop alias=repo:acme/shop:pull_request"},
		{"workflows.created_workflow_run", shop + `,"event":"pull_request_target","head_branch":"fix"`, "RunWorkload workload=repo:acme/shop"},
		{"workflows.prepared_workflow_job", shop + `,"environment_name":"prod","job_workflow_ref":"acme/shop/.github/workflows/ci.yml@refs/heads/main"`, "RunWorkload workload=repo:acme/shop alias=repo:acme/shop:environment:prod"},
		{"workflows.prepared_workflow_job", shop + `,"environment_name":"","job_workflow_ref":"acme/shop/.github/workflows/ci.yml@refs/tags/v1"`, "RunWorkload workload=repo:acme/shop alias=repo:acme/shop:ref:refs/tags/v1"},
		{"workflows.prepared_workflow_job", shop + `,"job_workflow_ref":"acme/shop/.github/workflows/ci.yml@refs/pull/3/merge"`, "RunWorkload workload=repo:acme/shop alias=repo:acme/shop:pull_request"},
		{"workflows.prepared_workflow_job", shop + `,"job_workflow_ref":"acme/shared/.github/workflows/ci.yml@refs/heads/main"`, "RunWorkload workload=repo:acme/shop"},
		{"workflows.completed_workflow_run", shop + `,"head_branch":"main"`, ""},
		{"workflows.delete_workflow_run", shop + `,"workflow_run_id":"42"`, "Destroy/file on=acme/shop/actions/runs/42 x1"},
		{"repo.register_self_hosted_runner", shop, "ChangeWorkload/runner workload=repo:acme/shop"},
		{"org.register_self_hosted_runner", ``, "ChangeWorkload/runner workload=org:acme"},
		{"enterprise.register_self_hosted_runner", `"org":null,"business":"acme-inc"`, "ChangeWorkload/runner workload=enterprise:acme-inc"},
		{"org.remove_self_hosted_runner", ``, ""},
		{"repo.configure_self_hosted_jit_runner", shop, "ChangeWorkload/runner workload=repo:acme/shop"},
		{"repo.configure_self_hosted_jit_runner", shop + `,"actor_is_bot":true`, ""},
		{"environment.update_actions_secret", shop + `,"key":"TOKEN"`, "ChangeWorkload/configuration workload=repo:acme/shop"},
		{"repo.remove_actions_secret", shop, ""},
		{"org.create_actions_variable", `"key":"X"`, "ChangeWorkload/configuration workload=org:acme"},
		{"packages.package_version_published", `"package":"shop-lib","version":"1.2"`, "ChangeWorkload/artefact workload=package:acme/shop-lib"},

		// Who sees code, and what is gone.
		{"git.clone", shop + `,"repository_public":false`, "ReadData/source on=acme/shop x1"},
		{"git.clone", shop + `,"repository_public":true`, ""},
		{"git.fetch", shop, "ReadData/source on=acme/shop x1"},
		{"repo.download_zip", shop + `,"visibility":"private"`, "ReadData/source on=acme/shop x1"},
		{"repo.download_zip", shop + `,"visibility":"public"`, ""},
		{"migration.create", shop, "ReadData/source on=acme/shop x1"},
		{"org.audit_log_export", ``, "ReadData on=org:acme/audit log"},
		{"repo.access", shop + `,"visibility":"public","previous_visibility":"private"`, "Share/source on=acme/shop with=*"},
		{"repo.access", shop + `,"visibility":"private"`, ""},
		{"repo.create", shop + `,"visibility":"public"`, "Share/source on=acme/shop with=*"},
		{"repo.create", shop + `,"visibility":"internal"`, ""},
		{"org.add_outside_collaborator", shop + `,"invitee":"mallory","permission":"read"`, "Share/source on=acme/shop with=mallory"},
		{"org.add_outside_collaborator", shop + `,"user":"mallory","permission":"admin"`, "Share/source on=acme/shop with=mallory; GrantPower/entry who=github:mallory on=acme/shop issues"},
		{"repo.transfer", `"repo":"other/shop","repo_was":"acme/shop"`, "Taken on=acme/shop with=other"},
		{"repo.transfer", `"repo":"acme/shop","repo_was":"other/shop"`, ""},
		{"repo.transfer_outgoing", shop, "Taken on=acme/shop"},
		{"repo.transfer_outgoing", shop + `,"new_nwo":"other/shop","visibility":"private"`, "Taken on=acme/shop with=other"},
		{"repo.transfer_start", shop + `,"user":"mallory"`, "Share/source on=acme/shop with=mallory"},
		{"repo.destroy", shop, "Destroy/repository on=acme/shop x1"},
		{"hook.create", shop + `,"config":{"url":"https://example.com"}`, ""},

		// What detects.
		{"secret_scanning.disable", ``, "DisableDefence/disable on=org:acme/secret scanning"},
		{"repository_secret_scanning.disable", shop, "DisableDefence/disable on=acme/shop/secret scanning"},
		{"secret_scanning_new_repos.disable", ``, "DisableDefence/narrow on=org:acme/secret scanning"},
		{"org.secret_scanning_push_protection_disable", ``, "DisableDefence/disable on=org:acme/push protection"},
		{"org_secret_scanning_push_protection_bypass_list.disable", ``, "DisableDefence/narrow on=org:acme/push protection"},
		{"org.secret_scanning_push_protection_custom_message_disabled", ``, ""},
		{"repository_vulnerability_alerts.disable", shop, "DisableDefence/disable on=acme/shop/vulnerability alerts"},
		{"repository_vulnerability_alerts_auto_dismissal.disable", shop, ""},
		{"dependabot_alerts.enable", ``, ""},
		{"repo.codeql_disabled", shop, "DisableDefence/disable on=acme/shop/code scanning"},
		{"repo.code_scanning_analysis_deleted", shop, "DisableDefence/delete on=acme/shop/code scanning"},
		{"org.advanced_security_disabled_on_all_repos", ``, "DisableDefence/disable on=org:acme/advanced security"},
		{"business_advanced_security.disabled_for_new_repos", `"business":"acme-inc"`, "DisableDefence/narrow on=org:acme/advanced security"},
		{"audit_log_streaming.destroy", ``, "DisableDefence/delete on=org:acme/audit log stream"},
		{"audit_log_streaming.update", `"audit_log_stream_enabled":false`, "DisableDefence/disable on=org:acme/audit log stream"},
		{"audit_log_streaming.update", `"audit_log_stream_enabled":true`, "DisableDefence/narrow on=org:acme/audit log stream"},
		{"audit_log_streaming.check", ``, ""},
		{"members_can_delete_repos.disable", ``, ""},

		// Keys, tokens, apps.
		{"public_key.create", `"user":"bob","user_id":8,"fingerprint":"SHA256:k1","read_only":"false"`, "IssueCredential/ssh who=github:8 credential=github-key:SHA256:k1 limited"},
		{"public_key.create", shop + `,"fingerprint":"SHA256:k1"`, "IssueCredential/ssh who=github-deploy:acme/shop credential=github-key:SHA256:k1 on=acme/shop limited"},
		{"public_key.verification_failure", shop + `,"fingerprint":"SHA256:k1"`, ""},
		{"personal_access_token.access_granted", `"user":"bob","user_programmatic_access_id":55,"user_programmatic_access_name":"ci"`, "IssueCredential/key who=github:bob credential=github-pat:55"},
		{"personal_access_token.access_granted", `"user":"bob","user_programmatic_access_id":55,"permissions":{"metadata":"read","secrets":"write"}`, "IssueCredential/key who=github:bob credential=github-pat:55 issues"},
		{"personal_access_token.create", `"user_programmatic_access_name":"ci"`, "IssueCredential/key who=github:7 credential=github-pat:alice/ci"},
		{"personal_access_token.request_denied", `"user_programmatic_access_name":"ci"`, ""},
		{"personal_access_token.access_revoked", `"user":"bob","user_programmatic_access_id":55`, "DisableCredential who=github:bob credential=github-pat:55"},
		{"oauth_access.create", `"oauth_application_name":"Builder","token_scopes":"repo,admin:org"`, "IssueCredential/key who=github:7 credential=github-oauth:Builder:alice admin"},
		{"oauth_access.create", `"oauth_application_id":9,"hashed_token":"h=","token_scopes":"admin:org","oauth_scopes":["repo","delete_repo"]`, "IssueCredential/key who=github:7 credential=github-oauth:9:alice issues"},
		{"oauth_authorization.create", `"user":"bob","token_scopes":"read:user"`, "IssueCredential/key who=github:bob credential=github-oauth:token:bob limited"},
		{"org_credential_authorization.grant", `"managed_hashed_token":"h2=","managed_token_scopes":"repo workflow"`, "IssueCredential/key who=github:7 credential=github-token:h2= issues"},
		{"org_credential_authorization.revoke", `"user":"bob","managed_hashed_token":"h2="`, "DisableCredential who=github:bob credential=github-token:h2="},
		{"integration_installation.create", `"integration":"Ship It","permissions":{"contents":"read","organization_administration":"write"}`, "IssueCredential/service who=github-app:ship it credential=github-app:ship it admin"},
		{"integration_installation.version_updated", `"integration":"Ship It","permissions_added":{"administration":"write"}`, "GrantPower/entry who=github-app:ship it on=org:acme issues"},
		{"integration_installation.destroy", `"integration":"Ship It"`, "DisableCredential who=github-app:ship it credential=github-app:ship it"},
		{"integration.generate_client_secret", `"integration":"Ship It"`, "IssueCredential/key who=github-app:ship it credential=github-app-secret:ship it"},

		// Members, roles, teams.
		{"org.add_member", `"user":"bob","user_id":8,"permission":"admin"`, "GrantPower/entry who=github:8 on=org:acme admin"},
		{"org.add_member", `"user":"bob","permission":"read"`, "GrantPower/entry who=github:bob on=org:acme limited"},
		{"org.update_member", `"user":"bob","permission":"admin","old_permission":"read"`, "GrantPower/entry who=github:bob on=org:acme admin"},
		{"org.update_member", `"user":"bob","permission":"read","old_permission":"admin"`, ""},
		{"org.add_member", `"user":"Alice","permission":"read"`, ""},
		{"org.invite_member", `"user":"bob"`, "GrantPower/entry who=github:bob on=org:acme limited"},
		{"org.remove_member", `"user":"bob"`, ""},
		{"business.add_admin", `"user":"bob"`, "GrantPower/entry who=github:bob on=org:acme admin"},
		{"team.add_member", `"team":"acme/payments","user":"bob"`, "GrantPower/group who=github:bob on=org:acme"},
		{"team.promote_maintainer", `"team":"acme/payments","user":"bob"`, "GrantPower/group who=github:bob on=org:acme issues"},
		{"team.add_repository", shop + `,"team":"payments","permission":"admin"`, "GrantPower/entry who=github-team:acme/payments on=acme/shop issues"},
		{"repo.add_member", shop + `,"user":"bob"`, "GrantPower/entry who=github:bob on=acme/shop limited"},
		{"repo.add_member", shop + `,"user":"alice","user_id":7`, ""},
		{"repo.temporary_access_granted", shop, "GrantPower/entry who=github:7 on=acme/shop limited"},
		{"repo.update_member", shop + `,"user":"bob","new_repo_permission":"admin"`, "GrantPower/entry who=github:bob on=acme/shop issues"},
		{"organization_role.assign", `"user":"bob","organization_role_name":"CI/CD admin"`, "GrantPower/attach who=github:bob policy=role:acme/CI/CD admin on=org:acme"},
		{"organization_role.assign", `"team":"payments","organization_role_name":"all_repo_admin"`, "GrantPower/attach who=github-team:acme/payments policy=role:acme/all_repo_admin on=org:acme admin"},
		{"role.create", `"name":"deployer","role_permissions":["manage_deploy_keys"]`, "GrantPower/defined policy=role:acme/deployer issues"},
		{"role.update", `"name":"reader","role_permissions":["add_label"]`, "GrantPower/version policy=role:acme/reader limited"},
		{"org.update_default_repository_permission", `"permission":"admin"`, "GrantPower/version policy=org:acme/default repository permission issues"},
		{"org.update_default_repository_permission", `"permission":"none"`, ""},
		{"org.block_user", `"user":"mallory"`, ""},

		// How one comes in.
		{"org.disable_saml", ``, "WidenDirectory/provider on=org:acme"},
		{"org.update_saml_provider_settings", `"issuer":"https://idp.example.com"`, "WidenDirectory/provider on=org:acme; AddProvider/saml on=https://idp.example.com"},
		{"org.enable_saml", `"issuer":"https://idp.example.com"`, "AddProvider/saml on=https://idp.example.com"},
		{"org.disable_two_factor_requirement", ``, "WidenDirectory/mfa on=org:acme"},
		{"org.enable_two_factor_requirement", ``, ""},
		{"ip_allow_list.disable", ``, "WidenDirectory/network on=org:acme"},
		{"ip_allow_list_entry.destroy", ``, ""},
		{"org.disable_oauth_app_restrictions", ``, "WidenDirectory/policy on=org:acme"},
		{"ssh_certificate_authority.create", `"name":"ca1"`, "AddProvider/anchor on=org:acme/ssh authority ca1"},

		// People's accounts.
		{"user.create", `"user":"bob","user_id":8`, "CreateIdentity who=github:8"},
		{"integration.create", `"integration":"Ship It"`, "CreateIdentity who=github-app:ship it"},
		{"user.change_password", ``, "SetPassword who=github:7"},
		{"passkey.register", ``, "EnrolFactor/key who=github:7"},
		{"two_factor_authentication.disabled", `"user":"alice","user_id":7`, "RemoveLimit/mfa who=github:7"},
		{"user.two_factor_requested", ``, "AskFactor who=github:7"},
		{"user.two_factor_challenge_failure", ``, "tried AskFactor who=github:7"},
		{"staff.fake_login", `"user":"bob"`, "Impersonate who=github:bob"},
		{"org.recovery_codes_viewed", ``, "ReadSecret on=org:acme/recovery codes x1"},
		{"business.remove_organization", ``, "ChangeOrganization/remove with=acme"},
	} {
		if got := showAll(eventOf(t, made(tt.action, tt.members))); got != tt.want {
			t.Errorf("%s %s:\n got %s\nwant %s", tt.action, tt.members, got, tt.want)
		}
	}
}
