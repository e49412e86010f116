package sim

import (
	"fmt"
	"strings"
	"time"
)

// The network's flow records: one line of text each, in the order that the line
// at the head of a file says.

const (
	flowFields   = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
	flowFieldsV5 = "version account-id interface-id instance-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status pkt-srcaddr pkt-dstaddr flow-direction"
)

// machine is an instance in the network.
type machine struct {
	id, face, ip, subnet string // instance, network interface, private address
	place                *place
	role                 *role // nil: it has none
	wide                 bool  // its network logs more fields
	card                 *card // nil where only what tells it apart is told
}

// card is what a detector tells of a machine beyond what tells it apart.
type card struct {
	launched         time.Time
	public           string // address; "" for none
	group, groupName string // of the firewall
	image            string // what it was made of, in words
	tags             [][2]string
}

// newMachines are the first account's; those of the cast with their roles.
func newMachines(w *World) []machine {
	p := w.g.places[0]
	var out []machine
	for i, id := range p.machines {
		r := NewRand(w.o.Seed, "machine", id)
		m := machine{id: id, face: "eni-0" + r.Hex(16), ip: fmt.Sprintf("10.20.%d.%d", i%3, 10+i), subnet: p.subnets[i%3], place: p, wide: r.Chance(0.3)}
		for _, c := range w.cast {
			if c.kind == "instance" && c.place == p && c.resource == id {
				m.role = c.role
			}
		}
		out = append(out, m)
	}
	return out
}

// machine is the one with an id.
func (x *surfaces) machine(id string) machine {
	for _, m := range x.machines {
		if m.id == id {
			return m
		}
	}
	panic("sim: no machine " + id + " in the network")
}

// launches are the machines' beginnings, on the first day before all else: the
// provider's scaling starts them.
func (x *surfaces) launches(rec *Recording, r *Rand, day time.Time, d int) {
	if d > 0 {
		return
	}
	for i, m := range x.machines {
		p := m.place
		ro := &role{p.id, "AWSServiceRoleForAutoScaling", NewRand(x.w.o.Seed, "scaling", p.id).roleID(), "/aws-service-role/autoscaling.amazonaws.com/"}
		at := day.Add(time.Duration(5*i) * time.Second)
		w := forwarded(&session{role: ro, name: "AutoScaling", start: at}, "autoscaling.amazonaws.com", "")
		o := origin{ip: "autoscaling.amazonaws.com", agent: "autoscaling.amazonaws.com", service: true}
		var profile any
		if m.role != nil {
			profile = obj("arn", "arn:aws:iam::"+p.id+":instance-profile/"+m.role.name, "id", NewRand(x.w.o.Seed, "profile", m.id).ID("AIPA", 17))
		}
		rec.add(at, &w, &o, call{name: "ec2:RunInstances",
			params: obj("instancesSet", items(obj("imageId", p.images[0], "minCount", 1, "maxCount", 1)), "instanceType", "m6i.large", "subnetId", m.subnet, "iamInstanceProfile", profile),
			result: obj("requestId", r.UUID(), "ownerId", p.id, "instancesSet", items(obj("instanceId", m.id, "imageId", p.images[0], "instanceType", "m6i.large", "subnetId", m.subnet, "vpcId", p.vpc,
				"privateIpAddress", m.ip, "iamInstanceProfile", profile, "instanceState", obj("code", 0, "name", "pending"),
				"networkInterfaceSet", items(obj("networkInterfaceId", m.face, "subnetId", m.subnet, "vpcId", p.vpc, "privateIpAddress", m.ip)))))}, p.id, p.home, "")
	}
}

// flow is one direction of a conversation over a minute or so.
type flow struct {
	out      bool // from the machine
	peer     string
	port     int // of whoever answers
	packets  int
	bytes    int
	rejected bool
}

// flows writes a record, at the end of the time that it counts.
func (g *organization) flows(rec *Recording, m *machine, at time.Time, f flow, phase string) string {
	r := rec.rand
	from, to, way := f.peer, m.ip, "ingress"
	if f.out {
		from, to, way = m.ip, f.peer, "egress"
	}
	action := "ACCEPT"
	if f.rejected {
		action = "REJECT"
	}
	end := at.UTC().Truncate(time.Second)
	start := end.Add(-time.Duration(r.Between(20, 60)) * time.Second)
	ports := fmt.Sprintf("%s %s %d %d 6 %d %d %d %d %s OK", from, to, r.Between(1024, 65000), f.port, f.packets, f.bytes, start.Unix(), end.Unix(), action)
	line, header := fmt.Sprintf("2 %s %s %s", m.place.id, m.face, ports), flowFields
	if m.wide {
		line, header = fmt.Sprintf("5 %s %s %s %s %s %s %s", m.place.id, m.face, m.id, ports, from, to, way), flowFieldsV5
	}
	w := who{name: m.id, id: m.id, kind: "machine"}
	return rec.keep(entry{kind: KindFlow, header: header, at: end, account: m.place.id, region: m.place.home, id: "flow-" + r.Hex(16), line: []byte(line), phase: phase, who: &w, name: "flow:" + strings.ToLower(action)})
}

// Whom machines talk to: addresses of the provider's stores and of updates are
// in the range of other clouds.
const (
	storeAddress  = "203.0.113.130"
	updateAddress = "203.0.113.140"
	vaultAddress  = "10.20.9.9" // where backups go at night
)

// traffic is a day of the machines: peers, databases, stores, updates, a large
// transfer at night, and the Internet's scans, which are turned away.
func (x *surfaces) traffic(rec *Recording, r *Rand, day time.Time) {
	g := x.w.g
	for i := range x.machines {
		m := &x.machines[i]
		any := func() time.Time { return day.Add(time.Duration(60+r.IntN(86000)) * time.Second) }
		for range r.Between(6, 10) {
			peer := x.machines[(i+1+r.IntN(2))%len(x.machines)].ip
			for _, f := range []flow{{true, peer, 8443, r.Between(8, 90), r.Between(2000, 90000), false}, {true, fmt.Sprintf("10.20.8.%d", 5+i%3), 5432, r.Between(20, 200), r.Between(4000, 400000), false},
				{true, storeAddress, 443, r.Between(20, 400), r.Between(9000, 3000000), false}} {
				g.flows(rec, m, any(), f, "")
			}
		}
		g.flows(rec, m, day.Add(6*time.Hour+time.Duration(r.IntN(1800))*time.Second), flow{true, updateAddress, 443, r.Between(40, 300), r.Between(9000, 90000), false}, "")
		night := day.Add(2*time.Hour + time.Duration(r.IntN(1800))*time.Second)
		for k := range 3 {
			n := r.Between(900, 2600) * 1_000_000
			g.flows(rec, m, night.Add(time.Duration(k)*time.Minute), flow{true, vaultAddress, 8443, n / 1400, n, false}, "")
		}
		for range r.Between(2, 5) {
			port := []int{22, 23, 80, 445, 3389, 6379, 8080}[r.IntN(7)]
			g.flows(rec, m, any(), flow{false, elsewhere(r), port, r.Between(1, 3), r.Between(40, 180), true}, "")
		}
	}
}
