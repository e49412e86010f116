package github

import (
	"strings"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
)

// memory is what records before have shown: a mapping concludes the same of the same
// action, and of the same person with the same program, again and again.
type memory struct {
	actions normalize.Cache[*known]
	actors  normalize.Cache[*who]
	tokens  normalize.Cache[string] // names of credentials by the token's hash
	key     []byte
}

// How much is remembered: actions are some hundreds; people, with each program that they
// use, and tokens, of which builds have a new one each time, as many as an hour shows.
const (
	actionsMost = 1024
	actorsMost  = 2048
	tokensMost  = 4096
)

func newMemory() memory {
	return memory{actions: normalize.NewCache[*known](actionsMost), actors: normalize.NewCache[*who](actorsMost), tokens: normalize.NewCache[string](tokensMost)}
}

// known is what an action says by itself.
type known struct {
	name    string
	full    string // with the service's name before it
	kind    sekisho.Kind
	level   sekisho.Level
	topic   sekisho.Topic
	class   sekisho.Class
	outcome sekisho.Outcome
	err     string
}

// action is what is known of the record's action.
func (r *record) action() *known {
	if a, ok := r.actions.Get(r.v.Raw(fAction)); ok {
		return a
	}
	a := &known{name: r.text(fAction)}
	a.full = service + ":" + a.name
	a.kind = kindOf(a.name)
	a.level, a.topic, a.class = classify(a.name)
	if a.outcome = failures[a.name]; a.outcome != sekisho.OK {
		_, a.err, _ = strings.Cut(a.name, ".")
	}
	r.actions.Put(string(r.v.Raw(fAction)), a)
	return a
}

// who is what the fields from fActor to fDeployKey say.
type who struct {
	account string
	ip      string
	client  sekisho.Client
	actor   sekisho.Actor // without the repository's code that a build is
	build   bool
}

// who sets who acted, in which organization, from where and with what.
func (r *record) who() {
	e := r.e
	token := r.token()
	signed := byte(0)
	if token != "" {
		signed = 1
	}
	// Beyond its fields it depends on whether there is a token, and on the sort of record.
	r.key = append(append(r.key[:0], signed, byte(e.Kind)), r.v.Group()...)
	w, ok := r.actors.Get(r.key)
	if !ok {
		w = &who{account: r.first(fOrg, fBusiness), ip: r.v.Address(fIP), client: clientOf(r.text(fUserAgent))}
		lasting := w.account != ""
		if !lasting {
			w.account, _, _ = strings.Cut(r.repo, "/")
		}
		e.Account, e.IP, e.Client = w.account, w.ip, w.client
		var user bool
		w.actor, w.build, user = r.actor(token)
		if lasting && !user { // else it comes from other fields too
			w.actor.Credential = ""
			if r.text(fDeployKey) != "" {
				w.actor.Credential = keyID(r.text(fDeployKey))
			}
			r.actors.Put(string(r.key), w)
		}
	}
	e.Account, e.IP, e.Client, e.Actor = w.account, w.ip, w.client, w.actor
	if e.Actor.Credential == "" && e.Actor.Type != sekisho.ActorService {
		e.Actor.Credential = token
	}
	if w.build && r.repo != "" {
		// The token of a run: what it does, the code of its repository does.
		e.Actor.Workload, e.Actor.WorkloadType = workloadOf(r.repo), "build"
	}
}
