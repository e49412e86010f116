package config

import (
	"encoding/hex"
	"fmt"
	"math"
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/sekisho/sekisho/normalize"
)

// Service is how "sekisho serve" runs: what it reads, who may ask it, what it keeps.
// Nothing of it changes what is decided, but for Fresh.
type Service struct {
	Sources    []SourceSetting
	Inventory  []InventorySetting
	Tokens     []TokenSetting
	Webhooks   []WebhookSetting
	Heartbeat  Heartbeat
	Encryption Encryption
	// RetainFor and RetainBytes are how long deliveries are kept, and how many bytes of
	// them; 0 where not set.
	RetainFor   time.Duration
	RetainBytes uint64
	// Fresh is how old a fact may be for an action to rest on it; 0 where not set.
	Fresh time.Duration

	named []namedSource
}

// namedSource is a place where a sender is bound to a source.
type namedSource struct {
	line int
	name string
}

// Access is how an account of the cloud is asked.
type Access struct {
	Region     string
	Role       string // to take, as an ARN; "" for the process's own identity
	ExternalID string
	Endpoint   string // "" for the cloud's own
}

// SourceSetting is one source; exactly one of Queue, Brokers, Folder, Okta and GitHub is
// set.
type SourceSetting struct {
	Queue   string // URL of a queue that carries events, or announces objects
	Buckets []string
	Access

	Brokers      []string // of a log of messages
	Topics       []string
	Group        string
	TLS          bool
	CAFile       string
	User         string
	Mechanism    string
	PasswordFile string

	Folder string

	Okta      string // address of an organization whose System Log is read
	GitHub    string // an organization, or enterprises/NAME, whose audit log is read
	TokenFile string
	LookBack  time.Duration // of the first start; 0 where not set
}

// InventorySetting is one account whose identities, functions and shares are
// collected.
type InventorySetting struct {
	Account string
	Regions []string
	Access
	Every time.Duration // 0 where not set
	// Rules are names of rules that bring events and are watched; nil where none are.
	Rules []string
}

// TokenSetting is who may ask: the token itself is nowhere, only its SHA-256.
type TokenSetting struct {
	Name, Role, SHA256 string
	Sources            []string // whose records it may deliver; empty: all
}

// WebhookSetting is who may deliver with a signature instead of a token: the hex of
// HMAC-SHA256 over the body in a header.
type WebhookSetting struct {
	Name, Header, SecretFile string
	Sources                  []string // whose records it may deliver; empty: all
}

// Heartbeat tells an outside watcher that the service is well, by asking an address
// now and then: when it no longer does, the watcher raises the alarm.
type Heartbeat struct {
	URL   string
	Every time.Duration // 0 where not set
}

// Encryption is where the keys are that seal what is at rest.
type Encryption struct {
	KeyFile string // "" for the data folder's own
	KMSKey  string // ARN of the key that wraps those in the file; "" for none
	Access
}

// roles a token may have.
var tokenRoles = []string{"ingest", "viewer", "responder", "admin"}

func (c *Config) readService(r *reader, n *yaml.Node) {
	s := &c.Service
	r.object(n, "service", map[string]func(*yaml.Node){
		"sources":    func(n *yaml.Node) { r.list(n, "service.sources", func(n *yaml.Node) { s.readSource(r, n) }) },
		"inventory":  func(n *yaml.Node) { r.list(n, "service.inventory", func(n *yaml.Node) { s.readInventory(r, n) }) },
		"tokens":     func(n *yaml.Node) { r.list(n, "service.tokens", func(n *yaml.Node) { s.readToken(r, n) }) },
		"webhooks":   func(n *yaml.Node) { r.list(n, "service.webhooks", func(n *yaml.Node) { s.readWebhook(r, n) }) },
		"heartbeat":  func(n *yaml.Node) { s.readHeartbeat(r, n) },
		"encryption": func(n *yaml.Node) { s.readEncryption(r, n) },
		"retain": func(n *yaml.Node) {
			r.object(n, "service.retain", map[string]func(*yaml.Node){
				"days": func(n *yaml.Node) {
					s.RetainFor = time.Duration(r.number(n, "days", 8, 3660)) * 24 * time.Hour
				},
				"bytes": func(n *yaml.Node) { s.RetainBytes = r.bytes(n, "bytes") },
			})
		},
		"act_on_facts_younger_than": func(n *yaml.Node) {
			s.Fresh = r.duration(n, "act_on_facts_younger_than", time.Second, time.Hour)
		},
	})
}

