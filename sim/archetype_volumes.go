package sim

import "time"

// Work in bulk, work by proxy, and a drill. Sizes are invented, and small enough
// to be made for sixty accounts.

// download is many objects read, as data events.
func (w *World) download(h *hand, r *Rand, p *place, n int) {
	b := p.buckets[r.IntN(len(p.buckets))]
	for i := range n {
		h.call(call{name: "s3:GetObject", data: true, params: obj("bucketName", b, "Host", b+".s3."+p.home+".amazonaws.com", "key", "extract/part-"+itoa(i)+".parquet"), extra: s3Extra(r, 0, 400000+r.IntN(90000)),
			resources: list(obj("type", "AWS::S3::Object", "ARN", "arn:aws:s3:::"+b+"/extract/part-"+itoa(i)+".parquet"), obj("accountId", p.id, "type", "AWS::S3::Bucket", "ARN", "arn:aws:s3:::"+b))})
	}
}

var monthEnd = archetype{
	name: "month-end", half: Fitting, hard: true,
	about: "an analyst's key that reads hundreds of objects once a fortnight and a few on other days",
	join: func(w *World, p *place, r *Rand) routine {
		m := w.keyUser(p, r, "finance.close", mayRead, true, origin{ip: officeAddress, agent: agentBotoMac}, dataReads...)
		return func(r *Rand, day time.Time, d int) {
			if weekend(day) {
				return
			}
			h := w.atWork(m, r, officeHour(r, day), 0, 2)
			h.some(4, 0.02, m.calls)
			n := r.Between(3, 9)
			if d%14 == 10 {
				n = r.Between(150, 300)
			}
			w.download(h, r, p, n)
		}
	},
}

var researchPull = archetype{
	name: "research-pull", half: Measuring, hard: true,
	about: "a researcher of the directory who copies a data set to a laptop every three weeks",
	join: func(w *World, p *place, r *Rand) routine {
		e := w.person(p, r, "Research")
		return func(r *Rand, day time.Time, d int) {
			if weekend(day) {
				return
			}
			h := w.asPerson(e, r, e.address, e.cli, officeHour(r, day), 0, 3)
			h.some(r.Between(3, 8), 0.03, dataReads)
			if d%21 == 3 {
				w.download(h, r, p, r.Between(200, 350))
			}
		}
	},
}

var movingHouse = archetype{
	name: "moving-house", half: Fitting, hard: true,
	about: "a migration on one weekend in five: snapshots by the dozen, from a new network, with a program of its own",
	join: func(w *World, p *place, r *Rand) routine {
		m := w.keyUser(p, r, "migration", mayWrite, false, origin{ip: "192.0.2.93", agent: agentJava}, "ec2:DescribeVolumes", "rds:DescribeDBInstances")
		return func(r *Rand, day time.Time, d int) {
			if !weekend(day) {
				w.atWork(m, r, officeHour(r, day), 1, 9).does(m.calls...)
				return
			}
			if d/7%5 == 4 {
				x := m
				x.from = origin{ip: elsewhere(NewRand(w.o.Seed, "removal", itoa(d/7))), agent: agentBoto}
				h := w.atWork(x, r, day.Add(9*time.Hour), 1, 6)
				for range r.Between(40, 90) {
					h.does(r.Pick("ec2:CreateSnapshot", "ec2:DescribeSnapshots", "ec2:CreateTags", "rds:DescribeDBSnapshots"))
				}
			}
		}
	},
}

var cutoverNight = archetype{
	name: "cutover-night", half: Measuring, hard: true,
	about: "a replication service's role that copies databases and volumes for a weekend every six weeks",
	join: func(w *World, p *place, r *Rand) routine {
		m := w.machine(p, r, 5, "replicator", mayWrite, "ec2:DescribeVolumes", "kms:GenerateDataKey", "rds:DescribeDBSnapshots")
		return func(r *Rand, day time.Time, d int) {
			h := w.boots(m, r, day.Add(time.Duration(r.IntN(80000))*time.Second))
			h.some(r.Between(2, 5), 0.01, m.calls)
			if weekend(day) && d/7%6 == 3 {
				for range r.Between(60, 120) {
					h.does(r.Pick("ec2:CreateSnapshot", "ec2:DescribeSnapshots", "ec2:CreateTags"))
				}
			}
		}
	},
}

