package detect

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/sekisho/sekisho"
)

// setKey applies one key of a trace's line; has says that it had a value.
func setKey(e *sekisho.Event, key, value string, has bool) error {
	a := &e.Actor
	// Words that stand alone.
	switch key {
	case "mfa", "console", "bearer", "repeated":
		on := true
		switch {
		case !has || value == "yes":
		case value == "no":
			on = false
		default:
			return fmt.Errorf("%s=%s: want yes or no, or the word alone", key, value)
		}
		switch key {
		case "mfa":
			a.MFA = on
		case "console":
			a.FromConsole = on
		case "bearer":
			a.Bearer = on
		case "repeated":
			if e.Flags &^= sekisho.FlagKeysRepeated; on {
				e.Flags |= sekisho.FlagKeysRepeated
			}
		}
		return nil
	}
	if text := textKey(e, key); text != nil {
		if !has || value == "" {
			return fmt.Errorf("%s: want %s=value", key, key)
		}
		if value == "-" { // takes a default away
			value = ""
		}
		*text = value
		return nil
	}
	switch key {
	case "session":
		if a.SessionID == "" {
			return fmt.Errorf("session=%s: the actor has no session; write role/NAME/%s", value, value)
		}
		a.Session, a.SessionID = value, a.ID+":"+value
	case "onbehalf":
		a.OnBehalf, e.IP = value, ""
	case "start":
		day, clock, _ := strings.Cut(value, "/")
		if len(day) < 2 || day[0] != 'D' {
			return fmt.Errorf("start=%s: want a day and a time, such as start=D0/09:00:00", value)
		}
		d, err := parseDay(day)
		if err != nil {
			return fmt.Errorf("start=: %w", err)
		}
		if a.SessionStart, err = parseClock(d, clock); err != nil {
			return fmt.Errorf("start=: %w", err)
		}
	case "outcome":
		switch value {
		case "ok":
			e.Outcome = sekisho.OK
		case "denied":
			e.Outcome = sekisho.Denied
			if e.Error == "" {
				e.Error = "Denied"
			}
		case "failed":
			e.Outcome = sekisho.Failed
			if e.Error == "" {
				e.Error = "Failed"
			}
		case "dryrun":
			e.Outcome = sekisho.DryRun
		default:
			return fmt.Errorf("outcome=%s: want ok, denied, failed or dryrun", value)
		}
	case "level":
		for l := sekisho.LevelUnknown; l <= sekisho.LevelTag; l++ {
			if l.String() == value {
				e.Level = l
				return nil
			}
		}
		return fmt.Errorf("level=%s: want unknown, list, read, write, permissions or tag", value)
	case "topic":
		t, err := parseTopic(value)
		if err != nil {
			return err
		}
		e.Topic = t
	case "kind":
		k, ok := sekisho.ParseIdentityKind(value)
		if !ok {
			return fmt.Errorf("kind=%s: want human, workload, agent, service or unknown", value)
		}
		a.Kind, a.KindEvidence = k, "the trace says so"
	case "record":
		switch value {
		case "call":
			e.Kind = sekisho.APICall
		case "signin":
			e.Kind = sekisho.SignIn
		case "notice":
			e.Kind = sekisho.Notice
		case "traffic":
			e.Kind = sekisho.Traffic
		default:
			return fmt.Errorf("record=%s: want call, signin, notice or traffic", value)
		}
	default:
		return fmt.Errorf("%q: no such key; the comment of ParseTrace lists them", key)
	}
	return nil
}

// textKey is the field that a key fills in as it is, nil if there is none.
func textKey(e *sekisho.Event, key string) *string {
	switch key {
	case "account":
		return &e.Account
	case "region":
		return &e.Region
	case "ip":
		return &e.IP
	case "client":
		return &e.Client.Family
	case "os":
		return &e.Client.OS
	case "runtime":
		return &e.Client.Runtime
	case "key":
		return &e.Actor.Credential
	case "error":
		return &e.Error
	case "target":
		return &e.Target
	case "twin":
		return &e.TwinID
	case "via":
		return &e.Endpoint
	case "sourceid":
		return &e.Actor.SourceIdentity
	case "subject":
		return &e.Actor.Subject
	case "provider":
		return &e.Actor.Provider
	case "parent":
		return &e.Actor.Parent
	}
	return nil
}

// args are the arguments of an effect; take removes what was used, so that
// what is left over is an error.
type args struct {
	plain []string
	named map[string]string
}

func (a *args) take(key string) string {
	v := a.named[key]
	delete(a.named, key)
	return v
}

