package aws

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sekisho/sekisho"
)

// identityEffects are the calls that make identities and credentials, and that
// change what identities may do.
var identityEffects = map[call]effectFunc{
	{"iam", "CreateUser"}:              createUser,
	{"iam", "CreateRole"}:              createRole,
	{"iam", "CreateServiceLinkedRole"}: createRole,
	{"iam", "CreateGroup"}:             createGroup,

	{"iam", "CreateAccessKey"}:                 issueKey("key", "accessKey.accessKeyId", "accessKey.userName"),
	{"iam", "CreateServiceSpecificCredential"}: issueKey("service", "serviceSpecificCredential.serviceSpecificCredentialId", "serviceSpecificCredential.userName"),
	{"iam", "ResetServiceSpecificCredential"}:  issueKey("service", "serviceSpecificCredential.serviceSpecificCredentialId", "serviceSpecificCredential.userName"),
	{"iam", "UploadSSHPublicKey"}:              issueKey("ssh", "sSHPublicKey.sSHPublicKeyId", "sSHPublicKey.userName"),
	{"iam", "UploadSigningCertificate"}:        issueKey("certificate", "certificate.certificateId", "certificate.userName"),
	{"iam", "CreateLoginProfile"}:              setPassword,
	{"iam", "UpdateLoginProfile"}:              setPassword,
	{"iam", "ChangePassword"}:                  setPassword,
	{"iam", "UpdateAccountPasswordPolicy"}:     passwordPolicy,
	{"iam", "DeleteAccountPasswordPolicy"}:     deletePasswordPolicy,

	{"iam", "UpdateAccessKey"}:                 disableIfInactive("accessKeyId"),
	{"iam", "DeleteAccessKey"}:                 disable("accessKeyId"),
	{"iam", "UpdateServiceSpecificCredential"}: disableIfInactive("serviceSpecificCredentialId"),
	{"iam", "DeleteServiceSpecificCredential"}: disable("serviceSpecificCredentialId"),
	{"iam", "UpdateSSHPublicKey"}:              disableIfInactive("sSHPublicKeyId"),
	{"iam", "DeleteSSHPublicKey"}:              disable("sSHPublicKeyId"),
	{"iam", "UpdateSigningCertificate"}:        disableIfInactive("certificateId"),
	{"iam", "DeleteSigningCertificate"}:        disable("certificateId"),

	{"iam", "AttachUserPolicy"}:        attachPolicy,
	{"iam", "AttachRolePolicy"}:        attachPolicy,
	{"iam", "AttachGroupPolicy"}:       attachPolicy,
	{"iam", "PutUserPolicy"}:           putPolicy,
	{"iam", "PutRolePolicy"}:           putPolicy,
	{"iam", "PutGroupPolicy"}:          putPolicy,
	{"iam", "CreatePolicy"}:            createPolicy,
	{"iam", "CreatePolicyVersion"}:     createPolicyVersion,
	{"iam", "SetDefaultPolicyVersion"}: setDefaultPolicyVersion,
	{"iam", "AddUserToGroup"}:          addUserToGroup,

	{"iam", "DeleteUserPermissionsBoundary"}: deleteBoundary,
	{"iam", "DeleteRolePermissionsBoundary"}: deleteBoundary,
	{"iam", "PutUserPermissionsBoundary"}:    putBoundary,
	{"iam", "PutRolePermissionsBoundary"}:    putBoundary,
	{"iam", "DeactivateMFADevice"}:           deactivateMFA,
	{"iam", "DetachUserPolicy"}:              detachPolicy,
	{"iam", "DetachRolePolicy"}:              detachPolicy,
	{"iam", "DetachGroupPolicy"}:             detachPolicy,
	{"iam", "DeleteUserPolicy"}:              deletePolicy,
	{"iam", "DeleteRolePolicy"}:              deletePolicy,

	{"iam", "UpdateAssumeRolePolicy"}: updateTrust,

	{"iam", "CreateOpenIDConnectProvider"}:           addProvider("oidc", "openIDConnectProviderArn", "url"),
	{"iam", "AddClientIDToOpenIDConnectProvider"}:    addProvider("oidc", "openIDConnectProviderArn", "openIDConnectProviderArn"),
	{"iam", "UpdateOpenIDConnectProviderThumbprint"}: addProvider("oidc", "openIDConnectProviderArn", "openIDConnectProviderArn"),
	{"iam", "CreateSAMLProvider"}:                    addProvider("saml", "sAMLProviderArn", "name"),
	{"iam", "UpdateSAMLProvider"}:                    addProvider("saml", "sAMLProviderArn", "sAMLProviderArn"),
	{"rolesanywhere", "CreateTrustAnchor"}:           addProvider("anchor", "trustAnchor.trustAnchorArn", "name"),
	{"rolesanywhere", "UpdateTrustAnchor"}:           addProvider("anchor", "trustAnchor.trustAnchorArn", "trustAnchorId"),
	{"rolesanywhere", "EnableTrustAnchor"}:           addProvider("anchor", "trustAnchor.trustAnchorArn", "trustAnchorId"),
	{"rolesanywhere", "CreateProfile"}:               addProvider("profile", "profile.profileArn", "name"),
	{"rolesanywhere", "UpdateProfile"}:               addProvider("profile", "profile.profileArn", "profileId"),

	{"eks", "CreateAccessEntry"}:     accessEntry,
	{"eks", "AssociateAccessPolicy"}: accessEntry,
}

