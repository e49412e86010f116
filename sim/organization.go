package sim

import (
	"fmt"
	"time"
)

// OrganizationOptions say how large an organisation is and how long to watch it.
type OrganizationOptions struct {
	Seed     uint64
	Start    time.Time // midnight UTC of the first day
	Days     int
	Accounts int // at least 1; the first is where most of the work happens
	People   int // engineers who come in through the directory, over all accounts
}

// organization is the cast of ordinary work.
type organization struct {
	seed     uint64
	rec      *Recording
	places   []*place
	people   []*person
	github   string // organisation at the code host
	vendor   string // account of the posture scanner's maker
	partner  string // account of an outside contractor
	external string // external id that the vendor uses

	// ordinary users and roles of the first account
	names       names
	victim      *user // whose key is taken in the recording
	admin       *user
	firstAdmin  *user
	model       *user
	sync        *user
	operators   []*user
	roles       []*role // the six that the recording's attacker takes
	initRole    *role   // execution role of the instance set-up function
	deployRole  *role
	planRole    *role
	terraform   *role
	instance    *role
	provision   *role
	bot         *role
	assistant   *role
	backup      *role
	small       bool      // fewer of everything, for recordings that are to stay small
	demonstrate bool      // the set-up function also looks after keys
	replaced    time.Time // from when on the set-up function no longer does its work; zero for never
}

// person is an engineer who signs in through the directory.
type person struct {
	name    string
	home    *place
	role    *role
	office  bool
	address string // at home
	browser string
	cli     string
	id      string // in the directory
}

var (
	firstNames = []string{"mira", "tomas", "lea", "jonas", "priya", "kofi", "elif", "daniel", "sofia", "ravi", "hanna", "mateo", "aiko", "peter", "nadia",
		"oskar", "yara", "liam", "chen", "ines", "viktor", "amara", "bruno", "freya"}
	permissionSets = []string{"PowerUser", "ReadOnly", "Developer", "DataEngineer"}
)

// Addresses of the invented organisation. 192.0.2.0/24 is its office and its
// own machines, 198.51.100.0/24 homes and partners, 203.0.113.0/24 other
// companies' clouds (RFC 5737).
const (
	officeAddress  = "192.0.2.10"
	officeVPN      = "192.0.2.11"
	azureAddress   = "203.0.113.201"
	partnerAddress = "198.51.100.240"
	vendorAddress  = "198.51.100.250"
)

func newOrganization(o OrganizationOptions, rec *Recording, n names) *organization {
	r := NewRand(o.Seed, "organization")
	g := &organization{seed: o.Seed, rec: rec, names: n, github: "lantern-works", vendor: r.account(), partner: r.account(), external: r.UUID(), demonstrate: true}
	labels := []string{"prod", "management", "staging", "data", "sandbox", "security", "shared"}
	for i := range o.Accounts {
		label := labels[i%len(labels)]
		if i >= len(labels) {
			label = fmt.Sprintf("%s%d", label, i/len(labels)+1)
		}
		g.places = append(g.places, newPlace(NewRand(o.Seed, "place", label), r.account(), "us-east-1", label))
	}
	for i := range o.People {
		name := firstNames[i%len(firstNames)]
		if i >= len(firstNames) {
			name += fmt.Sprint(i / len(firstNames))
		}
		home := g.places[0]
		if i%3 == 2 {
			home = g.places[i%len(g.places)]
		}
		set := permissionSets[i%len(permissionSets)]
		p := &person{name: name + "@lantern.example", home: home, office: i%4 != 3, address: fmt.Sprintf("198.51.100.%d", 10+i%200), id: r.UUID(),
			browser: agentBrowser, cli: agentCLIMac,
			role: &role{home.id, "AWSReservedSSO_" + set + "_" + NewRand(o.Seed, "set", home.id, set).Hex(16),
				NewRand(o.Seed, "setid", home.id, set).roleID(), "/aws-reserved/sso.amazonaws.com/"}}
		if i%2 == 1 {
			p.browser, p.cli = agentBrowserWin, agentCLILinux
		}
		g.people = append(g.people, p)
	}
	main := g.places[0]
	newUser := func(name string) *user { return &user{main.id, name, r.userID(), r.longKey()} }
	newRole := func(name string) *role { return &role{main.id, name, r.roleID(), "/"} }
	g.victim, g.admin, g.firstAdmin, g.model, g.sync = newUser(n.Victim), newUser(n.Admin), newUser(n.FirstAdmin), newUser(n.Model), newUser(n.Sync)
	for _, name := range []string{"mira.ops", "tomas.net", "lea.finance", "jonas.dev"} {
		g.operators = append(g.operators, newUser(name))
	}
	for _, name := range n.Roles {
		g.roles = append(g.roles, newRole(name))
	}
	g.initRole = newRole(n.Function + "-role")
	g.deployRole, g.planRole, g.terraform = newRole("github-deploy"), newRole("github-terraform"), newRole("terraform-deployer")
	g.instance, g.provision, g.bot = newRole("app-instance"), newRole("user-provisioner-role"), newRole("support-bot-role")
	g.assistant, g.backup = newRole("coding-assistant"), newRole("nightly-backup")
	main.funcs = append(main.funcs, n.Function)
	return g
}

