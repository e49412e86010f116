package sim

// Campaigns for fitting that more systems see than the provider.

// From where to where campaigns go.
const (
	directoryToCloud = "SaaS to AWS"
	buildToCloud     = "CI to AWS"
	cloudToHost      = "AWS to SaaS"
	machineToCloud   = "workload to AWS"
)

// cookieAndFunction: the directory's session is copied from a browser.
var cookieAndFunction = campaign{
	name: "cookie-and-function", half: Fitting, paces: []float64{0.4, 1, 8}, crosses: directoryToCloud,
	title: "a session of the directory, copied from a browser, opens the cloud from another network and rewrites a function",
	play: func(s *stage) {
		f, m := s.functionFor()
		s.takesOver(m.who)
		own := s.morning(m.who)
		from := s.foreign(own.session)
		d := s.inDirectory(m.who, from)
		s.directory(d, initialAccess, 0, entersApp(s.g, m.who, from, "Wiki"), step.tells)
		s.viaFunction(s.opens(d, m.who, from, 90, nil, agentCLILinux), f)
	},
}

// askedUntilYes: questions for the second factor until somebody says yes.
var askedUntilYes = campaign{
	name: "asked-until-yes", half: Fitting, paces: []float64{0.4, 1, 6}, crosses: directoryToCloud,
	title: "a person is asked for the second factor until it is given; the cloud is opened and a function changed",
	play: func(s *stage) {
		f, m := s.functionFor()
		s.takesOver(m.who)
		from := s.foreign("")
		d := s.inDirectory(m.who, from)
		for range s.r.Between(4, 9) {
			s.directory(d, credentials, 25, refusesPush(s.g, m.who, from), step.tells)
		}
		from.session = sessionID(s.r)
		d = s.inDirectory(m.who, from)
		for _, e := range starts(s.g, m.who, from) {
			s.directory(d, initialAccess, 2, e, step.key)
		}
		s.viaFunction(s.opens(d, m.who, from, 30, nil, agentCLILinux), f)
	},
}

// workflowPlanted: a stolen token pushes a workflow that takes a role.
var workflowPlanted = campaign{
	name: "workflow-planted", half: Fitting, paces: []float64{0.4, 1, 10}, crosses: buildToCloud,
	title: "a stolen token of the code host pushes a workflow to a repository of others, whose role it misuses",
	play: func(s *stage) {
		m := s.someone(mayAnything, "pipeline")
		p := s.strangerTo(m.resource)
		s.takesOver(p)
		h := s.atHost(p)
		ip := elsewhere(s.r)
		clone := s.g.pushes(p, ip, m.resource)
		clone.action = "git.clone"
		s.host(h, initialAccess, 0, clone, step.tells)
		s.host(h, persistence, 120, s.g.pushes(p, ip, m.resource), step.key)
		in := s.builds(h, p, m, "main", "lint-"+s.r.Hex(2), "push", s.hosted(), step.key)
		s.plays(in, discovery, do(3, "sts:GetCallerIdentity").tells(), do(5, "iam:ListRoles").tells(), do(4, "secretsmanager:ListSecrets").tells())
		s.becomes(in, 12)
	},
}

// borrowedRunner: a machine of the intruder's runs the builds.
var borrowedRunner = campaign{
	name: "borrowed-runner", half: Fitting, paces: []float64{0.5, 1, 12}, crosses: buildToCloud,
	title: "a runner of the intruder's is registered at a repository, and a build on it takes the role",
	play: func(s *stage) {
		m := s.someone(mayAnything, "pipeline")
		p := s.strangerTo(m.resource)
		s.takesOver(p)
		h := s.atHost(p)
		ip := elsewhere(s.r)
		s.host(h, persistence, 0, &gitHubEvent{action: "repo.register_self_hosted_runner", by: p, ip: ip, agent: "curl/8.15.0", repo: m.resource, token: s.g.tokenOf(p), access: accessToken,
			more: []any{"runner_id", s.r.Between(100, 900), "runner_name", "build-" + s.r.Hex(4), "runner_labels", []string{"self-hosted", "linux"}}}, step.key)
		s.host(h, persistence, 90, s.g.pushes(p, ip, m.resource), step.tells)
		in := s.builds(h, p, m, "fast-"+s.r.Hex(2), "deploy", "push", ip, step.key)
		s.plays(in, discovery, do(4, "sts:GetCallerIdentity").tells(), do(6, "iam:ListUsers").tells())
		s.becomes(in, 15)
	},
}

