package detections

import (
	"fmt"
	"strconv"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// How many runs of models within ten minutes speak: one every six seconds is
// more than a person types, and an agent at work makes some hundreds. Of those
// of whom nothing is known, what several agents at once would make.
const (
	burstKnown = 100
	burstOther = 1000
)

// ModelBurst fires when models are run in great numbers by an identity that
// does not do so, or from where it never did.
//
// Why: stolen model access is resold to many at once; what was silent begins to
// answer strangers around the clock.
var ModelBurst = detect.Detection{
	ID:    "model-burst",
	Title: "Models run in great numbers",
	Why: "A proxy that resells stolen access sends hundreds of runs a minute through one key. Programs of our own do as much, but they have done so before and from where they run; " +
		"a number like that from a newcomer to models is either a new product or a theft.",
	BlindTo:        []string{"a product's own key, used from the product's place", "resale that keeps below what is usual", "tokens: a run may cost a cent or ten dollars"},
	FalsePositives: []string{"a first batch job over many documents", "an evaluation of models by script"},
	Keys:           "each doubling of how many runs",
	Phases:         []sekisho.Phase{"impact"},
	Attack:         []string{"T1496.004"},
	Atlas:          []string{"AML.T0034.000", "AML.T0040"},
	Family:         sekisho.FamilyTempo,
	Weight:         5 * sekisho.Nat / 2,
	Origin:         originPlain,
	Feed:           detect.FeedManagementRead,
	Cut:            "deny model use to the identity, and look at the account's quota of runs",
	On:             detect.OnEffect(sekisho.InvokeModel),
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		x := e.Find(sekisho.InvokeModel)
		if x == nil || byProvider(e) || firstDayProgram(s, e) || s.Usual(detect.Model, x.Resource) && !newPlace(s, e) {
			return nil
		}
		need := int64(burstKnown)
		kind, _ := s.Kind(&e.Actor)
		if !s.Known() || kind == sekisho.KindHuman || kind == sekisho.KindAgent {
			need = burstOther
		}
		// A program that runs other models tries a new one on all its work.
		place := newPlace(s, e)
		if s.Usual(detect.Service, e.Service) && !place {
			need = burstOther
		}
		n := s.Burst(soon).Runs
		if n < need || s.Automated() {
			return nil
		}
		weight := 5 * sekisho.Nat / 2
		if !s.Known() || ticket(s, e) != "" || need == burstOther {
			weight = 3 * sekisho.Nat / 2
		}
		h := &detect.Hit{Key: strconv.FormatInt(need<<(doublings(int(n), int(need))-1), 10), Weight: lessAfter(int(n), int(need), weight),
			Reason: fmt.Sprintf("%s ran models %d times in ten minutes, the last one %s; %s", who(&e.Actor), n, x.Resource, never(s, e))}
		if place {
			h.Reason += "; it works from a new network"
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "a storage key becomes a proxy for models", Trace: `
			  D0 09:00:00 user/app storage:ListBuckets x60
			  D3 02:00:00 user/app model:InvokeModel +model(large) x99 every=500ms
			> D3 02:01:00 user/app model:InvokeModel +model(large)
			  D3 02:01:01 user/app model:InvokeModel +model(large) x99 every=500ms
			> D3 02:02:00 user/app model:InvokeModel +model(larger)
		`},
		{Name: "a product's key at work elsewhere", Trace: `
			  D0 09:00:00 user/chat model:InvokeModel +model(large) x600
			  D1 09:00:00 user/chat model:InvokeModel +model(large) x600
			> D3 02:00:00 user/chat model:InvokeModel +model(large) x100 every=200ms ip=192.0.2.77
		`},
		{Name: "a product does its work", Trace: `
			D0 09:00:00 user/chat model:InvokeModel +model(large) x600
			D1 09:00:00 user/chat model:InvokeModel +model(large) x2000 every=200ms
			D2 09:00:00 fn/chat model:InvokeModel +model(large) x2000 every=200ms
		`},
		{Name: "an agent works all day", Trace: `
			D0 09:00:00 agent/coder model:InvokeModel +model(large) x900
			D1 09:00:00 agent/coder model:InvokeModel +model(larger) x900
		`},
		{Name: "a person compares models by script, a build evaluates one", Trace: `
			D0 09:00:00 sso/dev/bob model:InvokeModel +model(m-{n}) x300
			D0 10:00:00 ci/evaluate/shop model:InvokeModel +model(large) x3000 every=100ms
		`},
	},
}