// Coding assistants work with an engineer's session, faster than the engineer.

var pairProgrammer = archetype{
	name: "pair-programmer", half: Fitting, hard: true,
	about: "a coding assistant in an engineer's shell: bursts of reads, and a deploy every fourth day",
	join: func(w *World, p *place, r *Rand) routine {
		e := w.person(p, r, "Builder")
		f := w.staff(p, r, []string{"preview-site"}, mayRead, "ssm:GetParameter")[0]
		return func(r *Rand, day time.Time, d int) {
			w.g.runs(r, p, f.role, f.resource, day.Add(time.Duration(r.IntN(80000))*time.Second)).does(f.calls...)
			if weekend(day) {
				return
			}
			h := w.asPerson(e, r, officeAddress, agentAssistant, officeHour(r, day), 0, 1)
			for range r.Between(2, 5) {
				h.some(r.Between(6, 18), 0.08, shellReads)
				h.now = h.now.Add(time.Duration(r.Between(60, 900)) * time.Second)
			}
			if d%4 == 1 {
				h.call(newCode(r, p, f.resource, f.role, 10, h.now))
			}
		}
	},
}

var reviewBot = archetype{
	name: "review-bot", half: Measuring, hard: true,
	about: "a coding assistant with a key of its own that reads logs, code and stacks on demand",
	join: func(w *World, p *place, r *Rand) routine {
		m := w.keyUser(p, r, "review-assistant", mayRead, true, origin{ip: officeVPN, agent: agentAssistant}, "lambda:GetFunction20150331v2", "logs:FilterLogEvents", "cloudformation:DescribeStacks", "lambda:ListFunctions20150331")
		return func(r *Rand, day time.Time, _ int) {
			if weekend(day) {
				return
			}
			for range r.Between(3, 7) {
				w.atWork(m, r, officeHour(r, day), 0, 1).some(r.Between(5, 20), 0.05, m.calls)
			}
		}
	},
}

// Drills are attacks that somebody ordered. The operator declares a window.

// drillDay is the day of a drill, counted from the first.
const drillDay = 26

// drill is the day of one who attacks on order.
func drill(w *World, m member, steps func(h *hand, r *Rand)) routine {
	w.drill = m.name
	return func(r *Rand, day time.Time, d int) {
		w.atWork(m, r, officeHour(r, day), 3, 40).does(m.calls...)
		if d == drillDay {
			h := w.atWork(m, r, day.Add(10*time.Hour), 1, 12)
			steps(h, r)
		}
	}
}

var redTeamDay = archetype{
	name: "red-team-day", half: Fitting, hard: true,
	about: "a red team's authorised half hour: recon, a key for another, and cleaning up",
	join: func(w *World, p *place, r *Rand) routine {
		m := w.keyUser(p, r, "red-team", mayIssue, false, origin{ip: officeAddress, agent: agentCLILinux}, "sts:GetCallerIdentity")
		return drill(w, m, func(h *hand, r *Rand) {
			h.does(scanned[:25]...)
			key := r.longKey()
			h.call(newKey("svc-reports", key, h.now))
			h.call(call{name: "iam:DeleteAccessKey", params: obj("userName", "svc-reports", "accessKeyId", key)})
		})
	},
}

var purpleExercise = archetype{
	name: "purple-exercise", half: Measuring, hard: true,
	about: "an authorised exercise: a user is made, given everything, and removed",
	join: func(w *World, p *place, r *Rand) routine {
		m := w.keyUser(p, r, "purple", mayIssue, false, origin{ip: officeVPN, agent: agentCLIMac}, "sts:GetCallerIdentity", "iam:ListUsers")
		return drill(w, m, func(h *hand, r *Rand) {
			h.some(20, 0.1, scanned)
			u := &user{h.place.id, "exercise-" + r.Hex(3), r.userID(), r.longKey()}
			h.call(newUser(u, h.now))
			h.call(call{name: "iam:AttachUserPolicy", params: obj("userName", u.name, "policyArn", adminPolicy)})
			h.call(call{name: "iam:DetachUserPolicy", params: obj("userName", u.name, "policyArn", adminPolicy)})
			h.call(call{name: "iam:DeleteUser", params: obj("userName", u.name)})
		})
	},
}
