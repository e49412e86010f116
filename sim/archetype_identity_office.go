package sim

import "time"

// identityOffice is the script of whoever looks after users: it lists them, and
// renews the keys of services once a week.
var identityOffice = archetype{
	name: "identity-office", half: Fitting, hard: true,
	about: "a script with a key that lists users daily and renews the keys of services weekly",
	join: func(w *World, p *place, r *Rand) routine {
		u := &user{p.id, "identity-office-" + r.Hex(3), r.userID(), r.longKey()}
		from := origin{ip: "192.0.2." + itoa(40+r.IntN(20)), agent: agentBoto}
		calls := []string{"iam:ListUsers", "iam:ListGroups", "iam:GetAccountSummary"}
		w.enrol(member{kind: "key", name: u.name, place: p, user: u, from: from, may: mayIssue, busy: true, calls: calls})
		return func(r *Rand, day time.Time, d int) {
			h := &hand{rec: w.g.rec, r: r, place: p, who: byKey(u), from: from, now: day.Add(5*time.Hour + time.Duration(r.IntN(1800))*time.Second), pauseMin: 1, pauseMax: 3}
			h.does(calls...)
			if day.Weekday() != time.Tuesday {
				return
			}
			for _, name := range []string{"svc-mailer", "svc-reports"} {
				h.call(call{name: "iam:ListAccessKeys", params: obj("userName", name)})
				h.call(newKey(name, r.longKey(), h.now))
			}
		}
	},
}
