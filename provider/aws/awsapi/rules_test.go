package awsapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/provider/self"
)

// TestCovers: how much of what CloudTrail records a pattern matches.
func TestCovers(t *testing.T) {
	for _, tt := range []struct {
		pattern string
		want    covers
	}{
		{rulePattern, coversAll},
		{`{"detail-type":["AWS API Call via CloudTrail"]}`, coversAll},
		{`{"detail-type":[{"suffix":" via CloudTrail"}]}`, coversAll},
		{`{"detail-type":[{"wildcard":"AWS * via CloudTrail"}]}`, coversAll},
		{`{"source":[{"prefix":"aws."}]}`, coversAll},
		{`{"source":[{"prefix":"aws."}],"account":["111122223333"],"region":["eu-west-1"],"version":["0"]}`, coversAll},
		{`{"source":[{"anything-but":"aws.health"}],"detail-type":[{"exists":true}]}`, coversAll},
		{`{"source":[{"anything-but":["aws.kms","aws.s3"]}]}`, coversPart},
		{`{"source":["aws.iam"],"detail-type":["AWS API Call via CloudTrail"]}`, coversPart},
		{`{"source":["aws.glue"],"detail-type":["AWS API Call via CloudTrail"]}`, coversPart},
		{`{"detail-type":["AWS API Call via CloudTrail"],"detail":{"eventSource":["iam.amazonaws.com"]}}`, coversPart},
		{`{"$or":[{"source":["aws.iam"]},{"source":["aws.sts"]}]}`, coversPart},
		{`{"detail-type":["AWS Console Sign In via CloudTrail"]}`, coversNone},
		{`{"detail-type":[{"prefix":"GuardDuty"}]}`, coversNone},
		{`{"source":["my.application"]}`, coversNone},
		{`{"source":["my.aws.application"]}`, coversNone},
		{`{"account":["999988887777"]}`, coversNone},
		{`{"region":["us-east-1"],"detail-type":["AWS API Call via CloudTrail"]}`, coversNone},
		{``, coversNone}, {`[]`, coversNone}, {`{}`, coversNone}, {`{"detail-type":[7,null]}`, coversNone},
	} {
		if got := (&rule{pattern: tt.pattern}).covers(typeCall, "111122223333", "eu-west-1"); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.pattern, got, tt.want)
		}
	}
}

// TestJudgeRules: what is missing of a region's rules, and the command that mends it.
func TestJudgeRules(t *testing.T) {
	all := types.RuleStateEnabledWithAllCloudtrailManagementEvents
	queue := []string{"arn:aws:sqs:eu-west-1:111122223333:q"}
	const put = "aws events put-rule --region eu-west-1 --name "
	for _, tt := range []struct {
		name  string
		rules []rule
		err   error
		want  string // states of changes, reads, sign-ins, notices
		mend  string // of what is missing first
		why   string
	}{
		{"good", []rule{{name: "r", state: all, pattern: rulePattern, targets: queue}}, nil, "ok ok ok ok", "", ""},
		{"none", nil, nil, "missing missing missing missing", put + "sekisho --state ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", "no rule of the default bus"},
		{"recon is invisible", []rule{{name: "r", state: types.RuleStateEnabled, pattern: rulePattern, targets: queue}}, nil, "ok missing ok ok",
			put + "r --state ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS --event-pattern '" + rulePattern + "'", "calls that only read do not come"},
		{"off", []rule{{name: "r", state: types.RuleStateDisabled, pattern: rulePattern, targets: queue, role: "arn:aws:iam::111122223333:role/r"}}, nil, "missing missing missing missing",
			"--role-arn arn:aws:iam::111122223333:role/r", "is in state DISABLED"},
		{"nobody gets it", []rule{{name: "r", state: all, pattern: rulePattern}}, nil, "missing missing missing missing",
			"aws events put-targets --region eu-west-1 --rule r --targets Id=sekisho,Arn=ARN", "sends to nobody"},
		{"narrow", []rule{{name: "r", state: all, pattern: `{"source":["aws.iam"]}`, targets: queue}}, nil, "missing missing missing missing", put + "sekisho", "matches a part only"},
		{"calls only", []rule{{name: "r", state: all, pattern: `{"detail-type":["AWS API Call via CloudTrail"]}`, targets: queue}}, nil, "ok ok missing missing", put + "sekisho", "Sign In"},
		{"two rules", []rule{{name: "w", state: types.RuleStateEnabled, pattern: rulePattern, targets: queue},
			{name: "r", state: all, pattern: `{"detail-type":["AWS API Call via CloudTrail"],"detail":{"readOnly":[true]}}`, targets: queue}}, nil, "ok missing ok ok",
			put + "w", "rule w is in state ENABLED"},
		{"not to be seen", nil, errors.New("refused"), "unknown unknown unknown unknown", "", "refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var states []string
			var firstWrong CheckResult
			for _, r := range judgeRules("111122223333", "eu-west-1", "ARN", tt.rules, tt.err) {
				states = append(states, string(r.State))
				if r.State != CheckOK && firstWrong.What == "" {
					firstWrong = r
				}
			}
			if got := strings.Join(states, " "); got != tt.want || !strings.Contains(firstWrong.Mend, tt.mend) || !strings.Contains(firstWrong.Detail, tt.why) {
				t.Errorf("%s, want %s; %+v", got, tt.want, firstWrong)
			}
		})
	}
	if r := judgeRules("111122223333", "us-east-1", "ARN", nil, nil); !strings.Contains(r[0].Detail, "IAM") {
		t.Errorf("the region of global services: %s", r[0].Detail)
	}
}

