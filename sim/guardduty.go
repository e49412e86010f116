package sim

import (
	"strings"
	"time"
)

// The threat detector's findings, as they are exported: one JSON object each,
// keys in camel case.

// threat is one finding, before it is known when.
type threat struct {
	kind, title string
	severity    int
	place       *place
	machine     *machine // it is about, or else
	session     *session // whose key it is about
	root        bool     // or the account's owner
	action      rawJSON
}

// guardDuty writes a finding, which comes some minutes after what was seen.
func (g *organization) guardDuty(rec *Recording, seen, at time.Time, t *threat, phase string) string {
	r := rec.rand
	at = milliseconds(r, at)
	p := t.place
	id, detector := r.Hex(32), NewRand(g.seed, "detector", p.id).Hex(32)
	stamp := at.Format("2006-01-02T15:04:05.000Z")
	first := seen.UTC().Format(timeFormat)
	resource := obj("resourceType", "AccessKey", "accessKeyDetails", obj("accessKeyId", "", "principalId", p.id, "userName", "Root", "userType", "Root"))
	w := who{name: "root", id: p.id, kind: "root"}
	switch {
	case t.machine != nil:
		m := t.machine
		var profile any
		if m.role != nil {
			profile = obj("arn", "arn:aws:iam::"+p.id+":instance-profile/"+m.role.name, "id", NewRand(g.seed, "profile", m.id).ID("AIPA", 17))
		}
		resource = obj("resourceType", "Instance", "instanceDetails", m.details(profile))
		w = who{name: m.id, id: m.id, kind: "machine"}
	case t.session != nil:
		s := t.session
		resource = obj("resourceType", "AccessKey", "accessKeyDetails", obj("accessKeyId", s.key, "principalId", s.principal(), "userName", s.role.name, "userType", "AssumedRole"))
		w = who{name: s.name, id: s.principal(), kind: "session"}
	}
	line := obj("schemaVersion", "2.0", "accountId", p.id, "region", p.home, "partition", "aws", "id", id, "arn", "arn:aws:guardduty:"+p.home+":"+p.id+":detector/"+detector+"/finding/"+id, "type", t.kind, "resource", resource,
		"service", obj("serviceName", "guardduty", "detectorId", detector, "action", t.action, "resourceRole", "TARGET", "additionalInfo", obj(), "eventFirstSeen", first, "eventLastSeen", first, "archived", false, "count", 1),
		"severity", t.severity, "createdAt", stamp, "updatedAt", stamp, "title", t.title, "description", t.title+".")
	return rec.keep(entry{kind: KindGuardDuty, at: at, account: p.id, region: p.home, id: id, line: []byte(line), phase: phase, who: &w, name: "guardduty:" + t.kind})
}

// details are a machine as findings describe it.
func (m *machine) details(profile any) rawJSON {
	p, c := m.place, m.card
	if c == nil {
		return obj("instanceId", m.id, "instanceType", "m6i.large", "imageId", p.images[0], "instanceState", "running", "availabilityZone", p.home+"a", "iamInstanceProfile", profile,
			"networkInterfaces", list(obj("networkInterfaceId", m.face, "privateIpAddress", m.ip, "subnetId", m.subnet, "vpcId", p.vpc, "securityGroups", list())), "tags", list())
	}
	name := "ip-" + strings.ReplaceAll(m.ip, ".", "-") + "." + p.home + ".compute.internal"
	public := "" // none has a name of none
	if c.public != "" {
		public = "ec2-" + strings.ReplaceAll(c.public, ".", "-") + "." + p.home + ".compute.amazonaws.com"
	}
	var tags []any
	for _, t := range c.tags {
		tags = append(tags, obj("key", t[0], "value", t[1]))
	}
	face := obj("ipv6Addresses", list(), "networkInterfaceId", m.face, "privateDnsName", name, "privateIpAddress", m.ip,
		"privateIpAddresses", list(obj("privateDnsName", name, "privateIpAddress", m.ip)), "subnetId", m.subnet, "vpcId", p.vpc,
		"securityGroups", list(obj("groupName", c.groupName, "groupId", c.group)), "publicDnsName", public, "publicIp", c.public)
	return obj("instanceId", m.id, "instanceType", "m6i.large", "launchTime", c.launched.Format(timeFormat), "productCodes", list(), "iamInstanceProfile", profile,
		"networkInterfaces", list(face), "tags", list(tags...), "instanceState", "running", "availabilityZone", p.home+"a", "imageId", p.images[0], "imageDescription", c.image)
}

