package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/sekisho/sekisho"
)

// Parse checks a configuration and compiles what it declares. It opens no
// file: ip_data is read by Load. Errors are of type Errors.
func Parse(data []byte) (*Config, error) {
	c := &Config{
		honeytokens: map[string]bool{}, modes: map[string]Mode{},
		accounts: map[string]bool{}, trusted: map[string]bool{},
	}
	if len(data) > SizeMax {
		return nil, Errors{{1, fmt.Sprintf("larger than %d MiB", SizeMax>>20), "give the right file"}}
	}

	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, second yaml.Node
	err := dec.Decode(&doc)
	switch {
	case errors.Is(err, io.EOF): // nothing, or comments only
		c.Networks = newNetworks(nil)
		return c, nil
	case err != nil:
		return nil, Errors{syntaxError(err)}
	}
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		line := 1
		if err == nil && len(second.Content) > 0 {
			line = second.Content[0].Line
		}
		return nil, Errors{{line, "a second document", "keep everything in one document, without a line ---"}}
	}

	r := &reader{}
	if root := doc.Content[0]; root.ShortTag() != "!!null" { // "---" alone is as good as nothing
		c.read(r, root)
	}
	if len(r.errs) > 0 {
		slices.SortStableFunc(r.errs, func(a, b *Error) int { return a.Line - b.Line })
		return nil, r.errs
	}
	c.Networks = newNetworks(c.declared)
	return c, nil
}

// syntaxError takes the line out of the YAML parser's message.
func syntaxError(err error) *Error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		if n, message, ok := strings.Cut(rest, ": "); ok {
			if v, err := strconv.Atoi(n); err == nil {
				line, text = v, message
			}
		}
	}
	return &Error{line, "not YAML: " + text, "check indentation, quotes and brackets at and just above this line"}
}

// read takes the whole document.
func (c *Config) read(r *reader, root *yaml.Node) {
	r.object(root, "the configuration", map[string]func(*yaml.Node){
		"organization": func(n *yaml.Node) { c.readOrganization(r, n) },
		"trusted_accounts": func(n *yaml.Node) {
			r.list(n, "trusted_accounts", func(n *yaml.Node) { c.readTrusted(r, n) })
		},
		"identities": func(n *yaml.Node) { c.readIdentities(r, n) },
		"networks": func(n *yaml.Node) {
			r.list(n, "networks", func(n *yaml.Node) { c.readNetwork(r, n) })
		},
		"regions": func(n *yaml.Node) {
			c.Regions = r.words(n, "regions", "eu-west-1", isWord)
		},
		"github_organizations": func(n *yaml.Node) {
			c.GitHub = r.words(n, "github_organizations", "example", isWord)
		},
		"change_windows": func(n *yaml.Node) {
			r.list(n, "change_windows", func(n *yaml.Node) { c.readWindow(r, n) })
		},
		"exceptions": func(n *yaml.Node) {
			r.list(n, "exceptions", func(n *yaml.Node) { c.readException(r, n) })
		},
		"ip_data": func(n *yaml.Node) {
			r.list(n, "ip_data", func(n *yaml.Node) {
				c.ipData = append(c.ipData, r.text(n, "a file in ip_data"))
				c.ipDataLines = append(c.ipDataLines, n.Line)
			})
		},
		"honeytokens": func(n *yaml.Node) {
			for _, id := range r.words(n, "honeytokens", "AKIA…", nil) {
				c.honeytokens[id] = true
			}
		},
		"never_touch": func(n *yaml.Node) { c.NeverTouch = r.matcher(n, "never_touch") },
		"modes":       func(n *yaml.Node) { c.readModes(r, n) },
		"service":     func(n *yaml.Node) { c.readService(r, n) },
	})
	for i := range c.Trusted {
		if id := c.Trusted[i].ID; id != "" && c.accounts[id] {
			r.fail(c.trustedLine(root, i), "account "+id+" is both ours and trusted", "list it in organization or in trusted_accounts, not in both")
		}
	}
}

// trustedLine finds the line of a trusted account for a complaint that needs
// the whole document.
func (c *Config) trustedLine(root *yaml.Node, i int) *yaml.Node {
	for k := 0; k+1 < len(root.Content); k += 2 {
		if v := root.Content[k+1]; root.Content[k].Value == "trusted_accounts" && i < len(v.Content) {
			return v.Content[i]
		}
	}
	return root
}

