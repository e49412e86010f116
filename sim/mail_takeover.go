package sim

// mailTakeover follows what Wiz (May 2025), Fortinet and Unit 42 published of
// three campaigns that send mail from other people's accounts. The order, the
// offsets within it and all names are ours; from the write-ups come the calls,
// that production access is asked for in all Regions within ten seconds, and
// the way from the key to a console without making a user.
var mailTakeover = Scenario{
	Name: "mail-takeover", Seed: 21, Start: "2025-10-09T22:41:07Z", History: 3,
	Title: "a leaked key turns the mail service into a sender of its own, and opens a console without a user",
	After: "Wiz, Fortinet, Unit 42 (2024–2025)",
	play: func(s *stage) {
		owner := s.user("svc-newsletter")
		s.newsletters(owner)
		s.postmaster()

		// Is the key alive, and what may it send?
		k := signs(owner, s.outside(agentBoto))
		s.plays(k, discovery,
			do(0, "sts:GetCallerIdentity"),
			do(2, "ses:GetSendQuota").key(),
			do(1, "ses:GetAccount"),
			do(3, "ses:ListIdentities", obj("identityType", "Domain", "maxItems", 100)),
			do(2, "ses:GetIdentityVerificationAttributes"),
			do(4, "iam:ListUsers"),
			do(2, "iam:GetUser", "").failing("AccessDenied", "User: "+owner.arn()+" is not authorized to perform: iam:GetUser on resource: user "+owner.name+" because no identity-based policy allows the iam:GetUser action"),
		)
		// Out of the sandbox, everywhere at once: 17 Regions in ten seconds.
		s.pause(26)
		var asks []step
		for _, region := range mailRegions {
			asks = append(asks, do(0, "ses:PutAccountDetails", obj("mailType", "MARKETING", "websiteURL", "https://lantern-offers.example", "contactLanguage", "EN",
				"useCaseDescription", "HIDDEN_DUE_TO_SECURITY_REASONS", "productionAccessEnabled", true), "").in(region))
		}
		asks[0] = asks[0].key()
		s.burst(k, resources, 10, asks...)
		// Domains to send as, and their signatures.
		s.pause(4)
		for i, domain := range []string{"lantern-offers.example", "parcel-notice.example", "invoice-desk.example"} {
			st := do(6, "ses:CreateEmailIdentity", obj("emailIdentity", domain, "dkimSigningAttributes", obj("nextSigningKeyLength", "RSA_2048_BIT")),
				obj("identityType", "DOMAIN", "verifiedForSendingStatus", false, "dkimAttributes", obj("signingEnabled", true, "status", "NOT_STARTED", "signingAttributesOrigin", "AWS_SES")))
			if i == 0 {
				st = st.key()
			}
			s.plays(k, resources, st,
				do(2, "ses:PutEmailIdentityDkimSigningAttributes", obj("emailIdentity", domain, "signingAttributesOrigin", "EXTERNAL",
					"signingAttributes", obj("domainSigningSelector", "m1", "domainSigningPrivateKey", "HIDDEN_DUE_TO_SECURITY_REASONS")), obj("dkimStatus", "PENDING")),
				do(2, "ses:PutEmailIdentityMailFromAttributes", obj("emailIdentity", domain, "mailFromDomain", "mail."+domain, "behaviorOnMxFailure", "USE_DEFAULT_VALUE"), ""))
		}
		s.plays(k, resources, do(40, "support:CreateCase", obj("serviceCode", "service-ses", "categoryCode", "sending-limits", "severityCode", "normal", "language", "en",
			"subject", "HIDDEN_DUE_TO_SECURITY_REASONS", "communicationBody", "HIDDEN_DUE_TO_SECURITY_REASONS"), obj("caseId", "case-"+s.main.id+"-muen-2025-"+s.r.Hex(16))).
			denied("*"))

		// More power for the key, then a console without a password.
		mail := "arn:aws:iam::" + s.main.id + ":policy/ses-support-helper"
		s.plays(k, escalation,
			do(55, "iam:CreatePolicy", obj("policyName", "ses-support-helper", "path", "/", "policyDocument",
				`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["support:*","ses:*","iam:*"],"Resource":"*"}]}`),
				obj("policy", obj("policyName", "ses-support-helper", "policyId", "ANPA"+s.r.Text(idLetters, 17), "arn", mail, "path", "/", "defaultVersionId", "v1",
					"attachmentCount", 0, "isAttachable", true, "createDate", nowText, "updateDate", nowText))),
			givesUser(3, owner, mail).last(),
		)
		s.plays(k, resources, do(15, "support:CreateCase", obj("serviceCode", "service-ses", "categoryCode", "sending-limits", "severityCode", "normal", "language", "en",
			"subject", "HIDDEN_DUE_TO_SECURITY_REASONS", "communicationBody", "HIDDEN_DUE_TO_SECURITY_REASONS"), obj("caseId", "case-"+s.main.id+"-muen-2025-"+s.r.Hex(16))).key())
		fed := s.federates(k, 60, owner, "postmaster")
		web := s.opensConsole(fed, 5, owner, "postmaster")
		s.plays(web, discovery, reads(6, "iam:GetAccountSummary", "iam:ListUsers", "ec2:DescribeRegions", "ses:ListEmailIdentities", "ses:GetAccount")...)
		s.plays(web, persistence,
			do(30, "ses:CreateReceiptRuleSet", obj("ruleSetName", "INBOUND_MAIL"), ""),
			do(9, "ses:CreateReceiptRule", obj("ruleSetName", "INBOUND_MAIL", "rule", obj("name", "all", "enabled", true, "scanEnabled", false,
				"recipients", []string{"invoice-desk.example"}, "actions", list(obj("workmailAction", obj("organizationArn", s.main.arn("workmail", "organization/m-"+s.r.Hex(32))))))), ""),
			do(8, "ses:PutIdentityPolicy", obj("identity", "invoice-desk.example", "policyName", "relay",
				"policy", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"`+s.r.account()+`"},"Action":"ses:SendRawEmail","Resource":"*"}]}`), ""),
		)
		// Users whose keys are passwords of the mail relay.
		for i := range 3 {
			u := s.user("ses-smtp-user.20251009-2332" + itoa(10+i))
			make := makesUser(25, u)
			if i == 0 {
				make = make.key()
			}
			s.plays(web, persistence, make,
				do(1, "iam:PutUserPolicy", obj("userName", u.name, "policyName", "AmazonSesSendingAccess",
					"policyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ses:SendRawEmail","Resource":"*"}]}`), ""))
			s.mints(web, 1, persistence, u)
		}
		s.plays(web, evasion,
			do(90, "ec2:CreateSecurityGroup", obj("groupName", "mail_relay", "groupDescription", "relay", "vpcId", s.main.vpc),
				obj("requestId", s.r.UUID(), "_return", true, "groupId", "sg-0"+s.r.Hex(16))))
	},
}

