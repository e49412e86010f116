package detections

import (
	"fmt"
	"strings"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// QuotaRaised fires when someone who never did so asks for a higher limit of
// the account, above all after recon or for accelerated machines.
//
// Why: the limits are all that stands between stolen access and its price.
var QuotaRaised = detect.Detection{
	ID:    "quota-raised",
	Title: "Higher limit of the account asked for",
	Why: "Limits are raised when a team grows into them, by those who run the account. Whoever comes to mine, to run models or to send mail meets them within the hour, " +
		"and asks for more before anything is running.",
	BlindTo:        []string{"what fits within the limits as they are", "requests made by way of a support ticket"},
	FalsePositives: []string{"a team that grows, and someone who asks for it for the first time"},
	Keys:           "the service whose limit it is",
	Phases:         []sekisho.Phase{"impact"},
	Attack:         []string{"T1578.005", "T1496"},
	Atlas:          []string{"AML.T0034"},
	Family:         sekisho.FamilyAction,
	Weight:         sekisho.Nat,
	Origin:         originPlain + "; one by itself, three with what else the lineage did",
	Feed:           detect.FeedManagementWrite,
	Cut:            "withdraw the request and disable the credential that made it",
	On:             detect.OnEffect(sekisho.RaiseQuota) | detect.OnTried,
	Match: func(s *detect.Scope, e *sekisho.Event) *detect.Hit {
		if byProvider(e) {
			return nil
		}
		asked := sought(e)
		var x *sekisho.Effect
		for i := range asked {
			if asked[i].Kind == sekisho.RaiseQuota {
				x = &asked[i]
				break
			}
		}
		if x == nil || s.Automated() || s.Usual(detect.Action, e.Name()) || ticket(s, e) != "" {
			return nil
		}
		h := &detect.Hit{Key: x.What, Reason: fmt.Sprintf("%s asked for a higher limit of %s (%s; %s), for the first time %s",
			who(&e.Actor), x.What, x.Resource, outcomeWords(e), inHistory(s, e))}
		after := ""
		for _, before := range [...]string{"scripted-recon", "recon-of-models", "services-never-used", "gpu-launched", "recon-of-defences"} {
			if _, fired := s.Fired(before); fired {
				after = before
				break
			}
		}
		switch {
		case after != "":
			h.Weight = 3 * sekisho.Nat
			h.Reason += "; the same lineage showed " + after + " before"
		case x.Accelerated || acceleratedLimit(x.Resource):
			h.Weight = 2 * sekisho.Nat
			h.Reason += "; it is a limit of accelerated machines"
		case vouched(s, e) || byConsole(e):
			return nil // people who run an account ask for more of it now and then
		}
		if !e.Succeeded() {
			h.Weight = max(h.Weight, sekisho.Nat) / 2
		}
		return h
	},
	Examples: []detect.Example{
		{Name: "a known key asks for more", Trace: `
			  D0 09:00:00 user/app storage:ListBuckets x60
			> D3 03:00:00 user/app billing:RequestQuota +quota(vcpus,what=compute)
			  D3 03:00:10 user/app billing:RequestQuota +quota(addresses,what=compute)
		`},
		{Name: "after accelerated machines were refused", Trace: `
			  D0 03:00:00 human/carol compute:RunInstances outcome=failed error=NoCapacity +launch(gpu.48xlarge,gpu)
			> D0 03:01:00 human/carol billing:RequestQuota +quota(L-1,what=compute)
		`},
		{Name: "a limit of machines with accelerators, and it is refused", Trace: `
			> D0 03:00:00 human/carol billing:RequestQuota outcome=denied +quota("Running GPU instances",what=compute)
		`},
		{Name: "a person who runs an account asks for more", Trace: `
			D0 09:00:00 human/carol billing:RequestQuota +quota(addresses,what=network)
			D3 09:00:00 sso/admin/bob billing:RequestQuota +quota(functions,what=function)
		`},
		{Name: "declared automation and a pipeline prepare an account", Trace: `
			D0 09:00:00 role/terraform-deployer/x billing:RequestQuota +quota(vcpus,what=compute)
			D0 09:10:00 ci/baseline/org billing:RequestQuota +quota(roles,what=identity)
		`},
		{Name: "limits are read", Trace: `
			D0 09:00:00 user/ops billing:ListQuotas,GetQuota
			D0 09:10:00 service/scaling billing:RequestQuota +quota(vcpus,what=compute)
		`},
	},
}

// acceleratedLimit reports whether a limit's name is about accelerators, where
// the provider gives it a name in words.
func acceleratedLimit(name string) bool {
	name = strings.ToLower(name)
	return strings.Contains(name, "gpu") || strings.Contains(name, "accelerat")
}
