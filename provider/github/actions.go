package github

import (
	"strings"

	"github.com/sekisho/sekisho"
)

// classify names the access level of an action, what it is about, and its class. It is
// total: an action of a category or with an operation that is not known is judged by the
// words of its name.
func classify(action string) (sekisho.Level, sekisho.Topic, sekisho.Class) {
	cat, op := category(action), operation(action)
	level := levelOf(action, cat, op)
	return level, topicOf(cat, op), classOf(action, cat, op, level)
}

// category is the first word of an action: "repo" of "repo.access".
func category(action string) string {
	cat, _, _ := strings.Cut(action, ".")
	return cat
}

// operation is what follows the category.
func operation(action string) string {
	_, op, _ := strings.Cut(action, ".")
	return op
}

// kindOf sorts actions by what made the record.
func kindOf(action string) sekisho.Kind {
	switch {
	case signIns[action]:
		return sekisho.SignIn
	case notices[action]:
		return sekisho.Notice
	}
	return sekisho.APICall
}

// signIns are steps of somebody's signing in. (Signing out opens no session.)
var signIns = set("org.sso_response", "business.sso_response", "user.login", "user.failed_login", "user.new_device_used",
	"user.sign_in_from_unrecognized_device", "user.sign_in_from_unrecognized_device_and_location", "user.sign_in_from_unrecognized_location",
	"user.correct_password_from_unrecognized_device", "user.correct_password_from_unrecognized_device_and_location",
	"user.correct_password_from_unrecognized_location", "user.device_verification_requested", "user.device_verification_success",
	"user.device_verification_failure", "user.two_factor_requested", "user.two_factor_challenge_success", "user.two_factor_challenge_failure",
	"user.two_factor_recover", "org.recovery_code_used", "org.recovery_code_failed", "business.recovery_code_used", "business.recovery_code_failed",
	"staff.fake_login")

// notices are what GitHub found or did by itself, whomever the record names.
var notices = set("secret_scanning_alert.create", "secret_scanning_alert.public_leak", "secret_scanning_alert.report", "secret_scanning_alert.validate",
	"secret_scanning_scan.completed", "code_scanning.alert_created", "code_scanning.alert_reappeared", "code_scanning.alert_appeared_in_branch",
	"code_scanning.alert_closed_became_fixed", "code_scanning.alert_closed_became_outdated", "repository_vulnerability_alert.create",
	"repository_vulnerability_alert.auto_dismiss", "repository_vulnerability_alert.auto_reopen", "repository_vulnerability_alert.reintroduce",
	"repository_vulnerability_alert.resolve", "workflows.completed_workflow_run", "workflows.prepared_workflow_job",
	"repo.self_hosted_runner_online", "repo.self_hosted_runner_offline", "repo.self_hosted_runner_updated", "org.self_hosted_runner_online",
	"org.self_hosted_runner_offline", "org.self_hosted_runner_updated", "enterprise.self_hosted_runner_online",
	"enterprise.self_hosted_runner_offline", "enterprise.self_hosted_runner_updated", "user_session.country_change")

// failures are actions that tell of something refused or failed.
var failures = map[string]sekisho.Outcome{
	"user.failed_login": sekisho.Denied, "user.two_factor_challenge_failure": sekisho.Denied, "user.device_verification_failure": sekisho.Denied,
	"org.recovery_code_failed": sekisho.Denied, "business.recovery_code_failed": sekisho.Denied, "protected_branch.rejected_ref_update": sekisho.Denied,
	"business.proxy_security_header_unsatisfied": sekisho.Denied, "workflows.actions_policy_violation": sekisho.Denied,
	"public_key.verification_failure": sekisho.Failed, "public_key.unverification_failure": sekisho.Failed,
	"external_group.scim_api_failure": sekisho.Failed, "external_identity.scim_api_failure": sekisho.Failed,
	"repository_security_configuration.failed": sekisho.Failed, "org.billing_signup_error": sekisho.Failed,
	"business.trial_email_verification_failed": sekisho.Failed, "user.creation_rate_limit_exceeded": sekisho.Failed,
}

