package aws

import (
	"slices"
	"strings"
)

// grants is whom the Allow statements of a resource or trust policy let in.
type grants struct {
	// Accounts are account ids, "*" for everyone, and organisations ("o-…")
	// that a condition narrows everyone to. Sorted, each once.
	Accounts []string
	// Federated are the ARNs or host names of identity providers.
	Federated []string
	// Services are the provider's own services, as host names.
	Services []string
}

// grantees reads whom a resource or trust policy lets in. Deny statements are
// not subtracted: what a document says it opens is reported as opened. A
// condition narrows "everyone" to the accounts or the organisation that it
// names; other conditions (an external id, an address) do not say whose account
// may come, so everyone stays everyone. Canonical user ids are left out: they
// name no account, and S3 shows them for its own content network.
func grantees(statements []statement) grants {
	var g grants
	for i := range statements {
		s := &statements[i]
		if s.Deny {
			continue
		}
		if s.NotPrincipal { // Allow with NotPrincipal is everyone but some
			g.Accounts = append(g.Accounts, "*")
		}
		for _, p := range s.Principals {
			switch p.Kind {
			case "*":
				g.Accounts = append(g.Accounts, s.everyone()...)
			case "AWS":
				if account := principalAccount(p.Value); account != "" {
					g.Accounts = append(g.Accounts, account)
				}
			case "Federated":
				g.Federated = append(g.Federated, p.Value)
			case "Service":
				g.Services = append(g.Services, p.Value)
			}
		}
	}
	g.Accounts, g.Federated, g.Services = sortedSet(g.Accounts), sortedSet(g.Federated), sortedSet(g.Services)
	return g
}

// everyone is whom Principal "*" means under the statement's conditions.
func (s *statement) everyone() []string {
	var who []string
	for _, c := range s.Conditions {
		if negated(c.Operator) || strings.HasSuffix(c.Operator, "IfExists") {
			continue
		}
		switch c.Key {
		case "aws:principalaccount", "aws:sourceaccount", "aws:sourceowner", "kms:calleraccount":
			who = append(who, onlyAccounts(c.Values)...)
		case "aws:principalarn", "aws:sourcearn":
			for _, v := range c.Values {
				if account := arnField(v, 4); isAccount(account) {
					who = append(who, account)
				}
			}
		case "aws:principalorgid", "aws:sourceorgid":
			who = append(who, c.Values...)
		case "aws:principalorgpaths", "aws:sourceorgpaths":
			for _, v := range c.Values {
				who = append(who, before(v, "/"))
			}
		}
	}
	// An empty value or a pattern over all organisations narrows nothing.
	if len(who) == 0 || slices.ContainsFunc(who, func(w string) bool { return w == "" || strings.Contains(w, "*") }) {
		return []string{"*"}
	}
	return who
}

// principalAccount is the account of an AWS principal: an account id or an ARN.
// "" for a unique id, which stands for a principal that no longer exists, and
// for the content network's pseudo account.
func principalAccount(value string) string {
	if isAccount(value) {
		return value
	}
	if account := arnField(value, 4); isAccount(account) {
		return account
	}
	return ""
}

func onlyAccounts(values []string) []string {
	var out []string
	for _, v := range values {
		if isAccount(v) {
			out = append(out, v)
		}
	}
	return out
}

// isAccount reports whether s is an account id: 12 digits.
func isAccount(s string) bool {
	if len(s) != 12 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
