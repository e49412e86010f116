package sim

import "time"

// Identities that lay unused for weeks and then are used, by their owners.

// travelIP is an address at which nobody else of the organisation works: shared
// address space (RFC 6598), which no documentation range is wide enough for.
func travelIP(r *Rand) string {
	return "100." + itoa(64+r.IntN(64)) + "." + itoa(r.IntN(256)) + "." + itoa(1+r.IntN(254))
}

// oldKeys are keys of former projects that their owners take up again.
var oldKeys = archetype{
	name: "old-keys", half: Fitting, everywhere: true, hard: true,
	about: "keys of former projects, unused for weeks, with which somebody looks something up, in the office or on a journey, and sometimes changes a permission",
	join: func(w *World, p *place, r *Rand) routine {
		var keys []*user
		for range 4 {
			keys = append(keys, &user{p.id, "project-" + trades[r.IntN(len(trades))] + "-" + r.Hex(2), r.userID(), r.longKey()})
		}
		w.sleeper(p, r, "project-archive", mayWrite, origin{ip: officeVPN, agent: agentCLILinux})
		return func(r *Rand, day time.Time, d int) {
			if weekend(day) || d%9 != 7 {
				return
			}
			from := origin{ip: officeVPN, agent: agentCLILinux}
			if r.Chance(0.2) {
				from.ip = travelIP(r)
			}
			h := &hand{rec: w.g.rec, r: r, place: p, who: byKey(keys[d/9%len(keys)]), from: from, now: officeHour(r, day), pauseMin: 3, pauseMax: 40}
			h.does("sts:GetCallerIdentity")
			h.some(r.Between(4, 14), 0.15, shellReads)
			if r.Chance(0.3) {
				h.call(call{name: "iam:PutRolePolicy", params: obj("roleName", trades[d%len(trades)]+"-role", "policyName", "mail-send",
					"policyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ses:SendEmail"],"Resource":"*"}]}`)})
			}
		}
	},
}

// spareRoles are roles for rare duties.
var spareRoles = archetype{
	name: "spare-roles", half: Measuring, everywhere: true, hard: true,
	about: "roles for rare duties that an administrator takes once a month, another one each time: to look, to open a bucket to a partner, to renew a key",
	join: func(w *World, p *place, r *Rand) routine {
		boss := &user{p.id, firstNames[r.IntN(len(firstNames))] + ".ops-" + r.Hex(1), r.userID(), r.longKey()}
		var roles []*role
		for _, duty := range []string{"retention-check", "partner-exchange", "key-care", "yearly-count"} {
			roles = append(roles, &role{p.id, duty + "-" + r.Hex(1), r.roleID(), "/"})
		}
		w.sleeper(p, r, "former-lead", mayAnything, origin{ip: officeAddress, agent: agentCLIMac})
		return func(r *Rand, day time.Time, d int) {
			if weekend(day) {
				return
			}
			from := origin{ip: officeAddress, agent: agentCLIMac}
			h := &hand{rec: w.g.rec, r: r, place: p, who: byKey(boss), from: from, now: officeHour(r, day), pauseMin: 4, pauseMax: 60}
			h.some(r.Between(2, 5), 0.03, []string{"sts:GetCallerIdentity", "iam:ListRoles", "s3:ListBuckets"})
			if d%24 != 17 {
				return
			}
			if r.Chance(0.1) {
				h.from.ip = travelIP(r)
			}
			in, _ := h.assume(roles[d/24%len(roles)], boss.name, 60, "")
			in.some(r.Between(3, 12), 0.1, dataReads)
			switch r.IntN(4) {
			case 0:
				in.call(call{name: "s3:PutBucketPolicy", params: obj("bucketName", p.buckets[r.IntN(len(p.buckets))], "Host", "s3.amazonaws.com", "policy", "",
					"bucketPolicy", obj("Version", "2012-10-17", "Statement", list(obj("Effect", "Allow", "Principal", obj("AWS", "arn:aws:iam::"+w.g.places[0].id+":root"), "Action", "s3:GetObject", "Resource", "*"))))})
			case 1:
				u := &user{p.id, "svc-" + trades[d%len(trades)], "", r.longKey()}
				in.call(newKey(u.name, u.key, in.now))
			}
		}
	},
}

// sleeper enrols a user whose key nobody uses.
func (w *World) sleeper(p *place, r *Rand, name string, may power, from origin) {
	u := &user{p.id, name + "-" + r.Hex(2), r.userID(), r.longKey()}
	w.enrol(member{kind: "sleeper", name: u.name, place: p, user: u, from: from, may: may})
}