// topics are what categories are about. A category is known by standing here.
var topics = func() map[string]sekisho.Topic {
	out := map[string]sekisho.Topic{}
	for topic, categories := range map[sekisho.Topic]string{
		sekisho.TopicIdentity: "user user_email user_session team enterprise_team team_group_mapping team_sync_tenant role organization_role enterprise_role" +
			" external_group external_identity org_credential_authorization oauth_access oauth_application oauth_authorization personal_access_token" +
			" auto_approve_personal_access_token_requests integration integration_installation integration_installation_request enterprise_installation" +
			" public_key git_signing_ssh_public_key gpg_key ssh_certificate_authority ssh_certificate_requirement sso_lockdown sso_redirect passkey" +
			" security_key social_identity trusted_device two_factor_account_recovery two_factor_authentication account_recovery_token" +
			" successor_invitation organization_moderators repository_invitation staff",
		sekisho.TopicOrganize: "org business account enterprise organization_domain enterprise_domain organization_projects_change members_can_create_pages" +
			" members_can_create_private_pages members_can_create_public_pages members_can_delete_repos members_can_view_dependency_insights" +
			" private_repository_forking repository_visibility_change repository_limit organization_custom_property_definition" +
			" organization_custom_property_value custom_property_definition custom_property_value migration",
		sekisho.TopicPipeline: "repo git protected_branch repository_ruleset required_status_check repository_branch_protection_evaluation workflows environment" +
			" hook checks artifact actions_cache merge_queue packages pull_request pull_request_review pull_request_review_comment" +
			" prebuild_configuration commit_comment pages_protected_domain",
		sekisho.TopicCompute: "codespaces sandbox custom_hosted_runner github_hosted_runner premium_runner",
		sekisho.TopicNetwork: "ip_allow_list ip_allow_list_entry network_configuration",
		sekisho.TopicLogging: "audit_log_streaming",
		sekisho.TopicModel:   "copilot mcp_registry",
		sekisho.TopicDetection: "secret_scanning secret_scanning_alert secret_scanning_new_repos secret_scanning_push_protection secret_scanning_push_protection_request" +
			" secret_scanning_closure_request secret_scanning_scan code_scanning dependabot_alerts dependabot_alerts_new_repos dependabot_security_updates" +
			" dependabot_security_updates_new_repos dependabot_closure_request dependabot_repository_access dependency_graph dependency_graph_new_repos" +
			" security_configuration security_configuration_default security_configuration_policy vulnerability_alert_rule" +
			" private_vulnerability_reporting private_vulnerability_reporting_new_repos repository_advisory advisory_credit" +
			" business_advanced_security business_dependabot_alerts business_dependabot_alerts_new_repos business_secret_scanning" +
			" repository_code_security repository_content_analysis repository_dependency_graph repository_malware_alerts repository_secret_scanning" +
			" repository_security_configuration repository_security_updates repository_vulnerability_alert repository_vulnerability_alerts",
		sekisho.TopicBilling: "billing billing_customer payment_method metered_billing_configuration sponsors marketplace_listing marketplace_listing_plan" +
			" marketplace_agreement_signature",
		sekisho.TopicMessaging: "restrict_notification_delivery enterprise_announcement",
		sekisho.TopicOther: "issue issue_comment issue_dependencies issue_type issues sub_issues discussion discussion_comment discussion_post" +
			" discussion_post_reply project project_base_role project_collaborator project_field project_view organization_wide_project_base_role" +
			" organization_default_label profile_picture repository_image repository_projects_change team_discussions gist user_status" +
			" user_content_edit api",
	} {
		for _, c := range strings.Fields(categories) {
			out[c] = topic
		}
	}
	return out
}()

// detecting are words in names of what finds secrets and holes.
var detecting = []string{"secret_scanning", "push_protection", "code_scanning", "codeql", "dependabot", "vulnerability", "advanced_security",
	"code_security", "secret_protection", "dependency_graph", "security_configuration", "security_center", "malware"}

