package detections

import (
	"fmt"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// questionsLeast is how many distinct things the lineage must have read within
// ten minutes before one that is new to it counts: a task looks up one or two.
const questionsLeast = 4

// UnusualQuestion fires when an identity, among other reads, asks who may do
// what, what is recorded or which secrets there are, in a way that it never did
// and hardly anyone else of its account does.
var UnusualQuestion = detect.Detection{
	ID:    "unusual-question",
	Title: "Asks about power, records or secrets as never before",
	Why: "Before the decisive step stands a question: who has which policy, is this recorded, where are the secrets. Few such questions, asked " +
		"slowly and from the usual place, are no burst, and yet none that this identity asks.",
	BlindTo:        []string{"an intruder who knows the answers", "identities that ask such things at work, and the console, whose pages ask for people"},
	FalsePositives: []string{"an engineer who looks into a failure of permissions", "a new version of a tool that checks more"},
	Keys:           "what the question is about: identities, records, detection, the organisation or secrets",
	Phases:         []sekisho.Phase{"discovery"},
	Attack:         []string{"T1069.003", "T1087.004"},
	Family:         sekisho.FamilyAction,
	Weight:         sekisho.Nat,
	Origin:         originHabits + "; an intruder asks about any one of them with probability 0.4; at most 1.5, because looking is no harm",
	Feed:           detect.FeedManagementRead,
	Cut:            "deactivate the credential that looks around",
	On:             detect.OnList | detect.OnRead,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		about := questions[e.Topic]
		if about == "" || s.Distinct() < questionsLeast || byConsole(e) || !s.New(detect.Action, e.Name()) {
			return nil
		}
		yes, seasoned := practised(s, e)
		if !yes || e.Find(sekisho.ReadSecret) != nil {
			return nil // the value of a secret is no question about it
		}
		b := s.Burst(10 * time.Minute)
		if b.Reads < questionsLeast || ordinaryWork(s, e) || applied(s, e) {
			return nil
		}
		x := s.Surprise(e, detect.Action, e.Name())
		w := min(likelihood(x.Nats, 2*likelyStrange, seasoned), 3*sekisho.Nat/2)
		if x.Peers > 0 || w == 0 {
			return nil
		}
		return &detect.Hit{Key: about, Weight: w, Reason: fmt.Sprintf("%s asked %s (%s)%s, one of %d distinct reads within %s, which it did %s",
			who(&e.Actor), e.Name(), about, ending(e), b.Reads, b.Span.Round(time.Second), habitWords(x))}
	},
	Examples: []detect.Example{
		{Name: "a deploy key asks who has which policy", Trace: `
			  D0 09:00:00 user/dev pipeline:StartDeploy x60
			  D1 09:00:00 user/dev pipeline:StartDeploy x60
			  D2 09:00:00 user/dev pipeline:StartDeploy x60
			  D4 09:00:00 user/dev storage:ListBuckets,ListObjects,GetPolicy every=10s
			> D4 09:01:00 user/dev identity:ListAttachedPolicies
			  D4 09:01:10 user/dev identity:ListEntitiesForPolicy   # about the same
		`},
		{Name: "a program's role asks what is recorded", Trace: `
			  D0 09:00:00 fn/web database:GetItem x60
			  D1 09:00:00 fn/web database:GetItem x60
			  D2 09:00:00 fn/web database:GetItem x60
			  D4 09:00:00 fn/web database:GetItem,Query,GetTable every=10s
			> D4 09:01:00 fn/web logging:DescribeTrails
		`},
		{Name: "an engineer looks one thing up", Trace: `
			D0 09:00:00 sso/dev/bob storage:ListBuckets x60
			D1 09:00:00 sso/dev/bob storage:ListBuckets x60
			D2 09:00:00 sso/dev/bob storage:ListBuckets x60
			D4 09:00:00 sso/dev/bob identity:GetRole,ListAttachedPolicies
		`},
		{Name: "a question that a colleague asks", Trace: `
			D0 09:00:00 user/dev storage:ListBuckets x60
			D0 10:00:00 human/alice identity:ListUsers x60
			D1 09:00:00 user/dev storage:ListBuckets x60
			D2 09:00:00 user/dev storage:ListBuckets x60
			D4 09:00:00 user/dev storage:ListObjects,GetPolicy,GetTags,ListVersions every=10s
			D4 09:01:00 user/dev identity:ListUsers
		`},
		{Name: "a person looks around at the console", Trace: `
			D0 09:00:00 human/alice storage:ListBuckets x60
			D1 09:00:00 human/alice storage:ListBuckets x60
			D2 09:00:00 human/alice storage:ListBuckets x60
			D4 09:00:00 human/alice identity:ListUsers,ListRoles,logging:DescribeTrails,secret:ListSecrets
		`},
		{Name: "a build checks what it is about to change", Trace: `
			D0 09:00:00 ci/deploy/repo storage:ListBuckets x60
			D1 09:00:00 ci/deploy/repo storage:ListBuckets x60
			D2 09:00:00 ci/deploy/repo storage:ListBuckets x60
			D3 09:00:00 ci/deploy/repo storage:ListBuckets x60
			D4 09:00:00 ci/deploy/repo storage:ListObjects,GetPolicy,GetTags,identity:GetRole,ListAttachedPolicies
		`},
	},
}

// questions are the topics that an intruder asks about before the decisive step.
var questions = map[sekisho.Topic]string{
	sekisho.TopicIdentity:  "who may do what",
	sekisho.TopicLogging:   "what is recorded",
	sekisho.TopicDetection: "what is watched",
	sekisho.TopicOrganize:  "which accounts there are",
	sekisho.TopicSecret:    "which secrets there are",
}
