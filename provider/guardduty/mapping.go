package guardduty

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/normalize/rawjson"
)

// newMapping makes what turns a finding into an event.
func newMapping() func(e *sekisho.Event, v *normalize.Values) {
	actors := normalize.NewCache[*sekisho.Actor](actorsKept) // by what says whom a finding is about, and its account
	var key []byte
	return func(e *sekisho.Event, v *normalize.Values) {
		e.Kind = sekisho.Notice
		e.Class = sekisho.Class{UID: sekisho.ClassFinding, Activity: activity(e, v)}
		e.Account, e.Region = v.Text(fAccount), v.Text(fRegion)
		e.Service, e.Action, e.Topic = "guardduty", v.Text(fType), sekisho.TopicDetection
		e.IP = remote(v)
		e.Client.Raw = v.Text(fCallAgent)
		e.Target = target(v)
		purpose, _, _ := strings.Cut(e.Action, ":")
		report := sekisho.Effect{Kind: sekisho.Report, What: e.Action, Count: gravity(v.Text(fSeverity)), Resource: e.Target, Phase: purposes[purpose]}
		if v.Has(fActors) || v.Has(fInvolved) {
			sequence(e, v, report)
			return
		}
		key = append(append(key[:0], v.Group()...), e.Account...)
		a, ok := actors.Get(key)
		if !ok {
			a = new(sekisho.Actor)
			*a = about(v, e.Account)
			actors.Put(string(key), a)
		}
		e.Actor = *a
		// Of a credential it says TARGET too, where what it was used on is meant.
		report.Suffered = e.Actor.Type == sekisho.ActorMachine && v.Text(fRole) == "TARGET"
		v.Add(of(report, &e.Actor))
	}
}

// actorsKept is how many actors a mapping remembers.
const actorsKept = 4096

// purposes are the tactics that the first words of finding types stand for ("Finding
// types: threat purposes" in the GuardDuty user guide). Of the words that are left out a
// tactic does not follow: what is merely unusual, what breaks a rule, and sequences of
// several.
var purposes = map[string]sekisho.Phase{
	"Backdoor": "command-and-control", "CredentialAccess": "credential-access", "CryptoCurrency": "impact", "DefenseEvasion": "defense-evasion",
	"Stealth": "defense-evasion", "Discovery": "discovery", "Recon": "discovery", "PenTest": "discovery", "Execution": "execution", "Trojan": "execution",
	"Exfiltration": "exfiltration", "Impact": "impact", "InitialAccess": "initial-access", "UnauthorizedAccess": "initial-access",
	"Persistence": "persistence", "PrivilegeEscalation": "privilege-escalation",
}

// of is a report of an actor.
func of(report sekisho.Effect, a *sekisho.Actor) sekisho.Effect {
	if a.Type == sekisho.ActorService || a.Type == sekisho.ActorAnonymous {
		return report // of nobody: none of ours could be cut off for it
	}
	report.Identity, report.Credential, report.Session, report.Workload = ref(a), a.Credential, a.SessionID, a.Workload
	return report
}

// about is whom a finding of one resource is about. A key tells more than the machine on
// which it was used, and a container's task more than the machine under it.
func about(v *normalize.Values, account string) sekisho.Actor {
	c := credentials{key: v.Text(fKey), principal: v.Text(fPrincipal), kind: v.Text(fUserType), name: v.Text(fUserName), account: account, agent: v.Text(fCallAgent)}
	if c.kind == "AWSAccount" {
		c.account = v.Text(fCallAccount) // its own is another than the finding's
	}
	switch {
	case !c.zero():
		return c.actor()
	case v.Has(fFunction):
		return machine(unqualified(v.Text(fFunction)), "function", account)
	case lastPart(v.Text(fTask)) != "":
		return machine(lastPart(v.Text(fTask)), "task", account) // by which its role's sessions are named
	case v.Has(fInstance):
		return machine(v.Text(fInstance), "instance", account)
	}
	return nobody()
}

// Activities of Detection Finding.
const (
	findingCreate = 1
	findingUpdate = 2
)

// activity is whether a finding is new or tells of more of the same.
func activity(e *sekisho.Event, v *normalize.Values) uint8 {
	updated, ok := clock(v.Raw(fUpdated))
	if !ok {
		updated = e.Time.UnixNano()
	}
	created, ok := clock(v.Raw(fCreated))
	if n, err := strconv.Atoi(v.Text(fCount)); err == nil && n > 1 || ok && updated > created {
		return findingUpdate
	}
	return findingCreate
}

// gravity is a severity, which goes from 1 to 10, as a report has it.
func gravity(severity string) int64 {
	s, err := strconv.ParseFloat(severity, 64)
	if err != nil || s != s {
		return 1
	}
	return int64(min(max(s*10+0.5, 1), 100))
}

// target is the resource that a finding names, as exactly as it does.
func target(v *normalize.Values) string {
	bucket := ""
	rawjson.Each(v.Raw(fBuckets), func(b []byte) {
		if bucket == "" {
			bucket = first(text(b, "arn"), text(b, "name"))
		}
	})
	switch v.Text(fResource) {
	case "AccessKey":
		return v.First(fKey, fPrincipal, fUserName)
	case "Instance":
		return v.First(fInstance)
	case "EKSCluster", "KubernetesCluster":
		return v.First(fEKS, fInstance)
	}
	return first(bucket, v.First(fFunction, fDatabase, fTask, fECS, fEKS, fInstance, fKey))
}

// remote is the other side's address: who called, connected or probed, or was connected
// to.
func remote(v *normalize.Values) string {
	for f := fCallFrom; f <= fLoginFrom6; f++ {
		if !v.Has(f) {
			continue
		}
		if ip := v.Address(f); ip != "" {
			return ip
		}
	}
	ip := ""
	rawjson.Each(v.Raw(fProbes), func(probe []byte) {
		for _, key := range [...]string{"remoteIpDetails", "RemoteIpDetails"} {
			if details, ok := rawjson.Get(probe, key); ok && ip == "" {
				ip = address(details)
			}
		}
	})
	rawjson.Each(v.Raw(fEndpoints), func(endpoint []byte) {
		if ip == "" {
			ip = parsed(text(endpoint, "ip"))
		}
	})
	return ip
}

func address(details []byte) string {
	if len(details) == 0 {
		return ""
	}
	ip := text(details, "ipAddressV4")
	if ip == "" {
		ip = text(details, "ipAddressV6")
	}
	return parsed(ip)
}

// parsed is an address in its usual form, "" if it is none.
func parsed(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return ""
	}
	return a.Unmap().WithZone("").String()
}

// text is rawjson.Text in both spellings of keys.
func text(raw []byte, path ...string) string {
	if t := rawjson.Text(raw, path...); t != "" {
		return t
	}
	other := make([]string, len(path))
	for i, p := range path {
		other[i] = capital(p)
	}
	return rawjson.Text(raw, other...)
}

// moment reads a time of a sequence: seconds or milliseconds in the API, with a fraction
// perhaps, a date in its clients' answers. The trail has whole seconds.
func moment(t string) time.Time {
	whole, _, _ := strings.Cut(t, ".")
	ns, ok := normalize.Unix([]byte(whole))
	if !ok {
		ns, ok = clock([]byte(t))
	}
	if !ok {
		return time.Time{}
	}
	return time.Unix(0, ns).UTC().Truncate(time.Second)
}
