// Package config reads the operator's configuration: who we are, whom we
// trust, what is automation, where addresses belong, what may be touched.
//
// Everything works without it. It is strict, because a setting that is
// silently ignored is worse than none: an unknown key, a wrong type or a word
// that is not in its list is an error with its line and what to write instead.
package config

import (
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
)

// SizeMax is how large a configuration file may be. Thousands of accounts and
// windows fit in a tenth of it; a larger file is most likely the wrong one.
const SizeMax = 4 << 20

// Config is a checked configuration. It is immutable once made, and its
// matchers are compiled; many goroutines may use it at the same time. Close
// frees the address data.
type Config struct {
	Organization  Organization
	Trusted       []TrustedAccount
	Identities    Identities
	Regions       []string // regions in use; empty if not declared
	GitHub        []string // the organisation's names on GitHub
	ChangeWindows []ChangeWindow
	Exceptions    []Exception
	NeverTouch    Matcher // what no action may change
	Networks      *Networks
	Service       Service

	declared    []declaredNetwork
	ipData      []string // as written; Load makes them relative to the file
	ipDataLines []int    // and where each stands
	honeytokens map[string]bool
	modes       map[string]Mode
	accounts    map[string]bool // ours
	trusted     map[string]bool
}

// Organization says which accounts are ours.
type Organization struct {
	ID                string
	ManagementAccount string
	Accounts          []Account
}

// Account is one account of the organisation.
type Account struct {
	ID          string
	Name        string
	Environment string // "prod", "dev", …: the operator's own word
}

// TrustedAccount is an account of a partner that may hold roles with us.
type TrustedAccount struct {
	ID      string
	Purpose string
	Roles   Matcher // our roles that it may assume; empty: any
}

// Identities says what the operator knows of identities.
type Identities struct {
	BreakGlass Matcher // emergency access
	Automation Matcher // deploys and changes things as its daily work
	Kinds      []KindRule
}

// KindRule sets the kind of the identities that it matches.
type KindRule struct {
	Match Matcher
	Kind  sekisho.IdentityKind
}

// ChangeWindow declares that some identities will do unusual work in an
// account for a while, by a ticket.
type ChangeWindow struct {
	Ticket     string
	Account    string
	Start, End time.Time // Start is in the window, End is not
	Identities Matcher
	Purpose    string
}

// Mode is how far responses may go in an account.
type Mode uint8

const (
	Observe Mode = iota // plans are shown, nothing is touched
	Approve             // a person approves each plan
	Auto                // reversible actions are made at once
)

var modeNames = []string{"observe", "approve", "auto"}

// String is the word used in configuration.
func (m Mode) String() string { return modeNames[min(int(m), len(modeNames)-1)] }

// Default is the configuration of an operator who wrote none.
func Default() *Config {
	c, err := Parse(nil)
	if err != nil {
		panic(err) // an empty document has nothing to refuse
	}
	return c
}

// Load reads and checks the configuration file and opens the address data that
// it names, relative to the file's own folder.
func Load(path string) (*Config, error) {
	data, err := readCapped(path)
	if err != nil {
		return nil, err
	}
	c, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("configuration %s: %w", path, err)
	}
	c.Service.relative(filepath.Dir(path))
	for i, name := range c.ipData {
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(path), name)
		}
		if err := c.Networks.add(name); err != nil {
			c.Close()
			return nil, fmt.Errorf("configuration %s: %w", path, &Error{Line: c.ipDataLines[i], Problem: err.Error(), Advice: "correct the file, or remove it from ip_data"})
		}
	}
	return c, nil
}

// readCapped reads a file of at most SizeMax bytes.
func readCapped(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open configuration: %w; give the path of a YAML file, or leave --config out", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, SizeMax+1))
	if err != nil {
		return nil, fmt.Errorf("read configuration %s: %w", path, err)
	}
	if len(data) > SizeMax {
		return nil, fmt.Errorf("configuration %s is larger than %d MiB: is it the right file?", path, SizeMax>>20)
	}
	return data, nil
}

// Close frees the address data. The configuration must not be used afterwards.
func (c *Config) Close() error { return c.Networks.close() }

// Accounts are the ids of our declared accounts, the management account
// included, sorted.
func (c *Config) Accounts() []string {
	var ids []string
	for id := range c.accounts {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// Ours reports whether the account is declared as the organisation's own.
func (c *Config) Ours(account string) bool { return c.accounts[account] }

// Trusts reports whether the account is declared as a partner's.
func (c *Config) Trusts(account string) bool { return c.trusted[account] }

// Honeytoken reports whether the credential id or resource is a decoy.
func (c *Config) Honeytoken(id string) bool { return c.honeytokens[id] }

// Mode of an account; Observe unless configured.
func (c *Config) Mode(account string) Mode { return c.modes[account] }

// Source is the declared source organisation that a build's subject belongs
// to, "" if none does; declared is false where none are declared at all.
func (c *Config) Source(subject string) (organization string, declared bool) {
	repository := normalize.Repository(subject)
	for _, org := range c.GitHub {
		if strings.HasPrefix(repository, "repo:"+org+"/") {
			return org, true
		}
	}
	return "", len(c.GitHub) > 0
}

// Kind of an identity by the first rule that matches its name or ARN, and the
// pattern that did.
func (c *Config) Kind(name, arn string) (sekisho.IdentityKind, string, bool) {
	for _, k := range c.Identities.Kinds {
		if pattern, ok := k.Match.Match(name, arn); ok {
			return k.Kind, pattern, true
		}
	}
	return sekisho.KindUnknown, "", false
}

// ChangeWindow is the ticket of the first declared window that covers the
// identity's work in the account at the time, "" if none does.
func (c *Config) ChangeWindow(name, arn, account string, at time.Time) string {
	for i := range c.ChangeWindows {
		w := &c.ChangeWindows[i]
		if w.Account != account || at.Before(w.Start) || !at.Before(w.End) {
			continue
		}
		if _, ok := w.Identities.Match(name, arn); ok {
			return w.Ticket
		}
	}
	return ""
}

// declaredNetwork is one entry of networks.
type declaredNetwork struct {
	prefix netip.Prefix
	name   string
}

// Error is one thing wrong with a configuration.
type Error struct {
	Line    int    // 1 is the first
	Problem string // what is wrong
	Advice  string // what to write instead
}

// Error says line, problem and advice in one line.
func (e *Error) Error() string {
	return fmt.Sprintf("line %d: %s; %s", e.Line, e.Problem, e.Advice)
}

// errorsMax bounds how many errors are told at once: a file of the wrong kind
// would have one on each line.
const errorsMax = 10

// Errors are the things wrong with a configuration, by line.
type Errors []*Error

// Error puts each on a line of its own.
func (es Errors) Error() string {
	var lines []string
	for i, e := range es {
		if i == errorsMax {
			lines = append(lines, fmt.Sprintf("and %d more", len(es)-i))
			break
		}
		lines = append(lines, e.Error())
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives errors.As each single error.
func (es Errors) Unwrap() []error {
	out := make([]error, len(es))
	for i, e := range es {
		out[i] = e
	}
	return out
}