// addEffect reads "name(args)" and appends what it stands for.
func addEffect(e *sekisho.Event, word string) error {
	name, inner, ok := strings.Cut(word, "(")
	if !ok || !strings.HasSuffix(inner, ")") {
		return fmt.Errorf("+%s: want +name(arguments)", word)
	}
	a := args{named: map[string]string{}}
	for arg := range strings.SplitSeq(strings.TrimSuffix(inner, ")"), ",") {
		arg = strings.TrimSpace(arg)
		if k, v, named := strings.Cut(arg, "="); named {
			if _, twice := a.named[k]; twice {
				return fmt.Errorf("+%s: %s= stands there twice", name, k)
			}
			a.named[k] = v
		} else {
			a.plain = append(a.plain, arg)
		}
	}
	if len(a.plain) == 0 || a.plain[0] == "" {
		return fmt.Errorf("+%s: say first what it is about, as in +%s(…)", name, name)
	}
	f, err := readEffect(e, name, a.plain[0], &a)
	if err != nil {
		return fmt.Errorf("+%s: %w", name, err)
	}
	if len(a.plain) > 1 {
		return fmt.Errorf("+%s: %q is one argument too many", name, a.plain[1])
	}
	if left := slices.Sorted(maps.Keys(a.named)); len(left) > 0 {
		return fmt.Errorf("+%s: no argument %s= here", name, left[0])
	}
	e.Effects = append(e.Effects, f)
	// A role's session that was given was asked for first; a provider says both.
	if f.Kind == sekisho.IssueCredential && f.Identity.Type == "role" {
		e.Effects = append(e.Effects, sekisho.Effect{Kind: sekisho.AssumeTry, Identity: f.Identity, Session: f.Session})
	}
	return nil
}

// identityEffects are about an identity; What is the default of what=.
var identityEffects = map[string]struct {
	kind sekisho.EffectKind
	what string
}{
	"issue": {sekisho.IssueCredential, ""}, "create": {sekisho.CreateIdentity, ""}, "password": {sekisho.SetPassword, ""},
	"grant": {sekisho.GrantPower, "attach"}, "unlimit": {sekisho.RemoveLimit, "boundary"}, "trust": {sekisho.OpenTrust, "trust"},
	"try": {sekisho.AssumeTry, ""}, "exposed": {sekisho.ReportExposed, "quarantine"},
	"enrol": {sekisho.EnrolFactor, ""}, "ask": {sekisho.AskFactor, "push"}, "impersonate": {sekisho.Impersonate, ""},
}

// resourceEffects are about a resource.
var resourceEffects = map[string]struct {
	kind sekisho.EffectKind
	what string
}{
	"provider": {sekisho.AddProvider, "oidc"}, "share": {sekisho.Share, "snapshot"}, "taken": {sekisho.Taken, ""},
	"secret": {sekisho.ReadSecret, ""}, "data": {sekisho.ReadData, ""}, "blind": {sekisho.DisableDefence, "stop"},
	"open": {sekisho.OpenPorts, ""}, "model": {sekisho.InvokeModel, ""},
	"unguard": {sekisho.RemoveGuard, "public-block"}, "destroy": {sekisho.Destroy, "object"}, "lock": {sekisho.LockData, "customer-key"},
	"quota": {sekisho.RaiseQuota, ""}, "entrench": {sekisho.Entrench, "termination-protection"}, "agree": {sekisho.OpenModel, "agreement"},
	"mail": {sekisho.UseMail, "identity"}, "tree": {sekisho.ChangeOrganization, "invite"}, "widen": {sekisho.WidenDirectory, "mfa"},
	"vouch": {sekisho.VouchFor, ""},
}

var powers = map[string]sekisho.Power{
	"admin": sekisho.PowerAdmin, "issues": sekisho.PowerIssues, "limited": sekisho.PowerLimited, "unknown": sekisho.PowerUnknown,
}

