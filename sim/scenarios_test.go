package sim

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// played keeps the shipped variants, which several tests look at.
var played = map[string]struct {
	rec   *Recording
	truth *Truth
}{}

// scenario plays a scenario as shipped (seed 0), or with another seed.
func scenario(t testing.TB, c Scenario, seed uint64) (*Recording, *Truth) {
	t.Helper()
	if kept, ok := played[c.Name]; ok && seed == 0 {
		return kept.rec, kept.truth
	}
	rec, truth, err := c.Record(ScenarioOptions{Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	if seed == 0 {
		played[c.Name] = struct {
			rec   *Recording
			truth *Truth
		}{rec, truth}
	}
	return rec, truth
}

// The shipped examples are what their scripts make, to the byte, and small.
func TestShippedScenarios(t *testing.T) {
	total := 0
	for _, c := range Scenarios {
		dir := t.TempDir()
		if _, err := c.Write(dir, 0, ScenarioOptions{}); err != nil {
			t.Fatal(err)
		}
		made, kept := tree(t, dir), tree(t, filepath.Join("..", "examples", c.Name))
		if a, b := slices.Sorted(maps.Keys(made)), slices.Sorted(maps.Keys(kept)); !slices.Equal(a, b) {
			t.Errorf("%s: %d files are made, %d are shipped; make the example again (examples/README.md says how)", c.Name, len(a), len(b))
			continue
		}
		size := 0
		for name, content := range made {
			if strings.HasSuffix(name, ".gz") {
				size += len(content)
			}
			if !bytes.Equal(content, kept[name]) {
				t.Errorf("%s/%s differs from what the script makes; make the example again (examples/README.md says how)", c.Name, name)
				break
			}
		}
		if total += size; size > 300e3 {
			t.Errorf("%s takes %d bytes; 300 kB is what one example may", c.Name, size)
		}
	}
	if total > 3e6 {
		t.Errorf("the scripted examples take %d bytes; 3 MB is what a checkout should carry", total)
	}
}

func TestScenariosSameSeedSameRecords(t *testing.T) {
	for _, c := range Scenarios {
		lines := func(seed uint64) []byte {
			rec, truth := scenario(t, c, seed)
			var b bytes.Buffer
			rec.Each(func(_ time.Time, _, _, _ string, line []byte) { b.Write(line) })
			said, err := truth.JSON()
			if err != nil {
				t.Fatal(err)
			}
			return append(b.Bytes(), said...)
		}
		one := lines(5)
		if !bytes.Equal(one, lines(5)) {
			t.Errorf("%s: the same seed gave two recordings", c.Name)
		}
		if bytes.Equal(one, lines(6)) {
			t.Errorf("%s: two seeds gave one recording", c.Name)
		}
	}
}

// Truth and records agree: every event of the attack is there and signed by
// somebody whom the truth lists, with a key that exists by then; and what the
// truth singles out succeeded.
func TestScenariosTruthAgreesWithRecords(t *testing.T) {
	for _, c := range Scenarios {
		t.Run(c.Name, func(t *testing.T) {
			rec, truth := scenario(t, c, 0)
			byID, keys := map[string]record{}, map[string]string{}
			rec.Each(func(at time.Time, _, _, id string, line []byte) {
				r := decode(t, line)
				if byID[id] != nil {
					t.Fatalf("event id %s is not unique", id)
				}
				byID[id] = r
				given, _ := r["responseElements"].(map[string]any)
				for _, block := range []string{"credentials", "accessKey"} {
					if g, ok := given[block].(map[string]any); ok && r["errorCode"] == nil {
						key := record(g).text("accessKeyId")
						if keys[key] != "" && keys[key] != id {
							t.Errorf("key %s is given twice", key)
						}
						keys[key] = r.text("eventTime")
					}
				}
			})
			if len(truth.Events)+truth.Background != len(byID) {
				t.Errorf("%d of the attack and %d others are not %d records", len(truth.Events), truth.Background, len(byID))
			}
			listed, acted := map[string]bool{}, map[string]bool{}
			for _, a := range slices.Concat(truth.Principals, truth.Workloads, truth.Outside) {
				listed[a.ID] = true
			}
			for _, e := range truth.Events {
				r := byID[e.ID]
				if r == nil {
					t.Fatalf("the truth names event %s, which is not there", e.ID)
				}
				who := r.identity()
				acted[who.text("principalId")] = true
				if !listed[e.Actor] {
					t.Errorf("%s is by %s, whom the truth does not list", e.Name, e.Actor)
				}
				if made := keys[who.text("accessKeyId")]; made > r.text("eventTime") {
					t.Errorf("%s at %s signs with a key that is made at %s", e.Name, e.At, made)
				}
				if strings.HasPrefix(who.text("accessKeyId"), "ASIA") && keys[who.text("accessKeyId")] == "" && who.text("type") == "AssumedRole" && who["invokedBy"] == nil &&
					!(c.Name == "returning-visitor" && r["sessionCredentialFromConsole"] != nil) { // a switched role's key is in no record
					t.Errorf("%s at %s signs with session %s, which nobody gave", e.Name, e.At, who.text("accessKeyId"))
				}
			}
			for id := range listed {
				if !acted[id] {
					t.Errorf("the truth lists %s, who does nothing", id)
				}
			}
			if len(truth.Decisive) < 3 || truth.PointOfNoReturn.ID == "" || truth.PointOfNoReturn.Failed {
				t.Errorf("%d decisive steps, point of no return %+v", len(truth.Decisive), truth.PointOfNoReturn)
			}
			if !listed[truth.Root.ID] || truth.Events[0].Actor != truth.Root.ID {
				t.Errorf("root is %s, and the first to act %s", truth.Root.ID, truth.Events[0].Actor)
			}
		})
	}
}

// No record may tell the two kinds apart by carrying something of ours, or
// point at anybody: all addresses are reserved ones.
func TestScenariosCarryNoLabel(t *testing.T) {
	for _, c := range Scenarios {
		rec, _ := scenario(t, c, 0)
		said := map[string]bool{}
		rec.Each(func(_ time.Time, _, _, _ string, line []byte) {
			for _, word := range []string{"attack", "campaign", "truth", "sekisho", "intruder", nowText} {
				if bytes.Contains(bytes.ToLower(line), []byte(word)) {
					said[word] = true
				}
			}
			_, ip, _ := strings.Cut(string(line), `"sourceIPAddress":"`)
			ip, _, _ = strings.Cut(ip, `"`)
			if !slices.ContainsFunc([]string{"192.0.2.", "198.51.100.", "203.0.113.", "198.18.", "198.19.", "10."}, func(p string) bool { return strings.HasPrefix(ip, p) }) &&
				!strings.HasSuffix(ip, ".amazonaws.com") {
				said["address "+ip] = true
			}
		})
		if len(said) > 0 {
			t.Errorf("%s: records say %v", c.Name, fmt.Sprint(slices.Sorted(maps.Keys(said))))
		}
	}
}

// The list for readers has a line for each scenario, with its title.
func TestReadmeListsScenarios(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "examples", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range Scenarios {
		if line := fmt.Sprintf("| `%s` | %s | %s |\n", c.Name, c.Title, c.After); !strings.Contains(string(b), line) {
			t.Errorf("examples/README.md lacks the line\n%s", line)
		}
	}
}
