package sim

// Campaigns for measuring that more systems see than the provider: nothing is
// fitted on them.

// sessionElsewhere: a stolen session of the directory, used at leisure.
var sessionElsewhere = campaign{
	name: "session-elsewhere", half: Measuring, paces: []float64{0.5, 1, 10}, crosses: directoryToCloud,
	title: "a stolen session of the directory is carried to another network, looks at applications, opens the cloud and adds a layer to a function",
	play: func(s *stage) {
		f, m := s.functionFor()
		s.takesOver(m.who)
		own := s.morning(m.who)
		from := s.foreign(own.session)
		d := s.inDirectory(m.who, from)
		for _, app := range []string{"Mail", "Tickets"} {
			s.directory(d, initialAccess, 40, entersApp(s.g, m.who, from, app), step.tells)
		}
		k := s.opens(d, m.who, from, 200, nil, from.agent)
		k.from.console = true
		s.main = f.place
		s.looks(k, 7, 5, "ec2:DescribeInstances", "lambda:ListFunctions20150331", "s3:ListBuckets", "iam:ListRoles", "iam:ListUsers")
		layer := s.main.arn("lambda", "layer:"+s.newName()+":1")
		s.plays(k, escalation, do(60, "lambda:PublishLayerVersion20181031", obj("layerName", layer, "compatibleRuntimes", []string{"python3.12"}), obj("layerVersionArn", layer, "version", 1)).tells(),
			do(12, "lambda:UpdateFunctionConfiguration20150331v2", obj("functionName", f.resource, "layers", []string{layer}), configuration(s.r, s.main, f.resource, f.role, 3, s.now)).key())
		s.becomes(s.invokes(k, 15, f), 2)
	},
}

// deskLured: the help desk takes a person's factors back for a stranger.
var deskLured = campaign{
	name: "desk-lured", half: Measuring, paces: []float64{0.5, 1, 5}, crosses: directoryToCloud,
	title: "the help desk, called by a stranger, resets a person's factors; the stranger enrols his own and opens the cloud",
	play: func(s *stage) {
		f, m := s.functionFor()
		s.takesOver(m.who)
		x := s.w.surfaces
		desk := x.helpDesk[s.r.IntN(len(x.helpDesk))]
		from := s.foreign(sessionID(s.r))
		d := s.inDirectory(m.who, from)
		s.truth.Root = d.truth // the desk did it for him
		office := x.usual(s.r, desk, officeAddress)
		lured := s.inDirectory(desk, office)
		lured.workload = true
		s.directory(lured, persistence, 0, resets(s.g, desk, office, m.who), step.tells)
		s.directory(d, initialAccess, 150, starts(s.g, m.who, from)[0], step.tells)
		s.directory(d, persistence, 30, enrols(s.g, m.who, from), step.key)
		s.viaFunction(s.opens(d, m.who, from, 60, nil, agentCLILinux), f)
	},
}

// directoryOwned: an administrator of the directory is taken over.
var directoryOwned = campaign{
	name: "directory-owned", half: Measuring, paces: []float64{0.5, 1, 15}, crosses: directoryToCloud,
	title: "a stolen administrator's session grants power in the directory, makes a token, loosens policy, joins the cloud's administrators and goes there",
	play: func(s *stage) {
		x := s.w.surfaces
		p := x.helpDesk[s.r.IntN(len(x.helpDesk))]
		s.takesOver(p)
		own := s.morning(p)
		from := s.foreign(own.session)
		d := s.inDirectory(p, from)
		friend := x.staff[s.r.IntN(len(x.staff))]
		say := func(phase string, wait int, name, message string, how func(step) step, targets ...rawJSON) {
			s.directory(d, phase, wait, &oktaEvent{name: name, message: message, by: p, from: from, targets: targets}, how)
		}
		say(initialAccess, 0, "user.session.access_admin_app", "User accessing Okta admin app", step.tells, s.g.oktaApp(p, "Okta Admin Console")...)
		say(escalation, 70, "user.account.privilege.grant", "Grant user privilege", step.key, s.g.oktaPerson(friend), s.g.oktaTarget("ROLE", "ROLE", "unknown", "Super administrator"))
		say(persistence, 50, "system.api_token.create", "Create API token", step.key, s.g.oktaTarget("Token", "00T", "unknown", "sync-"+s.r.Hex(2)))
		if s.r.Chance(0.5) {
			say(evasion, 60, "policy.rule.update", "Update policy rule", step.tells, s.g.oktaTarget("PolicyEntity", "00p", "unknown", "Default Policy"), s.g.oktaTarget("PolicyRule", "0pr", "unknown", "Office"))
		} else {
			say(evasion, 60, "security.trusted_origin.create", "Trusted origin was created", step.tells, s.g.oktaTarget("TrustedOrigin", "tos", "unknown", "partner-"+s.r.Hex(2)))
		}
		say(escalation, 40, "group.user_membership.add", "Add user to group membership", step.key, s.g.oktaPerson(p), s.g.oktaTarget("UserGroup", "00g", "unknown", "aws-administrators"))
		k := s.opens(d, p, from, 90, s.permissionSet(p.home, "AdministratorAccess"), agentCLILinux)
		s.plays(k, discovery, do(8, "sts:GetCallerIdentity").tells(), do(6, "iam:ListUsers").tells(), do(5, "organizations:DescribeOrganization").tells())
		s.becomes(k, 20)
	},
}

