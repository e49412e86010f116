package awsapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"golang.org/x/time/rate"
)

// CheckPermissions are exactly the permissions that Check uses; a RuleWatch uses those
// of EventBridge (events). All read.
var CheckPermissions = []string{
	"cloudtrail:DescribeTrails",
	"cloudtrail:GetEventSelectors",
	"cloudtrail:GetTrailStatus",
	"events:ListRules",
	"events:ListTargetsByRule",
}

// The detail-types under which EventBridge hands on what CloudTrail records.
const (
	typeCall    = "AWS API Call via CloudTrail"
	typeSignIn  = "AWS Console Sign In via CloudTrail"
	typeService = "AWS Service Event via CloudTrail"
)

// rulePattern matches all that a rule of ours should, with the spelling of sign-ins
// in China's regions.
const rulePattern = `{"detail-type":["AWS API Call via CloudTrail","AWS Console Sign In via CloudTrail","AWS Console Signin via CloudTrail",` +
	`"AWS Console Action via CloudTrail","AWS Service Event via CloudTrail"]}`

// rulesMost bounds the rules of one bus that are looked at: the quota is 300, and can be raised.
const rulesMost = 2000

// rule is a rule of the default bus, with where it sends what it matches.
type rule struct {
	name    string
	state   types.RuleState
	pattern string
	role    string
	targets []string // ARNs, sorted
}

// eventCalls are the operations of EventBridge that are used.
type eventCalls struct {
	rules   func(context.Context, *eventbridge.ListRulesInput, ...func(*eventbridge.Options)) (*eventbridge.ListRulesOutput, error)
	targets func(context.Context, *eventbridge.ListTargetsByRuleInput, ...func(*eventbridge.Options)) (*eventbridge.ListTargetsByRuleOutput, error)
}

func newEventCalls(c sdk.Config) eventCalls {
	e := eventbridge.NewFromConfig(c)
	return eventCalls{e.ListRules, e.ListTargetsByRule}
}

// list reads the rules that could match what CloudTrail records, or that are named.
func (c *eventCalls) list(ctx context.Context, pace *rate.Limiter, account, region string, named []string) ([]rule, error) {
	var out []rule
	in := &eventbridge.ListRulesInput{}
	for {
		page, err := call(ctx, pace, "events:ListRules", c.rules, in)
		if err != nil {
			return nil, fmt.Errorf("list the rules of %s in %s: %w", account, region, err)
		}
		for _, x := range page.Rules {
			r := rule{name: sdk.ToString(x.Name), state: x.State, pattern: sdk.ToString(x.EventPattern), role: sdk.ToString(x.RoleArn)}
			if r.touches(account, region) || slices.Contains(named, r.name) {
				out = append(out, r)
			}
		}
		if sdk.ToString(page.NextToken) == "" {
			break
		}
		if len(out) > rulesMost {
			return nil, fmt.Errorf("list the rules of %s in %s: more than %d; please report it", account, region, rulesMost)
		}
		in.NextToken = page.NextToken
	}
	for i := range out {
		page, err := call(ctx, pace, "events:ListTargetsByRule", c.targets, &eventbridge.ListTargetsByRuleInput{Rule: &out[i].name})
		if missing(err) { // gone since it was listed
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("list the targets of rule %s of %s in %s: %w", out[i].name, account, region, err)
		}
		for _, t := range page.Targets { // five at most, by quota
			out[i].targets = append(out[i].targets, sdk.ToString(t.Arn))
		}
		slices.Sort(out[i].targets)
	}
	return out, nil
}

// covers is how much of one detail-type a pattern matches.
type covers uint8

const (
	coversNone covers = iota
	coversPart        // some of its events, by further conditions
	coversAll
)

// probeSources are sources that a pattern must match to count as matching all: an
// invented one is among them.
var probeSources = []string{"aws.iam", "aws.sts", "aws.signin", "aws.lambda", "aws.ec2", "aws.s3", "aws.bedrock", "aws.cloudtrail", "aws.none-of-these"}

// covers reads how much of a detail-type the rule's pattern matches. What it cannot
// read counts as a condition that narrows.
func (r *rule) covers(detailType, account, region string) covers {
	var p map[string]json.RawMessage
	if json.Unmarshal([]byte(r.pattern), &p) != nil || len(p) == 0 {
		return coversNone // a schedule
	}
	best := coversAll
	for field, raw := range p {
		var tests []json.RawMessage
		if json.Unmarshal(raw, &tests) != nil {
			best = coversPart // detail, or a form of condition that is not known here
			continue
		}
		switch field {
		case "detail-type":
			if !matchesOne(tests, detailType) {
				return coversNone
			}
		case "source":
			n := 0
			for _, s := range probeSources {
				if matchesOne(tests, s) {
					n++
				}
			}
			if n == 0 && !slices.ContainsFunc(tests, func(t json.RawMessage) bool { return strings.Contains(string(t), `"aws.`) }) {
				return coversNone // an application's own events
			}
			if n < len(probeSources) {
				best = coversPart
			}
		case "account":
			if !matchesOne(tests, account) {
				return coversNone
			}
		case "region":
			if !matchesOne(tests, region) {
				return coversNone
			}
		case "version":
			if !matchesOne(tests, "0") {
				return coversNone
			}
		default:
			best = coversPart
		}
	}
	return best
}

