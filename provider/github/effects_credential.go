package github

import (
	"strings"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize/rawjson"
)

// Keys, tokens and apps that come in, and that can no longer.
//
// A record of one that is made does not hold the hash under which records of its use name
// it, but for credentials authorized for single sign-on: of the others the id only tells
// one from the other, and finds what takes it away.
var credentialEffects = merge(map[string]effect{
	"public_key.create":                  issueSSH,
	"public_key.delete":                  revoke(sshKey),
	"org_credential_authorization.grant": issue("key", managedToken),
	"integration_installation.create":    issue("service", app),
	"integration.generate_client_secret": issue("key", appSecret),
	"org.oauth_app_access_approved":      issue("service", oauthApp),

	"integration_installation.version_updated":    morePower,
	"integration_installation.repositories_added": morePower,
	"integration_installation.unsuspend":          morePower,
},
	each(issue("key", pat), "personal_access_token.create", "personal_access_token.access_granted", "personal_access_token.request_approved",
		"personal_access_token.credential_regenerated"),
	each(issue("key", oauthToken), "oauth_access.create", "oauth_access.regenerate", "oauth_authorization.create"),
	each(issue("key", oauthSecret), "oauth_application.generate_client_secret", "oauth_application.reset_secret"),
	each(revoke(pat), "personal_access_token.access_revoked", "personal_access_token.destroy", "personal_access_token.credential_revoked"),
	each(revoke(oauthToken), "oauth_access.destroy", "oauth_access.revoke", "oauth_authorization.destroy"),
	each(revoke(managedToken), "org_credential_authorization.revoke", "org_credential_authorization.deauthorize"),
	each(revoke(app), "integration_installation.destroy", "integration_installation.suspend"),
)

// naming finds a credential in a record: its owner and its id.
type naming func(r *record) (owner sekisho.Ref, id string)

// issue makes the effect of an action by which a credential comes into being or gets in.
func issue(what string, of naming) effect {
	return func(r *record) {
		owner, id := of(r)
		r.add(sekisho.Effect{Kind: sekisho.IssueCredential, What: what, Identity: owner, Credential: id, Resource: r.repo, Power: r.tokenPower()})
	}
}

func revoke(of naming) effect {
	return func(r *record) {
		owner, id := of(r)
		r.add(sekisho.Effect{Kind: sekisho.DisableCredential, Identity: owner, Credential: id})
	}
}

// sshKey is a person's key, or, where a repository is named, that repository's deploy key.
func sshKey(r *record) (sekisho.Ref, string) {
	id := ""
	if fingerprint := r.text(fFingerprint); fingerprint != "" {
		id = keyID(fingerprint)
	}
	if r.repo != "" {
		return sekisho.Ref{ID: "github-deploy:" + r.repo, Name: "deploy key of " + r.repo, Account: r.e.Account, Type: "app"}, id
	}
	return r.userOrSelf(), id
}

// issueSSH lets a key in. What it may do is what its owner may.
func issueSSH(r *record) {
	owner, id := sshKey(r)
	r.add(sekisho.Effect{Kind: sekisho.IssueCredential, What: "ssh", Identity: owner, Credential: id, Resource: r.repo, Power: sekisho.PowerLimited})
}

// pat is a fine-grained personal access token.
func pat(r *record) (sekisho.Ref, string) {
	owner := r.userOrSelf()
	id := r.number(fPATID)
	if id == "" {
		if name := r.text(fPATName); name != "" {
			id = owner.Name + "/" + name
		}
	}
	return owner, prefixed("github-pat:", id)
}

// oauthToken is a classic token, or one that an OAuth app got for a person.
func oauthToken(r *record) (sekisho.Ref, string) {
	owner := r.userOrSelf()
	id := r.first(fOAuthAppName, fOAuthApp)
	if id == "" {
		id = r.number(fOAuthAppID)
	}
	if id == "" {
		id = "token"
	}
	return owner, "github-oauth:" + id + ":" + owner.Name
}

// managedToken is a person's token that is let in to an organization with single sign-on.
func managedToken(r *record) (sekisho.Ref, string) {
	return r.userOrSelf(), prefixed("github-token:", r.text(fManagedHash))
}

