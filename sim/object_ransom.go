package sim

// objectRansom follows what Halcyon published in January 2025: a leaked key that
// may read and write objects writes them anew under a key that only the intruder
// has, and sets them to be deleted within a week. The trail records the bucket's
// data events; in a default trail all but the lifecycle rule would be unseen.
var objectRansom = Scenario{
	Name: "object-ransom", Seed: 25, Start: "2025-01-14T04:33:18Z", History: 3,
	Title: "a leaked key locks a bucket's objects with the intruder's own key and sets them to be deleted in seven days",
	After: "Halcyon (2025)",
	play: func(s *stage) {
		owner := s.user("svc-media-export")
		bucket := s.main.buckets[8]
		object := func(i int) string { return "originals/2024/" + trades[i%len(trades)] + "-" + itoa(1000+i) + ".tif" }
		s.daily(signs(owner, origin{ip: "192.0.2.65", agent: agentBoto}), 21, false, func(day int) []step {
			return many(6, nil, func(i int) step { return s.onObject(3, "s3:PutObject", bucket, object(500+10*day+i), 400000, 0) })
		})
		s.copiesToArchive(bucket)

		k := signs(owner, s.outside(agentBoto))
		s.plays(k, discovery,
			do(0, "sts:GetCallerIdentity"),
			do(3, "s3:ListBuckets"),
			do(4, "iam:ListUsers").denied("arn:aws:iam::"+s.main.id+":user/"),
			s.onBucket(3, "s3:GetBucketVersioning", bucket, "versioning", ""),
			s.onBucket(2, "s3:GetBucketLocation", bucket, "location", ""),
			s.listsObjects(3, bucket, 60000))
		s.pause(3)
		s.plays(k, exfiltration, many(12, nil, func(i int) step { return s.onObject(1, "s3:GetObject", bucket, object(i), 0, 400000+s.r.IntN(90000)) })...)
		s.pause(1)
		s.burst(k, impact, 70, many(110, step.last, func(i int) step {
			st := s.onObject(0, "s3:CopyObject", bucket, object(i), 0, 300, "x-amz-copy-source", bucket+"/"+object(i), "x-amz-server-side-encryption-customer-algorithm", "AES256")
			st.call.extra = obj("SignatureVersion", "SigV4", "CipherSuite", "TLS_AES_128_GCM_SHA256", "bytesTransferredIn", 0, "AuthenticationMethod", "AuthHeader",
				"x-amz-id-2", s.r.Text(tokenLetter, 75)+"=", "bytesTransferredOut", 300, "SSEApplied", "SSE_C")
			return st
		})...)
		s.plays(k, impact,
			s.onBucket(25, "s3:PutBucketLifecycle", bucket, "lifecycle", "", "LifecycleConfiguration", obj("xmlns", "http://s3.amazonaws.com/doc/2006-03-01/",
				"Rule", obj("ID", "expire", "Status", "Enabled", "Filter", obj("Prefix", ""), "Expiration", obj("Days", 7)))).key(),
			s.onObject(4, "s3:PutObject", bucket, "READ_ME_TO_RECOVER.txt", 1400, 0).key(),
			s.onObject(1, "s3:PutObject", bucket, "originals/READ_ME_TO_RECOVER.txt", 1400, 0))
	},
}

// copiesToArchive is the organisation's own copying: a nightly function that
// copies the day's objects, encrypted with the organisation's key, and a rule
// that lets the archive go after a year.
func (s *stage) copiesToArchive(bucket string) {
	archive := s.main.buckets[3]
	var steps []step
	for i := range 8 {
		key := "originals/2024/" + trades[i%len(trades)] + "-" + itoa(490+i) + ".tif"
		steps = append(steps, s.onObject(1, "s3:CopyObject", archive, key, 0, 300, "x-amz-copy-source", bucket+"/"+key, "x-amz-server-side-encryption", "aws:kms"))
	}
	s.works("media-archive", []int{23}, steps...)
	ops := signs(s.user("viktor.store"), origin{ip: officeAddress, agent: agentCLILinux})
	s.daily(ops, 13, true, func(day int) []step {
		if day != 1 {
			return []step{s.onBucket(0, "s3:GetBucketLifecycle", archive, "lifecycle", "")}
		}
		return []step{s.onBucket(0, "s3:GetBucketLifecycle", archive, "lifecycle", ""),
			s.onBucket(50, "s3:PutBucketLifecycle", archive, "lifecycle", "", "LifecycleConfiguration", obj("xmlns", "http://s3.amazonaws.com/doc/2006-03-01/",
				"Rule", obj("ID", "archive", "Status", "Enabled", "Filter", obj("Prefix", ""), "Expiration", obj("Days", 365))))}
	})
}
