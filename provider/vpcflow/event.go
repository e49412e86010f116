package vpcflow

import (
	"errors"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
)

// expander makes events of flows.
type expander struct {
	f       flow
	strings normalize.Interner
	owners  normalize.Cache[*owner] // by the compact form's texts
	spots   spots
	effects [1]sekisho.Effect
	buf     []byte
}

// owner is what a flow's texts say of the interface and who has it.
type owner struct {
	region string
	actor  sekisho.Actor
}

// Texts and interfaces that are remembered.
const (
	stringsMost = 16384
	ownersMost  = 8192
)

func newExpander() normalize.Expander {
	return &expander{strings: normalize.NewInterner(stringsMost), owners: normalize.NewCache[*owner](ownersMost)}
}

// Expand implements normalize.Expander.
func (x *expander) Expand(e *sekisho.Event, compact []byte) error {
	f := &x.f
	id, tail, flags, ok := f.readCompact(compact)
	var o *owner
	if ok {
		o = x.owner(tail)
	}
	if o == nil {
		return errors.New("expand a flow of " + Source + ": not this version's compact form, or damaged; read the source again")
	}
	x.buf = appendID(x.buf[:0], id)
	name := string(x.buf)
	received := e.ReceivedAt
	*e = sekisho.Event{} // and then each field: to build one aside would copy it whole
	e.ID, e.Time, e.ReceivedAt, e.Source, e.Flags = name, time.Unix(0, f.ns).UTC(), received, Source, flags
	e.Kind, e.Class = sekisho.Traffic, sekisho.Class{UID: sekisho.ClassNetwork, Activity: activityTraffic}
	e.Account, e.Region = o.actor.Account, o.region
	e.Service, e.Action, e.Level, e.Topic = "vpc", "Flow", sekisho.LevelUnknown, sekisho.TopicNetwork
	v := f.see()
	var with, asked *spot
	if v.asked != v.ours {
		asked = x.spots.of(f.far(v.asked), v.port)
		with = asked
	} else {
		asked, with = x.spots.of(f.near(v.asked), v.port), x.spots.of(f.far(v.ours.other()), 0)
	}
	e.IP, e.Target, e.Actor = with.ip, asked.place, o.actor
	if e.Actor.ID == "" { // its address, which other networks of the account may have too
		e.Actor.ID = first(e.Account, "unknown") + "/" + x.spots.of(f.near(v.ours), 0).place
		e.Actor.Name = e.Actor.ID
	}
	x.effects[0] = sekisho.Effect{Kind: sekisho.Connect, What: v.what, With: with.peer, Resource: e.Target, FromPort: v.port, ToPort: v.port, Count: v.left}
	if f.action == rejected {
		e.Outcome, e.Class.Activity, e.Tried = sekisho.Denied, activityRefuse, x.effects[:]
	} else {
		e.Effects = x.effects[:]
	}
	return nil
}

// Activities of Network Activity.
const (
	activityRefuse  = 5
	activityTraffic = 6
)

// owner is who acts, whatever the interface belongs to, and where; the actor has no id
// where only its address tells. tail is the texts' part of the compact form; nil if that
// cannot be read.
func (x *expander) owner(tail []byte) *owner {
	if kept, ok := x.owners.Get(tail); ok {
		return kept
	}
	if !x.f.readTexts(tail) {
		return nil
	}
	o := &owner{region: x.region(), actor: sekisho.Actor{
		Type: sekisho.ActorMachine, Kind: sekisho.KindWorkload, KindEvidence: "a network interface",
		Account: x.text(fAccount), Session: x.text(fInterface),
	}}
	a := &o.actor
	switch instance, task := x.text(fInstance), x.text(fTask); {
	case instance != "":
		a.ID, a.Workload, a.WorkloadType = instance, instance, "instance"
	case task != "":
		a.Workload, a.WorkloadType = task, "task" // its role's sessions are named so
		a.ID = first(a.Session, task)
	default:
		a.ID = a.Session
	}
	a.Name = a.ID
	x.owners.Put(string(tail), o)
	return o
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (x *expander) text(f field) string { return x.strings.Of(x.f.text[f-fAccount]) }

// region is the record's, or that of its zone.
func (x *expander) region() string {
	if r := x.text(fRegion); r != "" {
		return r
	}
	x.buf = appendRegion(x.buf[:0], x.f.text[fZone-fAccount])
	return x.strings.Of(x.buf)
}

// appendRegion appends the region of a zone's id: "apne1-az2" is in ap-northeast-1,
// "usw2-lax1-az1" in us-west-2. It appends nothing for an id of another form.
func appendRegion(dst, zone []byte) []byte {
	n := 0
	for n < len(zone) && zone[n] != '-' {
		n++
	}
	if n < 4 || n == len(zone) || zone[n-1] < '1' || zone[n-1] > '9' {
		return dst
	}
	area, number := zone[:2], zone[n-1]
	rest := zone[2 : n-1]
	start := len(dst)
	dst = append(dst, area...)
	if string(area) == "us" && len(rest) > 1 && rest[0] == 'g' {
		dst, rest = append(dst, "-gov"...), rest[1:]
	}
	dst = append(dst, '-')
	switch string(rest) {
	case "n":
		dst = append(dst, "north"...)
	case "s":
		dst = append(dst, "south"...)
	case "e":
		dst = append(dst, "east"...)
	case "w":
		dst = append(dst, "west"...)
	case "c":
		dst = append(dst, "central"...)
	case "ne":
		dst = append(dst, "northeast"...)
	case "se":
		dst = append(dst, "southeast"...)
	case "nw":
		dst = append(dst, "northwest"...)
	default:
		return dst[:start]
	}
	return append(dst, '-', number)
}
