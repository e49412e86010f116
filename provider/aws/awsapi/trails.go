package awsapi

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"golang.org/x/time/rate"
)

// trail is a trail with what it records.
type trail struct {
	types.Trail
	status   *cloudtrail.GetTrailStatusOutput
	classic  []types.EventSelector
	advanced []types.AdvancedEventSelector
	err      error // status or selectors could not be read
}

// trailCalls are the operations of CloudTrail that are used.
type trailCalls struct {
	trails    func(context.Context, *cloudtrail.DescribeTrailsInput, ...func(*cloudtrail.Options)) (*cloudtrail.DescribeTrailsOutput, error)
	status    func(context.Context, *cloudtrail.GetTrailStatusInput, ...func(*cloudtrail.Options)) (*cloudtrail.GetTrailStatusOutput, error)
	selectors func(context.Context, *cloudtrail.GetEventSelectorsInput, ...func(*cloudtrail.Options)) (*cloudtrail.GetEventSelectorsOutput, error)
}

func newTrailCalls(c sdk.Config) trailCalls {
	t := cloudtrail.NewFromConfig(c)
	return trailCalls{t.DescribeTrails, t.GetTrailStatus, t.GetEventSelectors}
}

// readTrails reads the trails that record an account, those of other regions and of
// the organisation too.
func readTrails(ctx context.Context, pace *rate.Limiter, c trailCalls) ([]trail, error) {
	list, err := call(ctx, pace, "cloudtrail:DescribeTrails", c.trails, &cloudtrail.DescribeTrailsInput{IncludeShadowTrails: sdk.Bool(true)})
	if err != nil {
		return nil, fmt.Errorf("list the trails: %w", err)
	}
	var out []trail
	for _, x := range list.TrailList { // five a region, by quota
		t := trail{Trail: x}
		home := func(o *cloudtrail.Options) {
			if r := sdk.ToString(x.HomeRegion); r != "" {
				o.Region = r // elsewhere only a shadow of it answers
			}
		}
		status := func(ctx context.Context, in *cloudtrail.GetTrailStatusInput, _ ...func(*cloudtrail.Options)) (*cloudtrail.GetTrailStatusOutput, error) {
			return c.status(ctx, in, home)
		}
		selectors := func(ctx context.Context, in *cloudtrail.GetEventSelectorsInput, _ ...func(*cloudtrail.Options)) (*cloudtrail.GetEventSelectorsOutput, error) {
			return c.selectors(ctx, in, home)
		}
		t.status, t.err = call(ctx, pace, "cloudtrail:GetTrailStatus", status, &cloudtrail.GetTrailStatusInput{Name: x.TrailARN})
		s, err := call(ctx, pace, "cloudtrail:GetEventSelectors", selectors, &cloudtrail.GetEventSelectorsInput{TrailName: x.TrailARN})
		if err == nil {
			t.classic, t.advanced = s.EventSelectors, s.AdvancedEventSelectors
		} else if t.err == nil {
			t.err = err
		}
		if t.err != nil {
			t.err = fmt.Errorf("read trail %s: %w", sdk.ToString(x.Name), t.err)
		}
		out = append(out, t)
	}
	return out, nil
}

// recording is what a trail's selectors let in.
type recording struct {
	readManagement, writeManagement bool
	function, object                bool
	// Notes say what is left out of what is recorded.
	managementNote, functionNote, objectNote string
}

const (
	typeFunction = "AWS::Lambda::Function"
	typeObject   = "AWS::S3::Object"
)

// recording reads the selectors, of either kind.
func (t *trail) recording() recording {
	var r recording
	for _, s := range t.classic {
		reads, writes := s.ReadWriteType != types.ReadWriteTypeWriteOnly, s.ReadWriteType != types.ReadWriteTypeReadOnly
		if s.IncludeManagementEvents == nil || *s.IncludeManagementEvents {
			r.readManagement, r.writeManagement = r.readManagement || reads, r.writeManagement || writes
			if len(s.ExcludeManagementEventSources) > 0 {
				r.managementNote = "without " + strings.Join(s.ExcludeManagementEventSources, ", ")
			}
		}
		for _, d := range s.DataResources {
			all := slices.ContainsFunc(d.Values, func(v string) bool { return strings.Count(v, ":") <= 2 || strings.HasSuffix(v, ":s3:::") })
			r.data(sdk.ToString(d.Type), reads, writes, all && reads && writes, len(d.Values) > 0)
		}
	}
	for _, s := range t.advanced {
		category, kind := "", []string(nil)
		reads, writes, narrowed := true, true, []string(nil)
		for _, f := range s.FieldSelectors {
			switch field := sdk.ToString(f.Field); field {
			case "eventCategory":
				category = strings.Join(f.Equals, "")
			case "resources.type":
				kind = f.Equals
			case "readOnly":
				reads = len(f.Equals) == 0 || slices.Contains(f.Equals, "true")
				writes = len(f.Equals) == 0 || slices.Contains(f.Equals, "false")
			default:
				narrowed = append(narrowed, field)
			}
		}
		switch category {
		case "Management":
			r.readManagement, r.writeManagement = r.readManagement || reads, r.writeManagement || writes
			if len(narrowed) > 0 {
				r.managementNote = "narrowed by " + strings.Join(narrowed, ", ")
			}
		case "Data":
			for _, k := range kind {
				r.data(k, reads, writes, len(narrowed) == 0 && reads && writes, true)
			}
		}
	}
	return r
}

