package okta

import (
	"strings"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/normalize/rawjson"
)

// sessionStarted: from now on the session stands for the user. Who opened it had no
// session, but a password and factors.
func sessionStarted(e *sekisho.Event, v *normalize.Values, _ targets) {
	a := &e.Actor
	session := a.Credential
	a.Credential, a.MFA = "", false
	if session == "" || a.Type != sekisho.ActorDirectory {
		return
	}
	v.Add(sekisho.Effect{Kind: sekisho.IssueCredential, What: "session", Identity: self(a), Credential: session})
}

func self(a *sekisho.Actor) sekisho.Ref {
	return sekisho.Ref{ID: a.ID, Name: a.Name, Account: a.Account, Type: "user"}
}

// signedOn: an application is told who the user is. The user of the application (AppUser)
// has the name under which it knows the person, which need not be the login here. Only an
// assertion that Okta signs carries that name: of an application that Okta fills in a
// password for, or links to, people write what name they like.
func signedOn(e *sekisho.Event, v *normalize.Values, t targets) {
	app, ok := t.of("AppInstance")
	if !ok {
		return
	}
	x := sekisho.Effect{Kind: sekisho.VouchFor, Resource: app.label()}
	known := ""
	if asserts(first(app.mode, rawjson.Text(v.Raw(fDebug), "signOnMode"))) {
		known = knownAs(t)
	}
	for _, name := range [...]string{known, e.Actor.Subject} {
		if name = strings.ToLower(name); name != "" && (len(x.With) == 0 || x.With[0] != name) {
			if x.With == nil {
				x.With = make([]string, 0, 2)
			}
			x.With = append(x.With, name)
		}
	}
	e.Target = app.label()
	v.Add(x)
}

// asserts reports whether an application is told by a signed assertion: "SAML_2_0",
// "SAML 2.0", "OPENID_CONNECT", "WS_FEDERATION".
func asserts(mode string) bool {
	mode = strings.ToUpper(mode)
	return strings.HasPrefix(mode, "SAML") || strings.HasPrefix(mode, "OPENID") || strings.HasPrefix(mode, "WS")
}

// knownAs is the name of the application's user.
func knownAs(t targets) string {
	user, _ := t.of("AppUser")
	if user.login == "unknown" {
		return ""
	}
	return user.login
}

// factor is what a record calls the proof that was asked for or added.
func factor(v *normalize.Values, t targets) string {
	text := rawjson.Text(v.Raw(fDebug), "factor")
	if x, ok := t.of("AuthenticatorEnrollment", "Authenticator", "Factor"); ok && text == "" {
		text = first(x.name, x.login)
	}
	text = strings.ToLower(first(text, v.Text(fReason)))
	for _, k := range [...]struct{ part, is string }{{"push", "push"}, {"verify", "push"}, {"totp", "code"}, {"token:software", "code"}, {"google", "code"}, {"sms", "phone"},
		{"call", "phone"}, {"phone", "phone"}, {"email", "mail"}, {"fido", "key"}, {"webauthn", "key"}, {"yubi", "key"}, {"security key", "key"}} {
		if strings.Contains(text, k.part) {
			return k.is
		}
	}
	return ""
}

// asked: a further proof was given or refused.
func asked(e *sekisho.Event, v *normalize.Values, t targets) {
	switch {
	case e.Outcome == sekisho.Failed && e.Error == "CHALLENGE": // the answer has a record of its own
	case strings.Contains(e.Action, "mfa"), strings.HasSuffix(e.Action, ".verify") && factor(v, t) != "", e.Action == "user.mfa.attempt_bypass":
		v.Add(sekisho.Effect{Kind: sekisho.AskFactor, What: factor(v, t), Identity: self(&e.Actor)})
	}
}

// askedPush: the person said no to a question on the phone.
func askedPush(e *sekisho.Event, v *normalize.Values, _ targets) {
	v.Add(sekisho.Effect{Kind: sekisho.AskFactor, What: "push", Identity: self(&e.Actor)})
}

// owner is whose account a record is about: the target user, else the actor.
func owner(e *sekisho.Event, t targets) sekisho.Ref {
	if u, ok := t.of("User"); ok {
		return u.ref()
	}
	return self(&e.Actor)
}

func enrolled(e *sekisho.Event, v *normalize.Values, t targets) {
	v.Add(sekisho.Effect{Kind: sekisho.EnrolFactor, What: factor(v, t), Identity: owner(e, t)})
}

func factorLost(e *sekisho.Event, v *normalize.Values, t targets) {
	v.Add(sekisho.Effect{Kind: sekisho.RemoveLimit, What: "mfa", Identity: owner(e, t)})
}