// touches reports whether the rule could match anything that CloudTrail records.
func (r *rule) touches(account, region string) bool {
	for _, t := range [...]string{typeCall, typeSignIn, typeService} {
		if r.covers(t, account, region) != coversNone {
			return true
		}
	}
	return false
}

// whole reports whether the rule matches all events of any detail-type.
func (r *rule) whole(account, region string) bool {
	for _, t := range [...]string{typeCall, typeSignIn, typeService} {
		if r.covers(t, account, region) == coversAll {
			return true
		}
	}
	return false
}

// enabled reports whether the rule does anything at all.
func (r *rule) enabled() bool { return r.state != types.RuleStateDisabled }

// reads reports whether the rule gets calls that only read.
func (r *rule) reads() bool {
	return r.state == types.RuleStateEnabledWithAllCloudtrailManagementEvents
}

// matchesOne reports whether any test of a pattern's list matches a text. A test of
// a kind that is not known here matches nothing.
func matchesOne(tests []json.RawMessage, text string) bool {
	for _, raw := range tests {
		var literal string
		if json.Unmarshal(raw, &literal) == nil {
			if literal == text {
				return true
			}
			continue
		}
		var test map[string]json.RawMessage
		if json.Unmarshal(raw, &test) != nil {
			continue
		}
		for operator, value := range test {
			var one string
			var yes bool
			isText := json.Unmarshal(value, &one) == nil
			switch operator {
			case "prefix":
				yes = isText && strings.HasPrefix(text, one)
			case "suffix":
				yes = isText && strings.HasSuffix(text, one)
			case "equals-ignore-case":
				yes = isText && strings.EqualFold(text, one)
			case "wildcard":
				head, tail, star := strings.Cut(one, "*")
				yes = isText && star && !strings.Contains(tail, "*") && len(text) >= len(head)+len(tail) && strings.HasPrefix(text, head) && strings.HasSuffix(text, tail)
			case "anything-but":
				var many []string
				if isText {
					many = []string{one}
				} else if json.Unmarshal(value, &many) != nil {
					continue
				}
				yes = !slices.Contains(many, text)
			case "exists":
				_ = json.Unmarshal(value, &yes)
			}
			if yes {
				return true
			}
		}
	}
	return false
}

// CheckState is what became of one thing that was checked.
type CheckState string

// The states. Unknown is what could not be looked at.
const (
	CheckOK      CheckState = "ok"
	CheckMissing CheckState = "missing"
	CheckUnknown CheckState = "unknown"
)

// CheckResult is one thing that must be so for all records to come, and whether it is.
type CheckResult struct {
	Account string     `json:"account"`
	Region  string     `json:"region"` // "all" for what holds in every region
	What    string     `json:"what"`
	State   CheckState `json:"state"`
	Detail  string     `json:"detail"` // by which it is so, or what is wrong
	Mend    string     `json:"mend"`   // the command that mends it; "" where nothing is to be mended
}

// CheckOptions say what is checked.
type CheckOptions struct {
	// Regions in use. The one in which global services report is checked in any case.
	Regions []string
	// Targets are ARNs of the queues that rules are to send to, for the commands that
	// mend. A rule sends to a queue of its own region only; where none is named a
	// placeholder stands in the command.
	Targets []string
}

// target is where a region's rule is to send to.
func (o *CheckOptions) target(region string) string {
	for _, t := range o.Targets {
		if part := strings.SplitN(t, ":", 6); len(part) == 6 && part[3] == region {
			return t
		}
	}
	return "ARN_OF_SEKISHOS_QUEUE_IN_" + region
}

// Check looks whether all that an account does is recorded and handed on: a rule in
// each region that matches what CloudTrail records and sends it on, and a trail that
// records everything. It changes nothing. An error means that nothing could be
// checked; a missing permission is a result.
func Check(ctx context.Context, s Session, o CheckOptions) ([]CheckResult, error) {
	if s.Region == "" && len(o.Regions) > 0 {
		s.Region = o.Regions[0]
	}
	config, err := s.Config(ctx)
	if err != nil {
		return nil, err
	}
	return check(ctx, config, o)
}

