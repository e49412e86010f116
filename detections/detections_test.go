package detections

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
	"github.com/sekisho/sekisho/technique"
)

// The most that one token may claim: c_max of the behaviour model, which keeps
// any single piece of novelty from deciding by itself.
const (
	claimMax         = 4 * sekisho.Nat
	claimTripwireMax = 8 * sekisho.Nat
)

// notBehaviours are the files that hold no Detection, beside those that begin
// with "lib".
var notBehaviours = []string{"all.go", "doc.go"}

// Every file holds exactly one behaviour, named after the file, and All lists
// them all, sorted.
func TestOneFileOneBehaviour(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, d := range All {
		if listed[d.ID] {
			t.Errorf("all.go: %q stands there twice", d.ID)
		}
		listed[d.ID] = true
	}
	if !slices.IsSortedFunc(All, func(a, b detect.Detection) int { return strings.Compare(a.ID, b.ID) }) {
		t.Error("all.go: the list is not sorted by id")
	}
	seen := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || slices.Contains(notBehaviours, file) || strings.HasPrefix(file, "lib") {
			continue
		}
		id := strings.ReplaceAll(strings.TrimSuffix(file, ".go"), "_", "-")
		seen[id] = true
		found := declared(t, file)
		switch {
		case len(found) != 1:
			t.Errorf("%s: declares %d detect.Detection values, want exactly one", file, len(found))
		case found[0].id != id:
			t.Errorf("%s: its detection has the id %q, want %q (the file's name with dashes)", file, found[0].id, id)
		case !found[0].documented:
			t.Errorf("%s: %s has no doc comment that begins with its name", file, found[0].name)
		}
		if !listed[id] {
			t.Errorf("%s: its detection is not in All (all.go)", file)
		}
	}
	for id := range listed {
		if !seen[id] {
			t.Errorf("all.go: %q has no file %s.go", id, strings.ReplaceAll(id, "-", "_"))
		}
	}
}

type declaration struct {
	name, id   string
	documented bool
}

// declared finds the package's detect.Detection variables of a file.
func declared(t *testing.T, file string) []declaration {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	f, err := parser.ParseFile(token.NewFileSet(), file, src, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var found []declaration
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			continue
		}
		for _, s := range g.Specs {
			v := s.(*ast.ValueSpec)
			for i, value := range v.Values {
				lit, ok := value.(*ast.CompositeLit)
				if !ok {
					continue
				}
				sel, ok := lit.Type.(*ast.SelectorExpr)
				if !ok || sel.Sel.Name != "Detection" {
					continue
				}
				doc := g.Doc.Text() + v.Doc.Text()
				x := declaration{name: v.Names[i].Name, documented: strings.HasPrefix(doc, v.Names[i].Name+" ")}
				for _, el := range lit.Elts {
					if kv, ok := el.(*ast.KeyValueExpr); ok && fmt.Sprint(kv.Key) == "ID" {
						if b, ok := kv.Value.(*ast.BasicLit); ok {
							x.id = strings.Trim(b.Value, `"`)
						}
					}
				}
				found = append(found, x)
			}
		}
	}
	return found
}

