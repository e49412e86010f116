package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// exampleWant is the least that a scan of an example has to show. The numbers
// are what this build measures; whoever adds a behaviour raises them.
type exampleWant struct {
	principals int    // of the truth's, in the attack's one incident
	decisive   int    // of the truth's decisive steps, with a finding there
	severity   string // "" for: need not be found yet
	// others is how many incidents above low the ordinary work around it may
	// raise. Each but zero has its reason beside it.
	others int
}

var exampleWants = map[string]exampleWant{
	"agent-mistake":           {principals: 1, decisive: 2, severity: "critical"},
	"container-mining":        {principals: 2, decisive: 6, severity: "critical"},
	"developer-danger":        {principals: 3, decisive: 8, severity: "critical"},
	"eight-minutes":           {principals: 19, decisive: 3, severity: "critical"},
	"identity-provider-heist": {principals: 2, decisive: 8, severity: "critical"},
	"leaked-environment":      {principals: 2, decisive: 7, severity: "critical"},
	"mail-takeover":           {principals: 3, decisive: 4, severity: "critical"},
	"model-hijack":            {principals: 2, decisive: 3, severity: "critical"},
	"object-ransom":           {principals: 1, decisive: 2, severity: "critical"},
	"object-wipe":             {principals: 2, decisive: 5, severity: "critical"},
	"persistent-guest":        {principals: 4, decisive: 8, severity: "critical"},
	"pipeline-token":          {principals: 3, decisive: 7, severity: "critical"},
	// Its other one is the administrator who rotates the taken key: a key made for another.
	"returning-visitor": {principals: 5, decisive: 7, severity: "critical", others: 1},
	"snapshot-theft":    {principals: 3, decisive: 6, severity: "critical"},
}

// Reasons for which a decisive step has no finding of its own.
const (
	once         = "counted once: an earlier step of the same kind has the finding"
	ordinaryCall = "an everyday call by itself; what it leads to has the finding, and its actor is in the incident"
	firstDay     = "its actor was made minutes before and has no habits, so that nothing is unusual for it; it is in the incident"
	few          = "too few of them for a burst"
	missed       = "missed: no behaviour looks at it"
)

// silentSteps says, by call, why a decisive step of an example has no finding.
var silentSteps = map[string]string{
	"apigateway:CreateApi":                           missed,
	"bedrock:CreateFoundationModelAgreement":         once,
	"bedrock:PutFoundationModelEntitlement":          once,
	"bedrock:GetModelInvocationLoggingConfiguration": few,
	"bedrock:ListFoundationModels":                   ordinaryCall,
	"cloudformation:CreateStack":                     ordinaryCall,
	"cloudshell:CreateSession":                       missed,
	"cloudtrail:DeleteTrail":                         once,
	"guardduty:DeleteDetector":                       once,
	"guardduty:GetFindings":                          few,
	"ec2:CreateImage":                                missed,
	"ec2:CreateSnapshot":                             missed,
	"rds:CreateDBSnapshot":                           missed,
	"rds:StartExportTask":                            "missed: the account of the bucket that it goes to is not in the record",
	"ec2:GetPasswordData":                            few,
	"ec2:ImportKeyPair":                              missed,
	"ec2:TerminateInstances":                         few,
	"ecs:RegisterTaskDefinition":                     ordinaryCall,
	"iam:AttachUserPolicy":                           "the policy that it gives is no administrator's",
	"iam:CreateRole":                                 ordinaryCall,
	"iam:CreateUser":                                 ordinaryCall,
	"iam:DeleteAccessKey":                            "missed: an intruder's own tidying looks like an owner's",
	"iam:DeleteUser":                                 "missed: an intruder's own tidying looks like an owner's",
	"lambda:CreateFunction20150331":                  ordinaryCall,
	"lambda:DeleteFunction20150331":                  few,
	"lightsail:CreateInstances":                      firstDay,
	"rds:ModifyDBInstance":                           ordinaryCall,
	"route53domains:RegisterDomain":                  missed,
	"s3:GetObject":                                   few,
	"s3:PutObject":                                   "what a note says is in no record",
	"secretsmanager:GetSecretValue":                  few,
	"servicequotas:RequestServiceQuotaIncrease":      firstDay,
	"support:CreateCase":                             firstDay,
	"ses:GetSendQuota":                               once,
	"ses:ListIdentities":                             ordinaryCall,
	"ses:SendEmail":                                  ordinaryCall,
	"signin:GetSigninToken":                          "the token itself was made with a finding (federation-token)",
	"sso-directory:CreateUser":                       firstDay,
	"sso:CreateAccountAssignment":                    firstDay,
}

