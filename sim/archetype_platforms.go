package sim

import "time"

// Machines, pipelines and agents at work. Their calls are what such programs
// make in public recordings and manuals; names and rhythms are invented.

// virtualMachines are instances with roles; one of them may do everything.
var virtualMachines = archetype{
	name: "virtual-machines", half: Fitting,
	about: "instances that report to their manager and read their parameters, one with far too much power",
	join: func(w *World, p *place, r *Rand) routine {
		ms := []member{
			w.machine(p, r, 0, "web-node", mayWrite, "ssm:GetParametersByPath", "sqs:GetQueueAttributes", "kms:Decrypt"),
			w.machine(p, r, 1, "legacy-admin", mayAnything, "ssm:GetParameter", "ec2:DescribeInstances"),
		}
		return func(r *Rand, day time.Time, _ int) {
			for _, m := range ms {
				for hour := r.IntN(4); hour < 24; hour += 6 {
					w.boots(m, r, day.Add(time.Duration(hour)*time.Hour+time.Duration(r.IntN(3000))*time.Second)).some(r.Between(3, 6), 0.01, m.calls)
				}
			}
		}
	},
}

// containerHosts are the other half's.
var containerHosts = archetype{
	name: "container-hosts", half: Measuring,
	about: "instances that fetch images and secrets, one of which schedules others with wide power",
	join: func(w *World, p *place, r *Rand) routine {
		ms := []member{
			w.machine(p, r, 2, "container-host", mayWrite, "ecr:GetAuthorizationToken", "secretsmanager:GetSecretValue", "dynamodb:DescribeTable"),
			w.machine(p, r, 3, "scheduler", mayAnything, "ec2:DescribeInstances", "autoscaling:DescribeAutoScalingGroups", "ec2:DescribeTags"),
		}
		return func(r *Rand, day time.Time, _ int) {
			for _, m := range ms {
				for range r.Between(3, 5) {
					w.boots(m, r, day.Add(time.Duration(r.IntN(86000))*time.Second)).some(r.Between(2, 7), 0.01, m.calls)
				}
			}
		}
	},
}

// machine enrols an instance with a role of its own.
func (w *World) machine(p *place, r *Rand, n int, name string, may power, calls ...string) member {
	m := member{kind: "instance", name: name, place: p, may: may, busy: true, resource: p.machines[n], calls: calls,
		role: &role{p.id, name + "-" + r.Hex(3), r.roleID(), "/"}, from: origin{ip: "192.0.2." + itoa(100+r.IntN(60)), agent: agentJava}}
	w.enrol(m)
	return m
}

// boots is an instance with fresh credentials.
func (w *World) boots(m member, r *Rand, at time.Time) *hand {
	h, _ := given(w.g.rec, r, m.place, m.role, "ec2", m.resource, "", at)
	h.from = m.from
	return h
}

// releaseTrain deploys functions and, as another role, describes the platform.
var releaseTrain = archetype{
	name: "release-train", half: Fitting, hard: true,
	about: "pipelines that replace functions' code several times a day, and one that makes roles and policies from a description",
	join: func(w *World, p *place, r *Rand) routine {
		deploy := w.pipeline(p, r, "release", "storefront", mayWrite)
		infra := w.pipeline(p, r, "landscape", "landscape", mayAnything)
		return func(r *Rand, day time.Time, d int) {
			if weekend(day) {
				return
			}
			for range r.Between(2, 4) {
				h := w.g.workflow(r, deploy.role, deploy.resource, officeHour(r, day))
				h.from.agent = agentCLILinux
				name := p.funcs[r.IntN(6)]
				h.does("sts:GetCallerIdentity")
				h.call(call{name: "lambda:GetFunction20150331v2", params: obj("functionName", name)})
				h.call(newCode(r, p, name, &role{p.id, name + "-exec", NewRand(w.o.Seed, "exec", name).roleID(), "/service-role/"}, 15, h.now))
			}
			if d%2 == 0 {
				h := w.g.workflow(r, infra.role, infra.resource, officeHour(r, day))
				h.from.agent = agentTerraform
				h.pauseMin, h.pauseMax = 0, 1
				h.some(r.Between(30, 60), 0.01, refreshed)
				w.describes(h, r, p, "terraform")
			}
		}
	},
}

