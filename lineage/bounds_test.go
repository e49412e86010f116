package lineage

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

var start = time.Date(2026, time.January, 5, 9, 0, 0, 0, time.UTC)

// gives is alice's call that gives a session of a role at a time.
func gives(n int, at time.Time, session, key string) *sekisho.Event {
	return &sekisho.Event{ID: fmt.Sprint("e", n), Time: at, Action: "AssumeRole",
		Actor: sekisho.Actor{Type: sekisho.ActorUser, ID: "alice", Credential: "K"},
		Effects: []sekisho.Effect{{Kind: sekisho.IssueCredential, Identity: sekisho.Ref{ID: "role", Type: "role"},
			Credential: key, Session: session, Expires: at.Add(time.Hour)}}}
}

func kept(g *Graph) (edges int) {
	for _, m := range g.edges {
		edges += len(m)
	}
	return edges
}

// TestEdgesAreBounded: beyond the bound those that end soonest go, and are
// counted; the newest is always there.
func TestEdgesAreBounded(t *testing.T) {
	g := New()
	g.max = 10
	const calls = 100
	for i := range calls {
		at := start.Add(time.Duration(i) * time.Minute)
		e := gives(i, at, fmt.Sprint("role:s", i), fmt.Sprint("S", i))
		g.Resolve(e)
		g.Observe(e, Options{})
		if n := kept(g); n > g.max || n != g.count {
			t.Fatalf("after %d calls %d edges, counted %d, with room for %d", i+1, n, g.count, g.max)
		}
		if _, ok := (&View{Graph: g}).Issued(fmt.Sprint("S", i)); !ok {
			t.Fatalf("call %d: its own edge is missing", i)
		}
	}
	if g.Dropped()+kept(g) != 2*calls {
		t.Errorf("%d dropped and %d kept of %d", g.Dropped(), kept(g), 2*calls)
	}
}

// TestReplacedEdgesCostNothing: a session given again and again under one name
// keeps one edge, and little besides.
func TestReplacedEdgesCostNothing(t *testing.T) {
	g := New()
	for i := range 20 * staleMin {
		g.Observe(gives(i, start.Add(time.Duration(i)*time.Millisecond), "role:same", "SAME"), Options{})
	}
	remembered := 0
	for _, edges := range g.hours {
		remembered += len(edges)
	}
	if kept(g) != 2 || remembered > 2*staleMin {
		t.Errorf("%d edges kept and %d remembered, want 2 and at most %d", kept(g), remembered, 2*staleMin)
	}
}

// TestEdgesEndUnlessPinned: a session's edge ends with it, in the hour after;
// that of a lineage with an open incident does not.
func TestEdgesEndUnlessPinned(t *testing.T) {
	for _, pinned := range []bool{false, true} {
		g := New()
		g.Resolve(gives(0, start, "", ""))
		g.Observe(gives(0, start, "role:s", "S"), Options{})
		g.Pin("alice", pinned)
		later := &sekisho.Event{Time: start.Add(3 * time.Hour), Actor: sekisho.Actor{Type: sekisho.ActorRole, ID: "role", Credential: "S", SessionID: "role:s"}}
		want := "role:s"
		if pinned {
			want = "alice"
		}
		if root := g.Resolve(later); root.Key != want {
			t.Errorf("pinned %v: root %q, want %q", pinned, root.Key, want)
		}
		g.Pin("alice", false)
		later.Time = start.Add(30 * 24 * time.Hour)
		if root := g.Resolve(later); root.Key != "role:s" {
			t.Errorf("pinned %v, then not: root %q a month later", pinned, root.Key)
		}
	}
}

// TestAnEdgeThatHasEndedEnds: a record may name any end for a credential.
func TestAnEdgeThatHasEndedEnds(t *testing.T) {
	g := New()
	e := gives(0, start, "role:s", "S")
	e.Effects[0].Expires = time.Unix(1, 0)
	g.Resolve(e)
	g.Observe(e, Options{})
	e.Time = start.Add(2 * time.Hour)
	g.Resolve(e)
	if kept(g) != 0 || len(g.hours) != 0 {
		t.Errorf("%d edges and %d hours are kept", kept(g), len(g.hours))
	}
}

