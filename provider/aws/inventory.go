package aws

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/inventory"
)

// inventoryBytesMax caps an inventory file. 5,000 users and 5,000 roles, the
// highest quotas of one account, with their policies are some tens of MB.
const inventoryBytesMax = 256 << 20

const inventoryHelp = "make it with: aws iam get-account-authorization-details > FILE"

// authorizationDetails is the output of GetAccountAuthorizationDetails, as far
// as it matters here. Documents are objects in the command line's output and
// URL-encoded strings in the API's.
type authorizationDetails struct {
	UserDetailList  []principalDetail
	RoleDetailList  []principalDetail
	GroupDetailList []principalDetail
	Policies        []struct {
		Arn               string
		DefaultVersionID  string `json:"DefaultVersionId"`
		PolicyVersionList []struct {
			VersionID        string `json:"VersionId"`
			IsDefaultVersion bool
			Document         json.RawMessage
		}
	}
}

// principalDetail is a user, a role or a group; each has some of the fields.
type principalDetail struct {
	UserName, UserID         string
	RoleName, RoleID         string
	GroupName, GroupID       string
	Arn                      string
	UserPolicyList           []inlinePolicy
	RolePolicyList           []inlinePolicy
	GroupPolicyList          []inlinePolicy
	AttachedManagedPolicies  []struct{ PolicyArn string }
	GroupList                []string
	InstanceProfileList      []struct{ Arn string }
	PermissionsBoundary      *struct{ PermissionsBoundaryArn string }
	AssumeRolePolicyDocument json.RawMessage
}

type inlinePolicy struct {
	PolicyName     string
	PolicyDocument json.RawMessage
}

// ReadInventory reads the output of `aws iam get-account-authorization-details`
// into what is known of each user and role: users first, then roles, in the
// file's order. Several documents one after another (pages, accounts) are read
// as one. The file is at most 256 MiB. A policy that cannot be read makes its
// holder's power unknown unless the others already say more.
func ReadInventory(r io.Reader) ([]inventory.Entry, error) {
	return readInventory(r, inventoryBytesMax)
}

// readInventory is ReadInventory for files of at most bytesMax.
func readInventory(r io.Reader, bytesMax int64) ([]inventory.Entry, error) {
	limited := &io.LimitedReader{R: r, N: bytesMax + 1}
	decoder := json.NewDecoder(limited)
	var all authorizationDetails
	for page := 1; ; page++ {
		var d authorizationDetails
		err := decoder.Decode(&d)
		if limited.N <= 0 {
			return nil, fmt.Errorf("read inventory: the file is larger than %d MiB; split it by account", bytesMax>>20)
		}
		if err == io.EOF && page > 1 {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read inventory: document %d%s: %w; %s", page, jsonPath(err), err, inventoryHelp)
		}
		all.UserDetailList = append(all.UserDetailList, d.UserDetailList...)
		all.RoleDetailList = append(all.RoleDetailList, d.RoleDetailList...)
		all.GroupDetailList = append(all.GroupDetailList, d.GroupDetailList...)
		all.Policies = append(all.Policies, d.Policies...)
	}
	if len(all.UserDetailList)+len(all.RoleDetailList) == 0 {
		return nil, errors.New("read inventory: $.UserDetailList and $.RoleDetailList are both absent or empty; " + inventoryHelp)
	}
	return all.entries(), nil
}

// jsonPath says where in a document a type was wrong.
func jsonPath(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return " at $." + wrong.Field
	}
	return ""
}

