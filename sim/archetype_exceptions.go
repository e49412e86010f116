package sim

import "time"

// What does not happen every day: travel, new machines, new people, new
// programs, emergencies, drills. Each looks like a step of an attack and is
// none. How often such things happen is a guess on the high side.

// elsewhere is an address in a network that nobody here has used: hotels, new
// offices and new machines are in the same ranges as intruders.
func elsewhere(r *Rand) string {
	return "198." + r.Pick("18", "19") + "." + itoa(r.IntN(256)) + "." + itoa(1+r.IntN(254))
}

// asPerson is a person's hand in a fresh session of the directory.
func (w *World) asPerson(e *person, r *Rand, ip, agent string, at time.Time, pauseMin, pauseMax int) *hand {
	s := w.g.signIn(r, e, ip, at)
	return &hand{rec: w.g.rec, r: r, place: e.home, who: bySession(s), from: origin{ip: ip, agent: agent}, now: at.Add(2 * time.Second), pauseMin: pauseMin, pauseMax: pauseMax}
}

// roadWarrior travels every sixth week; nomad works from a new place each week.
var roadWarrior = archetype{
	name: "road-warrior", half: Fitting, everywhere: true, hard: true,
	about: "an engineer who works from a hotel for a week now and then, with a tool tried on the way",
	join: func(w *World, p *place, r *Rand) routine {
		e := w.person(p, r, "Operations")
		phase := r.IntN(6)
		return func(r *Rand, day time.Time, d int) {
			if weekend(day) {
				return
			}
			ip, agent := officeAddress, e.cli
			if away := NewRand(w.o.Seed, "trip", e.name, itoa(d/7)); (d/7)%6 == phase {
				ip = elsewhere(away)
				if r.Chance(0.3) {
					agent = agentBotoMac
				}
			}
			w.asPerson(e, r, ip, agent, officeHour(r, day), 2, 40).some(r.Between(4, 12), 0.05, shellReads)
		}
	},
}

var nomad = archetype{
	name: "nomad", half: Measuring, everywhere: true, hard: true,
	about: "an engineer without an office: another network every week, browser and shell",
	join: func(w *World, p *place, r *Rand) routine {
		e := w.person(p, r, "Remote")
		return func(r *Rand, day time.Time, d int) {
			if weekend(day) || r.Chance(0.1) {
				return
			}
			ip := elsewhere(NewRand(w.o.Seed, "week", e.name, itoa(d/7)))
			h := w.asPerson(e, r, ip, e.browser, officeHour(r, day), 1, 9)
			h.from.console = true
			h.some(r.Between(6, 14), 0.03, consoleViews)
			if d%5 == 2 {
				w.asPerson(e, r, ip, e.cli, officeHour(r, day), 3, 50).some(r.Between(3, 9), 0.05, shellReads)
			}
		}
	},
}

// movedServers and replatformed: a service's key turns up on a new machine.
var movedServers = archetype{
	name: "moved-servers", half: Fitting, hard: true,
	about: "service keys that move to a new data centre, one of them with a new program",
	join: func(w *World, p *place, r *Rand) routine {
		a := w.keyUser(p, r, "svc-feed", mayRead, true, origin{ip: elsewhere(r), agent: agentBoto}, "s3:ListBuckets", "sqs:GetQueueAttributes", "ssm:GetParameter")
		b := w.keyUser(p, r, "svc-index", mayWrite, true, origin{ip: elsewhere(r), agent: agentJava}, "dynamodb:DescribeTable", "dynamodb:ListTables", "ec2:CreateTags")
		return func(r *Rand, day time.Time, d int) {
			for hour := 1; hour < 24; hour += 4 {
				for i, m := range []member{a, b} {
					m.from.ip = elsewhere(NewRand(w.o.Seed, "home", m.name, itoa((d+9*i)/25)))
					if i == 1 && d >= 40 {
						m.from.agent = agentBoto
					}
					w.atWork(m, r, day.Add(time.Duration(hour)*time.Hour+time.Duration(r.IntN(1800))*time.Second), 0, 3).does(m.calls...)
				}
			}
		}
	},
}