// TestRestoreGivesEqualBytesAndAnswers, also to what comes after.
func TestRestoreGivesEqualBytesAndAnswers(t *testing.T) {
	lines, err := detect.ParseTrace(`
		09:00:00 user/alice identity:AssumeRole +issue(role/a,session=s1,key=S1)
		09:01:00 role/a/s1 identity:CreateUser key=S1 +create(user/new)
		09:02:00 user/alice function:UpdateCode +change(function/f,role=role-f)
		09:03:00 user/alice identity:UpdateTrust +trust(role/door,with=999988887777)
		09:04:00 user/alice identity:UpdateLoginProfile +password(user/bob)
		10:00:00 user/new storage:ListBuckets
		10:01:00 fn/f storage:ListBuckets
		10:02:00 account/999988887777 identity:AssumeRole +try(role/door)
		10:03:00 human/bob storage:ListBuckets
		D2 10:04:00 fn/f storage:ListBuckets`)
	if err != nil {
		t.Fatal(err)
	}
	g := New()
	for i := range 5 {
		g.Resolve(&lines[i].Event)
		g.Observe(&lines[i].Event, Options{Network: "net"})
	}
	raw, _ := json.Marshal(g.Snapshot())
	var from Snapshot
	if err := json.Unmarshal(raw, &from); err != nil {
		t.Fatal(err)
	}
	back := New()
	back.Restore(from)
	if again, _ := json.Marshal(back.Snapshot()); !bytes.Equal(raw, again) {
		t.Errorf("written again it differs:\n%s\n%s", raw, again)
	}
	if kept(back) != back.count || back.count != g.count {
		t.Errorf("%d edges, counted %d, before %d", kept(back), back.count, g.count)
	}
	want := []string{"user:alice", "user:alice", "user:alice", "user:alice", "workload:role:role-f/function/f"}
	for i, w := range want {
		e := &lines[5+i].Event
		if a, b := g.Resolve(e).Key, back.Resolve(e).Key; a != w || b != w {
			t.Errorf("line %d: root %q, restored %q, want %q", lines[5+i].No, a, b, w)
		}
		at := (&View{Graph: back, Root: back.Resolve(e)})
		c1, ok1 := (&View{Graph: g, Root: g.Resolve(e)}).LastChange("function/f", e.Time)
		c2, ok2 := at.LastChange("function/f", e.Time)
		if c1 != c2 || ok1 != ok2 {
			t.Errorf("line %d: last change %+v, restored %+v", lines[5+i].No, c1, c2)
		}
	}
}

// TestNothingIsAboveBecauseOfACheckpoint: an edge that was made when nobody knew who
// stood behind its maker, and whose maker's own edge came late, is the same after a
// checkpoint as it was before, and again after the next.
func TestNothingIsAboveBecauseOfACheckpoint(t *testing.T) {
	g := New()
	g.Resolve(gives(0, start, "role:s", "S")) // the graph has a time
	// A session gives another one; that it was given itself by alice comes later.
	g.Observe(&sekisho.Event{ID: "late", Time: start.Add(time.Minute), Action: "AssumeRole",
		Actor: sekisho.Actor{Type: sekisho.ActorRole, ID: "role", SessionID: "role:s", Credential: "S"},
		Effects: []sekisho.Effect{{Kind: sekisho.IssueCredential, Identity: sekisho.Ref{ID: "other", Type: "role"},
			Credential: "T", Session: "other:t", Expires: start.Add(time.Hour)}}}, Options{})
	g.Observe(gives(1, start, "role:s", "S"), Options{})
	if g.edges[credentials]["T"].above != nil {
		t.Fatal("the edge has something above it from the beginning: the test shows nothing")
	}
	before, _ := json.Marshal(g.Checkpoint())
	for i := range 2 {
		again := New()
		again.Restore(g.Checkpoint())
		if after, _ := json.Marshal(again.Checkpoint()); !bytes.Equal(before, after) {
			t.Fatalf("after restore %d:\n%s\nbefore:\n%s", i+1, after, before)
		}
		if again.edges[credentials]["T"].above != nil {
			t.Fatalf("restore %d put something above it", i+1)
		}
		g = again
	}
	// What stood there stands there.
	g = New()
	g.Observe(gives(1, start, "role:s", "S"), Options{})
	g.Observe(&sekisho.Event{ID: "next", Time: start.Add(time.Minute), Action: "AssumeRole",
		Actor: sekisho.Actor{Type: sekisho.ActorRole, ID: "role", SessionID: "role:s", Credential: "S"},
		Effects: []sekisho.Effect{{Kind: sekisho.IssueCredential, Identity: sekisho.Ref{ID: "other", Type: "role"},
			Credential: "T", Session: "other:t", Expires: start.Add(time.Hour)}}}, Options{})
	again := New()
	again.Restore(g.Checkpoint())
	if g.edges[credentials]["T"].above == nil || again.edges[credentials]["T"].above == nil {
		t.Error("what stood above it is lost")
	}
}
