package detect

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sekisho/sekisho"
)

// Line is one event of a trace and what the trace claims about it.
type Line struct {
	Event sekisho.Event
	Fires bool // the behaviour must fire on this event; else it must not
	No    int  // line in the trace, from 1
}

// The caps of a trace. They exist so that a slip such as "x600000" is an error
// with a line number and not a test that never ends; the largest example we
// know of needs some hundred events.
const (
	traceBytesMax  = 1 << 20
	traceEventsMax = 20_000
	traceDayMax    = 3650
)

// traceStart is 00:00:00 of day 0: a Monday, so that a trace's days have
// weekdays, and no day that any recording was made on.
var traceStart = time.Date(2026, time.January, 5, 0, 0, 0, 0, time.UTC)

// TraceAccount is the account in which a trace happens unless it says otherwise.
const TraceAccount = "111122223333"

// ParseTrace reads the language in which a behaviour's examples are written.
// It names no vendor, and of an event it says only what matters:
//
//	# A key that always came from the office works from a hosting network.
//	  D0 09:00:00 user/alice storage:ListBuckets x60
//	  D1 09:00:00 user/alice storage:ListBuckets
//	> D3 02:10:00 user/alice storage:ListBuckets ip=192.0.2.77
//
// # A line
//
//	[>] [D<day>] HH:MM:SS[.mmm] ACTOR SERVICE:ACTION[,ACTION…] [xN] [key=value…] [+effect(args)…]
//
// A line stands for one event or more, and its keys and effects hold for each
// of them. ">" says that the last event of the line must fire; all others, and
// all of an unmarked line, must stay quiet. "#" opens a comment. Without a day
// the line is on the day of the line before. Lines go forward in time; a line
// may not begin before the events of the one above it have ended.
//
// Several actions, "identity:ListUsers,ListRoles,storage:ListBuckets", become
// one event each; a service holds until the next is named. "x20" repeats the
// actions 20 times. Events of one line are one second apart; every=200ms
// changes that. "{n}" in a value or an effect is the number of the event in its
// line, from 1: "+secret(db-{n})".
//
// # Services
//
// A service is named after its topic: identity, compute, function, storage,
// database, secret, logging, detection, model, network, billing, organization,
// messaging, pipeline, other. A second service of one topic has a suffix:
// "storage-backup". An action's first word gives its level: List, Describe,
// Search and Lookup list; Get, BatchGet, Head, Read, Query and Simulate read;
// Tag and Untag label; all else writes. level= overrules that.
//
// # Actors
//
//	user/alice          a user with a lasting key; nobody knows if it is a person
//	human/alice         the same user at the console, with a second factor
//	role/deploy/s1      session s1 of a role
//	sso/admin/alice     session of a role that alice of the directory signed in to
//	ci/deploy/repo      session of a role that a build of repo got by federation
//	fn/resize           session of the function's role, role-resize unless role= says otherwise
//	inst/i-1            session of the instance's role, role-i-1 unless role= says otherwise
//	agent/coder         session of a role that an AI agent holds; agent/coder/s1 names the session
//	root/111122223333   the root user of an account, at the console
//	service/backup      the provider's own service
//	account/999988887777  another account; nobody knows who in it
//	anon                nobody: an unsigned request
//	dir/alice           alice of the directory, in session-alice, which sso/ROLE/alice is too
//	app/sync            a program registered with the directory or another service
//	vm/i-1              the machine, as the network sees it
//
// A name may carry its account: "role/deploy@444455556666/s1". Ids are
// "user:alice", "role:deploy" or "role:deploy@444455556666"; ARNs are
// "urn:111122223333:role/deploy". Unless key= says otherwise a credential is
// key-alice for a user, console-alice at the console, and key-deploy-s1 for a
// session, which is also what an effect that issues it assumes. Workloads are
// "function/resize" and "i-1".
//
// People come from ip=198.51.100.10, builds from 192.0.2.20, workloads from
// 203.0.113.30: three networks. A service has no address.
//
// # Keys
//
//	account=    where it happened; the actor's own account unless given
//	region=     eu-west-1 unless given
//	ip=         source address; ip=- for none
//	client=     program: cli, sdk, console, … ; os= its system; runtime= where it says it runs
//	session= key= start=     session name, credential id, session start (D0/09:00:00)
//	role=       the role of fn/ and inst/
//	outcome=    ok, denied, failed or dryrun; error= its code
//	target= level=           what it was about; see above
//	topic=      overrules the service's own
//	kind=       human, workload, agent, service, unknown
//	record=     call, signin, notice or traffic; an action that begins with SignIn is a sign-in
//	onbehalf=   the service that made the call for the actor; such a call has no address
//	twin= via= sourceid= subject= provider= parent=    TwinID, Endpoint, SourceIdentity, …
//	every=      time between the events of the line
//	mfa console bearer repeated    alone, or with =yes and =no; repeated sets FlagKeysRepeated
//
// A value with spaces stands in double quotes.
//
// # Effects
//
//	+issue(user/bob,key=K2)  +issue(role/deploy,session=s1)   the second implies +try
//	+create(user/x)  +password(user/x)  +trust(role/x,with=999988887777)
//	+grant(user/x,admin,what=attach)   power: admin, issues, limited, unknown; also policy/P
//	+unlimit(user/x,what=boundary)  +provider(RES,what=oidc)
//	+change(function/f,role=admin,what=code)  +run(function/f)
//	+run(project/p,alias=build/7)             the run's own name, which its sessions carry
//	+share(RES,with=*,what=snapshot)  +taken(RES,with=999988887777)
//	+secret(RES)  +data(RES,bytes=4096)  +blind(RES,what=stop)  +model(RES)
//	+launch(TYPE,n=5,gpu)  +open(RES,with=*,ports=22-22)
//	+try(role/x)  +disable(KEY,of=user/x)
//	+probe(caller)                            caller, permissions or sending
//	+data(RES,what=copy,with=999988887777)  +secret(i-1,what=user-data)
//	+unguard(RES,what=versioning)  +destroy(RES,what=snapshot,n=20)  +lock(RES,what=customer-key)
//	+quota(LIMIT,what=compute)  +entrench(i-1,what=termination-protection)  +agree(MODEL,what=agreement)
//	+mail(DOMAIN,what=identity)  +tree(RES,what=invite,with=999988887777)  +widen(DIRECTORY,what=mfa)
//	+exposed(user/x,what=quarantine,key=K)
//	+enrol(user/x,what=push)  +ask(user/x,what=push)  +impersonate(user/x)
//	+vouch(APP,with=alice)  +report(TYPE,n=80,phase=impact,role=target)
//	+connect(ADDRESS,what=out,ports=443,bytes=4096)   out, in or inside; with is the address
//
// A resource called "-" is one that the call does not name.
//
// Several values of with= are joined by "|". Unless target= is given, the
// target is what the first effect is about. On a line with outcome=denied,
// failed or dryrun the effects are what was tried (Event.Tried); only +try
// remains an effect.
//
// Errors begin with "trace line N:" and say what would be right.
func ParseTrace(trace string) ([]Line, error) {
	if len(trace) > traceBytesMax {
		return nil, fmt.Errorf("trace: %d bytes, more than the %d allowed; split the example", len(trace), traceBytesMax)
	}
	p := tracer{}
	no := 0
	for text := range strings.Lines(trace) {
		no++
		if err := p.line(no, text); err != nil {
			return nil, fmt.Errorf("trace line %d: %w", no, err)
		}
	}
	return p.out, nil
}

