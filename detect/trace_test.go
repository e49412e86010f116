package detect

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho"
)

// one reads a trace that must be one event.
func one(t *testing.T, trace string) Line {
	t.Helper()
	lines, err := ParseTrace(trace)
	if err != nil {
		t.Fatalf("%s: %v", trace, err)
	}
	if len(lines) != 1 {
		t.Fatalf("%s: %d events, want 1", trace, len(lines))
	}
	return lines[0]
}

// show prints the fields of an event that a case is about.
func show(e *sekisho.Event) string {
	a := &e.Actor
	return fmt.Sprintf("%d %s %s cred=%s long=%t session=%s work=%s/%s ip=%s client=%s/%s/%s in=%s home=%s",
		a.Type, a.ID, a.Kind, a.Credential, a.LongTerm, a.SessionID, a.WorkloadType, a.Workload,
		e.IP, e.Client.Family, e.Client.OS, e.Client.Runtime, e.Account, a.Account)
}

func TestTraceActors(t *testing.T) {
	for word, want := range map[string]string{
		"user/alice":                  "1 user:alice unknown cred=key-alice long=true session= work=/ ip=198.51.100.10 client=cli/linux/ in=111122223333 home=111122223333",
		"human/alice":                 "1 user:alice human cred=console-alice long=false session= work=/ ip=198.51.100.10 client=console/macos/ in=111122223333 home=111122223333",
		"role/deploy/s1":              "2 role:deploy unknown cred=key-deploy-s1 long=false session=role:deploy:s1 work=/ ip=198.51.100.10 client=sdk/linux/ in=111122223333 home=111122223333",
		"role/deploy@444455556666/s1": "2 role:deploy@444455556666 unknown cred=key-deploy@444455556666-s1 long=false session=role:deploy@444455556666:s1 work=/ ip=198.51.100.10 client=sdk/linux/ in=444455556666 home=444455556666",
		"sso/admin/alice":             "2 role:admin human cred=key-admin-alice long=false session=role:admin:alice work=/ ip=198.51.100.10 client=cli/macos/ in=111122223333 home=111122223333",
		"ci/deploy/repo":              "2 role:deploy workload cred=key-deploy-repo long=false session=role:deploy:repo work=build/build/repo ip=192.0.2.20 client=sdk/linux/ in=111122223333 home=111122223333",
		"fn/resize":                   "2 role:role-resize workload cred=key-role-resize-resize long=false session=role:role-resize:resize work=function/function/resize ip=203.0.113.30 client=sdk/linux/function in=111122223333 home=111122223333",
		"inst/i-1":                    "2 role:role-i-1 workload cred=key-role-i-1-i-1 long=false session=role:role-i-1:i-1 work=instance/i-1 ip=203.0.113.30 client=sdk/linux/ in=111122223333 home=111122223333",
		"agent/coder":                 "2 role:coder agent cred=key-coder-agent long=false session=role:coder:agent work=/ ip=203.0.113.30 client=sdk/linux/ in=111122223333 home=111122223333",
		"root/111122223333":           "3 111122223333 human cred=console-root-111122223333 long=false session= work=/ ip=198.51.100.10 client=console/macos/ in=111122223333 home=111122223333",
		"service/backup":              "5 backup service cred= long=false session= work=/ ip= client=service// in=111122223333 home=",
		"account/999988887777":        "6 999988887777 unknown cred= long=false session= work=/ ip=198.51.100.10 client=sdk/linux/ in=111122223333 home=999988887777",
		"anon":                        "7 anonymous unknown cred= long=false session= work=/ ip=198.51.100.10 client=// in=111122223333 home=",
	} {
		l := one(t, "09:00:00 "+word+" storage:ListBuckets")
		if got := show(&l.Event); got != want {
			t.Errorf("%s\n got %s\nwant %s", word, got, want)
		}
	}
}