// app is an installed app.
func app(r *record) (sekisho.Ref, string) {
	x := r.app(r.first(fApp, fName))
	return x, x.ID
}

func appSecret(r *record) (sekisho.Ref, string) {
	x := r.app(r.first(fApp, fName))
	return x, prefixed("github-app-secret:", strings.TrimPrefix(x.ID, "github-app:"))
}

// oauthApp is an OAuth app that the organization lets in.
func oauthApp(r *record) (sekisho.Ref, string) {
	x := r.app(r.first(fOAuthAppName, fOAuthApp))
	return x, x.ID
}

func oauthSecret(r *record) (sekisho.Ref, string) {
	x := r.app(r.first(fOAuthAppName, fOAuthApp))
	return x, prefixed("github-oauth-secret:", strings.TrimPrefix(x.ID, "github-app:"))
}

// app names an app. Its records of use have its bot's login, which is not its name.
func (r *record) app(name string) sekisho.Ref {
	if name == "" {
		return sekisho.Ref{}
	}
	return sekisho.Ref{ID: "github-app:" + strings.ToLower(name), Name: name, Account: r.e.Account, Type: "app"}
}

func prefixed(prefix, id string) string {
	if id == "" {
		return ""
	}
	return prefix + id
}

// morePower: an app that is there may do more than before, or reaches more.
func morePower(r *record) {
	if x, _ := app(r); !x.Zero() {
		r.add(sekisho.Effect{Kind: sekisho.GrantPower, What: "entry", Identity: x, Resource: r.resource(), Power: r.tokenPower()})
	}
}

// tokenPower is how far the scopes or permissions of a new credential reach; unknown if
// the record has none. Where the request was made with a token, token_scopes are those of
// that one.
func (r *record) tokenPower() sekisho.Power {
	power := sekisho.PowerUnknown
	for _, f := range [...]int{fManagedScopes, fOAuthScopes} {
		r.words(f, func(scope string) { power = max(power, scopePower(scope)) })
	}
	for _, f := range [...]int{fPermissions, fPermissionsAdded} {
		rawjson.Members(r.v.Raw(f), func(key []byte, _ bool, value []byte) bool {
			power = max(power, permissionPower(string(key), rawjson.TextOf(value)))
			return true
		})
	}
	if power == sekisho.PowerUnknown && r.text(fHash) == "" {
		r.words(fTokenScopes, func(scope string) { power = max(power, scopePower(scope)) })
	}
	return power
}

// words calls f with the words of a list, which is JSON or a text with commas.
func (r *record) words(f int, each func(word string)) {
	raw := r.v.Raw(f)
	if len(raw) > 0 && raw[0] == '[' {
		rawjson.Each(raw, func(elem []byte) {
			if word := rawjson.TextOf(elem); word != "" {
				each(word)
			}
		})
		return
	}
	for _, word := range strings.FieldsFunc(string(raw), func(c rune) bool { return c == ',' || c == ' ' }) {
		each(word)
	}
}

// scopePower is how far a scope of a classic token reaches, in the hands of somebody who
// may do all that it covers.
func scopePower(scope string) sekisho.Power {
	switch scope {
	case "admin:org", "admin:enterprise", "site_admin":
		return sekisho.PowerAdmin
	case "delete_repo", "workflow", "write:org", "manage_runners:org", "manage_runners:enterprise":
		return sekisho.PowerIssues
	}
	if strings.HasPrefix(scope, "admin:") {
		return sekisho.PowerIssues
	}
	return sekisho.PowerLimited
}

// permissionPower is how far a permission of an app or a fine-grained token reaches.
func permissionPower(name, level string) sekisho.Power {
	if level != "write" && level != "admin" {
		return sekisho.PowerLimited
	}
	switch name {
	case "organization_administration", "enterprise_administration":
		return sekisho.PowerAdmin
	case "administration", "secrets", "organization_secrets", "environments", "workflows", "members", "organization_self_hosted_runners",
		"organization_custom_roles", "organization_custom_org_roles", "organization_personal_access_tokens", "organization_hooks":
		return sekisho.PowerIssues
	}
	return sekisho.PowerLimited
}
