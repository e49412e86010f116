package sim

import (
	"fmt"
	"slices"
	"time"
)

// What campaigns do in the other systems of an organisation.

// colleague is a person of the cast with some power in the cloud; at a place, if
// one is given.
func (s *stage) colleague(may power, at *place) member {
	var able []member
	for _, m := range s.w.cast {
		if m.kind == "person" && m.may == may && (at == nil || m.place == at) {
			able = append(able, m)
		}
	}
	if len(able) == 0 {
		panic(fmt.Sprintf("sim: no person in the cast has power %d there", may))
	}
	return able[s.r.IntN(len(able))]
}

// functionFor is a function that issues, and a person where it is who may change it.
func (s *stage) functionFor() (member, member) {
	f := s.someone(mayIssue, "function")
	return f, s.colleague(mayWrite, f.place)
}

// takesOver says who is taken over, by each system's name.
func (s *stage) takesOver(p *person) {
	s.truth.Person = &TruthPerson{Mail: p.name, Okta: s.g.oktaUser(p)}
	if slices.Contains(s.w.surfaces.coders, p) {
		s.truth.Person.GitHub = login(p)
	}
	if p.role != nil {
		s.truth.Person.AWS = []string{p.role.id}
	}
}

// inDirectory is a person's account at the directory, in a session there.
func (s *stage) inDirectory(p *person, from seat) *actor {
	id := s.g.oktaUser(p)
	return &actor{truth: TruthActor{Kind: "okta-user", ID: id, Name: p.name, Account: "", Credential: from.session, Identity: id, Also: []string{p.name, login(p)}}}
}

// atHost is a person's account at the code host, with the usual token.
func (s *stage) atHost(p *person) *actor {
	number := itoa(10_000_000 + NewRand(s.g.seed, "number", login(p)).IntN(80_000_000))
	return &actor{truth: TruthActor{Kind: "github-user", ID: number, Name: login(p), Credential: s.g.tokenOf(p), Identity: number, Also: []string{login(p), p.name, s.g.oktaUser(p)}}}
}

// logged is a step that another system than the provider records.
func (s *stage) logged(by *actor, wait int, write func(at time.Time) string, how []func(step) step) {
	if by != nil {
		s.lists(by)
	}
	s.now = s.now.Add(s.paced(wait))
	var st step
	for _, change := range how {
		st = change(st)
	}
	s.marks(st, write(s.now))
	s.now = s.now.Add(time.Second)
}

// directory is a step in the directory.
func (s *stage) directory(by *actor, phase string, wait int, e *oktaEvent, how ...func(step) step) {
	s.logged(by, wait, func(at time.Time) string { return s.g.okta(s.g.rec, at, e, phase) }, how)
}

// host is a step at the code host.
func (s *stage) host(by *actor, phase string, wait int, e *gitHubEvent, how ...func(step) step) {
	s.logged(by, wait, func(at time.Time) string { return s.g.gitHub(s.g.rec, at, e, phase) }, how)
}

// detected is a finding of the provider's about what just was.
func (s *stage) detected(phase string, wait int, t *threat, how ...func(step) step) {
	seen := s.now
	s.logged(nil, wait, func(at time.Time) string { return s.g.guardDuty(s.g.rec, seen, at, t, phase) }, how)
}

// flowed is a conversation in the network.
func (s *stage) flowed(phase string, wait int, m *machine, f flow, how ...func(step) step) {
	s.logged(nil, wait, func(at time.Time) string { return s.g.flows(s.g.rec, m, at, f, phase) }, how)
}

// morning is the owner's own sign-in some hours before, and the seat of it.
func (s *stage) morning(p *person) seat {
	x := s.w.surfaces
	at := s.now.Add(-time.Duration(s.r.Between(1800, 9000)) * time.Second)
	from := x.usual(s.r, p, s.g.seat(s.r, p.office, p.address))
	x.signsOn(s.g.rec, s.r, p, from, at)
	s.g.okta(s.g.rec, at.Add(time.Minute), entersApp(s.g, p, from, otherApps[s.r.IntN(len(otherApps))]), "")
	return from
}

