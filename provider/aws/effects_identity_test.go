package aws

import (
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho"
)

// effectRow is a call, its parameters and response, and what it changes.
type effectRow struct {
	name, params, result string
	want                 []string
}

func checkRows(t *testing.T, rows []effectRow) {
	t.Helper()
	for _, r := range rows {
		check(t, as(r.name, r.params, r.result), r.want)
	}
}

// one is the common case: one effect.
func one(effect string) []string { return []string{effect} }

func TestIdentityEffects(t *testing.T) {
	checkRows(t, []effectRow{
		{"iam:CreateGroup", `{"groupName":"ops"}`, `{"group":{"arn":"arn:aws:iam::444455556666:group/x/ops","groupId":"AGPAOPS","groupName":"ops"}}`,
			one("CreateIdentity type=group id=AGPAOPS name=ops arn=arn:aws:iam::444455556666:group/x/ops")},
		{"iam:UploadSigningCertificate", `{"userName":"bob","certificateBody":"x"}`, `{"certificate":{"certificateId":"CERT1","userName":"bob","status":"Active"}}`,
			one("IssueCredential what=certificate " + bob + " key=CERT1")},
		{"iam:ResetServiceSpecificCredential", `{"serviceSpecificCredentialId":"ACCA1","userName":"bob"}`, `null`, one("IssueCredential what=service " + bob + " key=ACCA1")},

		{"iam:UpdateAccountPasswordPolicy", `{"minimumPasswordLength":6}`, `null`, one("WidenDirectory what=password resource=444455556666")},
		{"iam:UpdateAccountPasswordPolicy", `{"minimumPasswordLength":10,"requireNumbers":true}`, `null`, one("WidenDirectory what=password resource=444455556666")},
		{"iam:UpdateAccountPasswordPolicy", `{"minimumPasswordLength":14}`, `null`, nil},
		{"iam:UpdateAccountPasswordPolicy", `{"minimumPasswordLength":8,"requireNumbers":true,"requireSymbols":true,"requireUppercaseCharacters":true}`, `null`, nil},
		{"iam:DeleteAccountPasswordPolicy", `null`, `null`, one("WidenDirectory what=password resource=444455556666")},

		{"iam:AttachUserPolicy", `{"userName":"bob","policyArn":"arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantine"}`, `null`,
			one("ReportExposed what=quarantine " + bob + " policy=arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantine")},
		{"iam:AttachUserPolicy", `{"userName":"bob","policyArn":"arn:aws:iam::444455556666:policy/AWSCompromisedKeyQuarantineV2"}`, `null`,
			one("GrantPower what=attach " + bob + " policy=arn:aws:iam::444455556666:policy/AWSCompromisedKeyQuarantineV2")}, // a namesake of one's own
		{"iam:AttachUserPolicy", `{"userName":"bob","policyArn":"arn:aws:iam::aws:policy/AWSDenyAll"}`, `null`, nil},

		{"signin:PasswordUpdated", `null`, `{"PasswordUpdated":"Success"}`, one("SetPassword " + me)},
		{"signin:PasswordRecoveryCompleted", `null`, `{"PasswordRecoveryCompleted":"Success"}`, one("SetPassword " + me)},
	})
}

