package detections

import (
	"fmt"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// exposureFresh is for how long a stranger's read counts in full: harvested keys
// are tried within hours. Older reads count half, for as long as they are known.
const exposureFresh = 24 * time.Hour

// KeyUsedAfterExposure fires when a lasting key works from a network that is new
// to it, and strangers have read content of its account in the days before.
//
// It may explain the first link of a chain: how the key was lost. It is never
// certain, and an account whose public content is read all day explains nothing
// by that; so the key must show a second sign of new hands, or the stranger must
// have come from where the key now is.
var KeyUsedAfterExposure = detect.Detection{
	ID:    "key-used-after-exposure",
	Title: "Key in new hands after strangers read the account's content",
	Why: "Keys lie in buckets, backups and images that are open by mistake. A stranger's read, and within days a key of the same account that works from a place " +
		"where it never was, may be cause and effect.",
	BlindTo: []string{
		"content whose reading is not recorded",
		"keys found outside the account: in source code, on a laptop, in a chat",
		"which of the objects that strangers read held a key",
	},
	FalsePositives: []string{"a key that moves to a new server while a public site is read as always"},
	Keys:           "the identity whose key it is",
	Phases:         []sekisho.Phase{"credential-access", "initial-access"},
	Attack:         []string{"T1552.001", "T1530", "T1078.004"},
	Atlas:          []string{"AML.T0055"},
	Family:         sekisho.FamilyLineage,
	Weight:         3 * sekisho.Nat / 2,
	Origin:         "start value, not yet fitted: 3 where stranger and key share a network, half of that where only a new network and new work coincide, and half again after a day or without history",
	Feed:           detect.FeedData,
	Cut:            "deactivate the key, close what strangers could read, and change every key that lay there",
	On:             detect.OnList | detect.OnRead | detect.OnWrite | detect.OnDenied,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		a := &e.Actor
		if !a.LongTerm || e.IP == "" || e.Endpoint != "" || byProvider(e) {
			return nil
		}
		read, ok := s.Exposed(a.Account, e.Time)
		if !ok || read.At.After(e.Time) || private(e.IP) {
			return nil
		}
		net := s.Network(e.IP)
		if net.Key == "" || net.Declared || s.Usual(detect.Network, net.Key) || s.Others(e.Account, detect.Network, net.Key) || s.Automated() {
			return nil
		}
		same := read.IP != "" && s.Network(read.IP).Key == net.Key
		h := &detect.Hit{Key: a.ID, Weight: 3 * sekisho.Nat}
		sign := "the stranger came from that network"
		if !same {
			h.Weight = 3 * sekisho.Nat / 2
			if sign = newHands(s, e, net); sign == "" {
				return nil
			}
		}
		if !s.Known() {
			h.Weight /= 2 // on a first day every place is new, the office too
		}
		if e.Time.Sub(read.At) > exposureFresh {
			h.Weight /= 2
		}
		h.Reason = fmt.Sprintf("key %s of %s works from network %s for the first time %s; %s read %s %s before, which may explain it: %s",
			a.Credential, who(a), net.Key, inHistory(s, e), stranger(read.By), read.Resource, ago(read.At, e.Time), sign)
		return h
	},
	Examples: []detect.Example{
		{Name: "somebody reads a bucket, and a key works from there", Trace: `
			  D0 09:00:00 user/app storage:ListBuckets x60
			  D3 02:00:00 anon storage:GetObject ip=192.0.2.77 +data(bucket/settings,bytes=900)
			> D3 02:05:00 user/app storage:ListBuckets ip=192.0.2.78
			  D3 02:06:00 user/app identity:ListUsers ip=192.0.2.78
		`},
		{Name: "a key nobody knows, from where the stranger was", Trace: `
			  D0 02:00:00 anon storage:GetObject ip=192.0.2.77 +data(bucket/settings,bytes=900)
			> D0 02:05:00 user/x storage:ListBuckets ip=192.0.2.78
		`},
		{Name: "an outside account copies, and two days later a key is elsewhere with new tools and new questions", Trace: `
			  D0 09:00:00 user/app storage:GetObject x60
			  D3 02:00:00 account/999988887777 storage:GetObject account=111122223333 +data(bucket/backup,bytes=900)
			> D5 02:05:00 user/app identity:ListUsers ip=192.0.2.78 client=script
		`},
		{Name: "the public site is read all day, and keys work where they always do", Trace: `
			D0 09:00:00 user/app storage:GetObject x60 ip=203.0.113.9
			D3 02:00:00 anon storage:GetObject x50 ip=192.0.2.77 +data(site/index,bytes=900)
			D3 09:00:00 user/app storage:GetObject ip=203.0.113.9
			D3 09:10:00 fn/resize storage:GetObject +data(bucket/o,bytes=9)
		`},
		{Name: "the site is read all day, and a key moves with its old work", Trace: `
			D0 09:00:00 user/app storage:GetObject x60
			D3 02:00:00 anon storage:GetObject x50 ip=192.0.2.77 +data(site/index,bytes=900)
			D3 09:00:00 user/app storage:GetObject ip=203.0.113.99
		`},
		{Name: "people and builds travel without lasting keys", Trace: `
			D0 09:00:00 sso/dev/bob storage:GetObject x60
			D3 02:00:00 anon storage:GetObject ip=192.0.2.77 +data(site/index,bytes=900)
			D3 09:00:00 sso/dev/bob storage:GetObject ip=192.0.2.78
			D3 09:10:00 ci/deploy/shop storage:PutObject ip=192.0.2.79
		`},
		{Name: "the stranger was a partner's scanner", Trace: `
			D0 09:00:00 user/app storage:GetObject x60
			D3 02:00:00 account/777788889999 storage:GetObject account=111122223333 +data(bucket/o,bytes=9)
			D3 02:05:00 user/app identity:ListUsers ip=192.0.2.78 client=script
		`},
	},
}

// newHands says what else shows that a key changed hands besides its network,
// "" if nothing does. Of an identity without history only the place can tell.
func newHands(s *detect.Scope, e *sekisho.Event, net detect.Net) string {
	program := e.Client.Family != "" && s.New(detect.Software, softwareOf(&e.Client))
	action := s.New(detect.Action, e.Name())
	switch {
	case program && action:
		return "program and questions are new as well"
	case (program || action) && (net.Kind == "hosting" || net.Kind == "vpn"):
		return "it is a " + net.Kind + " network, and what it does is new as well"
	}
	return ""
}

// stranger names who read.
func stranger(account string) string {
	if account == "" {
		return "nobody in particular"
	}
	return "outside account " + account
}
