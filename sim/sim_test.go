package sim

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// record is a generated or real record, taken apart.
type record map[string]any

func (r record) text(key string) string { s, _ := r[key].(string); return s }

func (r record) identity() record { m, _ := r["userIdentity"].(map[string]any); return m }

func decode(t testing.TB, line []byte) record {
	t.Helper()
	var r record
	if err := json.Unmarshal(line, &r); err != nil {
		t.Fatalf("a record is not JSON: %v\n%s", err, line)
	}
	return r
}

func example(t testing.TB, change func(*EightMinutesOptions)) (*Recording, *Truth) {
	t.Helper()
	start, err := time.Parse(time.RFC3339, ExampleStart)
	if err != nil {
		t.Fatal(err)
	}
	o := EightMinutesOptions{Seed: ExampleSeed, Start: start, HistoryDays: ExampleHistoryDays}
	if change != nil {
		change(&o)
	}
	rec, truth, err := EightMinutes(o)
	if err != nil {
		t.Fatal(err)
	}
	return rec, truth
}

// The generator must not know the detector: only the standard library.
func TestImportsStandardLibraryOnly(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files to look at: %v", err)
	}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, imported := range f.Imports {
			if path := strings.Trim(imported.Path.Value, `"`); strings.Contains(strings.Split(path, "/")[0], ".") {
				t.Errorf("%s imports %s; package sim may use the standard library only, or it would share what it tests", name, path)
			}
		}
	}
}

func TestSameSeedSameRecords(t *testing.T) {
	lines := func(seed uint64) []byte {
		rec, truth := example(t, func(o *EightMinutesOptions) { o.Seed = seed })
		var b bytes.Buffer
		rec.Each(func(_ time.Time, _, _, _ string, line []byte) { b.Write(line) })
		said, err := truth.JSON()
		if err != nil {
			t.Fatal(err)
		}
		return append(b.Bytes(), said...)
	}
	one, two, other := lines(3), lines(3), lines(4)
	if !bytes.Equal(one, two) {
		t.Error("the same seed gave two recordings")
	}
	if bytes.Equal(one, other) {
		t.Error("two seeds gave one recording")
	}
}

// What the write-up counts, counted in the records and not in the truth file's
// own list.
func TestTruthAgreesWithRecords(t *testing.T) {
	variants := map[string]func(*EightMinutesOptions){
		"as recorded":   nil,
		"ninety s":      func(o *EightMinutesOptions) { o.Pace = 90 * time.Second },
		"ten seconds":   func(o *EightMinutesOptions) { o.Pace = 10 * time.Second },
		"three days":    func(o *EightMinutesOptions) { o.Pace = 72 * time.Hour },
		"alone":         func(o *EightMinutesOptions) { o.NoBackground = true },
		"other names":   func(o *EightMinutesOptions) { o.RandomNames, o.Seed = true, 77 },
		"with data":     func(o *EightMinutesOptions) { o.DataEvents = true },
		"no history":    func(o *EightMinutesOptions) { o.NotDemonstrated, o.HistoryDays = true, 0 },
		"larger estate": func(o *EightMinutesOptions) { o.Accounts, o.People = 9, 40 },
	}
	for _, name := range slices.Sorted(maps.Keys(variants)) {
		t.Run(name, func(t *testing.T) {
			rec, truth := example(t, variants[name])
			checkTruth(t, rec, truth)
		})
	}
}

