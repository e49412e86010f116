package vpcflow

import (
	"errors"
	"net/netip"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
)

// expander makes events of flows.
type expander struct {
	f       flow
	strings normalize.Interner
	peers   normalize.Cache[[]string] // one address each, shared by all events that have it
	effects [1]sekisho.Effect
	buf     []byte
}

// Texts and addresses that are remembered in a generation. Scanners come from anywhere,
// so the addresses turn over.
const (
	stringsMost = 16384
	peersMost   = 8192
)

func newExpander() normalize.Expander {
	return &expander{strings: normalize.NewInterner(stringsMost), peers: normalize.NewCache[[]string](peersMost)}
}

// Expand implements normalize.Expander.
func (x *expander) Expand(e *sekisho.Event, compact []byte) error {
	f := &x.f
	id, flags, ok := f.readCompact(compact)
	if !ok {
		return errors.New("expand a flow of " + Source + ": not this version's compact form, or damaged; read the source again")
	}
	x.buf = appendID(x.buf[:0], id)
	name := string(x.buf) // here: what follows uses buf too
	received := e.ReceivedAt
	*e = sekisho.Event{
		ID: name, Time: time.Unix(0, f.ns).UTC(), ReceivedAt: received, Source: Source, Flags: flags,
		Kind: sekisho.Traffic, Class: sekisho.Class{UID: sekisho.ClassNetwork, Activity: activityTraffic},
		Account: x.text(fAccount), Region: x.region(),
		Service: "vpc", Action: "Flow", Level: sekisho.LevelUnknown, Topic: sekisho.TopicNetwork,
	}
	v := f.see()
	peer := x.peer(f.far(v.ours.other()))
	asked := f.near(v.asked)
	if v.asked != v.ours {
		asked = f.far(v.asked)
	}
	e.IP = peer[0]
	e.Target = x.place(asked, v.port)
	e.Actor = x.machine(v)
	x.effects[0] = sekisho.Effect{Kind: sekisho.Connect, What: v.what, With: peer, Resource: e.Target, FromPort: v.port, ToPort: v.port, Count: v.left}
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

// machine is who acts: whatever the interface belongs to.
func (x *expander) machine(v view) sekisho.Actor {
	a := sekisho.Actor{
		Type: sekisho.ActorMachine, Kind: sekisho.KindWorkload, KindEvidence: "a network interface",
		Account: x.text(fAccount), Session: x.text(fInterface),
	}
	switch instance, task := x.text(fInstance), x.text(fTask); {
	case instance != "":
		a.ID, a.Workload, a.WorkloadType = instance, instance, "instance"
	case task != "":
		a.Workload, a.WorkloadType = task, "task" // its role's sessions are named so
		a.ID = first(a.Session, task)
	case a.Session != "":
		a.ID = a.Session
	default: // its address, which other networks of the account may have too
		a.ID = first(a.Account, "unknown") + "/" + x.peer(x.f.near(v.ours))[0]
	}
	a.Name = a.ID
	return a
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (x *expander) text(f field) string { return x.strings.Of(x.f.text[f-fAccount]) }

// peer is an address as a list of one.
func (x *expander) peer(a netip.Addr) []string {
	x.buf = a.AppendTo(x.buf[:0])
	if kept, ok := x.peers.Get(x.buf); ok {
		return kept
	}
	text := string(x.buf)
	list := []string{text}
	x.peers.Put(text, list)
	return list
}

// place is "address:port", the address alone where there is no port.
func (x *expander) place(a netip.Addr, port int) string {
	if port == 0 {
		return x.peer(a)[0]
	}
	x.buf = netip.AddrPortFrom(a, uint16(port)).AppendTo(x.buf[:0])
	return x.strings.Of(x.buf)
}

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
