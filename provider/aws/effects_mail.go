package aws

import "github.com/sekisho/sekisho"

// mailEffects are the calls of the mail service in both of its APIs, which
// share one event source. Parameters follow the API reference; the calls and
// their names are seen in public reports of takeovers.
var mailEffects = map[call]effectFunc{
	{"ses", "VerifyEmailIdentity"}:                   mail("identity", "emailAddress"),
	{"ses", "VerifyEmailAddress"}:                    mail("identity", "emailAddress"),
	{"ses", "VerifyDomainIdentity"}:                  mail("identity", "domain"),
	{"ses", "CreateEmailIdentity"}:                   mail("identity", "emailIdentity"),
	{"ses", "CreateCustomVerificationEmailTemplate"}: mail("identity", "templateName"),

	{"ses", "VerifyDomainDkim"}:                      mail("signing", "domain"),
	{"ses", "SetIdentityDkimEnabled"}:                mail("signing", "identity"),
	{"ses", "SetIdentityMailFromDomain"}:             mail("signing", "identity"),
	{"ses", "PutEmailIdentityDkimAttributes"}:        mail("signing", "emailIdentity"),
	{"ses", "PutEmailIdentityDkimSigningAttributes"}: mail("signing", "emailIdentity"),
	{"ses", "PutEmailIdentityMailFromAttributes"}:    mail("signing", "emailIdentity"),
	{"ses", "PutAccountVdmAttributes"}:               mail("signing"),

	{"ses", "PutAccountDetails"}:           mail("sandbox-exit"),
	{"ses", "PutAccountSendingAttributes"}: mailSwitch("sendingEnabled"),
	{"ses", "UpdateAccountSendingEnabled"}: mailSwitch("enabled"),
	{"ses", "CreateReceiptRule"}:           mail("rule", "rule.name", "ruleSetName"),
	{"ses", "CreateReceiptRuleSet"}:        mail("rule", "ruleSetName"),
	{"ses", "SetActiveReceiptRuleSet"}:     mail("rule", "ruleSetName"),
	{"ses", "PutIdentityPolicy"}:           mail("policy", "identity"),
	{"ses", "CreateEmailIdentityPolicy"}:   mail("policy", "emailIdentity"),
	{"workmail", "CreateOrganization"}:     mail("identity", "alias"),
	{"workmail", "RegisterMailDomain"}:     mail("identity", "domainName"),

	{"ses", "SendEmail"}:              mail("send", "fromEmailAddress", "source"),
	{"ses", "SendRawEmail"}:           mail("send", "source"),
	{"ses", "SendBulkEmail"}:          mail("send", "fromEmailAddress"),
	{"ses", "SendTemplatedEmail"}:     mail("send", "source"),
	{"ses", "SendBulkTemplatedEmail"}: mail("send", "source"),
}

// probeEffects are the questions that come before: who am I, what may I do, how
// much may I send.
var probeEffects = map[call]effectFunc{
	{"sts", "GetCallerIdentity"}:        probe("caller"),
	{"iam", "GetUser"}:                  probeUser,
	{"iam", "SimulatePrincipalPolicy"}:  probe("permissions"),
	{"iam", "SimulateCustomPolicy"}:     probe("permissions"),
	{"ses", "GetSendQuota"}:             probe("sending"),
	{"ses", "GetAccount"}:               probe("sending"),
	{"ses", "GetAccountSendingEnabled"}: probe("sending"),
	{"ses", "GetSendStatistics"}:        probe("sending"),
}

func mail(what string, keys ...string) effectFunc {
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		return append(dst, sekisho.Effect{Kind: sekisho.UseMail, What: what, Resource: firstStr(e.Params, keys...)})
	}
}

// mailSwitch turns the account's sending on; off is no use of it.
func mailSwitch(key string) effectFunc {
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		if isFalse(e.Params, key) {
			return dst
		}
		return append(dst, sekisho.Effect{Kind: sekisho.UseMail, What: "sandbox-exit"})
	}
}

func probe(what string) effectFunc {
	return func(_ *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		return append(dst, sekisho.Effect{Kind: sekisho.ProbeSelf, What: what})
	}
}

// probeUser asks about oneself where it names nobody.
func probeUser(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	if strAt(e.Params, "userName") != "" {
		return dst
	}
	return append(dst, sekisho.Effect{Kind: sekisho.ProbeSelf, What: "caller"})
}
