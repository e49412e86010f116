package github

// What is read of a record. GitHub documents the fields of each action at
// https://docs.github.com/en/organizations/keeping-your-organization-secure/managing-security-settings-for-your-organization/audit-log-events-for-your-organization
//
// Records about guards (branch protection, rulesets) have a setting each, more than one
// layout holds beside all else, so they have a layout of their own behind the fields that
// all records share.
const (
	fID = iota
	fAt
	fCreated
	fAction
	fActor // to fDeployKey: who acts, from where, with what; but not the token, of which builds have a new one each time
	fActorID
	fIP
	fBot
	fAgent
	fUserAgent
	fOrg
	fBusiness
	fNameID
	fNameAtProvider
	fAccess
	fDeployKey
	fHash
	fTokenID
	fTokenScopes
	fRepo
	fRepository
	fUser
	fUserID
	fOrgID
	fRepoID
	fRepositoryID
	fName
	fBranch
	shared // how many all records share
)

var sharedNames = []string{
	fID: "_document_id", fAt: "@timestamp", fCreated: "created_at", fAction: "action",
	fActor: "actor", fActorID: "actor_id", fIP: "actor_ip", fBot: "actor_is_bot", fAgent: "actor_is_agent", fUserAgent: "user_agent",
	fOrg: "org", fBusiness: "business", fRepo: "repo", fRepository: "repository", fUser: "user", fUserID: "user_id",
	fNameID: "external_identity_nameid", fNameAtProvider: "external_identity_username",
	fAccess: "programmatic_access_type", fHash: "hashed_token", fTokenID: "token_id", fTokenScopes: "token_scopes",
	fDeployKey: "deploy_key_fingerprint", fOrgID: "org_id", fRepoID: "repo_id", fRepositoryID: "repository_id", fName: "name", fBranch: "branch",
}

// Fields of records about guards.
const (
	fOldName = shared + iota
	fReviews
	fApprovals
	fChecks
	fAdmins
	fOwners
	fStale
	fLastPush
	fForce
	fDeletions
	fSignatures
	fQueue
	fContributors
	fDismissals
	fRuleset
	fEnforcement
	fOldEnforcement
	fRulesDeleted
	fBypassAdded
	guardFields
)

var guardNames = []string{
	fOldName - shared: "old_name", fReviews - shared: "pull_request_reviews_enforcement_level", fApprovals - shared: "required_approving_review_count",
	fChecks - shared: "required_status_checks_enforcement_level", fAdmins - shared: "admin_enforced", fOwners - shared: "require_code_owner_review",
	fStale - shared: "dismiss_stale_reviews_on_push", fLastPush - shared: "require_last_push_approval", fForce - shared: "allow_force_pushes_enforcement_level",
	fDeletions - shared: "allow_deletions_enforcement_level", fSignatures - shared: "signature_requirement_enforcement_level",
	fQueue - shared: "merge_queue_enforcement_level", fContributors - shared: "ignore_approvals_from_contributors",
	fDismissals - shared: "authorized_actors_only", fRuleset - shared: "ruleset_name", fEnforcement - shared: "ruleset_enforcement",
	fOldEnforcement - shared: "ruleset_old_enforcement", fRulesDeleted - shared: "ruleset_rules_deleted", fBypassAdded - shared: "ruleset_bypass_actors_added",
}

// Fields of all other records.
const (
	fVisibility = shared + iota
	fPublic
	fPermission
	fNewPermission
	fTeam
	fInvitee
	fManager
	fNewRepo
	fFingerprint
	fOAuthApp
	fOAuthAppName
	fOAuthAppID
	fOAuthScopes
	fManagedHash
	fManagedScopes
	fApp
	fPermissions
	fPermissionsAdded
	fPATID
	fPATName
	fRun
	fHeadBranch
	fEvent
	fEnvironment
	fWorkflowRef
	fOrgRole
	fEnterpriseRole
	fRolePermissions
	fStreamEnabled
	fRepoWas
	fIssuer
	fPackage
	fError
	fMethod
	fStatus
	fPath
	otherFields
)

var otherNames = []string{
	fVisibility - shared: "visibility", fPublic - shared: "repository_public", fPermission - shared: "permission", fNewPermission - shared: "new_repo_permission",
	fTeam - shared: "team", fInvitee - shared: "invitee", fManager - shared: "manager", fNewRepo - shared: "new_nwo", fFingerprint - shared: "fingerprint",
	fOAuthApp - shared: "oauth_application", fOAuthAppName - shared: "oauth_application_name",
	fOAuthAppID - shared: "oauth_application_id", fOAuthScopes - shared: "oauth_scopes", fManagedHash - shared: "managed_hashed_token",
	fManagedScopes - shared: "managed_token_scopes", fApp - shared: "integration", fPermissions - shared: "permissions",
	fPermissionsAdded - shared: "permissions_added", fPATID - shared: "user_programmatic_access_id", fPATName - shared: "user_programmatic_access_name",
	fRun - shared: "workflow_run_id", fHeadBranch - shared: "head_branch", fEvent - shared: "event", fEnvironment - shared: "environment_name",
	fWorkflowRef - shared: "job_workflow_ref", fOrgRole - shared: "organization_role_name", fEnterpriseRole - shared: "enterprise_role_name",
	fRolePermissions - shared: "role_permissions", fStreamEnabled - shared: "audit_log_stream_enabled", fRepoWas - shared: "repo_was",
	fIssuer - shared: "issuer", fPackage - shared: "package", fError - shared: "error", fMethod - shared: "request_method", fStatus - shared: "status_code",
	fPath - shared: "url_path",
}
