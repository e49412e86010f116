package view_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/live"
	"github.com/sekisho/sekisho/view"
)

var noon = time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)

func incident(n int, severity sekisho.Severity) sekisho.Incident {
	at := noon.Add(time.Duration(n) * time.Minute)
	id := fmt.Sprintf("inc-%016x", n)
	return sekisho.Incident{ID: id, Title: "t", Severity: severity, OpenedAt: at, FirstEventAt: at, LastEventAt: at,
		Root:       sekisho.Identity{ID: fmt.Sprint("id-", n)},
		Identities: []sekisho.Identity{{ID: fmt.Sprint("id-", n), Name: "it"}}, Credentials: []sekisho.Credential{{ID: "K", Identity: fmt.Sprint("id-", n)}},
		Findings:    []sekisho.Finding{{Detection: "x", Identity: fmt.Sprint("id-", n), At: at, Reason: "'); DROP TABLE incidents; --"}},
		Containment: &sekisho.Containment{Tier: 2, At: at, Actions: []sekisho.Action{{Action: "a", Target: "t", At: at}}}}
}

// written waits until a number of changes is there.
func written(t *testing.T, v *view.View, n int64) {
	t.Helper()
	for range 200 {
		if last, err := v.LastChange(context.Background()); err != nil {
			t.Fatal(err)
		} else if last >= n {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("no %d changes after two seconds; %v", n, v.Err())
}

// TestViews: what changed last is what is shown; pages, filters and changes agree;
// it is all there after the database was opened anew, and may be thrown away.
func TestViews(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "v.sqlite")
	v, err := view.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []sekisho.Incident
	for n := range 7 {
		all = append(all, incident(n, sekisho.Severity(n%4)))
	}
	v.Effects(live.Effects{Seq: 1, Incidents: all})
	written(t, v, 7)
	worse := incident(2, sekisho.SeverityCritical)
	worse.Title = "worse"
	gone := incident(3, sekisho.SeverityCritical)
	gone.MergedInto = worse.ID
	v.Effects(live.Effects{Seq: 2, Incidents: []sekisho.Incident{worse}})
	v.Effects(live.Effects{Seq: 3, Incidents: []sekisho.Incident{worse, gone}})
	v.Feeds([]live.Feed{{Source: "s", Account: "1", Region: "r", Records: 2, First: noon, LastEvent: noon, LastReceived: noon}})
	written(t, v, 9)
	v.Feeds([]live.Feed{{Source: "s", Account: "1", Region: "r", Records: 3, First: noon.Add(time.Hour), LastEvent: noon.Add(-time.Hour), LastReceived: noon.Add(time.Hour)}})
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	if v, err = view.Open(path); err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	count := func(f view.Filter) int {
		n := 0
		for f.Limit = 2; ; {
			list, next, err := v.Incidents(ctx, f)
			if err != nil {
				t.Fatal(err)
			}
			n += len(list)
			if f.Cursor = next; next == "" {
				return n
			}
		}
	}
	for _, tt := range []struct {
		name string
		f    view.Filter
		want int
	}{
		{"all that stand", view.Filter{}, 6}, {"the merged too", view.Filter{Merged: true}, 7}, {"of an identity", view.Filter{Identity: "id-5"}, 1},
		{"critical", view.Filter{Severity: 3}, 1}, {"lately", view.Filter{Since: noon.Add(5 * time.Minute)}, 2}, {"of nobody", view.Filter{Identity: "' OR 1=1"}, 0},
	} {
		if n := count(tt.f); n != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, n, tt.want)
		}
	}
	object, err := v.Incident(ctx, worse.ID)
	var in struct{ Title string }
	if err != nil || json.Unmarshal(object, &in) != nil || in.Title != "worse" {
		t.Errorf("%s %v", object, err)
	}
	list, _, err := v.Changes(ctx, 7, 100)
	if err != nil || len(list) != 2 || list[0].ID != worse.ID || list[1].ID != gone.ID {
		t.Errorf("changes after 7: %v %v", list, err)
	}
	feeds, err := v.AllFeeds(ctx)
	if err != nil || len(feeds) != 1 || feeds[0].Records != 5 || feeds[0].LastEventAt[:13] != "2026-01-05T12" {
		t.Errorf("%+v %v", feeds, err)
	}
	if _, _, err := v.Incidents(ctx, view.Filter{Limit: 1, Cursor: "x_y"}); err != view.ErrCursor {
		t.Errorf("a cursor that is none: %v", err)
	}
}

// TestNoDatabase: a file that is none is told with the way out.
func TestNoDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "v.sqlite")
	if err := os.WriteFile(path, []byte("this is no database, it is a text that is long enough to be looked at as one"), 0o600); err != nil {
		t.Fatal(err)
	}
	if v, err := view.Open(path); err == nil {
		v.Close()
		t.Error("opened")
	}
}
