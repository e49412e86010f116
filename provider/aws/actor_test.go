package aws

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/normalize/rawjson"
)

var eventZero sekisho.Event

// expandOnce expands with empty caches, and sees that full ones change nothing.
func expandOnce(t testing.TB, c []byte) *sekisho.Event {
	t.Helper()
	var e, again sekisho.Event
	x := newExpander()
	if err := x.Expand(&e, c); err != nil {
		t.Fatal(err)
	}
	e.Effects = slices.Clone(e.Effects)
	if err := x.Expand(&again, c); err != nil {
		t.Fatal(err)
	}
	again.Effects = slices.Clone(again.Effects)
	if !reflect.DeepEqual(e, again) {
		t.Errorf("the second time it is %+v, the first %+v", again, e)
	}
	return &e
}

// eventOf makes the event of a record of which only the given members matter.
func eventOf(t testing.TB, members string) *sekisho.Event {
	t.Helper()
	c, _, verdict, reason := compact(nil, []byte(`{"eventTime":"2024-05-06T07:08:09Z","eventID":"11111111-2222-3333-4444-555555555555",`+members+`}`))
	if verdict != normalize.Read {
		t.Fatalf("verdict %d: %s", verdict, reason)
	}
	return expandOnce(t, c)
}

const someCall = `"eventName":"ListBuckets","eventSource":"s3.amazonaws.com",`