var replatformed = archetype{
	name: "replatformed", half: Measuring, hard: true,
	about: "a job's key that moves to another cloud with another program, and back",
	join: func(w *World, p *place, r *Rand) routine {
		m := w.keyUser(p, r, "svc-sync", mayWrite, true, origin{ip: "203.0.113.44", agent: agentDotnet}, "s3:GetBucketLocation", "lambda:GetFunction20150331v2", "logs:DescribeLogGroups")
		return func(r *Rand, day time.Time, d int) {
			x := m
			if n := d / 17; n%2 == 1 {
				x.from = origin{ip: elsewhere(NewRand(w.o.Seed, "move", itoa(n))), agent: agentBoto}
			}
			for range 4 {
				w.atWork(x, r, day.Add(time.Duration(r.IntN(86000))*time.Second), 0, 4).does(x.calls...)
			}
		}
	},
}

// newcomers and interns: people whose first days are all new.
var newcomers = archetype{
	name: "newcomers", half: Fitting, hard: true,
	about: "an engineer starts every ten days, looks at everything and is refused a lot",
	join: func(w *World, p *place, r *Rand) routine {
		return func(r *Rand, day time.Time, d int) {
			if weekend(day) {
				return
			}
			n := NewRand(w.o.Seed, "newcomer", itoa(d/10))
			e := w.person(p, n, "Developer")
			reads := append(append([]string{}, shellReads...), scanned[:20]...)
			w.asPerson(e, r, officeAddress, e.cli, officeHour(r, day), 1, 25).some(r.Between(10, 30), 0.15, reads)
		}
	},
}

var interns = archetype{
	name: "interns", half: Measuring, hard: true,
	about: "interns with keys that were made for them a minute ago, who try tutorials",
	join: func(w *World, p *place, r *Rand) routine {
		boss := w.keyUser(p, r, "lab-lead", mayIssue, false, origin{ip: officeAddress, agent: agentCLIMac}, "iam:ListUsers")
		return func(r *Rand, day time.Time, d int) {
			if weekend(day) {
				return
			}
			n := NewRand(w.o.Seed, "intern", itoa(d/14))
			u := &user{p.id, "intern." + n.Text(lowerHex[10:], 4), n.userID(), n.longKey()}
			at := officeHour(r, day)
			if d%14 == 0 {
				h := w.atWork(boss, r, at, 3, 9)
				h.call(newUser(u, h.now))
				h.call(call{name: "iam:AddUserToGroup", params: obj("userName", u.name, "groupName", "lab")})
				h.call(newKey(u.name, u.key, h.now))
				at = h.now.Add(10 * time.Minute)
			}
			h := &hand{rec: w.g.rec, r: r, place: p, who: byKey(u), from: origin{ip: officeAddress, agent: agentBoto}, now: at, pauseMin: 2, pauseMax: 60}
			h.does("sts:GetCallerIdentity")
			h.some(r.Between(4, 15), 0.2, append(append([]string{}, dataReads...), shellReads...))
		}
	},
}

// curiousScript and auditWeek: known identities that suddenly read everything.
var curiousScript = archetype{
	name: "curious-script", half: Fitting, hard: true,
	about: "an engineer's key that runs a new inventory script over many services in a minute, every twelve days",
	join: func(w *World, p *place, r *Rand) routine {
		m := w.keyUser(p, r, firstNames[r.IntN(len(firstNames))]+".tools", mayRead, true, origin{ip: officeVPN, agent: agentCLILinux}, shellReads...)
		return func(r *Rand, day time.Time, d int) {
			if weekend(day) {
				return
			}
			w.atWork(m, r, officeHour(r, day), 3, 60).some(r.Between(4, 9), 0.04, m.calls)
			if d%12 == 8 {
				x := m
				x.from.agent = r.Pick(agentBoto, agentCLILinux)
				h := w.atWork(x, r, officeHour(r, day), 0, 1)
				for _, name := range scanned[r.IntN(10) : 20+r.IntN(20)] {
					h.does(name)
				}
			}
		}
	},
}

var auditWeek = archetype{
	name: "audit-week", half: Measuring, hard: true,
	about: "an auditor who comes for two days a month and reads identities and logs by hand and by script",
	join: func(w *World, p *place, r *Rand) routine {
		e := w.person(p, r, "Auditor")
		return func(r *Rand, day time.Time, d int) {
			if d%28 != 10 && d%28 != 11 {
				return
			}
			h := w.asPerson(e, r, officeVPN, agentBoto, officeHour(r, day), 0, 2)
			for range 2 {
				h.some(35, 0.08, scanned)
			}
		}
	},
}