// remote is an address as findings describe one.
func remote(ip string) rawJSON {
	n := networkOf(ip)
	return obj("ipAddressV4", ip, "organization", obj("asn", itoa(n.number), "asnOrg", n.owner, "isp", n.owner, "org", n.owner), "country", obj("countryName", n.country), "city", obj("cityName", n.city),
		"geoLocation", obj("lat", rawJSON(n.latitude), "lon", rawJSON(n.longest)))
}

// apiAction is what was called, from where.
func apiAction(service, name, ip string) rawJSON {
	return obj("actionType", "AWS_API_CALL", "awsApiCallAction", obj("api", name, "serviceName", service+".amazonaws.com", "callerType", "Remote IP", "remoteIpDetails", remote(ip)))
}

// connection is a machine's conversation.
func connection(ip string, port int, out bool) rawJSON {
	way := "INBOUND"
	if out {
		way = "OUTBOUND"
	}
	return obj("actionType", "NETWORK_CONNECTION", "networkConnectionAction", obj("connectionDirection", way, "protocol", "TCP", "blocked", false, "remoteIpDetails", remote(ip), "remotePortDetails", obj("port", port, "portName", "Unknown"),
		"localPortDetails", obj("port", 49152, "portName", "Unknown")))
}

// probed is a port that strangers try.
func probed(ip string) rawJSON {
	return obj("actionType", "PORT_PROBE", "portProbeAction", obj("blocked", false, "portProbeDetails", list(obj("localPortDetails", obj("port", 22, "portName", "SSH"), "remoteIpDetails", remote(ip)))))
}

// threats are a day's false alarms and reminders: probes of ports, travellers who
// look unlike themselves, policy.
func (x *surfaces) threats(rec *Recording, r *Rand, notes []note, day time.Time) {
	g := x.w.g
	if r.Chance(0.35) {
		m := &x.machines[r.IntN(len(x.machines))]
		ip := elsewhere(r)
		at := day.Add(time.Duration(r.IntN(86000)) * time.Second)
		g.guardDuty(rec, at.Add(-5*time.Minute), at, &threat{kind: "Recon:EC2/PortProbeUnprotectedPort", title: "An unprotected port is being probed", severity: 2, place: m.place, machine: m, action: probed(ip)}, "")
	}
	if r.Chance(0.05) {
		p := g.places[r.IntN(len(g.places))]
		at := officeHour(r, day)
		g.guardDuty(rec, at.Add(-8*time.Minute), at, &threat{kind: "Policy:IAMUser/RootCredentialUsage", title: "The account was used with the root user's credentials", severity: 2, place: p, root: true, action: apiAction("iam", "GetAccountSummary", officeAddress)}, "")
	}
	for _, n := range notes {
		if n.person == nil || networkOf(n.ip).number < 64506 || !r.Chance(0.08) {
			continue
		}
		kind, name, severity := "Discovery:IAMUser/AnomalousBehavior", "DescribeInstances", 2
		if r.Chance(0.3) {
			kind, name, severity = "InitialAccess:IAMUser/AnomalousBehavior", "GetConsoleScreenshot", 5
		}
		g.guardDuty(rec, n.at.Add(time.Duration(r.Between(5, 300))*time.Second), n.at.Add(time.Duration(r.Between(400, 1500))*time.Second), &threat{kind: kind, title: "Calls that are unusual for this user", severity: severity, place: n.person.home, session: n.session, action: apiAction("ec2", name, n.ip)}, "")
	}
}