// TestActor has a record of every type of userIdentity.
func TestActor(t *testing.T) {
	started := time.Date(2024, 5, 6, 7, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name, identity, more string
		want                 sekisho.Actor
	}{
		{"user", `"type":"IAMUser","principalId":"AIDAEXAMPLEUSER","arn":"arn:aws:iam::111122223333:user/eng/ann","accountId":"111122223333","accessKeyId":"AKIAEXAMPLE1","userName":"ann"`, ``,
			sekisho.Actor{Type: sekisho.ActorUser, ID: "AIDAEXAMPLEUSER", Name: "ann", ARN: "arn:aws:iam::111122223333:user/eng/ann", Account: "111122223333",
				Credential: "AKIAEXAMPLE1", LongTerm: true, KindEvidence: "a user with a long-term key"}},
		{"user, temporary key from the console", `"type":"IAMUser","principalId":"AIDAEXAMPLEUSER","arn":"arn:aws:iam::111122223333:user/ann","accountId":"111122223333","accessKeyId":"ASIAEXAMPLE1","sessionContext":{"attributes":{"creationDate":"2024-05-06T07:00:00Z","mfaAuthenticated":"true"}}`,
			`"sessionCredentialFromConsole":"true",`,
			sekisho.Actor{Type: sekisho.ActorUser, ID: "AIDAEXAMPLEUSER", Name: "ann", ARN: "arn:aws:iam::111122223333:user/ann", Account: "111122223333", Credential: "ASIAEXAMPLE1",
				SessionStart: started, FromConsole: true, MFA: true, Parent: "AIDAEXAMPLEUSER", Kind: sekisho.KindHuman, KindEvidence: "works in the console"}},
		{"session of a role", `"type":"AssumedRole","principalId":"AROAEXAMPLEROLE:ann@example.com","arn":"arn:aws:sts::111122223333:assumed-role/ops/ann@example.com","accountId":"111122223333","accessKeyId":"ASIAEXAMPLE2","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLEROLE","arn":"arn:aws:iam::111122223333:role/team/ops","accountId":"111122223333","userName":"ops"},"sourceIdentity":"ann"}`, ``,
			sekisho.Actor{Type: sekisho.ActorRole, ID: "AROAEXAMPLEROLE", Name: "ops", ARN: "arn:aws:iam::111122223333:role/team/ops", Account: "111122223333", Credential: "ASIAEXAMPLE2",
				Session: "ann@example.com", SessionID: "AROAEXAMPLEROLE:ann@example.com", SourceIdentity: "ann", Kind: sekisho.KindHuman, KindEvidence: "the session is named by a mail address"}},
		{"session without issuer and key", `"type":"AssumedRole","principalId":"AROAEXAMPLEROLE:s1","arn":"arn:aws:sts::111122223333:assumed-role/ops/s1","accountId":"111122223333","sessionContext":{"attributes":{"creationDate":"2024-05-06T07:00:00Z"},"sessionIssuer":{}}`, ``,
			sekisho.Actor{Type: sekisho.ActorRole, ID: "AROAEXAMPLEROLE", Name: "ops", ARN: "arn:aws:iam::111122223333:role/ops", Account: "111122223333",
				Credential: "AROAEXAMPLEROLE:s1@2024-05-06T07:00:00Z", Session: "s1", SessionID: "AROAEXAMPLEROLE:s1", SessionStart: started}},
		{"instance", `"type":"AssumedRole","principalId":"AROAEXAMPLEROLE:i-0123456789abcdef0","accountId":"111122223333","accessKeyId":"ASIAEXAMPLE3","sessionContext":{"ec2RoleDelivery":"2.0","sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLEROLE","arn":"arn:aws:iam::111122223333:role/web","userName":"web"}}`, ``,
			sekisho.Actor{Type: sekisho.ActorRole, ID: "AROAEXAMPLEROLE", Name: "web", ARN: "arn:aws:iam::111122223333:role/web", Account: "111122223333", Credential: "ASIAEXAMPLE3",
				Session: "i-0123456789abcdef0", SessionID: "AROAEXAMPLEROLE:i-0123456789abcdef0", Workload: "i-0123456789abcdef0", WorkloadType: "instance",
				Kind: sekisho.KindWorkload, KindEvidence: "the session of a workload: instance"}},
		{"function by scope", `"type":"AssumedRole","principalId":"AROAEXAMPLEROLE:f","accountId":"111122223333","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLEROLE","userName":"fr"}},"inScopeOf":{"issuerType":"AWS::Lambda::Function","credentialsIssuedTo":"arn:aws:lambda:eu-west-1:111122223333:function:f"}`, ``,
			sekisho.Actor{Type: sekisho.ActorRole, ID: "AROAEXAMPLEROLE", Name: "fr", ARN: "", Account: "111122223333", Session: "f", SessionID: "AROAEXAMPLEROLE:f",
				Workload: "arn:aws:lambda:eu-west-1:111122223333:function:f", WorkloadType: "function", Kind: sekisho.KindWorkload, KindEvidence: "the session of a workload: function"}},
		{"function by its program", `"type":"AssumedRole","principalId":"AROAEXAMPLEROLE:f","accountId":"111122223333"`, `"userAgent":"Boto3/1.34 md/Botocore#1.34 exec-env/AWS_Lambda_python3.12",`,
			sekisho.Actor{Type: sekisho.ActorRole, ID: "AROAEXAMPLEROLE", Account: "111122223333", Session: "f", SessionID: "AROAEXAMPLEROLE:f", Workload: "111122223333/function:f", WorkloadType: "function",
				Kind: sekisho.KindWorkload, KindEvidence: "the session of a workload: function"}},
		{"service-linked role", `"type":"AssumedRole","principalId":"AROAEXAMPLESLR:x","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLESLR","arn":"arn:aws:iam::111122223333:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig","userName":"AWSServiceRoleForConfig"}},"invokedBy":"config.amazonaws.com"`, ``,
			sekisho.Actor{Type: sekisho.ActorRole, ID: "AROAEXAMPLESLR", Name: "AWSServiceRoleForConfig", ARN: "arn:aws:iam::111122223333:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig",
				Session: "x", SessionID: "AROAEXAMPLESLR:x", OnBehalf: "config.amazonaws.com", Kind: sekisho.KindService, KindEvidence: "a service-linked role"}},
		{"single sign-on", `"type":"AssumedRole","principalId":"AROAEXAMPLESSO:ann","accountId":"111122223333","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLESSO","userName":"AWSReservedSSO_Admin_0123456789abcdef"}},"onBehalfOf":{"userId":"90670000-1111","identityStoreArn":"arn:aws:identitystore::111122223333:identitystore/d-1"}`, ``,
			sekisho.Actor{Type: sekisho.ActorRole, ID: "AROAEXAMPLESSO", Name: "AWSReservedSSO_Admin_0123456789abcdef", Account: "111122223333", Session: "ann", SessionID: "AROAEXAMPLESSO:ann",
				Subject: "90670000-1111", Provider: "arn:aws:identitystore::111122223333:identitystore/d-1", Kind: sekisho.KindHuman, KindEvidence: "signed in through IAM Identity Center"}},
		{"single sign-on by a mail address, which other systems know", `"type":"AssumedRole","principalId":"AROAEXAMPLESSO:Ann@example.com","accountId":"111122223333","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLESSO","userName":"AWSReservedSSO_Admin_0123456789abcdef"}},"onBehalfOf":{"userId":"90670000-1111","identityStoreArn":"arn:aws:identitystore::111122223333:identitystore/d-1"}`, ``,
			sekisho.Actor{Type: sekisho.ActorRole, ID: "AROAEXAMPLESSO", Name: "AWSReservedSSO_Admin_0123456789abcdef", Account: "111122223333", Session: "Ann@example.com", SessionID: "AROAEXAMPLESSO:Ann@example.com",
				Subject: "ann@example.com", Provider: "arn:aws:identitystore::111122223333:identitystore/d-1", Kind: sekisho.KindHuman, KindEvidence: "signed in through IAM Identity Center"}},
		{"root", `"type":"Root","principalId":"111122223333","arn":"arn:aws:iam::111122223333:root","accountId":"111122223333"`, ``,
			sekisho.Actor{Type: sekisho.ActorRoot, ID: "111122223333", Name: "root", ARN: "arn:aws:iam::111122223333:root", Account: "111122223333", Kind: sekisho.KindHuman, KindEvidence: "the root user"}},
		{"federated user", `"type":"FederatedUser","principalId":"111122223333:bob","arn":"arn:aws:sts::111122223333:federated-user/bob","accountId":"111122223333","accessKeyId":"ASIAEXAMPLE4","sessionContext":{"sessionIssuer":{"type":"IAMUser","principalId":"AIDAEXAMPLEUSER","arn":"arn:aws:iam::111122223333:user/ann","userName":"ann"}}`, ``,
			sekisho.Actor{Type: sekisho.ActorFederated, ID: "111122223333:bob", Name: "bob", ARN: "arn:aws:sts::111122223333:federated-user/bob", Account: "111122223333", Credential: "ASIAEXAMPLE4",
				Session: "bob", Subject: "bob", Parent: "AIDAEXAMPLEUSER"}},
		{"service", `"type":"AWSService","invokedBy":"ec2.amazonaws.com"`, ``,
			sekisho.Actor{Type: sekisho.ActorService, ID: "ec2.amazonaws.com", Name: "ec2.amazonaws.com", Kind: sekisho.KindService, KindEvidence: "the record names a service as its actor"}},
		{"another account", `"type":"AWSAccount","principalId":"AROAOTHER:s","accountId":"444455556666"`, ``,
			sekisho.Actor{Type: sekisho.ActorAccount, ID: "AROAOTHER", Account: "444455556666", Session: "s", SessionID: "AROAOTHER:s"}},
		{"nobody", `"type":"AWSAccount","principalId":"","accountId":"ANONYMOUS_PRINCIPAL"`, ``,
			sekisho.Actor{Type: sekisho.ActorAnonymous, ID: "anonymous", Name: "anonymous"}},
		{"web identity", `"type":"WebIdentityUser","principalId":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com:sts.amazonaws.com:repo:acme/app:ref:refs/heads/main","userName":"repo:acme/app:ref:refs/heads/main","identityProvider":"token.actions.githubusercontent.com"`, ``,
			sekisho.Actor{Type: sekisho.ActorFederated, ID: "repo:acme/app:ref:refs/heads/main", Name: "repo:acme/app:ref:refs/heads/main", Subject: "repo:acme/app:ref:refs/heads/main",
				Provider: "token.actions.githubusercontent.com", Workload: "repo:acme/app", WorkloadType: "build", Kind: sekisho.KindWorkload, KindEvidence: "the session of a workload: build"}},
		{"SAML", `"type":"SAMLUser","principalId":"abc=:ann@example.com","userName":"ann@example.com","identityProvider":"abc="`, ``,
			sekisho.Actor{Type: sekisho.ActorFederated, ID: "ann@example.com", Name: "ann@example.com", Subject: "ann@example.com", Provider: "abc=", Kind: sekisho.KindHuman, KindEvidence: "signed in with SAML"}},
		{"directory user", `"type":"IdentityCenterUser","accountId":"111122223333","onBehalfOf":{"userId":"90670000-1111","identityStoreArn":"arn:aws:identitystore::111122223333:identitystore/d-1"},"credentialId":"c"`, ``,
			sekisho.Actor{Type: sekisho.ActorDirectory, ID: "90670000-1111", Account: "111122223333", Subject: "90670000-1111", Provider: "arn:aws:identitystore::111122223333:identitystore/d-1",
				Kind: sekisho.KindHuman, KindEvidence: "signed in through IAM Identity Center"}},
		{"unknown", `"type":"Unknown","accountId":"111122223333"`, ``, sekisho.Actor{ID: "111122223333", Account: "111122223333"}},
		{"none", ``, ``, sekisho.Actor{ID: "unknown"}},
		{"agent", `"type":"IAMUser","principalId":"AIDAEXAMPLEUSER","accessKeyId":"AKIAEXAMPLE1"`, `"userAgent":"aws-mcp-proxy/1.0",`,
			sekisho.Actor{Type: sekisho.ActorUser, ID: "AIDAEXAMPLEUSER", Credential: "AKIAEXAMPLE1", LongTerm: true, Kind: sekisho.KindAgent, KindEvidence: "the client calls itself mcp"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := eventOf(t, someCall+test.more+`"userIdentity":{`+test.identity+`}`).Actor
			if got != test.want {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

// TestOutcome has the spellings of refusal, and where the target comes from.
func TestOutcome(t *testing.T) {
	for _, test := range []struct {
		members string
		outcome sekisho.Outcome
		target  string
	}{
		{someCall + `"errorCode":"AccessDenied","errorMessage":"User: x is not authorized to perform: iam:GetRole on resource: role r because"`, sekisho.Denied, "r"},
		{`"eventSource":"iam.amazonaws.com","eventName":"GetRole","errorCode":"AccessDenied","errorMessage":"User: x is not authorized to perform: iam:GetRole on resource: arn:aws:iam::111122223333:role/r because no"`, sekisho.Denied, "arn:aws:iam::111122223333:role/r"},
		{`"eventSource":"ec2.amazonaws.com","eventName":"StopInstances","errorCode":"Client.UnauthorizedOperation","requestParameters":{"instanceId":"i-1"}`, sekisho.Denied, "i-1"},
		{`"eventSource":"ec2.amazonaws.com","eventName":"RunInstances","errorCode":"Client.DryRunOperation"`, sekisho.DryRun, ""},
		{`"eventSource":"ec2.amazonaws.com","eventName":"RunInstances","errorCode":"Client.VcpuLimitExceeded"`, sekisho.Failed, ""},
		{`"eventSource":"kms.amazonaws.com","eventName":"Decrypt","errorCode":"AccessDeniedException"`, sekisho.Denied, ""},
		{`"eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin","eventType":"AwsConsoleSignIn","responseElements":{"ConsoleLogin":"Failure"}`, sekisho.Denied, ""},
		{`"eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin","eventType":"AwsConsoleSignin","errorMessage":"Failed authentication"`, sekisho.Denied, ""},
		{`"eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin","eventType":"AwsConsoleSignIn","responseElements":{"ConsoleLogin":"Success"}`, sekisho.OK, ""},
		{`"eventSource":"s3.amazonaws.com","eventName":"GetObject","resources":[{"type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::b"},{"ARN":"arn:aws:s3:::b/k"}]`, sekisho.OK, "arn:aws:s3:::b/k"},
		{`"eventSource":"iam.amazonaws.com","eventName":"AttachUserPolicy","readOnly":false,"requestParameters":{"policyArn":"arn:aws:iam::aws:policy/P","userName":"ann"}`, sekisho.OK, "ann"},
	} {
		e := eventOf(t, test.members)
		if e.Outcome != test.outcome || e.Target != test.target {
			t.Errorf("%s: outcome %d, target %q; want %d, %q", test.members, e.Outcome, e.Target, test.outcome, test.target)
		}
	}
}

// TestRecordFields has the fields of the record itself and their oddities.
func TestRecordFields(t *testing.T) {
	e := eventOf(t, `"eventName":"AddPermission20150331v2","eventSource":"lambda.amazonaws.com","awsRegion":"eu-west-1","sourceIPAddress":"::ffff:203.0.113.9","readOnly":"false",
		"eventType":"AwsApiCall","recipientAccountId":"111122223333","sharedEventID":"s","vpcEndpointId":"vpce-1","requestParameters":{"functionName":"f"},"responseElements":[],"userIdentity":{"accountId":"444455556666"}`)
	if e.Service != "lambda" || e.Action != "AddPermission" || e.Region != "eu-west-1" || e.IP != "203.0.113.9" || e.Account != "111122223333" || e.TwinID != "s" ||
		e.Endpoint != "vpce-1" || string(e.Params) != `{"functionName":"f"}` || e.Result != nil || e.ID != "11111111-2222-3333-4444-555555555555" || e.Source != "aws-cloudtrail" ||
		!e.Time.Equal(time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)) {
		t.Errorf("%+v", e)
	}
	e = eventOf(t, someCall+`"sourceIPAddress":"AWS Internal","userAgent":"AWS Internal","userIdentity":{"type":"Root","accountId":"111122223333"}`)
	if e.IP != "" || e.Actor.OnBehalf != "internal" || e.Account != "111122223333" || e.Client.Family != "service" {
		t.Errorf("%+v", e)
	}
	e = eventOf(t, `"eventName":"SharedSnapshotVolumeCreated","eventSource":"ec2.amazonaws.com","eventType":"AwsServiceEvent","requestParameters":null,"serviceEventDetails":{"snapshotId":"snap-1"},"userIdentity":{"invokedBy":"ec2.amazonaws.com"}`)
	if e.Kind != sekisho.Notice || e.Target != "snap-1" || e.Actor.Type != sekisho.ActorService {
		t.Errorf("%+v", e)
	}
	for members, flag := range map[string]sekisho.Flag{
		someCall + `"EventName":"x"`:                                                        sekisho.FlagKeysRepeated,
		someCall + `"eventName":"x"`:                                                        sekisho.FlagKeysRepeated,
		someCall + `"userIdentity":{"arn":"a","ARN":"b"}`:                                   sekisho.FlagKeysRepeated,
		someCall + `"eventVersion":"1.08"`:                                                  0,
		someCall + `"userAgent":"` + strings.Repeat("é", userAgentMax) + `"`:                sekisho.FlagShortened,
		`"eventName":"PutX","requestParameters":{"a":"` + strings.Repeat("x", 1<<18) + `"}`: sekisho.FlagShortened,
	} {
		e := eventOf(t, members)
		if e.Flags != flag || len(e.Client.Raw) > userAgentMax || e.Params != nil || e.Action == "x" {
			t.Errorf("%.80s: flags %d, want %d", members, e.Flags, flag)
		}
	}
}

// TestVerdict has what is not an event, and why.
func TestVerdict(t *testing.T) {
	for _, test := range []struct {
		raw     string
		verdict normalize.Verdict
		reason  string
	}{
		{`{"eventName":"x","eventSource":"y"}`, normalize.Unreadable, "no eventTime"},
		{`{"eventName":"x","eventTime":"yesterday"}`, normalize.Unreadable, "eventTime is not a time"},
		{`{"eventName":"x","eventTime":"2024-02-30T00:00:00Z"}`, normalize.Unreadable, "eventTime is not a time"},
		{`{"eventName":"x","eventTime":"1500-01-01T00:00:00Z"}`, normalize.Unreadable, "eventTime is not a time"},
		{`{"eventVersion":"1.08"}`, normalize.Unreadable, "not a CloudTrail record (no eventName)"},
		{`{"actor":{},"uuid":"u"}`, normalize.NotMine, "not a CloudTrail record (no eventName)"},
		{`{"digestStartTime":"2024-01-01T00:00:00Z","digestS3Object":"x"}`, normalize.Skipped, "a CloudTrail digest"},
		{`{"eventCategory":"Insight","eventTime":"2024-01-01T00:00:00Z","eventName":"x"}`, normalize.Skipped, "a CloudTrail Insights event"},
		{`{"eventName":"x"`, normalize.Unreadable, "not a complete JSON object"},
		{`[]`, normalize.Unreadable, "not a complete JSON object"},
	} {
		dst, _, verdict, reason := compact([]byte("d"), []byte(test.raw))
		if verdict != test.verdict || reason != test.reason || string(dst) != "d" {
			t.Errorf("%s: %d %q, want %d %q", test.raw, verdict, reason, test.verdict, test.reason)
		}
	}
}

// TestTime compares the short way with the long one on every day of a leap
// cycle, and has the other spellings.
func TestTime(t *testing.T) {
	for at := time.Date(1899, 1, 1, 23, 59, 58, 0, time.UTC); at.Year() < 2105; at = at.AddDate(0, 0, 1) {
		s := at.Format("2006-01-02T15:04:05Z")
		if ns, ok := normalize.Stamp([]byte(s)); !ok || ns != at.UnixNano() {
			t.Fatalf("%s is %d, %v", s, ns, ok)
		}
	}
	want := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC).UnixNano()
	for s, ns := range map[string]int64{"2024-05-06T09:08:09+02:00": want, "2024-05-06T07:08:09.000Z": want, "2024-05-06T07:08:09.5Z": want + 5e8,
		"2024-05-06 07:08:09": want, "2024-05-06 07:08:09.250": want + 25e7} {
		if got, ok := normalize.Stamp([]byte(s)); !ok || got != ns {
			t.Errorf("%s is %d, %v; want %d", s, got, ok, ns)
		}
	}
	e := expandOnce(t, must(compact(nil, []byte(`{"eventName":"x","@timestamp":"2024-05-06T07:08:09.000Z"}`))))
	if e.Time.UnixNano() != want {
		t.Errorf("@timestamp gives %v", e.Time)
	}
}

func must(c []byte, _ normalize.Key, _ normalize.Verdict, _ string) []byte { return c }

// TestNoID: a record without an id gets the same one however it is written.
func TestNoID(t *testing.T) {
	a := []byte(`{"eventName":"x","eventTime":"2024-05-06T07:08:09Z","a":[1,{"c":1.0,"b":"\u00e9\/"}]}`)
	b := []byte(` { "a" : [ 1 , {"b":"é/","c":1.0} ] , "eventTime":"2024-05-06T07:08:09Z", "eventName":"\u0078"}`)
	if got, want := string(rawjson.Canonical(b)), `{"a":[1,{"b":"é/","c":1.0}],"eventName":"x","eventTime":"2024-05-06T07:08:09Z"}`; got != want {
		t.Errorf("canonical form is %s, want %s", got, want)
	}
	ca, ka, _, _ := compact(nil, a)
	cb, kb, _, _ := compact(nil, b)
	if ka != kb || !bytes.Equal(ca, cb) {
		t.Errorf("keys %v and %v", ka, kb)
	}
	if id := expandOnce(t, ca).ID; len(id) != len("sha256:")+16 {
		t.Errorf("id is %q", id)
	}
}

// TestKey: equal ids give equal keys, in the order of their bytes.
func TestKey(t *testing.T) {
	key := func(id string) normalize.Key {
		_, k, _, _ := compact(nil, fmt.Appendf(nil, `{"eventName":"x","eventTime":"2024-05-06T07:08:09Z","eventID":%q}`, id))
		return k
	}
	if k := key("00112233-4455-6677-8899-aabbccddeeff"); k.Hi != 0x0011223344556677 || k.Lo != 0x8899aabbccddeeff {
		t.Errorf("key is %x %x", k.Hi, k.Lo)
	}
	if one, same, other := key("no uuid"), key("no uuid"), key("another"); one != same || one == other {
		t.Error("ids that are no UUID do not tell records apart")
	}
}

// TestLookup has the shapes that parameters come in.
func TestLookup(t *testing.T) {
	raw := []byte(`{"a":{"b":"x\ny","n":289.0,"t":true,"z":null},"l":{"items":[{"i":1},{"i":2}]},"e":{},"one":{"i":3},"a":{"b":"second"}}`)
	for path, want := range map[string]string{"a b": "x\ny", "a n": "289.0", "a t": "true", "a z": "", "a": "", "a q": "", "l items": "", "q": ""} {
		if got := rawjson.Text(raw, strings.Fields(path)...); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	for path, want := range map[string]string{"l": "12", "e": "", "one": "3"} {
		got := ""
		v, _ := rawjson.Get(raw, path)
		rawjson.Each(v, func(elem []byte) { got += rawjson.Text(elem, "i") })
		if got != want {
			t.Errorf("each of %s gives %q, want %q", path, got, want)
		}
	}
	if _, ok := rawjson.Get(raw, "a", "z"); !ok {
		t.Error("a null value is absent")
	}
}

// TestCompactAllocates nothing for an ordinary record.
func TestCompactAllocates(t *testing.T) {
	raw := []byte(`{"eventVersion":"1.08",` + someCall + `"eventTime":"2024-05-06T07:08:09Z","eventID":"11111111-2222-3333-4444-555555555555","readOnly":true,"userIdentity":{"type":"IAMUser","principalId":"AIDAX"}}`)
	dst := make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(100, func() { compact(dst, raw) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