// gateRemoved: the protection of a branch is taken away and main is pushed to.
var gateRemoved = campaign{
	name: "gate-removed", half: Measuring, paces: []float64{0.5, 1, 12}, crosses: buildToCloud,
	title: "a stolen account removes a branch's protection and pushes; the deploy role makes a key of an administrator",
	play: func(s *stage) {
		m, a := s.someone(mayAnything, "pipeline"), s.someone(mayAnything, "key")
		p := s.strangerTo(m.resource)
		s.takesOver(p)
		h := s.atHost(p)
		from := s.foreign("")
		s.host(h, evasion, 0, &gitHubEvent{action: "protected_branch.destroy", by: p, ip: from.ip, agent: from.agent, repo: m.resource, more: []any{"branch", "main"}}, step.key)
		s.host(h, persistence, 80, s.g.pushes(p, from.ip, m.resource), step.key)
		in := s.builds(h, p, m, "main", "deploy", "push", s.hosted(), step.tells)
		s.plays(in, discovery, do(3, "sts:GetCallerIdentity").tells(), do(5, "iam:ListUsers").tells(), do(4, "iam:ListAttachedUserPolicies", obj("userName", a.name)).tells())
		taken := &user{a.user.account, a.user.name, a.user.id, s.r.longKey()}
		s.mints(in, 9, credentials, taken, step.last)
		s.looks(signs(taken, s.outside(agentBoto)), 60, 8, reconCalls...)
	},
}

// runnerOfOthers: a workflow of a branch, run on a machine that was added.
var runnerOfOthers = campaign{
	name: "runner-of-others", half: Measuring, paces: []float64{0.5, 1, 12}, crosses: buildToCloud,
	title: "a stolen token adds a runner for the whole organisation; the next deployment's role is used there and from elsewhere",
	play: func(s *stage) {
		m := s.someone(mayAnything, "pipeline")
		p := s.strangerTo(m.resource)
		s.takesOver(p)
		h := s.atHost(p)
		ip := elsewhere(s.r)
		s.host(h, persistence, 0, &gitHubEvent{action: "org.register_self_hosted_runner", by: p, ip: ip, agent: "curl/8.15.0", token: s.g.tokenOf(p), access: accessToken,
			more: []any{"runner_id", s.r.Between(100, 900), "runner_name", "pool-" + s.r.Hex(4), "runner_group_name", "Default"}}, step.key)
		in := s.builds(h, p, m, "main", "deploy", "workflow_dispatch", ip, step.key)
		s.plays(in, discovery, do(5, "sts:GetCallerIdentity").tells())
		s.looks(in, 5, 6, reconCalls...)
		account, ro := s.stranger(), s.role(s.newName())
		s.plays(in, persistence, makesRole(20, ro, trusts("AWS", "arn:aws:iam::"+account+":root")).key())
		s.plays(in, escalation, givesRole(4, ro, adminPolicy).last())
	},
}

// appWithScope: an application that somebody allowed too much.
var appWithScope = campaign{
	name: "app-with-scope", half: Measuring, paces: []float64{0.5, 1, 6}, crosses: buildToCloud,
	title: "an application with wide scope clones everything in a person's name; a provisioner's key that lay in the code is used in the cloud",
	play: func(s *stage) {
		x := s.w.surfaces
		p := x.coders[s.r.IntN(len(x.coders))]
		s.takesOver(p)
		s.truth.Keyless = "a key that lies in code leaves no trace of who read it"
		h := s.atHost(p)
		token, ip := s.r.Text(tokenLetter[:62], 43)+"=", elsewhere(s.r)
		h.truth.Credential = token
		s.host(h, persistence, 0, &gitHubEvent{action: "oauth_authorization.create", by: p, ip: ip, agent: p.browser,
			more: []any{"application_name", "code-helper-" + s.r.Hex(2), "oauth_application_id", s.r.Between(100000, 900000), "scopes", "repo,workflow,admin:org"}}, step.key)
		repos := x.repositories()
		for i := range min(25, len(repos)) {
			e := &gitHubEvent{action: "git.clone", by: p, ip: ip, agent: agentGit, repo: repos[i], token: token, access: "OAuth access token"}
			if i == 0 {
				s.host(h, collection, 60, e, step.key)
				continue
			}
			s.host(h, collection, 2, e)
		}
		m := s.someone(mayIssue, "key")
		s.pause(40)
		s.main = m.place
		k := signs(m.user, s.outside(agentBoto))
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(5, "iam:ListUsers").tells(), do(6, "iam:ListAttachedUserPolicies", obj("userName", m.name)).tells())
		s.becomes(k, 20)
	},
}

