package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/detect"
	"github.com/sekisho/sekisho/detections"
	"github.com/sekisho/sekisho/technique"
)

// layer is a layer of the ATT&CK Navigator, format 4.5 (LAYERFORMATv4_5.md of
// mitre-attack/attack-navigator). The ATLAS Navigator reads the same format.
type layer struct {
	Name        string           `json:"name"`
	Versions    layerVersions    `json:"versions"`
	Domain      string           `json:"domain"`
	Description string           `json:"description"`
	Sorting     int              `json:"sorting"`
	Layout      layerLayout      `json:"layout"`
	HideOff     bool             `json:"hideDisabled"`
	Techniques  []layerTechnique `json:"techniques"`
	Gradient    layerGradient    `json:"gradient"`
	Metadata    []layerMeta      `json:"metadata"`
}

type layerVersions struct {
	Attack    string `json:"attack,omitempty"`
	Navigator string `json:"navigator"`
	Layer     string `json:"layer"`
}

type layerLayout struct {
	Layout   string `json:"layout"`
	ShowID   bool   `json:"showID"`
	ShowName bool   `json:"showName"`
	Expanded string `json:"expandedSubtechniques"`
}

type layerTechnique struct {
	ID       string      `json:"techniqueID"`
	Score    int         `json:"score"`
	Comment  string      `json:"comment"`
	Enabled  bool        `json:"enabled"`
	Metadata []layerMeta `json:"metadata"`
}

type layerGradient struct {
	Colors []string `json:"colors"`
	Min    int      `json:"minValue"`
	Max    int      `json:"maxValue"`
}

type layerMeta struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// The ids in the program are those of ATT&CK v18.1 (package technique).
func attackLayer(t *testing.T) string {
	return writeLayer(t, "enterprise-attack", "18", "ATT&CK", func(d *detect.Detection) []string { return d.Attack }, technique.Attack)
}

func atlasLayer(t *testing.T) string {
	return writeLayer(t, "atlas-atlas", "", "ATLAS", func(d *detect.Detection) []string { return d.Atlas }, technique.Atlas)
}

// writeLayer scores each technique with the number of behaviours that name it
// and have proved themselves: at least one example fires, and all hold.
func writeLayer(t *testing.T, domain, version, catalogue string, ids func(*detect.Detection) []string, lookup func(string) (technique.Technique, bool)) string {
	proved := proofs(t)
	byID := map[string]*layerTechnique{}
	fire, recordings := map[string]int{}, map[string]int{}
	var order []string
	for i := range detections.All {
		d := &detections.All[i]
		p := proved[d.ID]
		if p.fire == 0 {
			t.Errorf("%s: no example fires", d.ID)
			continue
		}
		for _, id := range ids(d) {
			if _, ok := lookup(id); !ok {
				t.Errorf("%s: %s is no technique of %s", d.ID, id, catalogue)
			}
			x := byID[id]
			if x == nil {
				x = &layerTechnique{ID: id, Enabled: true}
				byID[id] = x
				order = append(order, id)
			}
			x.Score++
			x.Comment += d.ID + ": " + d.Title + "\n"
			fire[id] += p.fire
			recordings[id] += p.recordings
		}
	}
	l := layer{Name: "Sekisho", Versions: layerVersions{version, "5.1.0", "4.5"}, Domain: domain, Sorting: 3,
		Description: fmt.Sprintf("What Sekisho recognises, by %s technique. The score is how many behaviours name the technique and have proved themselves by examples that fire and others that stay quiet.", catalogue),
		Layout:      layerLayout{"side", true, true, "annotated"},
		// White to a blue that black text stays readable on.
		Gradient: layerGradient{[]string{"#ffffff", "#66b1ff"}, 0, 1},
		Metadata: []layerMeta{{"behaviours", fmt.Sprint(len(detections.All))}, {"techniques", fmt.Sprint(len(order))}},
	}
	slices.Sort(order)
	for _, id := range order {
		x := byID[id]
		x.Comment = strings.TrimSuffix(x.Comment, "\n")
		x.Metadata = []layerMeta{{"examples that fire", fmt.Sprint(fire[id])}, {"labelled recordings that its behaviours answered for, under any technique of theirs", fmt.Sprint(recordings[id])}}
		l.Gradient.Max = max(l.Gradient.Max, x.Score)
		l.Techniques = append(l.Techniques, *x)
	}
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(l); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
