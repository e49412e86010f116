package sim

// developerDanger follows Invictus' "The curious case of DangerDev" (2024): one
// key, some forty kinds of call, from permissions simulated to a domain bought,
// and the traces cleaned. A month there is two days here; names are ours.
var developerDanger = Scenario{
	Name: "developer-danger", Seed: 29, Start: "2024-01-23T18:40:26Z", History: 2, Days: 2,
	Title: "a developer's leaked key makes users and a role for an outside account, rents machines and a domain, and tidies up",
	After: "Invictus (2024)",
	play: func(s *stage) {
		owner := s.user("oskar.dev")
		s.daily(signs(owner, origin{ip: officeAddress, agent: agentCLIMac}), 11, true, always(append(
			reads(8, "sts:GetCallerIdentity", "logs:FilterLogEvents", "ec2:DescribeInstances", "lambda:GetFunction20150331v2", "dynamodb:DescribeTable"), do(9, "ec2:CreateTags"))...))
		s.capacityDesk()

		k := signs(owner, s.outside(agentCLILinux))
		s.plays(k, discovery,
			do(0, "sts:GetCallerIdentity"),
			do(6, "iam:SimulatePrincipalPolicy", obj("policySourceArn", owner.arn(), "actionNames", []string{"iam:CreateUser", "iam:CreateRole", "ec2:RunInstances", "ses:SendEmail"})).key(),
			do(5, "iam:ListUsers"), do(4, "iam:ListRoles"),
			do(9, "guardduty:ListDetectors"), do(4, "guardduty:ListFindings"),
			do(3, "guardduty:GetFindings", obj("detectorId", s.r.Hex(32), "findingIds", []string{s.r.Hex(32), s.r.Hex(32)})).key(),
			do(8, "ses:GetSendQuota"), do(3, "ec2:DescribeRegions"), do(3, "ec2:DescribeInstances"))

		first, second := s.user("dev-support1"), s.user("ses-relay2")
		s.plays(k, persistence, makesUser(70, first).key(), setsPassword(4, "CreateLoginProfile", first).key())
		s.plays(k, escalation, givesUser(3, first, adminPolicy).last())
		s.plays(k, persistence, setsPassword(45, "UpdateLoginProfile", s.g.operators[1]).key(), makesUser(30, second))
		s.mints(k, 4, persistence, second)

		web := s.passwordConsole(first, 240, s.outside(agentBrowser))
		ro, account := s.role("cross-support"), s.r.account()
		s.plays(web, discovery, reads(5, "iam:ListRoles", "iam:GetAccountSummary", "ce:GetCostAndUsage", "ec2:DescribeInstances")...)
		s.plays(web, persistence,
			makesRole(50, ro, trusts("AWS", "arn:aws:iam::"+account+":root")).key(),
			givesRole(5, ro, adminPolicy).key())
		s.plays(web, resources,
			do(90, "servicequotas:RequestServiceQuotaIncrease", obj("serviceCode", "ec2", "quotaCode", "L-1216C47A", "desiredValue", 512),
				obj("requestedQuota", obj("id", s.r.Hex(32), "serviceCode", "ec2", "quotaCode", "L-1216C47A", "desiredValue", 512, "status", "PENDING"))).key())

		// The second day: machines, a private server, a domain.
		s.pause(15 * 60)
		web = s.passwordConsole(first, 0, s.outside(agentBrowser))
		group := "sg-0" + s.r.Hex(16)
		open := openPort(s.r, s.main, group, 3389, 3389, "0.0.0.0/0")
		machine := "i-0" + s.r.Hex(16)
		s.plays(web, impact,
			do(20, "ec2:CreateKeyPair", obj("keyName", "desk", "keyType", "rsa", "keyFormat", "pem"), obj("requestId", s.r.UUID(), "keyName", "desk", "keyPairId", "key-0"+s.r.Hex(16), "keyMaterial", "<sensitiveDataRemoved>")),
			do(9, "ec2:CreateSecurityGroup", obj("groupName", "launch-wizard-7", "groupDescription", "launch-wizard-7", "vpcId", s.main.vpc), obj("requestId", s.r.UUID(), "_return", true, "groupId", group)),
			do(2, open.name, open.params, open.result),
			s.launches(6, "c5.18xlarge", machine, "desk").failing("Client.VcpuLimitExceeded", "You have requested more vCPU capacity than your current vCPU limit of 32 allows for the instance bucket that the specified instance type belongs to."),
			s.launches(12, "p3.16xlarge", machine, "desk").failing("Client.VcpuLimitExceeded", "You have requested more vCPU capacity than your current vCPU limit of 0 allows for the instance bucket that the specified instance type belongs to."),
			s.launches(15, "c5.4xlarge", machine, "desk").key(),
			do(80, "lightsail:CreateInstances", obj("instanceNames", []string{"Windows-1"}, "availabilityZone", "us-east-1a", "blueprintId", "windows_server_2022", "bundleId", "2xlarge_win_3_0"),
				obj("operations", list(obj("id", s.r.UUID(), "resourceName", "Windows-1", "status", "Started")))).key(),
			do(60, "route53domains:RegisterDomain", obj("domainName", "lantern-helpdesk.example", "durationInYears", 1, "autoRenew", false, "adminContact", "HIDDEN_DUE_TO_SECURITY_REASONS"), obj("operationId", s.r.UUID())).key(),
			do(30, "route53:CreateHostedZone", obj("name", "lantern-helpdesk.example", "callerReference", s.r.UUID()), obj("hostedZone", obj("id", "/hostedzone/Z"+s.r.Text(s3Letters, 20), "name", "lantern-helpdesk.example."))),
			do(20, "ses:CreateEmailIdentity", obj("emailIdentity", "lantern-helpdesk.example"), obj("identityType", "DOMAIN", "verifiedForSendingStatus", false)))

		// What was made by name is unmade; what nobody looks at stays.
		s.pause(130)
		s.plays(web, evasion,
			do(0, "iam:DeleteAccessKey", obj("userName", second.name, "accessKeyId", second.key), "").key(),
			do(4, "iam:DeleteUser", obj("userName", second.name), "").key(),
			do(20, "ec2:DeleteKeyPair", obj("keyName", "desk"), obj("requestId", s.r.UUID(), "_return", true)),
			do(4, "ec2:DeleteSecurityGroup", obj("groupId", group), obj("requestId", s.r.UUID(), "_return", true)))
	},
}

// capacityDesk asks for limits and launches machines as part of the job.
func (s *stage) capacityDesk() {
	ops := signs(s.user("liam.capacity"), origin{ip: officeAddress, agent: agentCLILinux})
	s.daily(ops, 14, true, func(day int) []step {
		steps := []step{do(0, "servicequotas:ListServiceQuotas", obj("serviceCode", "ec2")), do(15, "ec2:DescribeInstances"),
			s.launches(40, "m5.large", "i-0"+s.r.Hex(16), "fleet")}
		if day == 1 {
			steps = append(steps, do(60, "servicequotas:RequestServiceQuotaIncrease", obj("serviceCode", "ec2", "quotaCode", "L-1216C47A", "desiredValue", 64),
				obj("requestedQuota", obj("id", s.r.Hex(32), "serviceCode", "ec2", "quotaCode", "L-1216C47A", "desiredValue", 64, "status", "PENDING"))))
		}
		return steps
	})
}
