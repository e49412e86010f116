package aws

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
)

var collectedAt = time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)

// collected is a record of the test's account.
func collected(kind InventoryKind, id, document string) *InventoryRecord {
	return &InventoryRecord{At: collectedAt, Account: "444455556666", Region: "eu-west-1", Kind: kind, ID: id, Document: json.RawMessage(document)}
}

// facts are the effects that a record expands to, as text.
func facts(t *testing.T, r *InventoryRecord) []string {
	t.Helper()
	raw, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	f := Inventory()
	c, _, verdict, reason := f.Compact(nil, raw)
	if verdict != normalize.Read {
		t.Fatalf("%v %s", verdict, reason)
	}
	var e sekisho.Event
	if err := f.NewExpander().Expand(&e, c); err != nil {
		t.Fatal(err)
	}
	if e.Kind != sekisho.Inventory || !e.Time.Equal(collectedAt) || e.Actor != (sekisho.Actor{}) || e.Target != r.ID {
		t.Errorf("%+v", e)
	}
	var out []string
	for _, x := range e.Effects {
		s := x.Kind.String()
		for _, part := range []string{x.What, x.Identity.Type, x.Identity.ID, x.Identity.ARN, x.Policy, x.Workload, x.Alias, x.Resource, strings.Join(x.With, "|")} {
			if part != "" {
				s += " " + part
			}
		}
		if x.Kind == sekisho.HoldsPower {
			s += fmt.Sprint(" power=", x.Power)
		}
		out = append(out, s)
	}
	return out
}

const anything = `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`

