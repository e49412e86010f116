package github

import (
	"strings"

	"github.com/sekisho/sekisho"
)

// classOf is the class of an action. People's accounts, groups and access have classes of
// their own; what is managed besides is an entity; git, builds and the API are calls.
func classOf(action, cat, op string, level sekisho.Level) sekisho.Class {
	switch {
	case signIns[action]:
		return sekisho.Class{UID: sekisho.ClassAuthentication, Activity: logon(op)}
	case action == "user.logout":
		return sekisho.Class{UID: sekisho.ClassAuthentication, Activity: 2}
	case accountActivities[action] != 0:
		return sekisho.Class{UID: sekisho.ClassAccountChange, Activity: accountActivities[action]}
	case cat == "user", strings.HasPrefix(cat, "two_factor_"), cat == "passkey", cat == "security_key":
		return sekisho.Class{UID: sekisho.ClassAccountChange, Activity: sekisho.OtherActivity}
	case cat == "team", cat == "enterprise_team", cat == "external_group", cat == "team_group_mapping":
		return sekisho.Class{UID: sekisho.ClassGroup, Activity: groupActivity(op)}
	case access(cat, op):
		return sekisho.Class{UID: sekisho.ClassUserAccess, Activity: accessActivity(op)}
	case cat == "git" && op == "push":
		return sekisho.Class{UID: sekisho.ClassAPI, Activity: sekisho.OtherActivity}
	case level == sekisho.LevelRead, cat == "workflows", cat == "api", cat == "checks", cat == "pull_request", cat == "merge_queue":
		return sekisho.Class{UID: sekisho.ClassAPI, Activity: activity(op)}
	}
	return sekisho.Class{UID: sekisho.ClassEntity, Activity: activity(op)}
}

// logon is the activity of a step of signing in: whether it succeeds is its outcome, and
// what only asks or checks is another thing.
func logon(op string) uint8 {
	if endsAny(op, "_requested", "device_verification_success", "new_device_used") {
		return sekisho.OtherActivity
	}
	return 1
}

// accountActivities are changes of people's accounts.
var accountActivities = map[string]uint8{
	"user.create": sekisho.AccountCreate, "user.recreate": sekisho.AccountCreate, "user.unsuspend": sekisho.AccountEnable,
	"user.change_password": sekisho.AccountPasswordChange, "user.reset_password": sekisho.AccountPasswordReset, "user.forgot_password": sekisho.AccountPasswordReset,
	"user.suspend": sekisho.AccountDisable, "user.delete": sekisho.AccountDelete, "user.destroy": sekisho.AccountDelete, "user.async_delete": sekisho.AccountDelete,
	"user.promote": sekisho.AccountAttachPolicy, "user.demote": sekisho.AccountDetachPolicy,
	"two_factor_authentication.enabled": sekisho.AccountFactorEnable, "two_factor_authentication.add_factor": sekisho.AccountFactorEnable,
	"passkey.register": sekisho.AccountFactorEnable, "security_key.register": sekisho.AccountFactorEnable,
	"two_factor_authentication.disabled": sekisho.AccountFactorDisable, "two_factor_authentication.remove_factor": sekisho.AccountFactorDisable,
	"passkey.remove": sekisho.AccountFactorDisable, "security_key.remove": sekisho.AccountFactorDisable,
	"external_identity.provision": sekisho.AccountCreate, "external_identity.deprovision": sekisho.AccountDisable,
}

// groupActivity is the activity of an operation on a team.
func groupActivity(op string) uint8 {
	switch op {
	case "add_repository", "update_repository_permission", "promote_maintainer", "link":
		return 1
	case "remove_repository", "demote_maintainer", "unlink":
		return 2
	case "add_member":
		return 3
	case "remove_member":
		return 4
	case "destroy", "delete":
		return 5
	case "create", "provision":
		return 6
	}
	return sekisho.OtherActivity
}

// access reports whether an operation gives or takes somebody's access.
func access(cat, op string) bool {
	switch cat {
	case "repo", "org", "business", "organization_role", "enterprise_role", "repository_invitation", "project_collaborator", "integration":
	default:
		return false
	}
	return endsAny(op, "add_member", "remove_member", "update_member", "invite_member", "restore_member", "_collaborator", "add_admin", "remove_admin", "invite_admin",
		"_billing_manager", "_security_manager", "manager_added", "manager_removed") || strings.HasSuffix(cat, "_role") && (op == "assign" || op == "revoke") ||
		cat == "repository_invitation" || cat == "project_collaborator"
}

// accessActivity: 1 assigns, 2 revokes.
func accessActivity(op string) uint8 {
	if containsAny(op, "remove", "revoke", "cancel", "reject") {
		return 2
	}
	return 1
}

// activity is create, read, update or delete, by the words of an operation.
func activity(op string) uint8 {
	switch {
	case containsAny(op, "clone", "fetch", "download", "export", "_viewed", "_printed"):
		return sekisho.ActivityRead
	case startsAny(op, "create", "add", "register", "provision", "install", "generate"):
		return sekisho.ActivityCreate
	case startsAny(op, "destroy", "delete", "remove", "revoke", "async_delete", "deprovision"), endsAny(op, "_deleted", "_destroyed", "_removed"):
		return sekisho.ActivityDelete
	case startsAny(op, "update", "change", "set", "rename", "enable", "disable", "edit", "transfer", "access", "archived", "unarchived", "policy", "rerun", "approve"),
		endsAny(op, "_updated", "_changed", "_enabled", "_disabled", "_enable", "_disable", "enabled", "disabled"):
		return sekisho.ActivityUpdate
	case endsAny(op, "_created", "_published", "_added"):
		return sekisho.ActivityCreate
	}
	return sekisho.OtherActivity
}

func startsAny(s string, starts ...string) bool {
	for _, start := range starts {
		if strings.HasPrefix(s, start) {
			return true
		}
	}
	return false
}
