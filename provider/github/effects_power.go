package github

import (
	"strings"

	"github.com/sekisho/sekisho"
)

// Who may do what: members, roles, teams.
var powerEffects = merge(map[string]effect{
	"org.add_member":     member,
	"org.update_member":  member,
	"org.restore_member": member,
	"org.invite_member":  grant("entry", invited, sekisho.PowerLimited),

	"business.add_admin":                grant("entry", (*record).user, sekisho.PowerAdmin),
	"business.invite_admin":             grant("entry", invited, sekisho.PowerAdmin),
	"user.promote":                      grant("entry", (*record).user, sekisho.PowerAdmin),
	"org.add_security_manager":          grant("group", (*record).team, sekisho.PowerIssues),
	"org.integration_manager_added":     grant("entry", manager, sekisho.PowerIssues),
	"integration.manager_added":         grant("entry", manager, sekisho.PowerIssues),
	"team.add_member":                   grant("group", (*record).user, sekisho.PowerUnknown),
	"team.promote_maintainer":           grant("group", (*record).user, sekisho.PowerIssues),
	"team.add_repository":               onRepo((*record).team),
	"team.update_repository_permission": onRepo((*record).team),
	"enterprise_team.add_member":        grant("group", (*record).user, sekisho.PowerUnknown),

	"repo.add_member":               onRepo(another),
	"repo.update_member":            onRepo((*record).user),
	"repository_invitation.create":  onRepo(invited),
	"repo.temporary_access_granted": onRepo((*record).self),
	"repo.staff_unlock":             onRepo((*record).self),
	"repo.override_unlock":          onRepo((*record).self),
	"staff.repo_unlock":             onRepo((*record).self),
	"organization_role.assign":      assign,
	"enterprise_role.assign":        assign,
	"organization_role.create":      define("defined"),
	"enterprise_role.create":        define("defined"),
	"role.create":                   define("defined"),
	"organization_role.update":      define("version"),
	"enterprise_role.update":        define("version"),
	"role.update":                   define("version"),
},
	each(everyone, "org.update_default_repository_permission", "business.update_default_repository_permission"),
)

// powerOn is how far a permission on a repository reaches: an administrator can let
// others in and change what guards it; a maintainer cannot.
func powerOn(permission string) sekisho.Power {
	switch strings.ToLower(permission) {
	case "admin", "owner":
		return sekisho.PowerIssues
	case "":
		return sekisho.PowerUnknown
	}
	return sekisho.PowerLimited
}

// another is whom the record is about, unless it is who acted: who accepts an invitation
// gives nothing; who invited did.
func another(r *record) sekisho.Ref {
	x := r.user()
	if a := &r.e.Actor; x.ID == a.ID || strings.EqualFold(x.Name, a.Name) {
		return sekisho.Ref{}
	}
	return x
}

// member: an owner of an organization may do everything in it. To become a plain member
// again gives nothing.
func member(r *record) {
	owner := strings.EqualFold(r.text(fPermission), "admin")
	if !owner && another(r).Zero() {
		return
	}
	x := sekisho.Effect{Kind: sekisho.GrantPower, What: "entry", Identity: r.user(), Resource: r.scope(), Power: sekisho.PowerLimited}
	switch {
	case x.Identity.Zero() || !owner && r.e.Action == "org.update_member":
		return
	case owner:
		x.Power = sekisho.PowerAdmin
	}
	r.add(x)
}

// grant makes the effect of an action that gives somebody a standing.
func grant(what string, whom func(*record) sekisho.Ref, power sekisho.Power) effect {
	return func(r *record) {
		if x := whom(r); !x.Zero() {
			r.add(sekisho.Effect{Kind: sekisho.GrantPower, What: what, Identity: x, Resource: r.resource(), Power: power})
		}
	}
}

// onRepo makes the effect of an action that gives somebody a permission on a repository.
// Where it is not said which, it is the least that can be.
func onRepo(whom func(*record) sekisho.Ref) effect {
	return func(r *record) {
		power := max(powerOn(r.first(fNewPermission, fPermission)), sekisho.PowerLimited)
		grant("entry", whom, power)(r)
	}
}

// invited is who may join. Somebody invited by mail has no login yet.
func invited(r *record) sekisho.Ref {
	if login := r.text(fInvitee); login != "" {
		return r.ref(login, -1)
	}
	return r.user()
}

func manager(r *record) sekisho.Ref {
	if login := r.text(fManager); login != "" {
		return r.ref(login, -1)
	}
	return r.user()
}

// team is the team that the record names, "org/team".
func (r *record) team() sekisho.Ref {
	name := r.text(fTeam)
	if name == "" {
		return sekisho.Ref{}
	}
	if !strings.Contains(name, "/") {
		name = r.e.Account + "/" + name
	}
	return sekisho.Ref{ID: "github-team:" + strings.ToLower(name), Name: name, Account: r.e.Account, Type: "group"}
}

// role is the name of a role, as a policy.
func (r *record) role() string {
	return prefixed("role:"+r.e.Account+"/", r.first(fOrgRole, fEnterpriseRole, fName))
}

// assign gives a role to a person or a team.
func assign(r *record) {
	who := r.user()
	if who.Zero() {
		who = r.team()
	}
	if !who.Zero() {
		r.add(sekisho.Effect{Kind: sekisho.GrantPower, What: "attach", Identity: who, Policy: r.role(), Resource: r.scope(), Power: namedPower(r.first(fOrgRole, fEnterpriseRole))})
	}
}

// namedPower is that of the roles that GitHub itself defines; unknown of others.
func namedPower(role string) sekisho.Power {
	role = strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(role))
	switch role {
	case "admin", "owner", "enterprise_owner", "all_repo_admin":
		return sekisho.PowerAdmin
	case "security_manager", "enterprise_security_manager", "ci_cd_admin", "app_manager":
		return sekisho.PowerIssues
	case "all_repo_read", "all_repo_write", "all_repo_triage", "all_repo_maintain", "guest_collaborator":
		return sekisho.PowerLimited
	}
	return sekisho.PowerUnknown
}

// define makes the effect of an action that says what a role may do: one that nobody has
// yet, or one that some have.
func define(what string) effect {
	return func(r *record) {
		r.add(sekisho.Effect{Kind: sekisho.GrantPower, What: what, Policy: r.role(), Power: r.rolePower()})
	}
}

// rolePower is how far the permissions of a custom role reach. They are names such as
// "manage_deploy_keys", "write_organization_custom_org_role".
func (r *record) rolePower() sekisho.Power {
	power := sekisho.PowerUnknown
	r.words(fRolePermissions, func(p string) {
		switch {
		case containsAny(p, "custom_org_role", "custom_repo_role", "manage_organization_roles", "edit_org_custom", "deploy_key", "manage_webhooks", "secret",
			"runner", "actions_polic", "branch_protection", "repo_protections", "bypass", "ruleset", "oauth", "programmatic_access", "security_products"):
			power = max(power, sekisho.PowerIssues)
		default:
			power = max(power, sekisho.PowerLimited)
		}
	})
	return power
}

// everyone: what every member may do in every repository.
func everyone(r *record) {
	switch strings.ToLower(r.text(fPermission)) {
	case "", "none":
	default:
		r.add(sekisho.Effect{Kind: sekisho.GrantPower, What: "version", Policy: r.scope() + "/default repository permission", Power: powerOn(r.text(fPermission))})
	}
}