func (c *Config) readOrganization(r *reader, n *yaml.Node) {
	o := &c.Organization
	r.object(n, "organization", map[string]func(*yaml.Node){
		"id": func(n *yaml.Node) { o.ID = r.text(n, "organization.id") },
		"management_account": func(n *yaml.Node) {
			o.ManagementAccount = r.account(n)
		},
		"accounts": func(n *yaml.Node) {
			r.list(n, "organization.accounts", func(n *yaml.Node) {
				var a Account
				if !r.object(n, "an account", map[string]func(*yaml.Node){
					"id":          func(n *yaml.Node) { a.ID = r.account(n) },
					"name":        func(n *yaml.Node) { a.Name = r.text(n, "name") },
					"environment": func(n *yaml.Node) { a.Environment = r.text(n, "environment") },
				}, "id") || a.ID == "" {
					return
				}
				if c.accounts[a.ID] {
					r.fail(n, "account "+a.ID+" is listed twice", "keep one of the entries")
				}
				c.accounts[a.ID] = true
				o.Accounts = append(o.Accounts, a)
			})
		},
	})
	// The management account may or may not stand in the list as well.
	if o.ManagementAccount != "" {
		c.accounts[o.ManagementAccount] = true
	}
}

func (c *Config) readTrusted(r *reader, n *yaml.Node) {
	var t TrustedAccount
	r.object(n, "a trusted account", map[string]func(*yaml.Node){
		"id":      func(n *yaml.Node) { t.ID = r.account(n) },
		"purpose": func(n *yaml.Node) { t.Purpose = r.text(n, "purpose") },
		"roles":   func(n *yaml.Node) { t.Roles = r.matcher(n, "roles") },
	}, "id")
	if t.ID != "" && c.trusted[t.ID] {
		r.fail(n, "trusted account "+t.ID+" is listed twice", "keep one entry and put all its roles there")
	}
	c.trusted[t.ID] = t.ID != ""
	c.Trusted = append(c.Trusted, t)
}

func (c *Config) readIdentities(r *reader, n *yaml.Node) {
	r.object(n, "identities", map[string]func(*yaml.Node){
		"break_glass": func(n *yaml.Node) { c.Identities.BreakGlass = r.matcher(n, "break_glass") },
		"automation":  func(n *yaml.Node) { c.Identities.Automation = r.matcher(n, "automation") },
		"kinds": func(n *yaml.Node) {
			r.list(n, "kinds", func(n *yaml.Node) {
				var k KindRule
				r.object(n, "a kind rule", map[string]func(*yaml.Node){
					"match": func(n *yaml.Node) { k.Match = NewMatcher(r.pattern(n, "match")) },
					"kind": func(n *yaml.Node) {
						word := r.text(n, "kind")
						kind, ok := sekisho.ParseIdentityKind(word)
						if word != "" && (!ok || kind == sekisho.KindUnknown) {
							r.fail(n, fmt.Sprintf("%q is no kind of identity", word), "write human, workload, agent or service")
						}
						k.Kind = kind
					},
				}, "match", "kind")
				c.Identities.Kinds = append(c.Identities.Kinds, k)
			})
		},
	})
}

func (c *Config) readNetwork(r *reader, n *yaml.Node) {
	var d declaredNetwork
	r.object(n, "a network", map[string]func(*yaml.Node){
		"cidr": func(n *yaml.Node) { d.prefix = r.prefix(n) },
		"name": func(n *yaml.Node) { d.name = r.text(n, "name") },
	}, "cidr", "name")
	for _, was := range c.declared {
		if d.prefix.IsValid() && was.prefix == d.prefix {
			r.fail(n, "network "+d.prefix.String()+" is listed twice", "keep one of the entries")
		}
	}
	c.declared = append(c.declared, d)
}

func (c *Config) readWindow(r *reader, n *yaml.Node) {
	var w ChangeWindow
	if !r.object(n, "a change window", map[string]func(*yaml.Node){
		"ticket":     func(n *yaml.Node) { w.Ticket = r.text(n, "ticket") },
		"account":    func(n *yaml.Node) { w.Account = r.account(n) },
		"start":      func(n *yaml.Node) { w.Start = r.time(n, "start") },
		"end":        func(n *yaml.Node) { w.End = r.time(n, "end") },
		"identities": func(n *yaml.Node) { w.Identities = r.matcher(n, "identities") },
		"purpose":    func(n *yaml.Node) { w.Purpose = r.text(n, "purpose") },
	}, "ticket", "account", "start", "end", "identities") {
		return
	}
	if !w.Start.IsZero() && !w.End.IsZero() && !w.Start.Before(w.End) {
		r.fail(n, "the change window ends before it starts", "write a start that is earlier than end")
	}
	c.ChangeWindows = append(c.ChangeWindows, w)
}

