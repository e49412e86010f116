// Package example is a source that nobody has: the audit log of a made-up vault for
// passwords. It is what to copy to add one. All that the program must know of a source is
// in its folder; to be read it needs a line in the list of formats, and nothing else.
//
// A record:
//
//	{"id":"v1","at":"2026-03-02T11:05:00Z","verb":"vault.exported","object":"production",
//	 "who":{"id":"u7","mail":"ann@example.com"},"address":"198.51.100.77","ok":true}
package example

import (
	"strings"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
)

// Source is the name of the format, as in /v1/ingest/{source}. Its first word is the
// system that reports and plans name.
const Source = "vault-audit"

// 1. The fields that are read, by their paths in the record.
const (
	fID = iota
	fAt
	fVerb
	fObject
	fWhoID
	fMail
	fAddress
	fProgram
	fOK
)

var fields = []string{fID: "id", fAt: "at", fVerb: "verb", fObject: "object", fWhoID: "who.id", fMail: "who.mail", fAddress: "address", fProgram: "program", fOK: "ok"}

// Audit is the format.
func Audit() normalize.Format {
	return normalize.Layout{Name: Source, Fields: fields, ID: fID, Time: fAt, Judge: judge, NewMapping: func() func(*sekisho.Event, *normalize.Values) { return mapping }}.Format()
}

// 2. What tells its records from all others: never less than two fields that no other
// source has together, for several stand in one file.
func judge(v normalize.Values) (normalize.Verdict, string) {
	if !v.Has(fVerb) || !v.Has(fWhoID) {
		return normalize.NotMine, "no record of the vault"
	}
	return normalize.Read, ""
}

// 3. What is known of its actions. One that is not in the table is a change of nobody
// knows what, and no error.
var actions = map[string]struct {
	level sekisho.Level
	topic sekisho.Topic
	kind  sekisho.Kind
	class sekisho.Class
}{
	"session.opened":    {sekisho.LevelRead, sekisho.TopicIdentity, sekisho.SignIn, sekisho.Class{UID: sekisho.ClassAuthentication, Activity: 1}},
	"vault.exported":    {sekisho.LevelRead, sekisho.TopicSecret, sekisho.APICall, sekisho.Class{UID: sekisho.ClassAPI, Activity: sekisho.ActivityRead}},
	"member.made-admin": {sekisho.LevelPermissions, sekisho.TopicIdentity, sekisho.APICall, sekisho.Class{UID: sekisho.ClassUserAccess, Activity: 1}},
}

// mapping says what a record means. Texts are the sender's: they are kept, never trusted.
func mapping(e *sekisho.Event, v *normalize.Values) {
	a, known := actions[v.Text(fVerb)]
	if !known {
		a.level, a.topic = sekisho.LevelWrite, sekisho.TopicIdentity
		a.class = sekisho.Class{UID: sekisho.ClassAPI, Activity: sekisho.OtherActivity}
	}
	e.Service, e.Action, e.Account = "vault", v.Text(fVerb), "vault"
	e.Level, e.Topic, e.Kind, e.Class = a.level, a.topic, a.kind, a.class
	if v.Is(fOK, "false") {
		e.Outcome = sekisho.Denied
	}
	// 4. Who acts. Subject is what other systems call the same person (their mail address,
	// as a directory vouches for it): it joins what they do here to what they do there.
	e.Actor = sekisho.Actor{Type: sekisho.ActorDirectory, Kind: sekisho.KindHuman, KindEvidence: "a member of the vault",
		ID: "vault:" + v.Text(fWhoID), Name: v.Text(fMail), Account: "vault", Subject: normalize.Mail(v.Text(fMail)), Provider: "vault"}
	e.IP, e.Target = v.Address(fAddress), v.Text(fObject)
	e.Client.Raw = v.Text(fProgram)
	e.Client.Family, _, _ = strings.Cut(strings.ToLower(e.Client.Raw), "/")
	// 5. What it changed, gave or took, in the words of sekisho.Effect: behaviours and
	// lineage read these, and know no source.
	switch e.Action {
	case "vault.exported":
		v.Add(sekisho.Effect{Kind: sekisho.ReadSecret}) // all that the vault holds, the record does not say how many
	case "member.made-admin":
		v.Add(sekisho.Effect{Kind: sekisho.GrantPower, What: "attach", Power: sekisho.PowerAdmin, Identity: sekisho.Ref{ID: "vault:" + e.Target, Name: e.Target, Account: "vault", Type: "user"}})
	}
}
