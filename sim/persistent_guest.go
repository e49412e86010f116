package sim

// persistentGuest follows Datadog's "The attacker doth persist too much, methinks"
// (2025): who expects to lose the key stays by a federated session, by a
// function that makes users on request, and by a user in the directory. The
// calls are the write-up's; order, offsets, names and the administrator who
// turns the key off too early are ours.
var persistentGuest = Scenario{
	Name: "persistent-guest", Seed: 23, Start: "2025-05-14T19:26:40Z", History: 2,
	Title: "the key is turned off, and the guest stays: federated session, a function that makes users, a directory user",
	After: "Datadog (2025)",
	play: func(s *stage) {
		owner := s.user("release-legacy")
		s.daily(signs(owner, origin{ip: "192.0.2.63", agent: agentBoto}), 8, true, always(
			do(0, "sts:GetCallerIdentity"), do(3, "cloudformation:DescribeStacks"), do(4, "s3:ListBuckets"),
			do(9, "lambda:GetFunction20150331v2"), do(5, "iam:GetRole")))
		s.directoryDesk()

		k := signs(owner, s.outside(agentBoto))
		s.plays(k, discovery,
			do(0, "sts:GetCallerIdentity"),
			do(5, "iam:ListUsers"),
			do(4, "iam:ListAttachedUserPolicies", obj("userName", owner.name)),
			do(6, "organizations:DescribeOrganization"))
		fed := s.federates(k, 20, owner, "sysadmin")
		web := s.opensConsole(fed, 4, owner, "sysadmin")
		s.plays(web, discovery, reads(5, "iam:ListRoles", "lambda:ListFunctions20150331", "iam:GetAccountSummary", "iam:ListUsers")...)

		// The key goes; who came in by it does not.
		s.pause(9)
		s.defends(
			do(0, "iam:ListAccessKeys", obj("userName", owner.name)),
			do(4, "iam:UpdateAccessKey", obj("userName", owner.name, "accessKeyId", owner.key, "status", "Inactive"), ""))
		s.pause(6)

		// A function behind an address on the internet that makes users.
		ro := s.role("storage-helper-exec")
		function, api := "storage-helper", s.r.Text(lowerHex, 10)
		s.plays(web, persistence,
			makesRole(0, ro, trusts("Service", "lambda.amazonaws.com")),
			givesRole(6, ro, "arn:aws:iam::aws:policy/IAMFullAccess").last(),
			s.makesFunction(14, function, ro, s.now).key(),
			do(10, "apigateway:CreateApi", obj("name", "storage-api", "protocolType", "HTTP"), obj("apiId", api, "apiEndpoint", "https://"+api+".execute-api.us-east-1.amazonaws.com",
				"name", "storage-api", "protocolType", "HTTP")).key(),
			do(3, "apigateway:CreateIntegration", obj("apiId", api, "integrationType", "AWS_PROXY", "integrationUri", s.main.function(function), "payloadFormatVersion", "2.0"), obj("integrationId", s.r.Hex(7))),
			do(3, "apigateway:CreateRoute", obj("apiId", api, "routeKey", "ANY /"), obj("routeId", s.r.Hex(7), "routeKey", "ANY /")),
			do(3, "apigateway:CreateStage", obj("apiId", api, "stageName", "$default", "autoDeploy", true), obj("stageName", "$default", "autoDeploy", true)),
			do(2, "lambda:AddPermission20150331v2", obj("functionName", function, "statementId", "api", "action", "lambda:InvokeFunction", "principal", "apigateway.amazonaws.com",
				"sourceArn", s.main.arn("execute-api", api+"/*/*/")), obj("statement", `{"Sid":"api","Effect":"Allow","Principal":{"Service":"apigateway.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"`+s.main.function(function)+`"}`)))
		s.pause(3)
		guest := s.user("support-desk2")
		fn := s.runs(function, ro)
		s.plays(fn, persistence,
			makesUser(1, guest).key(),
			setsPassword(1, "CreateLoginProfile", guest).key(),
			givesUser(1, guest, adminPolicy).key())

		// The user signs in, and makes another one where nobody looks.
		in := s.passwordConsole(guest, 70, s.outside(agentBrowserWin))
		s.plays(in, discovery, do(8, "sso:ListInstances"), do(5, "sso-directory:SearchUsers", obj("identityStoreId", s.main.store)), do(4, "organizations:ListAccounts"))
		instance, member, group := "arn:aws:sso:::instance/ssoins-"+s.r.Hex(16), s.r.UUID(), s.r.UUID()
		s.plays(in, persistence,
			do(20, "sso-directory:CreateUser", obj("identityStoreId", s.main.store, "userName", "HIDDEN_DUE_TO_SECURITY_REASONS", "active", true), obj("user", obj("userId", member, "active", true))).key(),
			do(9, "sso-directory:CreateGroup", obj("identityStoreId", s.main.store, "groupName", "HIDDEN_DUE_TO_SECURITY_REASONS"), obj("group", obj("groupId", group))),
			do(5, "sso-directory:AddMemberToGroup", obj("identityStoreId", s.main.store, "groupId", group, "memberId", obj("userId", member)), ""),
			do(12, "sso:CreateAccountAssignment", obj("instanceArn", instance, "targetId", s.main.id, "targetType", "AWS_ACCOUNT", "principalType", "GROUP", "principalId", group,
				"permissionSetArn", "arn:aws:sso:::permissionSet/ssoins-"+s.r.Hex(16)+"/ps-"+s.r.Hex(16)),
				obj("accountAssignmentCreationStatus", obj("status", "IN_PROGRESS", "requestId", s.r.UUID()))).key(),
			do(30, "sso:UpdateSsoConfiguration", obj("instanceArn", instance, "ssoConfiguration", obj("mfaMode", "DISABLED")), "").key())

		// What is left of the evening: a service off, functions gone, mail.
		s.plays(in, evasion, do(60, "organizations:DisableAWSServiceAccess", obj("servicePrincipal", "config.amazonaws.com"), "").key())
		s.burst(in, impact, 11, many(5, step.key, func(i int) step {
			return do(0, "lambda:DeleteFunction20150331", obj("functionName", s.main.funcs[5+i]), "")
		})...)
		s.plays(in, resources,
			do(45, "ses:GetAccount"),
			do(6, "ses:CreateEmailIdentity", obj("emailIdentity", "lantern-desk.example"), obj("identityType", "DOMAIN", "verifiedForSendingStatus", false)))
	},
}

