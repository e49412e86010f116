package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho"
)

func TestExample(t *testing.T) {
	c, err := Parse([]byte(Example))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(c.Accounts(), " "); got != "111122223333 444455556666 555566667777" {
		t.Errorf("accounts %s", got)
	}
	if !c.Ours("111122223333") || c.Ours("777788889999") || !c.Trusts("777788889999") || c.Trusts("") || c.Ours("") {
		t.Error("ours and trusted accounts are mixed up")
	}
	if !c.Honeytoken("AKIAEXAMPLEDECOY0001") || c.Honeytoken("AKIAEXAMPLEDECOY0002") {
		t.Error("honeytokens")
	}
	if c.Mode("444455556666") != Observe || c.Mode("555566667777") != Observe {
		t.Error("an account without a mode is observed")
	}
	kind, pattern, ok := c.Kind("agent-7", "arn:aws:iam::444455556666:role/agent-7")
	if kind != sekisho.KindAgent || pattern != "*:role/agent-*" || !ok {
		t.Errorf("agent-7 is %v by %q", kind, pattern)
	}
	if _, _, ok := c.Kind("agent-7", "arn:aws:iam::444455556666:user/agent-7"); ok {
		t.Error("a user matches a pattern over roles")
	}

	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, w := range []struct {
		name, account string
		at            time.Time
		ticket        string
	}{
		{"alice", "444455556666", start, "CHG-1"},
		{"alice", "444455556666", start.Add(2*time.Hour - 1), "CHG-1"},
		{"alice", "444455556666", start.Add(2 * time.Hour), ""},
		{"alice", "444455556666", start.Add(-1), ""},
		{"alice", "555566667777", start, ""},
		{"Alice", "444455556666", start, ""},
	} {
		if got := c.ChangeWindow(w.name, "", w.account, w.at); got != w.ticket {
			t.Errorf("%s in %s at %s: window %q, want %q", w.name, w.account, w.at, got, w.ticket)
		}
	}
}

