// Package model reads and writes the numbers that decide: thresholds, caps of
// the families of evidence, and the weights of behaviours, each with where it
// comes from. The shipped file is what "sekisho fit --made-up" writes.
package model

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync"

	strict "github.com/go-json-experiment/json"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/correlate"
	"github.com/sekisho/sekisho/detect"
	"github.com/sekisho/sekisho/detections"
)

// Schema names the form of the file.
const Schema = "sekisho.model/v1"

// sizeMax caps a file: a few hundred grades are some tens of kilobytes.
const sizeMax = 4 << 20

// File is a model as it is written down.
type File struct {
	Schema     string            `json:"schema"`
	Made       Made              `json:"made"`
	Thresholds map[string]Number `json:"thresholds"` // low, medium, high, critical, act, alone
	Caps       map[string]Number `json:"caps"`       // by family
	Weights    []Weights         `json:"weights"`    // in the order of ids
}

// Made says what a file rests on.
type Made struct {
	By        string   `json:"by"`   // the command
	From      string   `json:"from"` // what it was fitted on, in words
	Seeds     []uint64 `json:"seeds,omitempty"`
	Accounts  int      `json:"accounts,omitempty"`
	Days      int      `json:"days"`     // of ordinary work, over all organisations
	Episodes  int      `json:"episodes"` // of ordinary work that ended
	Campaigns int      `json:"campaigns"`
	// Calibrated says that the ordinary work is the tenant's own.
	Calibrated bool `json:"calibrated"`
	// Guarantee is what the thresholds promise, in words with numbers.
	Guarantee string `json:"guarantee"`
}

// Number is a value in nats and its origin; both are required.
type Number struct {
	Nats   float64 `json:"nats"`
	Origin string  `json:"origin"`
}

// Weights are what one behaviour counts, by grade.
type Weights struct {
	Behaviour string  `json:"behaviour"`
	Grades    []Grade `json:"grades"` // in rising order of Start, tripwires after plain ones
}

// Grade is one degree of a behaviour's claim. Attack and Benign are in how many
// campaigns and ordinary episodes it was the strongest claim or below it, and of
// how many.
type Grade struct {
	Start    float64 `json:"start"` // what the behaviour claims by itself
	Tripwire bool    `json:"tripwire,omitempty"`
	Weight   float64 `json:"weight"`
	Attack   [2]int  `json:"attack"`
	Benign   [2]int  `json:"benign"`
	Origin   string  `json:"origin"`
}

//go:embed model.json
var shipped []byte

// Shipped is the model in this binary.
var Shipped = sync.OnceValue(func() correlate.Model {
	f, err := Read(bytes.NewReader(shipped))
	if err != nil {
		panic("the shipped model: " + err.Error()) // a test reads it
	}
	return f.Model()
})

// ShippedFile is the model in this binary as it is written down. It is the
// caller's own.
func ShippedFile() *File {
	f, err := Read(bytes.NewReader(shipped))
	if err != nil {
		panic("the shipped model: " + err.Error())
	}
	return f
}

// families are the names of families in their order.
func families() []string {
	var names []string
	for f := range sekisho.Families {
		names = append(names, f.String())
	}
	return names
}

var thresholds = []string{"low", "medium", "high", "critical", "act", "alone"}

// What numbers are at least, so that no file silences the engine or makes it shout:
// well below what the shipped ones are, and above nothing.
const (
	thresholdLeast = 3.0
	capLeast       = 1.0
	tripwireLeast  = 2.0
)

