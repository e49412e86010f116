package sim

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

func wide(t *testing.T, half Half, seed uint64) *World {
	t.Helper()
	w, err := NewWorld(WorldOptions{Seed: seed, Half: half, Start: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), Accounts: 2, Surfaces: true})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// of are the records of a kind.
func of(records []Record, kind string) []Record {
	return slices.DeleteFunc(slices.Clone(records), func(r Record) bool { return r.Kind != kind })
}

// TestSurfacesChangeNothing: what there is of CloudTrail without other systems is
// there with them, byte for byte; only the machines' launches come to it.
func TestSurfacesChangeNothing(t *testing.T) {
	for _, half := range []Half{Fitting, Measuring} {
		without, with := world(t, half, 4), wide(t, half, 4)
		for d := range 9 {
			a, b := without.Day(d), of(with.Day(d), KindCloudTrail)
			b = slices.DeleteFunc(b, func(r Record) bool { return bytes.Contains(r.Line, []byte("AWSServiceRoleForAutoScaling")) })
			if !bytes.Equal(lines(a), lines(b)) {
				t.Errorf("%s, day %d: CloudTrail differs", half, d)
			}
		}
	}
}

type oktaRecord struct {
	EventType string `json:"eventType"`
	Actor     struct {
		ID, AlternateID string
	}
	Client struct{ IPAddress string }
	Target []struct{ Type, AlternateID, DisplayName string }
	Auth   struct{ ExternalSessionID string } `json:"authenticationContext"`
}

// TestSurfacesAgree: who comes into the cloud by the directory was let in by it
// within the minute before, from the same address; a build that takes a role was a
// run of its repository; machines are where their launch said.
func TestSurfacesAgree(t *testing.T) {
	for _, half := range []Half{Fitting, Measuring} {
		w := wide(t, half, 5)
		kinds, labels := map[string]int{}, map[string]bool{}
		faces := map[string]string{} // by interface
		for d := range 14 {
			records := w.Day(d)
			for _, l := range w.Ordinary() {
				labels[l.Archetype] = true
			}
			for i, r := range records {
				kinds[r.Kind]++
				if r.Kind == KindFlow {
					if n := len(strings.Fields(r.Header)); n != len(strings.Fields(string(r.Line))) {
						t.Fatalf("a flow has not the %d fields of its header: %s", n, r.Line)
					}
					f := strings.Fields(string(r.Line))
					if ip := faces[f[2]]; ip == "" || !slices.Contains(f, ip) {
						t.Fatalf("%s: not of a machine that was launched", r.Line)
					}
					continue
				}
				if !json.Valid(r.Line) || r.Header != "" {
					t.Fatalf("not JSON: %s", r.Line)
				}
				if r.Kind != KindCloudTrail {
					continue
				}
				c := decode(t, r.Line)
				params, _ := c["requestParameters"].(map[string]any)
				switch c.text("eventName") {
				case "RunInstances":
					result, _ := c["responseElements"].(map[string]any)
					one := result["instancesSet"].(map[string]any)["items"].([]any)[0].(map[string]any)
					for _, n := range networkInterfaces(one) {
						faces[n["networkInterfaceId"].(string)] = n["privateIpAddress"].(string)
					}
				case "AssumeRoleWithSAML":
					who := params["roleSessionName"].(string)
					if !slices.ContainsFunc(records[:i], func(x Record) bool {
						var o oktaRecord
						return x.Kind == KindOkta && r.At.Sub(x.At) < time.Minute && json.Unmarshal(x.Line, &o) == nil && o.EventType == "user.authentication.sso" && o.Client.IPAddress == c.text("sourceIPAddress") &&
							o.Actor.AlternateID == who && strings.HasPrefix(o.Actor.ID, "00u") && len(o.Target) == 2 && o.Target[0].DisplayName == cloudApp && o.Target[1].AlternateID == who && o.Auth.ExternalSessionID != ""
					}) {
						t.Fatalf("%s, day %d: nobody let %s in", half, d, who)
					}
				case "AssumeRoleWithWebIdentity":
					subject := c.identity().text("userName")
					repo, _, _ := strings.Cut(strings.TrimPrefix(subject, "repo:"), ":")
					if !slices.ContainsFunc(records[:i], func(x Record) bool {
						return x.Kind == KindGitHub && r.At.Sub(x.At) < 2*time.Minute && bytes.Contains(x.Line, []byte(`"workflows.created_workflow_run"`)) && bytes.Contains(x.Line, []byte(`"repo":"`+repo+`"`))
					}) {
						t.Fatalf("%s, day %d: no run of %s", half, d, repo)
					}
				}
			}
		}
		for _, kind := range []string{KindCloudTrail, KindOkta, KindGitHub, KindGuardDuty, KindFlow} {
			if kinds[kind] == 0 {
				t.Errorf("%s: no %s", half, kind)
			}
		}
		if !labels["directory-desk"] || !labels["code-host-news"] {
			t.Errorf("%s: what looks like an attack there is not labelled: %v", half, labels)
		}
	}
}

func networkInterfaces(instance map[string]any) []map[string]any {
	set, _ := instance["networkInterfaceSet"].(map[string]any)
	var out []map[string]any
	items, _ := set["items"].([]any)
	for _, n := range items {
		out = append(out, n.(map[string]any))
	}
	return out
}

// TestCrossings: each campaign over several systems has events in at least two of
// them, begins with its root, and is a matter of its seed alone. Without the other
// systems there are none.
func TestCrossings(t *testing.T) {
	for _, half := range []Half{Fitting, Measuring} {
		a, b := wide(t, half, 6), wide(t, half, 6)
		names, kinds := a.Crossings()
		if len(names) < 6 {
			t.Errorf("%s: %d campaigns", half, len(names))
		}
		at := a.Start().AddDate(0, 0, 9).Add(11 * time.Hour)
		for _, name := range names {
			for seed := range uint64(4) {
				x, truth, err := a.Play(name, seed, at)
				if err != nil {
					t.Fatal(err)
				}
				y, _, err := b.Play(name, seed, at)
				if err != nil || !bytes.Equal(lines(x), lines(y)) {
					t.Errorf("%s: an instance is not a matter of its seed alone (%v)", name, err)
				}
				systems := map[string]bool{}
				byID := map[string]Record{}
				for _, r := range x {
					byID[r.ID] = r
				}
				for _, e := range truth.Events {
					if _, ok := byID[e.ID]; !ok {
						t.Errorf("%s: event %s has no record", name, e.ID)
					}
					systems[e.Kind] = true
				}
				if len(systems) < 2 || !systems[""] || truth.PointOfNoReturn.ID == "" || truth.Root.ID == "" || !truth.Stoppable {
					t.Errorf("%s: systems %v, root %q, stoppable %v", name, systems, truth.Root.ID, truth.Stoppable)
				}
				if kinds[name] != machineToCloud && truth.Keyless == "" && (truth.Person == nil || !strings.Contains(truth.Person.Mail, "@") || !strings.HasPrefix(truth.Person.Okta, "00u")) {
					t.Errorf("%s: whom it takes over is not said: %+v", name, truth.Person)
				}
			}
		}
		if names, _ := world(t, half, 6).Crossings(); len(names) > 0 {
			t.Errorf("%s: %v without other systems", half, names)
		}
	}
}