// exampleTruth is what the test reads of a truth file.
type exampleTruth struct {
	Title      string
	Harmless   string
	Root       struct{ ID, Identity, Name string }
	Principals []struct{ Name, Credential, Identity string }
	Workloads  []struct{ Identity string }
	Outside    []struct{ ID, Name string }
	Minted     []struct{ Owner string }
	Decisive   []exampleEvent
	Events     []exampleEvent
	NoReturn   exampleEvent `json:"point_of_no_return"`
	CodeChange exampleEvent `json:"first_code_change"`
	FirstMint  exampleEvent `json:"first_mint"`
}

type exampleEvent struct {
	ID    string `json:"event_id"`
	At    time.Time
	Name  string
	Actor string
}

// step is what an event belongs to: a step that is many calls of a kind (fifty
// clusters) has its finding on whichever of them made it many.
func (e exampleEvent) step() [2]string { return [2]string{e.Name, e.Actor} }

// exampleIncident is what it reads of a report.
type exampleIncident struct {
	Severity    string
	Title       string
	Root        struct{ ID string }
	Identities  []struct{ ID, Name string }
	Credentials []struct{ ID string }
	Findings    []struct {
		Detection string
		EventID   string `json:"event_id"`
	}
	Containment *struct{ At time.Time }
}

// TestExamplesFoundWhole scans every example as a user would and holds the
// report against the truth beside it: one incident for the attack, nobody in it
// who has no part in it, and nothing else above low.
func TestExamplesFoundWhole(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("..", "..", "examples", "*", "truth.json"))
	if err != nil || len(paths) < 2 {
		t.Fatalf("%d examples, %v", len(paths), err)
	}
	say := func(line string) {
		if *evalDir != "" {
			fmt.Println(line)
		} else {
			t.Log(line)
		}
	}
	say(fmt.Sprintf("Made-up attacks after public accounts (examples/), with what truth.json says of them\n%-24s %-9s %-11s %-11s %-9s %s", "example", "incidents", "principals", "decisive", "severity", "contained before the point of no return"))
	seen, tally := map[string]bool{}, &exampleTally{}
	for _, path := range paths {
		name := filepath.Base(filepath.Dir(path))
		seen[name] = true
		want, listed := exampleWants[name]
		if !listed {
			t.Errorf("%s is not in exampleWants: say what a scan of it has to show", name)
		}
		var truth exampleTruth
		raw, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(raw, &truth)
		}
		if err != nil {
			t.Fatal(err)
		}
		say(holdExample(t, tally, name, &truth, scanExample(t, filepath.Join(filepath.Dir(path), "logs")), want))
	}
	readmeSays(t, "%d of %d decisive steps have a finding of their own", tally.shown, tally.decisive)
	readmeSays(t, "Contained before the point of no return or at it: %d; after it: %d; not at all: %d", tally.before, tally.after, tally.not)
	for name := range exampleWants {
		if !seen[name] {
			t.Errorf("examples/%s is wanted and not there", name)
		}
	}
}

// exampleTally sums up what the README says of the examples.
type exampleTally struct{ shown, decisive, before, after, not int }

func scanExample(t *testing.T, path string) []exampleIncident {
	t.Helper()
	var out, errs bytes.Buffer
	code := (&Main{Args: []string{"scan", path, "--format", "json"}, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs}).Run(context.Background())
	if code != exitClean && code != exitIncidents {
		t.Fatalf("scan %s: exit status %d\n%s", path, code, errs.String())
	}
	var r struct{ Incidents []exampleIncident }
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	return r.Incidents
}

