package sim

import "time"

// shellEngineer works in a shell most of the day, with a role that the
// directory gives, and looks at the console now and then.
var shellEngineer = archetype{
	name: "shell-engineer", half: Fitting, everywhere: true,
	about: "an engineer who comes in through the directory and works in a shell",
	join: func(w *World, p *place, r *Rand) routine {
		e := w.person(p, r, "Developer")
		w.enrol(member{kind: "person", name: e.name, place: p, who: e, role: e.role, from: origin{ip: officeAddress, agent: e.cli}, may: mayWrite, busy: true, calls: shellReads})
		return func(r *Rand, day time.Time, _ int) {
			if weekend(day) || r.Chance(0.12) {
				return
			}
			seat := w.g.seat(r, e.office, e.address)
			for range r.Between(2, 4) {
				at := officeHour(r, day)
				s := w.g.signIn(r, e, seat, at)
				h := &hand{rec: w.g.rec, r: r, place: p, who: bySession(s), from: origin{ip: seat, agent: e.cli}, now: at.Add(2 * time.Second), pauseMin: 2, pauseMax: 60}
				h.some(r.Between(3, 14), 0.05, shellReads)
			}
		}
	},
}

// consoleEngineer clicks around.
var consoleEngineer = archetype{
	name: "console-engineer", half: Measuring, everywhere: true,
	about: "an engineer who comes in through the directory and works in the console",
	join: func(w *World, p *place, r *Rand) routine {
		e := w.person(p, r, "PowerUser")
		w.enrol(member{kind: "person", name: e.name, place: p, who: e, role: e.role, from: origin{ip: officeAddress, agent: e.browser, console: true}, may: mayWrite, busy: true, calls: consoleViews})
		return func(r *Rand, day time.Time, _ int) {
			if weekend(day) || r.Chance(0.1) {
				return
			}
			seat := w.g.seat(r, e.office, e.address)
			at := officeHour(r, day)
			s := w.g.signIn(r, e, seat, at)
			h := &hand{rec: w.g.rec, r: r, place: p, who: bySession(s), from: origin{ip: seat, agent: e.browser, console: true}, now: at.Add(3 * time.Second), pauseMin: 1, pauseMax: 9}
			for range r.Between(2, 5) {
				h.some(r.Between(5, 12), 0.03, consoleViews)
				h.now = h.now.Add(time.Duration(r.Between(300, 5400)) * time.Second)
			}
		}
	},
}

// person is somebody new in the directory, with a permission set in an account.
func (w *World) person(p *place, r *Rand, set string) *person {
	name := firstNames[r.IntN(len(firstNames))] + "." + r.Text(lowerHex[10:], 3)
	e := &person{name: name + "@lantern.example", home: p, office: r.Chance(0.7), address: "198.51.100." + itoa(10+r.IntN(200)), id: r.UUID(), browser: agentBrowser, cli: agentCLIMac,
		role: &role{p.id, "AWSReservedSSO_" + set + "_" + NewRand(w.o.Seed, "set", p.id, set).Hex(16), NewRand(w.o.Seed, "setid", p.id, set).roleID(), "/aws-reserved/sso.amazonaws.com/"}}
	if r.Chance(0.5) {
		e.browser, e.cli = agentBrowserWin, agentCLILinux
	}
	w.people = append(w.people, e)
	return e
}

// weekend reports whether nobody of the office works on the day.
func weekend(day time.Time) bool {
	return day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
}
