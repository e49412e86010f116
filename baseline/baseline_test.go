package baseline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// learned is a store that learned a trace, each of the given traces an episode.
func learned(t *testing.T, traces ...string) *Store {
	t.Helper()
	s := New()
	for _, trace := range traces {
		p := noted(t, s, trace)
		s.Learn(p)
	}
	return s
}

func noted(t *testing.T, s *Store, trace string) *Pending {
	t.Helper()
	lines, err := detect.ParseTrace(trace)
	if err != nil {
		t.Fatal(err)
	}
	p := &Pending{}
	for i := range lines {
		s.Note(p, &lines[i].Event, "net")
	}
	return p
}

// TestFeatures: each way in which an identity has habits, from one event.
func TestFeatures(t *testing.T) {
	s := learned(t, `
		09:00:00 user/a compute:RunInstances +launch(g5.xlarge,n=1,gpu)
		09:01:00 user/a identity:AssumeRole +issue(role/r,session=s1)
		09:02:00 user/a model:InvokeModel +model(m1)
		09:03:00 user/a storage:PutBucketPolicy target=b1
		09:04:00 user/a identity:AssumeRole outcome=denied +try(role/refused)
		09:05:00 user/a storage:DeleteBucket target=b2 outcome=denied`)
	for _, x := range []struct {
		f     detect.Feature
		value string
		want  bool
	}{
		{detect.Action, "compute:RunInstances", true}, {detect.Action, "storage:DeleteBucket", true}, {detect.Action, "storage:GetObject", false},
		{detect.Service, "identity", true}, {detect.Network, "net", true}, {detect.Software, "cli on linux", true},
		{detect.Region, "eu-west-1", true}, {detect.Machine, "g5.xlarge", true}, {detect.Model, "m1", true},
		{detect.Touched, "storage:PutBucketPolicy b1", true}, {detect.Touched, "storage:DeleteBucket b2", false},
		{detect.Assumed, "urn:111122223333:role/r", true}, {detect.Assumed, "urn:111122223333:role/refused", false},
		{detect.Service, "compute:RunInstances", false}, // features are apart
	} {
		if s.Seen("user:a", x.f, x.value) != x.want {
			t.Errorf("feature %d %q: seen %v", x.f, x.value, !x.want)
		}
		if s.Seen("user:b", x.f, x.value) {
			t.Errorf("feature %d %q: seen of another", x.f, x.value)
		}
		if s.Others(detect.TraceAccount, x.f, x.value) != x.want {
			t.Errorf("feature %d %q: in the account %v", x.f, x.value, !x.want)
		}
	}
}

// TestNothingIsLearnedMeanwhile: an episode is judged by those before it.
func TestNothingIsLearnedMeanwhile(t *testing.T) {
	s := New()
	p := noted(t, s, `09:00:00 user/a storage:ListBuckets x100`)
	if s.Seen("user:a", detect.Action, "storage:ListBuckets") || s.Experience("user:a").Events != 0 {
		t.Error("learned before the episode ended")
	}
	s.Learn(p)
	x := s.Experience("user:a")
	if x.Events != 100 || x.Days != 1 || s.Times("user:a", detect.Action, "storage:ListBuckets") != 1 {
		t.Errorf("%+v, and %d episodes; want 100 events on 1 day, 1 episode", x, s.Times("user:a", detect.Action, "storage:ListBuckets"))
	}
	s.Learn(p)
	if s.Experience("user:a").Events != 100 {
		t.Error("an episode was learned twice")
	}
}

// TestTimesCountsEpisodesTo15, days count once, and changers are by workload.
func TestTimesCountsEpisodesTo15(t *testing.T) {
	s := New()
	for day := range 20 {
		s.Learn(noted(t, s, fmt.Sprintf(`D%d 09:00:00 user/a function:UpdateCode x3 +change(function/f,what=code)`, day/2)))
	}
	s.Learn(noted(t, s, `D20 09:00:00 user/b function:UpdateCode +change(function/f,what=code)`))
	if n := s.Times("user:a", detect.Action, "function:UpdateCode"); n != 15 {
		t.Errorf("%d times, want 15", n)
	}
	if x := s.Experience("user:a"); x.Days != 10 || x.Events != 60 {
		t.Errorf("%+v, want 10 days and 60 events", x)
	}
	own, all := s.Changers("function/f", "user:b")
	if own != 1 || all != 21 {
		t.Errorf("changed by b in %d of %d episodes, want 1 of 21", own, all)
	}
}

// TestAdoptIsOneEpisode: what an identity did in two episodes that became one
// counts once.
func TestAdoptIsOneEpisode(t *testing.T) {
	s := New()
	p := noted(t, s, `09:00:00 user/a storage:ListBuckets`)
	o := noted(t, s, `
		08:00:00 user/a storage:ListBuckets,GetObject +change(function/f)
		08:01:00 user/b storage:ListBuckets`)
	p.Adopt(o)
	s.Learn(p)
	s.Learn(o) // is empty now
	if n := s.Times("user:a", detect.Action, "storage:ListBuckets"); n != 1 {
		t.Errorf("%d episodes, want 1", n)
	}
	if x := s.Experience("user:a"); x.Events != 3 || x.Since.Hour() != 8 {
		t.Errorf("%+v, want 3 events since 08:00", x)
	}
	if own, _ := s.Changers("function/f", "user:a"); own != 1 || !s.Seen("user:b", detect.Action, "storage:ListBuckets") {
		t.Error("something was lost")
	}
}