// foreign is a seat of the intruder's: another network, another device.
func (s *stage) foreign(session string) seat {
	agent := s.r.Pick(agentBrowserWin, agentBrowser, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	return seat{ip: elsewhere(s.r), agent: agent, session: session, device: s.r.Hex(64)}
}

// opens is the way from the directory into the cloud: the application, and the
// role's session that its assertion buys. ro is another than the person's own role
// if it is not nil.
func (s *stage) opens(by *actor, p *person, from seat, wait int, ro *role, agent string) *actor {
	s.directory(by, initialAccess, wait, entersApp(s.g, p, from, cloudApp), step.tells)
	s.now = s.now.Add(time.Duration(s.r.Between(2, 20)) * time.Second)
	q := *p
	if ro != nil {
		q.role = ro
		s.truth.Person.AWS = append(s.truth.Person.AWS, ro.id)
	}
	s.main = q.home
	t := s.g.signIn(s.r, &q, from.ip, s.now)
	rec := s.g.rec
	rec.notes = rec.notes[:len(rec.notes)-1] // the script has said it
	last := &rec.entries[len(rec.entries)-1]
	last.phase = initialAccess
	s.lists(&actor{outside: true, truth: TruthActor{Kind: "saml", ID: last.who.id, Name: p.name, ARN: last.who.arn, Account: s.main.id, Identity: last.who.id}})
	s.marks(step{decisive: true}, last.id)
	s.now = s.now.Add(2 * time.Second)
	return holds(t, origin{ip: from.ip, agent: agent})
}

// permissionSet is a role that the directory gives for a permission set.
func (s *stage) permissionSet(p *place, set string) *role {
	return &role{p.id, "AWSReservedSSO_" + set + "_" + NewRand(s.g.seed, "set", p.id, set).Hex(16), NewRand(s.g.seed, "setid", p.id, set).roleID(), "/aws-reserved/sso.amazonaws.com/"}
}

// builds is a run of a workflow, set off by somebody, that takes a role.
func (s *stage) builds(by *actor, p *person, m member, branch, workflow, event, ip string, how ...func(step) step) *actor {
	one := s.g.newRun(s.r, m.resource, branch, event, p)
	one.workflow = workflow
	s.host(by, execution, 4, s.g.says(&one, "created_workflow_run"), how...)
	s.now = s.now.Add(time.Duration(s.r.Between(15, 60)) * time.Second)
	s.main = m.place
	in := s.runsWorkflowAt(m.role, m.resource, "ref:refs/heads/"+branch, s.r.shortKey(), ip)
	s.g.gitHub(s.g.rec, s.now.Add(time.Duration(s.r.Between(200, 900))*time.Second), s.g.says(&one, "completed_workflow_run"), "")
	return in
}

// hosted is an address of the code host's own runners.
func (s *stage) hosted() string { return "203.0.113." + itoa(s.r.Between(50, 120)) }

// stranger is somebody who writes code, but not in this repository.
func (s *stage) strangerTo(repo string) *person {
	x := s.w.surfaces
	usual := x.maintainers(repo)
	for {
		if p := x.coders[s.r.IntN(len(x.coders))]; !slices.Contains(usual, p) {
			return p
		}
	}
}

// becomes is the end of many ways: a user of the intruder's with everything.
func (s *stage) becomes(in *actor, wait int) {
	u := s.user(s.newName())
	s.plays(in, persistence, makesUser(wait, u).key())
	s.plays(in, escalation, givesUser(3, u, adminPolicy).last())
	s.mints(in, 3, persistence, u)
	s.looks(signs(u, s.outside(agentBoto)), 9, 6, reconCalls...)
}

// viaFunction is a person's session that rewrites a function and has everything by
// the function's role.
func (s *stage) viaFunction(k *actor, f member) {
	s.main = f.place
	s.plays(k, discovery, do(12, "sts:GetCallerIdentity").tells(), do(9, "lambda:ListFunctions20150331").tells(), do(11, "lambda:GetFunction20150331v2", obj("functionName", f.resource)).tells(),
		do(8, "iam:ListRolePolicies", obj("roleName", f.role.name)).tells())
	s.plays(k, escalation, s.changesCode(40, f).key())
	s.becomes(s.invokes(k, 12, f), 3)
}
