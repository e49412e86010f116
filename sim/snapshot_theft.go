package sim

// snapshotTheft joins what Rapid7 (Crimson Collective, 2025) and Unit 42
// (SugarCRM cases, 2023) published: copies of databases and disks are made, and
// the copies leave. Calls are the write-ups'; the order where they give none,
// names and pace are ours.
var snapshotTheft = Scenario{
	Name: "snapshot-theft", Seed: 27, Start: "2025-09-24T20:14:11Z", History: 2,
	Title: "a leaked key makes an administrator, who copies databases and disks, shares and exports them, and writes to the owner",
	After: "Rapid7 (2025), Unit 42 (2023)",
	play: func(s *stage) {
		owner := s.user("ci-artifacts")
		s.daily(signs(owner, origin{ip: "192.0.2.67", agent: agentBoto}), 15, true, always(
			do(0, "sts:GetCallerIdentity"), do(2, "ecr:GetAuthorizationToken"), do(3, "s3:ListBuckets"), do(4, "ecr:DescribeImages")))
		s.databaseDesk()

		k := signs(owner, s.outside(agentCLILinux))
		u := s.user("svc-metrics")
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity"))
		s.plays(k, persistence, makesUser(14, u).key(), setsPassword(3, "CreateLoginProfile", u).key())
		s.mints(k, 2, persistence, u, step.key)
		s.plays(k, escalation, givesUser(3, u, adminPolicy).last())

		n := signs(u, s.outside(agentCLILinux))
		s.pause(4)
		s.plays(n, discovery, do(0, "sts:GetCallerIdentity"), do(3, "iam:SimulatePrincipalPolicy", obj("policySourceArn", u.arn(), "actionNames", []string{"rds:CreateDBSnapshot", "ec2:CreateSnapshot", "ses:SendEmail"})))
		s.plays(n, discovery, reads(2, "ec2:DescribeInstances", "ec2:DescribeVolumes", "ec2:DescribeSnapshots", "ec2:DescribeImages", "ec2:DescribeVpcs", "ec2:DescribeSecurityGroups",
			"ec2:DescribeSubnets", "ec2:DescribeAddresses", "ec2:DescribeKeyPairs", "rds:DescribeDBInstances", "rds:DescribeDBSnapshots", "rds:DescribeDBClusters",
			"elasticloadbalancing:DescribeLoadBalancers", "route53:ListHostedZones", "ce:GetCostAndUsage", "health:DescribeEventAggregates", "ses:GetSendQuota", "ses:ListIdentities",
			"sns:ListTopics", "sns:GetSMSAttributes", "s3:ListBuckets", "s3:GetBucketLocation", "organizations:DescribeOrganization")...)

		// The database: a password of its own, a copy, and two ways out.
		db, outside := s.main.dbs[5], s.r.account()
		s.plays(n, collection,
			do(60, "rds:ModifyDBInstance", obj("dBInstanceIdentifier", db, "masterUserPassword", "****", "applyImmediately", true, "allowMajorVersionUpgrade", false),
				obj("dBInstanceIdentifier", db, "dBInstanceStatus", "available", "engine", "postgres", "pendingModifiedValues", obj("masterUserPassword", "****"))).key(),
			s.snapshotOf(20, db, db+"-copy").key())
		s.pause(7)
		s.plays(n, exfiltration,
			do(0, "rds:ModifyDBSnapshotAttribute", obj("dBSnapshotIdentifier", db+"-copy", "attributeName", "restore", "valuesToAdd", []string{outside}),
				obj("dBSnapshotIdentifier", db+"-copy", "dBSnapshotAttributes", list(obj("attributeName", "restore", "attributeValues", []string{outside})))).key(),
			do(40, "rds:StartExportTask", obj("exportTaskIdentifier", "export-"+s.r.Hex(6), "sourceArn", s.main.arn("rds", "snapshot:"+db+"-copy"), "s3BucketName", s.main.buckets[9],
				"iamRoleArn", "arn:aws:iam::"+s.main.id+":role/rds-export", "kmsKeyId", s.main.arn("kms", "key/"+s.main.kms[0])),
				obj("exportTaskIdentifier", "export", "sourceArn", s.main.arn("rds", "snapshot:"+db+"-copy"), "s3Bucket", s.main.buckets[9], "status", "STARTING", "percentProgress", 0)).key())

		// The disks: a copy, attached to a machine that the intruder can enter.
		machine, volume, snapshot, group := "i-0"+s.r.Hex(16), "vol-0"+s.r.Hex(16), "snap-0"+s.r.Hex(16), "sg-0"+s.r.Hex(16)
		s.plays(n, collection,
			do(50, "ec2:CreateSnapshot", obj("volumeId", s.main.volumes[3]), obj("requestId", s.r.UUID(), "snapshotId", snapshot, "volumeId", s.main.volumes[3], "status", "pending", "ownerId", s.main.id, "encrypted", false)).key(),
			do(15, "ec2:CreateImage", obj("instanceId", s.main.machines[3], "name", "copy-"+s.r.Hex(4), "noReboot", true), obj("requestId", s.r.UUID(), "imageId", "ami-0"+s.r.Hex(16))).key())
		s.plays(n, persistence, s.importsKey(9, "metrics").key())
		s.plays(n, evasion,
			do(5, "ec2:CreateSecurityGroup", obj("groupName", "metrics", "groupDescription", "metrics", "vpcId", s.main.vpc), obj("requestId", s.r.UUID(), "_return", true, "groupId", group)))
		open := openPort(s.r, s.main, group, 22, 22, "0.0.0.0/0")
		s.plays(n, evasion, do(3, open.name, open.params, open.result))
		s.plays(n, collection,
			s.launches(12, "m5.xlarge", machine, "metrics"),
			do(35, "ec2:CreateVolume", obj("size", "100", "snapshotId", snapshot, "zone", s.main.home+"a"), obj("requestId", s.r.UUID(), "volumeId", volume, "size", "100", "snapshotId", snapshot, "status", "creating")),
			do(20, "ec2:AttachVolume", obj("volumeId", volume, "instanceId", machine, "device", "/dev/sdf", "deleteOnTermination", false), obj("requestId", s.r.UUID(), "volumeId", volume, "instanceId", machine, "status", "attaching")))
		s.plays(n, credentials, many(3, step.key, func(i int) step { return do(2, "ec2:GetPasswordData", obj("instanceId", s.main.machines[i])) })...)

		// In the browser for a look at the rest, objects, and a letter.
		web := s.passwordConsole(u, 120, s.outside(agentBrowserWin))
		s.plays(web, discovery, reads(6, "organizations:DescribeOrganization", "organizations:ListAccounts", "iam:ListUsers", "ce:GetCostAndUsage")...)
		s.plays(n, exfiltration, many(15, step.key, func(i int) step {
			return s.onObject(1, "s3:GetObject", s.main.buckets[9], "exports/"+itoa(i)+".parquet", 0, 500000+s.r.IntN(100000))
		})...)
		s.plays(n, impact, s.sends(45, "alerts@lantern.example").key(), s.sends(6, "alerts@lantern.example"))
	},
}

// databaseDesk is who copies databases for a living: a snapshot before a change,
// and one shared with the organisation's own second account.
func (s *stage) databaseDesk() {
	dba := signs(s.user("bruno.data"), origin{ip: officeAddress, agent: agentCLILinux})
	s.daily(dba, 12, true, func(day int) []step {
		name := "before-change-" + itoa(day)
		steps := []step{do(0, "rds:DescribeDBInstances"), do(9, "rds:DescribeDBSnapshots"), s.snapshotOf(20, s.main.dbs[2], name)}
		if day == 1 {
			steps = append(steps, do(400, "rds:ModifyDBSnapshotAttribute", obj("dBSnapshotIdentifier", name, "attributeName", "restore", "valuesToAdd", []string{s.g.places[1].id}),
				obj("dBSnapshotIdentifier", name, "dBSnapshotAttributes", list(obj("attributeName", "restore", "attributeValues", []string{s.g.places[1].id})))))
		}
		return steps
	})
}
