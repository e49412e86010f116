package config

import (
	"time"

	"go.yaml.in/yaml/v3"
)

// ExceptionMost is for how long an exception may be written at most: whoever
// wants one for longer has to look at it again.
const ExceptionMost = 366 * 24 * time.Hour

// Exception says that a behaviour is ordinary for someone: its findings are told
// and weigh nothing. It never covers a tripwire, and where a lineage has one it
// covers nothing.
type Exception struct {
	Behaviour string
	Identity  Matcher // empty: anyone
	Account   string  // "": any
	Target    Matcher // of the event's target; empty: any
	Owner     string  // who answers for it
	Reason    string
	From      time.Time
	Until     time.Time // not in it
}

func (c *Config) readException(r *reader, n *yaml.Node) {
	var x Exception
	if !r.object(n, "an exception", map[string]func(*yaml.Node){
		"behaviour": func(n *yaml.Node) { x.Behaviour = r.text(n, "behaviour") },
		"identity":  func(n *yaml.Node) { x.Identity = NewMatcher(r.pattern(n, "identity")) },
		"account":   func(n *yaml.Node) { x.Account = r.account(n) },
		"target":    func(n *yaml.Node) { x.Target = NewMatcher(r.pattern(n, "target")) },
		"owner":     func(n *yaml.Node) { x.Owner = r.text(n, "owner") },
		"reason":    func(n *yaml.Node) { x.Reason = r.text(n, "reason") },
		"from":      func(n *yaml.Node) { x.From = r.time(n, "from") },
		"until":     func(n *yaml.Node) { x.Until = r.time(n, "until") },
	}, "behaviour", "owner", "reason", "from", "until") {
		return
	}
	if !x.From.IsZero() && !x.Until.IsZero() {
		switch {
		case !x.From.Before(x.Until):
			r.fail(n, "the exception ends before it starts", "write a from that is earlier than until")
		case x.Until.Sub(x.From) > ExceptionMost:
			r.fail(n, "the exception is for longer than 366 days", "write an earlier until, and look at it again then")
		}
	}
	if x.Identity.Empty() && x.Account == "" && x.Target.Empty() {
		r.fail(n, "the exception is for everyone", "name an identity, an account or a target")
	}
	c.Exceptions = append(c.Exceptions, x)
}

// Exception is the first that covers a behaviour of an identity in an account, on
// a target, at a time; nil if none does.
func (c *Config) Exception(behaviour, name, arn, account, target string, at time.Time) *Exception {
	for i := range c.Exceptions {
		x := &c.Exceptions[i]
		if x.Behaviour != behaviour || at.Before(x.From) || !at.Before(x.Until) || x.Account != "" && x.Account != account {
			continue
		}
		if _, ok := x.Identity.Match(name, arn); !ok && !x.Identity.Empty() {
			continue
		}
		if _, ok := x.Target.Match(target, target); !ok && !x.Target.Empty() {
			continue
		}
		return x
	}
	return nil
}
