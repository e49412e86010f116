package awsapi

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/inventory"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/provider/aws"
)

const (
	testAccount = "111122223333"
	arnIAM      = "arn:aws:iam::" + testAccount + ":"
	arnFunction = "arn:aws:lambda:eu-west-1:" + testAccount + ":function:resize"
)

// furnish makes an account with something of everything that is collected.
func furnish(t *testing.T, c sdk.Config) {
	t.Helper()
	ctx, do := t.Context(), must(t)
	i, l, q := iam.NewFromConfig(c), lambda.NewFromConfig(c), sqs.NewFromConfig(c)
	s := sdk.String
	everything := s(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)
	do(i.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: s("all"), PolicyDocument: everything}))
	do(i.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: s("admins")}))
	do(i.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: s("admins"), PolicyArn: s(arnIAM + "policy/all")}))
	do(i.CreateUser(ctx, &iam.CreateUserInput{UserName: s("alice")}))
	do(i.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: s("admins"), UserName: s("alice")}))
	do(i.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: s("alice"), Password: s("Correct-Horse-1")}))
	do(i.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: s("alice")}))
	do(i.CreateRole(ctx, &iam.CreateRoleInput{RoleName: s("resize"), AssumeRolePolicyDocument: s(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com","AWS":"` + arnIAM + `user/alice"},"Action":"sts:AssumeRole"}]}`)}))
	do(i.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: s("resize"), PolicyName: s("p"), PolicyDocument: s(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:CreateAccessKey","Resource":"` + arnIAM + `user/alice"},
		 {"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}`)}))

	var code bytes.Buffer
	z := zip.NewWriter(&code)
	w, err := z.Create("index.py")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write([]byte("def handler(event, context):\n    return 1\n"))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	do(l.CreateFunction(ctx, &lambda.CreateFunctionInput{FunctionName: s("resize"), Runtime: types.RuntimePython312, Handler: s("index.handler"), Role: s(arnIAM + "role/resize"),
		Code: &types.FunctionCode{ZipFile: code.Bytes()}, Environment: &types.Environment{Variables: map[string]string{"TOKEN": "very-secret-value"}}}))
	do(l.PublishVersion(ctx, &lambda.PublishVersionInput{FunctionName: s("resize")}))
	do(l.CreateAlias(ctx, &lambda.CreateAliasInput{FunctionName: s("resize"), Name: s("live"), FunctionVersion: s("1")}))
	do(l.CreateFunctionUrlConfig(ctx, &lambda.CreateFunctionUrlConfigInput{FunctionName: s("resize"), AuthType: types.FunctionUrlAuthTypeNone}))
	do(l.AddPermission(ctx, &lambda.AddPermissionInput{FunctionName: s("resize"), StatementId: s("partner"), Action: s("lambda:InvokeFunction"), Principal: s("999988887777")}))
	do(l.PutFunctionConcurrency(ctx, &lambda.PutFunctionConcurrencyInput{FunctionName: s("resize"), ReservedConcurrentExecutions: sdk.Int32(3)}))
	do(q.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: s("jobs")}))
	do(l.CreateEventSourceMapping(ctx, &lambda.CreateEventSourceMappingInput{FunctionName: s("resize"), EventSourceArn: s("arn:aws:sqs:eu-west-1:" + testAccount + ":jobs"), Enabled: sdk.Bool(false)}))
}

// collector makes one that reads identities and functions, at a clock of its own.
func collector(t *testing.T, c sdk.Config, now *time.Time) *Collector {
	t.Helper()
	x, err := NewCollector(t.Context(), c, CollectorOptions{Identities: true, Now: func() time.Time { return *now }})
	if err != nil {
		t.Fatal(err)
	}
	x.pace.SetLimit(10_000)
	return x
}

// told are the records of a batch: those of each kind by the last part of their
// name, gone ones with a minus before it.
func told(t *testing.T, b ingest.Batch, store *inventory.Store) map[string]json.RawMessage {
	t.Helper()
	out := map[string]json.RawMessage{}
	f := aws.Inventory()
	x := f.NewExpander()
	for _, p := range b.Parcels {
		if p.Format != f.Name || p.Path != ingest.PathSelf {
			t.Errorf("a parcel of %s by %s", p.Format, p.Path)
		}
		for line := range bytes.Lines(p.Raw) {
			c, _, verdict, reason := f.Compact(nil, bytes.TrimSpace(line))
			if verdict != normalize.Read {
				t.Fatalf("%v %s: %s", verdict, reason, line)
			}
			var e sekisho.Event
			if err := x.Expand(&e, c); err != nil {
				t.Fatal(err)
			}
			store.Apply(&e)
			key, _ := aws.InventoryDocument(c)
			kind := strings.Split(key, "/")[2]
			name := kind + " " + e.Target[strings.LastIndexAny(e.Target, "/:")+1:]
			if len(e.Params) == 0 {
				name = "-" + name
			}
			out[name] = bytes.Clone(e.Params)
		}
	}
	if b.Settle != nil {
		if err := b.Settle(t.Context()); err != nil {
			t.Error(err)
		}
	}
	return out
}

func readOnce(t *testing.T, c *Collector) ingest.Batch {
	t.Helper()
	b, err := c.Read(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestCollector: an emulated account is read with exactly the permissions that are
// said to be needed; everything at first, then what changed, then what is gone.
func TestCollector(t *testing.T) {
	root := emulated(t)
	furnish(t, root)
	reader := only(t, root, "sekisho", CollectorPermissions)
	var made calls
	made.note(&reader)
	now := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	c := collector(t, reader, &now)
	if c.Name() != "inventory:111122223333/eu-west-1" {
		t.Error(c.Name())
	}
	store := inventory.New(nil, nil)

	b := readOnce(t, c)
	if len(b.Failed) > 0 {
		t.Fatalf("failed: %v", b.Failed)
	}
	if len(b.Parcels) != 1 {
		t.Fatalf("%d parcels", len(b.Parcels))
	}
	if bytes.Contains(b.Parcels[0].Raw, []byte("very-secret-value")) || bytes.Contains(b.Parcels[0].Raw, []byte("SecretAccessKey")) {
		t.Errorf("a secret was collected: %s", b.Parcels[0].Raw)
	}
	first := told(t, b, store)
	for _, want := range []string{"user alice", "user sekisho", "group admins", "policy all", "role resize", "function resize"} {
		if first[want] == nil {
			t.Errorf("%s was not told", want)
		}
	}
	for name, want := range map[string][]string{
		"user alice": {`"GroupList":["admins"]`, `"LoginProfile":{`, `"AccessKeyId":"`, `"Status":"Active"`},
		"function resize": {`"CodeSha256":"`, `"Environment":{"TOKEN":"sha256:`, `"Name":"live"`, `"Version":"1"`, `"EventSourceArn":"arn:aws:sqs:`, `"AuthType":"NONE"`,
			`"partner"`, `"ReservedConcurrentExecutions":3`},
	} {
		for _, part := range want {
			if !strings.Contains(string(first[name]), part) {
				t.Errorf("%s does not say %s: %s", name, part, first[name])
			}
		}
	}
	for ref, want := range map[sekisho.Ref]sekisho.Power{
		{ARN: arnIAM + "user/alice"}:  sekisho.PowerAdmin,  // through a group's managed policy
		{ARN: arnIAM + "role/resize"}: sekisho.PowerIssues, // makes keys for one user
		store.RoleOf(arnFunction):     sekisho.PowerIssues,
	} {
		if power, basis := store.Power(ref); power != want || basis != sekisho.BasisKnown {
			t.Errorf("%s: power %d by %q, want %d", ref.Label(), power, basis, want)
		}
	}
	if with, _ := store.TrustedBy(sekisho.Ref{ARN: arnIAM + "role/resize"}); !slices.Equal(with, []string{arnIAM + "user/alice", "lambda.amazonaws.com"}) {
		t.Errorf("the role trusts %v", with)
	}
	if got := store.SharedTo(arnFunction); !slices.Equal(got, []string{"999988887777"}) {
		t.Errorf("the function is shared with %v", got)
	}
	if got := slices.DeleteFunc(made.permissions(), func(p string) bool { return p == "sts:GetCallerIdentity" }); !slices.Equal(got, CollectorPermissions) {
		t.Errorf("used       %v\npermissions %v", got, CollectorPermissions)
	}

	// Nothing changed: nothing is told.
	now = now.Add(collectEvery)
	if b := readOnce(t, c); len(b.Parcels)+len(b.Failed) > 0 {
		t.Errorf("told again: %s %v", b.Parcels[0].Raw, b.Failed)
	}

	// Power is taken away, a variable is changed, a user is gone.
	ctx, do := t.Context(), must(t)
	i, l := iam.NewFromConfig(root), lambda.NewFromConfig(root)
	do(i.DetachGroupPolicy(ctx, &iam.DetachGroupPolicyInput{GroupName: sdk.String("admins"), PolicyArn: sdk.String(arnIAM + "policy/all")}))
	do(l.UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: sdk.String("resize"),
		Environment: &types.Environment{Variables: map[string]string{"TOKEN": "another"}}}))
	do(i.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: sdk.String(arnIAM + "policy/all")}))
	c.Poke()
	began := time.Now()
	b = readOnce(t, c)
	if waited := time.Since(began); waited < pokeGathers || waited > pokeGathers+pokeGap+2*time.Second {
		t.Errorf("read %s after it was asked for", waited)
	}
	second := told(t, b, store)
	for _, want := range []string{"group admins", "user alice", "function resize", "-policy all"} {
		if _, ok := second[want]; !ok {
			t.Errorf("%s was not told", want)
		}
	}
	if len(second) != 4 {
		t.Errorf("told %v", sortedKeys(second))
	}
	if power, _ := store.Power(sekisho.Ref{ARN: arnIAM + "user/alice"}); power != sekisho.PowerLimited {
		t.Errorf("alice still has power %d", power)
	}

	// What was not settled is told again; once a day everything is.
	do(i.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{UserName: sdk.String("alice"), Status: iamtypes.StatusTypeInactive, AccessKeyId: accessKey(t, second["user alice"])}))
	now = now.Add(collectEvery)
	_ = readOnce(t, c)
	now = now.Add(collectEvery)
	if got := sortedKeys(told(t, readOnce(t, c), store)); !slices.Equal(got, []string{"user alice"}) {
		t.Errorf("told %v", got)
	}
	now = now.Add(collectWhole)
	if got := sortedKeys(told(t, readOnce(t, c), store)); len(got) != 5 {
		t.Errorf("of the whole account %v", got)
	}
}

// accessKey is the id of the one key in a user's document.
func accessKey(t *testing.T, document json.RawMessage) *string {
	t.Helper()
	var d identityDocument
	if err := json.Unmarshal(document, &d); err != nil || len(d.AccessKeys) != 1 {
		t.Fatalf("%v %s", err, document)
	}
	return &d.AccessKeys[0].AccessKeyID
}

// TestCollectorWithoutOnePermission: each permission that is missing is named, and
// the rest is told.
func TestCollectorWithoutOnePermission(t *testing.T) {
	root := emulated(t)
	furnish(t, root)
	reader := only(t, root, "sekisho", CollectorPermissions)
	for _, without := range CollectorPermissions {
		allow(t, root, "sekisho", slices.DeleteFunc(slices.Clone(CollectorPermissions), func(p string) bool { return p == without }))
		now := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
		c := collector(t, reader, &now)
		b := readOnce(t, c)
		if len(b.Failed) != 1 || !strings.Contains(b.Failed[0].Err.Error(), "the permission "+without+" is missing") {
			t.Errorf("without %s: failed %v", without, b.Failed)
		}
		all := told(t, b, inventory.New(nil, nil))
		if lists := map[string]string{"iam:GetAccountAuthorizationDetails": "user alice", "lambda:ListFunctions": "function resize"}; lists[without] == "" && len(all) != 6 {
			t.Errorf("without %s: told %v", without, sortedKeys(all))
		} else if name := lists[without]; name != "" && (all[name] != nil || len(all) == 0) {
			t.Errorf("without %s: told %v", without, sortedKeys(all))
		}
	}
}

// TestPokeNames: a reading that is about some things asks no more of the others than
// lists tell; what lists show to have changed is read nonetheless.
func TestPokeNames(t *testing.T) {
	root := emulated(t)
	furnish(t, root)
	reader := root.Copy()
	var made calls
	made.note(&reader)
	now := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	c := collector(t, reader, &now)
	store := inventory.New(nil, nil)
	told(t, readOnce(t, c), store)
	l := lambda.NewFromConfig(root)
	reserve := func(n int32) {
		must(t)(l.PutFunctionConcurrency(t.Context(), &lambda.PutFunctionConcurrencyInput{FunctionName: sdk.String("resize"), ReservedConcurrentExecutions: &n}))
	}
	for _, tt := range []struct {
		names []string
		told  []string
		calls int
	}{
		{[]string{"somebody"}, nil, 3}, // the three lists
		{[]string{"somebody", arnFunction}, []string{"function resize"}, 3 + 5},
		{[]string{"resize"}, []string{"function resize"}, 3 + 5},
		{nil, []string{"function resize"}, len(CollectorPermissions)},
	} {
		reserve(int32(10 + len(tt.told) + 2*len(tt.names)))
		made.mu.Lock()
		clear(made.made)
		made.mu.Unlock()
		c.Poke(tt.names...)
		c.last = now.Add(-time.Hour)
		if got := sortedKeys(told(t, readOnce(t, c), store)); !slices.Equal(got, tt.told) || len(made.permissions()) != tt.calls {
			t.Errorf("asked for %v: told %v by %v", tt.names, got, made.permissions())
		}
	}
	must(t)(l.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: sdk.String("resize"), Timeout: sdk.Int32(77)}))
	c.Poke("somebody")
	if got := sortedKeys(told(t, readOnce(t, c), store)); !slices.Equal(got, []string{"function resize"}) {
		t.Errorf("of a changed configuration: told %v", got)
	}
	for i := range 2 * namesMost {
		c.Poke(strings.Repeat("x", i+1))
	}
	if of := c.take(); !of.all || len(of.names) > namesMost {
		t.Errorf("a flood of names: all %v, %d names", of.all, len(of.names))
	}
}

