package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// verdict is what verify reads of a report and of a truth file.
type verdict struct {
	Incidents []struct {
		ID       string `json:"id"`
		Severity string `json:"severity"`
		Root     struct {
			ID string `json:"id"`
		} `json:"root"`
		Identities []struct {
			ID string `json:"id"`
		} `json:"identities"`
		Credentials []struct {
			ID string `json:"id"`
		} `json:"credentials"`
		Findings []struct {
			EventID string `json:"event_id"`
		} `json:"findings"`
		Containment *struct {
			At time.Time `json:"at"`
		} `json:"containment"`
		PointOfNoReturn *struct {
			At time.Time `json:"at"`
		} `json:"point_of_no_return"`
		MarginSeconds *float64 `json:"margin_seconds"`
	} `json:"incidents"`
}

type truth struct {
	Root struct {
		Identity string `json:"identity"`
		Name     string `json:"name"` // by which a directory's or code host's subject is known
	} `json:"root"`
	Principals []struct {
		Credential string `json:"credential"`
		Identity   string `json:"identity"`
	} `json:"principals"`
	PointOfNoReturn struct {
		At time.Time `json:"at"`
	} `json:"point_of_no_return"`
	Events []struct {
		ID string `json:"event_id"`
	} `json:"events"`
}

// verify holds a report of scan against what really happened, prints each
// claim with its number, and fails if one does not hold.
func verify(w io.Writer, reportPath, truthPath string) error {
	var r verdict
	var t truth
	if err := readJSON(reportPath, &r); err != nil {
		return err
	}
	if err := readJSON(truthPath, &t); err != nil {
		return err
	}
	attack := map[string]bool{}
	for _, e := range t.Events {
		attack[e.ID] = true
	}
	ok := true
	claim := func(holds bool, format string, args ...any) {
		mark := "ok  "
		if !holds {
			mark, ok = "FAIL", false
		}
		fmt.Fprintf(w, "  %s %s\n", mark, fmt.Sprintf(format, args...))
	}

	// The attack's incidents are those that hold any of its events; any other
	// above low would be a false one.
	var of []int
	wrong, low := 0, 0
	for i, in := range r.Incidents {
		mine := false
		for _, f := range in.Findings {
			mine = mine || attack[f.EventID]
		}
		switch {
		case mine:
			of = append(of, i)
		case in.Severity == "low":
			low++
		default:
			wrong++
		}
	}
	claim(len(of) == 1, "the attack is %d incident (wanted 1)", len(of))
	claim(wrong == 0, "%d other incidents above low (wanted 0); %d low ones in the ordinary work around it", wrong, low)
	if len(of) != 1 {
		return errors.New("the report does not show the attack as one incident")
	}
	in := r.Incidents[of[0]]
	claim(in.Root.ID == t.Root.Identity || in.Root.ID == t.Root.Name && in.Root.ID != "", "its root is %s (truth: %s)", in.Root.ID, t.Root.Identity)
	identities, credentials := map[string]bool{}, map[string]bool{}
	for _, x := range in.Identities {
		identities[x.ID] = true
	}
	for _, x := range in.Credentials {
		credentials[x.ID] = true
	}
	found := 0
	for _, p := range t.Principals {
		if identities[p.Identity] && credentials[p.Credential] {
			found++
		}
	}
	claim(found == len(t.Principals), "%d of %d principals are in it, with the credentials they used", found, len(t.Principals))
	foreign := 0
	for _, f := range in.Findings {
		if !attack[f.EventID] {
			foreign++
		}
	}
	claim(foreign <= 1, "%d of its %d findings rest on records outside the attack's own (wanted at most 1: a service's notice)", foreign, len(in.Findings))
	claim(in.Severity == "critical", "its severity is %s", in.Severity)
	switch {
	case in.Containment == nil || in.PointOfNoReturn == nil || in.MarginSeconds == nil:
		claim(false, "containment and point of no return are told")
	default:
		claim(*in.MarginSeconds >= 0, "contained %.0f s before the point of no return that the report tells (hypothetical: nothing was enforced)", *in.MarginSeconds)
		lead := t.PointOfNoReturn.At.Sub(in.Containment.At)
		claim(lead > 0, "and %.0f s before the administrator's key was minted", lead.Seconds())
	}
	if !ok {
		return errors.New("the report does not hold against the truth")
	}
	return nil
}

func readJSON(path string, into any) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("verify: %w; make the report with: sekisho scan --format json --out FILE", err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("verify %s: %w", path, err)
	}
	return nil
}