// tracer is the state between lines.
type tracer struct {
	out  []Line
	day  int
	last time.Time // of the last event so far
}

// line reads one line and appends its events.
func (p *tracer) line(no int, text string) error {
	words, err := splitWords(text)
	if err != nil || len(words) == 0 {
		return err
	}
	fires := words[0] == ">"
	if fires {
		words = words[1:]
	}
	if len(words) > 0 && len(words[0]) > 1 && words[0][0] == 'D' {
		if p.day, err = parseDay(words[0]); err != nil {
			return err
		}
		words = words[1:]
	}
	if len(words) < 3 {
		return fmt.Errorf("want at least HH:MM:SS ACTOR SERVICE:ACTION, have %d words", len(words))
	}
	at, err := parseClock(p.day, words[0])
	if err != nil {
		return err
	}
	if at.Before(p.last) {
		return fmt.Errorf("begins at %s, before the events above have ended at %s; move it or shorten them with every=",
			stamp(at), stamp(p.last))
	}
	calls, err := parseCalls(words[2])
	if err != nil {
		return err
	}
	repeat, every := 1, time.Second
	var rest []string
	for _, w := range words[3:] {
		switch {
		case len(w) > 1 && w[0] == 'x' && isDigits(w[1:]):
			if repeat, err = strconv.Atoi(w[1:]); err != nil || repeat < 1 || repeat > traceEventsMax {
				return fmt.Errorf("%q: repeat from x1 to x%d times", w, traceEventsMax)
			}
		case strings.HasPrefix(w, "every="):
			every, err = time.ParseDuration(w[len("every="):])
			if err != nil || every < 0 || every > 24*time.Hour {
				return fmt.Errorf("%q: want a time from 0s to 24h, such as every=200ms", w)
			}
		default:
			rest = append(rest, w)
		}
	}
	total := repeat * len(calls)
	if len(p.out)+total > traceEventsMax {
		return fmt.Errorf("the trace grows beyond %d events; shorten it", traceEventsMax)
	}
	for i := range total {
		e := sekisho.Event{
			ID:     fmt.Sprintf("line%d.%d", no, i+1),
			Time:   at.Add(time.Duration(i) * every),
			Source: "trace",
			Region: "eu-west-1",
		}
		if err := buildEvent(&e, words[1], calls[i%len(calls)], rest, strconv.Itoa(i+1)); err != nil {
			return err
		}
		p.last = e.Time
		p.out = append(p.out, Line{Event: e, Fires: fires && i == total-1, No: no})
	}
	return nil
}

