package sim

// returningVisitor follows Datadog's "Tales from the cloud trenches: the
// unwanted visitor" (2024): before the key is turned off, a role is made that an
// outside account may take, and that is how the visitor comes back. The idea and
// the calls are the write-up's; days, names and the defenders' part are ours.
var returningVisitor = Scenario{
	Name: "returning-visitor", Seed: 28, Start: "2024-08-06T13:22:08Z", History: 1, Days: 3,
	Title: "the key is rotated and the new user deleted, and the visitor comes back by a role that trusts an outside account",
	After: "Datadog (2024)",
	play: func(s *stage) {
		owner := s.user("web-deployer")
		s.daily(signs(owner, origin{ip: "192.0.2.68", agent: agentBoto}), 9, false, func(day int) []step {
			if day > 1 { // its key is another one by then
				return nil
			}
			return []step{do(0, "sts:GetCallerIdentity"), do(3, "s3:ListBuckets"), do(5, "lambda:GetFunction20150331v2"), do(4, "iam:GetRole")}
		})
		s.partnersRole()

		k := signs(owner, s.outside(agentCLILinux))
		s.plays(k, discovery,
			do(0, "sts:GetCallerIdentity"), do(4, "ses:GetSendQuota"), do(3, "ses:ListIdentities"), do(6, "iam:ListUsers"), do(5, "iam:ListRoles"))
		u, ro, account := s.user("s3-sync"), s.role("support-portal"), s.r.account()
		s.plays(k, persistence, makesUser(40, u).key())
		s.mints(k, 3, persistence, u)
		s.plays(k, escalation, givesUser(4, u, adminPolicy).key())
		s.plays(k, persistence,
			makesRole(35, ro, trusts("AWS", "arn:aws:iam::"+account+":root")).key(),
			givesRole(4, ro, adminPolicy).last())
		n := signs(u, s.outside(agentCLILinux))
		s.plays(n, discovery, do(50, "sts:GetCallerIdentity"), do(5, "ses:GetAccount"), do(8, "iam:GetAccountSummary"))

		// The defenders do what the runbook says.
		s.pause(74)
		fresh := user{owner.account, owner.name, owner.id, s.r.longKey()}
		key := newKey(fresh.name, fresh.key, s.now)
		s.defends(
			do(0, "iam:ListAccessKeys", obj("userName", owner.name)),
			do(5, "iam:UpdateAccessKey", obj("userName", owner.name, "accessKeyId", owner.key, "status", "Inactive"), ""),
			do(20, "iam:CreateAccessKey", key.params, key.result),
			do(120, "iam:DeleteAccessKey", obj("userName", u.name, "accessKeyId", u.key), ""),
			do(6, "iam:DetachUserPolicy", obj("userName", u.name, "policyArn", adminPolicy), ""),
			do(4, "iam:DeleteUser", obj("userName", u.name), ""))

		// A day and a half later he is back, with nobody's key.
		s.pause(36 * 60)
		stranger := "AIDA" + s.r.Text(idLetters, 17)
		in := s.entersFromOutside(account, stranger, 0, ro, "portal", s.outside(agentCLILinux))
		s.plays(in, discovery, do(4, "sts:GetCallerIdentity"), do(5, "ses:GetAccount"), do(5, "ses:ListEmailIdentities"), do(7, "iam:ListUsers"))
		s.plays(in, resources,
			do(60, "ses:CreateEmailIdentity", obj("emailIdentity", "lantern-billing.example"), obj("identityType", "DOMAIN", "verifiedForSendingStatus", false)).key(),
			do(5, "ses:PutEmailIdentityMailFromAttributes", obj("emailIdentity", "lantern-billing.example", "mailFromDomain", "m.lantern-billing.example"), ""))
		s.pause(190)
		web := s.switchesInto(account, "portal-admin", 0, ro, "portal-admin", s.outside(agentBrowserWin))
		s.plays(web, discovery, do(9, "ses:GetAccount"), do(6, "ses:ListEmailIdentities"))
		s.plays(web, resources, do(40, "ses:PutAccountDetails", obj("mailType", "TRANSACTIONAL", "websiteURL", "https://lantern-billing.example", "productionAccessEnabled", true), ""))
		s.pause(100)
		in = s.entersFromOutside(account, stranger, 0, ro, "portal", s.outside(agentBoto))
		s.plays(in, impact, many(20, step.key, func(int) step { return s.sends(2, "pay@lantern-billing.example") })...)
	},
}

// partnersRole is the organisation's own role for an outside account: made with
// an external id, and used every day.
func (s *stage) partnersRole() {
	lead := signs(s.user("sofia.lead"), origin{ip: officeAddress, agent: agentCLIMac})
	s.daily(lead, 10, true, func(day int) []step {
		if day != 0 {
			return []step{do(0, "iam:ListRoles")}
		}
		return []step{do(0, "iam:ListRoles"), do(20, "iam:UpdateAssumeRolePolicy", obj("roleName", s.g.roles[4].name, "policyDocument",
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::`+s.g.partner+`:root"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"lantern-support"}}}]}`), "")}
	})
}
