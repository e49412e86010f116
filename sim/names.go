package sim

// names are what the recorded incident's write-up tells of its victim's names.
type names struct {
	Victim     string    // user whose key lay in a public bucket
	FirstAdmin string    // first user for whom a key was minted; no administrator
	Admin      string    // the administrator taken next
	Backdoor   string    // user that the attacker made
	Model      string    // user with full access to the model service
	Sync       string    // user of a directory's provisioning
	Function   string    // function whose code was replaced
	Roles      [6]string // taken: the first three at six minutes, the next two later
	Missing    []string  // tried and refused
	Sessions   [6]string // names that the attacker gave its sessions
	KeyPair    string
	Machine    string
}

// recordedNames are those of the incident as Sysdig published it on 2026-02-03
// (facts of the case; the records around them are ours).
var recordedNames = names{
	Victim: "compromised_user", FirstAdmin: "adminGH", Admin: "frick", Backdoor: "backdoor-admin", Model: "rocker", Sync: "AzureADRoleManager",
	Function: "EC2-init",
	Roles:    [6]string{"sysadmin", "netadmin", "account", "developer", "external", "management"},
	Missing:  []string{"admin", "Administrator", "lambda_ec2", "lambda_bedrock", "EKS-access", "OrganizationAccountAccessRole", "AdminRole", "CrossAccountRole"},
	Sessions: [6]string{"explore", "test", "pwned", "escalation", "mgmt", "claude-session"},
	KeyPair:  "stevan-gpu-key", Machine: "stevan-gpu-monster",
}

// drawnNames are other names for the same parts, so that nothing can pass by
// knowing the published ones.
func drawnNames(r *Rand) names {
	used := map[string]bool{}
	fresh := func(heads, tails []string) string {
		for {
			n := heads[r.IntN(len(heads))] + r.Pick("-", "_", ".") + tails[r.IntN(len(tails))]
			if !used[n] {
				used[n] = true
				return n
			}
		}
	}
	peopleTails := []string{"k", "m", "ops", "eu", "lab", "hq", "01", "dev"}
	jobs := []string{"host", "net", "cost", "build", "guest", "lead", "audit", "store", "queue", "night", "shift", "fleet"}
	job := []string{"keeper", "runner", "desk", "team", "access", "user", "tools", "office"}
	n := names{
		Victim: fresh(firstNames, peopleTails), FirstAdmin: fresh(jobs, job), Admin: fresh(firstNames, peopleTails), Backdoor: fresh(jobs, job),
		Model: fresh(firstNames, peopleTails), Sync: fresh(jobs, job), Function: fresh(jobs, []string{"prepare", "labels", "warmup", "register"}),
		KeyPair: fresh(jobs, job), Machine: fresh(jobs, job),
	}
	for i := range n.Roles {
		n.Roles[i] = fresh(jobs, job)
	}
	for range recordedNames.Missing {
		n.Missing = append(n.Missing, fresh(jobs, job))
	}
	for i := range n.Sessions {
		n.Sessions[i] = fresh([]string{"s", "run", "check", "task", "work"}, []string{"a", "b", "c", "d", "e", "f", "1", "2", "3"})
	}
	return n
}