// check is Check with a configuration.
func check(ctx context.Context, config sdk.Config, o CheckOptions) ([]CheckResult, error) {
	who, err := sts.NewFromConfig(config).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, fmt.Errorf("ask AWS whose credentials these are: %w; check that they are current and that %s can be reached", err, config.Region)
	}
	account := sdk.ToString(who.Account)
	regions := slices.Clone(o.Regions)
	if len(regions) == 0 {
		regions = []string{config.Region}
	}
	if global := globalRegion(regions[0]); !slices.Contains(regions, global) {
		regions = append(regions, global)
	}
	pace := newPace()
	var out []CheckResult
	lacking := map[string]bool{}
	lacks := func(err error) {
		var d *errDenied
		if errors.As(err, &d) {
			lacking[d.permission] = true
		}
	}
	for _, region := range regions {
		local := config.Copy()
		local.Region = region
		calls := newEventCalls(local)
		rules, err := calls.list(ctx, pace, account, region, nil)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		lacks(err)
		out = append(out, judgeRules(account, region, o.target(region), rules, err)...)
	}
	trails, err := readTrails(ctx, pace, newTrailCalls(config))
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	lacks(err)
	for i := range trails {
		lacks(trails[i].err)
	}
	out = append(out, judgeTrails(account, config.Region, trails, err)...)
	for _, p := range CheckPermissions {
		if lacking[p] {
			out = append(out, CheckResult{account, "all", "permission " + p, CheckMissing, "what needs it could not be looked at", allowCommand(sdk.ToString(who.Arn))})
		}
	}
	return out, nil
}

// globalRegion is where a partition's global services (IAM, the global STS, the root
// user's sign-in) report.
func globalRegion(of string) string {
	switch {
	case strings.HasPrefix(of, "cn-"):
		return "cn-north-1"
	case strings.HasPrefix(of, "us-gov-"):
		return "us-gov-west-1"
	}
	return "us-east-1"
}

// allowCommand gives the caller all that Check needs.
func allowCommand(caller string) string {
	document := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*","Action":["` + strings.Join(CheckPermissions, `","`) + `"]}]}`
	_, resource, _ := strings.Cut(caller, accountOf(caller)+":")
	part := strings.Split(resource, "/")
	switch {
	case part[0] == "assumed-role" && len(part) > 2:
		return "aws iam put-role-policy --role-name " + shell(part[1]) + " --policy-name sekisho-check --policy-document " + shell(document)
	case part[0] == "user":
		return "aws iam put-user-policy --user-name " + shell(part[len(part)-1]) + " --policy-name sekisho-check --policy-document " + shell(document)
	}
	return "aws iam create-policy --policy-name sekisho-check --policy-document " + shell(document)
}

// shell quotes a text for a shell, if it needs that.
func shell(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@+=,") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// judgeRules judges the rules of one region; err says that they could not be read.
func judgeRules(account, region, target string, rules []rule, err error) []CheckResult {
	global := ""
	if region == globalRegion(region) {
		global = "; IAM and other global services report here only"
	}
	var out []CheckResult
	for _, need := range [...]struct {
		what, detailType string
		reads            bool
	}{
		{"rule for changes", typeCall, false},
		{"rule for calls that only read", typeCall, true},
		{"rule for sign-ins", typeSignIn, false},
		{"rule for the provider's notices", typeService, false},
	} {
		x := CheckResult{Account: account, Region: region, What: need.what}
		if err != nil {
			x.State, x.Detail = CheckUnknown, err.Error()
			out = append(out, x)
			continue
		}
		// The nearest miss says what to mend: of several rules the one that lacks least.
		x.State, x.Detail = CheckMissing, "no rule of the default bus matches "+need.detailType+global
		x.Mend = putRule(region, "sekisho", rulePattern, "") + " && " + putTarget(region, "sekisho", target)
		lack := 100
		for i := range rules {
			r := &rules[i]
			c := r.covers(need.detailType, account, region)
			if c == coversNone {
				continue
			}
			n := 0
			var wrong, mend []string
			if c == coversPart {
				// It may be meant to be narrow: another rule is to bring the rest.
				n += 10
				wrong = append(wrong, "matches a part only, by further conditions")
				mend = append(mend, putRule(region, "sekisho", rulePattern, ""), putTarget(region, "sekisho", target))
			}
			if !r.enabled() || need.reads && !r.reads() {
				n++
				wrong = append(wrong, "is in state "+string(r.state))
				if need.reads && r.enabled() {
					wrong[len(wrong)-1] += ", in which calls that only read do not come"
				}
				if c == coversAll {
					mend = append(mend, putRule(region, r.name, r.pattern, r.role))
				}
			}
			if len(r.targets) == 0 {
				n++
				wrong = append(wrong, "sends to nobody")
				if c == coversAll {
					mend = append(mend, putTarget(region, r.name, target))
				}
			}
			if n == 0 {
				x.State, x.Detail, x.Mend = CheckOK, "rule "+r.name+" to "+strings.Join(r.targets, ", "), ""
				break
			}
			if n < lack {
				lack = n
				x.Detail, x.Mend = "rule "+r.name+" "+strings.Join(wrong, " and ")+global, strings.Join(mend, " && ")
			}
		}
		out = append(out, x)
	}
	return out
}

func putRule(region, name, pattern, role string) string {
	c := "aws events put-rule --region " + region + " --name " + shell(name) + " --state " + string(types.RuleStateEnabledWithAllCloudtrailManagementEvents) + " --event-pattern " + shell(pattern)
	if role != "" {
		c += " --role-arn " + shell(role)
	}
	return c
}

func putTarget(region, rule, target string) string {
	return "aws events put-targets --region " + region + " --rule " + shell(rule) + " --targets Id=sekisho,Arn=" + shell(target)
}
