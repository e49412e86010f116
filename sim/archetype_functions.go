package sim

import "time"

// Functions at work: small habits, all day. What they call is invented.

// queueWorkers are functions that read a queue and their secrets.
var queueWorkers = archetype{
	name: "queue-workers", half: Fitting, everywhere: true,
	about: "functions that read a queue, a secret and a key, at any hour",
	join: func(w *World, p *place, r *Rand) routine {
		fns := w.staff(p, r, []string{"order-intake", "invoice-sender"}, mayRead, "sqs:GetQueueAttributes", "secretsmanager:GetSecretValue", "kms:Decrypt")
		return func(r *Rand, day time.Time, _ int) {
			for _, f := range fns {
				for range r.Between(2, 4) {
					w.g.runs(r, p, f.role, f.resource, day.Add(time.Duration(r.IntN(86000))*time.Second)).some(r.Between(1, 3), 0.01, f.calls)
				}
			}
		}
	},
}

// imageResizers are functions on a bucket's events.
var imageResizers = archetype{
	name: "image-resizers", half: Measuring, everywhere: true,
	about: "functions that start with each upload, by day more than by night",
	join: func(w *World, p *place, r *Rand) routine {
		fns := w.staff(p, r, []string{"thumbnailer", "label-maker"}, mayRead, "ssm:GetParameter", "kms:GenerateDataKey", "dynamodb:DescribeTable")
		return func(r *Rand, day time.Time, _ int) {
			for _, f := range fns {
				for range r.Between(2, 5) {
					w.g.runs(r, p, f.role, f.resource, officeHour(r, day)).some(r.Between(1, 3), 0.02, f.calls)
				}
			}
		}
	},
}

// keyRenewer is a function that renews the keys of service users at night, and
// whose code a pipeline replaces now and then.
var keyRenewer = archetype{
	name: "key-renewer", half: Fitting, hard: true,
	about: "a function that makes new access keys for other users every third night",
	join: func(w *World, p *place, r *Rand) routine {
		f := w.staff(p, r, []string{"key-renewer"}, mayIssue, "iam:ListAccessKeys")[0]
		admin := w.staff(p, r, []string{"account-setup"}, mayAnything, "iam:ListRoles", "ec2:DescribeRegions")[0]
		names := []string{"svc-upload", "svc-ledger", "svc-postal"}
		return func(r *Rand, day time.Time, d int) {
			w.g.runs(r, p, admin.role, admin.resource, day.Add(4*time.Hour+time.Duration(r.IntN(600))*time.Second)).does(admin.calls...)
			if d%3 != 0 {
				return
			}
			h := w.g.runs(r, p, f.role, f.resource, day.Add(2*time.Hour+time.Duration(r.IntN(900))*time.Second))
			h.pauseMin, h.pauseMax = 1, 2
			for _, name := range names {
				h.call(call{name: "iam:ListAccessKeys", params: obj("userName", name)})
				h.call(newKey(name, r.longKey(), h.now))
				h.call(call{name: "iam:UpdateAccessKey", params: obj("userName", name, "accessKeyId", r.longKey(), "status", "Inactive")})
			}
		}
	},
}

// welcomeDesk is a function that makes users for new colleagues; an engineer
// repairs it from a laptop once in a while, and it goes on making users.
var welcomeDesk = archetype{
	name: "welcome-desk", half: Measuring, hard: true,
	about: "a function that makes users legitimately, hotfixed from a laptop every nine days",
	join: func(w *World, p *place, r *Rand) routine {
		f := w.staff(p, r, []string{"welcome-desk"}, mayIssue, "iam:ListGroups")[0]
		admin := w.staff(p, r, []string{"tenant-bootstrap"}, mayAnything, "organizations:DescribeOrganization", "iam:ListRoles")[0]
		e := w.person(p, r, "Platform")
		w.enrol(member{kind: "person", name: e.name, place: p, who: e, role: e.role, from: origin{ip: officeAddress, agent: e.cli}, may: mayWrite, calls: shellReads})
		return func(r *Rand, day time.Time, d int) {
			w.g.runs(r, p, admin.role, admin.resource, day.Add(time.Duration(r.IntN(80000))*time.Second)).does(admin.calls...)
			if weekend(day) {
				return
			}
			at := officeHour(r, day)
			s := w.g.signIn(r, e, officeAddress, at)
			h := &hand{rec: w.g.rec, r: r, place: p, who: bySession(s), from: origin{ip: officeAddress, agent: e.cli}, now: at.Add(3 * time.Second), pauseMin: 4, pauseMax: 50}
			h.some(r.Between(3, 8), 0.03, shellReads)
			if d%9 == 4 {
				h.call(call{name: "lambda:GetFunction20150331v2", params: obj("functionName", f.resource)})
				h.call(newCode(r, p, f.resource, f.role, 20, h.now))
			}
			if d%2 == 0 {
				h := w.g.runs(r, p, f.role, f.resource, at.Add(40*time.Minute))
				h.pauseMin, h.pauseMax = 1, 2
				u := &user{account: p.id, name: firstNames[r.IntN(len(firstNames))] + ".n" + itoa(d), id: r.userID()}
				h.call(newUser(u, h.now))
				h.call(call{name: "iam:AddUserToGroup", params: obj("userName", u.name, "groupName", "staff")})
				h.call(call{name: "iam:CreateLoginProfile", params: obj("userName", u.name, "passwordResetRequired", true),
					result: obj("loginProfile", obj("userName", u.name, "createDate", h.now.Format("Jan 2, 2006, 3:04:05 PM"), "passwordResetRequired", true))})
			}
		}
	},
}

// staff sets functions up and enrols them.
func (w *World) staff(p *place, r *Rand, names []string, may power, calls ...string) []member {
	var out []member
	for _, n := range names {
		n += "-" + r.Hex(3)
		m := member{kind: "function", name: n, place: p, may: may, busy: true, resource: n, calls: calls,
			role: &role{p.id, n + "-exec", r.roleID(), "/service-role/"}, from: origin{ip: awsAddress(r), agent: agentLambda}}
		w.enrol(m)
		out = append(out, m)
	}
	return out
}
