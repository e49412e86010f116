package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/sekisho/sekisho/emulator"
)

// cloud is an emulated account that delivers records by a queue, and as files.
type cloud struct {
	t          testing.TB
	config     sdk.Config
	sqs        *sqs.Client
	s3         *s3.Client
	fast, slow string // queues: of events, and of announcements
	n          int
}

// newCloud makes one in an emulator.
func newCloud(t testing.TB, e *emulator.Emulator) *cloud {
	t.Helper()
	c := &cloud{t: t, config: sdk.Config{Region: emulator.Region, BaseEndpoint: &e.URL, Credentials: credentials.NewStaticCredentialsProvider(emulator.Key, emulator.Secret, "")}}
	c.sqs, c.s3 = sqs.NewFromConfig(c.config), s3.NewFromConfig(c.config, func(o *s3.Options) { o.UsePathStyle = true })
	queue := func(name string) string {
		made, err := c.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name})
		if err != nil {
			t.Fatal(err)
		}
		return *made.QueueUrl
	}
	// Tests share the emulator: what one leaves in its queues is not the next one's.
	c.fast, c.slow = queue("fast-"+t.Name()), queue("slow-"+t.Name())
	arn := "arn:aws:sqs:" + emulator.Region + ":" + emulator.Account + ":slow-" + t.Name()
	policy := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"sqs:SendMessage","Resource":%q}]}`, arn)
	_, err := c.sqs.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: &c.slow, Attributes: map[string]string{"Policy": policy}})
	if err == nil {
		_, err = c.s3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: sdk.String("company-trail")})
	}
	if err == nil {
		_, err = c.s3.PutBucketNotificationConfiguration(t.Context(), &s3.PutBucketNotificationConfigurationInput{Bucket: sdk.String("company-trail"),
			NotificationConfiguration: &s3types.NotificationConfiguration{QueueConfigurations: []s3types.QueueConfiguration{{QueueArn: &arn, Events: []s3types.Event{"s3:ObjectCreated:*"}}}}})
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// seenAgain sets after how long a message that was not settled is seen again.
func (c *cloud) seenAgain(after time.Duration) {
	c.t.Helper()
	for _, url := range []string{c.fast, c.slow} {
		if _, err := c.sqs.SetQueueAttributes(c.t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: &url, Attributes: map[string]string{"VisibilityTimeout": fmt.Sprint(int(after.Seconds()))}}); err != nil {
			c.t.Fatal(err)
		}
	}
}

// events sends records as a bus does, each in a message.
func (c *cloud) events(lines ...[]byte) {
	c.t.Helper()
	for len(lines) > 0 {
		n := min(10, len(lines))
		in := &sqs.SendMessageBatchInput{QueueUrl: &c.fast}
		for i, line := range lines[:n] {
			text := `{"version":"0","id":"x","detail-type":"AWS API Call via CloudTrail","source":"aws.x","detail":` + string(line) + `}`
			in.Entries = append(in.Entries, sqstypes.SendMessageBatchRequestEntry{Id: sdk.String(fmt.Sprint(i)), MessageBody: &text})
		}
		if _, err := c.sqs.SendMessageBatch(c.t.Context(), in); err != nil {
			c.t.Fatal(err)
		}
		lines = lines[n:]
	}
}

// file delivers records as a trail does; the bucket announces it.
func (c *cloud) file(lines ...[]byte) {
	c.t.Helper()
	c.n++
	text := append(append([]byte(`{"Records":[`), bytes.Join(lines, []byte(","))...), "]}"...)
	key := fmt.Sprintf("AWSLogs/%s/CloudTrail/%s/2026/01/05/%d.json", emulator.Account, emulator.Region, c.n)
	if _, err := c.s3.PutObject(c.t.Context(), &s3.PutObjectInput{Bucket: sdk.String("company-trail"), Key: &key, Body: bytes.NewReader(text)}); err != nil {
		c.t.Fatal(err)
	}
}

// settings is a configuration that reads both.
func (c *cloud) settings(more string) string {
	c.t.Helper()
	path := filepath.Join(c.t.TempDir(), "sekisho.yaml")
	text := fmt.Sprintf("regions: [%[3]s]\nservice:\n  sources:\n    - {queue: %[1]q, region: %[3]s}\n    - {queue: %[2]q, region: %[3]s, buckets: [company-trail/AWSLogs/]}\n%[4]s", c.fast, c.slow, emulator.Region, more)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return path
}

// eventually waits for something to become so.
func eventually(t *testing.T, what string, within time.Duration, so func() bool) {
	t.Helper()
	for began := time.Now(); !so(); time.Sleep(100 * time.Millisecond) {
		if time.Since(began) > within {
			t.Fatalf("not within %s: %s", within, what)
		}
	}
}

// TestServeEmulated: the service in an emulated account. Records come by a queue and as
// files, and what the queue missed is filled and counted; who may do what is known, also
// of whom nobody has seen act, and what response would need is kept; a rule that is
// deleted is an incident.
func TestServeEmulated(t *testing.T) {
	e := emulator.Test(t)
	c := newCloud(t, e)
	ctx := t.Context()
	people := iam.NewFromConfig(c.config)
	bus := eventbridge.NewFromConfig(c.config)
	do := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	do(people.CreateUser(ctx, &iam.CreateUserInput{UserName: sdk.String("quiet-admin")}))
	do(people.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: sdk.String("quiet-admin"), PolicyName: sdk.String("all"), PolicyDocument: sdk.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)}))
	do(bus.PutRule(ctx, &eventbridge.PutRuleInput{Name: sdk.String("sekisho-cloudtrail"), State: ebtypes.RuleStateEnabledWithAllCloudtrailManagementEvents,
		EventPattern: sdk.String(`{"detail-type":["AWS API Call via CloudTrail","AWS Console Sign In via CloudTrail","AWS Console Signin via CloudTrail","AWS Console Action via CloudTrail","AWS Service Event via CloudTrail"]}`)}))
	do(bus.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: sdk.String("sekisho-cloudtrail"), Targets: []ebtypes.Target{{Id: sdk.String("q"), Arn: sdk.String("arn:aws:sqs:" + emulator.Region + ":" + emulator.Account + ":fast-" + t.Name())}}}))

	conf := c.settings(fmt.Sprintf("  inventory:\n    - {account: %q, regions: [%s], every: 1m, rules: [sekisho-cloudtrail]}\n", emulator.Account, emulator.Region))
	dir := filepath.Join(t.TempDir(), "data")
	p := start(t, dir, "--config", conf)
	metric := func(want string) func() bool {
		return func() bool { return bytes.Contains(p.get(t, "/metrics"), []byte(want+"\n")) }
	}
	var lines [][]byte
	for n := range 30 {
		lines = append(lines, bytes.ReplaceAll(oneRecord(t, fmt.Sprintf("bbbbbbbb-0000-4000-8000-%012d", n)), []byte("eu-west-1"), []byte(emulator.Region)))
	}
	c.events(lines[:27]...) // three are missed
	// An answer that is lost on its way leaves its messages unseen for half a minute.
	eventually(t, "events of the queue are judged", 90*time.Second, func() bool {
		return bytes.Contains(p.get(t, "/v1/sources"), []byte(`"path":"eventbridge"`)) && p.accepted(t) >= 27
	})
	c.file(lines...)
	eventually(t, "what the queue missed is filled and counted", 90*time.Second, metric("sekisho_records_gap_total 3"))
	eventually(t, "and the rest known", 10*time.Second, metric("sekisho_records_duplicate_total 27"))
	eventually(t, "inventory is collected", 60*time.Second, func() bool {
		return bytes.Contains(p.get(t, "/v1/sources"), []byte(`"source":"aws-inventory"`))
	})
	// A stranger's key for someone whom nobody has seen: what that one may do is known.
	key := strings.NewReplacer(`"ListBuckets"`, `"CreateAccessKey"`, "s3.amazonaws.com", "iam.amazonaws.com", `"readOnly":true`, `"readOnly":false`, "eu-west-1", emulator.Region,
		`"requestParameters":null`, `"requestParameters":{"userName":"quiet-admin"}`, `"responseElements":null`, `"responseElements":{"accessKey":{"accessKeyId":"AKIAEXAMPLE9","userName":"quiet-admin","status":"Active"}}`).
		Replace(string(oneRecord(t, "bbbbbbbb-0000-4000-8000-0000000000ff")))
	c.events([]byte(key))
	eventually(t, "a key for a quiet administrator is told as that", 90*time.Second, func() bool {
		return bytes.Contains(p.get(t, "/v1/incidents?limit=1000"), []byte("quiet-admin, who has administrator's power (known)"))
	})
	do(bus.RemoveTargets(ctx, &eventbridge.RemoveTargetsInput{Rule: sdk.String("sekisho-cloudtrail"), Ids: []string{"q"}}))
	do(bus.DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: sdk.String("sekisho-cloudtrail")}))
	began := time.Now()
	eventually(t, "a deleted rule is an incident within three minutes", 3*time.Minute, func() bool {
		return bytes.Contains(p.get(t, "/v1/incidents?severity=medium&limit=1000"), []byte(`"feed-rule-removed"`))
	})
	t.Logf("a deleted rule was an incident after %s", time.Since(began).Round(time.Second))
	var cover struct {
		Cells []struct{ Account, Region, Feed, State string }
	}
	if err := json.Unmarshal(p.get(t, "/v1/coverage"), &cover); err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", cover.Cells)
	p.cmd.Process.Signal(os.Interrupt)
	p.cmd.Wait()
	if code, out, errs := runMain(t, "replay", "--data", dir, "--config", conf); code != exitClean {
		t.Errorf("replay: %s%s", out, errs)
	}
}

// accepted is how many records were judged.
func (p *process) accepted(t *testing.T) (n int) {
	for line := range strings.Lines(string(p.get(t, "/metrics"))) {
		if rest, ok := strings.CutPrefix(line, "sekisho_records_accepted_total "); ok {
			fmt.Sscan(rest, &n)
		}
	}
	return n
}
