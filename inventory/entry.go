// Package inventory holds what is known about permissions and resources, as of
// the event at hand: from an inventory file, from changes seen in the trail,
// and from privileged use that an identity has itself demonstrated.
package inventory

import "github.com/sekisho/sekisho"

// Entry is what an inventory file says of one identity.
type Entry struct {
	// Profiles are the ARNs under which machines are given the role.
	Profiles       []string
	Identity       sekisho.Ref
	Power          sekisho.Power
	TrustsAccounts []string // accounts that may assume it
	TrustsServices []string // the provider's services that may assume it
}
