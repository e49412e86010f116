package aws

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
)

// recordings is where the recordings of others lie on a developer's machine.
const recordings = "../../../shared/data"

// rawRecord is the part of a record that effects read. It is decoded apart from
// the format's own reader, so that a mistake there does not hide one here.
type rawRecord struct {
	EventSource, EventName, ErrorCode, ErrorMessage, AwsRegion, RecipientAccountId string
	UserIdentity                                                                   struct {
		Type, PrincipalId, Arn, AccountId, AccessKeyId, UserName, InvokedBy string
	}
	RequestParameters, ResponseElements, ServiceEventDetails json.RawMessage

	raw json.RawMessage // the whole record
}

func (r *rawRecord) event() *sekisho.Event {
	e := &sekisho.Event{
		Service: strings.Split(r.EventSource, ".")[0],
		Action:  apiVersion.ReplaceAllString(r.EventName, ""),
		Region:  r.AwsRegion, Account: r.RecipientAccountId,
		ErrorMessage: r.ErrorMessage, Error: r.ErrorCode,
		Params: r.RequestParameters, Result: r.ResponseElements,
	}
	if len(r.ServiceEventDetails) > 0 {
		e.Result = r.ServiceEventDetails
	}
	if r.ErrorCode != "" {
		e.Outcome = sekisho.Failed
	}
	u := &r.UserIdentity
	e.Actor = sekisho.Actor{ID: before(u.PrincipalId, ":"), Name: u.UserName, ARN: u.Arn, Account: u.AccountId, Credential: u.AccessKeyId}
	switch u.Type {
	case "IAMUser":
		e.Actor.Type = sekisho.ActorUser
	case "AssumedRole":
		e.Actor.Type, e.Actor.SessionID = sekisho.ActorRole, u.PrincipalId
	case "AWSService":
		e.Actor.Type = sekisho.ActorService
	}
	e.Level, e.Topic = classify(e.Service, e.Action)
	return e
}

// eachRecorded calls f with every CloudTrail record of the recordings and the
// path of its file. It skips the test where there are none, and fails in CI.
func eachRecorded(t *testing.T, f func(file string, e *sekisho.Event)) {
	t.Helper()
	eachRawRecord(t, func(file string, r *rawRecord) { f(file, r.event()) })
}

