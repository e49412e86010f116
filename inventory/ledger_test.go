package inventory

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/detect"
)

// Of the accounts in these traces all are strangers' but the trace's own and a
// partner's.
func stranger(account string) bool {
	return account != detect.TraceAccount && account != "777788889999"
}

// kept is a ledger that saw a trace, and the moment at which the trace ends.
func kept(t *testing.T, trace string) (*Ledger, time.Time) {
	t.Helper()
	lines, err := detect.ParseTrace(trace)
	if err != nil {
		t.Fatal(err)
	}
	l := NewLedger()
	var end time.Time
	for i := range lines {
		l.Note(&lines[i].Event, stranger)
		end = lines[i].Event.Time
	}
	return l, end
}

// TestExposed: whose reads are strangers', and for how long they count.
func TestExposed(t *testing.T) {
	const anon = `D0 09:00:00 anon storage:GetObject ip=192.0.2.77 +data(b/secret,bytes=9)`
	for _, tt := range []struct {
		name, trace string
		later       time.Duration
		resource    string // of what was read, "" if nothing counts
		by          string
	}{
		{"nobody in particular", anon, 0, "b/secret", ""},
		{"for a week", anon, exposureLasts, "b/secret", ""},
		{"and no longer", anon, exposureLasts + time.Second, "", ""},
		{"an outside account", `09:00:00 account/999988887777 storage:GetObject account=111122223333 +data(b/o)`, 0, "b/o", "999988887777"},
		{"a role of an outside account", `09:00:00 role/r@999988887777/s storage:GetObject account=111122223333 +data(b/o)`, 0, "b/o", "999988887777"},
		{"a partner", `09:00:00 account/777788889999 storage:GetObject account=111122223333 +data(b/o)`, 0, "", ""},
		{"one of ours", `09:00:00 user/alice storage:GetObject +data(b/o)`, 0, "", ""},
		{"a refused read", `09:00:00 anon storage:GetObject outcome=denied +data(b/o)`, 0, "", ""},
		{"a list shows no content", `09:00:00 anon storage:ListObjects`, 0, "", ""},
		{"the last read is the one kept", anon + "\n" + `09:10:00 anon storage:GetObject +data(b/later)`, 0, "b/later", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, end := kept(t, tt.trace)
			x, ok := l.Exposed(detect.TraceAccount, end.Add(tt.later))
			if ok != (tt.resource != "") || ok && (x.Resource != tt.resource || x.By != tt.by) {
				t.Errorf("%t %+v, want %q by %q", ok, x, tt.resource, tt.by)
			}
			if _, elsewhere := l.Exposed("444455556666", end); elsewhere {
				t.Error("another account is exposed as well")
			}
		})
	}
}

// TestSharedWith: distinct resources, distinct days, since the first.
func TestSharedWith(t *testing.T) {
	l, _ := kept(t, `
		D0 09:00:00 user/a compute:ModifySnapshot +share(snap-1,with=999988887777)
		D0 10:00:00 user/a compute:ModifySnapshot +share(snap-1,with=999988887777)
		D0 11:00:00 user/b compute:ModifySnapshot +share(snap-2,with=999988887777|*|111122223333)
		D2 09:00:00 user/a identity:UpdateTrust +trust(role/vendor,with=999988887777)
		D3 09:00:00 user/a compute:ModifySnapshot outcome=denied +share(snap-3,with=999988887777)
		D3 10:00:00 user/a compute:ModifySnapshot +share(snap-4,with=777788889999)
	`)
	resources, days, since := l.SharedWith("999988887777")
	if want := time.Date(2026, time.January, 5, 9, 0, 0, 0, time.UTC); resources != 3 || days != 2 || !since.Equal(want) {
		t.Errorf("%d resources on %d days since %s, want 3 on 2 since %s", resources, days, since, want)
	}
	for _, account := range []string{detect.TraceAccount, "777788889999", "*", "123412341234"} {
		if n, _, _ := l.SharedWith(account); n != 0 {
			t.Errorf("%s: %d resources, want none: it is ours, a partner's, nobody's or unknown", account, n)
		}
	}
}

