// Package technique knows the ids and names of MITRE ATT&CK Enterprise v18.1
// and MITRE ATLAS 5.6.0, so that a report can say what "T1098.001" means and a
// test can say that a behaviour names a technique that does not exist.
//
// The table holds ids, names and tactics only, in a form of our own; package
// technique/gen writes it. The sources ask for these notices:
//
// ATT&CK: "© 2025 The MITRE Corporation. This work is reproduced and
// distributed with the permission of The MITRE Corporation." MITRE grants a
// non-exclusive, royalty-free licence to use ATT&CK for research, development
// and commercial purposes; the licence is to be reproduced with any copy and
// stands in the project's NOTICE. MITRE does not claim that ATT&CK enumerates
// all possibilities for the types of actions and behaviours documented as part
// of its adversary model; covering it does not guarantee full defensive
// coverage. It is provided "as is".
//
// ATLAS: © The MITRE Corporation, licensed under the Apache License 2.0; ids
// and names are taken unchanged from its data file.
package technique

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

//go:generate go run ./gen

//go:embed table.tsv
var table string

// AttackVersion and AtlasVersion are the versions that the table was made from.
const (
	AttackVersion = "18.1"
	AtlasVersion  = "5.6.0"
)

// Technique is one technique or sub-technique.
type Technique struct {
	ID   string // "T1098.001", "AML.T0055"
	Name string // the name alone, without the parent's
	// Tactics are ATT&CK short names ("privilege-escalation"), or ATLAS tactic
	// ids ("AML.TA0002"); an ATLAS sub-technique has its parent's.
	Tactics []string
	// Renamed is the id that ATT&CK v19 gives the technique, "" if unchanged.
	Renamed string
}

// index is the parsed table. It is immutable once made.
type index struct {
	attack, atlas map[string]Technique
	gone          map[string]bool
	renames       map[string]Rename
}

// Rename is what ATT&CK v19 made of a v18 id.
type Rename struct{ ID, Name string }

// load parses the table once, at the first question: most commands ask none.
var load = sync.OnceValue(func() index {
	x := index{map[string]Technique{}, map[string]Technique{}, map[string]bool{}, map[string]Rename{}}
	for line := range strings.Lines(table) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		kind, id, name, last := f[0], f[1], f[2], f[3]
		switch kind {
		case "attack":
			x.attack[id] = Technique{ID: id, Name: name, Tactics: split(last)}
		case "gone":
			x.gone[id] = true
		case "atlas":
			x.atlas[id] = Technique{ID: id, Name: name, Tactics: split(last)}
		case "renamed":
			x.renames[id] = Rename{ID: last, Name: name}
		}
	}
	for id, r := range x.renames {
		if t, ok := x.attack[id]; ok {
			t.Renamed = r.ID
			x.attack[id] = t
		}
	}
	// The source lists tactics with the parent technique only.
	for id, t := range x.atlas {
		if parent, ok := x.atlas[atlasParent(id)]; ok && len(t.Tactics) == 0 {
			t.Tactics = parent.Tactics
			x.atlas[id] = t
		}
	}
	return x
})

// atlasParent of "AML.T0000.001" is "AML.T0000"; "" for a parent itself.
func atlasParent(id string) string {
	if i := strings.LastIndexByte(id, '.'); i > len("AML") {
		return id[:i]
	}
	return ""
}

func split(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

// Attack is the active ATT&CK Enterprise v18.1 technique with the id; false if
// there is none, or if it is revoked or deprecated.
func Attack(id string) (Technique, bool) {
	t, ok := load().attack[id]
	return t, ok
}

// Atlas is the ATLAS 5.6.0 technique with the id.
func Atlas(id string) (Technique, bool) {
	t, ok := load().atlas[id]
	return t, ok
}

// Gone reports whether the id was an ATT&CK technique that v18.1 has revoked or
// deprecated, so that an error can say more than "unknown".
func Gone(id string) bool { return load().gone[id] }

// V19 is what ATT&CK v19 made of a v18 id, which may itself be revoked by then;
// false if v19 did not change it.
func V19(id string) (Rename, bool) {
	r, ok := load().renames[id]
	return r, ok
}

// tactics are the ATT&CK Enterprise v18.1 tactics in the order of the matrix,
// which is roughly the order of an attack.
var tactics = []string{
	"reconnaissance", "resource-development", "initial-access", "execution", "persistence", "privilege-escalation",
	"defense-evasion", "credential-access", "discovery", "lateral-movement", "collection", "command-and-control",
	"exfiltration", "impact",
}

// Tactic reports whether the word is an ATT&CK tactic by its short name.
func Tactic(short string) bool { return slices.Contains(tactics, short) }

// Tactics are the short names of all ATT&CK tactics in the order of the matrix.
func Tactics() []string { return slices.Clone(tactics) }

// Count is how many active ATT&CK and how many ATLAS techniques the table holds.
func Count() (attack, atlas int) { return len(load().attack), len(load().atlas) }