func passwordSet(e *sekisho.Event, v *normalize.Values, t targets) {
	v.Add(sekisho.Effect{Kind: sekisho.SetPassword, Identity: owner(e, t)})
}

func userMade(e *sekisho.Event, v *normalize.Values, t targets) {
	if u, ok := t.of("User"); ok {
		v.Add(sekisho.Effect{Kind: sekisho.CreateIdentity, Identity: u.ref()})
	}
}

func userGone(e *sekisho.Event, v *normalize.Values, t targets) {
	if u, ok := t.of("User"); ok {
		v.Add(sekisho.Effect{Kind: sekisho.Destroy, What: "identity", Resource: u.label(), Count: 1})
	}
}

// roles are Okta's standard administrator roles by the words in which records name them,
// the longest first, and how far each reaches. One that manages users or groups can
// reset who is more than itself where nothing forbids it; one that reads is none.
var roles = []struct {
	words string
	power sekisho.Power
}{
	{"read-only administrator", sekisho.PowerLimited}, {"read only admin", sekisho.PowerLimited}, {"report administrator", sekisho.PowerLimited},
	{"mobile administrator", sekisho.PowerLimited}, {"help desk administrator", sekisho.PowerIssues}, {"group membership administrator", sekisho.PowerIssues},
	{"group administrator", sekisho.PowerIssues}, {"user administrator", sekisho.PowerIssues}, {"application administrator", sekisho.PowerIssues},
	{"app administrator", sekisho.PowerIssues}, {"api access management administrator", sekisho.PowerIssues},
	{"super administrator", sekisho.PowerAdmin}, {"super admin", sekisho.PowerAdmin}, {"organization administrator", sekisho.PowerAdmin}, {"org administrator", sekisho.PowerAdmin},
}

// powerOf is how far a grant reaches, by the role's name.
func powerOf(v *normalize.Values, t targets) sekisho.Power {
	text := strings.ToLower(rawjson.Text(v.Raw(fDebug), "privilegeGranted"))
	if x, ok := t.of("ROLE", "Role"); ok {
		text += " " + strings.ToLower(x.name)
	}
	best := sekisho.PowerUnknown
	for _, r := range roles {
		if strings.Contains(text, r.words) {
			best = max(best, r.power)
			text = strings.ReplaceAll(text, r.words, "")
		}
	}
	return best
}

// privileged: a person, or everybody in a group, is an administrator now.
func privileged(e *sekisho.Event, v *normalize.Values, t targets) {
	x := sekisho.Effect{Kind: sekisho.GrantPower, What: "attach", Identity: owner(e, t), Power: powerOf(v, t), Policy: rawjson.Text(v.Raw(fDebug), "privilegeGranted")}
	if g, ok := t.of("UserGroup"); ok {
		x.Identity = sekisho.Ref{ID: g.id, Name: first(g.name, g.login), Account: vendor, Type: "group"}
	}
	v.Add(x)
}

func joined(e *sekisho.Event, v *normalize.Values, t targets) {
	g, ok := t.of("UserGroup")
	if !ok {
		return
	}
	v.Add(sekisho.Effect{Kind: sekisho.GrantPower, What: "group", Identity: owner(e, t), Policy: first(g.name, g.id)})
}

// appGiven: a person may use an application from now on.
func appGiven(e *sekisho.Event, v *normalize.Values, t targets) {
	app, ok := t.of("AppInstance")
	if !ok {
		return
	}
	v.Add(sekisho.Effect{Kind: sekisho.GrantPower, What: "entry", Identity: owner(e, t), Policy: app.label(), Power: sekisho.PowerLimited})
}

func passwordShown(e *sekisho.Event, v *normalize.Values, t targets) {
	v.Add(sekisho.Effect{Kind: sekisho.ReadSecret, Resource: t.label(), Count: 1})
}

// impersonated: Okta's support, or an administrator, may act as a user. The record of the
// grant names who gave it; that of its use who came.
func impersonated(e *sekisho.Event, v *normalize.Values, t targets) {
	switch {
	case strings.HasSuffix(e.Action, ".end"), strings.HasSuffix(e.Action, ".revoke"):
	default:
		v.Add(sekisho.Effect{Kind: sekisho.Impersonate, Identity: owner(e, t)})
	}
}

// tokenMade: the token has all the power of who made it, and lasts.
func tokenMade(e *sekisho.Event, v *normalize.Values, t targets) {
	token, ok := t.of("Token")
	if !ok && len(t) > 0 {
		token = t[0]
	}
	if token.id == "" {
		return
	}
	v.Add(sekisho.Effect{Kind: sekisho.IssueCredential, What: "key", Identity: self(&e.Actor), Credential: "okta-token:" + token.id})
}

