package sim

import "time"

// Users with long-term keys: what they read daily is invented; that such users
// are narrow and regular is what real ones are like.

// keyUser sets a user with a key up and enrols it.
func (w *World) keyUser(p *place, r *Rand, name string, may power, busy bool, from origin, calls ...string) member {
	u := &user{p.id, name + "-" + r.Hex(2), r.userID(), r.longKey()}
	m := member{kind: "key", name: u.name, place: p, user: u, from: from, may: may, busy: busy, calls: calls}
	w.enrol(m)
	return m
}

// atWork is a key holder's hand at a moment.
func (w *World) atWork(m member, r *Rand, at time.Time, pauseMin, pauseMax int) *hand {
	return &hand{rec: w.g.rec, r: r, place: m.place, who: byKey(m.user), from: m.from, now: at, pauseMin: pauseMin, pauseMax: pauseMax}
}

// nightlyExports are scripts with keys: one that reads, one that writes.
var nightlyExports = archetype{
	name: "nightly-exports", half: Fitting, everywhere: true,
	about: "scripts with keys that read buckets and parameters at night and write by day",
	join: func(w *World, p *place, r *Rand) routine {
		read := w.keyUser(p, r, "svc-export", mayRead, false, origin{ip: "192.0.2." + itoa(70+r.IntN(20)), agent: agentBoto}, "s3:ListBuckets", "s3:GetBucketLocation", "ssm:GetParameter")
		write := w.keyUser(p, r, "svc-publish", mayWrite, true, origin{ip: "192.0.2." + itoa(70+r.IntN(20)), agent: agentJava}, "s3:ListBuckets", "ec2:DescribeInstances", "ec2:CreateTags", "lambda:GetFunction20150331v2")
		return func(r *Rand, day time.Time, _ int) {
			w.atWork(read, r, day.Add(time.Hour+time.Duration(r.IntN(1200))*time.Second), 1, 4).some(r.Between(4, 8), 0.01, read.calls)
			for hour := 8; hour < 20; hour += 3 {
				w.atWork(write, r, day.Add(time.Duration(hour)*time.Hour+time.Duration(r.IntN(3000))*time.Second), 1, 9).some(r.Between(2, 5), 0.02, write.calls)
			}
		}
	},
}

// analystLaptops are people with keys on laptops: one reads data, one deploys.
var analystLaptops = archetype{
	name: "analyst-laptops", half: Measuring, everywhere: true,
	about: "people who use keys from their laptops on working days",
	join: func(w *World, p *place, r *Rand) routine {
		read := w.keyUser(p, r, firstNames[r.IntN(len(firstNames))]+".data", mayRead, true, origin{ip: officeAddress, agent: agentBotoMac}, dataReads...)
		write := w.keyUser(p, r, firstNames[r.IntN(len(firstNames))]+".app", mayWrite, true, origin{ip: officeVPN, agent: agentCLILinux},
			"lambda:ListFunctions20150331", "lambda:GetFunction20150331v2", "ec2:DescribeInstances", "s3:ListBuckets", "logs:FilterLogEvents", "sts:GetCallerIdentity")
		return func(r *Rand, day time.Time, _ int) {
			if weekend(day) {
				return
			}
			read, write := read, write
			if r.Chance(0.06) { // on a journey
				read.from.ip, write.from.ip = travelIP(r), travelIP(r)
			}
			for range r.Between(1, 3) {
				w.atWork(read, r, officeHour(r, day), 3, 90).some(r.Between(3, 8), 0.03, read.calls)
			}
			if r.Chance(0.8) {
				w.atWork(write, r, officeHour(r, day), 3, 60).some(r.Between(3, 9), 0.04, write.calls)
			}
		}
	},
}