// TestLookalike: what the eye takes for the same name, and what it does not.
func TestLookalike(t *testing.T) {
	for _, tt := range []struct {
		old, name string
		alike     bool
	}{
		{"order-writer", "OrderWriter", true},
		{"order-writer", "order_writer", true},
		{"order-writer", "order-writer-v2", true},
		{"order-writer", "order-writer-new", true},
		{"order-writer", "order-writer2", true},
		{"order-writer", "orderr-writer", true}, // a doubled letter
		{"billing-export", "bi11ing-export", true},
		{"billing-export", "billing-exp0rt", true},
		{"payments-sync", "payrnents-sync", true}, // r and n for m
		{"admin-helper", "admln-helper", true},

		{"order-writer", "order-writer", false}, // itself
		{"worker-pool-1", "worker-pool-2", false},
		{"batch-2025-11", "batch-2025-12", false},
		{"shop-dev-api", "shop-prod-api", false},
		{"order-writer", "order-reader", false},
		{"app", "app-new", false}, // too short to say anything
		{"role-user-svc", "role-user-new", false},
	} {
		l := NewLedger()
		l.Name("role", "1", tt.old)
		old, ok := l.Lookalike("role", "1", tt.name)
		if ok != tt.alike || ok && old != tt.old {
			t.Errorf("%q after %q: %t %q, want %t", tt.name, tt.old, ok, old, tt.alike)
		}
		if _, ok := l.Lookalike("user", "1", tt.name); ok {
			t.Errorf("%q is taken for a thing of another sort", tt.name)
		}
		if _, ok := l.Lookalike("role", "2", tt.name); ok {
			t.Errorf("%q is taken for a thing of another account", tt.name)
		}
	}
}

// TestNamesComeFromTheTrail: what is made, or asked for as a role, has a name;
// the first to bear it is the original.
func TestNamesComeFromTheTrail(t *testing.T) {
	l, _ := kept(t, `
		09:00:00 user/a identity:CreateUser +create(user/backup-runner)
		09:01:00 user/a identity:AssumeRole +issue(role/order-writer,session=s1)
		09:02:00 user/a function:Create +change(urn:x:y:eu:111122223333:function/resize-images,what=create)
		09:03:00 user/a function:UpdateCode +change(urn:x:y:eu:111122223333:function/never-made)
		09:04:00 user/a identity:CreateUser +create(user/BackupRunner)
	`)
	for _, tt := range []struct{ sort, name, old string }{
		{"user", "backup_runner", "backup-runner"},
		{"role", "OrderWriter", "order-writer"},
		{"function", "resize-images-new", "resize-images"},
		{"function", "never_made", ""}, // changed, not made: its maker is unknown
	} {
		if old, _ := l.Lookalike(tt.sort, detect.TraceAccount, tt.name); old != tt.old {
			t.Errorf("%s %s: like %q, want %q", tt.sort, tt.name, old, tt.old)
		}
	}
}

// TestWorkloadName: the sort, account and name of a workload in its spellings.
func TestWorkloadName(t *testing.T) {
	for _, tt := range []struct{ workload, sort, account, name string }{
		{"function/resize", "function", "", "resize"},
		{"urn:x:fn:eu:111122223333:function:resize", "function", "111122223333", "resize"},
		{"urn:x:fn:eu:111122223333:function/resize", "function", "111122223333", "resize"},
		{"i-1", "", "", "i-1"},
		{"", "", "", ""},
	} {
		if sort, account, name := WorkloadName(tt.workload); sort != tt.sort || account != tt.account || name != tt.name {
			t.Errorf("%q: %q %q %q, want %q %q %q", tt.workload, sort, account, name, tt.sort, tt.account, tt.name)
		}
	}
}