// teamBuilder and administrators of the other half make administrators.
var teamBuilder = archetype{
	name: "team-builder", half: Fitting, hard: true,
	about: "an administrator at the console who every fifteen days makes a team: users, passwords, keys and one more administrator",
	join: func(w *World, p *place, r *Rand) routine {
		a := &user{p.id, firstNames[r.IntN(len(firstNames))] + ".it", r.userID(), r.longKey()}
		return func(r *Rand, day time.Time, d int) {
			if weekend(day) {
				return
			}
			at := officeHour(r, day)
			h := &hand{rec: w.g.rec, r: r, place: p, who: atConsole(a, r.shortKey(), at, true), from: origin{ip: officeAddress, agent: agentBrowserWin, console: true}, now: at, pauseMin: 3, pauseMax: 30}
			h.does("iam:ListUsers", "iam:ListRoles")
			h.call(call{name: "iam:AddUserToGroup", params: obj("userName", "member"+itoa(d), "groupName", "staff")})
			if d%15 != 9 {
				return
			}
			for i := range 3 {
				u := &user{p.id, "team" + itoa(d) + "-" + itoa(i), r.userID(), r.longKey()}
				h.call(newUser(u, h.now))
				h.call(call{name: "iam:CreateLoginProfile", params: obj("userName", u.name, "passwordResetRequired", true),
					result: obj("loginProfile", obj("userName", u.name, "createDate", h.now.Format("Jan 2, 2006, 3:04:05 PM"), "passwordResetRequired", true))})
				h.call(newKey(u.name, u.key, h.now))
				if i == 0 {
					h.call(call{name: "iam:AttachUserPolicy", params: obj("userName", u.name, "policyArn", adminPolicy)})
				}
			}
		}
	},
}

var helpDesk = archetype{
	name: "help-desk", half: Measuring, hard: true,
	about: "a help desk that resets passwords most days, and now and then makes an administrator for a project",
	join: func(w *World, p *place, r *Rand) routine {
		e := w.person(p, r, "HelpDesk")
		return func(r *Rand, day time.Time, d int) {
			if weekend(day) || r.Chance(0.3) {
				return
			}
			h := w.asPerson(e, r, officeAddress, e.browser, officeHour(r, day), 4, 40)
			h.from.console = true
			h.does("iam:ListUsers")
			h.call(call{name: "iam:UpdateLoginProfile", params: obj("userName", firstNames[r.IntN(len(firstNames))]+".staff", "passwordResetRequired", true)})
			if d%23 == 12 {
				u := &user{p.id, "project-" + itoa(d), r.userID(), r.longKey()}
				h.call(newUser(u, h.now))
				h.call(call{name: "iam:AttachUserPolicy", params: obj("userName", u.name, "policyArn", adminPolicy)})
			}
		}
	},
}

// nightRepair and fridayFix change code by hand.
var nightRepair = archetype{
	name: "night-repair", half: Fitting, hard: true,
	about: "an engineer who repairs a function by hand at night, and raises its timeout",
	join: func(w *World, p *place, r *Rand) routine {
		e := w.person(p, r, "Developer")
		fns := w.staff(p, r, []string{"payment-hook", "staff-directory"}, mayIssue, "kms:Decrypt", "ssm:GetParameter")
		return func(r *Rand, day time.Time, d int) {
			for _, f := range fns {
				w.g.runs(r, p, f.role, f.resource, day.Add(time.Duration(r.IntN(86000))*time.Second)).does(f.calls...)
			}
			if !weekend(day) {
				w.asPerson(e, r, officeAddress, e.cli, officeHour(r, day), 2, 60).some(r.Between(4, 10), 0.04, shellReads)
			}
			if d%13 == 6 {
				f := fns[r.IntN(2)]
				h := w.asPerson(e, r, e.address, e.cli, day.Add(23*time.Hour), 20, 90)
				h.call(call{name: "lambda:GetFunction20150331v2", params: obj("functionName", f.resource)})
				h.call(newCode(r, p, f.resource, f.role, 3, h.now))
				h.call(newTimeout(r, p, f.resource, f.role, 30, h.now))
				w.g.runs(r, p, f.role, f.resource, h.now.Add(time.Minute)).does(f.calls...)
			}
		}
	},
}

