package aws

import (
	"strings"

	"github.com/sekisho/sekisho"
)

// organizationEffects are the calls that change the tree of accounts: who is in
// it, what holds its members back, and who speaks for all of them.
//
// Left out: moving an account between units, since the new place may hold it
// back as much as the old one, and new text for a guard rail, since the record
// does not say what it held before.
var organizationEffects = map[call]effectFunc{
	{"organizations", "LeaveOrganization"}:             leaveOrganization,
	{"organizations", "InviteAccountToOrganization"}:   inviteAccount,
	{"organizations", "AcceptHandshake"}:               acceptHandshake,
	{"organizations", "RemoveAccountFromOrganization"}: organization("remove", "accountId", ""),
	{"organizations", "CreateAccount"}:                 createAccount,
	{"organizations", "CreateGovCloudAccount"}:         createAccount,
	{"organizations", "CloseAccount"}:                  organization("close", "accountId", ""),

	{"organizations", "DetachPolicy"}:      detachGuardRail,
	{"organizations", "DisablePolicyType"}: organization("guard-off", "", "policyType"),
	{"controltower", "DisableControl"}:     disableControl,

	{"organizations", "RegisterDelegatedAdministrator"}:   organization("delegate", "accountId", "servicePrincipal"),
	{"organizations", "DeregisterDelegatedAdministrator"}: organization("service-off", "accountId", "servicePrincipal"),
	{"organizations", "EnableAWSServiceAccess"}:           organization("delegate", "", "servicePrincipal"),
	{"organizations", "DisableAWSServiceAccess"}:          organization("service-off", "", "servicePrincipal"),
	{"organizations", "PutResourcePolicy"}:                delegatePolicy,
	{"iam", "EnableOrganizationsRootSessions"}:            organization("delegate", "", ""),
	{"guardduty", "EnableOrganizationAdminAccount"}:       organization("delegate", "adminAccountId", ""),
	{"securityhub", "EnableOrganizationAdminAccount"}:     organization("delegate", "adminAccountId AdminAccountId", ""),
	{"macie2", "EnableOrganizationAdminAccount"}:          organization("delegate", "adminAccountId", ""),
	{"inspector2", "EnableDelegatedAdminAccount"}:         organization("delegate", "delegatedAdminAccountId", ""),
	{"cloudtrail", "RegisterOrganizationDelegatedAdmin"}:  organization("delegate", "memberAccountId", ""),
}

// organization makes the effect of a call that names an account (in one of the
// parameters of a list, "" for none) and what it is about (a parameter, "" for
// the service itself). No first-hand record of these calls was at hand but for
// leaving: the keys are those of the API.
func organization(what, account, about string) effectFunc {
	accounts := strings.Fields(account)
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		x := sekisho.Effect{Kind: sekisho.ChangeOrganization, What: what}
		if a := firstStr(e.Params, accounts...); a != "" {
			x.With = []string{a}
		}
		if about != "" {
			x.Resource = strAt(e.Params, about)
		} else if len(accounts) == 0 || e.Service != "organizations" {
			x.Resource = e.Service
		}
		return append(dst, x)
	}
}

// leaveOrganization frees the account from all guard rails of the organisation
// as well. The record has no parameters: who leaves is who called.
func leaveOrganization(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	dst = append(dst, sekisho.Effect{Kind: sekisho.ChangeOrganization, What: "leave", With: []string{e.Account}})
	return removeLimit(dst, "deny", sekisho.Ref{ID: e.Account, Account: e.Account, Type: "account"}, "")
}

// inviteAccount names the account by its id or by its root's address.
func inviteAccount(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	x := sekisho.Effect{Kind: sekisho.ChangeOrganization, What: "invite"}
	if id := strAt(e.Params, "target.id"); isAccount(id) {
		x.With = []string{id}
	} else {
		x.Resource = id
	}
	return append(dst, x)
}

// acceptHandshake puts the account under another's rule: With is the management
// account, which the handshake's ARN names. Other handshakes than invitations
// agree to new features and change no tree.
func acceptHandshake(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	if action := strAt(e.Result, "handshake.action"); action != "" && action != "INVITE" {
		return dst
	}
	x := sekisho.Effect{Kind: sekisho.ChangeOrganization, What: "accept", Resource: strAt(e.Params, "handshakeId")}
	if by := arnField(strAt(e.Result, "handshake.arn"), 4); by != "" {
		x.With = []string{by}
	}
	return append(dst, x)
}

// createAccount: the new account's id comes later, in a notice of its own.
func createAccount(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	x := sekisho.Effect{Kind: sekisho.ChangeOrganization, What: "create", Resource: strAt(e.Params, "accountName")}
	if id := strAt(e.Result, "createAccountStatus.accountId"); id != "" {
		x.With = []string{id}
	}
	return append(dst, x)
}

// delegatePolicy lets member accounts manage parts of the organisation.
func delegatePolicy(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	statements, _ := parsePolicy(at(e.Params, "content"))
	return append(dst, sekisho.Effect{Kind: sekisho.ChangeOrganization, What: "delegate", Resource: e.Service,
		With: grantees(statements).Accounts})
}

// detachGuardRail takes an organisation policy off an account, a unit or the root.
func detachGuardRail(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	target := strAt(e.Params, "targetId")
	r := sekisho.Ref{ID: target, Type: "account"}
	if isAccount(target) {
		r.Account = target
	}
	return removeLimit(dst, "deny", r, strAt(e.Params, "policyId"))
}

// disableControl takes one of Control Tower's guard rails off a unit.
func disableControl(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return removeLimit(dst, "deny", sekisho.Ref{ID: strAt(e.Params, "targetIdentifier"), Type: "account"}, strAt(e.Params, "controlIdentifier"))
}
