package aws

import (
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/sekisho/sekisho"
)

func allow(action, resource string) string {
	return fmt.Sprintf(`{"Effect":"Allow","Action":%q,"Resource":%q}`, action, resource)
}

func document(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

func TestPowerOf(t *testing.T) {
	const (
		limited = sekisho.PowerLimited
		issues  = sekisho.PowerIssues
		admin   = sekisho.PowerAdmin
	)
	for _, c := range []struct {
		what, doc string
		want      sekisho.Power
	}{
		{"everything", document(allow("*", "*")), admin},
		{"everything, spelled out", document(allow("*:*", "*")), admin},
		{"all of iam", document(allow("iam:*", "*")), admin},
		{"all of iam, in capitals", document(allow("IAM:*", "*")), admin},
		{"a single statement", `{"Statement":` + allow("iam:Put*", "*") + `}`, admin},
		{"actions and resources as lists", `{"Statement":[{"Effect":"Allow","Action":["s3:Get*","iam:CreatePolicyVersion"],"Resource":["arn:aws:s3:::b","*"]}]}`, admin},
		{"keys for everyone", document(allow("iam:CreateAccessKey", "*")), admin},
		{"keys for every user", document(allow("iam:CreateAccessKey", "arn:aws:iam::*:user/*")), admin},
		{"keys for every user of the account", document(allow("iam:CreateAccessKey", "arn:aws:iam::444455556666:user/*")), admin},
		{"keys for one user", document(allow("iam:CreateAccessKey", "arn:aws:iam::444455556666:user/bob")), issues},
		{"keys for users under a path", document(allow("iam:CreateAccessKey", "arn:aws:iam::444455556666:user/app/*")), issues},
		{"keys for oneself", document(allow("iam:CreateAccessKey", "arn:aws:iam::*:user/${aws:username}")), limited},
		{"policies for oneself", document(allow("iam:PutUserPolicy", "arn:aws:iam::*:user/${aws:username}")), admin},
		{"keys, but of roles: no such thing", document(allow("iam:CreateAccessKey", "arn:aws:iam::*:role/*")), limited},
		{"trust of one role", document(allow("iam:UpdateAssumeRolePolicy", "arn:aws:iam::*:role/x")), issues},
		{"one character open", document(allow("iam:CreateAccessKe?", "*")), admin},
		{"roles assumed", document(allow("sts:AssumeRole", "arn:aws:iam::999988887777:role/x")), issues},
		{"a role passed", document(allow("iam:PassRole", "*")), issues},
		{"a role passed to functions that it makes", `{"Statement":[{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}},` + allow("lambda:*", "*") + `]}`, issues},
		{"a role passed to a service that it cannot use", `{"Statement":[{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"monitoring.rds.amazonaws.com"}}},` + allow("lambda:*", "*") + `]}`, limited},
		{"reading", document(allow("iam:Get*", "*"), allow("s3:*", "*")), limited},
		{"everything on a bucket", document(allow("*", "arn:aws:s3:::b/*")), limited},
		{"everything but identity", `{"Statement":[{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*","sts:AssumeRole"],"Resource":"*"}]}`, issues}, // trust anchors and permission sets remain
		{"everything but identity and its neighbours", `{"Statement":[{"Effect":"Allow","NotAction":["iam:*","sts:*","sso:*","identitystore:*","rolesanywhere:*"],"Resource":"*"}]}`, limited},
		{"everything but billing", `{"Statement":[{"Effect":"Allow","NotAction":"ce:*","Resource":"*"}]}`, admin},
		{"all resources but a bucket", `{"Statement":[{"Effect":"Allow","Action":"iam:*","NotResource":"arn:aws:s3:::b"}]}`, admin},
		{"all of iam, then denied", document(allow("*", "*"), `{"Effect":"Deny","Action":["iam:*","sts:*","sso:*","identitystore:*","rolesanywhere:*"],"Resource":"*"}`), limited},
		{"denied under a condition only", document(allow("*", "*"), `{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}}`), admin},
		{"denied for one user only", document(allow("iam:CreateAccessKey", "*"), `{"Effect":"Deny","Action":"iam:*","Resource":"arn:aws:iam::*:user/root"}`), admin},
		{"with a second factor", `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}]}`, admin},
		{"with a condition that always holds", `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:username":"x"}}}]}`, admin},
		{"only some policies attached", `{"Statement":[{"Effect":"Allow","Action":"iam:AttachRolePolicy","Resource":"*","Condition":{"ArnEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/ReadOnlyAccess"}}}]}`, issues},
		{"an identity provider", document(allow("iam:CreateSAMLProvider", "*")), issues},
		{"permission sets", document(allow("sso:*", "*")), issues},
		{"nothing", document(), limited},
		{"only denied", document(`{"Effect":"Deny","Action":"*","Resource":"*"}`), limited},
	} {
		quoted, _ := json.Marshal(c.doc)
		encoded, _ := json.Marshal(url.QueryEscape(c.doc))
		for form, raw := range map[string][]byte{"object": []byte(c.doc), "string": quoted, "URL-encoded": encoded} {
			statements, ok := parsePolicy(raw)
			if !ok {
				t.Errorf("%s: not read as %s", c.what, form)
			} else if got := powerOf(statements); got != c.want {
				t.Errorf("%s as %s: power %d, want %d", c.what, form, got, c.want)
			}
		}
	}
}

// What cannot be read is unknown, never harmless.
func TestParsePolicyRefuses(t *testing.T) {
	for _, raw := range []string{``, `null`, `""`, `"x"`, `{}`, `[]`, `{"Statement":1}`, `{"Statement":[`, `"%7Bx"`, `"HIDDEN_DUE_TO_SECURITY_REASONS"`,
		`"` + strings.Repeat(" ", policyBytesMax+1) + `"`} {
		if _, ok := parsePolicy([]byte(raw)); ok {
			t.Errorf("read %.40q as a policy", raw)
		}
	}
}

func TestManagedPower(t *testing.T) {
	for arn, want := range map[string]sekisho.Power{
		"arn:aws:iam::aws:policy/AdministratorAccess":                sekisho.PowerAdmin,
		"arn:aws-us-gov:iam::aws:policy/AdministratorAccess":         sekisho.PowerAdmin,
		"arn:aws:iam::444455556666:policy/AdministratorAccess":       sekisho.PowerUnknown, // a customer's of that name
		"arn:aws:iam::aws:policy/job-function/SystemAdministrator":   sekisho.PowerIssues,
		"arn:aws:iam::aws:policy/AWSLambda_FullAccess":               sekisho.PowerIssues,
		"arn:aws:iam::aws:policy/AmazonBedrockFullAccess":            sekisho.PowerLimited,
		"arn:aws:iam::aws:policy/AmazonAthenaReadOnlyAccess":         sekisho.PowerLimited,
		"arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV9":      sekisho.PowerLimited,
		"arn:aws:iam::aws:policy/SomethingThatThisTableHasNeverSeen": sekisho.PowerUnknown,
		"":     sekisho.PowerUnknown,
		"junk": sekisho.PowerUnknown,
	} {
		if got := managedPower(arn); got != want {
			t.Errorf("%s: power %d, want %d", arn, got, want)
		}
	}
}

func TestGrantees(t *testing.T) {
	for _, c := range []struct {
		what, statement string
		want            grants
	}{
		{"everyone", `{"Effect":"Allow","Principal":"*"}`, grants{Accounts: []string{"*"}}},
		{"everyone, the long way", `{"Effect":"Allow","Principal":{"AWS":"*"}}`, grants{Accounts: []string{"*"}}},
		{"everyone but some", `{"Effect":"Allow","NotPrincipal":{"AWS":"444455556666"}}`, grants{Accounts: []string{"*"}}},
		{"accounts in every spelling", `{"Effect":"Allow","Principal":{"AWS":["999988887777","arn:aws:iam::444455556666:root","arn:aws:iam::444455556666:role/x","AIDAGONE"]}}`,
			grants{Accounts: []string{"444455556666", "999988887777"}}},
		{"services and providers", `{"Effect":"Allow","Principal":{"Service":["lambda.amazonaws.com","ec2.amazonaws.com"],"Federated":"token.example"}}`,
			grants{Services: []string{"ec2.amazonaws.com", "lambda.amazonaws.com"}, Federated: []string{"token.example"}}},
		{"the organisation", `{"Effect":"Allow","Principal":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-abc"}}}`, grants{Accounts: []string{"o-abc"}}},
		{"any organisation", `{"Effect":"Allow","Principal":"*","Condition":{"StringLike":{"aws:PrincipalOrgID":"o-*"}}}`, grants{Accounts: []string{"*"}}},
		{"everyone but the organisation", `{"Effect":"Allow","Principal":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-abc"}}}`, grants{Accounts: []string{"*"}}},
		{"one role, by condition", `{"Effect":"Allow","Principal":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::999988887777:role/*"}}}`, grants{Accounts: []string{"999988887777"}}},
		{"everyone with a password", `{"Effect":"Allow","Principal":{"AWS":"*"},"Condition":{"StringEquals":{"sts:ExternalId":"x"}}}`, grants{Accounts: []string{"*"}}},
		{"everyone, denied", `{"Effect":"Deny","Principal":"*"}`, grants{}},
	} {
		statements, ok := parsePolicy([]byte(document(c.statement)))
		if !ok {
			t.Errorf("%s: not read", c.what)
			continue
		}
		got := grantees(statements)
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}

func TestWild(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"*", "", true}, {"", "", true}, {"", "a", false}, {"a?c", "abc", true}, {"a?c", "ac", false},
		{"iam:*key", "iam:createaccesskey", true}, {"iam:*key", "iam:createaccesskeys", false}, {"*a*b*", "xxaxxbxx", true}, {"a**b", "ab", true},
	} {
		if got := wild(c.pattern, c.s); got != c.want {
			t.Errorf("%q matches %q: %v", c.pattern, c.s, got)
		}
	}
}

// Reading a policy never panics, gives the same answer twice, and allowing
// everything beside it is never less than administrator.
func FuzzPolicy(f *testing.F) {
	f.Add(document(allow("iam:*", "*")))
	f.Add(`{"Statement":{"Effect":"Allow","Principal":{"AWS":[1,null,{}]},"Condition":{"StringEquals":{"aws:x":[true]}}}}`)
	f.Add(`"%7B%22Statement%22%3A%5B%5D%7D"`)
	f.Fuzz(func(t *testing.T, doc string) {
		first, ok := parsePolicy([]byte(doc))
		again, okAgain := parsePolicy([]byte(doc))
		if ok != okAgain || !reflect.DeepEqual(first, again) {
			t.Fatalf("read in two ways: %v and %v", first, again)
		}
		powerOf(first)
		grantees(first)
		for i := range first {
			if first[i].Deny {
				return
			}
		}
		if all := append(first, statement{Actions: []string{"*"}, Resources: []string{"*"}}); powerOf(all) != sekisho.PowerAdmin {
			t.Fatalf("%v allows everything and is not administrator", all)
		}
	})
}
