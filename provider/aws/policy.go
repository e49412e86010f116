package aws

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
)

// policyBytesMax caps a policy document. AWS allows 6,144 characters for a
// managed policy, 10,240 for a role's inline policies together, 20 KB for a
// bucket policy and 32 KB for a key policy; URL encoding can triple that.
const policyBytesMax = 128 << 10

// statement is one statement of a policy document, as far as it matters here.
type statement struct {
	Deny         bool
	Actions      []string // lower case patterns
	NotActions   []string
	Resources    []string // patterns; nil where the document names none (trust policies)
	NotResources []string
	Principals   []principal
	// NotPrincipal says that the statement is for everyone but some.
	NotPrincipal bool
	Conditions   []condition
}

// principal is one entry of Principal: Kind is "AWS", "Service", "Federated",
// "CanonicalUser" or "*".
type principal struct{ Kind, Value string }

// condition is one test of a statement: Operator("StringEquals"), Key in lower
// case and the values.
type condition struct {
	Operator, Key string
	Values        []string
}

// oneOrMany is a JSON string, number, boolean or a list of them. Policies use
// the short form wherever one value will do.
type oneOrMany []string

func (o *oneOrMany) UnmarshalJSON(raw []byte) error {
	raw = bytes.TrimSpace(raw)
	if len(raw) > 0 && raw[0] == '[' {
		var elems []json.RawMessage
		if err := json.Unmarshal(raw, &elems); err != nil {
			return err
		}
		*o = make(oneOrMany, 0, len(elems))
		for _, e := range elems {
			*o = append(*o, scalarText(e))
		}
		return nil
	}
	*o = oneOrMany{scalarText(raw)}
	return nil
}

// scalarText is a scalar as text; objects and null are "", which matches nothing.
func scalarText(raw []byte) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	if len(raw) > 0 && (raw[0] == '{' || raw[0] == '[' || raw[0] == 'n') {
		return ""
	}
	return string(raw)
}

// rawStatement is the document's own form.
type rawStatement struct {
	Effect       string
	Action       oneOrMany
	NotAction    oneOrMany
	Resource     oneOrMany
	NotResource  oneOrMany
	Principal    json.RawMessage
	NotPrincipal json.RawMessage
	Condition    map[string]map[string]oneOrMany
}

// parsePolicy reads a policy document in any form that records hold: a JSON
// object, a JSON string holding one, URL-encoded or not. False where it is
// none: a policy that cannot be read is unknown, not harmless.
func parsePolicy(raw []byte) ([]statement, bool) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || len(raw) > policyBytesMax {
		return nil, false
	}
	if raw[0] == '"' {
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return nil, false
		}
		return parsePolicyText(s)
	}
	return parsePolicyText(string(raw))
}

// parsePolicyText is parsePolicy for text already taken out of its JSON string.
func parsePolicyText(doc string) ([]statement, bool) {
	doc = strings.TrimSpace(doc)
	if strings.HasPrefix(doc, "%7B") || strings.HasPrefix(doc, "%7b") || strings.HasPrefix(doc, "%0A") || strings.HasPrefix(doc, "%20") {
		plain, err := url.QueryUnescape(doc)
		if err != nil {
			return nil, false
		}
		doc = strings.TrimSpace(plain)
	}
	if len(doc) == 0 || len(doc) > policyBytesMax || doc[0] != '{' {
		return nil, false
	}
	var whole struct{ Statement json.RawMessage }
	if json.Unmarshal([]byte(doc), &whole) != nil {
		return nil, false
	}
	var many []rawStatement
	list := bytes.TrimSpace(whole.Statement)
	switch {
	case len(list) > 0 && list[0] == '[':
		if json.Unmarshal(list, &many) != nil {
			return nil, false
		}
	case len(list) > 0 && list[0] == '{':
		many = make([]rawStatement, 1)
		if json.Unmarshal(list, &many[0]) != nil {
			return nil, false
		}
	default:
		return nil, false
	}
	out := make([]statement, 0, len(many))
	for i := range many {
		out = append(out, many[i].read())
	}
	return out, true
}

func (r *rawStatement) read() statement {
	s := statement{
		Deny:         strings.EqualFold(r.Effect, "Deny"),
		Actions:      lower(r.Action),
		NotActions:   lower(r.NotAction),
		Resources:    r.Resource,
		NotResources: r.NotResource,
		Principals:   readPrincipals(r.Principal),
		NotPrincipal: len(r.NotPrincipal) > 0,
	}
	for _, operator := range sortedKeys(r.Condition) {
		tests := r.Condition[operator]
		for _, key := range sortedKeys(tests) {
			s.Conditions = append(s.Conditions, condition{Operator: operator, Key: strings.ToLower(key), Values: tests[key]})
		}
	}
	return s
}

// readPrincipals reads "*", {"AWS": …}, {"Service": […]} and so on.
func readPrincipals(raw json.RawMessage) []principal {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return nil
	}
	if raw[0] != '{' {
		if scalarText(raw) == "*" {
			return []principal{{"*", "*"}}
		}
		return nil
	}
	var byKind map[string]oneOrMany
	if json.Unmarshal(raw, &byKind) != nil {
		return nil
	}
	var out []principal
	for _, kind := range sortedKeys(byKind) {
		for _, value := range byKind[kind] {
			if value == "*" {
				out = append(out, principal{"*", "*"})
			} else {
				out = append(out, principal{kind, value})
			}
		}
	}
	return out
}

// wild matches a policy pattern: * is any run of characters, ? any one.
// It takes time in proportion to the product of the lengths, at worst.
func wild(pattern, s string) bool {
	p, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0: // let the last star take one character more
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

func lower(in []string) []string {
	if in == nil {
		return nil
	}
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = strings.ToLower(s)
	}
	return out
}
