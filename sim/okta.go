package sim

import (
	"strings"
	"time"
)

// The directory's System Log, as its published schema has it: one JSON object an
// event. Which events follow one another at a sign-in is that of public samples.

// oktaEvent is one event, before it is known when.
type oktaEvent struct {
	name, message string // eventType and displayMessage
	by            *person
	from          seat
	result        string // "" means SUCCESS
	reason        string
	targets       []rawJSON
	debug         rawJSON // beyond what every event has; "" for nothing
	token         string  // id of the API token that a program came with, in its owner's name
}

// oktaUser is a person's lasting id in the directory.
func (g *organization) oktaUser(p *person) string { return g.oktaID("00u", p.name) }

// oktaID is the id of a thing of the directory, by its name.
func (g *organization) oktaID(prefix, name string) string {
	return prefix + NewRand(g.seed, "directory", prefix, name).Text(tokenLetter[:62], 17)
}

// cloudApp is the application through which people come into the cloud.
const cloudApp = "AWS Account Federation"

var otherApps = []string{"Mail", "Wiki", "Chat", "Payroll", "Tickets", "Code host", "Calendar", "Expenses"}

// oktaTarget is a thing that an event is about.
func (g *organization) oktaTarget(kind, prefix, id, name string) rawJSON {
	return obj("id", g.oktaID(prefix, name), "type", kind, "alternateId", id, "displayName", name, "detailEntry", rawJSON("null"))
}

// oktaPerson is a person as a target.
func (g *organization) oktaPerson(p *person) rawJSON {
	return obj("id", g.oktaUser(p), "type", "User", "alternateId", p.name, "displayName", display(p), "detailEntry", rawJSON("null"))
}

// oktaApp are the targets of somebody's access to an application.
func (g *organization) oktaApp(p *person, app string) []rawJSON {
	return []rawJSON{g.oktaTarget("AppInstance", "0oa", app, app),
		obj("id", g.oktaID("0ua", p.name+app), "type", "AppUser", "alternateId", p.name, "displayName", display(p), "detailEntry", rawJSON("null"))}
}

// okta writes an event. What a script does has a phase.
func (g *organization) okta(rec *Recording, at time.Time, e *oktaEvent, phase string) string {
	r := rec.rand
	at = milliseconds(r, at)
	n := networkOf(e.from.ip)
	os, browser, device := "Mac OS X", "CHROME", "Computer"
	switch {
	case strings.Contains(e.from.agent, "Windows"):
		os, browser = "Windows 10", "FIREFOX"
	case strings.Contains(e.from.agent, "Linux"):
		os = "Linux"
	case !strings.HasPrefix(e.from.agent, "Mozilla"):
		os, browser, device = "Unknown", "UNKNOWN", "Unknown"
	}
	place := obj("city", n.city, "state", rawJSON("null"), "country", n.country, "postalCode", rawJSON("null"), "geolocation", obj("lat", rawJSON(n.latitude), "lon", rawJSON(n.longest)))
	result, severity := "SUCCESS", "INFO"
	if e.result != "" {
		result, severity = e.result, "WARN"
	}
	var reason, session any = rawJSON("null"), rawJSON("null")
	if e.reason != "" {
		reason = e.reason
	}
	if e.from.session != "" {
		session = e.from.session
	}
	request := r.Hex(32)
	debug := string(obj("requestId", request, "requestUri", "/api/v1/authn", "dtHash", opt(e.from.device), "threatSuspected", "false"))
	if e.debug != "" {
		debug = debug[:len(debug)-1] + "," + string(e.debug[1:])
	}
	targets := rawJSON("null")
	if len(e.targets) > 0 {
		b := []byte{'['}
		for i, t := range e.targets {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, t...)
		}
		targets = rawJSON(append(b, ']'))
	}
	id := r.UUID()
	line := obj("actor", obj("id", g.oktaUser(e.by), "type", "User", "alternateId", e.by.name, "displayName", display(e.by), "detailEntry", rawJSON("null")),
		"client", obj("userAgent", obj("rawUserAgent", e.from.agent, "os", os, "browser", browser), "zone", "null", "device", device, "id", rawJSON("null"), "ipAddress", e.from.ip, "geographicalContext", place),
		"device", rawJSON("null"),
		"authenticationContext", obj("authenticationProvider", rawJSON("null"), "credentialProvider", rawJSON("null"), "credentialType", rawJSON("null"), "issuer", rawJSON("null"), "interface", rawJSON("null"),
			"authenticationStep", 0, "rootSessionId", session, "externalSessionId", session),
		"displayMessage", e.message, "eventType", e.name, "outcome", obj("result", result, "reason", reason), "published", at.Format("2006-01-02T15:04:05.000Z"),
		"securityContext", obj("asNumber", n.number, "asOrg", n.owner, "isp", n.owner, "domain", n.domain, "isProxy", n.proxy),
		"severity", severity, "debugContext", obj("debugData", rawJSON(debug)), "legacyEventType", rawJSON("null"),
		"transaction", obj("type", "WEB", "id", request, "detail", obj("requestApiTokenId", opt(e.token))), "uuid", id, "version", "0",
		"request", obj("ipChain", list(obj("ip", e.from.ip, "geographicalContext", place, "version", "V4", "source", rawJSON("null")))), "target", targets)
	w := who{name: e.by.name, id: g.oktaUser(e.by), kind: "okta-user"}
	return rec.keep(entry{kind: KindOkta, at: at, id: id, line: []byte(line), phase: phase, who: &w, name: "okta:" + e.name, failed: e.result == "FAILURE" || e.result == "DENY"})
}