// directoryScripts are the keys of those who look after identities.
var directoryScripts = archetype{
	name: "directory-scripts", half: Measuring, hard: true,
	about: "an administrator's key and a provisioning key that attach policies and make users on working days",
	join: func(w *World, p *place, r *Rand) routine {
		desk := w.keyUser(p, r, "people-desk", mayIssue, true, origin{ip: "192.0.2.33", agent: agentCLILinux}, "iam:ListUsers", "iam:ListGroups", "iam:GetRole")
		admin := w.keyUser(p, r, firstNames[r.IntN(len(firstNames))]+".cloud", mayAnything, true, origin{ip: officeAddress, agent: agentCLIMac}, "iam:ListRoles", "iam:GetPolicy", "ec2:DescribeInstances", "cloudtrail:DescribeTrails")
		return func(r *Rand, day time.Time, d int) {
			if weekend(day) {
				return
			}
			h := w.atWork(desk, r, officeHour(r, day), 2, 20)
			h.some(3, 0, desk.calls)
			if d%3 == 0 {
				u := &user{account: p.id, name: "new." + r.Text(lowerHex[10:], 5), id: r.userID()}
				h.call(newUser(u, h.now))
				h.call(call{name: "iam:AddUserToGroup", params: obj("userName", u.name, "groupName", "staff")})
			}
			h = w.atWork(admin, r, officeHour(r, day), 3, 60)
			h.some(r.Between(4, 8), 0.02, admin.calls)
			h.call(call{name: "iam:AttachRolePolicy", params: obj("roleName", trades[d%len(trades)]+"-role", "policyArn", "arn:aws:iam::"+p.id+":policy/"+trades[(d+3)%len(trades)]+"-access")})
		}
	},
}

// platformOwners are the same for the other half: an owner with everything.
var platformOwners = archetype{
	name: "platform-owners", half: Fitting, hard: true,
	about: "an administrator with a key who changes roles and policies most days",
	join: func(w *World, p *place, r *Rand) routine {
		admin := w.keyUser(p, r, firstNames[r.IntN(len(firstNames))]+".platform", mayAnything, true, origin{ip: officeVPN, agent: agentCLILinux}, "iam:ListUsers", "iam:ListPolicies", "s3:ListBuckets", "ec2:DescribeVpcs")
		return func(r *Rand, day time.Time, d int) {
			if weekend(day) || r.Chance(0.2) {
				return
			}
			h := w.atWork(admin, r, officeHour(r, day), 3, 60)
			h.some(r.Between(4, 9), 0.02, admin.calls)
			h.call(call{name: "iam:PutRolePolicy", params: obj("roleName", trades[(d+5)%len(trades)]+"-role", "policyName", "queue-read",
				"policyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sqs:ReceiveMessage"],"Resource":"`+p.arn("sqs", p.queues[0])+`"}]}`)})
		}
	},
}

// travellers carry a laptop with a key, and work where they are.
var travellers = archetype{
	name: "travellers", half: Fitting, everywhere: true,
	about: "people with keys on laptops who work from the office, from home and from wherever they are",
	join: func(w *World, p *place, r *Rand) routine {
		home := "198.51.100." + itoa(100+r.IntN(100))
		look := w.keyUser(p, r, firstNames[r.IntN(len(firstNames))]+".field", mayRead, true, origin{ip: home, agent: agentCLIMac}, dataReads...)
		fix := w.keyUser(p, r, firstNames[r.IntN(len(firstNames))]+".rollout", mayWrite, true, origin{ip: officeVPN, agent: agentCLIMac},
			"lambda:ListFunctions20150331", "ec2:DescribeInstances", "s3:ListBuckets", "logs:FilterLogEvents", "iam:ListRoles")
		return func(r *Rand, day time.Time, d int) {
			if weekend(day) {
				return
			}
			for _, m := range []member{look, fix} {
				switch {
				case r.Chance(0.2):
					m.from.ip = home
				case r.Chance(0.08):
					m.from.ip = travelIP(r)
				}
				h := w.atWork(m, r, officeHour(r, day), 3, 80)
				h.some(r.Between(3, 9), 0.04, m.calls)
				if m.name == fix.name && d%6 == 4 {
					h.call(call{name: "iam:PutRolePolicy", params: obj("roleName", trades[d%len(trades)]+"-role", "policyName", "logs-read",
						"policyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:GetLogEvents"],"Resource":"*"}]}`)})
				}
			}
		}
	},
}
