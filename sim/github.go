package sim

import (
	"slices"
	"strings"
	"time"
)

// The code host's audit log, as it is streamed: one JSON object an event, times in
// milliseconds, the fields of its reference.

// gitHubEvent is one event, before it is known when.
type gitHubEvent struct {
	action string
	by     *person // nil for a program, which bot names
	bot    string
	ip     string
	agent  string
	repo   string // without the organisation
	// token is the hash of what proved who it is, access its kind; "" for a browser.
	token, access string
	more          []any // further fields, as obj takes them
}

// Programs at the code host.
const (
	agentGit     = "git/2.51.0"
	agentUpdates = "Dependabot/2.0"
	botUpdates   = "dependabot[bot]"
	accessToken  = "Personal access token (classic)"
)

// tokenOf is the hash of a person's usual token.
func (g *organization) tokenOf(p *person) string {
	return NewRand(g.seed, "token", p.name).Text(tokenLetter[:62], 43) + "="
}

// gitHub writes an event.
func (g *organization) gitHub(rec *Recording, at time.Time, e *gitHubEvent, phase string) string {
	r := rec.rand
	at = milliseconds(r, at)
	name, mail := e.bot, any(nil)
	if e.by != nil {
		name, mail = login(e.by), e.by.name
	}
	number := 10_000_000 + NewRand(g.seed, "number", name).IntN(80_000_000)
	id := r.Text(tokenLetter[:62], 22)
	ms := int(at.UnixMilli())
	var repo, repoID any
	if e.repo != "" {
		repo, repoID = g.github+"/"+e.repo, 200_000_000+NewRand(g.seed, "repository", e.repo).IntN(500_000_000)
	}
	var bot any
	if e.by == nil {
		bot = true
	}
	pairs := []any{"@timestamp", ms, "_document_id", id, "action", e.action, "actor", name, "actor_id", number, "actor_ip", opt(e.ip), "actor_is_bot", bot, "actor_location", obj("country_code", countryOf(e.ip)),
		"business", "lantern", "created_at", ms, "external_identity_nameid", mail, "hashed_token", opt(e.token), "programmatic_access_type", opt(e.access), "operation_type", operation(e.action),
		"org", g.github, "org_id", 5_000_000 + NewRand(g.seed, "org").IntN(1_000_000), "repo", repo, "repo_id", repoID, "user_agent", opt(e.agent)}
	if strings.HasPrefix(e.action, "git.") {
		pairs = append(pairs, "repository", repo, "repository_public", false, "transport_protocol", 1, "transport_protocol_name", "http")
	}
	w := who{name: name, id: itoa(number), kind: "github-user"}
	return rec.keep(entry{kind: KindGitHub, at: at, id: id, line: []byte(obj(append(pairs, e.more...)...)), phase: phase, who: &w, name: "github:" + e.action})
}

func countryOf(ip string) string {
	return map[string]string{"Portugal": "PT", "Ireland": "IE", "Spain": "ES", "Belgium": "BE", "Latvia": "LV", "Moldova": "MD"}[networkOf(ip).country]
}

// operation is the word that the host has for what an action does.
func operation(action string) string {
	switch verb := action[strings.LastIndexByte(action, '.')+1:]; {
	case strings.HasPrefix(verb, "create"), strings.HasPrefix(verb, "add"), strings.HasPrefix(verb, "register"), strings.HasPrefix(verb, "grant"):
		return "create"
	case strings.HasPrefix(verb, "destroy"), strings.HasPrefix(verb, "remove"):
		return "remove"
	case verb == "clone", verb == "fetch", strings.HasPrefix(verb, "download"):
		return "access"
	}
	return "modify"
}

// run is one run of a workflow.
type run struct {
	repo, workflow string
	branch, event  string
	id             int
	sha            string
	by             *person // who set it off, nil for bot
	bot            string
}

// newRun is a run of a repository's own workflow.
func (g *organization) newRun(r *Rand, repo, branch, event string, by *person) run {
	return run{repo: repo, workflow: "deploy", branch: branch, event: event, id: 1_000_000_000 + r.IntN(1_000_000_000), sha: r.Hex(40), by: by}
}

