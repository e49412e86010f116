package sim

import "time"

// The streams of records that are JSON. Shares of what happens are guesses at an
// organisation; they set what a stream costs to read, nothing else.

// signIns is the stream of a directory.
type signIns struct {
	records
	x      *surfaces
	people []*person
	now    []seat // each person's session; the zero seat before the first
	turn   int
}

func newSignIns(g *organization, o StreamOptions) *signIns {
	people := crowdOf(g, o)
	x := &surfaces{w: &World{o: WorldOptions{Seed: o.Seed}, g: g}, staff: people, helpDesk: people[:1]}
	return &signIns{newRecords(o), x, people, make([]seat, len(people)), 0}
}

func (s *signIns) file(doc []byte, _ *place, at time.Time) ([]byte, int) {
	return s.fill(doc, at, s.one)
}

// one is what somebody does at a moment: mostly another application is entered.
func (s *signIns) one(at time.Time) {
	r, g := s.rand, s.x.w.g
	i := s.turn % len(s.people)
	s.turn++
	p := s.people[i]
	if s.now[i].ip == "" || r.Chance(0.1) {
		s.now[i] = s.x.usual(r, p, g.seat(r, p.office, p.address))
		s.x.signsOn(s.rec, r, p, s.now[i], at)
		return
	}
	app := cloudApp
	if k := r.IntN(len(otherApps) + 2); k < len(otherApps) {
		app = otherApps[k]
	}
	if r.Chance(0.6) { // the policy is asked before most
		e := &oktaEvent{name: "policy.evaluate_sign_on", message: "Evaluation of sign-on policy", by: p, from: s.now[i], result: "ALLOW", reason: "Sign-on policy evaluation resulted in ALLOW",
			targets: append(g.oktaApp(p, app), g.oktaTarget("Rule", "0pr", "unknown", "Catch-all Rule"))}
		g.okta(s.rec, at.Add(-time.Second), e, "")
	}
	g.okta(s.rec, at, entersApp(g, p, s.now[i], app), "")
	if r.Chance(0.004) {
		g.okta(s.rec, at, &oktaEvent{name: "group.user_membership.add", message: "Add user to group membership", by: s.people[0], from: s.now[i],
			targets: []rawJSON{g.oktaPerson(p), g.oktaTarget("UserGroup", "00g", "unknown", "team-"+r.Pick(trades...))}}, "")
	}
}

// codeWork is the stream of a code host.
type codeWork struct {
	records
	g      *organization
	people []*person
	turn   int
}

func newCodeWork(g *organization, o StreamOptions) *codeWork {
	return &codeWork{newRecords(o), g, crowdOf(g, o), 0}
}

func (s *codeWork) file(doc []byte, _ *place, at time.Time) ([]byte, int) {
	return s.fill(doc, at, s.one)
}

// one is what somebody, or a build, does at a moment. Each has a few repositories.
func (s *codeWork) one(at time.Time) {
	r, g := s.rand, s.g
	i := s.turn % len(s.people)
	s.turn++
	p := s.people[i]
	k := (i*5 + r.IntN(4)) % (len(s.people)/4 + 4)
	repo := trades[k%len(trades)] + "-" + itoa(k)
	ip := officeAddress
	if !p.office {
		ip = p.address
	}
	switch n := r.IntN(20); {
	case n < 9: // reading and writing code
		e := g.pushes(p, ip, repo)
		e.action = r.Pick("git.fetch", "git.fetch", "git.clone", "git.push")
		g.gitHub(s.rec, at, e, "")
	case n < 13: // a build
		one := g.newRun(r, repo, r.Pick("main", "fix-"+r.Hex(3)), r.Pick("push", "pull_request"), p)
		g.gitHub(s.rec, at, g.says(&one, "created_workflow_run"), "")
		g.gitHub(s.rec, at.Add(3*time.Second), &gitHubEvent{action: "git.clone", bot: "github-actions[bot]", ip: "203.0.113." + itoa(r.Between(50, 120)), agent: agentGit, repo: repo,
			token: r.Text(tokenLetter[:62], 43) + "=", access: "GitHub App server-to-server token"}, "")
		g.gitHub(s.rec, at.Add(time.Duration(r.Between(60, 300))*time.Second), g.says(&one, "completed_workflow_run"), "")
	case n < 18: // reviews
		e := &gitHubEvent{action: r.Pick("pull_request.create", "pull_request.merge", "pull_request_review.submit", "pull_request.close"), by: p, ip: ip, agent: p.browser, repo: repo,
			more: []any{"pull_request_id", 1_000_000_000 + r.IntN(1_000_000_000), "pull_request_title", "change " + r.Pick(trades...), "pull_request_url", "https://github.com/" + g.github + "/" + repo + "/pull/" + itoa(r.IntN(3000))}}
		g.gitHub(s.rec, at, e, "")
	case n < 19:
		g.gitHub(s.rec, at, &gitHubEvent{action: r.Pick("org.sso_response", "team.add_repository", "repo.download_zip"), by: p, ip: ip, agent: p.browser, repo: repo}, "")
	default:
		g.gitHub(s.rec, at, &gitHubEvent{action: "api.request", by: p, ip: ip, agent: p.cli, repo: repo, token: g.tokenOf(p), access: accessToken,
			more: []any{"request_method", r.Pick("GET", "GET", "GET", "POST"), "url_path", "/repos/" + g.github + "/" + repo + "/issues", "status_code", 200}}, "")
	}
}

