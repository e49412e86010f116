package sim

import (
	"strconv"
	"time"
)

// flowFieldsWide is a format of its own, with nearly all fields of the versions to 5.
const flowFieldsWide = flowFields + " vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr region az-id pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path"

// newInterface is a machine in the network of an account.
func newInterface(r *Rand, p *place, i int) machine {
	return machine{id: "i-0" + r.Hex(16), face: "eni-0" + r.Hex(16), ip: "10." + itoa(16+i>>14&15) + "." + itoa(i>>7&127) + "." + itoa(4+i&127), subnet: p.subnets[i%len(p.subnets)], place: p}
}

// talk is the stream of a network: what its interfaces counted.
type talk struct {
	rand *Rand
	wide bool
	of   map[*place][]*talker
}

// talker is an interface with those it always talks to.
type talker struct {
	machine
	peers []conversation
}

// conversation is what an interface has with another, in both directions.
type conversation struct {
	ip      string
	port    int // of whoever answers
	inbound bool
	service string // of the provider, at the other end; "-" for none
}

func newFlows(g *organization, o StreamOptions) *talk {
	t := &talk{rand: NewRand(o.Seed, "stream of", o.Kind), wide: o.Wide, of: map[*place][]*talker{}}
	for i := range o.Identities {
		p := g.places[i%len(g.places)]
		r := NewRand(o.Seed, "interface", itoa(i))
		x := &talker{machine: newInterface(r, p, i)}
		for range r.Between(3, 9) { // services of the house
			peer := newInterface(r, p, r.IntN(o.Identities))
			x.peers = append(x.peers, conversation{peer.ip, []int{8443, 8080, 5432, 6379, 9092, 3306}[r.IntN(6)], r.Chance(0.4), "-"})
		}
		x.peers = append(x.peers, conversation{"203.0.113." + itoa(128+r.IntN(8)), 443, false, "S3"}, conversation{"203.0.113." + itoa(136+r.IntN(60)), 443, false, "-"})
		if r.Chance(0.05) { // open to the Internet
			for range 40 {
				x.peers = append(x.peers, conversation{elsewhere(r), 443, true, "-"})
			}
		}
		t.of[p] = append(t.of[p], x)
	}
	return t
}

// file is what the interfaces of an account counted in a window: each conversation a few
// times, in both directions, and strangers who were turned away.
func (t *talk) file(doc []byte, p *place, at time.Time) ([]byte, int) {
	r, n := t.rand, 0
	whole := len(t.of[p])
	for range 10 { // a minute each
		for k := range whole {
			x := t.of[p][(k*7+n)%whole]
			if r.IntN(60) == 0 {
				doc = t.none(doc, x, at)
				n++
				continue
			}
			for i := range x.peers {
				if !r.Chance(0.5) {
					continue
				}
				c := &x.peers[i]
				high := r.Between(32768, 60999)
				doc = t.line(doc, x, at, c, high, c.inbound, false)
				doc = t.line(doc, x, at, c, high, !c.inbound, false)
				n += 2
			}
			if r.IntN(4) == 0 {
				stranger := conversation{elsewhere(r), []int{22, 23, 80, 445, 3389, 6379, 8080}[r.IntN(7)], true, "-"}
				doc = t.line(doc, x, at, &stranger, r.Between(1024, 65000), true, true)
				n++
			}
		}
		at = at.Add(time.Minute)
	}
	return doc, n
}

// none is a minute in which nothing was counted.
func (t *talk) none(doc []byte, x *talker, at time.Time) []byte {
	doc = append(append(append(append(append(doc, "2 "...), x.place.id...), ' '), x.face...), " - - - - - - - "...)
	start := at.Unix() + int64(t.rand.IntN(60))
	doc = strconv.AppendInt(append(strconv.AppendInt(doc, start, 10), ' '), start+60, 10)
	doc = append(doc, " - NODATA"...)
	if t.wide {
		doc = append(append(append(append(append(append(append(doc, ' '), x.place.vpc...), ' '), x.subnet...), ' '), x.id...), " - - - - "...)
		doc = append(append(append(append(doc, x.place.home...), ' '), zoneOf(x)...), " - - - -"...)
	}
	return append(doc, '\n')
}

// line is one direction of a conversation over a minute or so.
func (t *talk) line(doc []byte, x *talker, at time.Time, c *conversation, high int, in, rejected bool) []byte {
	r := t.rand
	from, to, fromPort, toPort := x.ip, c.ip, high, c.port
	if in {
		from, to = c.ip, x.ip
	}
	if in != c.inbound { // the answer
		fromPort, toPort = toPort, fromPort
	}
	number := func(n int) { doc = append(strconv.AppendInt(doc, int64(n), 10), ' ') }
	word := func(s string) { doc = append(append(doc, s...), ' ') }
	packets := 1 + r.IntN(1+r.IntN(400))
	start := int(at.Unix()) + r.IntN(60)
	action := "ACCEPT"
	if rejected {
		action, packets = "REJECT", r.Between(1, 3)
	}
	version := "2"
	if t.wide {
		version = "5"
	}
	word(version)
	word(x.place.id)
	word(x.face)
	word(from)
	word(to)
	number(fromPort)
	number(toPort)
	word("6")
	number(packets)
	number(packets * r.Between(40, 1400))
	number(start)
	number(start + r.Between(20, 60))
	word(action)
	word("OK")
	if t.wide {
		word(x.place.vpc)
		word(x.subnet)
		word(x.id)
		flags, way, path, near, far := 3, "egress", "8", "-", c.service
		if in != c.inbound {
			flags = 19
		}
		if rejected {
			flags = 2
		}
		if in {
			way, path, near, far = "ingress", "-", far, near
		}
		number(flags)
		word("IPv4")
		word(from)
		word(to)
		word(x.place.home)
		word(zoneOf(x))
		word(near)
		word(far)
		word(way)
		word(path)
	}
	doc[len(doc)-1] = '\n'
	return doc
}

// zoneOf is the availability zone of an interface, by its lasting id.
func zoneOf(x *talker) string {
	zone := map[string]string{"us-east-1": "use1-az", "eu-west-1": "euw1-az", "us-west-2": "usw2-az"}[x.place.home]
	return zone + string('1'+x.ip[len(x.ip)-1]%3)
}