func (c *Config) readModes(r *reader, n *yaml.Node) {
	r.pairs(n, "modes", func(key, value *yaml.Node) {
		account := r.account(key)
		word := r.text(value, "the mode of "+key.Value)
		i := slices.Index(modeNames, word)
		if i < 0 {
			if word != "" {
				r.fail(value, fmt.Sprintf("%q is no mode", word), "write observe, approve or auto")
			}
			return
		}
		c.modes[account] = Mode(i)
	})
}

// reader takes values out of YAML nodes. It notes what is wrong and goes on,
// so that the operator sees all errors at once; callers use the values only
// when there were none.
type reader struct{ errs Errors }

func (r *reader) fail(n *yaml.Node, problem, advice string) {
	r.errs = append(r.errs, &Error{n.Line, problem, advice})
}

// is checks a node's kind. Aliases are refused wherever they stand: nothing in
// a configuration needs them, and expanding them is how a small file becomes a
// huge one.
func (r *reader) is(n *yaml.Node, kind yaml.Kind, what, want string) bool {
	switch {
	case n.Kind == yaml.AliasNode:
		r.fail(n, what+" is an alias (*"+n.Value+")", "write the value out: anchors and aliases are not read")
	case n.Anchor != "":
		r.fail(n, what+" carries an anchor (&"+n.Anchor+")", "remove it: anchors and aliases are not read")
	case n.Kind != kind:
		r.fail(n, what+" is "+kindWord(n), want)
	default:
		return true
	}
	return false
}

func kindWord(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping (key: value)"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!null":
		return "empty"
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "a truth value"
	case "!!timestamp":
		return "a time"
	}
	return fmt.Sprintf("the text %q", short(n.Value))
}

// short keeps a quoted value from filling the screen.
func short(s string) string {
	const longest = 60 // enough for any id or CIDR
	if r := []rune(s); len(r) > longest {
		return string(r[:longest]) + "…"
	}
	return s
}

// pairs calls f for each key and value of a mapping.
func (r *reader) pairs(n *yaml.Node, what string, f func(key, value *yaml.Node)) bool {
	if !r.is(n, yaml.MappingNode, what, "write keys and values, one a line, or remove it") {
		return false
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if !r.is(key, yaml.ScalarNode, "a key in "+what, "write a plain word as key") {
			continue
		}
		if seen[key.Value] {
			r.fail(key, fmt.Sprintf("key %q stands twice in %s", short(key.Value), what), "keep one of them")
			continue
		}
		seen[key.Value] = true
		f(key, value)
	}
	return true
}

// object takes a mapping with a fixed set of keys, some of them required. It
// reports whether all required keys were there.
func (r *reader) object(n *yaml.Node, what string, fields map[string]func(*yaml.Node), required ...string) bool {
	seen := map[string]bool{}
	ok := r.pairs(n, what, func(key, value *yaml.Node) {
		seen[key.Value] = true
		if read := fields[key.Value]; read != nil {
			read(value)
			return
		}
		var known []string
		for k := range fields {
			known = append(known, k)
		}
		slices.Sort(known)
		advice := "the keys are " + strings.Join(known, ", ")
		if near := nearest(key.Value, known); near != "" {
			advice = fmt.Sprintf("did you mean %q?", near)
		}
		r.fail(key, fmt.Sprintf("unknown key %q in %s", short(key.Value), what), advice)
	})
	for _, k := range required {
		if ok && !seen[k] {
			r.fail(n, what+" has no "+k, "add "+k+": …")
			ok = false
		}
	}
	return ok
}

func (r *reader) list(n *yaml.Node, what string, f func(*yaml.Node)) {
	if !r.is(n, yaml.SequenceNode, what, "write a list, such as [a, b], or remove it") {
		return
	}
	for _, item := range n.Content {
		f(item)
	}
}