// gpuLab and modelTrial use what nobody used before.
var gpuLab = archetype{
	name: "gpu-lab", half: Fitting, hard: true,
	about: "a data scientist who launches a GPU machine every eleven days and tries a new model",
	join: func(w *World, p *place, r *Rand) routine {
		e := w.person(p, r, "DataScience")
		return func(r *Rand, day time.Time, d int) {
			if weekend(day) {
				return
			}
			h := w.asPerson(e, r, officeAddress, agentBotoMac, officeHour(r, day), 3, 80)
			h.some(r.Between(3, 9), 0.04, dataReads)
			if d%11 == 5 {
				id := "i-0" + r.Hex(16)
				h.call(call{name: "ec2:RunInstances", params: obj("instancesSet", items(obj("imageId", p.images[0], "minCount", 1, "maxCount", 1)), "instanceType", r.Pick("g5.2xlarge", "g5.xlarge")),
					result: obj("requestId", r.UUID(), "instancesSet", items(obj("instanceId", id, "instanceType", "g5.xlarge")))})
			}
			for range r.Between(0, 8) {
				h.call(invokeModel(r, "us-east-1", r.Pick("amazon.titan-embed-text-v2:0", "anthropic.claude-3-haiku-20240307-v1:0", "amazon.nova-lite-v1:0"), ""))
			}
		}
	},
}

var modelTrial = archetype{
	name: "model-trial", half: Measuring, hard: true,
	about: "a product team that opens a new model every two weeks and tries it in another region",
	join: func(w *World, p *place, r *Rand) routine {
		e := w.person(p, r, "Product")
		return func(r *Rand, day time.Time, d int) {
			if weekend(day) {
				return
			}
			h := w.asPerson(e, r, officeAddress, agentCLIMac, officeHour(r, day), 3, 80)
			h.some(r.Between(3, 6), 0.04, shellReads)
			model := []string{"meta.llama3-70b-instruct-v1:0", "cohere.command-r-v1:0", "amazon.nova-pro-v1:0", "mistral.mistral-large-2407-v1:0"}[d/14%4]
			if d%14 == 3 {
				h.does("bedrock:ListFoundationModels")
				h.call(call{name: "bedrock:CreateFoundationModelAgreement", params: obj("modelId", model, "offerToken", "HIDDEN_DUE_TO_SECURITY_REASONS")})
			}
			for range r.Between(2, 10) {
				h.call(invokeModel(r, r.Pick("us-east-1", "us-west-2"), model, ""))
			}
		}
	},
}

// spareCopies and recoveryAccount give copies to an account of the house.
var spareCopies = archetype{
	name: "spare-copies", half: Fitting, hard: true,
	about: "a job that shares nightly snapshots with another account of the organisation",
	join: func(w *World, p *place, r *Rand) routine {
		m := w.keyUser(p, r, "svc-vault", mayWrite, true, origin{ip: "192.0.2.71", agent: agentBoto}, "ec2:DescribeSnapshots", "ec2:DescribeVolumes")
		to := w.g.places[len(w.g.places)-1].id
		return func(r *Rand, day time.Time, _ int) {
			h := w.atWork(m, r, day.Add(2*time.Hour+time.Duration(r.IntN(900))*time.Second), 1, 4)
			h.does(m.calls...)
			for range 3 {
				h.call(call{name: "ec2:ModifySnapshotAttribute", params: obj("snapshotId", "snap-0"+r.Hex(16), "createVolumePermission", obj("add", items(obj("userId", to))), "attributeType", "CREATE_VOLUME_PERMISSION"), result: obj("_return", true)})
			}
		}
	},
}

