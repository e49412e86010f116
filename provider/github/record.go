package github

import (
	"strings"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/normalize/rawjson"
)

// record is one record on its way to an event.
type record struct {
	e     *sekisho.Event
	v     *normalize.Values
	guard bool   // read by the layout of guards
	repo  string // "owner/name", "" if it is about none
	memory
}

// service is that of every action.
const service = "github"

// read sets all of the event but its effects.
func (r *record) read() {
	e := r.e
	a := r.action()
	e.Service, e.Action = service, a.name
	e.SetName(a.full)
	if r.repo = r.first(fRepo, fRepository); strings.Count(r.repo, "/") != 1 {
		r.repo = ""
	}
	e.Level, e.Topic, e.Class, e.Kind = a.level, a.topic, a.class, a.kind
	r.who()
	if e.Actor.Type == sekisho.ActorService && e.Kind == sekisho.APICall {
		e.Kind = sekisho.Notice
	}
	e.Outcome, e.Error = a.outcome, a.err
	r.outcome()
	e.Target = r.target()
	if e.Action == "api.request" {
		r.request()
	}
}

// request sorts a request to the API, whose action says nothing, by its method.
func (r *record) request() {
	e := r.e
	switch strings.ToUpper(r.text(fMethod)) {
	case "POST":
		e.Level, e.Class.Activity = sekisho.LevelWrite, sekisho.ActivityCreate
	case "PUT", "PATCH":
		e.Level, e.Class.Activity = sekisho.LevelWrite, sekisho.ActivityUpdate
	case "DELETE":
		e.Level, e.Class.Activity = sekisho.LevelWrite, sekisho.ActivityDelete
	default:
		e.Class.Activity = sekisho.ActivityRead
	}
}

// outcome: nearly all that is recorded succeeded. What did not has an action of its own,
// which has been looked at, or, of requests to the API, a status.
//
// No published record of a refused single sign-on was at hand: an error in it is taken
// for a refusal.
func (r *record) outcome() {
	e := r.e
	if r.guard {
		return
	}
	switch status := r.text(fStatus); {
	case status == "401", status == "403":
		e.Outcome, e.Error = sekisho.Denied, status
	case len(status) == 3 && status >= "400":
		e.Outcome, e.Error = sekisho.Failed, status
	}
	if text := r.text(fError); text != "" {
		e.Error, e.ErrorMessage = "error", text
		if e.Outcome == sekisho.OK && e.Kind == sekisho.SignIn {
			e.Outcome = sekisho.Denied
		} else if e.Outcome == sekisho.OK {
			e.Outcome = sekisho.Failed
		}
	}
}

// target is what the action was about.
func (r *record) target() string {
	switch {
	case r.repo != "":
		return r.repo
	case r.guard:
		return r.first(fRuleset, fName, fOrg, fBusiness)
	}
	return r.first(fTeam, fInvitee, fUser, fApp, fOAuthAppName, fOAuthApp, fPackage, fName, fPath, fOrg, fBusiness)
}

// text is a field as text. Some fields are lists in records that concern several
// organizations: the first counts.
func (r *record) text(f int) string {
	raw := r.v.Raw(f)
	if len(raw) == 0 || raw[0] != '[' && raw[0] != '{' {
		return r.v.Text(f)
	}
	text := ""
	if raw[0] == '[' {
		rawjson.Each(raw, func(elem []byte) {
			if text == "" {
				text = rawjson.TextOf(elem)
			}
		})
	}
	return text
}

// first is the text of the first field that has one.
func (r *record) first(fields ...int) string {
	for _, f := range fields {
		if text := r.text(f); text != "" {
			return text
		}
	}
	return ""
}

// number is a field's text, "" for the 0 that stands for none.
func (r *record) number(f int) string {
	if text := r.text(f); text != "0" {
		return text
	}
	return ""
}

// is reports whether a field is true. It is written as a truth value, and in some
// records as text.
func (r *record) is(f int) bool { return strings.EqualFold(r.text(f), "true") }

// off reports whether a field says that something is not required; false if it says
// nothing. Levels are numbers, and words in some versions.
func (r *record) off(f int) bool {
	switch strings.ToLower(r.text(f)) {
	case "0", "off", "false", "none", "disabled":
		return true
	}
	return false
}

// on reports whether a field says that something is required.
func (r *record) on(f int) bool { return r.v.Has(f) && !r.off(f) }

// filled reports whether a list holds anything. Lists come as JSON, or as JSON in a text.
func (r *record) filled(f int) bool {
	text := strings.TrimSpace(string(r.v.Raw(f)))
	return text != "" && text != "[]" && text != "{}" && text != "null"
}

func (r *record) add(x sekisho.Effect) { r.v.Add(x) }

// scope is the organization or enterprise as a resource.
func (r *record) scope() string {
	if org := r.text(fOrg); org != "" {
		return "org:" + org
	}
	if business := r.text(fBusiness); business != "" {
		return "enterprise:" + business
	}
	return "org:" + r.e.Account
}

// resource is the repository, else the organization or enterprise.
func (r *record) resource() string {
	if r.repo != "" {
		return r.repo
	}
	return r.scope()
}

// ref is a person by login; id is the field of the lasting id, −1 if there is none.
func (r *record) ref(login string, id int) sekisho.Ref {
	if login == "" {
		return sekisho.Ref{}
	}
	x := sekisho.Ref{ID: identityID("", login), Name: login, Account: r.e.Account, Type: "user"}
	if id >= 0 {
		x.ID = identityID(r.number(id), login)
	}
	return x
}

// user is whom the record is about.
func (r *record) user() sekisho.Ref { return r.ref(r.text(fUser), fUserID) }

// userOrSelf is whom the record is about, else who acted.
func (r *record) userOrSelf() sekisho.Ref {
	if x := r.user(); !x.Zero() {
		return x
	}
	return r.self()
}

// self is who acted.
func (r *record) self() sekisho.Ref {
	a := &r.e.Actor
	return sekisho.Ref{ID: a.ID, Name: a.Name, Account: a.Account, Type: "user"}
}

// identityID is the lasting id of a person or app.
func identityID(id, login string) string {
	if id != "" {
		return "github:" + id
	}
	return "github:" + strings.ToLower(login)
}