// says is one of the two events of a run.
func (g *organization) says(x *run, action string) *gitHubEvent {
	workflow := 30_000_000 + NewRand(g.seed, "workflow", x.repo, x.workflow).IntN(60_000_000)
	e := &gitHubEvent{action: "workflows." + action, by: x.by, bot: x.bot, repo: x.repo, more: []any{"name", x.workflow, "event", x.event, "head_branch", x.branch, "head_sha", x.sha,
		"workflow_id", workflow, "workflow_run_id", x.id, "run_attempt", 1, "run_number", x.id % 2000, "trigger_id", rawJSON("null")}}
	if action == "completed_workflow_run" {
		e.more = append(e.more, "conclusion", "success")
	}
	return e
}

// pushes is code on its way to the host.
func (g *organization) pushes(p *person, ip, repo string) *gitHubEvent {
	return &gitHubEvent{action: "git.push", by: p, ip: ip, agent: agentGit, repo: repo, token: g.tokenOf(p), access: accessToken}
}

// maintainers are who usually work on a repository.
func (x *surfaces) maintainers(repo string) []*person {
	r := NewRand(x.w.o.Seed, "maintainers", repo)
	var out []*person
	for range 3 {
		out = append(out, x.coders[r.IntN(len(x.coders))])
	}
	return out
}

// present is a maintainer who works today; the first where all are away, for whom
// the host does it then.
func (x *surfaces) present(r *Rand, repo string, where map[*person]string) *person {
	usual := x.maintainers(repo)
	for _, k := range []int{r.IntN(3), 0, 1, 2} {
		if where[usual[k]] != "" {
			return usual[k]
		}
	}
	where[usual[0]] = usual[0].address
	return usual[0]
}

// builds are the runs that ask the provider for a role's session: set off by a
// maintainer's merge or, at night, by the clock.
func (x *surfaces) builds(rec *Recording, r *Rand, notes []note, where map[*person]string) {
	g := x.w.g
	for _, n := range notes {
		if n.repository == "" {
			continue
		}
		p := x.present(r, n.repository, where)
		event := "push"
		if h := n.at.Hour(); h < 7 || h >= 20 {
			event = "schedule"
		}
		at := n.at.Add(-time.Duration(r.Between(20, 80)) * time.Second)
		if event == "push" {
			g.gitHub(rec, at.Add(-3*time.Second), g.pushes(p, where[p], n.repository), "")
		}
		one := g.newRun(r, n.repository, "main", event, p)
		g.gitHub(rec, at, g.says(&one, "created_workflow_run"), "")
		g.gitHub(rec, n.at.Add(-8*time.Second), &gitHubEvent{action: "git.clone", bot: "github-actions[bot]", ip: "203.0.113." + itoa(r.Between(50, 120)), agent: agentGit, repo: n.repository, token: r.Text(tokenLetter[:62], 43) + "=", access: "GitHub App server-to-server token"}, "")
		g.gitHub(rec, n.at.Add(time.Duration(r.Between(90, 500))*time.Second), g.says(&one, "completed_workflow_run"), "")
	}
}

// repositories are all there are: of pipelines and of others.
func (x *surfaces) repositories() []string {
	var out []string
	for _, m := range x.w.cast {
		if m.kind == "pipeline" {
			out = append(out, m.resource)
		}
	}
	for _, t := range trades {
		out = append(out, t+"-service", t+"-web")
	}
	return out
}

