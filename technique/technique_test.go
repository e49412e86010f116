package technique

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// published is the folder with the lists that the table was made from.
var published = filepath.Join("..", "..", "shared", "data", "techniques")

func rows(t *testing.T, name string) [][]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(published, name))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("CI must hold the published lists: %v", err)
		}
		t.Skipf("the published lists are not here: %v", err)
	}
	var out [][]string
	for _, l := range strings.Split(strings.TrimSpace(string(data)), "\n")[1:] {
		out = append(out, strings.Split(l, "\t"))
	}
	return out
}

func TestTableAgreesWithPublishedLists(t *testing.T) {
	active := 0
	for _, r := range rows(t, "attack-18.1.tsv") {
		got, ok := Attack(r[0])
		if r[4] != "active" {
			if ok || !Gone(r[0]) {
				t.Errorf("%s is %s, but the table says active=%v gone=%v", r[0], r[4], ok, Gone(r[0]))
			}
			continue
		}
		active++
		if !ok || got.Name != r[1] || len(got.Tactics) != len(strings.Split(r[2], ",")) {
			t.Errorf("%s: table has %+v, list has %q %q", r[0], got, r[1], r[2])
		}
		for _, tactic := range got.Tactics {
			if !Tactic(tactic) {
				t.Errorf("%s: %q is not listed as a tactic", r[0], tactic)
			}
		}
	}
	atlas := rows(t, "atlas.tsv")
	for _, r := range atlas {
		if got, ok := Atlas(r[0]); !ok || got.Name != r[1] {
			t.Errorf("%s: table has %+v, list has %q", r[0], got, r[1])
		}
	}
	if a, b := Count(); a != active || b != len(atlas) {
		t.Errorf("table holds %d and %d techniques, the lists %d and %d", a, b, active, len(atlas))
	}
	for _, r := range rows(t, "attack-18-to-19.tsv") {
		if got, ok := V19(r[0]); !ok || got != (Rename{r[1], r[2]}) {
			t.Errorf("%s became %v, want %v", r[0], got, r[1:])
		}
	}
}

func TestLookups(t *testing.T) {
	key, ok := Attack("T1098.001")
	if !ok || key.Name != "Additional Cloud Credentials" || key.Renamed != "" {
		t.Errorf("T1098.001 = %+v, %v", key, ok)
	}
	if logs, _ := Attack("T1562.008"); logs.Renamed != "T1685.002" {
		t.Errorf("T1562.008 is renamed to %q in v19, want T1685.002", logs.Renamed)
	}
	for _, id := range []string{"", "T1", "T1098.999", "t1098.001", "AML.T0055"} {
		if _, ok := Attack(id); ok {
			t.Errorf("Attack(%q) is known", id)
		}
	}
	child, _ := Atlas("AML.T0000.001")
	parent, _ := Atlas("AML.T0000")
	if len(parent.Tactics) == 0 || len(child.Tactics) != len(parent.Tactics) {
		t.Errorf("AML.T0000.001 has tactics %v, its parent %v", child.Tactics, parent.Tactics)
	}
	if Tactic("privilege_escalation") || !Tactic("privilege-escalation") || len(Tactics()) != 14 {
		t.Error("tactics are not the fourteen short names")
	}
}

func TestTableIsWhatTheGeneratorWrites(t *testing.T) {
	kinds := map[string]int{}
	prev := ""
	for line := range strings.Lines(table) {
		f := strings.Split(line, "\t")
		if len(f) != 4 {
			t.Fatalf("%q has %d columns, want 4: run go generate ./technique", line, len(f))
		}
		if key := f[0] + "\t" + f[1]; key <= prev {
			t.Errorf("%q is out of order or twice", key)
		} else {
			prev = key
		}
		kinds[f[0]]++
	}
	for _, kind := range []string{"attack", "gone", "atlas", "renamed"} {
		if kinds[kind] == 0 {
			t.Errorf("no line of kind %q", kind)
		}
	}
}