// TestCollectorKnowsWhatWas: what was known before the process began and is there no
// more is told as gone, once.
func TestCollectorKnowsWhatWas(t *testing.T) {
	root := emulated(t)
	now := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	c := collector(t, root, &now)
	c.o.Known = func() []string {
		return []string{testAccount + "/aws-global/user/" + arnIAM + "user/mallory", testAccount + "/us-east-1/function/x", "999988887777/aws-global/user/x", "nonsense"}
	}
	got := told(t, readOnce(t, c), inventory.New(nil, nil))
	if _, ok := got["-user mallory"]; !ok || len(got) != 1 {
		t.Errorf("told %v", sortedKeys(got))
	}
	now = now.Add(collectWhole)
	if b := readOnce(t, c); len(b.Parcels) > 0 {
		t.Errorf("told again: %s", b.Parcels[0].Raw)
	}
}

// TestParcelsAreBounded: what does not fit comes with the next read.
func TestParcelsAreBounded(t *testing.T) {
	c := &Collector{sent: map[string][32]byte{}}
	for range 70 {
		c.rest = append(c.rest, line{key: "k", raw: bytes.Repeat([]byte("x"), aws.InventoryRecordMax)})
	}
	n := 0
	for len(c.rest) > 0 {
		b := c.parcel()
		if size := len(b.Parcels[0].Raw); size > ingest.BodyMax {
			t.Fatalf("a parcel of %d bytes", size)
		}
		n++
	}
	if n != 2 {
		t.Errorf("%d parcels", n)
	}
}
