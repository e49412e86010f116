package sim

// keyToAdministrator: a leaked key that may change identities looks around,
// tries what it can, and attaches the administrator's policy to itself.
var keyToAdministrator = campaign{
	name: "key-to-administrator", half: Fitting,
	title: "a leaked key that manages identities makes itself administrator",
	paces: []float64{0.2, 1, 10},
	play: func(s *stage) {
		m := s.someone(mayIssue, "key")
		k := signs(m.user, s.outside(s.r.Pick(agentBoto, agentCLILinux)))
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells())
		s.plays(k, discovery, s.shuffled(reads(4, "iam:ListUsers", "iam:ListRoles", "iam:ListPolicies", "iam:GetAccountSummary", "s3:ListBuckets", "lambda:ListFunctions20150331"))...)
		s.plays(k, discovery, do(20, "iam:ListAttachedUserPolicies", obj("userName", m.user.name)).tells(), do(15, "iam:ListGroupsForUser", obj("userName", m.user.name)).tells())
		s.plays(k, escalation, givesUser(30, m.user, adminPolicy).last())
		b := s.user(s.r.Pick("svc-support", "ops-sync", "monitor-agent") + "-" + s.r.Hex(2))
		s.plays(k, persistence, makesUser(20, b).key(), givesUser(6, b, adminPolicy).key())
		s.mints(k, 5, persistence, b)
	},
}
