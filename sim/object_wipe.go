package sim

// objectWipe follows Invictus' "Ransomware in the cloud": a user is made, the
// memory of a bucket is switched off, its objects are taken and deleted, and a
// note is left. Order and calls are the write-up's, numbers and names ours.
var objectWipe = Scenario{
	Name: "object-wipe", Seed: 26, Start: "2025-03-20T01:12:09Z", History: 2,
	Title: "a leaked key makes a user who switches a bucket's versions off, copies its objects out and deletes them",
	After: "Invictus",
	play: func(s *stage) {
		owner := s.user("iam-sync-job")
		bucket := s.main.buckets[1]
		object := func(i int) string { return "invoices/2025/" + itoa(20000+i) + ".pdf" }
		s.daily(signs(owner, origin{ip: "192.0.2.66", agent: agentBoto}), 4, false, always(
			do(0, "sts:GetCallerIdentity"), do(2, "iam:ListUsers"), do(3, "iam:ListGroups"), do(3, "s3:ListBuckets")))
		s.cleansUp(s.main.buckets[7])

		k := signs(owner, s.outside(agentCLILinux))
		u := s.user("backup-svc")
		s.plays(k, discovery, append(reads(4, "sts:GetCallerIdentity", "iam:ListUsers"),
			do(3, "iam:ListAccessKeys", obj("userName", owner.name)),
			do(3, "iam:ListAccessKeys", obj("userName", s.g.admin.name)),
			do(9, "s3:ListBuckets"))...)
		s.plays(k, persistence, makesUser(30, u).key())
		s.mints(k, 3, persistence, u, step.key)
		s.plays(k, escalation, givesUser(4, u, "arn:aws:iam::aws:policy/AmazonS3FullAccess").key())

		n := signs(u, s.outside(agentCLILinux))
		s.pause(2)
		s.plays(n, discovery, append(reads(3, "sts:GetCallerIdentity", "s3:ListBuckets"), many(4, nil, func(i int) step {
			return s.onBucket(2, "s3:GetBucketVersioning", s.main.buckets[i], "versioning", "")
		})...)...)
		s.plays(n, impact, s.onBucket(20, "s3:PutBucketVersioning", bucket, "versioning", "", "VersioningConfiguration",
			obj("xmlns", "http://s3.amazonaws.com/doc/2006-03-01/", "Status", "Suspended")).key())
		s.plays(n, discovery, s.listsObjects(8, bucket, 40000))
		s.burst(n, exfiltration, 95, many(90, step.key, func(i int) step { return s.onObject(0, "s3:GetObject", bucket, object(i), 0, 80000+s.r.IntN(40000)) })...)
		s.burst(n, impact, 18, many(90, step.last, func(i int) step { return s.onObject(0, "s3:DeleteObject", bucket, object(i), 0, 0) })...)
		s.plays(n, impact, s.onObject(5, "s3:PutObject", bucket, "how-to-get-your-files.txt", 900, 0).key())
	},
}

// cleansUp is the organisation's own deleting: a function that clears a folder
// of temporary files every night.
func (s *stage) cleansUp(bucket string) {
	s.works("scratch-cleaner", []int{3}, many(8, nil, func(i int) step {
		return s.onObject(1, "s3:DeleteObject", bucket, "scratch/"+itoa(i)+".tmp", 0, 0)
	})...)
}