// Organization makes the ordinary work alone.
func Organization(o OrganizationOptions) (*Recording, error) {
	if o.Days < 1 || o.Accounts < 1 || o.People < 1 {
		return nil, fmt.Errorf("make an organisation: it needs at least one day, one account and one person, not %d, %d and %d", o.Days, o.Accounts, o.People)
	}
	rec := newRecording(o.Seed)
	newOrganization(o, rec, recordedNames).work(o.Start, o.Days)
	rec.cut(o.Start, o.Start.AddDate(0, 0, o.Days))
	rec.sort()
	return rec, nil
}

// work fills the days.
func (g *organization) work(start time.Time, days int) {
	for d := range days {
		day := start.AddDate(0, 0, d)
		r := func(actor string) *Rand { return NewRand(g.seed, actor, day.Format(time.DateOnly)) }
		workday := day.Weekday() != time.Saturday && day.Weekday() != time.Sunday
		for i, p := range g.places {
			if g.small && i > 0 {
				break
			}
			g.services(r("services"+p.id), p, day)
			g.scanner(r("scanner"+p.id), p, i, day)
		}
		g.machines(r("machines"), day)
		g.functions(r("functions"), day)
		g.setUp(r("set-up"), day)
		g.backups(r("backups"), day)
		g.directorySync(r("sync"), day)
		g.supportBot(r("bot"), day, workday)
		g.modelUser(r("model"), day, workday)
		if !workday {
			continue
		}
		for i, p := range g.people {
			g.engineer(r("engineer"+p.name), p, day, i)
		}
		g.victimWorks(r("victim"), day)
		g.adminWorks(r("admin"), day, d)
		g.codeHost(r("codehost"), day)
		g.operatorsWork(r("operators"), day)
		g.contractor(r("contractor"), day)
		g.deploys(r("deploys"), day)
		if !g.small || d%2 == 0 {
			g.plans(r("plans"), day)
		}
		g.joiner(r("joiner"), day, d)
		g.codingAssistant(r("assistant"), day)
		if d%4 == 2 {
			g.dashboards(r("dashboards"), day)
		}
		if day.Day() == 14 {
			g.owner(r("owner"), day)
		}
		if d%3 == 1 {
			g.onCall(r("oncall"), day)
		}
	}
}

// officeHour is a moment of a working day: most between 8 and 18, with a dip
// at noon. Shares of the working day by hour are invented.
func officeHour(r *Rand, day time.Time) time.Time {
	shares := [...]int{2, 6, 9, 10, 5, 8, 10, 9, 6, 3} // 8:00 … 17:00
	n := r.IntN(68)                                    // their sum
	hour := 8
	for i, s := range shares {
		if n < s {
			hour = 8 + i
			break
		}
		n -= s
	}
	return day.Add(time.Duration(hour)*time.Hour + time.Duration(r.IntN(3600))*time.Second)
}