func (d *authorizationDetails) entries() []inventory.Entry {
	managed := d.managed()
	groups := make(map[string]*holding, len(d.GroupDetailList))
	for i := range d.GroupDetailList {
		g := &d.GroupDetailList[i]
		h := &holding{}
		h.take(g, g.GroupPolicyList, managed)
		groups[arnField(g.Arn, 4)+"/"+g.GroupName] = h
	}
	out := make([]inventory.Entry, 0, len(d.UserDetailList)+len(d.RoleDetailList))
	for i := range d.UserDetailList {
		u := &d.UserDetailList[i]
		h := &holding{}
		h.take(u, u.UserPolicyList, managed)
		for _, name := range u.GroupList {
			h.join(groups[arnField(u.Arn, 4)+"/"+name])
		}
		out = append(out, inventory.Entry{
			Identity: sekisho.Ref{ID: u.UserID, Name: u.UserName, ARN: u.Arn, Account: arnField(u.Arn, 4), Type: "user"},
			Power:    h.power(u, managed),
		})
	}
	for i := range d.RoleDetailList {
		r := &d.RoleDetailList[i]
		h := &holding{}
		h.take(r, r.RolePolicyList, managed)
		trust, _ := parsePolicy(r.AssumeRolePolicyDocument)
		g := grantees(trust)
		var profiles []string
		for _, p := range r.InstanceProfileList {
			profiles = append(profiles, p.Arn)
		}
		out = append(out, inventory.Entry{
			Profiles:       profiles,
			Identity:       sekisho.Ref{ID: r.RoleID, Name: r.RoleName, ARN: r.Arn, Account: arnField(r.Arn, 4), Type: "role"},
			Power:          h.power(r, managed),
			TrustsAccounts: g.Accounts,
			TrustsServices: sortedSet(append(g.Services, g.Federated...)),
		})
	}
	return out
}

// managedDoc is a managed policy's version in force.
type managedDoc struct {
	statements []statement
	read       bool
}

// managed is the managed policies of the file by ARN.
func (d *authorizationDetails) managed() map[string]managedDoc {
	out := make(map[string]managedDoc, len(d.Policies))
	for i := range d.Policies {
		p := &d.Policies[i]
		for _, v := range p.PolicyVersionList {
			if v.IsDefaultVersion || v.VersionID == p.DefaultVersionID {
				s, ok := parsePolicy(v.Document)
				out[p.Arn] = managedDoc{s, ok}
				break
			}
		}
	}
	return out
}

// holding is everything that grants something to one identity.
type holding struct {
	statements []statement   // of documents that could be read
	known      sekisho.Power // of AWS policies known by name only
	unread     bool          // some document was absent or could not be read
}

// take adds what a user, role or group holds directly.
func (h *holding) take(d *principalDetail, inline []inlinePolicy, managed map[string]managedDoc) {
	for _, p := range inline {
		s, ok := parsePolicy(p.PolicyDocument)
		h.statements = append(h.statements, s...)
		h.unread = h.unread || !ok
	}
	for _, a := range d.AttachedManagedPolicies {
		if doc, ok := managed[a.PolicyArn]; ok {
			h.statements = append(h.statements, doc.statements...)
			h.unread = h.unread || !doc.read
		} else if p := managedPower(a.PolicyArn); p != sekisho.PowerUnknown {
			h.known = max(h.known, p)
		} else {
			h.unread = true
		}
	}
}

// join adds what a group gives; nil for a group that the file does not describe.
func (h *holding) join(g *holding) {
	if g == nil {
		h.unread = true
		return
	}
	h.statements = append(h.statements, g.statements...)
	h.known = max(h.known, g.known)
	h.unread = h.unread || g.unread
}

// power is the power of all that is held, at most what the boundary leaves. The
// true permissions are the intersection of both, so this is an upper bound. A
// boundary whose text is unknown leaves at most PowerIssues: it exists to hold
// something back.
func (h *holding) power(d *principalDetail, managed map[string]managedDoc) sekisho.Power {
	power := max(powerOf(h.statements), h.known)
	if b := d.PermissionsBoundary; b != nil {
		bound := managedPower(b.PermissionsBoundaryArn)
		if doc, ok := managed[b.PermissionsBoundaryArn]; ok && doc.read {
			bound = powerOf(doc.statements)
		} else if bound == sekisho.PowerUnknown {
			bound = sekisho.PowerIssues
		}
		power = min(power, bound)
	}
	if h.unread && power == sekisho.PowerLimited {
		return sekisho.PowerUnknown
	}
	return power
}