// eachRawRecord is eachRecorded before the record becomes an event.
func eachRawRecord(t *testing.T, f func(file string, r *rawRecord)) {
	t.Helper()
	if _, err := os.Stat(recordings); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the recordings are missing: %v", err)
		}
		t.Skipf("no recordings beside the repository: %v", err)
	}
	err := filepath.WalkDir(recordings, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.HasSuffix(path, ".gz") {
			z, err := gzip.NewReader(bytes.NewReader(raw))
			if err != nil {
				return err
			}
			if raw, err = io.ReadAll(z); err != nil {
				return err
			}
		}
		if !bytes.Contains(raw, []byte(`"eventSource"`)) {
			return nil
		}
		decoder := json.NewDecoder(bytes.NewReader(raw))
		for {
			var v json.RawMessage
			if decoder.Decode(&v) != nil {
				return nil // the end, or a file of another kind
			}
			eachRecordIn(v, func(r *rawRecord) { f(path, r) })
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// eachRecordIn finds the records in a value, in whatever envelope.
func eachRecordIn(v json.RawMessage, f func(r *rawRecord)) {
	v = bytes.TrimSpace(v)
	if len(v) == 0 {
		return
	}
	switch v[0] {
	case '[':
		var list []json.RawMessage
		if json.Unmarshal(v, &list) == nil {
			for _, elem := range list {
				eachRecordIn(elem, f)
			}
		}
	case '{':
		var object map[string]json.RawMessage
		if json.Unmarshal(v, &object) != nil {
			return
		}
		if object["eventSource"] != nil && object["eventName"] != nil {
			r := rawRecord{raw: v}
			if json.Unmarshal(v, &r) == nil {
				f(&r)
			}
			return
		}
		for _, envelope := range [...]string{"Records", "event", "log", "data", "record", "detail", "tests"} {
			eachRecordIn(object[envelope], f)
		}
	}
}

// A recording of one technique must show the effect that the technique is.
func TestRecordedTechniquesHaveTheirEffects(t *testing.T) {
	want := map[string][]sekisho.EffectKind{
		"secretsmanager-batch-retrieve-secrets":   {sekisho.ReadSecret},
		"secretsmanager-retrieve-secrets":         {sekisho.ReadSecret},
		"cloudtrail-delete":                       {sekisho.DisableDefence},
		"cloudtrail-stop":                         {sekisho.DisableDefence},
		"vpc-remove-flow-logs":                    {sekisho.DisableDefence},
		"ec2-user-data":                           {sekisho.ChangeWorkload},
		"ssm-send-command":                        {sekisho.ChangeWorkload},
		"ec2-security-group-open-port-22-ingress": {sekisho.OpenPorts},
		"ec2-share-ami":                           {sekisho.Share},
		"ec2-share-ebs-snapshot":                  {sekisho.Share},
		"ec2-instance-connect":                    {sekisho.ChangeWorkload},
		"iam-backdoor-role":                       {sekisho.OpenTrust},
		"iam-backdoor-user":                       {sekisho.IssueCredential},
		"iam-create-admin-user":                   {sekisho.CreateIdentity, sekisho.GrantPower, sekisho.IssueCredential},
		"iam-create-backdoor-role":                {sekisho.CreateIdentity, sekisho.GrantPower},
		"iam-create-user-login-profile":           {sekisho.SetPassword},
		"lambda-backdoor-function":                {sekisho.ChangeWorkload},
		"lambda-overwrite-code":                   {sekisho.ChangeWorkload},
		"rolesanywhere-create-trust-anchor":       {sekisho.AddProvider},
	}
	got := map[string]*[sekisho.EffectKinds]int{}
	total := [sekisho.EffectKinds]int{}
	invictus := [sekisho.EffectKinds]int{}
	eachRecorded(t, func(file string, e *sekisho.Event) {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		name = name[strings.LastIndexByte(name, '.')+1:]
		if got[name] == nil {
			got[name] = new([sekisho.EffectKinds]int)
		}
		for _, x := range effects(e, nil) {
			got[name][x.Kind]++
			total[x.Kind]++
			if strings.Contains(file, "invictus-aws-2023/neutral") {
				invictus[x.Kind]++
			}
		}
	})
	names := make([]string, 0, len(want))
	for name := range want {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		for _, kind := range want[name] {
			if got[name] == nil || got[name][kind] == 0 {
				t.Errorf("%s: no %s", name, kind.String())
			}
		}
	}
	for kind, n := range total {
		t.Logf("%-18s all %6d, the long recording %4d", sekisho.EffectKind(kind).String(), n, invictus[kind])
	}
	// The long recording holds some thirty techniques one after another.
	for _, kind := range []sekisho.EffectKind{sekisho.IssueCredential, sekisho.CreateIdentity, sekisho.SetPassword, sekisho.GrantPower,
		sekisho.OpenTrust, sekisho.AddProvider, sekisho.ChangeWorkload, sekisho.Share, sekisho.Taken, sekisho.ReadSecret,
		sekisho.DisableDefence, sekisho.LaunchCompute, sekisho.OpenPorts, sekisho.AssumeTry, sekisho.DisableCredential} {
		if invictus[kind] == 0 {
			t.Errorf("the long recording shows no %s", kind.String())
		}
	}
}

// The format's own reader hands to effects what a plain decoder sees.
func TestFormatGivesTheSameEffects(t *testing.T) {
	format := CloudTrail()
	expander := format.NewExpander()
	n := 0
	eachRawRecord(t, func(file string, r *rawRecord) {
		if !strings.Contains(file, "invictus-aws-2023/neutral") && !strings.Contains(file, "stratus-detonation-2024/neutral") {
			return
		}
		compact, _, verdict, reason := format.Compact(nil, r.raw)
		if verdict != normalize.Read {
			t.Errorf("%s: not read: %s", file, reason)
			return
		}
		var e sekisho.Event
		if err := expander.Expand(&e, compact); err != nil {
			t.Errorf("%s: %v", file, err)
			return
		}
		n++
		var got, want []string
		for i := range e.Effects {
			got = append(got, e.Effects[i].Kind.String()+" "+e.Effects[i].What+" "+e.Effects[i].Workload+e.Effects[i].Credential)
		}
		for _, x := range effects(r.event(), nil) {
			want = append(want, x.Kind.String()+" "+x.What+" "+x.Workload+x.Credential)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s %s %s: got %q, want %q", file, e.ID, e.Name(), got, want)
		}
	})
	if n < 3000 {
		t.Errorf("only %d records compared: the two recordings hold more than 3,000", n)
	}
}

// Every session that a role was given in the long recording, and that then
// signed a call there, must be known from its issue: this is the strongest join
// of credentials.
func TestRecordedSessionsJoin(t *testing.T) {
	issued, used := map[string]bool{}, map[string]bool{}
	roleKey := regexp.MustCompile(`^ASIA`)
	eachRecorded(t, func(file string, e *sekisho.Event) {
		if !strings.Contains(file, "invictus-aws-2023/neutral") {
			return
		}
		for _, x := range effects(e, nil) {
			if x.Kind == sekisho.IssueCredential {
				issued[x.Credential] = true
				if roleKey.MatchString(x.Credential) && x.Expires.IsZero() {
					t.Errorf("session %s has no end", x.Credential)
				}
			}
		}
		if e.Actor.Type == sekisho.ActorRole && e.Actor.Credential != "" {
			used[e.Actor.Credential] = true
		}
	})
	joined := 0
	for key := range used {
		if issued[key] {
			joined++
		}
	}
	t.Logf("%d of %d role sessions joined to their issue", joined, len(used))
	if len(used) == 0 || joined < len(used)-1 {
		t.Errorf("only %d of %d role sessions joined to their issue", joined, len(used))
	}
}