// directoryDesk is who looks after the directory: joiners get a user, a group
// and now and then an account.
func (s *stage) directoryDesk() {
	desk := signs(s.user("ines.desk"), origin{ip: officeAddress, agent: agentCLIMac})
	instance := "arn:aws:sso:::instance/ssoins-" + NewRand(s.g.seed, "instance").Hex(16)
	s.daily(desk, 9, true, func(day int) []step {
		member := s.r.UUID()
		steps := []step{do(0, "sso-directory:SearchUsers", obj("identityStoreId", s.main.store)),
			do(30, "sso-directory:CreateUser", obj("identityStoreId", s.main.store, "userName", "HIDDEN_DUE_TO_SECURITY_REASONS", "active", true), obj("user", obj("userId", member, "active", true))),
			do(12, "sso-directory:AddMemberToGroup", obj("identityStoreId", s.main.store, "groupId", NewRand(s.g.seed, "staff").UUID(), "memberId", obj("userId", member)), "")}
		if day == 1 {
			steps = append(steps, do(90, "sso:CreateAccountAssignment", obj("instanceArn", instance, "targetId", s.g.places[1].id, "targetType", "AWS_ACCOUNT", "principalType", "USER",
				"principalId", member, "permissionSetArn", "arn:aws:sso:::permissionSet/ssoins-"+s.r.Hex(16)+"/ps-"+s.r.Hex(16)),
				obj("accountAssignmentCreationStatus", obj("status", "IN_PROGRESS", "requestId", s.r.UUID()))))
		}
		return steps
	})
}
