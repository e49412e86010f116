package sim

// agentMistake is a control: a developer's coding assistant deletes a database
// and its backups in nine seconds, with a key that it found and nobody meant it
// to have (an accident of April 2026 that its owners told). Nobody broke in. What
// was lost must be shown; whose it was must be shown too.
var agentMistake = Scenario{
	Name: "agent-mistake", Seed: 33, Start: "2026-04-21T14:20:36Z", History: 2,
	Title:    "a coding assistant deletes the production database and its backups in nine seconds; no stranger has part in it",
	After:    "its owners (2026)",
	Harmless: "the key is the developer's own service key, used by the developer's own assistant from the office; nobody else acts",
	play: func(s *stage) {
		owner := s.user("svc-data-migrate")
		db := s.main.dbs[0]
		// What the key is for: migrations, by the same developer from the same desk.
		s.daily(signs(owner, origin{ip: officeAddress, agent: agentCLILinux}), 11, true, func(day int) []step {
			return []step{do(0, "sts:GetCallerIdentity"), do(8, "rds:DescribeDBInstances"), do(12, "rds:DescribeDBSnapshots"), s.snapshotOf(20, db, "before-migration-"+itoa(day)),
				do(240, "rds:ModifyDBInstance", obj("dBInstanceIdentifier", db, "backupRetentionPeriod", 7, "applyImmediately", true), obj("dBInstanceIdentifier", db, "dBInstanceStatus", "available", "engine", "postgres"))}
		})

		// A task in staging that fails; the assistant finds a key that "works".
		assistant := signs(owner, origin{ip: officeAddress, agent: agentAssistant})
		s.plays(assistant, discovery, do(0, "sts:GetCallerIdentity"), do(3, "rds:DescribeDBInstances"), do(4, "rds:DescribeDBSnapshots"), do(2, "rds:DescribeDBClusters"))
		s.pause(1)
		deletes := []step{
			do(0, "rds:ModifyDBInstance", obj("dBInstanceIdentifier", db, "deletionProtection", false, "applyImmediately", true),
				obj("dBInstanceIdentifier", db, "dBInstanceStatus", "available", "engine", "postgres", "deletionProtection", false)).key(),
			do(0, "rds:DeleteDBInstance", obj("dBInstanceIdentifier", db, "skipFinalSnapshot", true, "deleteAutomatedBackups", true),
				obj("dBInstanceIdentifier", db, "dBInstanceStatus", "deleting", "engine", "postgres")).last(),
		}
		for i := range 4 {
			name := "before-migration-" + itoa(i)
			st := do(0, "rds:DeleteDBSnapshot", obj("dBSnapshotIdentifier", name), obj("dBSnapshotIdentifier", name, "dBInstanceIdentifier", db, "status", "deleted"))
			if i == 0 {
				st = st.key()
			}
			deletes = append(deletes, st)
		}
		deletes = append(deletes, do(0, "backup:DeleteRecoveryPoint", obj("backupVaultName", "nightly", "recoveryPointArn", s.main.arn("rds", "snapshot:awsbackup:job-"+s.r.UUID())), ""))
		s.burst(assistant, impact, 9, deletes...)
		s.plays(assistant, discovery, do(6, "rds:DescribeDBInstances"), do(4, "rds:DescribeDBSnapshots"))

		// The developer sees it, and tries to get it back.
		s.pause(4)
		s.defends(
			do(0, "rds:DescribeDBInstances"), do(9, "rds:DescribeDBSnapshots"),
			do(30, "rds:RestoreDBInstanceToPointInTime", obj("sourceDBInstanceIdentifier", db, "targetDBInstanceIdentifier", db+"-restored", "useLatestRestorableTime", true), "").
				failing("DBInstanceNotFound", "DBInstance "+db+" not found."))
	},
}
