package aws

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
)

// Sizes of the caches, in values a generation. An organisation of 60 accounts
// shows a few thousand sessions and actions in an hour. Under a flood of
// distinct texts, each as long as keyMax, they hold about 100 MiB; on ordinary
// trails a tenth of that.
const (
	callsMost   = 4096
	actorsMost  = 8192
	ipsMost     = 8192
	clientsMost = 2048
	stringsMost = 16384
)

// expander turns compact records into events; see normalize.Expander. The call
// group and the actor group of a record are looked up whole, so that an event
// of a known session costs two look-ups and not thirty.
type expander struct {
	calls   normalize.Cache[*callInfo]
	actors  normalize.Cache[*actorInfo]
	clients normalize.Cache[sekisho.Client]
	ips     normalize.Cache[source]
	strings normalize.Interner
	effects []sekisho.Effect
	tried   []sekisho.Effect
}

// callInfo is what the call group says.
type callInfo struct {
	service, action, region, account string
	name                             string // service and action, as Event.Name has them
	level                            sekisho.Level
	topic                            sekisho.Topic
	kind                             sekisho.Kind
	class                            sekisho.Class
	effect                           effectFunc // nil for a call without effects
	assumes                          bool       // it asks for a session of someone else
}

// actorInfo is what the actor group says.
type actorInfo struct {
	actor  sekisho.Actor
	client sekisho.Client
	// account is the record's accountId, where it has no recipient.
	account string
}

// source is where a call came from: an address, or a service of AWS.
type source struct{ ip, service string }

func newExpander() *expander {
	return &expander{
		calls:   normalize.NewCache[*callInfo](callsMost),
		actors:  normalize.NewCache[*actorInfo](actorsMost),
		clients: normalize.NewCache[sekisho.Client](clientsMost),
		ips:     normalize.NewCache[source](ipsMost),
		strings: normalize.NewInterner(stringsMost),
	}
}

// errCompact is about our own form, so the next step is to make it anew.
var errCompact = errors.New("expand a CloudTrail record: not this version's compact form; read the source again")

// Expand fills every field of e but ReceivedAt, which only the runner knows.
func (x *expander) Expand(e *sekisho.Event, compact []byte) error {
	p := parts{normalize.Parts{Left: compact}}
	version, flags := p.Byte(), p.Byte()
	if version != compactVersion {
		return errCompact
	}
	ns := p.Take(8)
	id := p.id()
	callGroup, actorGroup, eventGroup := p.group(), p.group(), p.group()
	target, params, result := p.Text(), p.Text(), p.Text()
	if p.Bad || len(p.Left) != 0 {
		return errCompact
	}
	c, a := x.call(callGroup), x.actor(actorGroup)
	var v [fields][]byte
	if c == nil || a == nil || !readGroup(&v, groups[2], eventGroup) {
		return errCompact
	}

	received := e.ReceivedAt
	*e = sekisho.Event{
		ID: id, Time: time.Unix(0, int64(binary.LittleEndian.Uint64(ns))).UTC(), ReceivedAt: received,
		Source: sourceName, Kind: c.kind, Class: c.class, Account: c.account, Region: c.region,
		Service: c.service, Action: c.action, Level: c.level, Topic: c.topic,
		Error: x.strings.Of(v[fErrorCode]), ErrorMessage: x.strings.Of(v[fErrorMessage]),
		Actor: a.actor, Client: a.client, Endpoint: x.strings.Of(v[fEndpoint]),
		TwinID: string(v[fSharedID]), Flags: sekisho.Flag(flags), Params: params, Result: result,
	}
	if e.Account == "" {
		e.Account = a.account
	}
	e.SetName(c.name)
	from := x.source(v[fIP])
	e.IP = from.ip
	if from.service != "" && e.Actor.Type != sekisho.ActorService && e.Actor.OnBehalf == "" {
		e.Actor.OnBehalf = from.service // a service's host stands where an address would
	}
	e.Outcome = outcome(e)
	if e.Kind == sekisho.SignIn {
		signIn(e, x.strings.Of(v[fSwitchFrom]))
	}
	e.Target = x.target(e, target)
	x.effects, x.tried = c.effects(e, x.effects[:0], x.tried[:0])
	for i := range x.effects {
		if x.effects[i].Kind != sekisho.ReadData || x.effects[i].Count != 0 {
			continue
		}
		if n, err := strconv.ParseFloat(string(v[fBytesOut]), 64); err == nil && n > 0 && n < 1<<53 {
			x.effects[i].Count = int64(n) // written as 289 or 289.0
		}
	}
	if region := x.strings.Of(v[fInferenceRegion]); region != "" && region != e.Region {
		for i := range x.effects {
			if x.effects[i].Kind == sekisho.InvokeModel {
				x.effects[i].With = []string{region}
			}
		}
	}
	e.Effects, e.Tried = x.effects, x.tried
	return nil
}

