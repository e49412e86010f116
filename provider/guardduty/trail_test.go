package guardduty

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/lineage"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/provider/aws"
)

// TestSameActor: a finding's actor is the one that the trail's records have, or it would
// stand beside its lineage instead of in it.
func TestSameActor(t *testing.T) {
	const issuer = `"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAAPP","arn":"arn:aws:iam::111122223333:role/app","accountId":"111122223333","userName":"NAME"},"attributes":{"creationDate":"2026-02-02T02:00:00Z","mfaAuthenticated":"false"}}`
	role := func(session, name string) string {
		return `{"type":"AssumedRole","principalId":"AROAAPP:` + session + `","arn":"arn:aws:sts::111122223333:assumed-role/` + name + `/` + session + `","accountId":"111122223333","accessKeyId":"ASIAONE",` + strings.Replace(issuer, "NAME", name, 1) + `}`
	}
	details := func(principal, kind, name, key string) string {
		return `{"resourceType":"AccessKey","accessKeyDetails":{"accessKeyId":"` + key + `","principalId":"` + principal + `","userType":"` + kind + `","userName":"` + name + `"}}`
	}
	const agent = "Boto3/1.28 md/Botocore#1.31 exec-env/AWS_Lambda_python3.11"
	for _, tt := range []struct{ name, identity, resource string }{
		{"a function's session", role("web", "app"), details("AROAAPP:web", "AssumedRole", "app", "ASIAONE")},
		{"a person's session", role("alice@example.com", "app"), details("AROAAPP:alice@example.com", "AssumedRole", "app", "ASIAONE")},
		{"an instance's session", role("i-0123456789abcdef0", "app"), details("AROAAPP:i-0123456789abcdef0", "AssumedRole", "app", "ASIAONE")},
		{"a task's session", role("0123456789abcdef0123456789abcdef", "app"), details("AROAAPP:0123456789abcdef0123456789abcdef", "AssumedRole", "app", "ASIAONE")},
		{"a pod's session", role("eks-prod-web-0123abcd", "app"), details("AROAAPP:eks-prod-web-0123abcd", "AssumedRole", "app", "ASIAONE")},
		{"a build's session", role("AWSCodeBuild-0123abcd", "app"), details("AROAAPP:AWSCodeBuild-0123abcd", "AssumedRole", "app", "ASIAONE")},
		{"a service job's session", role("GlueJobRunnerSession", "app"), details("AROAAPP:GlueJobRunnerSession", "AssumedRole", "app", "ASIAONE")},
		{"a stack's session", role("AWSCloudFormation", "app"), details("AROAAPP:AWSCloudFormation", "AssumedRole", "app", "ASIAONE")},
		{"single sign-on", role("carol", "AWSReservedSSO_Admin_0123"), details("AROAAPP:carol", "AssumedRole", "AWSReservedSSO_Admin_0123", "ASIAONE")},
		{"a user", `{"type":"IAMUser","principalId":"AIDAALICE","arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333","accessKeyId":"AKIATWO","userName":"alice"}`, details("AIDAALICE", "IAMUser", "alice", "AKIATWO")},
		{"a user's session", `{"type":"IAMUser","principalId":"AIDAALICE","arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333","accessKeyId":"ASIATWO","userName":"alice"}`, details("AIDAALICE", "IAMUser", "alice", "ASIATWO")},
		{"root", `{"type":"Root","principalId":"111122223333","arn":"arn:aws:iam::111122223333:root","accountId":"111122223333","accessKeyId":"ASIAROOT"}`, details("111122223333", "Root", "Root", "ASIAROOT")},
		{"a federated user", `{"type":"FederatedUser","principalId":"111122223333:dave","arn":"arn:aws:sts::111122223333:federated-user/dave","accountId":"111122223333","accessKeyId":"ASIAFED"}`, details("111122223333:dave", "FederatedUser", "dave", "ASIAFED")},
		{"nobody", `{"type":"AWSAccount","principalId":"","accountId":"anonymous"}`, details("", "AWSAccount", "ANONYMOUS_PRINCIPAL", "")},
	} {
		client := ""
		if tt.name == "a function's session" {
			client = agent
		}
		trail := expand(t, aws.CloudTrail(), `{"eventVersion":"1.08","eventTime":"2026-02-02T02:30:00Z","eventSource":"s3.amazonaws.com","eventName":"ListBuckets","awsRegion":"eu-west-1","eventID":"e1","recipientAccountId":"111122223333","sourceIPAddress":"203.0.113.9","userAgent":"`+client+`","userIdentity":`+tt.identity+`}`).Actor
		told := expand(t, Format(), finding("X:IAMUser/Y", "5", tt.resource, `,"action":{"awsApiCallAction":{"userAgent":"`+client+`"}}`)).Actor
		a, b := lineage.PartyOf(&sekisho.Event{Actor: trail}), lineage.PartyOf(&sekisho.Event{Actor: told})
		if a.Key() != b.Key() {
			t.Errorf("%s: the root is %s by the finding, %s by the trail", tt.name, b.Key(), a.Key())
		}
		// What a finding does not say; the kind follows from parts of that.
		trail.ARN, trail.SessionStart, told.ARN = "", told.SessionStart, ""
		trail.KindEvidence, told.KindEvidence = "", ""
		if trail.Subject == told.Subject {
			trail.Provider = told.Provider
		}
		if trail != told {
			t.Errorf("%s:\nby the finding %+v\nby the trail   %+v", tt.name, told, trail)
		}
	}
}

func expand(t *testing.T, f normalize.Format, raw string) (e sekisho.Event) {
	t.Helper()
	out, _, verdict, reason := f.Compact(nil, []byte(raw))
	if verdict != normalize.Read {
		t.Fatal(reason, raw)
	}
	if err := f.NewExpander().Expand(&e, out); err != nil {
		t.Fatal(err)
	}
	return e
}

// TestNobodyElses: no record of another source is claimed, nor a finding by the trail.
func TestNobodyElses(t *testing.T) {
	for _, tt := range pairs {
		if _, _, verdict, _ := aws.CloudTrail().Compact(nil, []byte(tt.raw)); verdict == normalize.Read {
			t.Errorf("%s: the trail's format reads it", tt.name)
		}
	}
	files, _ := filepath.Glob(dataDir + "panther-rule-tests/*.ndjson.gz")
	if len(files) == 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("CI must have the public recordings at " + dataDir)
		}
		t.Skip("no public recordings")
	}
	f, n := Format(), 0
	for _, file := range files {
		if strings.HasSuffix(file, "AWS.GuardDuty.ndjson.gz") {
			continue
		}
		for _, raw := range others(t, file) {
			n++
			if _, _, verdict, reason := f.Compact(nil, raw); verdict != normalize.NotMine {
				t.Errorf("%s: %s: %.300s", file, reason, raw)
			}
		}
	}
	if n < 500 {
		t.Errorf("only %d records", n)
	}
}

// others are the records of a file of rule tests.
func others(t *testing.T, file string) (list []json.RawMessage) {
	t.Helper()
	packed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		var m struct {
			Event json.RawMessage `json:"event"`
		}
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatal(err)
		}
		list = append(list, m.Event)
	}
	return list
}