// cloudToClones: a person's session in the cloud finds that person's own token.
var cloudToClones = campaign{
	name: "cloud-to-clones", half: Fitting, paces: []float64{0.5, 1, 6}, crosses: cloudToHost,
	title: "a person's stolen session in the cloud reads that person's token of the code host, with which all is cloned",
	play: func(s *stage) {
		m := s.colleague(mayWrite, nil)
		s.takesOver(m.who)
		own := s.morning(m.who)
		from := s.foreign(own.session)
		k := s.opens(s.inDirectory(m.who, from), m.who, from, 0, nil, agentCLILinux)
		s.plays(k, discovery, do(9, "sts:GetCallerIdentity").tells(), do(6, "secretsmanager:ListSecrets").tells())
		s.plays(k, credentials, many(6, step.tells, func(i int) step { return do(4, "secretsmanager:GetSecretValue", obj("secretId", s.main.secrets[i])) })...)
		h := s.atHost(m.who)
		repos := s.w.surfaces.repositories()
		for i := range min(20, len(repos)) {
			e := s.g.pushes(m.who, from.ip, repos[i])
			e.action = "git.clone"
			switch i {
			case 12:
				s.host(h, exfiltration, 3, e, step.last)
			case 0:
				s.host(h, exfiltration, 60, e, step.key)
			default:
				s.host(h, exfiltration, 3, e)
			}
		}
	},
}

// vaultToDirectory: a token of the directory, read in the cloud, makes a person.
var vaultToDirectory = campaign{
	name: "vault-to-directory", half: Fitting, paces: []float64{0.5, 1, 8}, crosses: cloudToHost,
	title: "a leaked key reads a secret with the personnel system's token of the directory; a person is made with it, who comes back as the cloud's administrator",
	play: func(s *stage) {
		m := s.someone(mayWrite, "key")
		k := s.seizes(m, false)
		s.truth.Keyless = "a secret's record has no trace of the token that it holds"
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(5, "secretsmanager:ListSecrets").tells())
		s.plays(k, credentials, many(5, step.tells, func(i int) step { return do(4, "secretsmanager:GetSecretValue", obj("secretId", s.main.secrets[i])) })...)
		owner, token, from := s.w.surfaces.provisioning()
		from.ip, from.agent = k.from.ip, "curl/8.15.0"
		by := s.inDirectory(owner, from)
		by.truth.Credential = token
		p := &person{name: s.newName() + "@lantern.example", home: m.place, id: s.r.UUID()}
		for _, e := range s.g.makesPerson(p, "aws-administrators") {
			e.by, e.from, e.token = owner, from, token
			s.directory(by, persistence, 20, e, step.key)
		}
		s.takesOver(p)
		there := s.foreign(sessionID(s.r))
		d := s.inDirectory(p, there)
		s.directory(d, initialAccess, 90, starts(s.g, p, there)[0], step.tells)
		s.directory(d, persistence, 20, enrols(s.g, p, there), step.tells)
		s.becomes(s.opens(d, p, there, 40, s.permissionSet(p.home, "AdministratorAccess"), agentCLILinux), 30)
	},
}

// exploitedNode: a machine is broken into, digs, and its role looks around.
var exploitedNode = campaign{
	name: "exploited-node", half: Fitting, paces: []float64{0.5, 1, 8}, crosses: machineToCloud,
	title: "a machine is broken into and digs for coins; its role enumerates from it and, carried off, makes an administrator",
	play: func(s *stage) {
		m := s.someone(mayAnything, "instance")
		box := s.w.surfaces.machine(m.resource)
		k := s.seizes(m, true)
		s.roots(k, &box)
		pool := elsewhere(s.r)
		s.flowed(execution, 0, &box, flow{true, pool, 3333, 400, 60000, false}, step.tells)
		s.flowed(execution, 60, &box, flow{true, pool, 3333, 700, 110000, false})
		s.detected(execution, 240, &threat{kind: "CryptoCurrency:EC2/BitcoinTool.B", title: "A machine talks to a pool of miners", severity: 8, place: box.place, machine: &box, action: connection(pool, 3333, true)}, step.key)
		s.plays(k, discovery, do(30, "sts:GetCallerIdentity").tells())
		s.looks(k, 5, 8, reconCalls...)
		out := *k
		out.from = s.outside(agentBoto)
		s.detected(credentials, 700, &threat{kind: "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS", title: "A machine's credentials are used from outside", severity: 8, place: box.place, session: k.session,
			action: apiAction("sts", "GetCallerIdentity", out.from.ip)}, step.key)
		s.plays(&out, discovery, do(120, "sts:GetCallerIdentity").tells(), do(6, "iam:ListUsers").tells())
		s.becomes(&out, 20)
	},
}

// roots names the machine that a session is of as the campaign's root.
func (s *stage) roots(k *actor, box *machine) {
	s.truth.Root = k.truth
	s.truth.Root.Also = []string{box.id, box.face, "arn:aws:ec2:" + box.place.home + ":" + box.place.id + ":instance/" + box.id}
}