// splitWords cuts a line at spaces that stand outside quotes and parentheses,
// and drops its comment.
func splitWords(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	depth, quoted, started := 0, false, false
	flush := func() {
		if started {
			words = append(words, word.String())
			word.Reset()
			started = false
		}
	}
	for _, r := range strings.TrimSpace(text) {
		switch {
		case r == '"':
			quoted = !quoted
			started = true
			continue
		case quoted:
		case r == '(':
			depth++
		case r == ')':
			if depth--; depth < 0 {
				return nil, fmt.Errorf(") without (")
			}
		case depth == 0 && (r == ' ' || r == '\t'):
			flush()
			continue
		case r == '#' && !started:
			return words, nil
		}
		word.WriteRune(r)
		started = true
	}
	switch {
	case quoted:
		return nil, fmt.Errorf("a quote is not closed")
	case depth > 0:
		return nil, fmt.Errorf("( is not closed")
	}
	flush()
	return words, nil
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func parseDay(w string) (int, error) {
	d, err := strconv.Atoi(w[1:])
	if err != nil || !isDigits(w[1:]) || d > traceDayMax {
		return 0, fmt.Errorf("%q: want a day from D0 to D%d", w, traceDayMax)
	}
	return d, nil
}

// parseClock reads a time of day of a day.
func parseClock(day int, w string) (time.Time, error) {
	t, err := time.Parse("15:04:05", w) // accepts fractions of a second as well
	if err != nil {
		return time.Time{}, fmt.Errorf("%q: want a time such as 09:00:00 or 09:00:00.250", w)
	}
	return traceStart.AddDate(0, 0, day).Add(t.Sub(t.Truncate(24 * time.Hour))), nil
}

// stamp prints a time as a trace writes it.
func stamp(t time.Time) string {
	return fmt.Sprintf("D%d %s", int(t.Sub(traceStart)/(24*time.Hour)), t.Format("15:04:05.999"))
}

// call is a service and an action.
type call struct {
	service, action string
	topic           sekisho.Topic
}

func parseCalls(w string) ([]call, error) {
	var calls []call
	var c call
	for part := range strings.SplitSeq(w, ",") {
		service, action, named := strings.Cut(part, ":")
		if named {
			c.service = service
			var err error
			if c.topic, err = parseTopic(service); err != nil {
				return nil, err
			}
		} else {
			action = part
		}
		if c.service == "" {
			return nil, fmt.Errorf("%q: want SERVICE:ACTION, such as storage:ListBuckets", w)
		}
		if action == "" {
			return nil, fmt.Errorf("%q: an action is missing after %q", w, c.service)
		}
		c.action = action
		calls = append(calls, c)
	}
	return calls, nil
}

// parseTopic is the topic of a service: its name, up to a suffix.
func parseTopic(service string) (sekisho.Topic, error) {
	word, _, _ := strings.Cut(service, "-")
	for t := sekisho.TopicOther; t <= sekisho.TopicPipeline; t++ {
		if t.String() == word {
			return t, nil
		}
	}
	return 0, fmt.Errorf("service %q: name it after a topic (identity, compute, function, storage, database, secret, logging, "+
		"detection, model, network, billing, organization, messaging, pipeline, other), with a suffix if need be", service)
}

// verbs gives the level of an action by its first word. The words are those
// that cloud APIs share; what is not here changes something.
var verbs = []struct {
	prefix string
	level  sekisho.Level
}{
	{"List", sekisho.LevelList}, {"Describe", sekisho.LevelList}, {"Search", sekisho.LevelList}, {"Lookup", sekisho.LevelList},
	{"Get", sekisho.LevelRead}, {"BatchGet", sekisho.LevelRead}, {"Head", sekisho.LevelRead}, {"Read", sekisho.LevelRead},
	{"Query", sekisho.LevelRead}, {"Simulate", sekisho.LevelRead},
	{"Tag", sekisho.LevelTag}, {"Untag", sekisho.LevelTag},
}

func verbLevel(action string) sekisho.Level {
	for _, v := range verbs {
		if strings.HasPrefix(action, v.prefix) {
			return v.level
		}
	}
	return sekisho.LevelWrite
}

// buildEvent fills in one event from the words of its line; n replaces "{n}".
func buildEvent(e *sekisho.Event, actor string, c call, rest []string, n string) error {
	e.Service, e.Action, e.Topic, e.Level = c.service, c.action, c.topic, verbLevel(c.action)
	if strings.HasPrefix(c.action, "SignIn") {
		e.Kind = sekisho.SignIn
	}
	// role= and account= shape the actor, so they come first.
	keys := make([]string, 0, len(rest))
	var effects []string
	role := ""
	for _, w := range rest {
		w = strings.ReplaceAll(w, "{n}", n)
		switch {
		case w[0] == '+':
			effects = append(effects, w[1:])
		case strings.HasPrefix(w, "role="):
			role = w[len("role="):]
		default:
			keys = append(keys, w)
		}
	}
	if err := buildActor(e, strings.ReplaceAll(actor, "{n}", n), role); err != nil {
		return err
	}
	for _, w := range keys {
		key, value, has := strings.Cut(w, "=")
		if err := setKey(e, key, value, has); err != nil {
			return err
		}
	}
	for _, w := range effects {
		if err := addEffect(e, w); err != nil {
			return err
		}
	}
	if e.Target == "" && len(e.Effects) > 0 {
		e.Target = effectTarget(&e.Effects[0])
	}
	if e.Outcome != sekisho.OK {
		// What did not succeed changed nothing: of it only the attempt to become
		// someone is an effect, the rest is what was tried.
		done := e.Effects[:0:0]
		for _, x := range e.Effects {
			if x.Kind == sekisho.AssumeTry {
				done = append(done, x)
			} else {
				e.Tried = append(e.Tried, x)
			}
		}
		e.Effects = done
	}
	return nil
}

func effectTarget(f *sekisho.Effect) string {
	for _, s := range []string{f.Workload, f.Resource, f.Identity.ARN, f.Policy, f.Credential} {
		if s != "" {
			return s
		}
	}
	return ""
}

// ref makes the reference that a trace's name of an identity stands for. A name
// may end in "@" and an account of 12 digits.
func ref(kind, name string) sekisho.Ref {
	name, account := splitAccount(name)
	id := kind + ":" + name
	if account != TraceAccount {
		id += "@" + account
	}
	return sekisho.Ref{ID: id, Name: name, Account: account, Type: kind, ARN: "urn:" + account + ":" + kind + "/" + name}
}

func splitAccount(name string) (string, string) {
	if i := strings.LastIndexByte(name, '@'); i >= 0 && len(name)-i == 13 && isDigits(name[i+1:]) {
		return name[:i], name[i+1:]
	}
	return name, TraceAccount
}

// keyName is the default credential id of an identity, or of its session.
func keyName(r sekisho.Ref, session string) string {
	_, name, _ := strings.Cut(r.ID, ":")
	if session == "" {
		return "key-" + name
	}
	return "key-" + name + "-" + session
}

// The networks of a trace's actors: documentation ranges of RFC 5737, one for
// each sort of actor, so that they differ at every prefix length.
const (
	peopleIP   = "198.51.100.10"
	buildIP    = "192.0.2.20"
	workloadIP = "203.0.113.30"
)

func buildActor(e *sekisho.Event, word, role string) error {
	parts := strings.Split(word, "/")
	for _, p := range parts {
		if p == "" {
			return fmt.Errorf("actor %q: a part is empty", word)
		}
	}
	form, ok := actorForms[parts[0]]
	if !ok {
		return fmt.Errorf("actor %q: want user/, human/, role/, sso/, ci/, fn/, inst/, agent/, root/, service/, account/, dir/, app/, vm/ or anon", word)
	}
	if len(parts)-1 < form.min || len(parts)-1 > form.max {
		return fmt.Errorf("actor %q: want %s", word, form.shape)
	}
	if role != "" && form.workload == "" {
		return fmt.Errorf("actor %q: role= is for fn/ and inst/ only", word)
	}
	a := &e.Actor
	a.Type, a.Kind = form.actor, form.kind
	if a.Kind != sekisho.KindUnknown {
		a.KindEvidence = "the trace says so"
	}
	e.IP, e.Client = form.ip, form.client
	name := ""
	if len(parts) > 1 {
		name = parts[1]
	}
	switch parts[0] {
	case "user", "human":
		setIdentity(a, ref("user", name))
		a.Credential, a.LongTerm = keyName(ref("user", name), ""), true
		if parts[0] == "human" {
			a.Credential, a.LongTerm, a.FromConsole, a.MFA = "console-"+a.Name, false, true, true
		}
	case "role", "sso", "ci", "agent":
		r, session := ref("role", name), "agent"
		if len(parts) > 2 {
			session = parts[2]
		}
		setSession(a, r, session)
		switch parts[0] {
		case "sso":
			a.Subject, a.Provider = session, "directory"
		case "ci":
			a.Subject, a.Provider = "repo:example/"+session, "builds"
			a.Workload, a.WorkloadType = "build/"+session, form.workload
		}
	case "fn", "inst":
		if role == "" {
			role = "role-" + name
		}
		setSession(a, ref("role", strings.TrimPrefix(role, "role/")), name)
		a.Workload, a.WorkloadType = name, form.workload
		if parts[0] == "fn" {
			a.Workload = "function/" + name
		}
	case "root":
		a.ID, a.Name, a.Account, a.ARN = name, "root", name, "urn:"+name+":root"
		a.Credential, a.FromConsole = "console-root-"+name, true
	case "service":
		a.ID, a.Name = name, name
	case "account":
		a.ID, a.Account, a.ARN = name, name, "urn:"+name+":root"
	case "anon":
		a.ID = "anonymous"
	case "dir":
		setIdentity(a, ref("user", name))
		a.ARN, a.Subject, a.Provider, a.Credential, a.MFA = "", name, "people", "session-"+name, true
	case "app":
		a.ID, a.Name, a.Account, a.Credential, a.LongTerm = "app:"+name, name, TraceAccount, "token-"+name, true
	case "vm":
		a.ID, a.Name, a.Account, a.Workload, a.WorkloadType = name, name, TraceAccount, name, "instance"
		e.Kind = sekisho.Traffic
	}
	// An outsider and a service act in our account; others at home.
	e.Account = TraceAccount
	if a.Account != "" && a.Type != sekisho.ActorAccount {
		e.Account = a.Account
	}
	return nil
}

func setIdentity(a *sekisho.Actor, r sekisho.Ref) {
	a.ID, a.Name, a.ARN, a.Account = r.ID, r.Name, r.ARN, r.Account
}

func setSession(a *sekisho.Actor, r sekisho.Ref, session string) {
	setIdentity(a, r)
	a.Session, a.SessionID, a.Credential = session, r.ID+":"+session, keyName(r, session)
}

// actorForms says what each form of an actor implies. Clients are the plainest
// of their sort; a trace names another where it matters.
var actorForms = map[string]struct {
	min, max int
	shape    string
	actor    sekisho.ActorType
	kind     sekisho.IdentityKind
	workload string // Actor.WorkloadType
	ip       string
	client   sekisho.Client
}{
	"user":  {1, 1, "user/NAME", sekisho.ActorUser, sekisho.KindUnknown, "", peopleIP, sekisho.Client{Family: "cli", OS: "linux"}},
	"human": {1, 1, "human/NAME", sekisho.ActorUser, sekisho.KindHuman, "", peopleIP, sekisho.Client{Family: "console", OS: "macos"}},
	"role":  {2, 2, "role/NAME/SESSION", sekisho.ActorRole, sekisho.KindUnknown, "", peopleIP, sekisho.Client{Family: "sdk", OS: "linux"}},
	"sso":   {2, 2, "sso/ROLE/PERSON", sekisho.ActorRole, sekisho.KindHuman, "", peopleIP, sekisho.Client{Family: "cli", OS: "macos"}},
	"ci":    {2, 2, "ci/ROLE/REPOSITORY", sekisho.ActorRole, sekisho.KindWorkload, "build", buildIP, sekisho.Client{Family: "sdk", OS: "linux"}},
	"agent": {1, 2, "agent/ROLE or agent/ROLE/SESSION", sekisho.ActorRole, sekisho.KindAgent, "", workloadIP, sekisho.Client{Family: "sdk", OS: "linux"}},
	"fn": {1, 1, "fn/NAME", sekisho.ActorRole, sekisho.KindWorkload, "function", workloadIP,
		sekisho.Client{Family: "sdk", OS: "linux", Runtime: "function"}},
	"inst":    {1, 1, "inst/ID", sekisho.ActorRole, sekisho.KindWorkload, "instance", workloadIP, sekisho.Client{Family: "sdk", OS: "linux"}},
	"root":    {1, 1, "root/ACCOUNT", sekisho.ActorRoot, sekisho.KindHuman, "", peopleIP, sekisho.Client{Family: "console", OS: "macos"}},
	"service": {1, 1, "service/NAME", sekisho.ActorService, sekisho.KindService, "", "", sekisho.Client{Family: "service"}},
	"account": {1, 1, "account/ID", sekisho.ActorAccount, sekisho.KindUnknown, "", peopleIP, sekisho.Client{Family: "sdk", OS: "linux"}},
	"dir":     {1, 1, "dir/PERSON", sekisho.ActorDirectory, sekisho.KindHuman, "", peopleIP, sekisho.Client{Family: "browser", OS: "macos"}},
	"app":     {1, 1, "app/NAME", sekisho.ActorApp, sekisho.KindWorkload, "", buildIP, sekisho.Client{Family: "sdk"}},
	"vm":      {1, 1, "vm/ID", sekisho.ActorMachine, sekisho.KindWorkload, "", "", sekisho.Client{}},
	"anon":    {0, 0, "anon", sekisho.ActorAnonymous, sekisho.KindUnknown, "", peopleIP, sekisho.Client{}},
}