// directory is each person's way through the directory into the cloud: a session
// in the morning, or where they sit down elsewhere, and from it the cloud.
// whole says that the rest of their day is to be there too: other applications.
func (x *surfaces) directory(rec *Recording, r *Rand, notes []note, whole bool) {
	g := x.w.g
	for _, mine := range byPerson(notes) {
		p := mine[0].person
		var now seat
		var since time.Time
		for _, n := range mine {
			if now.session == "" || now.ip != n.ip || n.at.Sub(since) > 10*time.Hour {
				now, since = x.usual(r, p, n.ip), n.at
				x.signsOn(rec, r, p, now, n.at.Add(-time.Duration(r.Between(25, 50))*time.Second))
				if whole {
					x.uses(rec, r, p, now, n.at)
				}
			}
			g.okta(rec, n.at.Add(-time.Duration(r.Between(1, 12))*time.Second), entersApp(g, p, now, cloudApp), "")
		}
	}
}

// entersApp is a person's access to an application.
func entersApp(g *organization, p *person, from seat, app string) *oktaEvent {
	return &oktaEvent{name: "user.authentication.sso", message: "User single sign on to app", by: p, from: from, targets: g.oktaApp(p, app), debug: obj("signOnMode", "SAML_2_0", "url", "/app/sso/saml")}
}

// signsOn is a person's sign-in with a second factor; now and then the push is
// refused by mistake, or comes after a wrong password.
func (x *surfaces) signsOn(rec *Recording, r *Rand, p *person, from seat, at time.Time) {
	g := x.w.g
	if r.Chance(0.04) {
		g.okta(rec, at.Add(-40*time.Second), &oktaEvent{name: "user.session.start", message: "User login to Okta", by: p, from: seat{from.ip, from.agent, "", from.device}, result: "FAILURE", reason: "INVALID_CREDENTIALS"}, "")
	}
	if r.Chance(0.02) {
		g.okta(rec, at.Add(-20*time.Second), refusesPush(g, p, from), "")
	}
	for i, e := range starts(g, p, from) {
		g.okta(rec, at.Add(time.Duration(2*i)*time.Second), e, "")
	}
}

// starts are the events of a sign-in.
func starts(g *organization, p *person, from seat) []*oktaEvent {
	return []*oktaEvent{
		{name: "user.session.start", message: "User login to Okta", by: p, from: from, debug: obj("deviceFingerprint", from.device[:min(32, len(from.device))])},
		{name: "user.authentication.auth_via_mfa", message: "Authentication of user via MFA", by: p, from: from, targets: []rawJSON{g.oktaPerson(p)}, debug: obj("factor", "OKTA_VERIFY_PUSH")},
	}
}

// refusesPush is a person saying no to a question for the second factor.
func refusesPush(g *organization, p *person, from seat) *oktaEvent {
	return &oktaEvent{name: "user.mfa.okta_verify.deny_push", message: "User rejected Okta push verify", by: p, from: from, result: "FAILURE", reason: "User rejected Okta push verify", targets: []rawJSON{g.oktaPerson(p)}, debug: obj("factor", "OKTA_VERIFY_PUSH")}
}

// enrols is a new factor: a telephone, or a program on one.
func enrols(g *organization, p *person, from seat) *oktaEvent {
	return &oktaEvent{name: "user.mfa.factor.activate", message: "Activate factor for user", by: p, from: from, reason: "User set up OKTA_VERIFY_PUSH factor", targets: []rawJSON{g.oktaPerson(p)}, debug: obj("factor", "OKTA_VERIFY_PUSH")}
}

// resets is the help desk taking all factors of a person back.
func resets(g *organization, desk *person, from seat, p *person) *oktaEvent {
	return &oktaEvent{name: "user.mfa.factor.reset_all", message: "Reset all factors for user", by: desk, from: from, targets: []rawJSON{g.oktaPerson(p)}}
}

// uses is a person's day in other applications, from a session.
func (x *surfaces) uses(rec *Recording, r *Rand, p *person, from seat, at time.Time) {
	g := x.w.g
	for range r.Between(1, 5) {
		at = at.Add(time.Duration(r.Between(20, 5000)) * time.Second)
		g.okta(rec, at, entersApp(g, p, from, otherApps[r.IntN(len(otherApps))]), "")
	}
	if r.Chance(0.006) { // a new telephone, set up with the old one
		from.device = r.Hex(64)
		g.okta(rec, at.Add(time.Minute), enrols(g, p, from), "")
	}
}