// Read reads a file strictly: an unknown key, a missing number or one without
// its origin is an error that names it.
func Read(r io.Reader) (*File, error) {
	var f File
	// Two values under one key, an unknown key and anything behind the end are errors.
	if err := strict.UnmarshalRead(io.LimitReader(r, sizeMax), &f, strict.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("read the model: %w; write one with sekisho fit or sekisho calibrate", err)
	}
	if f.Schema != Schema {
		return nil, fmt.Errorf("read the model: its schema is %q, this binary reads %q; write one with sekisho fit or sekisho calibrate", f.Schema, Schema)
	}
	if err := numbers("threshold", thresholds, f.Thresholds); err != nil {
		return nil, err
	}
	if err := numbers("cap", families(), f.Caps); err != nil {
		return nil, err
	}
	for _, name := range thresholds {
		if f.Thresholds[name].Nats < thresholdLeast {
			return nil, fmt.Errorf("read the model: threshold %s is below %g nats: next to anything would cross it", name, thresholdLeast)
		}
	}
	for name, n := range f.Caps {
		if n.Nats < capLeast {
			return nil, fmt.Errorf("read the model: cap %q is below %g nats: evidence of that family would count for nothing", name, capLeast)
		}
	}
	for i, name := range thresholds[1:4] {
		if f.Thresholds[name].Nats < f.Thresholds[thresholds[i]].Nats {
			return nil, fmt.Errorf("read the model: threshold %s is below %s", name, thresholds[i])
		}
	}
	for _, name := range [...]string{"act", "alone"} {
		if f.Thresholds[name].Nats < f.Thresholds["medium"].Nats {
			return nil, fmt.Errorf("read the model: threshold %s is below medium: what nobody is warned of would be acted upon", name)
		}
	}
	seen := map[string]bool{}
	for _, w := range f.Weights {
		if w.Behaviour == "" || seen[w.Behaviour] {
			return nil, fmt.Errorf("read the model: behaviour %q is named twice or not at all", w.Behaviour)
		}
		seen[w.Behaviour] = true
		if !slices.ContainsFunc(detections.All, func(d detect.Detection) bool { return d.ID == w.Behaviour }) {
			return nil, fmt.Errorf("read the model: there is no behaviour %q; sekisho explain lists them", w.Behaviour)
		}
		for i, g := range w.Grades {
			if i > 0 && (g.Tripwire == w.Grades[i-1].Tripwire && g.Start <= w.Grades[i-1].Start || !g.Tripwire && w.Grades[i-1].Tripwire) {
				return nil, fmt.Errorf("read the model: behaviour %s, grade %g: grades rise, plain ones before tripwires, each once", w.Behaviour, g.Start)
			}
			if g.Tripwire && g.Weight < tripwireLeast {
				return nil, fmt.Errorf("read the model: behaviour %s, grade %g: a tripwire weighs at least %g nats, or it hides what it is there for", w.Behaviour, g.Start, tripwireLeast)
			}
			for _, n := range [...][2]int{g.Attack, g.Benign} {
				if n[0] < 0 || n[0] > n[1] {
					return nil, fmt.Errorf("read the model: behaviour %s, grade %g: seen in %d of %d", w.Behaviour, g.Start, n[0], n[1])
				}
			}
			if bad(g.Start) || bad(g.Weight) || g.Origin == "" {
				return nil, fmt.Errorf("read the model: behaviour %s, grade %g: a weight is a number from 0 to 100 nats, and says its origin", w.Behaviour, g.Start)
			}
		}
	}
	return &f, nil
}

func bad(n float64) bool { return math.IsNaN(n) || n < 0 || n > 100 }

func numbers(what string, names []string, in map[string]Number) error {
	for _, name := range names {
		n, ok := in[name]
		if !ok || bad(n.Nats) || n.Origin == "" {
			return fmt.Errorf("read the model: %s %q: wanted a number from 0 to 100 nats and its origin", what, name)
		}
	}
	if len(in) != len(names) {
		return fmt.Errorf("read the model: there are %d of what should be %s: %s", len(in), what, strings.Join(names, ", "))
	}
	return nil
}

// Write writes the file, the same bytes for the same model.
func (f *File) Write(w io.Writer) error {
	slices.SortFunc(f.Weights, func(a, b Weights) int { return strings.Compare(a.Behaviour, b.Behaviour) })
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	e.SetEscapeHTML(false)
	if err := e.Encode(f); err != nil {
		return fmt.Errorf("write the model: %w", err)
	}
	return nil
}

// Model is the file as the engine uses it.
func (f *File) Model() correlate.Model {
	at := func(name string) sekisho.Nats { return nats(f.Thresholds[name].Nats) }
	m := correlate.Model{Low: at("low"), Medium: at("medium"), High: at("high"), Critical: at("critical"), Act: at("act"), Alone: at("alone"),
		Calibrated: f.Made.Calibrated, Weights: map[string][]correlate.Grade{}}
	for i, name := range families() {
		m.Caps[i] = nats(f.Caps[name].Nats)
	}
	for _, w := range f.Weights {
		for _, g := range w.Grades {
			m.Weights[w.Behaviour] = append(m.Weights[w.Behaviour], correlate.Grade{Start: nats(g.Start), Tripwire: g.Tripwire, Weight: nats(g.Weight)})
		}
	}
	return m
}

// nats turns a written number into what sums are made of, exactly to a
// millionth.
func nats(x float64) sekisho.Nats { return sekisho.Nats(math.Round(x * float64(sekisho.Nat))) }