func checkTruth(t *testing.T, rec *Recording, truth *Truth) {
	byID := map[string]record{}
	var last time.Time
	rec.Each(func(at time.Time, _, _, id string, line []byte) {
		r := decode(t, line)
		if r.text("eventID") != id || byID[id] != nil {
			t.Fatalf("event id %s is wrong or not unique", id)
		}
		if at.Before(last) {
			t.Fatalf("%s at %s comes after %s", id, at, last)
		}
		last = at
		byID[id] = r
	})
	if len(truth.Events)+truth.Background != len(byID) {
		t.Errorf("%d of the attack and %d others are not %d records", len(truth.Events), truth.Background, len(byID))
	}
	listed := map[string]string{}
	for _, p := range truth.Principals {
		listed[p.ID] = p.Kind
	}
	sessions, users, roles, addresses, models := 0, 0, map[string]bool{}, map[string]int{}, 0
	for _, kind := range listed {
		if kind == "session" {
			sessions++
		} else {
			users++
		}
	}
	if sessions != 14 || users != 5 {
		t.Errorf("%d sessions and %d users; the incident had 14 and 5", sessions, users)
	}
	acted, workload := map[string]bool{}, map[string]bool{}
	for _, w := range truth.Workloads {
		workload[w.ID] = true
	}
	keys := map[string]bool{} // credentials that exist by now, but for the first
	keys[truth.Root.Credential] = true
	for _, e := range truth.Events {
		r := byID[e.ID]
		if r == nil {
			t.Fatalf("the truth names event %s, which is not there", e.ID)
		}
		who := r.identity()
		id, key := who.text("principalId"), who.text("accessKeyId")
		switch {
		case listed[id] != "":
			acted[id] = true
			addresses[r.text("sourceIPAddress")]++
			if !keys[key] {
				t.Errorf("%s at %s signs with %s before any record gave that key", e.Name, e.At, key)
			}
		case !workload[id] && e.Name != "ec2:SharedSnapshotVolumeCreated":
			t.Errorf("%s is by %s, whom the truth does not list", e.ID, id)
		}
		if strings.HasPrefix(r.text("eventName"), "InvokeModel") {
			models++
		}
		if _, failed := r["errorCode"]; failed {
			continue
		}
		given, _ := r["responseElements"].(map[string]any)
		for _, block := range []string{"credentials", "accessKey"} {
			if c, ok := given[block].(map[string]any); ok {
				keys[record(c).text("accessKeyId")] = true
			}
		}
		if r.text("eventName") == "AssumeRole" {
			roles[record(r["requestParameters"].(map[string]any)).text("roleArn")] = true
		}
	}
	if len(acted) != 19 {
		t.Errorf("%d principals act; the incident had 19", len(acted))
	}
	if len(roles) != 6 || models != 13 {
		t.Errorf("%d roles taken and %d models asked; the incident had 6 and 13", len(roles), models)
	}
	for ip, n := range addresses {
		if n != 1 {
			t.Errorf("address %s made %d requests; the incident used a new one for each", ip, n)
		}
	}
	// The three calls that the truth singles out are what it says, in order.
	want := []struct {
		e    TruthEvent
		name string
	}{{truth.FirstCodeChange, "UpdateFunctionCode20150331v2"}, {truth.FirstMint, "CreateAccessKey"}, {truth.PointOfNoReturn, "CreateAccessKey"}}
	for i, w := range want {
		r := byID[w.e.ID]
		if r == nil || r.text("eventName") != w.name || r["errorCode"] != nil {
			t.Fatalf("event %d that the truth singles out is not a successful %s: %v", i, w.name, r)
		}
		if i > 0 && w.e.At <= want[i-1].e.At {
			t.Errorf("%s at %s does not come after %s", w.name, w.e.At, want[i-1].e.At)
		}
	}
	gone := 0
	for _, e := range truth.Phases {
		gone += e.Events
	}
	if gone != len(truth.Events) {
		t.Errorf("phases hold %d of %d events", gone, len(truth.Events))
	}
}

// The lineage seam: what the function did carries the function in its record,
// and the background shows that the same function looks after keys.
func TestFunctionsSayWhoTheyAre(t *testing.T) {
	rec, truth := example(t, nil)
	scoped, rotated := 0, 0
	rec.Each(func(at time.Time, _, _, id string, line []byte) {
		r := decode(t, line)
		who := r.identity()
		scope, _ := who["inScopeOf"].(map[string]any)
		if isFunction := strings.Contains(r.text("userAgent"), "exec-env/AWS_Lambda"); isFunction != (scope != nil) {
			t.Fatalf("%s: agent %q and scope %v do not agree", r.text("eventName"), r.text("userAgent"), scope)
		}
		if scope == nil {
			return
		}
		scoped++
		name := who.text("principalId")[strings.IndexByte(who.text("principalId"), ':')+1:]
		if !strings.HasSuffix(record(scope).text("credentialsIssuedTo"), ":function:"+name) || record(scope).text("issuerType") != "AWS::Lambda::Function" {
			t.Fatalf("session %s has scope %v", name, scope)
		}
		if name == recordedNames.Function && r.text("eventName") == "CreateAccessKey" && at.Format(time.RFC3339) < truth.Settings.Start {
			rotated++
		}
	})
	if scoped == 0 || rotated < 2*ExampleHistoryDays {
		t.Errorf("%d records in a function's scope, %d rotations before the attack", scoped, rotated)
	}
	bare, _ := example(t, func(o *EightMinutesOptions) { o.NotDemonstrated = true })
	bare.Each(func(at time.Time, _, _, _ string, line []byte) {
		if at.Format(time.RFC3339) < truth.Settings.Start && bytes.Contains(line, []byte(`"eventName":"CreateAccessKey"`)) {
			t.Errorf("a key was made before the attack, although the role's power was not to be shown: %s", line)
		}
	})
}

