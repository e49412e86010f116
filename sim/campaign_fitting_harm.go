package sim

import "time"

// Campaigns for fitting that end in harm rather than in power, and one more way
// to power.

// containerWithRole runs a container with a role that is more than the caller.
var containerWithRole = campaign{
	name: "container-with-role", half: Fitting, paces: []float64{0.3, 1, 8},
	title: "a stolen session starts a task that has an owner's role, and the task makes a key",
	play: func(s *stage) {
		m, f, a := s.someone(mayWrite, "person", "key"), s.someone(mayAnything, "role"), s.someone(mayAnything, "key")
		k := s.seizes(m, false)
		s.main = f.place
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(6, "ecs:ListClusters").tells(), do(9, "iam:ListRoles").tells(), do(14, "iam:GetRole", obj("roleName", f.role.name)).tells())
		s.looks(k, 5, 4, reconCalls...)
		family, id := s.newName(), s.r.Hex(32) // a task's session is named by the task's id
		arn := s.main.arn("ecs", "task-definition/"+family+":1")
		s.plays(k, escalation, do(25, "ecs:RegisterTaskDefinition", obj("family", family, "taskRoleArn", f.role.arn(), "requiresCompatibilities", []string{"FARGATE"},
			"containerDefinitions", list(obj("name", "job", "image", "registry.example/job:1", "essential", true))),
			obj("taskDefinition", obj("taskDefinitionArn", arn, "family", family, "revision", 1, "status", "ACTIVE", "taskRoleArn", f.role.arn()))).key(),
			do(10, "ecs:RunTask", obj("cluster", s.main.clusters[1], "taskDefinition", family+":1", "launchType", "FARGATE", "count", 1),
				obj("tasks", list(obj("taskArn", s.main.arn("ecs", "task/"+s.main.clusters[1]+"/"+id), "taskDefinitionArn", arn, "lastStatus", "PROVISIONING")))).key())
		h, t := given(s.g.rec, s.r, s.main, f.role, "ecs-tasks", id, "", s.now.Add(40*time.Second))
		s.now = h.now
		in := holds(t, origin{ip: awsAddress(s.r), agent: agentBoto})
		taken := &user{a.user.account, a.user.name, a.user.id, s.r.longKey()}
		s.plays(in, discovery, do(3, "iam:ListUsers"))
		s.mints(in, 4, credentials, taken, step.last)
		s.looks(signs(taken, k.from), 30, 6, reconCalls...)
	},
}

// bucketGivenAway opens a bucket by its policy, or copies it by replication.
var bucketGivenAway = campaign{
	name: "bucket-given-away", half: Fitting, paces: []float64{0.5, 1, 6},
	title: "a leaked key lets another account read a bucket, or copies it there",
	play: func(s *stage) {
		m := s.someone(mayWrite, "key", "person")
		k := s.seizes(m, false)
		b, account := s.main.buckets[s.r.IntN(len(s.main.buckets))], s.stranger()
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(5, "s3:ListBuckets"), s.onBucket(6, "s3:GetBucketPolicy", b, "policy", "").tells(), s.onBucket(9, "s3:GetBucketAcl", b, "acl", "").tells())
		if s.r.Chance(0.5) {
			s.plays(k, exfiltration, s.onBucket(25, "s3:PutBucketPolicy", b, "policy", "", "bucketPolicy", obj("Version", "2012-10-17",
				"Statement", list(obj("Effect", "Allow", "Principal", obj("AWS", "arn:aws:iam::"+account+":root"), "Action", "s3:GetObject", "Resource", "arn:aws:s3:::"+b+"/*")))).last())
			return
		}
		s.plays(k, exfiltration, s.onBucket(25, "s3:PutBucketReplication", b, "replication", "", "ReplicationConfiguration", obj("Role", "arn:aws:iam::"+s.main.id+":role/replication",
			"Rule", obj("ID", "r", "Status", "Enabled", "Destination", obj("Bucket", "arn:aws:s3:::x-"+s.r.Hex(8), "Account", account)))).last())
	},
}

// diggers launch the largest machines there are.
var diggers = campaign{
	name: "diggers", half: Fitting, paces: []float64{0.5, 1, 3},
	title: "a stolen machine's role launches machines with many processors in several regions",
	play: func(s *stage) {
		m := s.someone(mayWrite, "instance", "key")
		k := s.seizes(m, false)
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(5, "ec2:DescribeRegions").tells(), do(6, "servicequotas:ListServiceQuotas", obj("serviceCode", "ec2")).tells(),
			do(4, "ec2:DescribeImages").tells(), do(3, "ec2:DescribeKeyPairs"))
		for i := range s.r.Between(3, 8) {
			st := s.launches(14, s.r.Pick("p4d.24xlarge", "g5.48xlarge", "c6i.32xlarge"), "i-0"+s.r.Hex(16), "none").in(s.r.Pick("us-east-1", "us-west-2", "eu-west-1"))
			if i == 0 {
				st = st.last()
			}
			s.plays(k, impact, st)
		}
	},
}

// wiper empties buckets after it took away what protects them.
var wiper = campaign{
	name: "wiper", half: Fitting, paces: []float64{0.5, 1, 3},
	title: "a leaked key switches versions off and deletes objects",
	play: func(s *stage) {
		m := s.someone(mayWrite, "key")
		k := s.seizes(m, false)
		b := s.main.buckets[s.r.IntN(len(s.main.buckets))]
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(4, "s3:ListBuckets"), s.onBucket(9, "s3:GetBucketVersioning", b, "versioning", "").tells(), s.listsObjects(5, b, 30000))
		s.plays(k, evasion, s.onBucket(14, "s3:PutBucketVersioning", b, "versioning", "", "VersioningConfiguration", obj("Status", "Suspended")).key(),
			s.onBucket(6, "s3:DeleteBucketLifecycle", b, "lifecycle", "").tells())
		gone := func(i int) step { return s.onObject(0, "s3:DeleteObject", b, "part-"+itoa(i), 0, 0) }
		s.plays(k, impact, gone(0).last())
		s.burst(k, impact, 90, many(s.r.Between(60, 120), nil, func(i int) step { return gone(i + 1) })...)
	},
}