// holdExample checks one report and returns its line of the table.
func holdExample(t *testing.T, tally *exampleTally, name string, truth *exampleTruth, incidents []exampleIncident, want exampleWant) string {
	t.Helper()
	attack, part := map[string]exampleEvent{}, map[string]bool{}
	for _, e := range truth.Events {
		attack[e.ID] = e
		part[e.Actor] = true // services that tell of the attack's events among them
	}
	decisive := truth.Decisive
	if len(decisive) == 0 { // eight-minutes names its three instead
		decisive = []exampleEvent{truth.CodeChange, truth.FirstMint, truth.NoReturn}
	}

	// The attack's incident is the one with most findings on its events.
	var main *exampleIncident
	most, of, others := 0, 0, 0
	for i := range incidents {
		in := &incidents[i]
		own := 0
		for _, f := range in.Findings {
			if _, ok := attack[f.EventID]; ok {
				own++
			}
		}
		if own > most {
			main, most = in, own
		}
		switch {
		case own > 0:
			of++
		case in.Severity != "low":
			others++
			t.Logf("%s: %s incident in the ordinary work: %s", name, in.Severity, in.Title)
		}
	}
	if others > want.others {
		t.Errorf("%s: %d incidents above low in the ordinary work, wanted at most %d", name, others, want.others)
	}
	if main == nil {
		if want != (exampleWant{}) {
			t.Errorf("%s: nothing found", name)
		}
		return fmt.Sprintf("%-24s %-9d %d/%-9d %d/%-9d %-9s %s", name, 0, 0, len(truth.Principals), 0, len(decisive), "-", "-")
	}

	identities, credentials, found := map[string]bool{}, map[string]bool{}, map[[2]string]bool{}
	for _, x := range main.Identities {
		identities[x.ID] = true
	}
	for _, x := range main.Credentials {
		credentials[x.ID] = true
	}
	for _, f := range main.Findings {
		if e, ok := attack[f.EventID]; ok {
			found[e.step()] = true
		}
	}
	principals := 0
	for _, p := range truth.Principals {
		part[p.Identity] = true
		if identities[p.Identity] && credentials[p.Credential] {
			principals++
		} else {
			t.Logf("%s: principal %s is not in the incident", name, p.Name)
		}
	}
	for _, w := range truth.Workloads {
		part[w.Identity] = true
	}
	for _, o := range truth.Outside { // a directory's or code host's subject is its name
		part[o.ID], part[o.Name] = true, true
	}
	for _, k := range truth.Minted {
		part[k.Owner] = true
	}
	for _, x := range main.Identities {
		if !part[x.ID] {
			t.Errorf("%s: %s (%s) has no part in the attack and is in its incident", name, x.Name, x.ID)
		}
	}
	shown := 0
	for _, e := range decisive {
		if found[e.step()] {
			shown++
		} else {
			reason := silentSteps[e.Name]
			if reason == "" {
				t.Errorf("%s: no finding on %s at %s, and no reason is on record: explain it in silentSteps, or mend it", name, e.Name, e.At.Format(time.TimeOnly))
			}
			t.Logf("%s: no finding on %s at %s: %s", name, e.Name, e.At.Format(time.TimeOnly), reason)
		}
	}

	order := []string{"low", "medium", "high", "critical"}
	if principals < want.principals || shown < want.decisive || slices.Index(order, main.Severity) < slices.Index(order, want.severity) {
		t.Errorf("%s: %d principals, %d decisive steps, %s; wanted at least %d, %d, %s", name, principals, shown, main.Severity, want.principals, want.decisive, want.severity)
	}
	if want.severity != "" && want.severity != "low" && of != 1 {
		t.Errorf("%s: the attack is %d incidents, wanted 1", name, of)
	}
	if want.principals == len(truth.Principals) && main.Root.ID != truth.Root.Identity && main.Root.ID != truth.Root.Name {
		t.Errorf("%s: root %s, truth: %s", name, main.Root.ID, truth.Root.Identity)
	}
	lead := "not contained"
	if main.Containment != nil {
		lead = fmt.Sprintf("%.0f s", truth.NoReturn.At.Sub(main.Containment.At).Seconds())
	}
	if name != "eight-minutes" { // which "make demo" tells of
		tally.shown += shown
		tally.decisive += len(decisive)
		switch {
		case main.Containment == nil:
			tally.not++
		case truth.NoReturn.At.Before(main.Containment.At):
			tally.after++
		default:
			tally.before++
		}
	}
	return fmt.Sprintf("%-24s %-9d %d/%-9d %d/%-9d %-9s %s", name, of, principals, len(truth.Principals), shown, len(decisive), main.Severity, lead)
}