// office is a working day of those who have the directory and no cloud.
func (x *surfaces) office(rec *Recording, r *Rand, day time.Time, where map[*person]string) {
	for _, p := range x.staff {
		if r.Chance(0.15) {
			continue
		}
		at := day.Add(8*time.Hour + time.Duration(r.IntN(5400))*time.Second)
		from := x.usual(r, p, where[p])
		x.signsOn(rec, r, p, from, at)
		x.uses(rec, r, p, from, at)
	}
}

// administration is the help desk's and the directory administrators' day.
func (x *surfaces) administration(rec *Recording, r *Rand, day time.Time, d int, where map[*person]string) {
	g := x.w.g
	desk := x.helpDesk[d%len(x.helpDesk)]
	from := x.usual(r, desk, officeAddress)
	at := officeHour(r, day)
	x.signsOn(rec, r, desk, from, at.Add(-time.Minute))
	say := func(wait int, e *oktaEvent) {
		at = at.Add(time.Duration(wait) * time.Second)
		e.by, e.from = desk, from
		g.okta(rec, at, e, "")
	}
	var everybody []*person // who is there to ask for something
	for _, p := range append(append([]*person{}, x.staff...), x.w.people...) {
		if where[p] != "" {
			everybody = append(everybody, p)
		}
	}
	say(1, &oktaEvent{name: "user.session.access_admin_app", message: "User accessing Okta admin app", targets: g.oktaApp(desk, "Okta Admin Console")})
	for range r.Between(0, 3) {
		p, team := everybody[r.IntN(len(everybody))], "team-"+trades[r.IntN(len(trades))]
		name := r.Pick("add", "add", "remove")
		say(r.Between(30, 900), &oktaEvent{name: "group.user_membership." + name, message: "Change of a group's members", targets: []rawJSON{g.oktaPerson(p), g.oktaTarget("UserGroup", "00g", "unknown", team)}})
	}
	if r.Chance(0.3) {
		p, app := everybody[r.IntN(len(everybody))], otherApps[r.IntN(len(otherApps))]
		say(60, &oktaEvent{name: "application.user_membership.add", message: "Add user to application membership", targets: append(g.oktaApp(p, app), g.oktaPerson(p))})
	}
	if r.Chance(0.12) { // a lost telephone: the person enrols another at once
		p := everybody[r.IntN(len(everybody))]
		say(200, resets(g, desk, from, p))
		there := x.usual(r, p, where[p])
		there.device = r.Hex(64)
		g.okta(rec, at.Add(4*time.Minute), starts(g, p, there)[0], "")
		g.okta(rec, at.Add(5*time.Minute), enrols(g, p, there), "")
	}
	if d%4 == 1 {
		x.joins(rec, r, at.Add(time.Hour), d)
	}
	if d%45 == 17 {
		say(300, &oktaEvent{name: "system.api_token.create", message: "Create API token", targets: []rawJSON{g.oktaTarget("Token", "00T", "unknown", "reporting-"+itoa(d))}})
	}
	if d%30 == 11 {
		say(120, &oktaEvent{name: "policy.rule.update", message: "Update policy rule", targets: []rawJSON{g.oktaTarget("PolicyEntity", "00p", "unknown", "Default Policy"), g.oktaTarget("PolicyRule", "0pr", "unknown", "Office")}})
	}
}

// provisioning is the token with which the personnel system makes people known to
// the directory; an administrator of the directory made it.
func (x *surfaces) provisioning() (owner *person, token string, from seat) {
	return x.helpDesk[0], x.w.g.oktaID("00T", "provisioning"), seat{ip: "192.0.2.44", agent: "okta-sdk-java/21.0.0 java/21.0.8"}
}

// joins is the personnel system's work for somebody new.
func (x *surfaces) joins(rec *Recording, r *Rand, at time.Time, d int) {
	owner, token, from := x.provisioning()
	p := &person{name: r.Pick(firstNames...) + ".j" + itoa(d) + "@lantern.example"}
	for i, e := range x.w.g.makesPerson(p, "everyone") {
		e.by, e.from, e.token = owner, from, token
		x.w.g.okta(rec, at.Add(time.Duration(2*i)*time.Second), e, "")
	}
}

// makesPerson are the events of somebody new in a group.
func (g *organization) makesPerson(p *person, group string) []*oktaEvent {
	return []*oktaEvent{
		{name: "user.lifecycle.create", message: "Create Okta user", targets: []rawJSON{g.oktaPerson(p)}},
		{name: "user.lifecycle.activate", message: "Activate Okta user", targets: []rawJSON{g.oktaPerson(p)}},
		{name: "group.user_membership.add", message: "Add user to group membership", targets: []rawJSON{g.oktaPerson(p), g.oktaTarget("UserGroup", "00g", "unknown", group)}},
	}
}
