package inventory

import (
	"slices"
	"sort"

	"github.com/sekisho/sekisho"
)

// Snapshot is the store in a form that can be written down; sorted, so that
// equal stores give equal bytes.
type Snapshot struct {
	Facts    []FactSnapshot `json:"facts"`
	Policies []FactSnapshot `json:"policies"`
	Roles    []RoleSnapshot `json:"roles"`
	Ours     []string       `json:"ours"`
	// Trusts and Shares are empty in what was written before there were collectors.
	Trusts []PartySnapshot `json:"trusts,omitzero"`
	Shares []PartySnapshot `json:"shares,omitzero"`
	// Machines are empty in what was written before the network was read.
	Machines []MachineSnapshot `json:"machines,omitzero"`
}

// MachineSnapshot is the machine of one network interface.
type MachineSnapshot struct {
	Interface string `json:"interface"`
	Machine   string `json:"machine"`
}

// PartySnapshot is whom a role trusts, or with whom a resource is shared.
type PartySnapshot struct {
	Name string   `json:"name"`
	With []string `json:"with"`
	At   int64    `json:"at"` // unix seconds
}

// FactSnapshot is what is known of one identity or policy.
type FactSnapshot struct {
	Identity sekisho.Ref   `json:"identity"`
	Power    sekisho.Power `json:"power"`
	Basis    sekisho.Basis `json:"basis"`
	At       int64         `json:"at,omitzero"` // unix seconds as of which it was collected
}

// RoleSnapshot is the role of one workload.
type RoleSnapshot struct {
	Workload string      `json:"workload"`
	Role     sekisho.Ref `json:"role"`
}

// Snapshot copies the store.
func (s *Store) Snapshot() Snapshot {
	var out Snapshot
	seen := map[*fact]bool{}
	for _, m := range []map[string]*fact{s.byID, s.byARN, s.byName} {
		for _, f := range m {
			if !seen[f] {
				seen[f] = true
				out.Facts = append(out.Facts, FactSnapshot{s.present(f), f.power, f.basis, f.at})
			}
		}
	}
	sort.Slice(out.Facts, func(i, j int) bool { return less(out.Facts[i].Identity, out.Facts[j].Identity) })
	for arn, f := range s.policies {
		out.Policies = append(out.Policies, FactSnapshot{sekisho.Ref{ARN: arn}, f.power, f.basis, 0})
	}
	sort.Slice(out.Policies, func(i, j int) bool { return less(out.Policies[i].Identity, out.Policies[j].Identity) })
	for w, r := range s.roles {
		out.Roles = append(out.Roles, RoleSnapshot{w, r})
	}
	sort.Slice(out.Roles, func(i, j int) bool { return out.Roles[i].Workload < out.Roles[j].Workload })
	for a := range s.ours {
		out.Ours = append(out.Ours, a)
	}
	sort.Strings(out.Ours)
	out.Trusts, out.Shares = parties(s.trusts), parties(s.shares)
	for i, m := range s.machines {
		out.Machines = append(out.Machines, MachineSnapshot{i, m})
	}
	sort.Slice(out.Machines, func(i, j int) bool { return out.Machines[i].Interface < out.Machines[j].Interface })
	return out
}

// parties writes a table of parties down, sorted; nil for an empty one.
func parties(m map[string]party) []PartySnapshot {
	var out []PartySnapshot
	for name, p := range m {
		out = append(out, PartySnapshot{name, slices.Clone(p.with), p.at})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// present is a fact's identity by the names that still lead to it: an earlier
// identity keeps its id only once another one bears its name.
func (s *Store) present(f *fact) sekisho.Ref {
	r := f.ref
	if s.byARN[r.ARN] != f {
		r.ARN = ""
	}
	if s.byName[nameKey(r)] != f {
		r.Name, r.Account, r.Type = "", "", ""
	}
	return r
}

func less(a, b sekisho.Ref) bool {
	if a.ID != b.ID {
		return a.ID < b.ID
	}
	if a.ARN != b.ARN {
		return a.ARN < b.ARN
	}
	return a.Account+"/"+a.Type+"/"+a.Name < b.Account+"/"+b.Type+"/"+b.Name
}

// Restore adds a snapshot to the store. What an inventory file said wins over
// it: the file is newer. Only what a collector read goes before the file, which
// does not say when it was written.
func (s *Store) Restore(from Snapshot) {
	for _, x := range from.Facts {
		if f := s.at(x.Identity); x.At > f.at || f.basis < x.Basis || f.basis == sekisho.BasisNone {
			f.power, f.basis, f.at = x.Power, x.Basis, x.At
		}
	}
	for _, x := range from.Policies {
		s.policies[x.Identity.ARN] = fact{power: x.Power, basis: x.Basis}
	}
	for _, x := range from.Roles {
		s.roles[x.Workload] = x.Role
	}
	for _, a := range from.Ours {
		s.ours[a] = true
	}
	for _, x := range from.Machines {
		s.machines[x.Interface] = x.Machine
	}
	for _, x := range from.Trusts {
		s.note(s.trusts, x.Name, x.With, x.At)
	}
	for _, x := range from.Shares {
		s.note(s.shares, x.Name, x.With, x.At)
	}
}
