package aws

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sekisho/sekisho"
)

// show writes an effect in one line, fields in a fixed order, zero ones left out.
func show(x *sekisho.Effect) string {
	var b strings.Builder
	b.WriteString(x.Kind.String())
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, " %s=%s", name, value)
		}
	}
	field("what", x.What)
	field("type", x.Identity.Type)
	field("id", x.Identity.ID)
	field("name", x.Identity.Name)
	field("arn", x.Identity.ARN)
	field("key", x.Credential)
	field("session", x.Session)
	field("workload", x.Workload)
	field("resource", x.Resource)
	field("policy", x.Policy)
	field("with", strings.Join(x.With, ","))
	if x.Power != sekisho.PowerUnknown {
		field("power", [...]string{"", "limited", "issues", "admin"}[x.Power])
	}
	if x.Accelerated {
		field("accelerated", "yes")
	}
	if x.Kind == sekisho.OpenPorts {
		field("ports", fmt.Sprintf("%d-%d", x.FromPort, x.ToPort))
	}
	if x.Count != 0 {
		field("count", fmt.Sprint(x.Count))
	}
	if !x.Expires.IsZero() {
		field("until", x.Expires.Format("2006-01-02T15:04:05Z"))
	}
	return b.String()
}

const (
	home    = "444455556666"
	outside = "999988887777"
)

// as is an event by a user named operator in the home account.
func as(name, params, result string) *sekisho.Event {
	service, action, _ := strings.Cut(name, ":")
	e := &sekisho.Event{Service: service, Action: action, Account: home, Region: "eu-west-1",
		Actor: sekisho.Actor{Type: sekisho.ActorUser, ID: "AIDAOPERATOR", Name: "operator", ARN: "arn:aws:iam::" + home + ":user/operator", Account: home, Credential: "AKIAOPERATOR"}}
	if params != "" {
		e.Params = []byte(params)
	}
	if result != "" {
		e.Result = []byte(result)
	}
	e.Level, e.Topic = classify(service, action)
	return e
}

const (
	me       = "type=user id=AIDAOPERATOR name=operator arn=arn:aws:iam::444455556666:user/operator"
	bob      = "type=user name=bob arn=arn:aws:iam::444455556666:user/bob"
	deployer = "type=role name=deployer arn=arn:aws:iam::444455556666:role/deployer"
	fn       = "arn:aws:lambda:eu-west-1:444455556666:function:resize"
	allowAll = `{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}}`
	denyAll  = `{\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"}]}`
)