var partnerExchange = archetype{
	name: "partner-exchange", half: Measuring, hard: true,
	about: "a release engineer who shares a machine image with a partner's account twice a month",
	join: func(w *World, p *place, r *Rand) routine {
		e := w.person(p, r, "Release")
		partner := r.account()
		return func(r *Rand, day time.Time, d int) {
			if weekend(day) {
				return
			}
			h := w.asPerson(e, r, officeAddress, e.cli, officeHour(r, day), 3, 60)
			h.some(r.Between(3, 7), 0.03, shellReads)
			if d%15 == 2 {
				h.call(call{name: "ec2:ModifyImageAttribute", params: obj("imageId", p.images[0], "launchPermission", obj("add", items(obj("userId", partner))), "attributeType", "launchPermission"), result: obj("_return", true)})
			}
		}
	},
}

// bigCleanup and oldBackups delete a lot.
var bigCleanup = archetype{
	name: "big-cleanup", half: Fitting, hard: true,
	about: "an operator who deletes dozens of old snapshots and a test database every three weeks",
	join: func(w *World, p *place, r *Rand) routine {
		m := w.keyUser(p, r, "janitor", mayWrite, false, origin{ip: officeAddress, agent: agentCLILinux}, "ec2:DescribeSnapshots", "rds:DescribeDBInstances")
		return func(r *Rand, day time.Time, d int) {
			h := w.atWork(m, r, officeHour(r, day), 1, 5)
			h.does(m.calls...)
			if d%21 == 15 {
				for range r.Between(20, 50) {
					h.does("ec2:DeleteSnapshot")
				}
				h.call(call{name: "rds:DeleteDBInstance", params: obj("dBInstanceIdentifier", "test-"+r.Hex(4), "skipFinalSnapshot", true),
					result: obj("dBInstanceIdentifier", "test-"+r.Hex(4), "dBInstanceStatus", "deleting", "engine", "postgres")})
			}
		}
	},
}

var oldBackups = archetype{
	name: "old-backups", half: Measuring, hard: true,
	about: "a weekly job that deletes what is old, and a monthly one that deletes much more",
	join: func(w *World, p *place, r *Rand) routine {
		m := w.keyUser(p, r, "retention", mayWrite, false, origin{ip: "192.0.2.88", agent: agentBoto}, "ec2:DescribeSnapshots", "ec2:DescribeImages")
		return func(r *Rand, day time.Time, d int) {
			h := w.atWork(m, r, day.Add(5*time.Hour+time.Duration(r.IntN(600))*time.Second), 0, 2)
			h.does(m.calls...)
			n := 0
			switch {
			case d%30 == 20:
				n = r.Between(60, 140)
			case d%7 == 4:
				n = r.Between(5, 12)
			}
			for range n {
				h.does("ec2:DeleteSnapshot")
			}
		}
	},
}

// rehearsal and emergency are what is practised and what it is practised for.
var rehearsal = archetype{
	name: "rehearsal", half: Fitting, hard: true,
	about: "a disaster-recovery rehearsal in a region nobody uses, by a script, once in five weeks",
	join: func(w *World, p *place, r *Rand) routine {
		m := w.keyUser(p, r, "continuity", mayWrite, false, origin{ip: officeVPN, agent: agentCLILinux}, "ec2:DescribeInstances", "rds:DescribeDBInstances")
		return func(r *Rand, day time.Time, d int) {
			h := w.atWork(m, r, officeHour(r, day), 2, 20)
			h.does(m.calls...)
			if d%35 == 24 {
				for _, region := range []string{"eu-west-1", "eu-central-1"} {
					for range 12 {
						c := p.do(r, r.Pick("ec2:DescribeInstances", "ec2:DescribeVpcs", "rds:DescribeDBSnapshots", "ec2:CreateSnapshot", "ec2:DescribeImages"))
						c.region = region
						h.call(c)
					}
				}
			}
		}
	},
}

var breakGlass = archetype{
	name: "break-glass", half: Measuring, hard: true,
	about: "an outage once in four weeks: an emergency role is taken at night, reads everything, and changes a policy",
	join: func(w *World, p *place, r *Rand) routine {
		m := w.keyUser(p, r, "duty.officer", mayRead, false, origin{ip: "198.51.100.77", agent: agentCLIMac}, "sts:GetCallerIdentity", "monitoring:DescribeAlarms")
		ro := &role{p.id, "break-glass", r.roleID(), "/"}
		return func(r *Rand, day time.Time, d int) {
			w.atWork(m, r, officeHour(r, day), 3, 20).does(m.calls...)
			if d%28 == 23 {
				h := w.atWork(m, r, day.Add(2*time.Hour+time.Duration(r.IntN(3000))*time.Second), 3, 20)
				in, _ := h.assume(ro, m.name, 60, "")
				in.some(25, 0.05, append(append([]string{}, shellReads...), scanned...))
				in.call(call{name: "iam:PutRolePolicy", params: obj("roleName", trades[0]+"-role", "policyName", "emergency", "policyDocument",
					`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sqs:*"],"Resource":"*"}]}`)})
			}
		}
	},
}