func TestTraceKeys(t *testing.T) {
	l := one(t, `> D3 09:00:00.250 role/deploy/s1 storage-backup:DeleteVault account=444455556666 region=us-east-1 ip=192.0.2.1 client=cli os=macos `+
		`runtime=shell session=s2 key=K9 outcome=denied error=Nope target="a b" level=permissions mfa console bearer=no onbehalf=deployer twin=T subject=S provider=P via=vpce sourceid=alice parent=user:x start=D2/08:00:00 repeated kind=agent record=notice # why`)
	e, a := &l.Event, &l.Event.Actor
	checks := []struct {
		what string
		ok   bool
	}{
		{"fires", l.Fires && l.No == 1},
		{"time", e.Time.Equal(traceStart.AddDate(0, 0, 3).Add(9*time.Hour + 250*time.Millisecond))},
		{"service", e.Service == "storage-backup" && e.Action == "DeleteVault" && e.Topic == sekisho.TopicStorage},
		{"place", e.Account == "444455556666" && e.Region == "us-east-1" && e.IP == "" && e.Endpoint == "vpce"},
		{"client", e.Client == sekisho.Client{Family: "cli", OS: "macos", Runtime: "shell"}},
		{"session", a.Session == "s2" && a.SessionID == "role:deploy:s2" && a.Credential == "K9"},
		{"start", a.SessionStart.Equal(traceStart.AddDate(0, 0, 2).Add(8 * time.Hour))},
		{"outcome", e.Outcome == sekisho.Denied && e.Error == "Nope"},
		{"target", e.Target == "a b" && e.Level == sekisho.LevelPermissions},
		{"flags", a.MFA && a.FromConsole && !a.Bearer && e.Flags == sekisho.FlagKeysRepeated},
		{"links", a.OnBehalf == "deployer" && e.TwinID == "T" && a.Subject == "S" && a.Provider == "P" && a.SourceIdentity == "alice" && a.Parent == "user:x"},
		{"kinds", a.Kind == sekisho.KindAgent && e.Kind == sekisho.Notice},
	}
	for _, c := range checks {
		if !c.ok {
			t.Errorf("%s: not as the line says: %+v", c.what, *e)
		}
	}
}

func TestTraceLevels(t *testing.T) {
	for action, want := range map[string]sekisho.Level{
		"ListUsers": sekisho.LevelList, "DescribeInstances": sekisho.LevelList, "GetObject": sekisho.LevelRead,
		"BatchGetSecretValue": sekisho.LevelRead, "TagUser": sekisho.LevelTag, "PutUserPolicy": sekisho.LevelWrite,
	} {
		l := one(t, "09:00:00 user/a identity:"+action)
		if l.Event.Level != want {
			t.Errorf("%s: level %v, want %v", action, l.Event.Level, want)
		}
	}
}

// One line can be many events; only the last of a marked line fires.
func TestTraceManyEvents(t *testing.T) {
	lines, err := ParseTrace(`
		# three actions, twice
		> D1 09:00:00 user/a identity:ListUsers,ListRoles,storage:ListBuckets x2 every=200ms target=t{n}
		  09:00:01 user/a other:Ping   # on the same day
	`)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	ids := map[string]bool{}
	for _, l := range lines {
		got = append(got, fmt.Sprintf("%s %s %s %t %d", stamp(l.Event.Time), l.Event.Name(), l.Event.Target, l.Fires, l.No))
		ids[l.Event.ID] = true
	}
	want := `D1 09:00:00 identity:ListUsers t1 false 3
D1 09:00:00.2 identity:ListRoles t2 false 3
D1 09:00:00.4 storage:ListBuckets t3 false 3
D1 09:00:00.6 identity:ListUsers t4 false 3
D1 09:00:00.8 identity:ListRoles t5 false 3
D1 09:00:01 storage:ListBuckets t6 true 3
D1 09:00:01 other:Ping  false 4`
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("got\n%s\nwant\n%s", s, want)
	}
	if len(ids) != len(lines) {
		t.Errorf("%d ids for %d events; each must have its own", len(ids), len(lines))
	}
}

