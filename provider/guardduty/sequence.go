package guardduty

import (
	"strings"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/normalize/rawjson"
)

// actorsMost is how many actors of a sequence are told of. GuardDuty lists up to 400, but
// a plan that cuts off as many is no plan.
const actorsMost = 32

// sequence maps an attack sequence: one finding of several actors and resources. The
// event is the first actor's; each further one has a report of its own. Actors without
// credentials are processes, which the machines among the resources stand for.
func sequence(e *sekisho.Event, v *normalize.Values, report sekisho.Effect) {
	var told []sekisho.Actor
	tell := func(a sekisho.Actor) {
		for i := range told {
			if told[i].ID == a.ID && told[i].Credential == a.Credential && told[i].SessionID == a.SessionID {
				return
			}
		}
		if len(told) < actorsMost {
			told = append(told, a)
		}
	}
	rawjson.Each(v.Raw(fActors), func(raw []byte) {
		if c := sequenceActor(raw, e.Account); !c.zero() {
			tell(c.actor())
		}
	})
	// What a credential was used on is no actor; a group of machines or containers that
	// was broken into is what its finding is about.
	machines := len(told) == 0 || !strings.HasPrefix(e.Action, "AttackSequence:IAM/") && !strings.HasPrefix(e.Action, "AttackSequence:S3/")
	rawjson.Each(v.Raw(fInvolved), func(raw []byte) {
		account, uid := first(text(raw, "accountId"), e.Account), text(raw, "uid")
		kind := text(raw, "resourceType")
		switch {
		case kind == "ACCESS_KEY": // an actor's own
			return
		case !machines || lastPart(uid) == "":
		case kind == "EC2_INSTANCE":
			tell(machine(lastPart(uid), "instance", account))
		case kind == "ECS_TASK":
			tell(machine(lastPart(uid), "task", account))
		}
		if e.Target == "" {
			e.Target, report.Resource = uid, uid
		}
	})
	if len(told) == 0 {
		told = append(told, nobody())
	}
	e.Actor = told[0]
	for i := range told {
		v.Add(of(report, &told[i]))
	}
}

// sequenceActor reads an actor: its user is whose credentials were used, named as the
// trail names them ("AROA…:session"); its session says how they were got.
func sequenceActor(raw []byte, account string) credentials {
	c := credentials{
		key: text(raw, "user", "credentialUid"), principal: text(raw, "user", "uid"), kind: text(raw, "user", "type"), name: text(raw, "user", "name"),
		account: first(text(raw, "user", "account", "uid"), account), issuer: text(raw, "session", "issuer"), created: moment(text(raw, "session", "createdTime")),
		mfa: strings.EqualFold(text(raw, "session", "mfaStatus"), "enabled"),
	}
	if c.kind == "AWSAccount" {
		c.account = "" // what is said is where it acted
	}
	return c
}