// Every field that a reader or the engine relies on is there.
func TestFields(t *testing.T) {
	for i := range All {
		d := &All[i]
		miss := func(format string, args ...any) {
			t.Errorf("%s.go: %s", strings.ReplaceAll(d.ID, "-", "_"), fmt.Sprintf(format, args...))
		}
		// A sentence has a few words; less is a placeholder.
		for name, text := range map[string]string{"Title": d.Title, "Why": d.Why, "Keys": d.Keys, "Origin": d.Origin, "Cut": d.Cut} {
			if len(strings.Fields(text)) < 3 {
				miss("%s is missing or says too little: %q", name, text)
			}
		}
		for name, list := range map[string][]string{"BlindTo": d.BlindTo, "FalsePositives": d.FalsePositives} {
			if len(list) == 0 {
				miss("%s is missing", name)
			}
			for _, text := range list {
				if len(strings.Fields(text)) < 3 {
					miss("%s says too little: %q", name, text)
				}
			}
		}
		if len(d.Phases) == 0 {
			miss("Phases is missing")
		}
		for _, p := range d.Phases {
			if !technique.Tactic(string(p)) {
				miss("Phases: %q is no ATT&CK tactic; write its short name, such as \"privilege-escalation\"", p)
			}
		}
		if len(d.Attack) == 0 {
			miss("Attack is missing")
		}
		for _, id := range d.Attack {
			if _, ok := technique.Attack(id); !ok {
				miss("Attack: %q is no active ATT&CK technique (revoked or deprecated: %t)", id, technique.Gone(id))
			}
		}
		for _, id := range d.Atlas {
			if _, ok := technique.Atlas(id); !ok {
				miss("Atlas: %q is no ATLAS technique", id)
			}
		}
		limit := claimMax
		if d.Tripwire {
			limit = claimTripwireMax
		}
		if d.Weight <= 0 || d.Weight > limit {
			miss("Weight is %.2f nats, want more than 0 and at most %.0f", d.Weight.Float(), limit.Float())
		}
		if d.Tripwire != (d.Family == sekisho.FamilyTripwire) {
			miss("Tripwire is %t and Family is %s; they must agree", d.Tripwire, d.Family)
		}
		if !slices.Contains([]detect.Feed{detect.FeedManagementWrite, detect.FeedManagementRead, detect.FeedData, detect.FeedSignIn, detect.FeedNotice,
			detect.FeedDirectory, detect.FeedSource, detect.FeedTraffic, detect.FeedFindings}, d.Feed) {
			miss("Feed is missing or unknown: %q", d.Feed)
		}
		if d.On == 0 {
			miss("On is missing: no event would reach it")
		}
		if d.Match == nil {
			miss("Match is missing")
		}
	}
}

// vendorWords would tie a behaviour to one cloud; they belong to its provider.
var vendorWords = regexp.MustCompile(`(?i)\b(aws|amazon|azure|cloudtrail|gcp|iam:|sts:|s3:|ec2:|lambda:|bedrock:)`)

// The examples are what a newcomer learns a behaviour from: enough of them,
// readable, with good-reason look-alikes of more than one kind of identity.
func TestExamplesSayEnough(t *testing.T) {
	for i := range All {
		d := &All[i]
		file := strings.ReplaceAll(d.ID, "-", "_") + ".go"
		positive, negative := 0, 0
		kinds := map[string]bool{}
		names := map[string]bool{}
		for _, x := range d.Examples {
			if len(strings.Fields(x.Name)) < 2 || names[x.Name] {
				t.Errorf("%s: example %q needs a name of its own that says what happens", file, x.Name)
			}
			names[x.Name] = true
			if w := vendorWords.FindString(x.Trace); w != "" {
				t.Errorf("%s: example %q names a vendor (%q); write topics, such as storage:ListBuckets", file, x.Name, w)
			}
			lines, err := detect.ParseTrace(x.Trace)
			if err != nil {
				t.Errorf("%s: example %q: %v", file, x.Name, err)
				continue
			}
			if len(lines) == 0 {
				t.Errorf("%s: example %q is empty", file, x.Name)
			}
			if x.Positive() {
				positive++
				continue
			}
			negative++
			for _, l := range lines {
				a := &l.Event.Actor
				kinds[fmt.Sprint(a.Type, a.Kind, a.WorkloadType, a.FromConsole)] = true
			}
		}
		if positive < 2 {
			t.Errorf("%s: %d examples with a marked line, want at least 2", file, positive)
		}
		if negative < 3 {
			t.Errorf("%s: %d examples without a marked line, want at least 3: who does this for good reason?", file, negative)
		}
		need := 3
		switch d.Feed { // not everybody is in every log
		case detect.FeedTraffic:
			need = 1
		case detect.FeedDirectory, detect.FeedSource, detect.FeedFindings:
			need = 2
		}
		if negative >= 3 && len(kinds) < need {
			t.Errorf("%s: the quiet examples show %d kinds of actor, want at least %d (user/, human/, ci/, fn/, service/, …)", file, len(kinds), need)
		}
	}
}