// text takes a string that is not empty.
func (r *reader) text(n *yaml.Node, what string) string {
	if !r.is(n, yaml.ScalarNode, what, "write text in quotes") {
		return ""
	}
	if tag := n.ShortTag(); tag != "!!str" {
		advice := "write a text"
		if tag != "!!null" {
			advice = fmt.Sprintf("write it in quotes: %q", short(n.Value))
		}
		r.fail(n, what+" is "+kindWord(n), advice)
		return ""
	}
	if strings.TrimSpace(n.Value) == "" {
		r.fail(n, what+" is empty", "write a text, or remove it")
		return ""
	}
	return n.Value
}

// words takes a list of texts that each pass a test.
func (r *reader) words(n *yaml.Node, what, example string, valid func(string) bool) []string {
	var out []string
	r.list(n, what, func(n *yaml.Node) {
		s := r.text(n, "an entry of "+what)
		if s != "" && valid != nil && !valid(s) {
			r.fail(n, fmt.Sprintf("%q cannot stand in %s", short(s), what), "write a name such as "+example)
		}
		out = append(out, s)
	})
	return out
}

// isWord accepts letters, digits and dashes: region codes and names of GitHub
// organisations are made of nothing else.
func isWord(s string) bool {
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == ""
}

// account takes an account id of twelve digits. Without quotes YAML sees a
// number; the digits as written are kept, so a leading zero survives.
func (r *reader) account(n *yaml.Node) string {
	if !r.is(n, yaml.ScalarNode, "the account id", `write twelve digits in quotes, such as "111122223333"`) {
		return ""
	}
	digits := len(n.Value) == 12 && strings.Trim(n.Value, "0123456789") == ""
	if !digits {
		r.fail(n, fmt.Sprintf("%q is no account id", short(n.Value)), `write twelve digits in quotes, such as "111122223333"`)
		return ""
	}
	return n.Value
}

// pattern takes a role or user name, or an ARN glob.
func (r *reader) pattern(n *yaml.Node, what string) string {
	s := r.text(n, "an entry of "+what)
	if s != "" && strings.Trim(s, "*?") == "" {
		r.fail(n, fmt.Sprintf("%q in %s would match everyone", s, what), `write a role or user name, or an ARN glob such as "*:role/agent-*"`)
	}
	return s
}

func (r *reader) matcher(n *yaml.Node, what string) Matcher {
	var patterns []string
	r.list(n, what, func(n *yaml.Node) { patterns = append(patterns, r.pattern(n, what)) })
	return NewMatcher(patterns...)
}

// time takes a moment with its time zone.
func (r *reader) time(n *yaml.Node, what string) time.Time {
	const advice = "write a time with zone, such as 2026-01-31T22:00:00Z"
	if !r.is(n, yaml.ScalarNode, what, advice) {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, n.Value)
	if err != nil {
		r.fail(n, fmt.Sprintf("%s %q is no time", what, short(n.Value)), advice)
	}
	return t.UTC()
}

// prefix takes a CIDR whose host bits are zero: a wrong length is likelier
// than a wish to write it that way.
func (r *reader) prefix(n *yaml.Node) netip.Prefix {
	text := r.text(n, "cidr")
	if text == "" {
		return netip.Prefix{}
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		advice := "write a network such as 203.0.113.0/24"
		if a, err := netip.ParseAddr(text); err == nil {
			advice = fmt.Sprintf("write %s/%d for this one address", a, a.BitLen())
		}
		r.fail(n, fmt.Sprintf("%q is no CIDR", short(text)), advice)
		return netip.Prefix{}
	}
	if p != p.Masked() {
		r.fail(n, fmt.Sprintf("%q has bits set beyond its length", text), "write "+p.Masked().String()+", or the length that you mean")
	}
	return p
}

// nearest is the known word closest to a mistyped one, "" if none is close.
func nearest(word string, known []string) string {
	const close = 3 // edits; a fourth makes another word of most keys
	best, at := close+1, ""
	for _, k := range known {
		if d := distance(word, k); d < best && d < len(k) {
			best, at = d, k
		}
	}
	return at
}

// distance is how many bytes must be added, removed or exchanged to make one
// word of the other (Levenshtein). Long words are not compared.
func distance(a, b string) int {
	const longest = 64 // bytes; no key is half as long
	if len(a) > longest {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next := min(diagonal+cost, row[j]+1, row[j+1]+1)
			diagonal, row[j+1] = row[j+1], next
		}
	}
	return row[len(b)]
}
