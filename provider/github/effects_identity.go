package github

import "github.com/sekisho/sekisho"

// People's accounts and apps: made, proved, acted as.
var identityEffects = merge(map[string]effect{
	"user.create":                 create((*record).user),
	"external_identity.provision": create((*record).user),
	"team.create":                 create((*record).team),
	"integration.create":          create(ofName(app)),
	"oauth_application.create":    create(ofName(oauthApp)),

	"user.change_password": func(r *record) {
		r.add(sekisho.Effect{Kind: sekisho.SetPassword, Identity: r.userOrSelf()})
	},
	"user.reset_password": func(r *record) {
		r.add(sekisho.Effect{Kind: sekisho.SetPassword, Identity: r.userOrSelf()})
	},
	"two_factor_authentication.enabled":    factor(sekisho.EnrolFactor, ""),
	"two_factor_authentication.add_factor": factor(sekisho.EnrolFactor, ""),
	"passkey.register":                     factor(sekisho.EnrolFactor, "key"),
	"security_key.register":                factor(sekisho.EnrolFactor, "key"),
	"two_factor_authentication.disabled":   factor(sekisho.RemoveLimit, "mfa"),
	"user.two_factor_requested":            factor(sekisho.AskFactor, ""),
	"user.two_factor_challenge_failure":    factor(sekisho.AskFactor, ""),
	"staff.fake_login": func(r *record) {
		r.add(sekisho.Effect{Kind: sekisho.Impersonate, Identity: r.user()})
	},
},
	each(recoveryCodes, "org.recovery_codes_downloaded", "org.recovery_codes_printed", "org.recovery_codes_viewed", "business.recovery_codes_downloaded",
		"business.recovery_codes_printed", "business.recovery_codes_viewed"),
)

func create(whom func(*record) sekisho.Ref) effect {
	return func(r *record) {
		if x := whom(r); !x.Zero() {
			r.add(sekisho.Effect{Kind: sekisho.CreateIdentity, Identity: x})
		}
	}
}

func ofName(of naming) func(*record) sekisho.Ref {
	return func(r *record) sekisho.Ref {
		owner, _ := of(r)
		return owner
	}
}

func factor(kind sekisho.EffectKind, what string) effect {
	return func(r *record) {
		r.add(sekisho.Effect{Kind: kind, What: what, Identity: r.userOrSelf()})
	}
}

// recoveryCodes open the organization past its identity provider.
func recoveryCodes(r *record) {
	r.add(sekisho.Effect{Kind: sekisho.ReadSecret, Resource: r.scope() + "/recovery codes", Count: 1})
}

// Organizations of an enterprise.
var organizationEffects = map[string]effect{
	"org.create":                   changeOrganization("create"),
	"org.delete":                   changeOrganization("close"),
	"org.async_delete":             changeOrganization("close"),
	"org.transfer_outgoing":        changeOrganization("leave"),
	"business.add_organization":    changeOrganization("accept"),
	"business.remove_organization": changeOrganization("remove"),
}

func changeOrganization(what string) effect {
	return func(r *record) {
		x := sekisho.Effect{Kind: sekisho.ChangeOrganization, What: what}
		if org := r.text(fOrg); org != "" {
			x.With = []string{org}
		}
		r.add(x)
	}
}