// TestLedgerRoundTrip: what is written down and read again answers the same and
// is written down the same; strangers' reads are not kept.
func TestLedgerRoundTrip(t *testing.T) {
	l, end := kept(t, `
		D0 09:00:00 user/a compute:ModifySnapshot +share(snap-1,with=999988887777)
		D1 09:00:00 user/a compute:ModifySnapshot +share(snap-2,with=999988887777|888877776666)
		D1 09:01:00 user/a identity:CreateUser +create(user/backup-runner)
		D1 09:02:00 anon storage:GetObject +data(b/o)
	`)
	first, err := json.Marshal(l.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	var read LedgerSnapshot
	if err := json.Unmarshal(first, &read); err != nil {
		t.Fatal(err)
	}
	again := NewLedger()
	again.Restore(read)
	second, err := json.Marshal(again.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(first), string(second)); diff != "" {
		t.Errorf("written down again it differs:\n%s", diff)
	}
	resources, days, since := again.SharedWith("999988887777")
	wasResources, wasDays, wasSince := l.SharedWith("999988887777")
	if resources != wasResources || days != wasDays || !since.Equal(wasSince) {
		t.Errorf("%d on %d since %s, was %d on %d since %s", resources, days, since, wasResources, wasDays, wasSince)
	}
	if old, _ := again.Lookalike("user", detect.TraceAccount, "BackupRunner"); old != "backup-runner" {
		t.Errorf("like %q, want backup-runner", old)
	}
	x, ok := again.Exposed(detect.TraceAccount, end)
	wasX, was := l.Exposed(detect.TraceAccount, end)
	if ok != was || ok && (!x.At.Equal(wasX.At) || x.EventID != wasX.EventID) {
		t.Errorf("a stranger's read: %+v (%v), was %+v (%v)", x, ok, wasX, was)
	}
	// A snapshot is a copy: what comes after does not change it.
	before := l.Snapshot()
	l.Note(&kept1(t, `D1 10:00:00 user/a compute:ModifySnapshot +share(snap-9,with=999988887777)`).Event, stranger)
	if n := len(before.Shares[1].Given.Resources); n != 2 {
		t.Errorf("the snapshot grew to %d resources", n)
	}
}

// kept1 is the one event of a trace.
func kept1(t *testing.T, trace string) *detect.Line {
	t.Helper()
	lines, err := detect.ParseTrace(trace)
	if err != nil || len(lines) != 1 {
		t.Fatal(err, len(lines))
	}
	return &lines[0]
}

// TestLedgerIsBounded: beyond its bounds the ledger counts what it did not
// keep, also when it is read back from a file that someone made larger.
func TestLedgerIsBounded(t *testing.T) {
	l := NewLedger()
	for i := range outsidersMax + 3 {
		x := kept1(t, fmt.Sprintf(`09:00:00 user/a compute:ModifySnapshot +share(snap-1,with=9%011d)`, i))
		l.Note(&x.Event, stranger)
	}
	if len(l.shares) != outsidersMax || l.Dropped() != 3 {
		t.Errorf("%d outsiders and %d dropped, want %d and 3", len(l.shares), l.Dropped(), outsidersMax)
	}
	for i := range resourcesMax + 5 {
		x := kept1(t, fmt.Sprintf(`09:00:00 user/a compute:ModifySnapshot +share(snap-%d,with=900000000000)`, i))
		l.Note(&x.Event, stranger)
	}
	if n, _, _ := l.SharedWith("900000000000"); n != resourcesMax {
		t.Errorf("%d resources, want %d", n, resourcesMax)
	}

	full := NewLedger()
	for i := range namesMax {
		full.names[fmt.Sprint(i)] = "x"
	}
	full.Name("user", "1", "backup-runner")
	if len(full.names) != namesMax || full.Dropped() != 1 {
		t.Errorf("%d names and %d dropped, want %d and 1", len(full.names), full.Dropped(), namesMax)
	}

	huge := LedgerSnapshot{Shares: []ShareSnapshot{{Account: "9", Given: sharing{Resources: make([]string, 10*resourcesMax)}}}}
	for i := range outsidersMax + 10 {
		huge.Shares = append(huge.Shares, ShareSnapshot{Account: fmt.Sprint("a", i)})
	}
	again := NewLedger()
	again.Restore(huge)
	if n, _, _ := again.SharedWith("9"); n != resourcesMax || len(again.shares) != outsidersMax {
		t.Errorf("restored %d resources of one and %d outsiders, want %d and %d", n, len(again.shares), resourcesMax, outsidersMax)
	}
}