// topicOf is what an action is about: by the words of its operation, where that leaves
// the category's subject, then by the category, then by the words of the category.
func topicOf(cat, op string) sekisho.Topic {
	switch {
	case containsAny(op, "_secret") && !containsAny(op, "secret_scanning", "secret_protection", "client_secret"):
		return sekisho.TopicSecret
	case containsAny(op, detecting...):
		return sekisho.TopicDetection
	case containsAny(op, "audit_log", "source_ip_disclosure"):
		return sekisho.TopicLogging
	case containsAny(op, "runner", "workflow", "actions_"):
		return sekisho.TopicPipeline
	case containsAny(op, "member", "collaborator", "admin", "saml", "oidc", "scim", "sso", "two_factor", "recovery_code", "oauth", "manager", "external_identity"):
		return sekisho.TopicIdentity
	}
	if topic, ok := topics[cat]; ok {
		return topic
	}
	if containsAny(cat, detecting...) {
		return sekisho.TopicDetection
	}
	return sekisho.TopicOther
}

// powers are the categories whose every change is of who may do what.
var powers = set("protected_branch", "repository_ruleset", "required_status_check", "repository_branch_protection_evaluation", "role", "organization_role",
	"enterprise_role", "team", "enterprise_team", "team_group_mapping", "external_group", "org_credential_authorization", "oauth_access",
	"oauth_authorization", "personal_access_token", "auto_approve_personal_access_token_requests", "integration_installation", "public_key",
	"ssh_certificate_authority", "ssh_certificate_requirement", "ip_allow_list", "ip_allow_list_entry", "repository_invitation", "hook",
	"members_can_delete_repos", "repository_visibility_change", "private_repository_forking", "organization_moderators", "staff")

// levelOf is the access level of an action.
func levelOf(action, cat, op string) sekisho.Level {
	switch {
	case notices[action], action == "audit_log_streaming.check":
		return sekisho.LevelRead // changes nothing
	case cat == "git" && op != "push", cat == "api", cat == "repo" && op == "download_zip", cat == "migration" && op == "download":
		return sekisho.LevelRead
	case containsAny(op, "_viewed", "_downloaded", "_printed", "export", "license_download"), cat == "user" && op == "two_factor_requested":
		return sekisho.LevelRead
	case endsAny(op, "_warning", "_reached", "reached", "warning"):
		return sekisho.LevelRead
	case endsAny(op, "_topic"), strings.HasPrefix(cat, "organization_default_label"), strings.Contains(cat, "custom_property_value"):
		return sekisho.LevelTag
	case powers[cat], visibility(action):
		return sekisho.LevelPermissions
	case containsAny(op, "member", "collaborator", "_admin", "promote", "demote", "saml", "oidc", "two_factor_requirement", "two_factor_method",
		"oauth_app", "security_manager", "integration_manager", "manager_added", "manager_removed", "permission", "trusted_repo_access", "staff_unlock",
		"temporary_access", "override_unlock", "fork_pr", "protection_rule", "bypass"):
		return sekisho.LevelPermissions
	}
	return sekisho.LevelWrite
}

// visibility reports whether an action decides who sees something.
func visibility(action string) bool {
	switch action {
	case "repo.access", "repo.transfer", "repo.transfer_outgoing", "repo.transfer_start", "gist.visibility_change", "project.access",
		"project.visibility_public", "project.visibility_private", "repo.pages_public", "repo.pages_private":
		return true
	}
	return false
}

func set(names ...string) map[string]bool {
	out := make(map[string]bool, len(names))
	for _, n := range names {
		out[n] = true
	}
	return out
}

func containsAny(s string, any ...string) bool {
	for _, a := range any {
		if strings.Contains(s, a) {
			return true
		}
	}
	return false
}

func endsAny(s string, ends ...string) bool {
	for _, end := range ends {
		if strings.HasSuffix(s, end) {
			return true
		}
	}
	return false
}