// The temporary credentials of users end, even where the record does not say
// when: without an end they would pass for keys.
func TestTemporaryCredentialsEnd(t *testing.T) {
	at := time.Date(2024, 7, 1, 10, 0, 0, 0, time.UTC)
	for name, result := range map[string]string{
		"signin:GetSigninToken":  `{"credentials":{"accessKeyId":"ASIA5"},"GetSigninToken":"Success"}`,
		"sts:GetSessionToken":    `{"credentials":{"accessKeyId":"ASIA3"}}`,
		"sts:GetFederationToken": `{"credentials":{"accessKeyId":"ASIA4"}}`,
	} {
		e := as(name, "null", result)
		e.Time = at
		got := effects(e, nil)
		if len(got) != 1 || got[0].Lasting() || !got[0].Expires.Equal(at.Add(36*time.Hour)) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// checkTried is check for a call that was refused without its parameters.
func checkTried(t *testing.T, name, message string, want []string) {
	t.Helper()
	e := as(name, "null", "null")
	e.Params, e.Result = nil, nil
	e.Outcome, e.Error, e.ErrorMessage = sekisho.Denied, "AccessDenied", message
	var got []string
	for _, x := range tried(e, nil) {
		got = append(got, show(&x))
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("refused %s %q\n got %q\nwant %q", name, message, got, want)
	}
}

// A refused call of iam keeps no parameters. What it was about comes from the
// message; what the message does not say must not become the caller itself.
func TestRefusedIdentityCalls(t *testing.T) {
	const on = "User: arn:aws:iam::444455556666:user/operator is not authorized to perform: x on resource: "
	for _, c := range []struct {
		name, message string
		want          []string
	}{
		{"iam:CreateAccessKey", on + "user bob because no identity-based policy allows it", one("IssueCredential what=key " + bob)},
		{"iam:CreateAccessKey", on + "arn:aws:iam::444455556666:user/bob.", one("IssueCredential what=key " + bob)},
		{"iam:CreateAccessKey", on + "user operator because", one("IssueCredential what=key " + me)},
		{"iam:CreateAccessKey", "", one("IssueCredential what=key")},
		{"iam:UpdateLoginProfile", on + "user bob because", one("SetPassword " + bob)},
		{"iam:AttachRolePolicy", on + "role deployer because", one("GrantPower what=attach " + deployer)},
		{"iam:AttachGroupPolicy", on + "group ops", one("GrantPower what=attach type=group name=ops arn=arn:aws:iam::444455556666:group/ops")},
		{"iam:UpdateAssumeRolePolicy", on + "role deployer because", one("OpenTrust what=trust " + deployer)},
		{"iam:CreateRole", on + "arn:aws:iam::444455556666:role/deployer because", one("CreateIdentity type=role")},
		{"iam:UpdateAccountPasswordPolicy", on + "*", one("WidenDirectory what=password resource=444455556666")},
		{"iam:AttachRolePolicy", on + "policy x because", one("GrantPower what=attach")},
		{"sts:GetFederationToken", on + "*", one("IssueCredential what=federation type=federated")},
		{"organizations:LeaveOrganization", on + "*", []string{"ChangeOrganization what=leave with=444455556666", "RemoveLimit what=deny type=account id=444455556666"}},
		{"sso:UpdateSsoConfiguration", on + "*", one("WidenDirectory what=mfa resource=444455556666")},
	} {
		checkTried(t, c.name, c.message, c.want)
	}
}

func TestDirectoryEffects(t *testing.T) {
	checkRows(t, []effectRow{
		{"identitystore:CreateUser", `{"identityStoreId":"d-1","userName":"guest"}`, `{"identityStoreId":"d-1","userId":"u-1"}`, one("CreateIdentity type=directory-user id=u-1 name=guest")},
		{"sso-directory:CreateUser", `{"identityStoreId":"d-1"}`, `{"user":{"userId":"u-1"}}`, one("CreateIdentity type=directory-user id=u-1")},
		{"sso-directory:CreateGroup", `{"identityStoreId":"d-1"}`, `{"group":{"groupId":"g-1"}}`, one("CreateIdentity type=directory-group id=g-1")},
		{"identitystore:CreateGroup", `{"identityStoreId":"d-1"}`, `{"groupId":"g-1"}`, one("CreateIdentity type=directory-group id=g-1")},
		{"identitystore:CreateGroupMembership", `{"groupId":"g-1","memberId":{"userId":"u-1"}}`, `{}`, one("GrantPower what=group type=directory-user id=u-1 resource=g-1")},
		{"sso-directory:AddMemberToGroup", `{"groupId":"g-1","member":{"memberId":"u-1"}}`, `{}`, one("GrantPower what=group type=directory-user id=u-1 resource=g-1")},
		{"sso-directory:UpdatePassword", `{"userId":"u-1","passwordMode":"OTP"}`, `{}`, one("SetPassword type=directory-user id=u-1")},
		{"ds:ResetUserPassword", `{"directoryId":"d-1","userName":"Admin"}`, `{}`, one("SetPassword type=directory-user name=Admin")},
		{"sso:CreateAccountAssignment", `{"principalId":"u-1","principalType":"USER","permissionSetArn":"arn:ps","targetId":"999988887777"}`, `{}`,
			one("GrantPower what=entry type=directory-user id=u-1 resource=999988887777 policy=arn:ps")},
		{"sso:AttachCustomerManagedPolicyReferenceToPermissionSet", `{"permissionSetArn":"arn:ps","customerManagedPolicyReference":{"name":"deploy","path":"/"}}`, `{}`,
			one("GrantPower what=attach resource=deploy policy=arn:ps")},
		{"sso:PutInlinePolicyToPermissionSet", `{"permissionSetArn":"arn:ps","inlinePolicy":"` + allowAll + `"}`, `{}`, one("GrantPower what=inline policy=arn:ps power=admin")},
		{"sso:DeletePermissionsBoundaryFromPermissionSet", `{"permissionSetArn":"arn:ps"}`, `{}`, one("RemoveLimit what=boundary type=permission-set arn=arn:ps")},
		{"sso-directory:DeleteMfaDeviceForUser", `{"userId":"u-1"}`, `{}`, one("RemoveLimit what=mfa type=directory-user id=u-1")},
		{"sso:UpdateSsoConfiguration", `{"instanceArn":"arn:sso","ssoConfiguration":{"mfaMode":"DISABLED"}}`, `{}`, one("WidenDirectory what=mfa resource=arn:sso")},
		{"sso:UpdateSsoConfiguration", `{"instanceArn":"arn:sso","ssoConfiguration":{"mfaMode":"ALWAYS_ON"}}`, `{}`, nil},
		{"ds:DisableRadius", `{"directoryId":"d-1"}`, `{}`, one("WidenDirectory what=mfa resource=d-1")},
		{"sso:AssociateDirectory", `{"directoryId":"d-1","directoryType":"ADConnector"}`, `{}`, one("WidenDirectory what=provider resource=d-1")},
		{"sso-directory:EnableExternalIdPConfigurationForDirectory", `{"directoryId":"d-1"}`, `{}`, one("WidenDirectory what=provider resource=d-1")},
		{"sso-directory:CreateExternalIdPConfigurationForDirectory", `{"directoryId":"d-1"}`, `{}`, one("AddProvider what=saml resource=d-1")},
		{"sso:CreateTrustedTokenIssuer", `{"name":"t"}`, `{"trustedTokenIssuerArn":"arn:tti"}`, one("AddProvider what=oidc resource=arn:tti")},
		{"cognito-identity:SetIdentityPoolRoles", `{"identityPoolId":"p","roles":{"unauthenticated":"arn:aws:iam::444455556666:role/deployer"}}`, `null`,
			one("OpenTrust what=trust " + deployer + " with=*")},
		{"cognito-identity:SetIdentityPoolRoles", `{"identityPoolId":"p","roles":{"authenticated":"arn:aws:iam::444455556666:role/deployer"}}`, `null`,
			one("OpenTrust what=trust " + deployer + " with=cognito-identity.amazonaws.com")},
	})
}

func TestOrganizationEffects(t *testing.T) {
	checkRows(t, []effectRow{
		{"organizations:InviteAccountToOrganization", `{"target":{"id":"999988887777","type":"ACCOUNT"}}`, `{}`, one("ChangeOrganization what=invite with=999988887777")},
		{"organizations:InviteAccountToOrganization", `{"target":{"id":"x@example.com","type":"EMAIL"}}`, `{}`, one("ChangeOrganization what=invite resource=x@example.com")},
		{"organizations:AcceptHandshake", `{"handshakeId":"h-1"}`, `{"handshake":{"action":"INVITE","arn":"arn:aws:organizations::999988887777:handshake/o-1/invite/h-1"}}`,
			one("ChangeOrganization what=accept resource=h-1 with=999988887777")},
		{"organizations:AcceptHandshake", `{"handshakeId":"h-1"}`, `{"handshake":{"action":"APPROVE_ALL_FEATURES"}}`, nil},
		{"organizations:RemoveAccountFromOrganization", `{"accountId":"999988887777"}`, `null`, one("ChangeOrganization what=remove with=999988887777")},
		{"organizations:CreateAccount", `{"accountName":"lab","email":"HIDDEN_DUE_TO_SECURITY_REASONS"}`, `{"createAccountStatus":{"state":"IN_PROGRESS"}}`, one("ChangeOrganization what=create resource=lab")},
		{"organizations:CloseAccount", `{"accountId":"999988887777"}`, `null`, one("ChangeOrganization what=close with=999988887777")},
		{"organizations:DisablePolicyType", `{"rootId":"r-1","policyType":"SERVICE_CONTROL_POLICY"}`, `{}`, one("ChangeOrganization what=guard-off resource=SERVICE_CONTROL_POLICY")},
		{"organizations:DetachPolicy", `{"policyId":"p-1","targetId":"999988887777"}`, `null`, one("RemoveLimit what=deny type=account id=999988887777 policy=p-1")},
		{"controltower:DisableControl", `{"controlIdentifier":"arn:c","targetIdentifier":"arn:ou"}`, `{}`, one("RemoveLimit what=deny type=account id=arn:ou policy=arn:c")},
		{"organizations:RegisterDelegatedAdministrator", `{"accountId":"999988887777","servicePrincipal":"guardduty.amazonaws.com"}`, `null`,
			one("ChangeOrganization what=delegate resource=guardduty.amazonaws.com with=999988887777")},
		{"organizations:DeregisterDelegatedAdministrator", `{"accountId":"999988887777","servicePrincipal":"guardduty.amazonaws.com"}`, `null`,
			one("ChangeOrganization what=service-off resource=guardduty.amazonaws.com with=999988887777")},
		{"organizations:EnableAWSServiceAccess", `{"servicePrincipal":"x.amazonaws.com"}`, `null`, one("ChangeOrganization what=delegate resource=x.amazonaws.com")},
		{"organizations:DisableAWSServiceAccess", `{"servicePrincipal":"x.amazonaws.com"}`, `null`, one("ChangeOrganization what=service-off resource=x.amazonaws.com")},
		{"organizations:PutResourcePolicy", `{"content":"{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"999988887777\"},\"Action\":\"organizations:*\",\"Resource\":\"*\"}}"}`, `{}`,
			one("ChangeOrganization what=delegate resource=organizations with=999988887777")},
		{"iam:EnableOrganizationsRootSessions", `null`, `{}`, one("ChangeOrganization what=delegate resource=iam")},
		{"guardduty:EnableOrganizationAdminAccount", `{"adminAccountId":"999988887777"}`, `null`, one("ChangeOrganization what=delegate resource=guardduty with=999988887777")},
		{"securityhub:EnableOrganizationAdminAccount", `{"AdminAccountId":"999988887777"}`, `null`, one("ChangeOrganization what=delegate resource=securityhub with=999988887777")},
	})
}