func tokenGone(e *sekisho.Event, v *normalize.Values, t targets) {
	if token, ok := t.of("Token"); ok {
		v.Add(sekisho.Effect{Kind: sekisho.DisableCredential, Credential: "okta-token:" + token.id})
	}
}

// widened is a sign-in setting that was loosened, or may have been: the log says that a
// rule changed, seldom how.
func widened(what string) func(*sekisho.Event, *normalize.Values, targets) {
	return func(e *sekisho.Event, v *normalize.Values, t targets) {
		v.Add(sekisho.Effect{Kind: sekisho.WidenDirectory, What: what, Resource: first(t.label(), vendor)})
	}
}

// policyChanged: what is added to a policy or made anew holds people back; what is
// changed, switched off or deleted may let them through.
func policyChanged(e *sekisho.Event, v *normalize.Values, t targets) {
	if loosens(e.Action) {
		widened("policy")(e, v, t)
	}
}

// loosens reports whether the last word of a type is one that may take something away.
func loosens(action string) bool {
	switch action[strings.LastIndexByte(action, '.')+1:] {
	case "update", "updated", "delete", "deleted", "deactivate", "deactivated", "overwrite", "remove":
		return true
	}
	return false
}

// networkChanged: zones name where one may come from, or must not; a new one lets nobody
// in before a policy names it.
func networkChanged(e *sekisho.Event, v *normalize.Values, t targets) {
	if loosens(e.Action) || strings.HasSuffix(e.Action, "remove_blacklist") {
		widened("network")(e, v, t)
	}
}

// originChanged: pages of a trusted origin may speak for whoever is signed in.
func originChanged(e *sekisho.Event, v *normalize.Values, t targets) {
	if !strings.HasSuffix(e.Action, ".delete") && !strings.HasSuffix(e.Action, ".deactivate") {
		widened("origin")(e, v, t)
	}
}

// factorsChanged: a kind of proof is no longer asked of anybody.
func factorsChanged(e *sekisho.Event, v *normalize.Values, t targets) {
	if loosens(e.Action) {
		widened("mfa")(e, v, t)
	}
}

// providerChanged: whoever the other provider vouches for may come in.
func providerChanged(e *sekisho.Event, v *normalize.Values, t targets) {
	switch {
	case strings.HasSuffix(e.Action, ".create"), strings.HasSuffix(e.Action, ".update"), strings.HasSuffix(e.Action, ".activate"):
		p, _ := t.of("IdentityProvider")
		v.Add(sekisho.Effect{Kind: sekisho.AddProvider, What: "saml", Resource: first(p.id, t.label(), vendor)})
	case strings.HasSuffix(e.Action, ".read_client_secret"):
		passwordShown(e, v, t)
	}
}

// detectionOff: what records or warns was stopped or changed.
func detectionOff(e *sekisho.Event, v *normalize.Values, t targets) {
	x := sekisho.Effect{Kind: sekisho.DisableDefence, Resource: first(t.label(), e.Action[:strings.LastIndexByte(e.Action, '.')])}
	switch {
	case strings.HasSuffix(e.Action, "delete") || strings.HasSuffix(e.Action, "deleted"):
		x.What = "delete"
	case strings.HasSuffix(e.Action, "deactivate") || strings.HasSuffix(e.Action, "deactivated"):
		x.What = "disable"
	case strings.HasSuffix(e.Action, "update") || strings.HasSuffix(e.Action, "updated"):
		x.What = "narrow"
	default:
		return
	}
	v.Add(x)
}

// gravity is how grave Okta takes what it reports to be.
var gravity = map[string]int64{"DEBUG": 10, "INFO": 30, "WARN": 60, "ERROR": 80}

// reported: Okta itself, or a person who was told of a sign-in, warns of somebody.
func reported(e *sekisho.Event, v *normalize.Values, t targets) {
	x := sekisho.Effect{Kind: sekisho.Report, What: e.Action, Count: max(gravity[v.Text(fSeverity)], 10), Identity: owner(e, t)}
	if x.Identity.ID == "" {
		x.Identity = sekisho.Ref{}
	}
	v.Add(x)
	if u, ok := t.of("User"); ok && e.Actor.Type == sekisho.ActorService {
		// The warning is about the person, whoever's words it is in.
		e.Actor = sekisho.Actor{Type: sekisho.ActorDirectory, ID: u.id, Name: first(u.login, u.name), Subject: normalize.Mail(u.login), Account: vendor, Provider: vendor,
			Kind: sekisho.KindHuman, KindEvidence: "a user of the directory"}
	}
}