func TestNothingIsAConfiguration(t *testing.T) {
	for _, text := range []string{"", "# only a comment\n", "---\n", "{}", "\n\n"} {
		if _, err := Parse([]byte(text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	if c := Default(); c.Mode("111122223333") != Observe || !c.NeverTouch.Empty() {
		t.Error("the default touches something")
	}
}

// TestRefusals: each text is wrong on one line, and the error says which and
// what to write instead.
func TestRefusals(t *testing.T) {
	for _, x := range []struct{ name, text, want string }{
		{"mistyped key", "regions: [a]\norganisation: {id: o}\n", `line 2: unknown key "organisation" in the configuration; did you mean "organization"?`},
		{"unknown key", "colour: red", `line 1: unknown key "colour" in the configuration; the keys are change_windows, `},
		{"unknown key below", "networks:\n  - cidr: 203.0.113.0/24\n    name: a\n    nmae: b\n", `line 4: unknown key "nmae" in a network; did you mean "name"?`},
		{"key twice", "regions: [a]\nregions: [b]\n", `line 2: key "regions" stands twice`},
		{"list wanted", "regions: eu-west-1", `line 1: regions is the text "eu-west-1"; write a list`},
		{"mapping wanted", "organization: [a]", "line 1: organization is a list; write keys and values"},
		{"text wanted", "honeytokens:\n- 12\n", `line 2: an entry of honeytokens is a number; write it in quotes: "12"`},
		{"truth value", "identities: {automation: [true]}", `a truth value; write it in quotes: "true"`},
		{"nothing", "regions:\n", "line 1: regions is empty; write a list"},
		{"everyone", `identities: {automation: ["*"]}`, "would match everyone"},
		{"top", "- a", "line 1: the configuration is a list"},
		{"account", `modes: {"1234": auto}`, `line 1: "1234" is no account id; write twelve digits in quotes`},
		{"account of a list", "trusted_accounts: [{id: [1]}]", "the account id is a list; write twelve digits"},
		{"mode", "modes:\n  \"444455556666\": automatic\n", `line 2: "automatic" is no mode; write observe, approve or auto`},
		{"kind", "identities:\n  kinds:\n  - {match: a, kind: robot}\n", `line 3: "robot" is no kind of identity; write human, workload, agent or service`},
		{"kind unknown", "identities: {kinds: [{match: a, kind: unknown}]}", "is no kind of identity"},
		{"kind missing", "identities: {kinds: [{match: a}]}", "a kind rule has no kind; add kind: …"},
		{"cidr", "networks: [{cidr: 203.0.113/24, name: a}]", `"203.0.113/24" is no CIDR; write a network such as`},
		{"address", "networks: [{cidr: 203.0.113.9, name: a}]", "write 203.0.113.9/32 for this one address"},
		{"host bits", "networks: [{cidr: 203.0.113.9/24, name: a}]", "has bits set beyond its length; write 203.0.113.0/24"},
		{"network twice", "networks: [{cidr: 10.0.0.0/8, name: a}, {cidr: 10.0.0.0/8, name: b}]", "network 10.0.0.0/8 is listed twice"},
		{"own account twice", "organization: {accounts: [{id: \"444455556666\"}, {id: \"444455556666\"}]}", "account 444455556666 is listed twice"},
		{"trusted twice", "trusted_accounts: [{id: \"444455556666\"}, {id: \"444455556666\"}]", "trusted account 444455556666 is listed twice"},
		{"ours and trusted", "trusted_accounts:\n- {id: \"444455556666\"}\norganization: {management_account: \"444455556666\"}\n", "line 2: account 444455556666 is both ours and trusted"},
		{"time", window("2026-01-01", "2026-01-02T00:00:00Z"), `start "2026-01-01" is no time; write a time with zone, such as`},
		{"time without zone", window("2026-01-01T00:00:00", "2026-01-02T00:00:00Z"), "is no time"},
		{"backwards", window("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"), "ends before it starts"},
		{"no ticket", "change_windows: [{account: \"444455556666\", start: 2026-01-01T00:00:00Z, end: 2026-01-02T00:00:00Z, identities: [a]}]", "a change window has no ticket"},
		{"region", "regions: [\"eu west\"]", `"eu west" cannot stand in regions; write a name such as eu-west-1`},
		{"not yaml", "a: [b\nc: d\n", "not YAML"},
		{"tab", "organization:\n\tid: o\n", "line 2: not YAML"},
		{"second document", "regions: [a]\n---\nregions: [b]\n", "line 3: a second document"},
		{"alias", "regions: &r [a]\ngithub_organizations: *r\n", "carries an anchor (&r); remove it"},
		{"alias bomb", bomb(), "anchors and aliases are not read"},
		{"too large", strings.Repeat("#", SizeMax+1), "larger than 4 MiB"},
	} {
		t.Run(x.name, func(t *testing.T) {
			_, err := Parse([]byte(x.text))
			if err == nil {
				t.Fatal("was accepted")
			}
			if !strings.Contains(err.Error(), x.want) {
				t.Errorf("error is\n%v\nwant in it\n%s", err, x.want)
			}
			var one *Error
			if !errors.As(err, &one) || one.Line < 1 {
				t.Errorf("%v: no line", err)
			}
		})
	}
}

func window(start, end string) string {
	return "change_windows:\n- {ticket: T, account: \"444455556666\", identities: [a], start: " + start + ", end: " + end + "}\n"
}

// bomb doubles a list thirty times: a thousand million entries if expanded.
func bomb() string {
	var b strings.Builder
	b.WriteString("honeytokens:\n- &a0 [x]\n")
	for i := 1; i <= 30; i++ {
		fmt.Fprintf(&b, "- &a%d [*a%d, *a%d]\n", i, i-1, i-1)
	}
	return b.String()
}

func TestAllErrorsAreToldInOrder(t *testing.T) {
	_, err := Parse([]byte("modes: {\"444455556666\": now}\nregions: 1\nhoneytokens: 2\n"))
	var all Errors
	if !errors.As(err, &all) || len(all) != 3 || all[0].Line != 1 || all[2].Line != 3 {
		t.Errorf("got %v", err)
	}
	_, err = Parse([]byte("regions: [" + strings.Repeat("1,", 50) + "1]"))
	if lines := strings.Split(err.Error(), "\n"); len(lines) != errorsMax+1 || lines[errorsMax] != "and 41 more" {
		t.Errorf("51 errors are told as\n%v", err)
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("ranges.csv", "cidr,asn,org,country,kind\n198.51.100.0/24,64500,Example Hosting,NL,hosting\n")
	c, err := Load(write("good.yaml", "ip_data: [ranges.csv]\n"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if n, ok := c.Networks.Lookup(addr("198.51.100.7")); !ok || n.Key != "AS64500" {
		t.Errorf("data beside the configuration was not read: %+v", n)
	}

	for name, want := range map[string]string{
		"regions: [a]\nip_data: [missing.csv]\n":      "line 2: address data",
		"ip_data: [bad.yaml]\n":                       "neither an .mmdb nor a .csv file",
		"region: [a]\n":                               `bad.yaml: line 1: unknown key "region"`,
		"#" + strings.Repeat("x", SizeMax) + "\na: b": "larger than 4 MiB",
	} {
		if _, err := Load(write("bad.yaml", name)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want in it %q", err, want)
		}
	}
	if _, err := Load(filepath.Join(dir, "none.yaml")); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "--config") {
		t.Errorf("a missing file: %v", err)
	}
}

func TestMatcher(t *testing.T) {
	m := NewMatcher("deployer", "*:role/agent-*", "arn:aws:iam::444455556666:user/ann", "ci-?")
	for _, x := range []struct {
		name, arn, by string
	}{
		{"deployer", "", "deployer"},
		{"Deployer", "", ""},
		{"deployer2", "", ""},
		{"agent-1", "arn:aws:iam::1:role/agent-1", "*:role/agent-*"},
		{"agent-1", "arn:aws:iam::1:role/path/agent-1", ""},
		{"agent-1", "", ""},
		{"ann", "arn:aws:iam::444455556666:user/ann", "arn:aws:iam::444455556666:user/ann"},
		{"ci-1", "x", "ci-?"},
		{"ci-", "x", ""},
		{"", "", ""},
	} {
		if by, ok := m.Match(x.name, x.arn); by != x.by || ok != (x.by != "") {
			t.Errorf("Match(%q, %q) = %q, want %q", x.name, x.arn, by, x.by)
		}
	}
	if _, ok := (Matcher{}).Match("a", "b"); ok {
		t.Error("the zero matcher matches")
	}
	if _, ok := NewMatcher("deployer").Actor(&sekisho.Actor{Name: "deployer"}); !ok {
		t.Error("an actor's name does not match")
	}
}

func TestGlobTakesNoExponentialTime(t *testing.T) {
	start := time.Now()
	if matchGlob(strings.Repeat("a*", 1000)+"b", strings.Repeat("a", 20_000)) {
		t.Error("matched")
	}
	// Some 20 million comparisons, a fraction of a second; a recursive
	// matcher would not come back.
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %s", took)
	}
}

// FuzzParse: whatever the file, an error with a line or a usable configuration.
func FuzzParse(f *testing.F) {
	f.Add(Example)
	f.Add(bomb())
	f.Add("modes: {\"444455556666\": auto}\nnetworks: [{cidr: ::/0, name: a}]")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse([]byte(text))
		if err != nil {
			var one *Error
			if !errors.As(err, &one) || one.Line < 1 || one.Advice == "" {
				t.Errorf("%v is no error with a line", err)
			}
			return
		}
		c.Kind("a", "b")
		c.ChangeWindow("a", "b", "444455556666", time.Time{})
		c.Networks.Lookup(addr("198.51.100.7"))
	})
}
