package github

import (
	"strings"

	"github.com/sekisho/sekisho"
)

// provider vouches for every actor of this source.
const provider = "github.com"

// actor is who acted, with the token that was used, if any. A record that names nobody
// tells what GitHub did by itself. build says that the token is that of a build's run; user
// that it is the person whom the record is about.
func (r *record) actor(token string) (a sekisho.Actor, build, user bool) {
	login, id := r.text(fActor), r.number(fActorID)
	if login == "" && id == "" && r.e.Kind == sekisho.SignIn {
		login, id, user = r.text(fUser), r.number(fUserID), true // who tried to sign in
	}
	if login == "" && id == "" {
		return sekisho.Actor{Type: sekisho.ActorService, Kind: sekisho.KindService, KindEvidence: "the record names nobody: GitHub did it by itself",
			ID: provider, Name: "GitHub", Account: r.e.Account, Provider: provider}, false, user
	}
	a = sekisho.Actor{Type: sekisho.ActorDirectory, ID: identityID(id, login), Name: login, Account: r.e.Account, Provider: provider}
	access := strings.ToLower(r.text(fAccess))
	a.Credential, a.LongTerm = token, lasting(access)
	if key := r.text(fDeployKey); key != "" {
		a.Credential, a.LongTerm = keyID(key), true
	}
	a.Subject = r.subject()
	a.FromConsole = a.Credential == "" && r.e.Client.Family == "browser"
	if r.isApp(login, access) {
		a.Type = sekisho.ActorApp
	}
	a.Kind, a.KindEvidence = r.kind(&a, access)
	build = a.Type == sekisho.ActorApp && a.Kind == sekisho.KindWorkload && strings.EqualFold(login, "github-actions[bot]")
	return a, build, user
}

// isApp reports whether an app acts in its own name. One that acts for a person (with a
// "user-to-server" token) is that person; the record names the person as its actor.
func (r *record) isApp(login, access string) bool {
	switch {
	case r.is(fBot), strings.HasSuffix(login, "[bot]"):
		return true
	case strings.Contains(access, "user-to-server"), strings.EqualFold(r.text(fBot), "false"):
		return false
	}
	return strings.Contains(access, "github app") || access == "github_app"
}

// token is the credential that a token is, "" if none was used.
func (r *record) token() string {
	raw := r.v.Raw(fHash)
	if name, ok := r.tokens.Get(raw); ok {
		return name
	}
	hash := ""
	if len(raw) > 0 && raw[0] != '[' && raw[0] != '{' {
		hash = string(raw) // not interned: of builds each is new
	} else {
		hash = r.text(fHash)
	}
	const prefix = "github-token:"
	switch id := r.number(fTokenID); {
	case hash != "":
		name := prefix + hash
		if len(raw) == len(hash) {
			r.tokens.Put(name[len(prefix):], name)
		}
		return name
	case id != "":
		return prefix + id
	}
	return ""
}

// lasting reports whether credentials of a sort of access do not expire by themselves.
func lasting(access string) bool {
	for _, word := range [...]string{"personal access token", "personal_access_token", "oauth", "public key", "deploy"} {
		if strings.Contains(access, word) {
			return true
		}
	}
	return false
}

// keyID names an SSH key by its fingerprint.
func keyID(fingerprint string) string { return "github-key:" + fingerprint }

// subject is the person at the identity provider, as the provider and other clouds know
// them. It is the name in the assertion; the username is one only where it looks like it.
func (r *record) subject() string {
	if name := r.text(fNameID); name != "" {
		return strings.ToLower(name)
	}
	name := r.text(fNameAtProvider)
	if at := strings.IndexByte(name, '@'); at <= 0 || strings.IndexByte(name[at:], '.') < 0 {
		return ""
	}
	return strings.ToLower(name)
}

// agents are the logins, without "[bot]", of AI agents that change code.
var agents = map[string]bool{"copilot": true, "copilot-swe-agent": true, "github-copilot": true, "claude": true, "anthropic-claude": true,
	"devin-ai-integration": true, "cursor": true, "cursoragent": true, "chatgpt-codex-connector": true, "openai-codex": true,
	"google-labs-jules": true, "gemini-code-assist": true, "gemini-cli": true, "amazon-q-developer": true, "sweep-ai": true}

// kind is who stands behind an actor, and from what it is concluded.
func (r *record) kind(a *sekisho.Actor, access string) (sekisho.IdentityKind, string) {
	bare := strings.TrimSuffix(strings.ToLower(a.Name), "[bot]")
	switch {
	case r.is(fAgent):
		return sekisho.KindAgent, "the record says that its actor is an agent"
	case agents[bare] && (a.Type == sekisho.ActorApp && bare != strings.ToLower(a.Name) || bare == "copilot"):
		return sekisho.KindAgent, "the login of an AI agent's app"
	case strings.HasSuffix(a.Name, "[bot]"):
		return sekisho.KindWorkload, "the login of an app"
	case r.is(fBot):
		return sekisho.KindWorkload, "the record says that its actor is a bot"
	case r.isApp(a.Name, access):
		return sekisho.KindWorkload, "signed with the token of an app"
	case r.text(fDeployKey) != "":
		return sekisho.KindWorkload, "signed with a repository's deploy key"
	case a.FromConsole:
		return sekisho.KindHuman, "works in a browser"
	case a.Subject != "":
		return sekisho.KindHuman, "a person whom the identity provider knows"
	case a.LongTerm:
		return sekisho.KindUnknown, "a person's account with a lasting token or key"
	case r.e.Kind == sekisho.SignIn:
		return sekisho.KindHuman, "signed in"
	}
	return sekisho.KindUnknown, ""
}