// TestProviderIsItsARN: who comes in with a provider's word is met by the ARN that the call
// which added the provider, and the trust of the role, have for it.
func TestProviderIsItsARN(t *testing.T) {
	const saml = "arn:aws:iam::444455556666:saml-provider/people"
	const oidc = "arn:aws:iam::444455556666:oidc-provider/builds.example"
	for _, tt := range []struct{ name, params, result, want string }{
		{"sts:AssumeRoleWithSAML", `{"roleArn":"arn:aws:iam::444455556666:role/deployer","principalArn":"` + saml + `"}`, `{"subject":"ann"}`, saml},
		{"sts:AssumeRoleWithWebIdentity", `{"roleArn":"arn:aws:iam::444455556666:role/deployer"}`, `{"provider":"` + oidc + `"}`, oidc},
		{"sts:AssumeRoleWithWebIdentity", `{"roleArn":"arn:aws:iam::444455556666:role/deployer"}`, `{"provider":"accounts.example"}`, "as recorded"},
		{"sts:AssumeRoleWithSAML", `null`, `null`, "as recorded"},
	} {
		e := as(tt.name, tt.params, tt.result)
		e.Actor.Type, e.Actor.Provider = sekisho.ActorFederated, "as recorded"
		effects(e, nil)
		if e.Actor.Provider != tt.want {
			t.Errorf("%s %s: provider %s, want %s", tt.name, tt.params, e.Actor.Provider, tt.want)
		}
	}
	for name, result := range map[string]string{"iam:CreateSAMLProvider": `{"sAMLProviderArn":"` + saml + `"}`, "iam:CreateOpenIDConnectProvider": `{"openIDConnectProviderArn":"` + oidc + `"}`} {
		got := effects(as(name, `{}`, result), nil)
		if len(got) != 1 || got[0].Resource != saml && got[0].Resource != oidc {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// One row and more for each row of the field table that this package follows.
func TestEffects(t *testing.T) {
	for _, c := range []struct {
		name, params, result string
		want                 []string
	}{
		// Keys, users, passwords.
		{"iam:CreateAccessKey", `{"userName":"bob"}`, `{"accessKey":{"accessKeyId":"AKIABOB","userName":"bob","status":"Active"}}`,
			[]string{"IssueCredential what=key " + bob + " key=AKIABOB"}},
		{"iam:CreateAccessKey", `null`, `{"accessKey":{"accessKeyId":"AKIAME","userName":"operator"}}`,
			[]string{"IssueCredential what=key " + me + " key=AKIAME"}},
		{"iam:UpdateAccessKey", `{"userName":"bob","accessKeyId":"AKIABOB","status":"Inactive"}`, `null`,
			[]string{"DisableCredential " + bob + " key=AKIABOB"}},
		{"iam:UpdateAccessKey", `{"userName":"bob","accessKeyId":"AKIABOB","status":"Active"}`, `null`, nil},
		{"iam:DeleteAccessKey", `{"accessKeyId":"AKIAOLD"}`, `null`, []string{"DisableCredential " + me + " key=AKIAOLD"}},
		{"iam:CreateUser", `{"userName":"bob"}`, `{"user":{"arn":"arn:aws:iam::444455556666:user/x/bob","userId":"AIDABOB","userName":"bob","path":"/x/"}}`,
			[]string{"CreateIdentity type=user id=AIDABOB name=bob arn=arn:aws:iam::444455556666:user/x/bob"}},
		{"iam:CreateLoginProfile", `{"userName":"bob","passwordResetRequired":false}`, `{"loginProfile":{"userName":"bob"}}`, []string{"SetPassword " + bob}},
		{"iam:UpdateLoginProfile", `{"userName":"bob","passwordResetRequired":false}`, `null`, []string{"SetPassword " + bob}},
		{"iam:ChangePassword", `null`, `null`, []string{"SetPassword " + me}},
		{"iam:CreateServiceSpecificCredential", `{"userName":"bob","serviceName":"bedrock.amazonaws.com"}`,
			`{"serviceSpecificCredential":{"serviceSpecificCredentialId":"ACCABOB","userName":"bob"}}`, []string{"IssueCredential what=service " + bob + " key=ACCABOB"}},
		{"iam:UploadSSHPublicKey", `{"userName":"bob","sSHPublicKeyBody":"ssh-rsa"}`, `{"sSHPublicKey":{"sSHPublicKeyId":"APKABOB","userName":"bob"}}`,
			[]string{"IssueCredential what=ssh " + bob + " key=APKABOB"}},

		// Permissions.
		{"iam:AttachUserPolicy", `{"userName":"bob","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}`, `null`,
			[]string{"GrantPower what=attach " + bob + " policy=arn:aws:iam::aws:policy/AdministratorAccess power=admin"}},
		{"iam:AttachUserPolicy", `{"userName":"operator","policyArn":"arn:aws:iam::444455556666:policy/AdministratorAccess"}`, `null`,
			[]string{"GrantPower what=attach " + me + " policy=arn:aws:iam::444455556666:policy/AdministratorAccess"}},
		{"iam:AttachRolePolicy", `{"roleName":"deployer","policyArn":"arn:aws:iam::aws:policy/PowerUserAccess"}`, `null`,
			[]string{"GrantPower what=attach " + deployer + " policy=arn:aws:iam::aws:policy/PowerUserAccess power=limited"}},
		{"iam:AttachGroupPolicy", `{"groupName":"ops","policyArn":"arn:aws:iam::aws:policy/IAMFullAccess"}`, `null`,
			[]string{"GrantPower what=attach type=group name=ops arn=arn:aws:iam::444455556666:group/ops policy=arn:aws:iam::aws:policy/IAMFullAccess power=admin"}},
		{"iam:AttachUserPolicy", `{"userName":"bob","policyArn":"arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"}`, `null`,
			[]string{"ReportExposed what=quarantine " + bob + " policy=arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"}},
		{"iam:PutUserPolicy", `{"userName":"bob","policyName":"p","policyDocument":"` + allowAll + `"}`, `null`,
			[]string{"GrantPower what=inline " + bob + " policy=p power=admin"}},
		{"iam:PutRolePolicy", `{"roleName":"deployer","policyName":"p","policyDocument":"` + denyAll + `"}`, `null`, nil},
		{"iam:PutRolePolicy", `{"roleName":"deployer","policyName":"p","policyDocument":"not a policy"}`, `null`,
			[]string{"GrantPower what=inline " + deployer + " policy=p"}},
		{"iam:CreatePolicy", `{"policyName":"p","policyDocument":"` + allowAll + `"}`, `{"policy":{"arn":"arn:aws:iam::444455556666:policy/p","defaultVersionId":"v1"}}`,
			[]string{"GrantPower what=defined resource=v1 policy=arn:aws:iam::444455556666:policy/p power=admin"}},
		{"iam:CreatePolicyVersion", `{"policyArn":"arn:aws:iam::444455556666:policy/p","policyDocument":"` + allowAll + `","setAsDefault":true}`, `{"policyVersion":{"versionId":"v2","isDefaultVersion":true}}`,
			[]string{"GrantPower what=version resource=v2 policy=arn:aws:iam::444455556666:policy/p power=admin"}},
		{"iam:CreatePolicyVersion", `{"policyArn":"arn:aws:iam::444455556666:policy/p","policyDocument":"` + allowAll + `","setAsDefault":false}`, `{"policyVersion":{"versionId":"v3","isDefaultVersion":false}}`,
			[]string{"GrantPower what=defined resource=v3 policy=arn:aws:iam::444455556666:policy/p:v3 power=admin"}},
		{"iam:SetDefaultPolicyVersion", `{"policyArn":"arn:aws:iam::444455556666:policy/p","versionId":"v3"}`, `null`,
			[]string{"GrantPower what=version resource=v3 policy=arn:aws:iam::444455556666:policy/p"}},
		{"iam:AddUserToGroup", `{"groupName":"ops","userName":"bob"}`, `null`, []string{"GrantPower what=group " + bob + " resource=ops"}},
		{"sso:CreateAccountAssignment", `{"principalId":"g-1","principalType":"GROUP","permissionSetArn":"arn:ps","targetId":"999988887777"}`, `null`,
			[]string{"GrantPower what=entry type=directory-group id=g-1 resource=999988887777 policy=arn:ps"}},
		{"eks:AssociateAccessPolicy", `{"name":"c1","principalArn":"arn:aws:iam::444455556666:role/deployer","policyArn":"arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"}`, `null`,
			[]string{"GrantPower what=entry " + deployer + " resource=c1 policy=arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy power=issues"}},

		// Limits.
		{"iam:DeleteUserPermissionsBoundary", `{"userName":"bob"}`, `null`, []string{"RemoveLimit what=boundary " + bob}},
		{"iam:PutRolePermissionsBoundary", `{"roleName":"deployer","permissionsBoundary":"arn:aws:iam::aws:policy/AdministratorAccess"}`, `null`,
			[]string{"RemoveLimit what=boundary " + deployer + " policy=arn:aws:iam::aws:policy/AdministratorAccess"}},
		{"iam:PutRolePermissionsBoundary", `{"roleName":"deployer","permissionsBoundary":"arn:aws:iam::444455556666:policy/limits"}`, `null`, nil},
		{"iam:DeactivateMFADevice", `{"userName":"bob","serialNumber":"arn:aws:iam::444455556666:mfa/bob"}`, `null`, []string{"RemoveLimit what=mfa " + bob}},
		{"iam:DetachUserPolicy", `{"userName":"bob","policyArn":"arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV2"}`, `null`,
			[]string{"RemoveLimit what=quarantine " + bob + " policy=arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV2"}},
		{"iam:DetachUserPolicy", `{"userName":"bob","policyArn":"arn:aws:iam::444455556666:policy/AWSCompromisedKeyQuarantineV2"}`, `null`, nil},
		{"iam:DeleteRolePolicy", `{"roleName":"deployer","policyName":"AWSRevokeOlderSessions"}`, `null`, []string{"RemoveLimit what=deny " + deployer + " policy=AWSRevokeOlderSessions"}},
		{"organizations:LeaveOrganization", `null`, `null`, []string{"ChangeOrganization what=leave with=444455556666", "RemoveLimit what=deny type=account id=444455556666"}},

		// Trust and providers.
		{"iam:CreateRole", `{"roleName":"deployer","assumeRolePolicyDocument":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::999988887777:root\"},\"Action\":\"sts:AssumeRole\"}]}"}`,
			`{"role":{"arn":"arn:aws:iam::444455556666:role/deployer","roleId":"AROADEPLOYER","roleName":"deployer"}}`,
			[]string{"CreateIdentity type=role id=AROADEPLOYER name=deployer arn=arn:aws:iam::444455556666:role/deployer",
				"OpenTrust what=trust type=role id=AROADEPLOYER name=deployer arn=arn:aws:iam::444455556666:role/deployer with=999988887777"}},
		{"iam:CreateRole", `{"roleName":"deployer","assumeRolePolicyDocument":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"ec2.amazonaws.com\",\"AWS\":\"444455556666\"},\"Action\":\"sts:AssumeRole\"}]}"}`,
			`{"role":{"arn":"arn:aws:iam::444455556666:role/deployer","roleId":"AROADEPLOYER"}}`,
			[]string{"CreateIdentity type=role id=AROADEPLOYER name=deployer arn=arn:aws:iam::444455556666:role/deployer"}},
		{"iam:UpdateAssumeRolePolicy", `{"roleName":"deployer","policyDocument":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":[\"*\",\"arn:aws:iam::999988887777:user/x\"],\"Federated\":\"arn:aws:iam::444455556666:oidc-provider/idp.example\"},\"Action\":\"sts:AssumeRole\"}]}"}`, `null`,
			[]string{"OpenTrust what=trust " + deployer + " with=*,999988887777,arn:aws:iam::444455556666:oidc-provider/idp.example"}},
		{"iam:CreateOpenIDConnectProvider", `{"url":"https://idp.example","clientIDList":["x"]}`, `{"openIDConnectProviderArn":"arn:aws:iam::444455556666:oidc-provider/idp.example"}`,
			[]string{"AddProvider what=oidc resource=arn:aws:iam::444455556666:oidc-provider/idp.example"}},
		{"iam:CreateSAMLProvider", `{"name":"idp","sAMLMetadataDocument":"x"}`, `{"sAMLProviderArn":"arn:aws:iam::444455556666:saml-provider/idp"}`,
			[]string{"AddProvider what=saml resource=arn:aws:iam::444455556666:saml-provider/idp"}},
		{"iam:UpdateSAMLProvider", `{"sAMLProviderArn":"arn:saml"}`, `null`, []string{"AddProvider what=saml resource=arn:saml"}},
		{"rolesanywhere:CreateTrustAnchor", `{"name":"a","enabled":true}`, `{"trustAnchor":{"trustAnchorArn":"arn:anchor"}}`, []string{"AddProvider what=anchor resource=arn:anchor"}},
		{"rolesanywhere:CreateProfile", `{"name":"a","roleArns":[]}`, `{"profile":{"profileArn":"arn:profile"}}`, []string{"AddProvider what=profile resource=arn:profile"}},

		// Sessions.
		{"sts:AssumeRole", `{"roleArn":"arn:aws:iam::444455556666:role/deployer","roleSessionName":"s"}`,
			`{"credentials":{"accessKeyId":"ASIA1","expiration":"Jul 1, 2024 1:02:03 PM"},"assumedRoleUser":{"assumedRoleId":"AROADEPLOYER:s","arn":"arn:aws:sts::444455556666:assumed-role/deployer/s"}}`,
			[]string{"AssumeTry " + deployer, "IssueCredential type=role id=AROADEPLOYER name=deployer arn=arn:aws:iam::444455556666:role/deployer key=ASIA1 session=AROADEPLOYER:s until=2024-07-01T13:02:03Z"}},
		{"sts:AssumeRoleWithWebIdentity", `{"roleArn":"arn:aws:iam::444455556666:role/deployer","roleSessionName":"s"}`,
			`{"credentials":{"accessKeyId":"ASIA2","expiration":"Jul 1, 2024, 1:02:03\u202fPM"},"assumedRoleUser":{"assumedRoleId":"AROADEPLOYER:s"}}`,
			[]string{"AssumeTry " + deployer, "IssueCredential type=role id=AROADEPLOYER name=deployer arn=arn:aws:iam::444455556666:role/deployer key=ASIA2 session=AROADEPLOYER:s until=2024-07-01T13:02:03Z"}},
		{"sts:AssumeRoot", `{"targetPrincipal":"999988887777","taskPolicyArn":{"arn":"arn:p"}}`, `{"credentials":{"accessKeyId":"ASIAROOT"}}`,
			[]string{"AssumeTry type=root id=999988887777 name=root arn=arn:aws:iam::999988887777:root", "IssueCredential type=root id=999988887777 name=root arn=arn:aws:iam::999988887777:root key=ASIAROOT"}},
		{"sts:GetSessionToken", `null`, `{"credentials":{"accessKeyId":"ASIA3"}}`, []string{"IssueCredential what=session " + me + " key=ASIA3"}},
		{"sts:GetFederationToken", `{"name":"guest"}`, `{"credentials":{"accessKeyId":"ASIA4"},"federatedUser":{"federatedUserId":"444455556666:guest","arn":"arn:aws:sts::444455556666:federated-user/guest"}}`,
			[]string{"IssueCredential what=federation type=federated id=444455556666:guest name=guest arn=arn:aws:sts::444455556666:federated-user/guest key=ASIA4"}},
		{"signin:GetSigninToken", `null`, `{"credentials":{"accessKeyId":"ASIA5"},"GetSigninToken":"Success"}`, []string{"IssueCredential what=console " + me + " key=ASIA5"}},

		// Functions.
		{"lambda:UpdateFunctionCode", `{"functionName":"resize","publish":true,"dryRun":false,"fullyQualifiedArn":{"relativeId":{"functionName":"resize"}}}`, `{"functionArn":"` + fn + `:7","role":"arn:aws:iam::444455556666:role/deployer"}`,
			[]string{"ChangeWorkload what=code " + deployer + " workload=" + fn}},
		{"lambda:UpdateFunctionCode", `{"functionName":"resize","dryRun":true}`, `{}`, nil},
		{"lambda:UpdateFunctionConfiguration", `{"functionName":"` + fn + `","layers":["arn:l"],"environment":{}}`, `{}`, []string{"ChangeWorkload what=layer workload=" + fn}},
		{"lambda:UpdateFunctionConfiguration", `{"functionName":"444455556666:function:resize:live","timeout":900}`, `{"layers":[{"arn":"arn:l"}]}`, []string{"ChangeWorkload what=configuration workload=" + fn}},
		{"lambda:UpdateFunctionConfiguration", `{"functionName":"resize","role":"arn:aws:iam::444455556666:role/deployer"}`, `{}`, []string{"ChangeWorkload what=role " + deployer + " workload=" + fn}},
		{"lambda:UpdateFunctionConfiguration", `{"functionName":"resize"}`, `{"layers":[{"arn":"arn:l"}]}`, []string{"ChangeWorkload what=layer workload=" + fn}},
		{"lambda:CreateFunction", `{"functionName":"resize","role":"arn:aws:iam::444455556666:role/deployer"}`, `{"functionArn":"` + fn + `"}`, []string{"ChangeWorkload what=create " + deployer + " workload=" + fn}},
		{"lambda:AddPermission", `{"functionName":"resize","statementId":"x","action":"lambda:InvokeFunction","principal":"*"}`, `{}`, []string{"ChangeWorkload what=policy workload=" + fn + " with=*", "Share what=function resource=" + fn + " with=*"}},
		{"lambda:AddPermission", `{"functionName":"resize","principal":"arn:aws:iam::999988887777:root"}`, `{}`, []string{"ChangeWorkload what=policy workload=" + fn + " with=999988887777", "Share what=function resource=" + fn + " with=999988887777"}},
		{"lambda:AddPermission", `{"functionName":"resize","principal":"events.amazonaws.com"}`, `{}`, []string{"ChangeWorkload what=trigger workload=" + fn + " with=events.amazonaws.com"}},
		{"lambda:CreateEventSourceMapping", `{"functionName":"resize:live","eventSourceArn":"arn:q","enabled":true}`, `{"uUID":"u"}`, []string{"ChangeWorkload what=trigger workload=" + fn}},
		{"lambda:CreateFunctionUrlConfig", `{"functionName":"resize","authType":"NONE"}`, `{"functionUrl":"https://x"}`, []string{"ChangeWorkload what=url workload=" + fn, "Share what=function resource=" + fn + " with=*"}},
		{"lambda:PublishLayerVersion", `{"layerName":"common"}`, `{"layerArn":"arn:layer:common"}`, []string{"ChangeWorkload what=layer workload=arn:layer:common"}},
		{"lambda:PutFunctionConcurrency", `{"functionName":"resize","reservedConcurrentExecutions":0}`, `{}`, nil},
		{"lambda:Invoke", `{"functionName":"` + fn + `:live","invocationType":"RequestResponse"}`, `null`, []string{"RunWorkload workload=" + fn}},
		{"lambda:Invoke", `{"functionName":"resize","invocationType":"DryRun"}`, `null`, nil},

		// Machines.
		{"ec2:RunInstances", `{"instanceType":"p5.48xlarge","instancesSet":{"items":[{"imageId":"ami-1","minCount":1,"maxCount":4}]},"iamInstanceProfile":{"name":"web"}}`,
			`{"instancesSet":{"items":[{"instanceId":"i-1"},{"instanceId":"i-2"}]}}`,
			[]string{"LaunchCompute what=p5.48xlarge accelerated=yes count=2",
				"ChangeWorkload what=create type=profile name=web arn=arn:aws:iam::444455556666:instance-profile/web workload=i-1",
				"ChangeWorkload what=create type=profile name=web arn=arn:aws:iam::444455556666:instance-profile/web workload=i-2"}},
		{"ec2:RequestSpotInstances", `{"instanceCount":3,"launchSpecification":{"instanceType":"g6e.xlarge"}}`, `{}`, []string{"LaunchCompute what=g6e.xlarge accelerated=yes count=3"}},
		{"ec2:RequestSpotInstances", `{"instanceCount":1,"launchSpecification":{"instanceType":"m5.large","iamInstanceProfile":{"name":"web"}}}`, `{"spotInstanceRequestSet":{"items":[{"spotInstanceRequestId":"sir-1"}]}}`,
			[]string{"LaunchCompute what=m5.large count=1", "ChangeWorkload what=create type=profile name=web arn=arn:aws:iam::444455556666:instance-profile/web workload=sir-1"}},
		{"ec2:CreateFleet", `{"CreateFleetRequest":{"LaunchTemplateConfigs":{"Overrides":[{"InstanceType":"c5.large"},{"InstanceType":"trn1.2xlarge"}]},"TargetCapacitySpecification":{"TotalTargetCapacity":8}}}`, `{}`,
			[]string{"LaunchCompute what=trn1.2xlarge accelerated=yes count=8"}},
		{"ec2:CreateLaunchTemplateVersion", `{"CreateLaunchTemplateVersionRequest":{"LaunchTemplateId":"lt-1","LaunchTemplateData":{"UserData":"x","IamInstanceProfile":{"Name":"web"}}}}`, `{}`,
			[]string{"ChangeWorkload what=user-data type=profile name=web arn=arn:aws:iam::444455556666:instance-profile/web workload=lt-1"}},
		{"autoscaling:CreateAutoScalingGroup", `{"desiredCapacity":5,"maxSize":9}`, `null`, []string{"LaunchCompute count=9"}},
		{"ec2:ModifyInstanceAttribute", `{"instanceId":"i-1","userData":"<sensitiveDataRemoved>"}`, `{}`, []string{"ChangeWorkload what=user-data workload=i-1"}},
		{"ec2:ModifyInstanceAttribute", `{"instanceId":"i-1","disableApiTermination":{"value":true}}`, `{}`, []string{"Entrench what=termination-protection resource=i-1"}},
		{"ec2:AssociateIamInstanceProfile", `{"AssociateIamInstanceProfileRequest":{"InstanceId":"i-1","IamInstanceProfile":{"Name":"web"}}}`, `{}`,
			[]string{"ChangeWorkload what=profile type=profile name=web arn=arn:aws:iam::444455556666:instance-profile/web workload=i-1"}},
		{"ssm:SendCommand", `{"instanceIds":["i-2","i-1"],"documentName":"AWS-RunShellScript","parameters":"HIDDEN_DUE_TO_SECURITY_REASONS"}`, `{"command":{"commandId":"c","instanceIds":["i-1"]}}`,
			[]string{"ChangeWorkload what=command workload=i-1", "ChangeWorkload what=command workload=i-2"}},
		{"ssm:StartSession", `{"target":"i-1"}`, `{"sessionId":"s"}`, []string{"ChangeWorkload what=shell workload=i-1"}},
		{"ec2-instance-connect:SendSSHPublicKey", `{"instanceId":"i-1","instanceOSUser":"root","sSHPublicKey":"x"}`, `{}`, []string{"ChangeWorkload what=shell workload=i-1"}},

		// Builds, tasks, jobs.
		{"codebuild:StartBuild", `{"projectName":"p","buildspecOverride":"x"}`, `{"build":{"id":"p:u-1","serviceRole":"arn:aws:iam::444455556666:role/deployer"}}`,
			[]string{"ChangeWorkload what=build " + deployer + " workload=arn:aws:codebuild:eu-west-1:444455556666:project/p", "ChangeWorkload what=build " + deployer + " workload=AWSCodeBuild-u-1",
				"RunWorkload workload=arn:aws:codebuild:eu-west-1:444455556666:project/p"}},
		{"codebuild:StartBuild", `{"projectName":"p"}`, `{"build":{"id":"p:u-1"}}`, []string{"RunWorkload workload=arn:aws:codebuild:eu-west-1:444455556666:project/p"}},
		{"codebuild:UpdateProject", `{"name":"p","serviceRole":"deployer"}`, `{}`, []string{"ChangeWorkload what=build " + deployer + " workload=arn:aws:codebuild:eu-west-1:444455556666:project/p"}},
		{"ecs:RegisterTaskDefinition", `{"family":"f","taskRoleArn":"arn:aws:iam::444455556666:role/deployer"}`, `{"taskDefinition":{"taskDefinitionArn":"arn:td:1"}}`, []string{"ChangeWorkload what=create " + deployer + " workload=arn:td:1"}},
		{"ecs:RunTask", `{"taskDefinition":"f:1"}`, `{"tasks":[{"taskArn":"arn:aws:ecs:eu-west-1:444455556666:task/c/0abc"}]}`, []string{"RunWorkload workload=f:1", "ChangeWorkload what=create workload=0abc"}},
		{"cloudformation:CreateStack", `{"stackName":"s","roleARN":"arn:aws:iam::444455556666:role/deployer"}`, `{"stackId":"arn:stack"}`, []string{"ChangeWorkload what=create " + deployer + " workload=arn:stack", "RunWorkload workload=arn:stack"}},
		{"sagemaker:CreateNotebookInstance", `{"notebookInstanceName":"n","roleArn":"arn:aws:iam::444455556666:role/deployer","instanceType":"ml.g5.xlarge"}`, `{}`,
			[]string{"ChangeWorkload what=create " + deployer + " workload=n", "LaunchCompute what=ml.g5.xlarge accelerated=yes count=1"}},
		{"codepipeline:UpdatePipeline", `{"pipeline":{"name":"p","roleArn":"arn:aws:iam::444455556666:role/deployer"}}`, `{}`, []string{"ChangeWorkload what=build " + deployer + " workload=p"}},

		// Shares.
		{"ec2:ModifySnapshotAttribute", `{"snapshotId":"snap-1","attributeType":"CREATE_VOLUME_PERMISSION","createVolumePermission":{"add":{"items":[{"userId":"999988887777"},{"group":"all"}]}}}`, `{}`,
			[]string{"Share what=snapshot resource=snap-1 with=*,999988887777"}},
		{"ec2:ModifySnapshotAttribute", `{"snapshotId":"snap-1","createVolumePermission":{"remove":{"items":[{"userId":"999988887777"}]}}}`, `{}`, nil},
		{"ec2:ModifyImageAttribute", `{"imageId":"ami-1","launchPermission":{"add":{"items":[{"organizationArn":"arn:aws:organizations::999988887777:organization/o-x"}]}}}`, `{}`,
			[]string{"Share what=image resource=ami-1 with=999988887777"}},
		{"rds:ModifyDBSnapshotAttribute", `{"dBSnapshotIdentifier":"d","attributeName":"restore","valuesToAdd":["999988887777"]}`, `{}`, []string{"Share what=database resource=d with=999988887777"}},
		{"rds:ModifyDBClusterSnapshotAttribute", `{"dBClusterSnapshotIdentifier":"d","attributeName":"restore","valuesToAdd":["all"]}`, `{}`, []string{"Share what=database resource=d with=*"}},
		{"rds:StartExportTask", `{"sourceArn":"arn:d","s3BucketName":"b"}`, `{}`, []string{"Share what=database resource=arn:d"}},
		{"s3:PutBucketPolicy", `{"bucketName":"b","bucketPolicy":{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]}}`, `null`, []string{"Share what=bucket resource=arn:aws:s3:::b with=*"}},
		{"s3:PutBucketPolicy", `{"bucketName":"b","bucketPolicy":{"Statement":{"Effect":"Allow","Principal":{"AWS":"444455556666","Service":"x.amazonaws.com"},"Action":"s3:*"}}}`, `null`, nil},
		{"s3:PutBucketAcl", `{"bucketName":"b","AccessControlPolicy":{"AccessControlList":{"Grant":[{"Grantee":{"URI":"http://acs.amazonaws.com/groups/global/AllUsers"},"Permission":"READ"}]}}}`, `null`, []string{"Share what=bucket resource=arn:aws:s3:::b with=*"}},
		{"s3:PutBucketAcl", `{"bucketName":"b","x-amz-acl":["public-read"]}`, `null`, []string{"Share what=bucket resource=arn:aws:s3:::b with=*"}},
		{"s3:PutBucketAcl", `{"bucketName":"b","x-amz-acl":"private"}`, `null`, nil},
		{"s3:PutBucketReplication", `{"bucketName":"b","ReplicationConfiguration":{"Rule":{"Status":"Enabled","Destination":{"Bucket":"arn:aws:s3:::c","Account":"999988887777"}}}}`, `null`, []string{"Share what=replica resource=arn:aws:s3:::b with=999988887777"}},
		{"kms:PutKeyPolicy", `{"keyId":"k","policy":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":[\"arn:aws:iam::999988887777:root\",\"arn:aws:iam::444455556666:root\"]},\"Action\":\"kms:*\"}]}"}`, `null`, []string{"Share what=key resource=k with=999988887777"}},
		{"kms:CreateGrant", `{"keyId":"k","granteePrincipal":"arn:aws:iam::999988887777:role/x","operations":["Decrypt"]}`, `{}`, []string{"Share what=key resource=k with=999988887777"}},
		{"ec2:SharedSnapshotVolumeCreated", ``, `{"snapshotId":"snap-1"}`, []string{"Taken what=snapshot resource=snap-1"}},

		// Reads.
		{"secretsmanager:GetSecretValue", `{"secretId":"db","versionId":"v"}`, `null`, []string{"ReadSecret resource=db count=1"}},
		{"secretsmanager:BatchGetSecretValue", `{"secretIdList":["a","b"]}`, `null`, []string{"ReadSecret resource=a count=1", "ReadSecret resource=b count=1"}},
		{"secretsmanager:BatchGetSecretValue", `{"filters":[{"key":"tag-key"}]}`, `null`, []string{"ReadSecret count=1"}},
		{"ssm:GetParameters", `{"names":["/a","/b"],"withDecryption":true}`, `null`, []string{"ReadSecret resource=/a count=1", "ReadSecret resource=/b count=1"}},
		{"ssm:GetParameter", `{"name":"/a","withDecryption":false}`, `null`, nil},
		{"ssm:GetParametersByPath", `{"path":"/prod","withDecryption":true,"recursive":true}`, `null`, []string{"ReadSecret resource=/prod count=1"}},
		{"ec2:GetPasswordData", `{"instanceId":"i-1"}`, `null`, []string{"ReadSecret what=password-data resource=i-1 count=1"}},
		{"s3:GetObject", `{"bucketName":"b","key":"x/y"}`, `null`, []string{"ReadData resource=arn:aws:s3:::b/x/y"}},
		{"s3:CopyObject", `{"bucketName":"c","key":"y","x-amz-copy-source":"/b/x"}`, `null`, []string{"ReadData what=copy resource=arn:aws:s3:::b/x"}},
		{"bedrock:InvokeModel", `{"modelId":"arn:aws:bedrock:eu-west-1::foundation-model/vendor.model-v1"}`, `null`, []string{"InvokeModel resource=vendor.model-v1"}},
		{"bedrock:ConverseStream", `{"modelId":"vendor.model-v1"}`, `null`, []string{"InvokeModel resource=vendor.model-v1"}},
		{"bedrock:ListFoundationModels", `null`, `null`, nil},

		// Firewalls, in every shape.
		{"ec2:AuthorizeSecurityGroupIngress", `{"groupId":"sg-1","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":22,"toPort":22,"ipRanges":{"items":[{"cidrIp":"0.0.0.0/0"}]},"ipv6Ranges":{"items":[{"cidrIpv6":"::/0"}]}}]}}`, `{"_return":true}`,
			[]string{"OpenPorts resource=sg-1 with=* ports=22-22"}},
		{"ec2:AuthorizeSecurityGroupIngress", `{"groupId":"sg-1","ipPermissions":{},"ipProtocol":"tcp","fromPort":8888,"toPort":8889,"cidrIp":"10.0.0.0/8"}`, `{"_return":true}`,
			[]string{"OpenPorts resource=sg-1 with=10.0.0.0/8 ports=8888-8889"}},
		{"ec2:AuthorizeSecurityGroupIngress", `{"groupId":"sg-1","ipPermissions":{}}`, `{"securityGroupRuleSet":{"items":[{"groupId":"sg-1","isEgress":false,"ipProtocol":"-1","fromPort":-1,"toPort":-1,"cidrIpv4":"0.0.0.0/0"}]}}`,
			[]string{"OpenPorts resource=sg-1 with=* ports=0-65535"}},
		{"ec2:AuthorizeSecurityGroupIngress", `{"groupId":"sg-1","ipPermissions":{"items":[{"ipProtocol":"icmp","fromPort":8,"toPort":-1,"ipRanges":{"items":[{"cidrIp":"0.0.0.0/0"}]}}]}}`, `null`, nil},
		{"ec2:AuthorizeSecurityGroupIngress", `{"groupId":"sg-1","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":1,"toPort":2,"groups":{"items":[{"groupId":"sg-2"}]},"ipRanges":{}}]}}`, `null`, nil},

		// Defences.
		{"cloudtrail:StopLogging", `{"name":"main"}`, `null`, []string{"DisableDefence what=stop resource=main"}},
		{"cloudtrail:DeleteTrail", `{"name":"main"}`, `null`, []string{"DisableDefence what=delete resource=main"}},
		{"cloudtrail:UpdateTrail", `{"name":"main","isMultiRegionTrail":false}`, `{}`, []string{"DisableDefence what=narrow resource=main"}},
		{"cloudtrail:UpdateTrail", `{"name":"main","isMultiRegionTrail":true,"s3BucketName":"b"}`, `{}`, nil},
		{"cloudtrail:PutEventSelectors", `{"trailName":"main","eventSelectors":[{"readWriteType":"All","includeManagementEvents":true,"dataResources":[],"excludeManagementEventSources":["kms.amazonaws.com"]}]}`, `{}`, nil},
		{"cloudtrail:PutEventSelectors", `{"trailName":"main","eventSelectors":[{"readWriteType":"ReadOnly","includeManagementEvents":true}]}`, `{}`, []string{"DisableDefence what=narrow resource=main"}},
		{"cloudtrail:PutEventSelectors", `{"trailName":"main","advancedEventSelectors":[{"fieldSelectors":[{"field":"eventCategory","equals":["Management"]}]}]}`, `{}`, nil},
		{"cloudtrail:PutEventSelectors", `{"trailName":"main","advancedEventSelectors":[{"fieldSelectors":[{"field":"eventCategory","equals":["Management"]},{"field":"readOnly","equals":["true"]}]}]}`, `{}`, []string{"DisableDefence what=narrow resource=main"}},
		{"ec2:DeleteFlowLogs", `{"DeleteFlowLogsRequest":{"FlowLogId":{"tag":1,"content":"fl-1"}}}`, `{}`, []string{"DisableDefence what=delete resource=fl-1"}},
		{"ec2:DeleteFlowLogs", `{"DeleteFlowLogsRequest":{"FlowLogId":["fl-1","fl-2"]}}`, `{}`, []string{"DisableDefence what=delete resource=fl-1", "DisableDefence what=delete resource=fl-2"}},
		{"guardduty:UpdateDetector", `{"detectorId":"d","enable":false}`, `null`, []string{"DisableDefence what=disable resource=d"}},
		{"guardduty:UpdateDetector", `{"detectorId":"d","enable":true}`, `null`, nil},
		{"config:StopConfigurationRecorder", `{"configurationRecorderName":"default"}`, `null`, []string{"DisableDefence what=stop resource=default"}},
		{"securityhub:DisableSecurityHub", `null`, `null`, []string{"DisableDefence what=disable resource=securityhub"}},
		{"bedrock:DeleteModelInvocationLoggingConfiguration", `null`, `null`, []string{"DisableDefence what=delete resource=bedrock"}},
		{"s3:PutBucketLogging", `{"bucketName":"b","BucketLoggingStatus":{"xmlns":"x"}}`, `null`, []string{"DisableDefence what=disable resource=arn:aws:s3:::b"}},
		{"s3:PutBucketLogging", `{"bucketName":"b","BucketLoggingStatus":{"LoggingEnabled":{"TargetBucket":"l"}}}`, `null`, nil},
	} {
		check(t, as(c.name, c.params, c.result), c.want)
	}
}

// called is what the expander knows of an event's call.
func called(e *sekisho.Event) *callInfo {
	name := call{e.Service, e.Action}
	return &callInfo{effect: effectTable[name], assumes: assumes[name]}
}

func effects(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	done, _ := called(e).effects(e, dst, nil)
	return done
}

func tried(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	_, wanted := called(e).effects(e, nil, dst)
	return wanted
}

func check(t *testing.T, e *sekisho.Event, want []string) {
	t.Helper()
	var got []string
	for _, x := range effects(e, nil) {
		got = append(got, show(&x))
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s %s %s\n got %q\nwant %q", e.Name(), e.Params, e.Result, got, want)
	}
}

// A refused call changes nothing; only the attempt to become a role is kept.
// Its role comes from the message, for the parameters are gone.
func TestEffectsOfRefusedCalls(t *testing.T) {
	e := as("sts:AssumeRole", "null", "null")
	e.Outcome = sekisho.Denied
	e.ErrorMessage = "User: arn:aws:iam::444455556666:user/operator is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::999988887777:role/x/admin because no identity-based policy allows it"
	check(t, e, []string{"AssumeTry type=role name=admin arn=arn:aws:iam::999988887777:role/x/admin"})

	e = as("ec2:RunInstances", `{"instanceType":"p4d.24xlarge","instancesSet":{"items":[{"maxCount":9}]}}`, "null")
	e.Outcome = sekisho.Denied
	check(t, e, nil)
	e.Outcome = sekisho.DryRun
	check(t, e, nil)
}

// A machine's session is asked for by the service, which gets no role id back;
// Lambda's check of a role at creation is no session of anyone.
func TestSessionsForServices(t *testing.T) {
	e := as("sts:AssumeRole", `{"roleArn":"arn:aws:iam::444455556666:role/deployer","roleSessionName":"i-1"}`, `{"credentials":{"accessKeyId":"ASIAI1"}}`)
	e.Actor = sekisho.Actor{Type: sekisho.ActorService, ID: "ec2.amazonaws.com"}
	check(t, e, []string{"AssumeTry " + deployer, "IssueCredential " + deployer + " key=ASIAI1"})
	e.Params = []byte(`{"roleArn":"arn:aws:iam::444455556666:role/deployer","roleSessionName":"awslambda_744_20240101"}`)
	check(t, e, nil)
}

func TestTakenNamesTheOtherAccount(t *testing.T) {
	e := as("ec2:SharedSnapshotCopyInitiated", "", `{"snapshotId":"snap-1"}`)
	e.Actor = sekisho.Actor{Type: sekisho.ActorService, Account: outside}
	check(t, e, []string{"Taken what=snapshot resource=snap-1 with=999988887777"})
}

func TestNoActionIsInTwoTables(t *testing.T) {
	n := 0
	for _, table := range effectTables {
		n += len(table)
	}
	if n != len(effectTable) {
		t.Errorf("%d entries for %d actions: one stands in two tables", n, len(effectTable))
	}
}

func TestEffectsAreBounded(t *testing.T) {
	ids := `"` + strings.Repeat(`i","`, 1000) + `i"`
	var many strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&many, `{"instanceId":"i-%d"},`, i)
	}
	e := as("ec2:RunInstances", `{}`, `{"instancesSet":{"items":[`+strings.TrimSuffix(many.String(), ",")+`]}}`)
	if got := effects(e, nil); len(got) != effectsMax || got[0].Count != 1000 {
		t.Errorf("%d effects, the first counts %d; want %d and 1000", len(got), got[0].Count, effectsMax)
	}
	if got := effects(as("ssm:GetParameters", `{"names":[`+ids+`],"withDecryption":true}`, ""), nil); len(got) > effectsMax {
		t.Errorf("%d effects", len(got))
	}
}

// Whatever the parameters and the response hold, no call panics, and what was
// in the destination stays.
func FuzzEffects(f *testing.F) {
	names := make([]string, 0, len(effectTable))
	for name := range effectTable {
		names = append(names, name.service+":"+name.action)
	}
	for _, seed := range []string{`{"userName":"bob","policyDocument":"{}"}`, `{"a":{"items":[{}]}}`, `[`, `{"functionName":"::::"}`, `{"ipPermissions":{"items":[null,1,"x",{}]}}`, `{"credentials":{"expiration":"Jul 1"}}`} {
		f.Add(seed, seed, "x on resource: y")
	}
	f.Fuzz(func(t *testing.T, params, result, message string) {
		for _, name := range names {
			for _, outcome := range []sekisho.Outcome{sekisho.OK, sekisho.Denied} {
				e := as(name, params, result)
				e.Outcome, e.ErrorMessage = outcome, message
				got := effects(e, []sekisho.Effect{{Kind: sekisho.Taken, What: "mine"}})
				if len(got) > effectsMax+1 || got[0].What != "mine" {
					t.Fatalf("%s: %d effects, the first is %v", name, len(got), got[0])
				}
			}
		}
	})
}

func TestPartitions(t *testing.T) {
	e := as("lambda:UpdateFunctionCode", `{"functionName":"resize"}`, "null")
	e.Region = "us-gov-west-1"
	check(t, e, []string{"ChangeWorkload what=code workload=arn:aws-us-gov:lambda:us-gov-west-1:444455556666:function:resize"})
	e.Region = "cn-north-1"
	check(t, e, []string{"ChangeWorkload what=code workload=arn:aws-cn:lambda:cn-north-1:444455556666:function:resize"})
}
