// Package okta is all that knows Okta: what a record of its System Log means, and what an
// action there gives or takes.
package okta

import (
	"bytes"
	"strings"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/normalize/rawjson"
)

// Source is the name of the format, as in /v1/ingest/{source}.
const Source = "okta-system-log"

// vendor is the account of events: records do not say of which organization they are.
const vendor = "okta"

// The fields that are read of a record. The System Log API calls the record a LogEvent
// (https://developer.okta.com/docs/api/openapi/okta-management/management/tags/systemlog).
const (
	fUUID = iota
	fPublished
	fEventType
	fLegacyType
	fResult
	fReason
	fSeverity
	fMessage
	fActorID // to fTokenID: who acts, from where, with what
	fActorType
	fActorLogin
	fActorName
	fIP
	fUserAgent
	fOS
	fBrowser
	fSession
	fTokenID
	fTargets
	fDebug
)

var fields = []string{
	fUUID: "uuid", fPublished: "published", fEventType: "eventType", fLegacyType: "legacyEventType",
	fResult: "outcome.result", fReason: "outcome.reason", fSeverity: "severity", fMessage: "displayMessage",
	fActorID: "actor.id", fActorType: "actor.type", fActorLogin: "actor.alternateId", fActorName: "actor.displayName",
	fIP: "client.ipAddress", fUserAgent: "client.userAgent.rawUserAgent", fOS: "client.userAgent.os", fBrowser: "client.userAgent.browser",
	fSession: "authenticationContext.externalSessionId", fTokenID: "transaction.detail.requestApiTokenId", fTargets: "target",
	fDebug: "debugContext.debugData",
}

// SystemLog is the format of Okta's System Log: as the API answers it (an array), as an
// event hook or a log stream delivers it, and as files of one record a line.
func SystemLog() normalize.Format {
	return normalize.Layout{Name: Source, Fields: fields, ID: fUUID, Time: fPublished, From: fActorID, To: fTargets, Judge: judge, NewMapping: newMapping}.Format()
}

// judge knows a LogEvent by its type, which no other log has beside who did it or what
// came of it.
func judge(v normalize.Values) (normalize.Verdict, string) {
	switch {
	case !v.Has(fEventType), !v.Has(fPublished) && !v.Has(fLegacyType) && !v.Has(fActorID):
		return normalize.NotMine, "not a record of Okta's System Log"
	case !v.Has(fPublished):
		return normalize.Unreadable, "no published: the time of the record is missing"
	case !v.Has(fActorID) && !v.Has(fResult) && !v.Has(fMessage):
		return normalize.NotMine, "not a record of Okta's System Log"
	}
	return normalize.Read, ""
}

// who is what the fields of a record from fActorID to fTokenID say.
type who struct {
	actor  sekisho.Actor
	client sekisho.Client
	ip     string
}

// How much a mapping remembers: sessions at work, and types of events.
const (
	whoMost    = 4096
	actionMost = 512
)

func newMapping() func(*sekisho.Event, *normalize.Values) {
	known := normalize.NewCache[*who](whoMost)
	actions := normalize.NewCache[action](actionMost)
	about := reader{known: normalize.NewCache[*target](knownTargets)}
	return func(e *sekisho.Event, v *normalize.Values) {
		e.Service, e.Action, e.Account = vendor, v.Text(fEventType), vendor
		a, ok := actions.Get(v.Raw(fEventType))
		if !ok {
			a = actionOf(e.Action)
			a.name = vendor + ":" + e.Action
			actions.Put(e.Action, a)
		}
		e.SetName(a.name)
		e.Kind, e.Level, e.Topic, e.Class = a.kind, a.level, a.topic, a.class
		e.Outcome, e.Error = outcome(v, a.kind)
		if e.Outcome == sekisho.OK && a.refused {
			e.Outcome = sekisho.Denied // the type of the record itself says so
		}
		w, ok := known.Get(v.Group())
		if !ok {
			w = &who{ip: v.Address(fIP)}
			actor(&w.actor, v)
			client(&w.client, v)
			known.Put(string(v.Group()), w)
		}
		e.Actor, e.Client, e.IP = w.actor, w.client, w.ip
		t := about.read(v.Raw(fTargets))
		e.Target = t.label()
		if a.effect != nil {
			a.effect(e, v, t)
		}
	}
}

// outcome reads outcome.result, one of SUCCESS, FAILURE, SKIPPED, ALLOW, DENY,
// CHALLENGE, UNKNOWN, and the newer ABANDONED, UNANSWERED, RATE_LIMIT, DEFERRED, SCHEDULED.
// Who signs in and is challenged has proved nothing yet: a name is enough to get so far.
func outcome(v *normalize.Values, kind sekisho.Kind) (sekisho.Outcome, string) {
	switch result := v.Text(fResult); result {
	case "CHALLENGE", "DEFERRED":
		if kind == sekisho.SignIn {
			return sekisho.Failed, result
		}
		return sekisho.OK, ""
	case "SUCCESS", "ALLOW", "", "SCHEDULED":
		return sekisho.OK, ""
	case "FAILURE", "DENY", "UNANSWERED", "ABANDONED":
		return sekisho.Denied, v.First(fReason, fResult)
	}
	return sekisho.Failed, v.First(fReason, fResult)
}