// Refusals: IAM and STS drop the parameters, EC2 keeps them; the target is in
// the message then.
func TestRefusals(t *testing.T) {
	rec, _ := example(t, nil)
	seen := map[string]int{}
	rec.Each(func(_ time.Time, _, _, _ string, line []byte) {
		r := decode(t, line)
		code := r.text("errorCode")
		if code == "" {
			if _, ok := r["errorMessage"]; ok {
				t.Errorf("a message without a code: %s", line)
			}
			return
		}
		if r["responseElements"] != nil {
			t.Errorf("an error with an answer: %s", line)
		}
		switch src := r.text("eventSource"); {
		case code == "AccessDenied" && (src == "iam.amazonaws.com" || src == "sts.amazonaws.com"):
			seen["iam"]++
			if r["requestParameters"] != nil || !strings.Contains(r.text("errorMessage"), " on resource: ") {
				t.Errorf("a refusal of the wrong shape: %s", line)
			}
		case code == "Client.UnauthorizedOperation":
			seen["ec2"]++
			if r["requestParameters"] == nil {
				t.Errorf("EC2 keeps the parameters of what it refuses: %s", line)
			}
		case src == "ec2.amazonaws.com" && code == "AccessDenied":
			t.Errorf("EC2 spells refusals otherwise: %s", line)
		}
	})
	if seen["iam"] == 0 || seen["ec2"] == 0 {
		t.Errorf("too few refusals to judge: %v", seen)
	}
}

// No record may tell the two kinds apart by carrying something of ours.
func TestRecordsCarryNoLabel(t *testing.T) {
	rec, _ := example(t, nil)
	rec.Each(func(_ time.Time, _, _, _ string, line []byte) {
		for _, word := range []string{"attack", "campaign", "truth", "sekisho", "label"} {
			if bytes.Contains(bytes.ToLower(line), []byte(word)) {
				t.Fatalf("a record says %q: %s", word, line)
			}
		}
	})
}

// The shipped example is what its settings make, to the byte.
func TestShippedExample(t *testing.T) {
	shipped := filepath.Join("..", "examples", "eight-minutes")
	dir := t.TempDir()
	start, _ := time.Parse(time.RFC3339, ExampleStart)
	if _, err := WriteEightMinutes(dir, ExampleSpan, EightMinutesOptions{Seed: ExampleSeed, Start: start, HistoryDays: ExampleHistoryDays}); err != nil {
		t.Fatal(err)
	}
	made, kept := tree(t, dir), tree(t, shipped)
	delete(kept, "README.md")
	if a, b := slices.Sorted(maps.Keys(made)), slices.Sorted(maps.Keys(kept)); !slices.Equal(a, b) {
		t.Fatalf("%d files are made, %d are shipped; make the example again (its README says how)", len(a), len(b))
	}
	size := 0
	for name, content := range made {
		size += len(content)
		if bytes.Equal(content, kept[name]) {
			continue
		}
		if strings.HasSuffix(name, ".gz") && bytes.Equal(unzip(t, content), unzip(t, kept[name])) {
			t.Fatalf("%s: the records are the same, the compressed bytes are not: the toolchain's gzip changed; make the example again", name)
		}
		t.Fatalf("%s differs from what the generator makes; make the example again (its README says how)", name)
	}
	if size > 3e6 {
		t.Errorf("the example takes %d bytes; 3 MB is what a checkout should carry", size)
	}
}

func tree(t testing.TB, root string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(root, path)
		files[filepath.ToSlash(name)] = b
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func unzip(t testing.TB, b []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