// code is a day of those who write it: push, clone, fetch, and runs that ask for
// no role.
func (x *surfaces) code(rec *Recording, r *Rand, day time.Time, d int, where map[*person]string) {
	g := x.w.g
	repos := x.repositories()
	for _, p := range x.coders {
		ip := where[p]
		if ip == "" || r.Chance(0.1) {
			continue
		}
		var mine []string
		for _, repo := range repos {
			for _, m := range x.maintainers(repo) {
				if m == p {
					mine = append(mine, repo)
				}
			}
		}
		for range r.Between(2, 6) {
			at := officeHour(r, day)
			repo := repos[r.IntN(len(repos))]
			if len(mine) > 0 && r.Chance(0.85) {
				repo = mine[r.IntN(len(mine))]
			}
			e := g.pushes(p, ip, repo)
			e.action = r.Pick("git.fetch", "git.fetch", "git.clone", "git.push")
			if e.action == "git.push" && !slices.Contains(mine, repo) && r.Chance(0.7) {
				e.action = "git.fetch" // in others' repositories people read more than they write
			}
			g.gitHub(rec, at, e, "")
			if e.action == "git.push" {
				one := g.newRun(r, repo, r.Pick("fix-", "add-", "try-")+r.Hex(3), "push", p)
				one.workflow = "checks"
				g.gitHub(rec, at.Add(4*time.Second), g.says(&one, "created_workflow_run"), "")
				g.gitHub(rec, at.Add(time.Duration(r.Between(60, 300))*time.Second), g.says(&one, "completed_workflow_run"), "")
			}
		}
	}
	for i, repo := range repos { // the program that looks for new versions comes to each once a week
		if int(day.Weekday()) != 1+i%5 {
			continue
		}
		e := &gitHubEvent{action: "git.push", bot: botUpdates, ip: "203.0.113.45", agent: agentUpdates, repo: repo, token: NewRand(x.w.o.Seed, "updates").Text(tokenLetter[:62], 43) + "=", access: "GitHub App server-to-server token"}
		g.gitHub(rec, day.Add(5*time.Hour+time.Duration(r.IntN(3600))*time.Second), e, "")
	}
}

// news is what is new at the code host on a day, as it is now and then: things that an
// intruder would do as well.
func (x *surfaces) news(rec *Recording, r *Rand, day time.Time, d int, where map[*person]string) {
	g, repos := x.w.g, x.repositories()
	desk := x.helpDesk[d%len(x.helpDesk)]
	browser := func(p *person, action, repo string, more ...any) {
		g.gitHub(rec, officeHour(r, day), &gitHubEvent{action: action, by: p, ip: where[p], agent: p.browser, repo: repo, more: more}, "")
	}
	if d%6 == 2 {
		repo := repos[r.IntN(len(repos))]
		browser(x.present(r, repo, where), "repo.create", "tool-"+r.Hex(3), "visibility", "private")
	}
	if d%13 == 5 { // a new workflow by who usually writes them
		repo := repos[r.IntN(len(repos))]
		p := x.present(r, repo, where)
		at := officeHour(r, day)
		one := g.newRun(r, repo, "main", "workflow_dispatch", p)
		one.workflow = "nightly-" + itoa(d)
		g.gitHub(rec, at, g.pushes(p, where[p], repo), "")
		g.gitHub(rec, at.Add(30*time.Second), g.says(&one, "created_workflow_run"), "")
		g.gitHub(rec, at.Add(200*time.Second), g.says(&one, "completed_workflow_run"), "")
	}
	if d%17 == 9 {
		repo := repos[r.IntN(len(repos))]
		browser(x.present(r, repo, where), "public_key.create", repo, "title", "read for build", "read_only", "true", "fingerprint", "SHA256:"+r.Text(tokenLetter[:62], 43))
	}
	if d%11 == 3 {
		browser(desk, "protected_branch.policy_override", repos[r.IntN(len(repos))], "branch", "main", "overridden_codes", []string{"review_policy_not_satisfied"})
	}
	if d%23 == 14 {
		browser(desk, "repo.register_self_hosted_runner", repos[r.IntN(len(repos))], "runner_id", r.Between(100, 900), "runner_name", "rack-"+r.Hex(2), "runner_labels", []string{"self-hosted", "linux"})
	}
	if d%19 == 8 {
		repo := repos[r.IntN(len(repos))]
		browser(x.present(r, repo, where), "oauth_authorization.create", "", "application_name", "editor-"+r.Hex(2), "oauth_application_id", r.Between(100000, 900000), "scopes", "repo,read:org")
	}
	if d%40 == 27 { // an old tool is given away
		browser(desk, "repo.access", "tool-"+r.Hex(3), "visibility", "public", "previous_visibility", "private")
	}
	if d%9 == 4 {
		browser(desk, "org.add_member", "", "user", "new-"+r.Hex(3)+"-lw", "permission", "read")
		browser(desk, "team.add_member", "", "team", g.github+"/"+trades[r.IntN(len(trades))], "user", login(x.coders[r.IntN(len(x.coders))]))
	}
}