// mailRegions are those that had the mail service when this was written.
var mailRegions = []string{"us-east-1", "us-east-2", "us-west-1", "us-west-2", "af-south-1", "ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1",
	"ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1"}

// newsletters is what the key is for: a mailing every morning, and a look at
// what is left of the quota before it.
func (s *stage) newsletters(owner *user) {
	s.daily(signs(owner, origin{ip: "192.0.2.61", agent: agentBoto}), 6, false, always(
		do(0, "ses:GetSendQuota"),
		do(2, "ses:GetIdentityVerificationAttributes"),
		do(2, "ses:ListContacts", obj("contactListName", "readers", "pageSize", 1000))))
}

// postmaster is a colleague who looks after the real sending domains: much the
// same calls, by hand.
func (s *stage) postmaster() {
	pm := signs(s.user("hanna.mail"), origin{ip: officeAddress, agent: agentCLIMac})
	s.daily(pm, 10, true, func(day int) []step {
		steps := []step{do(0, "ses:GetAccount"), do(20, "ses:ListEmailIdentities"), do(9, "ses:GetEmailIdentity", obj("emailIdentity", "lantern.example"))}
		if day == 1 {
			steps = append(steps, do(70, "ses:CreateEmailIdentity", obj("emailIdentity", "news.lantern.example"), obj("identityType", "DOMAIN", "verifiedForSendingStatus", false)),
				do(35, "ses:PutEmailIdentityMailFromAttributes", obj("emailIdentity", "news.lantern.example", "mailFromDomain", "bounce.news.lantern.example", "behaviorOnMxFailure", "USE_DEFAULT_VALUE"), ""))
		}
		return steps
	})
}
