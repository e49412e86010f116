package sim

import "time"

// identityProviderHeist joins what Permiso (LUCR-3) and Unit 42 (Muddled Libra)
// published: a colleague's sign-in at the identity provider is taken over by
// telephone, which no cloud log shows, and the cloud is entered through the
// front door. Calls are the write-ups'; order, offsets and names are ours.
var identityProviderHeist = Scenario{
	Name: "identity-provider-heist", Seed: 30, Start: "2025-06-11T23:08:45Z", History: 2,
	Title: "a colleague's single sign-on session reads secrets, makes users, takes over a machine, and switches off what watches",
	After: "Permiso, Unit 42",
	play: func(s *stage) {
		s.securityDesk()
		p := s.g.people[0]
		in := s.signsInAs(p, s.outside(agentBrowserWin))
		s.plays(in, discovery, reads(4, "iam:ListSAMLProviders", "iam:ListOpenIDConnectProviders", "iam:ListUsers", "iam:ListRoles", "iam:ListGroups", "iam:GetAccountSummary",
			"ec2:DescribeInstances", "s3:ListBuckets")...)
		for i := range 4 {
			s.plays(in, discovery, s.onBucket(2, "s3:GetBucketAcl", s.main.buckets[i], "acl", ""), s.onBucket(1, "s3:GetBucketPublicAccessBlock", s.main.buckets[i], "publicAccessBlock", ""),
				s.onBucket(1, "s3:GetBucketLogging", s.main.buckets[i], "logging", ""))
		}

		// A shell in the browser holds the same session.
		environment := s.r.UUID()
		s.plays(in, execution,
			do(30, "cloudshell:CreateEnvironment", "", obj("EnvironmentId", environment, "Status", "CREATING")),
			do(9, "cloudshell:CreateSession", obj("EnvironmentId", environment), obj("EnvironmentId", environment, "SessionId", "HIDDEN_DUE_TO_SECURITY_REASONS", "TokenValue", "HIDDEN_DUE_TO_SECURITY_REASONS")).key(),
			do(1, "cloudshell:PutCredentials", obj("EnvironmentId", environment), ""))
		shell := *in
		shell.from = origin{ip: s.outside("").ip, agent: agentCLILinux[:len(agentCLILinux)-len(" md/prompt#off")] + " exec-env/CloudShell md/prompt#off"}
		s.plays(&shell, credentials, append([]step{do(15, "secretsmanager:ListSecrets")}, many(9, step.key, func(i int) step {
			return do(1, "secretsmanager:GetSecretValue", obj("secretId", s.main.secrets[i]))
		})...)...)
		u := s.user("dir-sync2")
		s.plays(&shell, persistence, makesUser(80, u).key())
		s.mints(&shell, 3, persistence, u, step.key)
		s.plays(&shell, persistence, setsPassword(3, "CreateLoginProfile", u))
		s.plays(&shell, escalation, givesUser(4, u, adminPolicy).last())

		// The user takes over a machine: another role for it, and its console.
		n := signs(u, s.outside(agentCLILinux))
		machine, association, strong := s.main.machines[4], "iip-assoc-0"+s.r.Hex(16), s.role("platform-admin-node")
		s.pause(6)
		s.plays(n, discovery, do(0, "sts:GetCallerIdentity"), do(5, "iam:ListInstanceProfiles"),
			do(4, "ec2:DescribeIamInstanceProfileAssociations", obj("DescribeIamInstanceProfileAssociationsRequest", obj("Filter", obj("tag", 1, "Name", "instance-id", "Value", obj("tag", 1, "content", machine))))))
		s.plays(n, escalation,
			do(20, "ec2:ReplaceIamInstanceProfileAssociation", obj("ReplaceIamInstanceProfileAssociationRequest", obj("AssociationId", association, "IamInstanceProfile", obj("Name", strong.name))),
				obj("ReplaceIamInstanceProfileAssociationResponse", obj("xmlns", "http://ec2.amazonaws.com/doc/2016-11-15/", "requestId", s.r.UUID(), "iamInstanceProfileAssociation",
					obj("associationId", association, "instanceId", machine, "state", "associating", "iamInstanceProfile", obj("arn", "arn:aws:iam::"+s.main.id+":instance-profile/"+strong.name, "id", "AIPA"+s.r.Text(idLetters, 17)))))).key())
		s.plays(n, lateral,
			do(25, "ec2:EnableSerialConsoleAccess", obj("EnableSerialConsoleAccessRequest", ""), obj("EnableSerialConsoleAccessResponse", obj("xmlns", "http://ec2.amazonaws.com/doc/2016-11-15/", "requestId", s.r.UUID(), "serialConsoleAccessEnabled", true))).key(),
			do(12, "ec2-instance-connect:SendSerialConsoleSSHPublicKey", obj("instanceId", machine, "serialPort", 0, "sSHPublicKey", "ssh-ed25519 "+s.r.Text(tokenLetter, 68)), obj("requestId", s.r.UUID(), "success", true)).key())
		h, t := given(s.g.rec, s.r, s.main, strong, "ec2", machine, "", s.now.Add(40*time.Second))
		s.now = h.now
		node := &actor{who: h.who, from: origin{ip: "192.0.2.100", agent: agentCLILinux}, truth: sessionActor(t), workload: true}
		s.plays(node, discovery, do(30, "sts:GetCallerIdentity"), do(4, "organizations:DescribeOrganization"), do(6, "rds:DescribeDBInstances"), do(5, "secretsmanager:ListSecrets"))
		s.plays(node, credentials, do(4, "secretsmanager:GetSecretValue", obj("secretId", s.main.secrets[10])), do(2, "secretsmanager:GetSecretValue", obj("secretId", s.main.secrets[11])))

		// And out go the lights.
		detector := s.r.Hex(32)
		s.plays(n, evasion,
			do(240, "cloudtrail:DescribeTrails"),
			do(5, "cloudtrail:StopLogging", obj("name", "app-trail"), "").key(),
			do(6, "cloudtrail:DeleteTrail", obj("name", "app-trail"), "").key(),
			do(8, "guardduty:ListDetectors"),
			do(3, "guardduty:DisassociateFromMasterAccount", obj("detectorId", detector), "").key(),
			do(4, "guardduty:DeleteDetector", obj("detectorId", detector), "").key())
	},
}

// securityDesk looks at the same watchers every day, and never touches them.
func (s *stage) securityDesk() {
	desk := signs(s.user("nadia.sec"), origin{ip: officeAddress, agent: agentCLIMac})
	s.daily(desk, 9, true, always(reads(12, "guardduty:ListDetectors", "guardduty:ListFindings", "cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "iam:ListSAMLProviders", "iam:ListUsers")...))
}