// stackFactory is the other half's: another tool, another rhythm.
var stackFactory = archetype{
	name: "stack-factory", half: Measuring, hard: true,
	about: "nightly and daily builds that replace code and make roles, policies and functions",
	join: func(w *World, p *place, r *Rand) routine {
		deploy := w.pipeline(p, r, "ship", "checkout-app", mayWrite)
		infra := w.pipeline(p, r, "blueprint", "blueprints", mayAnything)
		return func(r *Rand, day time.Time, d int) {
			if !weekend(day) {
				for range r.Between(1, 3) {
					h := w.g.workflow(r, deploy.role, deploy.resource, officeHour(r, day))
					h.from.agent = agentCLILinux
					name := p.funcs[6+r.IntN(6)]
					h.call(newCode(r, p, name, &role{p.id, name + "-exec", NewRand(w.o.Seed, "exec", name).roleID(), "/service-role/"}, 30, h.now))
					h.call(newTimeout(r, p, name, &role{p.id, name + "-exec", NewRand(w.o.Seed, "exec", name).roleID(), "/service-role/"}, r.Between(10, 60), h.now))
				}
			}
			h := w.g.workflow(r, infra.role, infra.resource, day.Add(22*time.Hour+time.Duration(r.IntN(3000))*time.Second))
			h.from.agent = agentTerraform
			h.pauseMin, h.pauseMax = 0, 2
			h.some(r.Between(20, 80), 0.02, refreshed)
			if d%3 == 1 {
				for range r.Between(1, 4) {
					w.describes(h, r, p, "cdk")
				}
			}
		}
	},
}

// pipeline enrols a build's role.
func (w *World) pipeline(p *place, r *Rand, name, repository string, may power) member {
	m := member{kind: "pipeline", name: name, place: p, may: may, busy: true, resource: repository,
		role: &role{p.id, "build-" + name, r.roleID(), "/"}, from: origin{agent: agentCLILinux}}
	w.enrol(m)
	return m
}

