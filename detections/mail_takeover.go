package detections

import (
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// mailRegions is in how many regions mail must be freed within ten minutes: a
// sender works in one, and keeps a second against failure.
const mailRegions = 3

// MailTakeover fires when an identity that never looked after mail makes an
// account's mail service ready to send: leaves the sandbox, adds senders, keys
// for signing, rules or credentials.
//
// Why: an account in good standing delivers what a thief's own server cannot.
var MailTakeover = detect.Detection{
	ID:    "mail-takeover",
	Title: "Mail service made ready by a stranger to it",
	Why: "Access to a cloud is sold for its mail: a sending limit is raised once, in every region within seconds, domains and signing keys are added, a credential for mail is made, " +
		"and phishing goes out in the owner's name. A team that sends mail sets it up once, in one place, and is known to do so.",
	BlindTo: []string{
		"an account that sends already: the thief need only send",
		"mail that is sent, where the service's own events are not collected",
	},
	FalsePositives: []string{"a program sets up mail for the first time", "a product's script verifies the domains of its customers, on its first days"},
	Keys:           "what was made ready: however many senders are added, they count once",
	Phases:         []sekisho.Phase{"impact", "resource-development"},
	Attack:         []string{"T1496.004", "T1585.002"},
	Family:         sekisho.FamilyTripwire,
	Tripwire:       true,
	Weight:         7 * sekisho.Nat,
	Origin:         originTripwire,
	Feed:           detect.FeedManagementWrite,
	Cut:            "stop the account's sending, and disable the credential that made it ready",
	On:             detect.OnEffect(sekisho.UseMail) | detect.OnTried,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		x := e.Find(sekisho.UseMail)
		if !e.Succeeded() {
			x = e.FindTried(sekisho.UseMail)
		}
		if x == nil || byProvider(e) || s.Automated() || timesDone(s, e) > 0 && !newPlace(s, e) || firstDayProgram(s, e) {
			return nil
		}
		_, before := firedSoon(s, e, "mail-takeover")
		person := vouched(s, e)
		h := &detect.Hit{Key: x.What, Demote: true, Reason: fmt.Sprintf("%s %s for %s%s; %s", who(&e.Actor), mailWords(x.What), mailOf(x.Resource), ending(e), never(s, e))}
		if x.What == "sandbox-exit" {
			if n := s.Burst(soon).Regions; n >= mailRegions && e.Succeeded() && ticket(s, e) == "" {
				h.Demote = false
				h.Reason += fmt.Sprintf("; it did so in %d regions within minutes", n)
				return h
			}
		}
		switch x.What {
		case "sandbox-exit", "credential":
			h.Weight = 5 * sekisho.Nat / 2
		case "identity", "policy":
			h.Weight = 3 * sekisho.Nat / 2
		case "send":
			if !before {
				return nil // a program gains a feature
			}
			h.Weight = 3 * sekisho.Nat / 2
		default: // signing and rules come with a sender
			if !before {
				return nil
			}
			h.Weight = sekisho.Nat
		}
		switch {
		case ticket(s, e) != "" || person && s.Usual(detect.Service, e.Service):
			return nil
		case person || !e.Succeeded():
			if x.What != "sandbox-exit" && x.What != "credential" {
				return nil // a newsletter's domain is verified by hand
			}
			h.Weight = sekisho.Nat
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "the sandbox is left everywhere at once", Trace: `
			  D0 09:00:00 user/app storage:ListBuckets x60
			> D3 02:00:00 user/app messaging-mail:PutAccountDetails +mail(account,what=sandbox-exit) region=eu-west-1
			  D3 02:00:01 user/app messaging-mail:PutAccountDetails +mail(account,what=sandbox-exit) region=us-east-1
			> D3 02:00:02 user/app messaging-mail:PutAccountDetails +mail(account,what=sandbox-exit) region=us-west-2
		`},
		{Name: "senders, signing and credentials", Trace: `
			> D0 02:00:00 user/x messaging-mail:CreateSender +mail(pay.example.com)
			> D0 02:00:05 user/x messaging-mail:PutSigning +mail(pay.example.com,what=signing)
			  D0 02:00:06 user/x messaging-mail:CreateSender +mail(s{n}.example.com) x20
			> D0 02:00:30 user/x messaging-mail:CreateCredential +mail(mailer,what=credential)
			> D0 02:01:00 user/x messaging-mail:SendMail +mail(pay.example.com,what=send)
		`},
		{Name: "a newsletter's domain is verified", Trace: `
			D0 09:00:00 human/carol messaging-mail:CreateSender +mail(news.example.com)
			D0 09:01:00 human/carol messaging-mail:PutSigning +mail(news.example.com,what=signing)
		`},
		{Name: "a build and declared automation set up mail", Trace: `
			D0 09:00:00 ci/deploy/shop messaging-mail:CreateSender +mail(shop.example.com)
			D0 09:10:00 role/terraform-deployer/x messaging-mail:PutAccountDetails +mail(account,what=sandbox-exit)
		`},
		{Name: "a program that sends mail", Trace: `
			D0 09:00:00 fn/notify messaging-mail:SendMail +mail(shop.example.com,what=send) x60
			D1 09:00:00 user/shop messaging-mail:SendMail +mail(shop.example.com,what=send) x60
			D2 09:00:00 agent/coder messaging-mail:GetQuota,ListSenders
		`},
	},
}

// mailWords says what was made ready.
func mailWords(what string) string {
	switch what {
	case "sandbox-exit":
		return "asked to leave the sandbox of mail"
	case "identity":
		return "added a sender"
	case "signing":
		return "set up the signing of mail"
	case "credential":
		return "made a credential for mail"
	case "send":
		return "sent mail"
	}
	return "changed a mail " + what
}

// mailOf is whom mail is sent for.
func mailOf(resource string) string {
	if resource == "" {
		return "the account"
	}
	return resource
}