func (x *expander) call(group []byte) *callInfo {
	if c, ok := x.calls.Get(group); ok {
		return c
	}
	var v [fields][]byte
	if !readGroup(&v, groups[0], group) {
		return nil
	}
	c := &callInfo{
		service: strings.ToLower(x.strings.Of(trimHost(v[fEventSource]))),
		action:  x.strings.Of(trimVersion(v[fEventName])),
		region:  x.strings.Of(v[fRegion]),
		account: x.strings.Of(v[fRecipient]),
		kind:    kindOf(string(v[fEventType])),
	}
	c.name = c.service + ":" + c.action
	c.level, c.topic = classify(c.service, c.action)
	if c.level == sekisho.LevelUnknown {
		// The record's own word is coarse, but better than none.
		switch string(v[fReadOnly]) {
		case "true":
			c.level = sekisho.LevelRead
		case "false":
			c.level = sekisho.LevelWrite
		}
	}
	c.class = classOf(c.kind, c.service, c.action, c.level)
	name := call{c.service, c.action}
	c.effect, c.assumes = effectTable[name], assumes[name]
	x.calls.Put(string(group), c)
	return c
}

func kindOf(eventType string) sekisho.Kind {
	switch eventType {
	case "AwsConsoleSignIn", "AwsConsoleSignin": // both spellings occur
		return sekisho.SignIn
	case "AwsServiceEvent":
		return sekisho.Notice
	}
	return sekisho.APICall // AwsApiCall, AwsConsoleAction, AwsVpceEvent
}

func (x *expander) actor(group []byte) *actorInfo {
	if a, ok := x.actors.Get(group); ok {
		return a
	}
	var raw [fields][]byte
	if !readGroup(&raw, groups[1], group) {
		return nil
	}
	var v [fields]string
	for _, f := range groups[1] {
		// Types, accounts and the like are the same in many groups; names and
		// ids are this one's own, and remembering them would only fill the cache.
		if len(raw[f]) <= shortText {
			v[f] = x.strings.Of(raw[f])
		} else if f != fUserAgent {
			v[f] = string(raw[f])
		}
	}
	a := &actorInfo{client: x.client(raw[fUserAgent]), account: v[fAccount]}
	a.actor = actorOf(&v, &a.client)
	x.actors.Put(string(group), a)
	return a
}

// shortText is the length up to which an actor's field is worth sharing: an
// account id has 12 characters, the types and flags fewer than 16.
const shortText = 16

// client reads a user agent; programs are few, actors many.
func (x *expander) client(text []byte) sekisho.Client {
	if c, ok := x.clients.Get(text); ok {
		return c
	}
	c := clientOf(string(text))
	x.clients.Put(string(text), c)
	return c
}

// source reads sourceIPAddress, which is an address, a service's host, or
// "AWS Internal".
func (x *expander) source(text []byte) source {
	if len(text) == 0 {
		return source{}
	}
	if s, ok := x.ips.Get(text); ok {
		return s
	}
	var s source
	t := string(text)
	if ip, err := netip.ParseAddr(t); err == nil {
		s.ip = ip.WithZone("").Unmap().String() // one spelling for one address
	} else {
		s.service = serviceHost(t)
	}
	x.ips.Put(t, s)
	return s
}

// serviceHost is the service that a host, or "AWS Internal", stands for; "" if
// the text is neither.
func serviceHost(t string) string {
	switch {
	case t == "AWS Internal":
		return "internal"
	case strings.HasSuffix(t, ".amazonaws.com") || strings.HasSuffix(t, ".amazonaws.com.cn") || strings.HasSuffix(t, ".aws.internal"):
		return t
	}
	return ""
}

// readGroup puts a group's texts in their places; they point into it.
func readGroup(v *[fields][]byte, list []field, group []byte) bool {
	p := parts{normalize.Parts{Left: group}}
	for present := p.Uvarint(); present != 0; present &= present - 1 {
		n := bits.TrailingZeros64(present)
		if n >= len(list) {
			return false
		}
		v[list[n]] = p.Text()
	}
	return !p.Bad && len(p.Left) == 0
}

// parts reads the compact form of a trail's record.
type parts struct{ normalize.Parts }

func (p *parts) group() []byte {
	n := p.Take(3)
	return p.Take(uint64(n[0]) | uint64(n[1])<<8 | uint64(n[2])<<16)
}

func (p *parts) id() string {
	if text := p.Text(); text != nil {
		return string(text)
	}
	return formatUUID(p.Take(16))
}

func formatUUID(b []byte) string {
	const hexDigits = "0123456789abcdef"
	var t [36]byte
	n := 0
	for i, c := range b {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			t[n] = '-'
			n++
		}
		t[n], t[n+1] = hexDigits[c>>4], hexDigits[c&15]
		n += 2
	}
	return string(t[:])
}