// data notes that data events of a type are recorded; all says without exception.
func (r *recording) data(kind string, reads, writes, all, some bool) {
	note := "of some only"
	if all {
		note = ""
	}
	switch {
	case !some:
	case kind == typeFunction && writes: // running a function is a write
		if r.function {
			note = keepBetter(r.functionNote, note)
		}
		r.function, r.functionNote = true, note
	case kind == typeObject && (reads || writes):
		if r.object {
			note = keepBetter(r.objectNote, note)
		}
		r.object, r.objectNote = true, note
	}
}

// keepBetter is "" where either is: one selector without exception is enough.
func keepBetter(a, b string) string {
	if a == "" || b == "" {
		return ""
	}
	return a
}

// judgeTrails judges what an account's trails record. Each need may be met by another
// trail, but only by one that records every region now. err says that they could
// not be listed.
func judgeTrails(account, region string, trails []trail, err error) []CheckResult {
	var out []CheckResult
	add := func(what string, state CheckState, detail, mend string) {
		out = append(out, CheckResult{account, "all", what, state, detail, mend})
	}
	needs := []struct {
		what string
		met  func(t *trail, r *recording) (yes bool, note string)
	}{
		{"management events, read and write", func(_ *trail, r *recording) (bool, string) {
			return r.readManagement && r.writeManagement, r.managementNote
		}},
		{"log file validation", func(t *trail, _ *recording) (bool, string) { return sdk.ToBool(t.LogFileValidationEnabled), "" }},
		{"data events of functions", func(_ *trail, r *recording) (bool, string) { return r.function, r.functionNote }},
		{"data events of stored objects", func(_ *trail, r *recording) (bool, string) { return r.object, r.objectNote }},
	}
	const trailWhat = "a trail of all regions that records"
	if err != nil {
		add(trailWhat, CheckUnknown, err.Error(), "")
		for _, n := range needs {
			add(n.what, CheckUnknown, "the trails could not be listed", "")
		}
		return out
	}
	var good []*trail
	var unread error
	detail, mend := "there is no trail", "aws cloudtrail create-trail --region "+region+" --name sekisho --s3-bucket-name BUCKET --is-multi-region-trail --enable-log-file-validation"+
		" && aws cloudtrail start-logging --region "+region+" --name sekisho"
	for i := range trails {
		t := &trails[i]
		name, home := sdk.ToString(t.TrailARN), sdk.ToString(t.HomeRegion)
		switch {
		case t.err != nil:
			unread = t.err
		case !sdk.ToBool(t.IsMultiRegionTrail):
			detail, mend = "trail "+sdk.ToString(t.Name)+" records one region only", "aws cloudtrail update-trail --region "+home+" --name "+shell(name)+" --is-multi-region-trail"
		case t.status == nil || !sdk.ToBool(t.status.IsLogging):
			detail, mend = "trail "+sdk.ToString(t.Name)+" does not record now", "aws cloudtrail start-logging --region "+home+" --name "+shell(name)
		case sdk.ToString(t.status.LatestDeliveryError) != "":
			detail, mend = "trail "+sdk.ToString(t.Name)+" cannot deliver: "+sdk.ToString(t.status.LatestDeliveryError),
				"aws s3api get-bucket-policy --bucket "+shell(sdk.ToString(t.S3BucketName))
		default:
			good = append(good, t)
		}
	}
	switch {
	case len(good) > 0:
		add(trailWhat, CheckOK, "trail "+sdk.ToString(good[0].Name), "")
	case unread != nil:
		add(trailWhat, CheckUnknown, unread.Error(), "")
	default:
		add(trailWhat, CheckMissing, detail, mend)
	}
	for _, n := range needs {
		state, detail, mend := CheckMissing, "no trail of all regions records it", mend
		if len(good) == 0 && unread != nil {
			state, detail, mend = CheckUnknown, unread.Error(), ""
		}
		for i, t := range good {
			r := t.recording()
			yes, note := n.met(t, &r)
			if yes {
				state, detail, mend = CheckOK, strings.TrimSpace("trail "+sdk.ToString(t.Name)+" "+note), ""
				break
			}
			if i > 0 {
				continue
			}
			detail = "trail " + sdk.ToString(t.Name) + " lacks it"
			if n.what == "log file validation" {
				mend = "aws cloudtrail update-trail --region " + sdk.ToString(t.HomeRegion) + " --name " + shell(sdk.ToString(t.TrailARN)) + " --enable-log-file-validation"
			} else {
				mend = t.selectorsCommand(&r)
			}
		}
		add(n.what, state, detail, mend)
	}
	return out
}

