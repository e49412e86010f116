package aws

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
)

// TestRecorded reads every public recording and compares each simple field
// with a slow mapping by encoding/json.
func TestRecorded(t *testing.T) {
	x := CloudTrail().NewExpander()
	count := map[normalize.Verdict]int{}
	reasons := map[string]int{}
	publicRecords(t, func(where string, raw []byte) {
		compact, key, verdict, reason := CloudTrail().Compact(nil, raw)
		count[verdict]++
		var m map[string]any
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		if verdict != normalize.Read {
			reasons[where+": "+reason]++
			_, err := time.Parse(time.RFC3339, fmt.Sprint(m["eventTime"]))
			if m["eventName"] != nil && err == nil && m["eventCategory"] != "Insight" {
				t.Errorf("%s: unreadable (%s): %.300s", where, reason, raw)
			}
			return
		}
		var e sekisho.Event
		if err := x.Expand(&e, compact); err != nil {
			t.Fatalf("%s: %v", where, err)
		}
		if key.Time != e.Time.UnixNano() {
			t.Errorf("%s: key of %d for an event at %v", where, key.Time, e.Time)
		}
		compare(t, where, m, &e)
	})
	t.Log(count)
	for r, n := range reasons {
		t.Log(n, r)
	}
}

// slow reads a path of a decoded record as text.
func slow(m map[string]any, path ...string) string {
	var v any = m
	for _, p := range path {
		inner, _ := v.(map[string]any)
		v = inner[p]
	}
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return fmt.Sprint(v)
	case float64:
		return strings.TrimSuffix(fmt.Sprintf("%f", v), ".000000")
	}
	return ""
}

func compare(t *testing.T, where string, m map[string]any, e *sekisho.Event) {
	t.Helper()
	same := func(name, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s %s: %s is %q, want %q", where, e.ID, name, got, want)
		}
	}
	if id := slow(m, "eventID"); id != "" {
		same("id", e.ID, id)
	}
	when := first(slow(m, "eventTime"), slow(m, "@timestamp"))
	at, err := time.Parse(time.RFC3339, when)
	if err != nil {
		at, _ = time.Parse(time.DateTime, when)
	}
	if !at.Equal(e.Time) {
		t.Errorf("%s: time is %v, want %v", e.ID, e.Time, at)
	}
	same("service", e.Service, strings.TrimSuffix(slow(m, "eventSource"), ".amazonaws.com"))
	if !strings.HasPrefix(slow(m, "eventName"), e.Action) {
		t.Errorf("action is %q, want %q", e.Action, slow(m, "eventName"))
	}
	same("region", e.Region, slow(m, "awsRegion"))
	same("account", e.Account, first(slow(m, "recipientAccountId"), slow(m, "userIdentity", "accountId")))
	same("error", e.Error, slow(m, "errorCode"))
	same("twin", e.TwinID, slow(m, "sharedEventID"))
	same("endpoint", e.Endpoint, slow(m, "vpcEndpointId"))
	if msg := slow(m, "errorMessage"); len(msg) <= messageMax {
		same("message", e.ErrorMessage, msg)
	}
	if ua := slow(m, "userAgent"); len(ua) <= userAgentMax {
		same("user agent", e.Client.Raw, ua)
	}
	ip := ""
	if a, err := netip.ParseAddr(slow(m, "sourceIPAddress")); err == nil {
		ip = a.String()
	}
	same("ip", e.IP, ip)
	a := &e.Actor
	if a.ID == "" || a.ID == unknownID {
		t.Logf("%s: nobody acts: %v", where, m["userIdentity"])
	}
	switch typ := slow(m, "userIdentity", "type"); typ {
	case "IAMUser":
		if id := slow(m, "userIdentity", "principalId"); id != "" {
			same("actor", a.ID, id)
		}
		same("key", a.Credential, first(slow(m, "userIdentity", "accessKeyId"), a.Credential))
	case "AssumedRole":
		issuer := slow(m, "userIdentity", "sessionContext", "sessionIssuer", "principalId")
		same("actor", a.ID, first(issuer, beforeColon(slow(m, "userIdentity", "principalId")), a.ID))
		if arn := slow(m, "userIdentity", "sessionContext", "sessionIssuer", "arn"); arn != "" {
			same("role", a.ARN, arn)
		}
	case "AWSService":
		same("actor", a.ID, first(slow(m, "userIdentity", "invokedBy"), a.ID))
	}
	if len(e.Params) > 0 && !json.Valid(e.Params) || len(e.Result) > 0 && !json.Valid(e.Result) {
		t.Errorf("%s: parameters or result is not JSON", e.ID)
	}
	if want := slow(m, "errorCode"); (want != "") == e.Succeeded() && e.Kind != sekisho.SignIn {
		t.Errorf("%s: outcome %d for error %q", e.ID, e.Outcome, want)
	}
}

// BenchmarkCompact and BenchmarkExpand run over the recordings in turn.
func BenchmarkCompact(b *testing.B) {
	var all [][]byte
	size := 0
	publicRecords(b, func(_ string, raw []byte) { all = append(all, raw); size += len(raw) })
	f := CloudTrail()
	var dst []byte
	b.SetBytes(int64(size / len(all)))
	b.ReportAllocs()
	kept := 0
	i := 0
	for b.Loop() {
		dst, _, _, _ = f.Compact(dst[:0], all[i%len(all)])
		kept += len(dst)
		i++
	}
	b.ReportMetric(float64(kept)/float64(i), "compact-B/op")
}

func BenchmarkExpand(b *testing.B) {
	var all [][]byte
	publicRecords(b, func(_ string, raw []byte) {
		if c, _, v, _ := CloudTrail().Compact(nil, raw); v == normalize.Read {
			all = append(all, c)
		}
	})
	x := CloudTrail().NewExpander()
	var e sekisho.Event
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if err := x.Expand(&e, all[i%len(all)]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}