func createUser(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	arn := strAt(e.Result, "user.arn")
	r := sekisho.Ref{ID: strAt(e.Result, "user.userId"), ARN: arn, Type: "user",
		Name: cmp.Or(strAt(e.Result, "user.userName"), strAt(e.Params, "userName")), Account: cmp.Or(arnField(arn, 4), e.Account)}
	return append(dst, sekisho.Effect{Kind: sekisho.CreateIdentity, Identity: r})
}

func createRole(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	arn := strAt(e.Result, "role.arn")
	r := sekisho.Ref{ID: strAt(e.Result, "role.roleId"), ARN: arn, Type: "role",
		Name: cmp.Or(strAt(e.Result, "role.roleName"), strAt(e.Params, "roleName")), Account: cmp.Or(arnField(arn, 4), e.Account)}
	if r.Zero() && e.Succeeded() {
		return dst
	}
	dst = append(dst, sekisho.Effect{Kind: sekisho.CreateIdentity, Identity: r})
	// A new role that only its own account or a service may assume opens nothing.
	statements, _ := parsePolicy(at(e.Params, "assumeRolePolicyDocument"))
	if with := trusted(statements); slices.ContainsFunc(with, func(w string) bool { return w != e.Account }) {
		dst = append(dst, sekisho.Effect{Kind: sekisho.OpenTrust, What: "trust", Identity: r, With: with})
	}
	return dst
}

// createGroup makes a holder of permissions that nobody is in yet.
func createGroup(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	r := named(e, "group", cmp.Or(strAt(e.Result, "group.arn"), strAt(e.Params, "groupName")))
	r.Type, r.ID = "group", strAt(e.Result, "group.groupId")
	return append(dst, sekisho.Effect{Kind: sekisho.CreateIdentity, Identity: r})
}

// issueKey makes the effect of a call that makes a lasting credential of a
// sort, whose id and owner stand at the given paths of the response.
func issueKey(what, id, owner string) effectFunc {
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		who := userOrSelf(e, cmp.Or(strAt(e.Result, owner), strAt(e.Params, "userName")))
		return append(dst, sekisho.Effect{Kind: sekisho.IssueCredential, What: what, Identity: who,
			Credential: cmp.Or(strAt(e.Result, id), strAt(e.Params, lastDot(id)))})
	}
}

func setPassword(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	if e.Action == "UpdateLoginProfile" && e.Succeeded() && at(e.Params, "userName") == nil {
		return dst
	}
	return append(dst, sekisho.Effect{Kind: sekisho.SetPassword, Identity: userOrSelf(e, strAt(e.Params, "userName"))})
}

// What passwords must at least be: AWS's own rule for accounts without a policy
// is 8 characters of 3 kinds; the CIS benchmark for AWS asks for 14 characters
// and no kinds.
const (
	passwordLeast = 8
	passwordLong  = 14
	passwordKinds = 3
)

// passwordPolicy loosens where the new rules ask for less than AWS asks of an
// account without rules. The call has no partial form: what it leaves out goes
// back to its default, which is 6 characters of any kind. What the rules were
// before, the record does not say. Its keys are those of the API with a small
// first letter, as in every iam record; no record of this call was at hand.
func passwordPolicy(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	length, _ := number(e.Params, "minimumPasswordLength")
	kinds := 0
	for _, kind := range [...]string{"requireSymbols", "requireNumbers", "requireUppercaseCharacters", "requireLowercaseCharacters"} {
		if isTrue(e.Params, kind) {
			kinds++
		}
	}
	if length >= passwordLong || length >= passwordLeast && kinds >= passwordKinds {
		return dst
	}
	return deletePasswordPolicy(e, dst)
}

func deletePasswordPolicy(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return append(dst, sekisho.Effect{Kind: sekisho.WidenDirectory, What: "password", Resource: e.Account})
}