func TestTraceEffects(t *testing.T) {
	user := sekisho.Ref{ID: "user:x", Name: "x", ARN: "urn:111122223333:user/x", Account: TraceAccount, Type: "user"}
	role := sekisho.Ref{ID: "role:x", Name: "x", ARN: "urn:111122223333:role/x", Account: TraceAccount, Type: "role"}
	for word, want := range map[string]sekisho.Effect{
		"issue(user/x)":                            {Kind: sekisho.IssueCredential, Identity: user, Credential: "key-x"},
		"issue(user/x,key=K2)":                     {Kind: sekisho.IssueCredential, Identity: user, Credential: "K2"},
		"issue(role/x,session=s1)":                 {Kind: sekisho.IssueCredential, Identity: role, Credential: "key-x-s1", Session: "role:x:s1"},
		"create(user/x)":                           {Kind: sekisho.CreateIdentity, Identity: user},
		"password(user/x)":                         {Kind: sekisho.SetPassword, Identity: user},
		"grant(user/x,admin,what=inline,policy=P)": {Kind: sekisho.GrantPower, Identity: user, Power: sekisho.PowerAdmin, What: "inline", Policy: "P"},
		"grant(policy/P,issues,what=version)":      {Kind: sekisho.GrantPower, Power: sekisho.PowerIssues, What: "version", Policy: "P"},
		"unlimit(user/x,what=mfa)":                 {Kind: sekisho.RemoveLimit, Identity: user, What: "mfa"},
		"trust(role/x,with=999988887777)":          {Kind: sekisho.OpenTrust, Identity: role, What: "trust", With: []string{"999988887777"}},
		"provider(idp,what=saml)":                  {Kind: sekisho.AddProvider, Resource: "idp", What: "saml"},
		"change(function/f,role=x)":                {Kind: sekisho.ChangeWorkload, Workload: "function/f", Identity: role, What: "code"},
		"run(function/f)":                          {Kind: sekisho.RunWorkload, Workload: "function/f"},
		"share(snap-1,with=1|2,what=image)":        {Kind: sekisho.Share, Resource: "snap-1", With: []string{"1", "2"}, What: "image"},
		"taken(snap-1,with=9)":                     {Kind: sekisho.Taken, Resource: "snap-1", With: []string{"9"}},
		"secret(db-1)":                             {Kind: sekisho.ReadSecret, Resource: "db-1"},
		"secret(db-1,n=20)":                        {Kind: sekisho.ReadSecret, Resource: "db-1", Count: 20},
		"data(bucket/a,bytes=4096)":                {Kind: sekisho.ReadData, Resource: "bucket/a", Count: 4096},
		"blind(trail,what=delete)":                 {Kind: sekisho.DisableDefence, Resource: "trail", What: "delete"},
		"launch(p5,n=5,gpu)":                       {Kind: sekisho.LaunchCompute, What: "p5", Count: 5, Accelerated: true},
		"launch(t3)":                               {Kind: sekisho.LaunchCompute, What: "t3", Count: 1},
		"open(sg-1,with=*,ports=22-22)":            {Kind: sekisho.OpenPorts, Resource: "sg-1", With: []string{"*"}, FromPort: 22, ToPort: 22},
		"model(claude)":                            {Kind: sekisho.InvokeModel, Resource: "claude"},
		"try(role/x)":                              {Kind: sekisho.AssumeTry, Identity: role},
		"disable(K2,of=user/x)":                    {Kind: sekisho.DisableCredential, Credential: "K2", Identity: user},
	} {
		l := one(t, "09:00:00 user/a other:Do +"+word)
		if got := fmt.Sprintf("%+v", l.Event.Effects[0]); got != fmt.Sprintf("%+v", want) {
			t.Errorf("+%s\n got %s\nwant %+v", word, got, want)
		}
		if l.Event.Target == "" && want.Kind != sekisho.LaunchCompute {
			t.Errorf("+%s: no target", word)
		}
		tries := 0
		for _, f := range l.Event.Effects {
			if f.Kind == sekisho.AssumeTry {
				tries++
			}
		}
		wantTry := strings.HasPrefix(word, "try(") || strings.HasPrefix(word, "issue(role/")
		if (tries == 1) != wantTry {
			t.Errorf("+%s: %d tries", word, tries)
		}
	}
}