// goodTrail is a trail that records everything.
func goodTrail() trail {
	return trail{
		Trail: trailtypes.Trail{Name: sdk.String("t"), TrailARN: sdk.String("arn:aws:cloudtrail:eu-west-1:111122223333:trail/t"), HomeRegion: sdk.String("eu-west-1"),
			IsMultiRegionTrail: sdk.Bool(true), LogFileValidationEnabled: sdk.Bool(true)},
		status: &cloudtrail.GetTrailStatusOutput{IsLogging: sdk.Bool(true)},
		classic: []trailtypes.EventSelector{{ReadWriteType: trailtypes.ReadWriteTypeAll, IncludeManagementEvents: sdk.Bool(true), DataResources: []trailtypes.DataResource{
			{Type: sdk.String(typeFunction), Values: []string{"arn:aws:lambda"}}, {Type: sdk.String(typeObject), Values: []string{"arn:aws:s3"}}}}},
	}
}

// TestJudgeTrails: what an account's trails leave out. The emulator has no failing
// deliveries and no shadows of trails, so that the judging is held here.
func TestJudgeTrails(t *testing.T) {
	field := func(name string, values ...string) trailtypes.AdvancedFieldSelector {
		return trailtypes.AdvancedFieldSelector{Field: &name, Equals: values}
	}
	advanced := func(fields ...[]trailtypes.AdvancedFieldSelector) func(*trail) {
		return func(x *trail) {
			x.classic = nil
			for _, f := range fields {
				x.advanced = append(x.advanced, trailtypes.AdvancedEventSelector{FieldSelectors: f})
			}
		}
	}
	type fs = []trailtypes.AdvancedFieldSelector
	for _, tt := range []struct {
		name   string
		change func(*trail)
		want   string // trail, management, validation, functions, objects
		mend   string
	}{
		{"good", func(*trail) {}, "ok ok ok ok ok", ""},
		{"one region", func(x *trail) { x.IsMultiRegionTrail = nil }, "missing missing missing missing missing", "update-trail --region eu-west-1"},
		{"stopped", func(x *trail) { x.status.IsLogging = sdk.Bool(false) }, "missing missing missing missing missing", "start-logging --region eu-west-1"},
		{"cannot deliver", func(x *trail) { x.status.LatestDeliveryError = sdk.String("AccessDenied") }, "missing missing missing missing missing", "get-bucket-policy"},
		{"not validated", func(x *trail) { x.LogFileValidationEnabled = nil }, "ok ok missing ok ok", "--enable-log-file-validation"},
		{"writes only", func(x *trail) { x.classic[0].ReadWriteType = trailtypes.ReadWriteTypeWriteOnly }, "ok missing ok ok ok",
			`"ReadWriteType":"All","IncludeManagementEvents":true`},
		{"no data events", func(x *trail) { x.classic[0].DataResources = nil }, "ok ok ok missing missing", `"Values":["arn:aws:lambda"]`},
		{"data events of some", func(x *trail) { x.classic[0].DataResources[1].Values = []string{"arn:aws:s3:::crown/"} }, "ok ok ok ok ok", ""},
		{"data events of none", func(x *trail) { x.classic[0].DataResources[1].Values = nil }, "ok ok ok ok missing", `"Values":["arn:aws:s3"]`},
		{"advanced, all", advanced(fs{field("eventCategory", "Management")}, fs{field("eventCategory", "Data"), field("resources.type", typeFunction)},
			fs{field("eventCategory", "Data"), field("resources.type", typeObject)}), "ok ok ok ok ok", ""},
		{"advanced, reads apart from writes", advanced(fs{field("eventCategory", "Management"), field("readOnly", "true")}, fs{field("eventCategory", "Management"), field("readOnly", "false")}),
			"ok ok ok missing missing", `{"Field":"resources.type","Equals":["AWS::Lambda::Function"]}`},
		{"advanced, writes only", advanced(fs{field("eventCategory", "Management"), field("readOnly", "false")}), "ok missing ok missing missing", `[{"Field":"eventCategory","Equals":["Management"]}]`},
		{"advanced, functions that only read", advanced(fs{field("eventCategory", "Management")}, fs{field("eventCategory", "Data"), field("resources.type", typeFunction), field("readOnly", "true")},
			fs{field("eventCategory", "Data"), field("resources.type", typeObject), field("resources.ARN", "arn:aws:s3:::crown/")}), "ok ok ok missing ok", "--advanced-event-selectors"},
		{"not to be seen", func(x *trail) { x.err = errors.New("refused") }, "unknown unknown unknown unknown unknown", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := goodTrail()
			tt.change(&x)
			var states []string
			mend := ""
			for _, r := range judgeTrails("111122223333", "eu-west-1", []trail{x}, nil) {
				states = append(states, string(r.State))
				if r.Mend != "" && mend == "" {
					mend = r.Mend
				}
			}
			if got := strings.Join(states, " "); got != tt.want || !strings.Contains(mend, tt.mend) || tt.mend == "" && mend != "" {
				t.Errorf("%s, want %s; %s", got, tt.want, mend)
			}
		})
	}
	if r := judgeTrails("111122223333", "eu-west-1", nil, nil); r[0].State != CheckMissing || !strings.Contains(r[0].Mend, "create-trail") {
		t.Errorf("%+v", r[0])
	}
}

