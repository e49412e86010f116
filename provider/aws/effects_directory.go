package aws

import (
	"cmp"
	"strings"

	"github.com/sekisho/sekisho"
)

// directoryEffects are the calls that change the directory through which people
// sign in: IAM Identity Center (services sso, sso-directory and identitystore,
// of which the second is what its console calls) and identity pools.
//
// The calls of the public interfaces carry the API's keys with a small first
// letter, as the provider's published examples show. Those that only the
// console makes are in no public interface: of them only the names are
// documented, so what they hold is read in every spelling that seems likely and
// a call that cannot be read is judged by its name.
//
// Left out: making a permission set (nobody has it yet), handing it out again
// (what it now allows, an earlier call said), and user pools, which hold the
// customers of a program and not those who work in the account.
var directoryEffects = map[call]effectFunc{
	{"identitystore", "CreateUser"}:            createDirectoryUser,
	{"identitystore", "CreateGroup"}:           createDirectoryGroup,
	{"identitystore", "CreateGroupMembership"}: addDirectoryMember,
	{"sso-directory", "CreateUser"}:            createDirectoryUser,
	{"sso-directory", "CreateGroup"}:           createDirectoryGroup,
	{"sso-directory", "AddMemberToGroup"}:      addDirectoryMember,
	{"sso-directory", "UpdatePassword"}:        directoryPassword,
	{"ds", "ResetUserPassword"}:                directoryPassword,

	{"sso", "CreateAccountAssignment"}:                             assignPermissionSet,
	{"sso", "AttachManagedPolicyToPermissionSet"}:                  attachToPermissionSet,
	{"sso", "AttachCustomerManagedPolicyReferenceToPermissionSet"}: attachOwnToPermissionSet,
	{"sso", "PutInlinePolicyToPermissionSet"}:                      putToPermissionSet,
	{"sso", "DeletePermissionsBoundaryFromPermissionSet"}:          unboundPermissionSet,

	{"sso-directory", "DeleteMfaDeviceForUser"}:   removeDirectoryMFA,
	{"sso", "UpdateSsoConfiguration"}:             directoryMFA,
	{"sso", "UpdateSSOConfiguration"}:             directoryMFA,
	{"sso", "PutMfaDeviceManagementForDirectory"}: directoryMFA,
	{"ds", "DisableRadius"}:                       widen("mfa"),

	{"sso", "AssociateDirectory"}:                                    widen("provider"),
	{"sso", "DisassociateDirectory"}:                                 widen("provider"),
	{"sso", "EnableExternalIdPConfigurationForDirectory"}:            widen("provider"),
	{"sso", "DisableExternalIdPConfigurationForDirectory"}:           widen("provider"),
	{"sso-directory", "EnableExternalIdPConfigurationForDirectory"}:  widen("provider"),
	{"sso-directory", "DisableExternalIdPConfigurationForDirectory"}: widen("provider"),
	{"sso-directory", "CreateExternalIdPConfigurationForDirectory"}:  directoryProvider("saml"),
	{"sso-directory", "UpdateExternalIdPConfigurationForDirectory"}:  directoryProvider("saml"),
	{"sso-directory", "ImportExternalIdPCertificate"}:                directoryProvider("saml"),
	{"sso", "CreateTrustedTokenIssuer"}:                              addProvider("oidc", "trustedTokenIssuerArn", "name"),
	{"sso", "UpdateTrustedTokenIssuer"}:                              addProvider("oidc", "trustedTokenIssuerArn", "trustedTokenIssuerArn"),

	{"cognito-identity", "SetIdentityPoolRoles"}: identityPoolRoles,
}

// directoryRef is someone in the directory; kind is "user" or "group".
func directoryRef(e *sekisho.Event, kind, id, name string) sekisho.Ref {
	return sekisho.Ref{ID: id, Name: name, Account: e.Account, Type: "directory-" + kind}
}

// createDirectoryUser: since 2025 the names of people are left out of records.
func createDirectoryUser(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return append(dst, sekisho.Effect{Kind: sekisho.CreateIdentity, Identity: directoryRef(e, "user",
		firstStr(e.Result, "userId", "user.userId"), strAt(e.Params, "userName"))})
}

func createDirectoryGroup(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return append(dst, sekisho.Effect{Kind: sekisho.CreateIdentity, Identity: directoryRef(e, "group",
		firstStr(e.Result, "groupId", "group.groupId"), strAt(e.Params, "displayName"))})
}