// TestInventoryFacts: each kind of record, and what is known by it.
func TestInventoryFacts(t *testing.T) {
	const account = "arn:aws:iam::444455556666:"
	for _, tt := range []struct {
		name string
		r    *InventoryRecord
		want []string
	}{
		{"a user with an administrator's group", collected(InventoryUser, account+"user/alice",
			`{"UserDetailList":[{"UserName":"alice","UserId":"AIDAALICE","Arn":"`+account+`user/alice","GroupList":["admins"]}],
			  "GroupDetailList":[{"GroupName":"admins","Arn":"`+account+`group/admins","AttachedManagedPolicies":[{"PolicyArn":"`+account+`policy/all"}]}],
			  "Policies":[{"Arn":"`+account+`policy/all","DefaultVersionId":"v2","PolicyVersionList":[{"VersionId":"v2","IsDefaultVersion":true,"Document":`+anything+`}]}],
			  "AccessKeys":[{"AccessKeyId":"AKIAEXAMPLE","Status":"Active"}]}`),
			[]string{"HoldsPower user AIDAALICE " + account + "user/alice power=3"}},
		{"a boundary", collected(InventoryUser, account+"user/carol",
			`{"UserDetailList":[{"UserName":"carol","UserId":"AIDACAROL","Arn":"`+account+`user/carol","UserPolicyList":[{"PolicyName":"p","PolicyDocument":`+anything+`}],
			  "PermissionsBoundary":{"PermissionsBoundaryArn":"`+account+`policy/readers"}}],
			  "Policies":[{"Arn":"`+account+`policy/readers","DefaultVersionId":"v1","PolicyVersionList":[{"VersionId":"v1","IsDefaultVersion":true,
			   "Document":{"Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}}]}]}`),
			[]string{"HoldsPower user AIDACAROL " + account + "user/carol power=1"}},
		{"a role", collected(InventoryRole, account+"role/ci/deployer",
			`{"RoleDetailList":[{"RoleName":"deployer","RoleId":"AROAD","Arn":"`+account+`role/ci/deployer",
			  "AssumeRolePolicyDocument":{"Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com","AWS":["arn:aws:iam::999988887777:root","`+account+`user/ops"]},"Action":"sts:AssumeRole"}]},
			  "RolePolicyList":[{"PolicyName":"p","PolicyDocument":{"Statement":[{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}]}}],
			  "InstanceProfileList":[{"Arn":"`+account+`instance-profile/deployer"}]}]}`),
			[]string{"HoldsPower role AROAD " + account + "role/ci/deployer power=2",
				"Trusts role AROAD " + account + "role/ci/deployer 999988887777|" + account + "user/ops|lambda.amazonaws.com",
				"RunsAs role AROAD " + account + "role/ci/deployer " + account + "instance-profile/deployer"}},
		{"a group", collected(InventoryGroup, account+"group/g",
			`{"GroupDetailList":[{"GroupName":"g","GroupId":"AGPAG","Arn":"`+account+`group/g","GroupPolicyList":[{"PolicyName":"p","PolicyDocument":`+anything+`}]}]}`),
			[]string{"HoldsPower group AGPAG " + account + "group/g power=3"}},
		{"a policy", collected(InventoryPolicy, account+"policy/all",
			`{"Policies":[{"Arn":"`+account+`policy/all","DefaultVersionId":"v2","PolicyVersionList":[{"VersionId":"v2","IsDefaultVersion":true,"Document":`+anything+`}]}]}`),
			[]string{"HoldsPower " + account + "policy/all v2 power=3"}},
		{"a function that another account may run", collected(InventoryFunction, "arn:aws:lambda:eu-west-1:444455556666:function:resize",
			`{"Configuration":{"Role":"`+account+`role/resize"},"Policy":{"Statement":[{"Effect":"Allow","Principal":{"AWS":"999988887777"},"Action":"lambda:InvokeFunction"},
			  {"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"lambda:InvokeFunction"}]}}`),
			[]string{"RunsAs role " + account + "role/resize arn:aws:lambda:eu-west-1:444455556666:function:resize 444455556666/function:resize",
				"Shared function arn:aws:lambda:eu-west-1:444455556666:function:resize 999988887777"}},
		{"a machine", collected(InventoryInstance, "arn:aws:ec2:eu-west-1:444455556666:instance/i-0123456789abcdef0",
			`{"InstanceId":"i-0123456789abcdef0","IamInstanceProfile":{"Arn":"`+account+`instance-profile/web"}}`),
			[]string{"RunsAs profile " + account + "instance-profile/web i-0123456789abcdef0"}},
		{"a machine without a role", collected(InventoryInstance, "arn:aws:ec2:eu-west-1:444455556666:instance/i-0123456789abcdef0", `{}`),
			[]string{"Gone role i-0123456789abcdef0"}},
		{"a snapshot for everyone", collected(InventoryShare, "arn:aws:ec2:eu-west-1:444455556666:snapshot/snap-1", `{"Type":"snapshot","With":["*"]}`),
			[]string{"Shared snapshot snap-1 *"}},
		{"a document that says nothing", collected(InventoryUser, account+"user/x", `{"UserDetailList":"none"}`), nil},
		{"a document about someone else", collected(InventoryUser, account+"user/x",
			`{"UserDetailList":[{"UserName":"y","UserId":"AIDAY","Arn":"`+account+`user/y"}]}`), nil},
		{"a user that is gone", &InventoryRecord{At: collectedAt, Account: "444455556666", Region: "eu-west-1", Kind: InventoryUser, ID: account + "user/x", Gone: true},
			[]string{"Gone identity user " + account + "user/x"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := facts(t, tt.r); !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// TestInventoryRecords: what is one and what is not, and under which name its
// document is kept.
func TestInventoryRecords(t *testing.T) {
	f := Inventory()
	for _, tt := range []struct {
		raw  string
		want normalize.Verdict
	}{
		{`{"eventName":"x"}`, normalize.NotMine},
		// An attacker can write the schema's name into a parameter of his own call.
		{`{"eventName":"x","requestParameters":{"schema":"sekisho.inventory/v1"}}`, normalize.NotMine},
		{`sekisho.inventory/v1`, normalize.NotMine},
		{`{"schema":"sekisho.inventory/v1"}`, normalize.Unreadable},
		{`{"schema":"sekisho.inventory/v1","at":"2026-01-05T12:00:00Z","account":"1","region":"r","kind":"user","id":"a","document":{}}`, normalize.Unreadable},
		{`{"schema":"sekisho.inventory/v1","at":"2026-01-05T12:00:00Z","account":"444455556666","region":"r","kind":"car","id":"a","document":{}}`, normalize.Unreadable},
		{`{"schema":"sekisho.inventory/v1","at":"2026-01-05T12:00:00Z","account":"444455556666","region":"r","kind":"user","id":"a"}`, normalize.Unreadable},
		{`{"schema":"sekisho.inventory/v1","at":"2026-01-05T12:00:00Z","account":"444455556666","region":"r","kind":"user","id":"a","document":{"x":"` + strings.Repeat("x", InventoryRecordMax) + `"}}`, normalize.Unreadable},
		{`{"schema":"sekisho.inventory/v1","at":"2026-01-05T12:00:00Z","account":"444455556666","region":"r","kind":"user","id":"a","document":{}}`, normalize.Read},
	} {
		c, _, verdict, reason := f.Compact(nil, []byte(tt.raw))
		if verdict != tt.want {
			t.Errorf("%.120s: %v %s, want %v", tt.raw, verdict, reason, tt.want)
		}
		key, ok := InventoryDocument(c)
		if ok != (verdict == normalize.Read) || ok && key != "444455556666/r/user/a" {
			t.Errorf("%.120s is kept under %q (%v)", tt.raw, key, ok)
		}
	}
	if _, err := (&InventoryRecord{At: collectedAt, Account: "444455556666", Kind: InventoryUser, ID: "a", Document: json.RawMessage(`"x"`)}).JSON(); err == nil {
		t.Error("a record without a document was written")
	}
}

// FuzzInventory: what is taken can be expanded, and its facts are bounded.
func FuzzInventory(f *testing.F) {
	for _, kind := range inventoryKinds {
		raw, _ := collected(kind, "arn:aws:lambda:eu-west-1:444455556666:function:x", inventoryFile).JSON()
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, _, verdict, _ := compactInventory(nil, raw)
		if verdict != normalize.Read {
			return
		}
		var e sekisho.Event
		if err := (&inventoryExpander{}).Expand(&e, c); err != nil {
			t.Fatalf("%q was taken and cannot be expanded: %v", raw, err)
		}
		for _, x := range e.Effects {
			if len(x.With) > sekisho.WithMost {
				t.Errorf("%q: %d parties", raw, len(x.With))
			}
		}
		if _, ok := InventoryDocument(c); !ok {
			t.Errorf("%q has no document", raw)
		}
	})
}