func readEffect(e *sekisho.Event, name, about string, a *args) (f sekisho.Effect, err error) {
	if with := a.take("with"); with != "" {
		f.With = strings.Split(with, "|")
	}
	if id, ok := identityEffects[name]; ok {
		f.Kind, f.What = id.kind, id.what
		if err = identityEffect(&f, about, a); err != nil {
			return f, err
		}
	} else if res, ok := resourceEffects[name]; ok {
		f.Kind, f.What, f.Resource = res.kind, res.what, about
		if about == "-" { // the call names none
			f.Resource = ""
		}
	} else {
		switch name {
		case "change", "run":
			f.Kind, f.Workload = sekisho.RunWorkload, about
			if name == "change" {
				f.Kind, f.What = sekisho.ChangeWorkload, "code"
			}
			if role := a.take("role"); role != "" {
				f.Identity = ref("role", strings.TrimPrefix(role, "role/"))
			}
			f.Alias = a.take("alias")
		case "launch":
			f.Kind, f.What, f.Count = sekisho.LaunchCompute, about, 1
			if len(a.plain) > 1 && a.plain[1] == "gpu" {
				f.Accelerated = true
				a.plain = a.plain[:1]
			}
		case "report":
			f.Kind, f.What, f.Count = sekisho.Report, about, 50
			f.Identity = sekisho.Ref{ID: e.Actor.ID}
			f.Phase = sekisho.Phase(a.take("phase"))
			switch role := a.take("role"); role {
			case "", "actor":
			case "target":
				f.Suffered = true
			default:
				return f, fmt.Errorf("role=%s: want actor or target", role)
			}
		case "connect":
			f.Kind, f.What, f.With = sekisho.Connect, "out", []string{about}
			e.IP = about
		case "probe":
			f.Kind, f.What = sekisho.ProbeSelf, about
		case "disable":
			f.Kind, f.Credential, f.Identity = sekisho.DisableCredential, about, sekisho.Ref{ID: e.Actor.ID}
			if of := a.take("of"); of != "" {
				if f.Identity, err = parseRef(of); err != nil {
					return f, err
				}
			}
		default:
			return f, fmt.Errorf("no such effect; the comment of ParseTrace lists them")
		}
	}
	if what := a.take("what"); what != "" {
		f.What = what
	}
	if err = numbers(&f, a); f.Kind == sekisho.Connect {
		f.Resource = e.IP + ":" + strconv.Itoa(f.FromPort)
	}
	return f, err
}

// identityEffect reads what effects about an identity have.
func identityEffect(f *sekisho.Effect, about string, a *args) (err error) {
	if policy, ok := strings.CutPrefix(about, "policy/"); ok && f.Kind == sekisho.GrantPower {
		f.Policy = policy
	} else if f.Identity, err = parseRef(about); err != nil {
		return err
	}
	if policy := a.take("policy"); policy != "" {
		f.Policy = policy
	}
	f.Session = a.take("session")
	switch f.Kind {
	case sekisho.ReportExposed:
		f.Credential = a.take("key")
	case sekisho.IssueCredential:
		if f.Credential = a.take("key"); f.Credential == "" {
			f.Credential = keyName(f.Identity, f.Session)
		}
		if f.Session != "" { // a session is known by its role's id and its name, as its actor is
			f.Session = f.Identity.ID + ":" + f.Session
		}
	case sekisho.GrantPower:
		if len(a.plain) > 1 {
			power, ok := powers[a.plain[1]]
			if !ok {
				return fmt.Errorf("%q: want admin, issues, limited or unknown", a.plain[1])
			}
			f.Power, a.plain = power, a.plain[:1]
		}
	}
	return nil
}

// numbers reads the arguments that are numbers.
func numbers(f *sekisho.Effect, a *args) error {
	for _, key := range []string{"n", "bytes"} {
		if v := a.take(key); v != "" {
			n, err := strconv.ParseInt(v, 10, 64)
			if err != nil || n < 0 {
				return fmt.Errorf("%s=%s: want a whole number", key, v)
			}
			f.Count = n
		}
	}
	if ports := a.take("ports"); ports != "" {
		from, to, ok := strings.Cut(ports, "-")
		if !ok {
			to = from
		}
		var err1, err2 error
		f.FromPort, err1 = strconv.Atoi(from)
		f.ToPort, err2 = strconv.Atoi(to)
		if err1 != nil || err2 != nil || f.FromPort < 0 || f.ToPort < f.FromPort || f.ToPort > 65535 {
			return fmt.Errorf("ports=%s: want ports=22 or ports=0-65535", ports)
		}
	}
	if in := a.take("expires"); in != "" {
		// An end is a moment of the trace, like start=.
		day, clock, _ := strings.Cut(in, "/")
		if len(day) < 2 || day[0] != 'D' {
			return fmt.Errorf("expires=%s: want a day and a time, such as expires=D0/10:00:00", in)
		}
		d, err := parseDay(day)
		if err != nil {
			return err
		}
		if f.Expires, err = parseClock(d, clock); err != nil {
			return err
		}
	}
	return nil
}

// parseRef reads "user/x", "role/x", "group/x".
func parseRef(w string) (sekisho.Ref, error) {
	kind, name, ok := strings.Cut(w, "/")
	if !ok || name == "" || (kind != "user" && kind != "role" && kind != "group") {
		return sekisho.Ref{}, fmt.Errorf("%q: want user/NAME, role/NAME or group/NAME", w)
	}
	return ref(kind, name), nil
}