func disable(key string) effectFunc {
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		return append(dst, sekisho.Effect{Kind: sekisho.DisableCredential,
			Identity: userOrSelf(e, strAt(e.Params, "userName")), Credential: strAt(e.Params, key)})
	}
}

// disableIfInactive: the same call also switches a credential back on.
func disableIfInactive(key string) effectFunc {
	f := disable(key)
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		if !strings.EqualFold(strAt(e.Params, "status"), "Inactive") {
			return dst
		}
		return f(e, dst)
	}
}

// grantee is the user, role or group that a policy call names.
func grantee(e *sekisho.Event) sekisho.Ref {
	for _, kind := range [...]string{"user", "role", "group"} {
		if name := strAt(e.Params, kind+"Name"); name != "" {
			if kind == "user" {
				return userOrSelf(e, name)
			}
			if kind == "role" && e.Actor.Type == sekisho.ActorRole && e.Actor.Name == name && e.Actor.Account == e.Account {
				return self(e)
			}
			return named(e, kind, name)
		}
	}
	return refusedIdentity(e)
}

// refusedIdentity is whom a call that did not succeed was about: its record
// keeps no parameters, but the message of a refusal names the resource, which
// IAM writes as an ARN or as "user bob". The second form is known from reports,
// not from a record at hand. Zero where the message says nothing.
func refusedIdentity(e *sekisho.Event) sekisho.Ref {
	if e.Succeeded() {
		return sekisho.Ref{}
	}
	_, rest, _ := strings.Cut(e.ErrorMessage, refusedOn)
	kind, rest, _ := strings.Cut(rest, " ")
	if strings.Contains(kind, ":iam::") {
		if r := arnRef(strings.TrimRight(kind, ".,;")); r.Type != "" {
			return r
		}
		return sekisho.Ref{}
	}
	switch kind {
	case "user", "role", "group":
		return named(e, kind, strings.TrimRight(before(rest, " "), ".,;"))
	}
	return sekisho.Ref{}
}

// attachPolicy gives what a managed policy allows. The policies that AWS
// attaches when it finds a user's key in public take, so they are no grant but
// its word that the key is known: who attaches them, AWS or someone who follows
// its advice, makes no difference to that.
func attachPolicy(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	arn := strAt(e.Params, "policyArn")
	switch name, _ := managedName(arn); {
	case strings.HasPrefix(name, quarantinePrefix):
		return append(dst, sekisho.Effect{Kind: sekisho.ReportExposed, What: "quarantine", Identity: grantee(e), Policy: arn})
	case name == "AWSDenyAll":
		return dst
	}
	return append(dst, sekisho.Effect{Kind: sekisho.GrantPower, What: "attach", Identity: grantee(e),
		Policy: arn, Power: managedPower(arn)})
}

// putPolicy gives what an inline policy allows. One that only denies gives nothing.
func putPolicy(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	statements, ok := parsePolicy(at(e.Params, "policyDocument"))
	if ok && onlyDenies(statements) {
		return dst
	}
	return append(dst, sekisho.Effect{Kind: sekisho.GrantPower, What: "inline", Identity: grantee(e),
		Policy: strAt(e.Params, "policyName"), Power: documentPower(statements, ok)})
}

// documentPower is PowerUnknown for a document that could not be read.
func documentPower(statements []statement, ok bool) sekisho.Power {
	if !ok {
		return sekisho.PowerUnknown
	}
	return powerOf(statements)
}

func onlyDenies(statements []statement) bool {
	return !slices.ContainsFunc(statements, func(s statement) bool { return !s.Deny })
}

// createPolicy defines a policy that nobody holds yet: What is "defined", so
// that a later attachment by ARN alone can be judged. Resource is the version.
func createPolicy(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	statements, ok := parsePolicy(at(e.Params, "policyDocument"))
	return append(dst, sekisho.Effect{Kind: sekisho.GrantPower, What: "defined", Policy: strAt(e.Result, "policy.arn"),
		Resource: cmp.Or(strAt(e.Result, "policy.defaultVersionId"), "v1"), Power: documentPower(statements, ok)})
}

// createPolicyVersion gives the new document to everyone with the policy if it
// becomes the default. Otherwise it only defines it, under "ARN:version", so that
// it does not pass for what is in force.
func createPolicyVersion(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	statements, ok := parsePolicy(at(e.Params, "policyDocument"))
	x := sekisho.Effect{Kind: sekisho.GrantPower, What: "version", Policy: strAt(e.Params, "policyArn"),
		Resource: strAt(e.Result, "policyVersion.versionId"), Power: documentPower(statements, ok)}
	if !isTrue(e.Params, "setAsDefault") && !isTrue(e.Result, "policyVersion.isDefaultVersion") {
		x.What = "defined"
		x.Policy += ":" + x.Resource
	}
	return append(dst, x)
}

