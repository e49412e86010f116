package vpcflow

// A view is a flow as our machine has it.
type view struct {
	ours  side   // which end it is
	asked side   // which end was asked for something
	what  string // as in sekisho.Connect
	port  int    // what was asked for; 0 where the protocol has no ports
	left  int64  // bytes that left our machine
}

// see tells a flow's ends apart. A record holds packets of one direction only, and does
// not say whose interface it was made at or who began; what it does not say is concluded
// by the rules of ours and began.
func (f *flow) see() view {
	v := view{ours: f.ours()}
	began, known := f.began()
	within := inside(f.far(v.ours.other())) || f.aside()
	if !known && !within {
		began = v.ours // a machine lets strangers in at few ports, and out to all
	}
	v.asked = began.other()
	switch {
	case within:
		v.what = "inside"
	case v.asked == v.ours:
		v.what = "in"
	default:
		v.what = "out"
	}
	if known && f.hasPorts() {
		v.port = int(f.port[v.asked])
	}
	if v.ours == source {
		v.left = int64(f.bytes)
	}
	return v
}

// ours is the end that the interface is at.
//
//  1. The record's own word, flow-direction: it comes in to the destination, or goes out
//     from the source.
//  2. Without it, a private address (RFC 1918, 100.64.0.0/10, fc00::/7) beside one that
//     is not: the private one. The link's own addresses (169.254.0.0/16) are the
//     provider's services.
//  3. Of two private ones or of two public ones, as nearly all of IPv6 are, the source.
//     That is wrong for what came in. Between two machines of ours each one's interface
//     has a record, so the pair is right one way or the other; with IPv6 a stranger can
//     be taken for our machine, whose name the record has nevertheless. A flow log with
//     flow-direction in its format does not need this.
func (f *flow) ours() side {
	switch f.direction {
	case ingress:
		return destination
	case egress:
		return source
	}
	if private(f.near(destination)) && !private(f.near(source)) {
		return destination
	}
	return source
}

// TCP flags of a record are those of all its packets; an ACK counts only beside a SYN.
const (
	flagSYN = 2
	flagACK = 16
)

// began is the end that began; known is false where nothing tells, and the source is
// as good a guess as the other.
//
//  1. TCP flags: a SYN comes from whoever begins, a SYN with ACK from whoever is asked.
//  2. Without a SYN (the window began later, the flags are not in the format, or it is
//     UDP): the side of the lower port was asked, for services have low ports and those
//     who ask get high ones.
//  3. What was refused is the first packet, since answers pass by themselves: its source
//     began, whatever its port. Except that from a service's port (below 1024) to one
//     that is none it is an answer to something forgotten, and rule 2 holds.
//  4. Two ports of those that are given to who asks (from 32768 on) tell nothing. Were one
//     of them taken for what was asked, a service there would seem to turn to another
//     place with each answer.
//  5. Equal ports, and protocols without ports: the source began. An answer to a ping is
//     taken for a ping.
func (f *flow) began() (began side, known bool) {
	if f.tcpFlags&flagSYN != 0 {
		if f.tcpFlags&flagACK != 0 {
			return destination, true
		}
		return source, true
	}
	from, to := f.port[source], f.port[destination]
	switch {
	case !f.hasPorts():
		return source, true
	case f.action == rejected && (from >= servicePorts || to < servicePorts):
		return source, true
	case from >= givenPorts && to >= givenPorts:
		return source, false
	case from < to:
		return destination, true
	}
	return source, true
}

const (
	servicePorts = 1024  // the first port that any program may have
	givenPorts   = 32768 // the first that Linux gives to who asks for none; Windows begins higher
)

// hasPorts reports whether the ports mean something: for ICMP both are 0.
func (f *flow) hasPorts() bool {
	switch f.protocol {
	case 6, 17, 33, 132, 136: // TCP, UDP, DCCP, SCTP, UDP-Lite
		return f.ported
	case 0: // not in the format
		return f.port != [2]uint16{}
	}
	return false
}

// aside reports whether what went out took a way that is not the internet's: a private
// gateway (3), another VPC of this region (4) or of another (5), a local gateway (6).
// Addresses that look public can be anybody's there.
func (f *flow) aside() bool { return f.path >= 3 && f.path <= 6 }
