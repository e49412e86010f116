package aws

import (
	"testing"

	"github.com/sekisho/sekisho"
)

// Sign-ins say who came how: with or without a second factor, by password, with
// an outside identity, or with a token that a program made of its key.
func TestSignIn(t *testing.T) {
	const login = `"eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin","eventType":"AwsConsoleSignIn","recipientAccountId":"111122223333",`
	const ann = `"userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLEUSER","arn":"arn:aws:iam::111122223333:user/ann","accountId":"111122223333","userName":"ann"},`
	for _, c := range []struct {
		name, members string
		outcome       sekisho.Outcome
		actor         sekisho.ActorType
		id            string
		mfa           bool
		credential    string
	}{
		{"user without a second factor", login + ann + `"responseElements":{"ConsoleLogin":"Success"},"additionalEventData":{"MFAUsed":"No","MobileVersion":"No"}`,
			sekisho.OK, sekisho.ActorUser, "AIDAEXAMPLEUSER", false, ""},
		{"user with one", login + ann + `"responseElements":{"ConsoleLogin":"Success"},"additionalEventData":{"MFAUsed":"Yes","MFAIdentifier":"arn:aws:iam::111122223333:mfa/ann"}`,
			sekisho.OK, sekisho.ActorUser, "AIDAEXAMPLEUSER", true, ""},
		{"wrong password", login + ann + `"errorMessage":"Failed authentication","responseElements":{"ConsoleLogin":"Failure"},"additionalEventData":{"MFAUsed":"No"}`,
			sekisho.Denied, sekisho.ActorUser, "AIDAEXAMPLEUSER", false, ""},
		{"nobody of that name", login + `"userIdentity":{"type":"IAMUser","accountId":"111122223333","accessKeyId":"","userName":"HIDDEN_DUE_TO_SECURITY_REASONS"},"errorMessage":"No username found in supplied account","responseElements":{"ConsoleLogin":"Failure"}`,
			sekisho.Denied, sekisho.ActorUser, "111122223333:HIDDEN_DUE_TO_SECURITY_REASONS", false, ""},
		{"root", login + `"userIdentity":{"type":"Root","principalId":"111122223333","arn":"arn:aws:iam::111122223333:root","accountId":"111122223333"},"responseElements":{"ConsoleLogin":"Success"},"additionalEventData":{"MFAUsed":"No"}`,
			sekisho.OK, sekisho.ActorRoot, "111122223333", false, ""},
		{"an outside identity", login + `"userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLEROLE:ann@example.com","arn":"arn:aws:sts::111122223333:assumed-role/ops/ann@example.com","accountId":"111122223333","accessKeyId":"ASIAEXAMPLE2"},"responseElements":{"ConsoleLogin":"Success"},"additionalEventData":{"MFAUsed":"No","SamlProviderArn":"arn:aws:iam::111122223333:saml-provider/idp"}`,
			sekisho.OK, sekisho.ActorRole, "AROAEXAMPLEROLE", false, "ASIAEXAMPLE2"},
	} {
		e := eventOf(t, c.members)
		a := &e.Actor
		if e.Kind != sekisho.SignIn || e.Outcome != c.outcome || a.Type != c.actor || a.ID != c.id || a.MFA != c.mfa || !a.FromConsole ||
			a.LongTerm || a.Kind != sekisho.KindHuman || a.Credential != c.credential {
			t.Errorf("%s: kind %v outcome %v %+v", c.name, e.Kind, e.Outcome, *a)
		}
	}
}

// A long-term key becomes a console session in two steps: a session for a made-up
// name, then a token for the browser. Each names the credential of the next, and
// the sign-in carries the last, so that the chain leads back to the key.
func TestConsoleSessionLeadsBackToItsKey(t *testing.T) {
	const guest = `"type":"FederatedUser","principalId":"111122223333:guest","arn":"arn:aws:sts::111122223333:federated-user/guest","accountId":"111122223333",` +
		`"sessionContext":{"sessionIssuer":{"type":"IAMUser","principalId":"AIDAEXAMPLEUSER","arn":"arn:aws:iam::111122223333:user/ann","userName":"ann"}}`
	federation := eventOf(t, `"eventSource":"sts.amazonaws.com","eventName":"GetFederationToken","userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLEUSER","arn":"arn:aws:iam::111122223333:user/ann","accountId":"111122223333","accessKeyId":"AKIAEXAMPLE1","userName":"ann"},
		"requestParameters":{"name":"guest"},"responseElements":{"credentials":{"accessKeyId":"ASIAFEDERATED","expiration":"May 6, 2024 7:08:09 PM"},"federatedUser":{"federatedUserId":"111122223333:guest","arn":"arn:aws:sts::111122223333:federated-user/guest"}}`)
	token := eventOf(t, `"eventSource":"signin.amazonaws.com","eventName":"GetSigninToken","eventType":"AwsConsoleSignIn","userIdentity":{`+guest+`,"accessKeyId":"ASIAFEDERATED"},
		"requestParameters":null,"responseElements":{"credentials":{"accessKeyId":"ASIACONSOLE"},"GetSigninToken":"Success"}`)
	login := eventOf(t, `"eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin","eventType":"AwsConsoleSignIn","userIdentity":{`+guest+`,"accessKeyId":"ASIACONSOLE"},
		"responseElements":{"ConsoleLogin":"Success"}`)

	first, second := federation.Find(sekisho.IssueCredential), token.Find(sekisho.IssueCredential)
	switch {
	case first == nil || first.What != "federation" || first.Credential != token.Actor.Credential || first.Identity.ID != token.Actor.ID:
		t.Errorf("the federation gave %+v, the token was asked for by %+v", first, token.Actor)
	case second == nil || second.What != "console" || second.Credential != login.Actor.Credential || second.Lasting():
		t.Errorf("the token is %+v, the sign-in came with %q", second, login.Actor.Credential)
	case !login.Actor.FromConsole || login.Kind != sekisho.SignIn || login.Actor.Parent != "AIDAEXAMPLEUSER":
		t.Errorf("the sign-in is by %+v", login.Actor)
	case token.Actor.FromConsole:
		t.Error("the token was made by a program")
	}
}
