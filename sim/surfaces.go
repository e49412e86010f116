package sim

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Kinds of records, by the names under which their formats are handed in.
const (
	KindCloudTrail = "aws-cloudtrail"
	KindOkta       = "okta-system-log"
	KindGitHub     = "github-audit"
	KindGuardDuty  = "aws-guardduty"
	KindFlow       = "aws-vpc-flow"
)

// surfaces are the other systems of an organisation: a directory, a code host,
// the network, and the provider's threat detector. What they log of a day follows
// from notes that the day's work leaves, with chance of its own, so that the
// provider's records do not change by it.
type surfaces struct {
	w        *World
	helpDesk []*person // who administer the directory and the code host
	staff    []*person // who have the directory's other applications, and no cloud
	coders   []*person // who write code, with a cloud or without
	machines []machine
}

// note is something that other systems see too.
type note struct {
	at      time.Time
	session *session
	// person signs in at an address; repository is whose build it is, if it is one.
	person     *person
	ip         string
	repository string
}

// newSurfaces sets the other systems up.
func newSurfaces(w *World) *surfaces {
	x := &surfaces{w: w}
	r := NewRand(w.o.Seed, "surfaces")
	colleague := func(i int) *person {
		return &person{name: firstNames[r.IntN(len(firstNames))] + "." + r.Text(lowerHex[10:], 2) + itoa(i) + "@lantern.example", home: w.g.places[0], office: r.Chance(0.7),
			address: "198.51.100." + itoa(10+r.IntN(200)), browser: r.Pick(agentBrowser, agentBrowserWin), cli: agentCLIMac, id: r.UUID()}
	}
	for i := range 2 {
		x.helpDesk = append(x.helpDesk, colleague(i))
	}
	for i := range 8 + 2*w.o.Accounts {
		x.staff = append(x.staff, colleague(10+i))
	}
	x.coders = append(slices.Clone(w.people), x.staff[:6]...)
	x.machines = newMachines(w)
	return x
}

// day adds what the other systems log of a day.
func (x *surfaces) day(rec *Recording, day time.Time, d int) {
	r := func(actor string) *Rand { return NewRand(x.w.o.Seed, "surface", actor, day.Format(time.DateOnly)) }
	notes := rec.notes
	at := x.whereabouts(r("whereabouts"), notes, d)
	x.directory(rec, r("directory"), notes, true)
	x.builds(rec, r("builds"), notes, at)
	x.launches(rec, r("launches"), day, d)
	x.traffic(rec, r("traffic"), day)
	x.threats(rec, r("threats"), notes, day)
	if !weekend(day) {
		x.office(rec, r("office"), day, at)
		x.code(rec, r("code"), day, d, at)
		before := len(rec.entries)
		x.administration(rec, r("administration"), day, d, at)
		x.w.label("directory-desk", rec.entries[before:])
		before = len(rec.entries)
		x.news(rec, r("news"), day, d, at)
		x.w.label("code-host-news", rec.entries[before:])
	}
}

// explain adds what the other systems log of ordinary sign-ins and builds that a
// campaign's script needs.
func (x *surfaces) explain(rec *Recording, r *Rand) {
	x.directory(rec, r, rec.notes, false)
	x.builds(rec, r, rec.notes, x.whereabouts(r, rec.notes, 0))
}

// whereabouts are where everybody is on a day: whoever comes into the cloud, where
// they come from; others in the office, at home, or now and then on a journey of a
// week. Who has a cloud and does not come into it has the day off.
func (x *surfaces) whereabouts(r *Rand, notes []note, d int) map[*person]string {
	at := map[*person]string{}
	for _, mine := range byPerson(notes) {
		at[mine[0].person] = mine[0].ip
	}
	for _, p := range x.helpDesk {
		at[p] = officeAddress
	}
	for _, p := range x.staff {
		at[p] = x.w.g.seat(r, p.office, p.address)
		if week := NewRand(x.w.o.Seed, "trip of", p.name, itoa(d/7)); week.Chance(0.04) {
			at[p] = elsewhere(week)
		}
	}
	return at
}

// seat is where, with what and in which session of the directory somebody is.
type seat struct {
	ip, agent string
	session   string
	device    string // the directory's mark of the device
}

// usual is a person's seat at an address.
func (x *surfaces) usual(r *Rand, p *person, ip string) seat {
	return seat{ip: ip, agent: p.browser, session: sessionID(r), device: NewRand(x.w.o.Seed, "device", p.name).Hex(64)}
}

func sessionID(r *Rand) string { return "trs" + r.Text(tokenLetter[:62], 22) }

// network is what is known of an address's network, and where it is.
type network struct {
	number            int // from the ranges for documentation (RFC 5398)
	owner, domain     string
	city, country     string
	latitude, longest string
	proxy             bool
}

// networkOf tells the networks of the invented Internet apart.
func networkOf(ip string) network {
	here := network{64500, "lantern works", "lantern.example", "Lisbon", "Portugal", "38.7", "-9.1", false}
	switch r := NewRand(0, "network", ip); {
	case strings.HasPrefix(ip, "192.0.2."):
		return here
	case strings.HasPrefix(ip, "198.51.100."):
		here.number, here.owner, here.domain = 64501+r.IntN(3), "city cable", "cable.example"
		return here
	case strings.HasPrefix(ip, "203.0.113."):
		return network{64505, "other clouds", "clouds.example", "Dublin", "Ireland", "53.3", "-6.3", false}
	default: // hotels, mobile networks and rented machines
		n := []network{
			{64506, "hotel net", "hotels.example", "Valencia", "Spain", "39.5", "-0.4", false},
			{64507, "mobile net", "mobile.example", "Ghent", "Belgium", "51.1", "3.7", false},
			{64508, "rented racks", "racks.example", "Riga", "Latvia", "56.9", "24.1", false},
			{64509, "bulk hosting", "bulk.example", "Chisinau", "Moldova", "47.0", "28.9", true},
		}
		return n[r.IntN(len(n))]
	}
}

// login is a person's name at the code host.
func login(p *person) string {
	name, _, _ := strings.Cut(p.name, "@")
	return strings.ReplaceAll(name, ".", "-") + "-lw"
}

// display is a person's name as people write it.
func display(p *person) string {
	name, _, _ := strings.Cut(p.name, "@")
	first, rest, _ := strings.Cut(name, ".")
	up := func(s string) string {
		if s == "" {
			return s
		}
		return strings.ToUpper(s[:1]) + s[1:]
	}
	return strings.TrimSpace(up(first) + " " + up(rest))
}

// milliseconds is a moment within a second: other systems count finer than the
// provider.
func milliseconds(r *Rand, at time.Time) time.Time {
	return at.UTC().Truncate(time.Second).Add(time.Duration(r.IntN(1000)) * time.Millisecond)
}

// byPerson puts notes of sign-ins together, each person's in order.
func byPerson(notes []note) [][]note {
	sorted := slices.DeleteFunc(slices.Clone(notes), func(n note) bool { return n.person == nil })
	slices.SortStableFunc(sorted, func(a, b note) int {
		return cmp.Or(strings.Compare(a.person.name, b.person.name), a.at.Compare(b.at))
	})
	var out [][]note
	for _, n := range sorted {
		if k := len(out) - 1; k >= 0 && out[k][0].person == n.person {
			out[k] = append(out[k], n)
			continue
		}
		out = append(out, []note{n})
	}
	return out
}
