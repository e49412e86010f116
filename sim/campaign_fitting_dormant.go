package sim

// Campaigns for fitting that begin with an identity that nobody has used for
// weeks, and so has no habits to break with.

// wokenKey is an old project's key from outside.
var wokenKey = campaign{
	name: "woken-key", half: Fitting, paces: []float64{0.4, 1, 10},
	title: "the leaked key of an abandoned project looks around and gives a database away",
	play: func(s *stage) {
		k := s.seizes(s.someone(mayWrite, "sleeper"), s.r.Chance(0.2))
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells())
		s.looks(k, 6, s.r.Between(3, 7), reconCalls...)
		snap := "copy-" + s.r.Hex(4)
		s.plays(k, discovery, do(8, "rds:DescribeDBSnapshots").tells(), do(12, "rds:DescribeDBInstances").tells())
		s.plays(k, exfiltration, do(30, "rds:CreateDBSnapshot", obj("dBSnapshotIdentifier", snap, "dBInstanceIdentifier", "orders"), obj("dBSnapshotIdentifier", snap, "dBInstanceIdentifier", "orders", "status", "creating")).key(),
			do(40, "rds:ModifyDBSnapshotAttribute", obj("dBSnapshotIdentifier", snap, "attributeName", "restore", "valuesToAdd", []string{s.stranger()}), obj("dBSnapshotIdentifier", snap)).last())
	},
}

// wokenOwner is a role with everything that nobody took for weeks.
var wokenOwner = campaign{
	name: "woken-owner", half: Fitting, paces: []float64{0.4, 1, 10},
	title: "a session of an administrator's role that lay unused makes a user with power and a key",
	play: func(s *stage) {
		k := s.seizes(s.someone(mayAnything, "role"), false)
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(7, "iam:ListUsers").tells(), do(9, "iam:ListPolicies").tells())
		s.looks(k, 8, s.r.Between(1, 6), reconCalls...)
		u := s.user(s.newName())
		s.plays(k, persistence, makesUser(20, u).key())
		s.plays(k, escalation, givesUser(7, u, adminPolicy).last())
		s.mints(k, 4, persistence, u)
		s.looks(signs(u, k.from), 20, 5, reconCalls...)
	},
}
