package github

import "github.com/sekisho/sekisho"

// How one may come in to an organization or enterprise at all.
//
// That personal access tokens need no consent has two pairs of names, of which GitHub's
// reference describes the newer (personal_access_token.auto_approve_…) the wrong way
// round, or names it so: only the older is read.
var directoryEffects = merge(
	each(widen("provider"), "org.disable_saml", "business.disable_saml", "org.saml_disabled", "business.disable_oidc"),
	each(all(widen("provider"), vouch("saml")), "org.update_saml_provider_settings", "business.update_saml_provider_settings"),
	each(vouch("saml"), "org.enable_saml", "business.enable_saml", "org.saml_enabled"),
	each(vouch("oidc"), "business.enable_oidc"),
	each(authority, "ssh_certificate_authority.create"),
	each(widen("mfa"), "org.disable_two_factor_requirement", "business.disable_two_factor_requirement", "org.clear_disallowed_two_factor_methods",
		"business.clear_disallowed_two_factor_methods", "org.remove_disallowed_two_factor_method", "business.remove_disallowed_two_factor_method"),
	each(widen("network"), "ip_allow_list.disable", "ip_allow_list.disable_for_installed_apps", "ip_allow_list.disable_idp_ip_allowlist_for_web",
		"ip_allow_list.disable_user_level_enforcement", "ip_allow_list.enable_skip_idp_ip_allowlist_app_access", "ip_allow_list_entry.create",
		"business.proxy_security_header_disabled"),
	each(widen("policy"), "org.disable_oauth_app_restrictions", "auto_approve_personal_access_token_requests.enable",
		"personal_access_token.access_restriction_disabled", "personal_access_token.expiration_limit_unset", "ssh_certificate_requirement.disable",
		"org.allow_third_party_access_requests_from_outside_collaborators_enabled"),
)

func widen(what string) effect {
	return func(r *record) {
		r.add(sekisho.Effect{Kind: sekisho.WidenDirectory, What: what, Resource: r.scope()})
	}
}

// vouch: whom the provider vouches for may now come in.
func vouch(what string) effect {
	return func(r *record) {
		if issuer := r.text(fIssuer); issuer != "" {
			r.add(sekisho.Effect{Kind: sekisho.AddProvider, What: what, Resource: issuer})
		}
	}
}

// authority: whoever holds a certificate of it may come in over SSH.
func authority(r *record) {
	r.add(sekisho.Effect{Kind: sekisho.AddProvider, What: "anchor", Resource: prefixed(r.scope()+"/ssh authority ", r.first(fFingerprint, fName))})
}