// TestPendingIsBounded: in words and in identities.
func TestPendingIsBounded(t *testing.T) {
	s := New()
	var p Pending
	e := sekisho.Event{Service: "s", Time: time.Unix(1e9, 0), Actor: sekisho.Actor{ID: "a"}}
	for i := range pendingMax + 100 {
		e.Action = fmt.Sprint("List", i)
		s.Note(&p, &e, "")
	}
	if n := len(p.learners[0].words); n != pendingMax || p.excess == 0 {
		t.Errorf("%d words with %d in excess, want %d and some", n, p.excess, pendingMax)
	}
	for i := range 2 * learnersMax {
		e.Actor.ID = fmt.Sprint("id", i)
		s.Note(&p, &e, "")
	}
	if len(p.learners) != learnersMax {
		t.Errorf("%d identities, want %d", len(p.learners), learnersMax)
	}
}

// TestHabitIsBounded: a full set learns nothing new, goes on counting what it
// has, and stays full, readable and equal through writing and reading.
func TestHabitIsBounded(t *testing.T) {
	h := &habit{}
	value := func(i int) uint64 { return hash(detect.Action, fmt.Sprint(i)) }
	for i := range 2 * habitsMax {
		h.add(value(i), 1)
	}
	if len(h.words) != habitsMax || int(h.n) != habitsMax/4*3 {
		t.Fatalf("%d of %d words in use, want three quarters of %d", h.n, len(h.words), habitsMax)
	}
	h.add(value(0), 1)
	if h.find(value(0)) != 2 || h.find(value(2*habitsMax-1)) != 0 {
		t.Error("a full set must count what it has and learn nothing new")
	}
	s := New()
	s.identities["a"] = h
	for range 3 {
		from := s.Snapshot()
		s = New()
		if err := s.Restore(from); err != nil {
			t.Fatal(err)
		}
		s.identities["a"].add(value(3*habitsMax), 1)
		if n := s.identities["a"].n; n != h.n {
			t.Fatalf("restored it grew to %d words", n)
		}
	}
}

// TestRestoreGivesEqualBytesAndAnswers, also to who asked before.
func TestRestoreGivesEqualBytesAndAnswers(t *testing.T) {
	s := learned(t, `D0 09:00:00 user/a storage:ListBuckets,GetObject,identity:ListUsers`,
		`D1 09:00:00 user/a storage:ListBuckets
		 D1 09:00:01 user/b function:UpdateCode +change(function/f)`)
	raw, _ := json.Marshal(s.Snapshot())
	var from Snapshot
	if err := json.Unmarshal(raw, &from); err != nil {
		t.Fatal(err)
	}
	back := New()
	back.Seen("user:a", detect.Action, "storage:ListBuckets") // no, and must not be remembered
	if err := back.Restore(from); err != nil {
		t.Fatal(err)
	}
	if again, _ := json.Marshal(back.Snapshot()); !bytes.Equal(raw, again) {
		t.Errorf("written again it differs:\n%s\n%s", raw, again)
	}
	for _, id := range []string{"user:a", "user:b", "user:c"} {
		if s.Experience(id) != back.Experience(id) ||
			s.Times(id, detect.Action, "storage:ListBuckets") != back.Times(id, detect.Action, "storage:ListBuckets") {
			t.Errorf("%s: another answer after restoring", id)
		}
	}
	if own, all := back.Changers("function/f", "user:b"); own != 1 || all != 1 {
		t.Errorf("changers %d of %d", own, all)
	}
	for _, n := range []int{7, 8 * (habitsMax/4*3 + 1)} {
		if New().Restore(Snapshot{Identities: []HabitSnapshot{{ID: "x", Words: make([]byte, n)}}}) == nil {
			t.Errorf("%d bytes of words were taken", n)
		}
	}
}

// TestSources: a role that builds come in to is known by their repositories, and
// by whether others came after the first.
func TestSources(t *testing.T) {
	const role = "urn:111122223333:role/deploy"
	s := New()
	came := func(subject, provider string) {
		var p Pending
		e := sekisho.Event{Service: "identity", Action: "AssumeRole", Account: "111122223333", Time: time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC),
			Actor:   sekisho.Actor{Type: sekisho.ActorFederated, ID: subject, Subject: subject, Provider: provider},
			Effects: []sekisho.Effect{{Kind: sekisho.AssumeTry, Identity: sekisho.Ref{ARN: role, Type: "role"}}}}
		s.Note(&p, &e, "")
		s.Learn(&p)
	}
	want := func(when, of string, n int) {
		t.Helper()
		if own, _ := s.Changers(role, of); own != n {
			t.Errorf("%s: %q counts %d, want %d", when, of, own, n)
		}
	}
	came("repo:example/shop:ref:refs/heads/main", "builds")
	came("repo:example/shop:ref:refs/heads/main", "builds")
	want("one branch", "repo:example/shop", 2)
	want("one branch", "repo:example/shop"+Sources, 0)
	want("one branch", Sources, 0)
	want("one branch", "repo:example/", 2)
	came("repo:example/shop:ref:refs/heads/fix", "builds")
	want("two branches", "repo:example/shop", 3)
	want("two branches", "repo:example/shop"+Sources, 1)
	want("two branches", Sources, 0)
	came("repo:example/web:environment:prod", "builds")
	came("project_path:example/api:ref_type:branch:ref:main", "builds")
	want("three repositories", Sources, 2)
	want("three repositories", "project_path:example/api", 1)
	came("ann@example.com", "directory")
	want("a person", Sources, 2)
	if _, all := s.Changers(role, ""); all != 6 {
		t.Errorf("%d episodes in all, want 6", all)
	}
}