// Each mistake is named with its line and with what would be right.
func TestTraceErrors(t *testing.T) {
	for trace, want := range map[string]string{
		"09:00:00 user/a":                                    "want at least",
		"\n9h user/a other:Do":                               "trace line 2:",
		"9h user/a other:Do":                                 "want a time",
		"Dx 09:00:00 user/a other:Do":                        "want a day",
		"09:00:00 usr/a other:Do":                            "want user/",
		"09:00:00 role/a other:Do":                           "want role/NAME/SESSION",
		"09:00:00 user/ other:Do":                            "a part is empty",
		"09:00:00 user/a iam:Do":                             "name it after a topic",
		"09:00:00 user/a Do":                                 "want SERVICE:ACTION",
		"09:00:00 user/a other:":                             "an action is missing",
		"09:00:00 user/a other:Do x0":                        "repeat from",
		"09:00:00 user/a other:Do x999999":                   "repeat from",
		"09:00:00 user/a other:Do every=soon":                "every=200ms",
		"09:00:00 user/a other:Do colour=red":                "no such key",
		"09:00:00 user/a other:Do outcome=bad":               "want ok, denied",
		"09:00:00 user/a other:Do level=bad":                 "want unknown",
		"09:00:00 user/a other:Do kind=bad":                  "want human",
		"09:00:00 user/a other:Do record=bad":                "want call",
		"09:00:00 user/a other:Do mfa=maybe":                 "want yes or no",
		"09:00:00 user/a other:Do ip=":                       "want ip=value",
		"09:00:00 user/a other:Do session=s":                 "has no session",
		"09:00:00 user/a other:Do start=08:00:00":            "start=D0/09:00:00",
		"09:00:00 user/a other:Do role=r":                    "fn/ and inst/ only",
		"09:00:00 user/a other:Do target=\"x":                "quote is not closed",
		"09:00:00 user/a other:Do +secret(x":                 "( is not closed",
		"09:00:00 user/a other:Do x)":                        ") without (",
		"09:00:00 user/a other:Do +secret":                   "want +name(arguments)",
		"09:00:00 user/a other:Do +secret()":                 "say first what it is about",
		"09:00:00 user/a other:Do +steal(x)":                 "no such effect",
		"09:00:00 user/a other:Do +secret(x,y)":              "one argument too many",
		"09:00:00 user/a other:Do +secret(x,key=y)":          "no argument key=",
		"09:00:00 user/a other:Do +secret(x,n=1,n=2)":        "stands there twice",
		"09:00:00 user/a other:Do +create(x)":                "want user/NAME",
		"09:00:00 user/a other:Do +grant(user/x,huge)":       "want admin",
		"09:00:00 user/a other:Do +open(x,ports=9-1)":        "want ports=22",
		"09:00:00 user/a other:Do +launch(x,n=many)":         "want a whole number",
		"09:00:00 user/a other:Do +issue(user/x,expires=1h)": "expires=D0/10:00:00",
		"09:01:00 user/a other:Do\n09:00:00 user/a other:Do": "trace line 2: begins at D0 09:00:00, before",
	} {
		_, err := ParseTrace(trace)
		if err == nil {
			t.Errorf("%q: no error, want %q", trace, want)
		} else if !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "trace line ") {
			t.Errorf("%q: %v, want %q", trace, err, want)
		}
	}
	if _, err := ParseTrace(strings.Repeat(" ", traceBytesMax+1)); err == nil {
		t.Error("a trace beyond its cap was read")
	}
	long := strings.Repeat("09:00:00 user/a other:Do x10000 every=0s\n", 3)
	if _, err := ParseTrace(long); err == nil || !strings.Contains(err.Error(), "trace line 3:") {
		t.Errorf("30,000 events: %v", err)
	}
}

// A trace never crashes the reader, and what it accepts keeps its promises:
// ids are unique, time goes forward, at most one event of a line fires.
func FuzzParseTrace(f *testing.F) {
	f.Add("> D1 09:00:00 fn/f identity:A,B x2 +issue(user/x,key=K) role=r")
	f.Add("09:00:00 role/a@444455556666/s other:Do target=\"a b\" +open(x,with=*,ports=1-2) # c")
	f.Fuzz(func(t *testing.T, trace string) {
		lines, err := ParseTrace(trace)
		if err != nil {
			return
		}
		ids := map[string]bool{}
		var last time.Time
		fired := 0
		for _, l := range lines {
			if ids[l.Event.ID] || l.Event.Time.Before(last) || l.Event.Action == "" || l.Event.Service == "" {
				t.Fatalf("%q: %+v", trace, l)
			}
			ids[l.Event.ID], last = true, l.Event.Time
			if l.Fires {
				if fired == l.No {
					t.Fatalf("%q: line %d fires twice", trace, l.No)
				}
				fired = l.No
			}
		}
	})
}