// selectorsCommand puts in force what the trail's selectors say now and all that is
// missing: the command replaces them, so that two commands would undo each other.
func (t *trail) selectorsCommand(r *recording) string {
	command := "aws cloudtrail put-event-selectors --region " + sdk.ToString(t.HomeRegion) + " --trail-name " + shell(sdk.ToString(t.TrailARN))
	partition := "arn:aws"
	if p := strings.SplitN(sdk.ToString(t.TrailARN), ":", 3); len(p) == 3 && p[0] == "arn" {
		partition = p[0] + ":" + p[1]
	}
	if len(t.advanced) > 0 {
		type field struct {
			Field                                                               string
			Equals, NotEquals, StartsWith, NotStartsWith, EndsWith, NotEndsWith []string `json:",omitempty"`
		}
		type selector struct {
			Name           string `json:",omitempty"`
			FieldSelectors []field
		}
		var all []selector
		for _, s := range t.advanced {
			x := selector{Name: sdk.ToString(s.Name)}
			for _, f := range s.FieldSelectors {
				x.FieldSelectors = append(x.FieldSelectors, field{sdk.ToString(f.Field), f.Equals, f.NotEquals, f.StartsWith, f.NotStartsWith, f.EndsWith, f.NotEndsWith})
			}
			all = append(all, x)
		}
		if !r.readManagement || !r.writeManagement {
			all = append(all, selector{FieldSelectors: []field{{Field: "eventCategory", Equals: []string{"Management"}}}})
		}
		for kind, has := range map[string]bool{typeFunction: r.function, typeObject: r.object} {
			if !has {
				all = append(all, selector{FieldSelectors: []field{{Field: "eventCategory", Equals: []string{"Data"}}, {Field: "resources.type", Equals: []string{kind}}}})
			}
		}
		slices.SortStableFunc(all[len(t.advanced):], func(a, b selector) int {
			return strings.Compare(fmt.Sprint(a.FieldSelectors), fmt.Sprint(b.FieldSelectors))
		})
		raw, _ := json.Marshal(all) // strings only
		return command + " --advanced-event-selectors " + shell(string(raw))
	}
	type resource struct {
		Type   string
		Values []string
	}
	type selector struct {
		ReadWriteType                 types.ReadWriteType
		IncludeManagementEvents       bool
		DataResources                 []resource
		ExcludeManagementEventSources []string `json:",omitempty"`
	}
	var all []selector
	for _, s := range t.classic {
		x := selector{s.ReadWriteType, s.IncludeManagementEvents == nil || *s.IncludeManagementEvents, []resource{}, s.ExcludeManagementEventSources}
		for _, d := range s.DataResources {
			x.DataResources = append(x.DataResources, resource{sdk.ToString(d.Type), d.Values})
		}
		all = append(all, x)
	}
	at := slices.IndexFunc(all, func(s selector) bool { return s.ReadWriteType == types.ReadWriteTypeAll })
	if at < 0 {
		at = len(all)
		all = append(all, selector{ReadWriteType: types.ReadWriteTypeAll, DataResources: []resource{}})
	}
	if !r.readManagement || !r.writeManagement {
		for i := range all { // one selector only may have them twice over
			all[i].IncludeManagementEvents = i == at
		}
	}
	if !r.function {
		all[at].DataResources = append(all[at].DataResources, resource{typeFunction, []string{partition + ":lambda"}})
	}
	if !r.object {
		all[at].DataResources = append(all[at].DataResources, resource{typeObject, []string{partition + ":s3"}})
	}
	raw, _ := json.Marshal(all) // strings and truth values only
	return command + " --event-selectors " + shell(string(raw))
}