func addDirectoryMember(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	member := firstStr(e.Params, "memberId.userId", "member.memberId", "memberId", "userId")
	if strings.HasPrefix(member, "{") {
		member = ""
	}
	return append(dst, sekisho.Effect{Kind: sekisho.GrantPower, What: "group", Resource: strAt(e.Params, "groupId"),
		Identity: directoryRef(e, "user", member, "")})
}

// directoryPassword: an administrator sends a link or makes a one-time password;
// the record tells which, but either lets its reader in.
func directoryPassword(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return append(dst, sekisho.Effect{Kind: sekisho.SetPassword,
		Identity: directoryRef(e, "user", strAt(e.Params, "userId"), strAt(e.Params, "userName"))})
}

// assignPermissionSet gives a directory user or group a permission set in an
// account; Resource is that account.
func assignPermissionSet(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	kind := cmp.Or(strings.ToLower(strAt(e.Params, "principalType")), "user")
	return append(dst, sekisho.Effect{Kind: sekisho.GrantPower, What: "entry",
		Identity: directoryRef(e, kind, strAt(e.Params, "principalId"), ""),
		Policy:   strAt(e.Params, "permissionSetArn"), Resource: strAt(e.Params, "targetId")})
}

func attachToPermissionSet(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return append(dst, sekisho.Effect{Kind: sekisho.GrantPower, What: "attach", Policy: strAt(e.Params, "permissionSetArn"),
		Resource: strAt(e.Params, "managedPolicyArn"), Power: managedPower(strAt(e.Params, "managedPolicyArn"))})
}

// attachOwnToPermissionSet names a policy that each account defines for itself:
// what it allows is not to be known here.
func attachOwnToPermissionSet(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return append(dst, sekisho.Effect{Kind: sekisho.GrantPower, What: "attach", Policy: strAt(e.Params, "permissionSetArn"),
		Resource: strAt(e.Params, "customerManagedPolicyReference.name")})
}

func putToPermissionSet(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	statements, ok := parsePolicy(at(e.Params, "inlinePolicy"))
	return append(dst, sekisho.Effect{Kind: sekisho.GrantPower, What: "inline", Policy: strAt(e.Params, "permissionSetArn"),
		Power: documentPower(statements, ok)})
}

func unboundPermissionSet(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return removeLimit(dst, "boundary", sekisho.Ref{ARN: strAt(e.Params, "permissionSetArn"), Account: e.Account, Type: "permission-set"}, "")
}

func removeDirectoryMFA(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return removeLimit(dst, "mfa", directoryRef(e, "user", strAt(e.Params, "userId"), ""), "")
}

// directoryOf is the directory that a call names, by any of its names.
func directoryOf(e *sekisho.Event) string {
	return cmp.Or(firstStr(e.Params, "identityStoreId", "directoryId", "tenantId", "instanceArn"), e.Account)
}

// directoryMFA loosens where the directory asks nobody for a second factor any
// more. The console's request holds {"instanceArn", "configurationType",
// "ssoConfiguration": {"mfaMode": "DISABLED", …}}, as programs that imitate it
// show; that the record keeps it is likely, not seen. Its other setting, what
// becomes of people without a device, says "allowed" in the strict mode as well.
func directoryMFA(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	mode := firstStr(e.Params, "ssoConfiguration.mfaMode", "mfaMode")
	if !strings.EqualFold(mode, "DISABLED") && (e.Succeeded() || len(e.Params) > 0) {
		return dst
	}
	return widen("mfa")(e, dst)
}

// widen makes the effect of a call that loosens how a directory lets people in.
func widen(what string) effectFunc {
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		return append(dst, sekisho.Effect{Kind: sekisho.WidenDirectory, What: what, Resource: directoryOf(e)})
	}
}

// directoryProvider lets an outside authority, or another key of it, vouch for
// everyone in the directory.
func directoryProvider(what string) effectFunc {
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		return append(dst, sekisho.Effect{Kind: sekisho.AddProvider, What: what, Resource: directoryOf(e)})
	}
}

// poolProvider is how trust policies name identity pools.
const poolProvider = "cognito-identity.amazonaws.com"

// identityPoolRoles gives roles to whoever an identity pool lets in: with a
// sign-in of its own, or, for its guests, without any. No record of this call
// was at hand; the keys are those of the API.
func identityPoolRoles(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	for _, to := range [...]struct{ who, with string }{{"authenticated", poolProvider}, {"unauthenticated", "*"}} {
		if role := strAt(e.Params, "roles."+to.who); role != "" {
			dst = append(dst, sekisho.Effect{Kind: sekisho.OpenTrust, What: "trust", Identity: named(e, "role", role), With: []string{to.with}})
		}
	}
	return dst
}