// alarms is the stream of a threat detector.
type alarms struct {
	records
	g        *organization
	machines []machine
	sessions []*session
	turn     int
}

func newAlarms(g *organization, o StreamOptions) *alarms {
	s := &alarms{records: newRecords(o), g: g}
	for i := range o.Identities {
		p := g.places[i%len(g.places)]
		r := NewRand(o.Seed, "alarms", itoa(i))
		m := newInterface(r, p, i)
		m.role = &role{p.id, trades[i%len(trades)] + "-" + itoa(i), r.roleID(), "/"}
		m.card = newCard(r, o.Start, i)
		s.machines = append(s.machines, m)
		s.sessions = append(s.sessions, &session{role: &role{p.id, trades[i%len(trades)] + "-" + itoa(i), r.roleID(), "/"}, name: "i-0" + r.Hex(16), key: r.shortKey(), start: o.Start})
	}
	return s
}

// newCard is a machine of a group of twenty that do the same; one in four is open to the
// Internet.
func newCard(r *Rand, now time.Time, i int) *card {
	of := NewRand(uint64(i/20), "group")
	trade := trades[i/20%len(trades)]
	c := &card{launched: now.Add(-time.Duration(r.Between(1, 200*24*3600)) * time.Second), group: "sg-0" + of.Hex(16), groupName: trade + "-" + of.Hex(4),
		image: "Amazon Linux 2023 AMI 2023.9.20251020.0 x86_64 HVM kernel-6.1",
		tags:  [][2]string{{"Name", trade + "-" + itoa(i%20)}, {"team", trade}, {"env", of.Pick("prod", "prod", "stage")}}}
	if i%4 == 0 {
		c.public = "203.0.113." + itoa(1+i/4%250)
	}
	return c
}

func (s *alarms) file(doc []byte, p *place, at time.Time) ([]byte, int) {
	return s.fill(doc, at, func(at time.Time) { s.one(p, at) })
}

// one is a finding about something of an account.
func (s *alarms) one(p *place, at time.Time) {
	r := s.rand
	i := s.turn % len(s.machines)
	s.turn++
	for n := 0; s.machines[i].place != p && n < len(s.g.places); n++ {
		i = (i + 1) % len(s.machines)
	}
	ip := elsewhere(r)
	t := threat{place: s.machines[i].place, machine: &s.machines[i]}
	switch r.IntN(8) {
	case 0, 1:
		t.kind, t.title, t.severity, t.action = "Recon:EC2/PortProbeUnprotectedPort", "An unprotected port of "+t.machine.id+" is being probed", 2, probed(ip)
	case 2:
		t.kind, t.title, t.severity, t.action = "UnauthorizedAccess:EC2/SSHBruteForce", ip+" makes many attempts to sign in to "+t.machine.id, 2, connection(ip, 22, false)
	case 3:
		port := r.Between(1024, 60000)
		t.kind, t.title, t.severity, t.action = "Behavior:EC2/NetworkPortUnusual", "The port "+itoa(port)+" of "+ip+" is unusual for "+t.machine.id, 5, connection(ip, port, true)
	case 4:
		t.kind, t.title, t.severity, t.action = "UnauthorizedAccess:EC2/TorClient", t.machine.id+" talks to an entry of an anonymity network", 8, connection(ip, 9001, true)
	default:
		t.kind, t.title, t.severity = "Discovery:IAMUser/AnomalousBehavior", "Calls that are unusual for "+s.sessions[i].role.name, 2
		t.machine, t.session = nil, s.sessions[i]
		t.action = apiAction("ec2", r.Pick("DescribeInstances", "DescribeVolumes", "GetConsoleScreenshot"), ip)
	}
	s.g.guardDuty(s.rec, at.Add(-time.Duration(r.Between(300, 900))*time.Second), at, &t, "")
}