func (s *Service) readSource(r *reader, n *yaml.Node) {
	var x SourceSetting
	fields := x.Access.fields(r)
	fields["queue"] = func(n *yaml.Node) { x.Queue = r.url(n, "queue", "https", "http") }
	fields["buckets"] = func(n *yaml.Node) { x.Buckets = r.words(n, "buckets", "company-trail/AWSLogs", nil) }
	fields["kafka"] = func(n *yaml.Node) { x.Brokers = r.words(n, "kafka", "broker-1:9092", nil) }
	fields["topics"] = func(n *yaml.Node) { x.Topics = r.words(n, "topics", "cloudtrail", nil) }
	fields["group"] = func(n *yaml.Node) { x.Group = r.text(n, "group") }
	fields["tls"] = func(n *yaml.Node) { x.TLS = r.truth(n, "tls") }
	fields["ca_file"] = func(n *yaml.Node) { x.CAFile = r.text(n, "ca_file") }
	fields["mechanism"] = func(n *yaml.Node) {
		if x.Mechanism = r.text(n, "mechanism"); x.Mechanism != "" && !slices.Contains(mechanisms, x.Mechanism) {
			r.fail(n, fmt.Sprintf("%q is no mechanism to log in by", short(x.Mechanism)), "write one of "+strings.Join(mechanisms, ", "))
		}
	}
	fields["user"] = func(n *yaml.Node) { x.User = r.text(n, "user") }
	fields["password_file"] = func(n *yaml.Node) { x.PasswordFile = r.text(n, "password_file") }
	fields["folder"] = func(n *yaml.Node) { x.Folder = r.text(n, "folder") }
	fields["okta"] = func(n *yaml.Node) { x.Okta = r.url(n, "okta", "https", "http") }
	fields["github"] = func(n *yaml.Node) {
		if x.GitHub = r.text(n, "github"); x.GitHub != "" && !githubOwner.MatchString(x.GitHub) {
			r.fail(n, fmt.Sprintf("%q is no organization of GitHub", short(x.GitHub)), "write its name, or enterprises/NAME; another server is its endpoint")
		}
	}
	fields["token_file"] = func(n *yaml.Node) { x.TokenFile = r.text(n, "token_file") }
	fields["look_back"] = func(n *yaml.Node) { x.LookBack = r.duration(n, "look_back", time.Minute, 90*24*time.Hour) }
	before := len(r.errs)
	if !r.object(n, "a source", fields) || len(r.errs) > before {
		return
	}
	kinds := 0
	for _, is := range []bool{x.Queue != "", len(x.Brokers) > 0, x.Folder != "", x.Okta != "", x.GitHub != ""} {
		if is {
			kinds++
		}
	}
	polled := x.Okta != "" || x.GitHub != ""
	switch {
	case kinds != 1:
		r.fail(n, fmt.Sprintf("a source has %d of queue, kafka, folder, okta and github", kinds), "give exactly one; write a source for each")
	case polled && x.TokenFile == "":
		r.fail(n, "a source that is asked has no token_file", "put the token into a file and name that: secrets do not belong here")
	case !polled && (x.TokenFile != "" || x.LookBack != 0):
		r.fail(n, "a source has token_file or look_back, and is not asked with a token", "leave them out, or add okta or github")
	case x.Okta != "" && x.Endpoint != "":
		r.fail(n, "a source of okta has an endpoint", "write that address as okta itself")
	case polled && (x.Region != "" || x.Role != "" || x.ExternalID != ""):
		r.fail(n, "a source that is asked with a token has a region or a role", "leave them out: they are a queue's")
	case !hasNoPath(x.Okta):
		r.fail(n, "okta is more than a host", "write it as https://example.okta.com")
	case readable(x.Okta) || x.GitHub != "" && readable(x.Endpoint):
		r.fail(n, "a source would send its token without TLS", "write https")
	case len(x.Brokers) > 0 && len(x.Topics) == 0:
		r.fail(n, "a source of kafka names no topics", "add topics: [cloudtrail]")
	case x.CAFile != "" && !x.TLS && !polled:
		r.fail(n, "a source names who signs the brokers' certificates, without TLS", "add tls: true")
	case x.User == "" && (x.PasswordFile != "" || x.Mechanism != ""):
		r.fail(n, "a source has a password or a mechanism for nobody", "add user")
	case x.User != "" && x.PasswordFile == "":
		r.fail(n, "a source has a user and no password_file", "put the password into a file and name that: secrets do not belong here")
	case x.User != "" && !x.TLS:
		r.fail(n, "a source would send a password without TLS", "add tls: true")
	case slices.ContainsFunc(s.Sources, func(o SourceSetting) bool { return o.name() == x.name() }):
		r.fail(n, "the source "+short(x.name())+" stands twice", "keep one of the entries")
	default:
		s.Sources = append(s.Sources, x)
	}
}