// laptopTerraform and moverOfTeams.
var laptopTerraform = archetype{
	name: "laptop-terraform", half: Measuring, hard: true,
	about: "an engineer who applies a description of roles and functions from a laptop when the pipeline is down",
	join: func(w *World, p *place, r *Rand) routine {
		e := w.person(p, r, "Platform")
		return func(r *Rand, day time.Time, d int) {
			if weekend(day) {
				return
			}
			w.asPerson(e, r, officeAddress, e.cli, officeHour(r, day), 3, 60).some(r.Between(3, 8), 0.03, shellReads)
			if d%19 == 7 {
				h := w.asPerson(e, r, officeAddress, agentTerraform, officeHour(r, day), 0, 1)
				h.some(40, 0.01, refreshed)
				w.describes(h, r, p, "terraform")
				w.describes(h, r, p, "terraform")
			}
		}
	},
}

var moverOfTeams = archetype{
	name: "mover-of-teams", half: Fitting, hard: true,
	about: "an engineer whose work changes every twenty days: new services, new rights, new habits",
	join: func(w *World, p *place, r *Rand) routine {
		e := w.person(p, r, "Generalist")
		lists := [][]string{shellReads, dataReads, consoleViews, scanned}
		return func(r *Rand, day time.Time, d int) {
			if weekend(day) {
				return
			}
			w.asPerson(e, r, officeAddress, e.cli, officeHour(r, day), 2, 40).some(r.Between(5, 16), 0.06, lists[d/20%len(lists)])
		}
	},
}

// groupRights and secretKeepers change who may do what, and what is secret, as
// reviewed and planned.
var groupRights = archetype{
	name: "group-rights", half: Fitting, hard: true,
	about: "an administrator's pipeline that changes groups, boundaries and trusts of partners as reviewed",
	join: func(w *World, p *place, r *Rand) routine {
		m := w.pipeline(p, r, "access-review", "access-review", mayIssue)
		return func(r *Rand, day time.Time, d int) {
			if weekend(day) || d%3 != 0 {
				return
			}
			h := w.g.workflow(r, m.role, m.resource, officeHour(r, day))
			h.from.agent = agentTerraform
			h.some(12, 0, refreshed)
			h.call(call{name: "iam:AttachGroupPolicy", params: obj("groupName", "team-"+itoa(d), "policyArn", "arn:aws:iam::"+p.id+":policy/"+trades[d%len(trades)]+"-access")})
			if d%12 == 0 {
				h.call(call{name: "iam:UpdateAssumeRolePolicy", params: obj("roleName", "partner-reader", "policyDocument", trusts("AWS", "arn:aws:iam::"+w.g.vendor+":root"))})
			}
		}
	},
}

var secretKeepers = archetype{
	name: "secret-keepers", half: Measuring, hard: true,
	about: "an engineer who rotates dozens of secrets by script once a month",
	join: func(w *World, p *place, r *Rand) routine {
		m := w.keyUser(p, r, "vault-sync", mayWrite, true, origin{ip: "192.0.2.90", agent: agentBoto}, "secretsmanager:ListSecrets", "kms:Decrypt")
		return func(r *Rand, day time.Time, d int) {
			h := w.atWork(m, r, day.Add(6*time.Hour+time.Duration(r.IntN(900))*time.Second), 0, 2)
			h.does(m.calls...)
			for range 2 {
				h.does("secretsmanager:GetSecretValue")
			}
			if d%30 == 25 {
				for _, name := range p.secrets {
					h.call(call{name: "secretsmanager:GetSecretValue", params: obj("secretId", name)})
					h.call(call{name: "secretsmanager:PutSecretValue", params: obj("secretId", name, "clientRequestToken", r.UUID())})
				}
			}
		}
	},
}
