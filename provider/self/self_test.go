package self

import (
	"testing"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
)

// TestSilence: what is written is read, the same silence has the same id however
// often it is noticed, and other records are not ours.
func TestSilence(t *testing.T) {
	at := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	s := Silence{Source: "aws-cloudtrail", Account: "111122223333", Region: "eu-west-1", Since: at.Add(-4 * time.Minute), At: at}
	raw, err := s.JSON()
	if err != nil {
		t.Fatal(err)
	}
	f := Notices()
	c, key, verdict, reason := f.Compact(nil, raw)
	if verdict != normalize.Read {
		t.Fatalf("%v %s", verdict, reason)
	}
	var e sekisho.Event
	if err := f.NewExpander().Expand(&e, c); err != nil {
		t.Fatal(err)
	}
	if e.Name() != "sekisho:FeedSilent" || !e.Time.Equal(at) || e.Actor.Name != "aws-cloudtrail of 111122223333 in eu-west-1" || e.Find(sekisho.DisableDefence).Count != 240 {
		t.Errorf("%+v", e)
	}
	s.At = at.Add(time.Minute)
	again, _ := s.JSON()
	if _, other, _, _ := f.Compact(nil, again); other.Hi != key.Hi || other.Lo != key.Lo {
		t.Error("the same silence, noticed later, has another id")
	}
	for _, x := range []string{`{"eventName":"x"}`, `{}`, `[]`} {
		if _, _, verdict, _ := f.Compact(nil, []byte(x)); verdict != normalize.NotMine {
			t.Errorf("%s: %v", x, verdict)
		}
	}
	if _, _, verdict, _ := f.Compact(nil, []byte(`{"schema":"sekisho.notice/v1","kind":"other"}`)); verdict != normalize.Unreadable {
		t.Errorf("another kind: %v", verdict)
	}
}

// TestWord: what a person said is read as it was written, and is a verdict only if it
// says one.
func TestWord(t *testing.T) {
	at := time.Date(2026, 1, 5, 12, 0, 0, 123, time.UTC)
	for _, tt := range []struct {
		w    Word
		want sekisho.VerdictKind
	}{
		{Word{At: at, By: "ann", What: "verdict", Target: "inc-0000000000000001", Detail: "false", Note: "a <drill>"}, sekisho.VerdictFalse},
		{Word{At: at, By: "ann", What: "verdict", Target: "inc-0000000000000001", Detail: "perhaps"}, sekisho.VerdictNone},
		{Word{At: at, By: "ann", What: "backup", Target: "monday", Detail: "false"}, sekisho.VerdictNone},
	} {
		raw, err := tt.w.JSON()
		if err != nil {
			t.Fatal(err)
		}
		c, _, verdict, reason := Notices().Compact(nil, raw)
		got, ok := ReadWord(c)
		if verdict != normalize.Read || !ok {
			t.Fatalf("%+v: %v %s", tt.w, verdict, reason)
		}
		tt.w.Schema = wordSchema
		if got != tt.w {
			t.Errorf("%+v, want %+v", got, tt.w)
		}
		if v := got.Verdict(); (v == nil) != (tt.want == sekisho.VerdictNone) || v != nil && (v.Kind != tt.want || v.Incident != tt.w.Target || v.By != "ann") {
			t.Errorf("%+v: verdict %+v", tt.w, v)
		}
	}
	if _, _, verdict, _ := Notices().Compact(nil, []byte(`{"schema":"sekisho.word/v1","what":"verdict"}`)); verdict != normalize.Unreadable {
		t.Errorf("a word of nobody: %v", verdict)
	}
}

// TestRuleGone: what is written is read; each time that a rule is lost is another
// notice.
func TestRuleGone(t *testing.T) {
	at := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	r := RuleGone{Account: "111122223333", Region: "us-east-1", Rule: "sekisho", What: RuleDeleted, At: at}
	raw, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	f := Notices()
	c, key, verdict, reason := f.Compact(nil, raw)
	if verdict != normalize.Read {
		t.Fatalf("%v %s", verdict, reason)
	}
	var e sekisho.Event
	if err := f.NewExpander().Expand(&e, c); err != nil {
		t.Fatal(err)
	}
	if e.Name() != "sekisho:RuleGone" || e.Kind != sekisho.Notice || !e.Time.Equal(at) || e.Actor.Name != "rule sekisho of 111122223333 in us-east-1" ||
		e.Find(sekisho.DisableDefence).What != "rule-deleted" {
		t.Errorf("%+v", e)
	}
	r.At = at.Add(time.Hour)
	again, _ := r.JSON()
	if _, other, _, _ := f.Compact(nil, again); other.Hi == key.Hi && other.Lo == key.Lo {
		t.Error("the rule's second loss has the id of the first")
	}
	if _, _, verdict, _ := f.Compact(nil, []byte(`{"schema":"sekisho.notice/v1","kind":"rule-gone","source":"sekisho","at":"2026-01-05T12:00:00Z","rule":"x","what":"painted"}`)); verdict != normalize.Unreadable {
		t.Errorf("a rule that was painted: %v", verdict)
	}
}

// FuzzCompact: what is taken can be expanded.
func FuzzCompact(f *testing.F) {
	s := Silence{Source: "s", Account: "1", Since: time.Unix(1, 0), At: time.Unix(2, 0)}
	raw, _ := s.JSON()
	f.Add(raw)
	raw, _ = (&RuleGone{Account: "1", Region: "r", Rule: "x", What: RuleNarrowed, At: time.Unix(2, 0)}).JSON()
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, _, verdict, _ := compact(nil, raw)
		var e sekisho.Event
		if _, word := ReadWord(c); verdict == normalize.Read && !word && (expander{}).Expand(&e, c) != nil {
			t.Errorf("%q was taken and cannot be expanded", raw)
		}
	})
}