// describes makes a role for a service from a description.
func (w *World) describes(h *hand, r *Rand, p *place, tool string) {
	t := trades[r.IntN(len(trades))]
	fresh := &role{p.id, t + "-" + r.Hex(4) + "-role", r.roleID(), "/"}
	trust := trusts("Service", "lambda.amazonaws.com")
	h.call(call{name: "iam:CreateRole", params: obj("roleName", fresh.name, "path", "/", "assumeRolePolicyDocument", trust, "tags", list(obj("key", "managed-by", "value", tool))),
		result: obj("role", obj("path", "/", "roleName", fresh.name, "roleId", fresh.id, "arn", fresh.arn(), "createDate", h.now.Format("Jan 2, 2006, 3:04:05 PM"),
			"assumeRolePolicyDocument", percent(trust)))})
	h.call(call{name: "iam:PutRolePolicy", params: obj("roleName", fresh.name, "policyName", "table", "policyDocument",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["dynamodb:GetItem"],"Resource":"`+p.arn("dynamodb", "table/"+t)+`"}]}`)})
	h.call(call{name: "iam:AttachRolePolicy", params: obj("roleName", fresh.name, "policyArn", "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")})
}

// triageAgent is an AI agent with three tools and a model.
var triageAgent = archetype{
	name: "triage-agent", half: Fitting,
	about: "an AI agent that reads logs and tickets' tables and asks a model, in bursts, day and night",
	join: func(w *World, p *place, r *Rand) routine {
		m := w.agent(p, r, "triage-agent", mayWrite, "logs:FilterLogEvents", "dynamodb:DescribeTable", "ssm:GetParameter")
		return func(r *Rand, day time.Time, _ int) {
			for range r.Between(5, 9) {
				h := w.g.runs(r, p, m.role, m.resource, day.Add(time.Duration(r.IntN(86000))*time.Second))
				h.call(invokeModel(r, "us-east-1", "anthropic.claude-3-haiku-20240307-v1:0", "us-east-1"))
				h.some(r.Between(1, 4), 0.02, m.calls)
				h.call(invokeModel(r, "us-east-1", "anthropic.claude-3-haiku-20240307-v1:0", "us-east-1"))
			}
		}
	},
}

// reportAgent is the other half's.
var reportAgent = archetype{
	name: "report-agent", half: Measuring,
	about: "an AI agent that queries data and writes a report with a model every hour of a working day",
	join: func(w *World, p *place, r *Rand) routine {
		m := w.agent(p, r, "report-agent", mayWrite, "athena:StartQueryExecution", "athena:GetQueryResults", "glue:GetTables", "s3:GetBucketLocation")
		return func(r *Rand, day time.Time, _ int) {
			for hour := 7; hour < 19; hour += 2 {
				h := w.g.runs(r, p, m.role, m.resource, day.Add(time.Duration(hour)*time.Hour+time.Duration(r.IntN(900))*time.Second))
				h.some(r.Between(2, 6), 0.03, m.calls)
				for range r.Between(1, 3) {
					h.call(invokeModel(r, "us-east-1", "amazon.nova-pro-v1:0", ""))
				}
			}
		}
	},
}

// agent enrols an AI agent's runtime.
func (w *World) agent(p *place, r *Rand, name string, may power, calls ...string) member {
	name += "-" + r.Hex(3)
	m := member{kind: "agent", name: name, place: p, may: may, busy: true, resource: name, calls: calls,
		role: &role{p.id, name + "-runtime", r.roleID(), "/service-role/"}, from: origin{ip: awsAddress(r), agent: agentLambda}}
	w.enrol(m)
	return m
}

// onCallRole is a role that people take with their own keys.
var onCallRole = archetype{
	name: "on-call-role", half: Fitting, hard: true,
	about: "operators who take a role with their keys, every third night at three in the morning",
	join: func(w *World, p *place, r *Rand) routine {
		who := w.keyUser(p, r, "sre.night", mayRead, false, origin{ip: "198.51.100." + itoa(60+r.IntN(30)), agent: agentCLIMac}, "sts:GetCallerIdentity", "ec2:DescribeInstances")
		ro := &role{p.id, "on-call-" + r.Hex(2), r.roleID(), "/"}
		w.enrol(member{kind: "role", name: ro.name, place: p, role: ro, may: mayWrite, calls: shellReads})
		w.enrol(member{kind: "role", name: ro.name + "-admin", place: p, role: &role{p.id, ro.name + "-admin", r.roleID(), "/"}, may: mayAnything, calls: shellReads})
		return func(r *Rand, day time.Time, d int) {
			h := w.atWork(who, r, day.Add(10*time.Hour+time.Duration(r.IntN(20000))*time.Second), 3, 30)
			h.some(3, 0.02, who.calls)
			if d%3 != 2 {
				return
			}
			h = w.atWork(who, r, day.Add(3*time.Hour+time.Duration(r.IntN(3000))*time.Second), 2, 20)
			in, _ := h.assume(ro, who.name, 60, "")
			in.some(r.Between(10, 22), 0.05, shellReads)
		}
	},
}

// supportRoles are the other half's.
var supportRoles = archetype{
	name: "support-roles", half: Measuring, hard: true,
	about: "support people who take a role with their keys on working days",
	join: func(w *World, p *place, r *Rand) routine {
		who := w.keyUser(p, r, "care.team", mayRead, false, origin{ip: officeAddress, agent: agentCLIMac}, "sts:GetCallerIdentity", "dynamodb:DescribeTable")
		ro := &role{p.id, "support-" + r.Hex(2), r.roleID(), "/"}
		w.enrol(member{kind: "role", name: ro.name, place: p, role: ro, may: mayWrite, calls: consoleViews})
		w.enrol(member{kind: "role", name: ro.name + "-lead", place: p, role: &role{p.id, ro.name + "-lead", r.roleID(), "/"}, may: mayAnything, calls: shellReads})
		return func(r *Rand, day time.Time, d int) {
			if weekend(day) {
				return
			}
			h := w.atWork(who, r, officeHour(r, day), 3, 30)
			h.some(3, 0.02, who.calls)
			in, _ := h.assume(ro, "case-"+itoa(1000+r.IntN(9000)), 60, "")
			in.some(r.Between(5, 15), 0.04, shellReads)
		}
	},
}

// nightScanner reads everything everywhere; visitingScanner does it from a
// vendor's account. Both are what recon looks like.
var nightScanner = archetype{
	name: "night-scanner", half: Fitting, everywhere: true, hard: true,
	about: "an own inventory tool with a key that reads all services every night",
	join: func(w *World, p *place, r *Rand) routine {
		m := w.keyUser(p, r, "inventory", mayRead, true, origin{ip: "192.0.2.66", agent: agentScanner}, scanned...)
		return func(r *Rand, day time.Time, _ int) {
			h := w.atWork(m, r, day.Add(time.Hour+time.Duration(r.IntN(3000))*time.Second), 0, 1)
			for i, name := range scanned {
				if i%2 == 0 {
					h.does(name)
				}
			}
		}
	},
}

var visitingScanner = archetype{
	name: "visiting-scanner", half: Measuring, everywhere: true, hard: true,
	about: "a vendor's posture tool that comes in with an external id and reads all services every night",
	join: func(w *World, p *place, r *Rand) routine {
		n := r.IntN(12)
		return func(r *Rand, day time.Time, _ int) { w.g.scanner(r, p, n, day) }
	},
}

// trailItself is the provider's own work in every account.
var trailItself = archetype{
	name: "trail-itself", half: Fitting, everywhere: true,
	about: "the trail and the configuration recorder",
	join: func(w *World, p *place, _ *Rand) routine {
		return func(r *Rand, day time.Time, _ int) { w.g.services(r, p, day) }
	},
}

var trailOfOthers = archetype{
	name: "trail-of-others", half: Measuring, everywhere: true,
	about: "the trail, and backups by the provider's service",
	join: func(w *World, p *place, r *Rand) routine {
		backup := &role{p.id, "backup-" + r.Hex(3), r.roleID(), "/service-role/"}
		return func(r *Rand, day time.Time, _ int) {
			w.g.services(r, p, day)
			h, _ := given(w.g.rec, r, p, backup, "backup", "AWSBackup-"+r.UUID(), "", day.Add(3*time.Hour+time.Duration(r.IntN(600))*time.Second))
			h.from = origin{ip: "backup.amazonaws.com", agent: "backup.amazonaws.com", service: true}
			h.does("ec2:CreateSnapshot", "ec2:DescribeSnapshots", "ec2:DeleteSnapshot")
		}
	},
}

// quarrels are services that are refused again and again.
var quarrels = archetype{
	name: "quarrels", half: Fitting, hard: true,
	about: "a misconfigured function that is refused hundreds of times in an hour, once a week",
	join: func(w *World, p *place, r *Rand) routine {
		f := w.staff(p, r, []string{"misfit"}, mayRead, "sqs:GetQueueAttributes", "kms:Decrypt")[0]
		return func(r *Rand, day time.Time, _ int) {
			h := w.g.runs(r, p, f.role, f.resource, officeHour(r, day))
			h.some(2, 0, f.calls)
			if day.Weekday() == time.Wednesday {
				for range 240 {
					h.call(refused(p.do(r, "sqs:GetQueueAttributes"), h.who.arn, "*"))
					h.now = h.now.Add(time.Duration(r.IntN(20)) * time.Second)
				}
			}
		}
	},
}

var lostPermissions = archetype{
	name: "lost-permissions", half: Measuring, hard: true,
	about: "a key whose permissions were narrowed: it is refused at many services for a morning, every tenth day",
	join: func(w *World, p *place, r *Rand) routine {
		m := w.keyUser(p, r, "svc-metrics", mayRead, true, origin{ip: "192.0.2.81", agent: agentBoto}, "monitoring:GetMetricData", "ec2:DescribeInstances", "rds:DescribeDBInstances", "dynamodb:ListTables")
		return func(r *Rand, day time.Time, d int) {
			for hour := 0; hour < 24; hour += 4 {
				h := w.atWork(m, r, day.Add(time.Duration(hour)*time.Hour+time.Duration(r.IntN(600))*time.Second), 0, 2)
				if d%10 == 7 && hour == 8 {
					for range 120 {
						h.call(refused(p.do(r, r.Pick(m.calls...)), h.who.arn, "*"))
					}
					continue
				}
				h.does(m.calls...)
			}
		}
	},
}