// setDefaultPolicyVersion puts a version into force whose text this record does
// not hold; Resource names the version.
func setDefaultPolicyVersion(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return append(dst, sekisho.Effect{Kind: sekisho.GrantPower, What: "version", Policy: strAt(e.Params, "policyArn"),
		Resource: strAt(e.Params, "versionId")})
}

// addUserToGroup gives the group's permissions; Resource is the group's name.
func addUserToGroup(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return append(dst, sekisho.Effect{Kind: sekisho.GrantPower, What: "group",
		Identity: userOrSelf(e, strAt(e.Params, "userName")), Resource: strAt(e.Params, "groupName")})
}

func removeLimit(dst []sekisho.Effect, what string, who sekisho.Ref, policy string) []sekisho.Effect {
	return append(dst, sekisho.Effect{Kind: sekisho.RemoveLimit, What: what, Identity: who, Policy: policy})
}

func deleteBoundary(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return removeLimit(dst, "boundary", grantee(e), "")
}

// putBoundary removes a limit only where the new boundary is none: an AWS
// policy that allows everything. A customer's own boundary is taken for a limit;
// its text is not in the record.
func putBoundary(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	arn := strAt(e.Params, "permissionsBoundary")
	if managedPower(arn) != sekisho.PowerAdmin {
		return dst
	}
	return removeLimit(dst, "boundary", grantee(e), arn)
}

func deactivateMFA(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return removeLimit(dst, "mfa", userOrSelf(e, strAt(e.Params, "userName")), "")
}

func detachPolicy(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	arn := strAt(e.Params, "policyArn")
	switch name, _ := managedName(arn); {
	case strings.HasPrefix(name, quarantinePrefix):
		return removeLimit(dst, "quarantine", grantee(e), arn)
	case name == "AWSDenyAll":
		return removeLimit(dst, "deny", grantee(e), arn)
	}
	return dst
}

// Inline policies whose names say that they deny: AWS's own, which the console
// writes to end a role's sessions, and those of this program's holds. What other
// inline policies held is not in the record.
const (
	revokeSessionsPolicy = "AWSRevokeOlderSessions"
	holdPrefix           = "SEKISHO-HOLD-"
)

func deletePolicy(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	switch name := strAt(e.Params, "policyName"); {
	case name == revokeSessionsPolicy:
		return removeLimit(dst, "deny", grantee(e), name)
	case strings.HasPrefix(name, holdPrefix):
		return removeLimit(dst, "quarantine", grantee(e), name)
	}
	return dst
}

// updateTrust says who may assume a role from now on, whoever could before.
func updateTrust(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	statements, _ := parsePolicy(at(e.Params, "policyDocument"))
	with := trusted(statements)
	if len(with) == 0 && (e.Succeeded() || len(e.Params) > 0) { // services only, or unreadable
		return dst
	}
	return append(dst, sekisho.Effect{Kind: sekisho.OpenTrust, What: "trust", Identity: grantee(e), With: with})
}

// trusted is whom a trust policy lets in besides services: accounts, "*",
// organisations, and identity providers by ARN or host name.
func trusted(statements []statement) []string {
	g := grantees(statements)
	return sortedSet(append(g.Accounts, g.Federated...))
}

// addProvider makes the effect of a call that lets an outside authority vouch
// for identities. Its ARN stands in the response or the parameters.
func addProvider(what, arn, name string) effectFunc {
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		return append(dst, sekisho.Effect{Kind: sekisho.AddProvider, What: what,
			Resource: cmp.Or(strAt(e.Result, arn), strAt(e.Params, name))})
	}
}

// accessEntry gives an identity rights inside a cluster. Whoever administers a
// cluster can use the roles of its pods and nodes, so that issues; the rest of
// the cluster policies do not.
func accessEntry(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	policy := strAt(e.Params, "policyArn")
	power := sekisho.PowerUnknown
	switch {
	case endsAny(policy, "/AmazonEKSClusterAdminPolicy", "/AmazonEKSAdminPolicy"):
		power = sekisho.PowerIssues
	case policy != "":
		power = sekisho.PowerLimited
	}
	return append(dst, sekisho.Effect{Kind: sekisho.GrantPower, What: "entry", Identity: arnRef(strAt(e.Params, "principalArn")),
		Policy: policy, Resource: firstStr(e.Params, "name", "clusterName"), Power: power})
}

// lastDot is what follows the last dot of a path.
func lastDot(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }
