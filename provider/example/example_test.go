package example

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/engine"
	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/provider/aws"
)

// TestGolden: what a record means.
func TestGolden(t *testing.T) {
	f := Audit()
	out, _, verdict, reason := f.Compact(nil, []byte(`{"id":"v1","at":"2026-03-02T11:05:00Z","verb":"vault.exported","object":"production","who":{"id":"u7","mail":"Ann@example.com"},"address":"198.51.100.77","program":"Vault/4.2","ok":true}`))
	if verdict != normalize.Read {
		t.Fatal(reason)
	}
	var e sekisho.Event
	if err := f.NewExpander().Expand(&e, out); err != nil {
		t.Fatal(err)
	}
	if e.ID != "v1" || e.Name() != "vault:vault.exported" || e.Actor.Subject != "ann@example.com" || e.IP != "198.51.100.77" || e.Client.Family != "vault" ||
		len(e.Effects) != 1 || e.Effects[0].Kind != sekisho.ReadSecret || e.Target != "production" {
		t.Errorf("%+v", e)
	}
}

// TestInventedSource: with its format in the list, and nothing else touched, the records of
// a source that no stage has heard of lie in one folder with CloudTrail's; its person is
// the root of what the same person does in the cloud, and behaviours that know no source
// fire on what it tells.
func TestInventedSource(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"vault.json": `{"id":"v1","at":"2026-03-02T11:05:00Z","verb":"vault.exported","object":"production","who":{"id":"u7","mail":"Ann@example.com"},"address":"198.51.100.77","ok":true}
{"id":"v2","at":"2026-03-02T11:06:00Z","verb":"member.made-admin","object":"u9","who":{"id":"u7","mail":"Ann@example.com"},"address":"198.51.100.77","ok":true}
`,
		"trail.json": `{"Records":[{"eventVersion":"1.08","eventTime":"2026-03-02T11:00:20Z","eventID":"00000000-0000-4000-8000-000000000001","eventSource":"sts.amazonaws.com","eventName":"AssumeRoleWithSAML","awsRegion":"us-east-1","sourceIPAddress":"198.51.100.77","userAgent":"x","recipientAccountId":"111122223333","userIdentity":{"type":"SAMLUser","principalId":"abc=:ann@example.com","userName":"ann@example.com","identityProvider":"abc="},"requestParameters":{"roleArn":"arn:aws:iam::111122223333:role/ops","roleSessionName":"ann"},"responseElements":{"credentials":{"accessKeyId":"ASIAEXAMPLE000000001"},"assumedRoleUser":{"assumedRoleId":"AROAEXAMPLE:ann","arn":"arn:aws:sts::111122223333:assumed-role/ops/ann"}}},
{"eventVersion":"1.08","eventTime":"2026-03-02T11:07:00Z","eventID":"00000000-0000-4000-8000-000000000002","eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging","awsRegion":"us-east-1","sourceIPAddress":"198.51.100.77","userAgent":"x","recipientAccountId":"111122223333","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE:ann","arn":"arn:aws:sts::111122223333:assumed-role/ops/ann","accountId":"111122223333","accessKeyId":"ASIAEXAMPLE000000001","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE","arn":"arn:aws:iam::111122223333:role/ops","accountId":"111122223333","userName":"ops"}}},"requestParameters":{"name":"main"},"responseElements":null}]}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kinds := []normalize.Format{aws.CloudTrail(), Audit()}
	in, err := ingest.Open(t.Context(), []string{dir}, ingest.Options{Formats: kinds})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	g := engine.New(engine.Options{})
	expanders := []normalize.Expander{kinds[0].NewExpander(), kinds[1].NewExpander()}
	var e sekisho.Event
	for {
		r, ok, err := in.Next()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		if err := expanders[r.Format].Expand(&e, r.Compact); err != nil {
			t.Fatal(err)
		}
		g.Step(&e)
	}
	incidents := g.Incidents()
	if len(incidents) != 1 {
		t.Fatalf("%d incidents, want one", len(incidents))
	}
	var found, systems []string
	for _, f := range incidents[0].Findings {
		found = append(found, f.Detection)
	}
	for _, id := range incidents[0].Identities {
		systems = append(systems, id.System)
	}
	if !slices.Contains(found, "admin-granted") || !slices.Contains(found, "defence-disabled") {
		t.Errorf("found %v", found)
	}
	if !slices.Contains(systems, "vault") || !slices.Contains(systems, "aws") {
		t.Errorf("of %v", systems)
	}
}

// FuzzAudit: whatever comes is read or refused with a reason.
func FuzzAudit(f *testing.F) {
	f.Add([]byte(`{"id":"v1","at":"2026-03-02T11:05:00Z","verb":"x","who":{"id":"u7"}}`))
	format := Audit()
	x := format.NewExpander()
	f.Fuzz(func(t *testing.T, raw []byte) {
		out, _, verdict, reason := format.Compact(nil, raw)
		var e sekisho.Event
		switch {
		case verdict == normalize.Read && x.Expand(&e, out) != nil:
			t.Fatal("read, and cannot be expanded")
		case verdict == normalize.Read && (e.ID == "" || e.Actor.ID == "" || e.Class.UID == 0):
			t.Fatalf("%+v", e)
		case verdict != normalize.Read && reason == "":
			t.Fatal("refused without a reason")
		}
	})
}