// sound puts everything in place that Check looks for.
func sound(t *testing.T, c sdk.Config) {
	t.Helper()
	ctx, do := t.Context(), must(t)
	for _, region := range []string{"eu-west-1", "us-east-1"} {
		local := c.Copy()
		local.Region = region
		do(sqs.NewFromConfig(local).CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: sdk.String("sekisho")}))
		putRules(t, local)
	}
	do(s3.NewFromConfig(c, func(o *s3.Options) { o.UsePathStyle = true }).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: sdk.String("trail"),
		CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraintEuWest1}}))
	tc := cloudtrail.NewFromConfig(c)
	do(tc.CreateTrail(ctx, &cloudtrail.CreateTrailInput{Name: sdk.String("all"), S3BucketName: sdk.String("trail"), IsMultiRegionTrail: sdk.Bool(true), EnableLogFileValidation: sdk.Bool(true)}))
	do(tc.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: sdk.String("all")}))
	good := goodTrail()
	do(tc.PutEventSelectors(ctx, &cloudtrail.PutEventSelectorsInput{TrailName: sdk.String("all"), EventSelectors: good.classic}))
}

// putRules makes the rule of a region, with its target.
func putRules(t *testing.T, c sdk.Config) {
	t.Helper()
	e, do := eventbridge.NewFromConfig(c), must(t)
	do(e.PutRule(t.Context(), &eventbridge.PutRuleInput{Name: sdk.String("sekisho"), EventPattern: sdk.String(rulePattern), State: types.RuleStateEnabledWithAllCloudtrailManagementEvents}))
	do(e.PutTargets(t.Context(), &eventbridge.PutTargetsInput{Rule: sdk.String("sekisho"), Targets: []types.Target{{Id: sdk.String("1"), Arn: sdk.String("arn:aws:sqs:" + c.Region + ":" + testAccount + ":sekisho")}}}))
}

// gaps are the results that are not good, as text.
func gaps(results []CheckResult) []string {
	var out []string
	for _, r := range results {
		if r.State != CheckOK {
			out = append(out, fmt.Sprintf("%s %s %s", r.Region, r.What, r.State))
		}
	}
	return out
}