// actor is who a record names. The System Log names the administrator whose API token
// made a call, and Okta's own processes as "SystemPrincipal".
func actor(a *sekisho.Actor, v *normalize.Values) {
	a.ID, a.Name, a.Account = v.Text(fActorID), v.First(fActorLogin, fActorName), vendor
	a.Provider = vendor
	switch v.Text(fActorType) {
	case "SystemPrincipal":
		a.Type, a.ID, a.Name = sekisho.ActorService, "system.okta", "okta"
		a.Kind, a.KindEvidence = sekisho.KindService, "the record names Okta itself as its actor"
		return
	case "User", "IDP_USER", "":
		a.Type, a.Kind, a.KindEvidence = sekisho.ActorDirectory, sekisho.KindHuman, "a user of the directory"
		a.Subject = normalize.Mail(a.Name)
	default: // PublicClientApp, ClientApp, AppInstance, …
		a.Type, a.Kind, a.KindEvidence = sekisho.ActorApp, sekisho.KindWorkload, "an application registered with Okta"
	}
	switch {
	case v.Has(fTokenID):
		a.Credential, a.LongTerm = "okta-token:"+v.Text(fTokenID), true
		if a.Kind == sekisho.KindHuman {
			a.Kind, a.KindEvidence = sekisho.KindUnknown, "a program with a user's API token"
		}
	case v.Has(fSession) && !v.Is(fSession, "unknown"):
		// Okta writes the same word for everybody who has no session yet.
		a.Credential = "okta-session:" + v.Text(fSession)
	}
	if a.ID == "" || a.ID == "unknown" {
		a.ID = first(a.Name, "unknown")
	}
	// A session is there only once its password and factors have been accepted.
	a.MFA = a.Credential != "" && !a.LongTerm
}

// client reads what the program says of itself.
func client(c *sekisho.Client, v *normalize.Values) {
	c.Raw = v.Text(fUserAgent)
	switch browser := v.Text(fBrowser); browser {
	case "", "UNKNOWN":
		c.Family, _, _ = strings.Cut(c.Raw, "/")
		c.Family = strings.ToLower(c.Family)
		if c.Family == "mozilla" {
			c.Family = "browser"
		}
	default:
		c.Family = strings.ToLower(browser)
	}
	switch os := v.Text(fOS); {
	case strings.HasPrefix(os, "Mac"):
		c.OS = "macos"
	case strings.HasPrefix(os, "Windows"):
		c.OS = "windows"
	case os == "Unknown":
	default:
		c.OS = strings.ToLower(os)
	}
}

// target is one thing that a record is about.
type target struct {
	id, kind, login, name string
	mode                  string // how one signs on to an application: "SAML_2_0"
}

// targets are those that a record names, at most targetsMax: a bulk change is many
// records, not a long one.
type targets []target

const targetsMax = 64

// reader reads targets. Applications, rules and groups are few, and who uses them does so
// again and again: what each says is remembered by its text.
type reader struct {
	known normalize.Cache[*target]
	last  targets // of the record at hand
}

// knownTargets is how many targets are remembered.
const knownTargets = 8192

// read answers what a record is about. It is good until the next call.
func (r *reader) read(raw []byte) targets {
	r.last = r.last[:0]
	if len(raw) == 0 {
		return nil
	}
	rawjson.Each(raw, func(elem []byte) {
		if len(r.last) == targetsMax || bytes.IndexByte(elem, '{') < 0 {
			return
		}
		x, ok := r.known.Get(elem)
		if !ok {
			x = new(target)
			*x = targetOf(elem)
			r.known.Put(string(elem), x)
		}
		r.last = append(r.last, *x)
	})
	return r.last
}

// targetOf reads one; the first of repeated keys counts.
func targetOf(elem []byte) (x target) {
	var seen [5]bool
	rawjson.Members(elem, func(key []byte, plain bool, value []byte) bool {
		for i, name := range [...]string{"id", "type", "alternateId", "displayName", "detailEntry"} {
			if seen[i] || !rawjson.SameKey(key, plain, name) {
				continue
			}
			seen[i] = true
			if i == 4 {
				x.mode = rawjson.Text(value, "signOnModeType")
				break
			}
			*[...]*string{&x.id, &x.kind, &x.login, &x.name}[i] = rawjson.TextOf(value)
			break
		}
		return true
	})
	return x
}

// of is the first target of a kind.
func (t targets) of(kinds ...string) (target, bool) {
	for _, kind := range kinds {
		for _, x := range t {
			if strings.EqualFold(x.kind, kind) {
				return x, true
			}
		}
	}
	return target{}, false
}

// label is what the record is about, in a word: a person or an application before what
// describes them.
func (t targets) label() string {
	if len(t) == 0 {
		return ""
	}
	x, ok := t.of("User", "AppInstance", "UserGroup", "Token")
	if !ok {
		x = t[0]
	}
	return x.label()
}

func (x target) label() string {
	if x.login == "unknown" {
		return first(x.name, x.id)
	}
	return first(x.login, x.name, x.id)
}

// ref is a user as effects name it.
func (x target) ref() sekisho.Ref {
	return sekisho.Ref{ID: x.id, Name: first(x.login, x.name), Account: vendor, Type: "user"}
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