// mechanisms by which a user of kafka logs in; the last one if none is named.
var mechanisms = []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"}

// githubOwner is who has an audit log.
var githubOwner = regexp.MustCompile(`^(enterprises/)?[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)

// hasNoPath reports whether an address is a host and nothing more.
func hasNoPath(address string) bool {
	u, err := url.Parse(address)
	return err == nil && strings.Trim(u.Path, "/") == "" && u.RawQuery == "" && u.Fragment == ""
}

// readable reports whether what is sent to an address can be read on the way: it goes over a
// network, and without TLS.
func readable(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback())
}

// name tells sources apart. Brokers are no part of it: some more or fewer of them are
// named as a cluster grows.
func (x *SourceSetting) name() string {
	name := x.Queue + x.Folder + x.Okta + x.GitHub + x.Group + "/" + strings.Join(x.Topics, ",")
	if x.GitHub != "" {
		name += "@" + x.Endpoint // the same name may be another's on another server
	}
	return name
}

func (a *Access) fields(r *reader) map[string]func(*yaml.Node) {
	return map[string]func(*yaml.Node){
		"region": func(n *yaml.Node) { a.Region = r.text(n, "region") },
		"role": func(n *yaml.Node) {
			if a.Role = r.text(n, "role"); a.Role != "" && !strings.HasPrefix(a.Role, "arn:") {
				r.fail(n, fmt.Sprintf("%q is no ARN of a role", short(a.Role)), "write arn:aws:iam::ACCOUNT:role/NAME")
			}
		},
		"external_id": func(n *yaml.Node) { a.ExternalID = r.text(n, "external_id") },
		"endpoint":    func(n *yaml.Node) { a.Endpoint = r.url(n, "endpoint", "https", "http") },
	}
}

func (s *Service) readInventory(r *reader, n *yaml.Node) {
	var x InventorySetting
	fields := x.Access.fields(r)
	delete(fields, "region")
	fields["account"] = func(n *yaml.Node) { x.Account = r.account(n) }
	fields["regions"] = func(n *yaml.Node) { x.Regions = r.words(n, "regions", "eu-west-1", isWord) }
	fields["every"] = func(n *yaml.Node) { x.Every = r.duration(n, "every", time.Minute, 24*time.Hour) }
	fields["rules"] = func(n *yaml.Node) { x.Rules = r.words(n, "rules", "sekisho-cloudtrail", nil) }
	if r.object(n, "an account of inventory", fields, "account", "regions") {
		s.Inventory = append(s.Inventory, x)
	}
}

func (s *Service) readToken(r *reader, n *yaml.Node) {
	var x TokenSetting
	if !r.object(n, "a token", map[string]func(*yaml.Node){
		"name": func(n *yaml.Node) { x.Name = r.text(n, "name") },
		"role": func(n *yaml.Node) {
			if x.Role = r.text(n, "role"); x.Role != "" && !slices.Contains(tokenRoles, x.Role) {
				r.fail(n, fmt.Sprintf("%q is no role of a token", short(x.Role)), "write one of "+strings.Join(tokenRoles, ", "))
			}
		},
		"sha256": func(n *yaml.Node) {
			x.SHA256 = r.text(n, "sha256")
			if b, err := hex.DecodeString(x.SHA256); x.SHA256 != "" && (err != nil || len(b) != 32) {
				// What stands there may be the token itself: it is not repeated.
				r.fail(n, "sha256 of a token is not 64 hexadecimal digits", "make it with: printf %s TOKEN | sha256sum")
			}
		},
		"sources": func(n *yaml.Node) { x.Sources = s.readBound(r, n) },
	}, "name", "role", "sha256") {
		return
	}
	alike := slices.IndexFunc(s.Tokens, func(o TokenSetting) bool { return x.SHA256 != "" && strings.EqualFold(o.SHA256, x.SHA256) })
	switch {
	case slices.ContainsFunc(s.Tokens, func(o TokenSetting) bool { return o.Name == x.Name }):
		r.fail(n, fmt.Sprintf("the token %q stands twice", short(x.Name)), "give each its own name: it stands in the audit")
	case alike >= 0:
		r.fail(n, fmt.Sprintf("the tokens %q and %q are the same one", short(s.Tokens[alike].Name), short(x.Name)), "make another token for one of them, or keep one of the entries")
	case len(x.Sources) > 0 && (x.Role == "viewer" || x.Role == "responder"):
		r.fail(n, "a token of the role "+x.Role+" has sources, and delivers nothing", "leave them out: they say whose records a token may deliver")
	default:
		s.Tokens = append(s.Tokens, x)
	}
}

// readBound takes the sources that a sender is bound to. Which there are, CheckSources is
// told.
func (s *Service) readBound(r *reader, n *yaml.Node) []string {
	var out []string
	r.list(n, "sources", func(n *yaml.Node) {
		name := r.text(n, "an entry of sources")
		out = append(out, name)
		s.named = append(s.named, namedSource{n.Line, name})
	})
	if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
		r.fail(n, "sources is an empty list", "name those whose records it may deliver, or leave sources out for all")
	}
	return out
}

// CheckSources refuses senders that are bound to a source which is none of those that are
// known.
func (s *Service) CheckSources(known []string) error {
	var errs Errors
	for _, x := range s.named {
		if slices.Contains(known, x.name) {
			continue
		}
		advice := "known are " + strings.Join(known, ", ")
		if x.name == normalize.Any {
			advice = "leave sources out for all, or name some: " + advice
		} else if near := nearest(x.name, known); near != "" {
			advice = fmt.Sprintf("did you mean %q? %s", near, advice)
		}
		errs = append(errs, &Error{x.line, fmt.Sprintf("%q in sources is no source of records", short(x.name)), advice})
	}
	if errs == nil {
		return nil
	}
	return errs
}

func (s *Service) readWebhook(r *reader, n *yaml.Node) {
	x := WebhookSetting{Header: "X-Signature-256"}
	if r.object(n, "a webhook", map[string]func(*yaml.Node){
		"name":        func(n *yaml.Node) { x.Name = r.text(n, "name") },
		"header":      func(n *yaml.Node) { x.Header = r.text(n, "header") },
		"secret_file": func(n *yaml.Node) { x.SecretFile = r.text(n, "secret_file") },
		"sources":     func(n *yaml.Node) { x.Sources = s.readBound(r, n) },
	}, "name", "secret_file") {
		s.Webhooks = append(s.Webhooks, x)
	}
}

func (s *Service) readHeartbeat(r *reader, n *yaml.Node) {
	h := &s.Heartbeat
	r.object(n, "service.heartbeat", map[string]func(*yaml.Node){
		"url":   func(n *yaml.Node) { h.URL = r.url(n, "url", "https", "http") },
		"every": func(n *yaml.Node) { h.Every = r.duration(n, "every", 10*time.Second, time.Hour) },
	}, "url")
}

func (s *Service) readEncryption(r *reader, n *yaml.Node) {
	e := &s.Encryption
	fields := e.Access.fields(r)
	fields["key_file"] = func(n *yaml.Node) { e.KeyFile = r.text(n, "key_file") }
	fields["kms_key"] = func(n *yaml.Node) { e.KMSKey = r.text(n, "kms_key") }
	r.object(n, "service.encryption", fields)
}

// relative makes the files that a service names relative to the configuration's
// folder.
func (s *Service) relative(dir string) {
	for _, p := range s.files() {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
}

func (s *Service) files() []*string {
	out := []*string{&s.Encryption.KeyFile}
	for i := range s.Sources {
		out = append(out, &s.Sources[i].PasswordFile, &s.Sources[i].CAFile, &s.Sources[i].TokenFile, &s.Sources[i].Folder)
	}
	for i := range s.Webhooks {
		out = append(out, &s.Webhooks[i].SecretFile)
	}
	return out
}

// duration takes a time such as 90s or 15m.
func (r *reader) duration(n *yaml.Node, what string, least, most time.Duration) time.Duration {
	advice := fmt.Sprintf("write a time from %s to %s, such as 90s or 15m", least, most)
	if !r.is(n, yaml.ScalarNode, what, advice) {
		return 0
	}
	d, err := time.ParseDuration(n.Value)
	if err != nil || d < least || d > most {
		r.fail(n, fmt.Sprintf("%s is %q", what, short(n.Value)), advice)
		return 0
	}
	return d
}

// number takes a whole number within bounds.
func (r *reader) number(n *yaml.Node, what string, least, most int64) int64 {
	advice := fmt.Sprintf("write a whole number from %d to %d", least, most)
	if !r.is(n, yaml.ScalarNode, what, advice) {
		return 0
	}
	v, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil || v < least || v > most {
		r.fail(n, fmt.Sprintf("%s is %q", what, short(n.Value)), advice)
		return 0
	}
	return v
}

// bytes takes a size such as 50GiB.
func (r *reader) bytes(n *yaml.Node, what string) uint64 {
	const advice = "write a size such as 500MiB or 50GiB"
	if !r.is(n, yaml.ScalarNode, what, advice) {
		return 0
	}
	for i, unit := range []string{"KiB", "MiB", "GiB", "TiB"} {
		digits, ok := strings.CutSuffix(n.Value, unit)
		if !ok {
			continue
		}
		if v, err := strconv.ParseUint(digits, 10, 64); err == nil && v > 0 && v <= math.MaxUint64>>(10*(i+1)) {
			return v << (10 * (i + 1))
		}
	}
	r.fail(n, fmt.Sprintf("%s is %q", what, short(n.Value)), advice)
	return 0
}

// truth takes true or false.
func (r *reader) truth(n *yaml.Node, what string) bool {
	if !r.is(n, yaml.ScalarNode, what, "write true or false") {
		return false
	}
	if n.Value != "true" && n.Value != "false" {
		r.fail(n, fmt.Sprintf("%s is %q", what, short(n.Value)), "write true or false")
	}
	return n.Value == "true"
}

// url takes an address of one of the schemes, without a password in it.
func (r *reader) url(n *yaml.Node, what string, schemes ...string) string {
	text := r.text(n, what)
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || !slices.Contains(schemes, u.Scheme) || u.Host == "":
		r.fail(n, what+" is no address", "write it as "+schemes[0]+"://host/path")
	case u.User != nil:
		r.fail(n, what+" holds a user or a password", "leave it out: secrets do not belong here")
	}
	return text
}