// TestCheck: an account in which everything is in place is good, with exactly the
// permissions that are said to be needed; what is taken away is found.
func TestCheck(t *testing.T) {
	root := emulated(t)
	sound(t, root)
	reader := only(t, root, "checker", CheckPermissions)
	var made calls
	made.note(&reader)
	results, err := check(t.Context(), reader, CheckOptions{Regions: []string{"eu-west-1"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := gaps(results); len(got) > 0 || len(results) != 2*4+5 {
		t.Errorf("%d results, gaps %v\n%+v", len(results), got, results)
	}
	if got := slices.DeleteFunc(made.permissions(), func(p string) bool { return p == "sts:GetCallerIdentity" }); !slices.Equal(got, CheckPermissions) {
		t.Errorf("used        %v\npermissions %v", got, CheckPermissions)
	}

	for _, without := range CheckPermissions {
		allow(t, root, "checker", slices.DeleteFunc(slices.Clone(CheckPermissions), func(p string) bool { return p == without }))
		results, err := check(t.Context(), reader, CheckOptions{Regions: []string{"eu-west-1"}})
		if err != nil {
			t.Fatal(err)
		}
		last := results[len(results)-1]
		if last.What != "permission "+without || last.State != CheckMissing || !strings.Contains(last.Mend, "aws iam put-user-policy --user-name checker") {
			t.Errorf("without %s: %+v", without, last)
		}
		if got := gaps(results); len(got) < 5 {
			t.Errorf("without %s only %v is unknown", without, got)
		}
	}
	allow(t, root, "checker", CheckPermissions)

	// The rule of global services counts though the region is not in use.
	east := root.Copy()
	east.Region = "us-east-1"
	must(t)(eventbridge.NewFromConfig(east).DisableRule(t.Context(), &eventbridge.DisableRuleInput{Name: sdk.String("sekisho")}))
	must(t)(cloudtrail.NewFromConfig(root).StopLogging(t.Context(), &cloudtrail.StopLoggingInput{Name: sdk.String("all")}))
	results, err = check(t.Context(), reader, CheckOptions{Regions: []string{"eu-west-1"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := gaps(results); len(got) != 4+5 || !slices.Contains(got, "us-east-1 rule for changes missing") || !slices.Contains(got, "all a trail of all regions that records missing") {
		t.Errorf("gaps %v", got)
	}
}

// notices are the events of a batch.
func notices(t *testing.T, b ingest.Batch) []string {
	t.Helper()
	var out []string
	f := self.Notices()
	for _, p := range b.Parcels {
		if p.Format != self.Source || p.Path != ingest.PathSelf {
			t.Errorf("a parcel of %s by %s", p.Format, p.Path)
		}
		for line := range bytes.Lines(p.Raw) {
			c, _, verdict, reason := f.Compact(nil, bytes.TrimSpace(line))
			if verdict != normalize.Read {
				t.Fatalf("%v %s", verdict, reason)
			}
			var e sekisho.Event
			if err := f.NewExpander().Expand(&e, c); err != nil {
				t.Fatal(err)
			}
			out = append(out, e.Target+" "+e.Find(sekisho.DisableDefence).What)
		}
	}
	if b.Settle != nil {
		if err := b.Settle(t.Context()); err != nil {
			t.Error(err)
		}
	}
	return out
}

// TestRuleWatch: a rule that was good and is not is told within a look, once, and
// again when it was mended meanwhile.
func TestRuleWatch(t *testing.T) {
	root := emulated(t)
	must(t)(sqs.NewFromConfig(root).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: sdk.String("sekisho")}))
	e := eventbridge.NewFromConfig(root)
	name := sdk.String("sekisho")
	const of = "rule sekisho of 111122223333 in eu-west-1 "
	for _, tt := range []struct {
		what string
		harm func()
	}{
		{"rule-disabled", func() { must(t)(e.DisableRule(t.Context(), &eventbridge.DisableRuleInput{Name: name})) }},
		{"rule-untargeted", func() {
			must(t)(e.RemoveTargets(t.Context(), &eventbridge.RemoveTargetsInput{Rule: name, Ids: []string{"1"}}))
		}},
		{"rule-untargeted", func() { // to a queue of somebody else
			must(t)(e.PutTargets(t.Context(), &eventbridge.PutTargetsInput{Rule: name, Targets: []types.Target{{Id: sdk.String("1"), Arn: sdk.String("arn:aws:sqs:eu-west-1:999988887777:q")}}}))
		}},
		{"rule-narrowed", func() {
			must(t)(e.PutRule(t.Context(), &eventbridge.PutRuleInput{Name: name, State: types.RuleStateEnabled, EventPattern: sdk.String(rulePattern)}))
		}},
		{"rule-narrowed", func() {
			must(t)(e.PutRule(t.Context(), &eventbridge.PutRuleInput{Name: name, State: types.RuleStateEnabledWithAllCloudtrailManagementEvents,
				EventPattern: sdk.String(`{"detail-type":["AWS API Call via CloudTrail"],"detail":{"eventSource":[{"anything-but":"iam.amazonaws.com"}]}}`)}))
		}},
		{"rule-deleted", func() {
			must(t)(e.RemoveTargets(t.Context(), &eventbridge.RemoveTargetsInput{Rule: name, Ids: []string{"1"}}))
			must(t)(e.DeleteRule(t.Context(), &eventbridge.DeleteRuleInput{Name: name}))
		}},
	} {
		putRules(t, root)
		now := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
		w, err := NewRuleWatch(t.Context(), root, RuleWatchOptions{Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		look := func() []string {
			b, err := w.Read(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			now = now.Add(ruleEvery)
			return notices(t, b)
		}
		if got := look(); len(got) > 0 {
			t.Fatalf("%s: told of a good rule: %v", tt.what, got)
		}
		tt.harm()
		for _, want := range [][]string{{of + tt.what}, nil} {
			if got := look(); !slices.Equal(got, want) {
				t.Errorf("%s: told %v, want %v", tt.what, got, want)
			}
		}
		putRules(t, root)
		look()
		tt.harm()
		if got := look(); !slices.Equal(got, []string{of + tt.what}) {
			t.Errorf("%s: told %v of the second time", tt.what, got)
		}
		putRules(t, root)
	}

	// A rule that is declared is missed from the first look on.
	w, err := NewRuleWatch(t.Context(), root, RuleWatchOptions{Rules: []string{"sekisho", "other"}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := w.Read(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if got := notices(t, b); !slices.Equal(got, []string{"rule other of 111122223333 in eu-west-1 rule-deleted"}) {
		t.Errorf("told %v", got)
	}
}

// TestSelectorsCommandMends: what the command puts in force leaves nothing out, and
// keeps what was there.
func TestSelectorsCommandMends(t *testing.T) {
	s := sdk.String
	management := trailtypes.AdvancedEventSelector{Name: s("it's ours"), FieldSelectors: []trailtypes.AdvancedFieldSelector{{Field: s("eventCategory"), Equals: []string{"Management"}},
		{Field: s("eventSource"), NotEquals: []string{"kms.amazonaws.com"}}}}
	for name, change := range map[string]func(*trail){
		"nothing but writes": func(x *trail) {
			x.classic = []trailtypes.EventSelector{{ReadWriteType: trailtypes.ReadWriteTypeWriteOnly, IncludeManagementEvents: sdk.Bool(true)}}
		},
		"no data":        func(x *trail) { x.classic[0].DataResources = nil },
		"nothing at all": func(x *trail) { x.classic = nil },
		"advanced":       func(x *trail) { x.classic, x.advanced = nil, []trailtypes.AdvancedEventSelector{management} },
	} {
		x := goodTrail()
		change(&x)
		r := x.recording()
		command := x.selectorsCommand(&r)
		i := strings.Index(command, "selectors '[")
		if i < 0 {
			t.Fatalf("%s: %s", name, command)
		}
		raw := []byte(strings.ReplaceAll(strings.TrimSuffix(command[i+len("selectors '"):], "'"), `'\''`, "'"))
		mended := goodTrail()
		mended.classic = nil
		var err error
		if strings.Contains(command, "--advanced-event-selectors") {
			err = json.Unmarshal(raw, &mended.advanced)
		} else {
			err = json.Unmarshal(raw, &mended.classic)
		}
		if err != nil {
			t.Fatalf("%s: %v: %s", name, err, raw)
		}
		if got := gaps(judgeTrails("111122223333", "eu-west-1", []trail{mended}, nil)); len(got) > 0 {
			t.Errorf("%s: %v is missing after %s", name, got, command)
		}
		if name == "advanced" && (len(mended.advanced) != 3 || *mended.advanced[0].Name != "it's ours" || mended.advanced[0].FieldSelectors[1].NotEquals[0] != "kms.amazonaws.com") {
			t.Errorf("what was there is lost: %s", command)
		}
	}
}