// shownToAll: from the cloud to the code host, which shows a repository to all.
var shownToAll = campaign{
	name: "shown-to-all", half: Measuring, paces: []float64{0.5, 1, 6}, crosses: cloudToHost,
	title: "a person's stolen session in the cloud reads that person's token of the code host, with which repositories are shown to all",
	play: func(s *stage) {
		m := s.colleague(mayWrite, nil)
		s.takesOver(m.who)
		own := s.morning(m.who)
		from := s.foreign(own.session)
		k := s.opens(s.inDirectory(m.who, from), m.who, from, 0, nil, agentCLIMac)
		s.plays(k, discovery, do(9, "sts:GetCallerIdentity").tells(), do(7, "ssm:DescribeParameters").tells(), do(6, "secretsmanager:ListSecrets").tells())
		s.plays(k, credentials, many(4, step.tells, func(i int) step { return do(5, "secretsmanager:GetSecretValue", obj("secretId", s.main.secrets[i+3])) })...)
		h := s.atHost(m.who)
		repos := s.w.surfaces.repositories()
		for i := range 5 {
			e := s.g.pushes(m.who, from.ip, repos[i])
			e.action = "git.clone"
			s.host(h, collection, 20, e, step.tells)
		}
		for i := range 3 {
			e := &gitHubEvent{action: "repo.access", by: m.who, ip: from.ip, agent: "curl/8.15.0", repo: repos[i], token: s.g.tokenOf(m.who), access: accessToken, more: []any{"visibility", "public", "previous_visibility", "private"}}
			if i == 0 {
				s.host(h, exfiltration, 40, e, step.last)
				continue
			}
			s.host(h, exfiltration, 5, e, step.key)
		}
	},
}

// vaultToBot: a machine's token, read in the cloud, used at the code host.
var vaultToBot = campaign{
	name: "vault-to-bot", half: Measuring, paces: []float64{0.5, 1, 6}, crosses: cloudToHost,
	title: "a leaked key reads a secret with the token of a program at the code host, which then clones everything",
	play: func(s *stage) {
		m := s.someone(mayWrite, "key")
		k := s.seizes(m, false)
		s.truth.Keyless = "a secret's record has no trace of the token that it holds"
		s.plays(k, discovery, do(0, "sts:GetCallerIdentity").tells(), do(5, "secretsmanager:ListSecrets").tells())
		s.plays(k, credentials, many(7, step.tells, func(i int) step { return do(4, "secretsmanager:GetSecretValue", obj("secretId", s.main.secrets[i])) })...)
		token := NewRand(s.g.seed, "updates").Text(tokenLetter[:62], 43) + "="
		number := itoa(10_000_000 + NewRand(s.g.seed, "number", botUpdates).IntN(80_000_000))
		h := &actor{truth: TruthActor{Kind: "github-user", ID: number, Name: botUpdates, Credential: token, Identity: number, Also: []string{botUpdates}}}
		repos := s.w.surfaces.repositories()
		for i := range min(25, len(repos)) {
			e := &gitHubEvent{action: "git.clone", bot: botUpdates, ip: k.from.ip, agent: agentGit, repo: repos[i], token: token, access: "GitHub App server-to-server token"}
			switch i {
			case 0:
				s.host(h, collection, 90, e, step.key)
			case 15:
				s.host(h, exfiltration, 2, e, step.last)
			default:
				s.host(h, collection, 2, e)
			}
		}
	},
}

// scannedFromInside: a machine looks at its neighbours, sends much out, and its
// role escalates.
var scannedFromInside = campaign{
	name: "scanned-from-inside", half: Measuring, paces: []float64{0.5, 1, 8}, crosses: machineToCloud,
	title: "a machine that was broken into scans its neighbours and sends a heap of data to rented machines; its role makes an administrator",
	play: func(s *stage) {
		m := s.someone(mayAnything, "instance")
		box := s.w.surfaces.machine(m.resource)
		k := s.seizes(m, true)
		s.roots(k, &box)
		away := elsewhere(s.r)
		s.flowed(initialAccess, 0, &box, flow{true, away, 4444, 60, 9000, false}, step.tells)
		for i := range 40 {
			f := flow{true, "10.20." + itoa(i%3) + "." + itoa(10+i), []int{22, 445, 3306, 6379}[i%4], 1, 60, true}
			if i == 0 {
				s.flowed(discovery, 20, &box, f, step.tells)
				continue
			}
			s.flowed(discovery, 1, &box, f)
		}
		s.detected(discovery, 200, &threat{kind: "Recon:EC2/Portscan", title: "A machine scans ports of others", severity: 5, place: box.place, machine: &box, action: connection(away, 4444, true)}, step.key)
		s.plays(k, discovery, do(20, "sts:GetCallerIdentity").tells())
		s.looks(k, 6, 7, reconCalls...)
		s.flowed(exfiltration, 60, &box, flow{true, away, 443, 4_000_000, 5_600_000_000, false}, step.key)
		out := *k
		if s.r.Chance(0.5) {
			out.from = s.outside(agentBoto)
		}
		s.becomes(&out, 40)
	},
}
