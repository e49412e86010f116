package model

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho"
)

// TestShipped: it reads, each number of it has its origin (Read insists), and it
// says that it is no tenant's own.
func TestShipped(t *testing.T) {
	m, f := Shipped(), ShippedFile()
	if m.Calibrated || f.Made.Calibrated || f.Made.By == "" || f.Made.From == "" || f.Made.Guarantee == "" || f.Made.Episodes == 0 || f.Made.Campaigns == 0 {
		t.Errorf("made: %+v", f.Made)
	}
	if m.Medium < 5*sekisho.Nat || m.Act < m.Medium || len(m.Weights) == 0 {
		t.Errorf("thresholds %+v", m)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), shipped) {
		t.Error("written again it differs")
	}
	again, err := Read(&b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(f, again); diff != "" {
		t.Error(diff)
	}
}

// TestReadIsStrict: what is wrong is named.
func TestReadIsStrict(t *testing.T) {
	change := func(f func(m map[string]any)) string {
		var m map[string]any
		if err := json.Unmarshal(shipped, &m); err != nil {
			t.Fatal(err)
		}
		f(m)
		b, _ := json.Marshal(m)
		return string(b)
	}
	at := func(m map[string]any, keys ...string) map[string]any {
		for _, k := range keys {
			m = m[k].(map[string]any)
		}
		return m
	}
	for name, tt := range map[string]struct{ text, want string }{
		"no JSON":            {"{", "read the model"},
		"another schema":     {change(func(m map[string]any) { m["schema"] = "x/v9" }), "x/v9"},
		"an unknown key":     {change(func(m map[string]any) { m["wieghts"] = 1 }), "wieghts"},
		"no origin":          {change(func(m map[string]any) { at(m, "thresholds", "act")["origin"] = "" }), `threshold "act"`},
		"a cap of nothing":   {change(func(m map[string]any) { at(m, "caps", "tripwire")["nats"] = 0.5 }), `cap "tripwire"`},
		"a key twice":        {strings.Replace(string(shipped), `"thresholds"`, `"schema":"sekisho.model/v1","thresholds"`, 1), "duplicate"},
		"a missing cap":      {change(func(m map[string]any) { delete(at(m, "caps"), "source") }), `cap "source"`},
		"one cap too many":   {change(func(m map[string]any) { at(m, "caps")["sauce"] = map[string]any{"nats": 1, "origin": "x"} }), "6 of what should be"},
		"medium above high":  {change(func(m map[string]any) { at(m, "thresholds", "medium")["nats"] = 50 }), "high is below medium"},
		"a negative weight":  {change(func(m map[string]any) { first(m)["weight"] = -1 }), "a weight is a number"},
		"weight, no origin":  {change(func(m map[string]any) { first(m)["origin"] = "" }), "says its origin"},
		"a behaviour twice":  {change(func(m map[string]any) { w := m["weights"].([]any); m["weights"] = append(w, w[0]) }), "named twice"},
		"no such behaviour":  {change(func(m map[string]any) { m["weights"].([]any)[0].(map[string]any)["behaviour"] = "admin-granded" }), "no behaviour"},
		"acts on anything":   {change(func(m map[string]any) { at(m, "thresholds", "act")["nats"] = 4 }), "act is below medium"},
		"more than there is": {change(func(m map[string]any) { first(m)["benign"] = []int{-4, 10} }), "seen in -4 of 10"},
		"a grade twice": {change(func(m map[string]any) {
			w := m["weights"].([]any)[0].(map[string]any)
			g := w["grades"].([]any)
			w["grades"] = append([]any{g[0]}, g...)
		}), "grades rise"},
		"something behind":   {string(shipped) + "{}", "after top-level"},
		"more than anything": {change(func(m map[string]any) { at(m, "thresholds", "critical")["nats"] = 1e9 }), `threshold "critical"`},
	} {
		_, err := Read(strings.NewReader(tt.text))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want something with %q", name, err, tt.want)
		}
	}
}

func first(m map[string]any) map[string]any {
	return m["weights"].([]any)[0].(map[string]any)["grades"].([]any)[0].(map[string]any)
}

// FuzzRead: no file makes reading panic.
func FuzzRead(f *testing.F) {
	f.Add(shipped)
	f.Add([]byte(`{"schema":"sekisho.model/v1","weights":[{"behaviour":"x","grades":[{"start":1e300}]}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if m, err := Read(bytes.NewReader(raw)); err == nil {
			m.Model()
		}
	})
}
