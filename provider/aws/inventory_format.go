package aws

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
)

// InventorySource is the name of the feed of what the collector read. Nobody may
// deliver to it: who could would say who holds what power.
const InventorySource = "aws-inventory"

// inventorySchema is in every inventory record, and in no other record.
const inventorySchema = "sekisho.inventory/v1"

const (
	// InventoryRecordMax is the longest inventory record, in bytes. A user in ten groups, each with
	// the ten managed policies of 6 KB that quotas allow by default, is some 800 KB.
	InventoryRecordMax = 1 << 20
	// inventoryIDMax is the longest name of a thing: AWS allows 2,048 characters
	// for an ARN.
	inventoryIDMax = 2 << 10
)

// InventoryKind is what sort of thing an inventory record is about.
type InventoryKind string

// The kinds, and what stands in the document of each. Members have the names
// that AWS's own output gives them; documents of policies are objects. Unread lists
// the members that could not be read, for which none stands there.
const (
	// InventoryUser, InventoryRole: what `aws iam get-account-authorization-details` says
	// of one alone, so that its power follows from the record: UserDetailList or
	// RoleDetailList with one element, GroupDetailList with the user's groups, and
	// Policies with each managed policy that any of them holds, by the version in
	// force. Of a user LoginProfile and AccessKeys (ids and states), too.
	InventoryUser InventoryKind = "user"
	InventoryRole InventoryKind = "role"
	// InventoryGroup: GroupDetailList with one element, and Policies.
	InventoryGroup InventoryKind = "group"
	// InventoryPolicy: Policies with one element, a customer's managed policy.
	InventoryPolicy InventoryKind = "policy"
	// InventoryFunction: Configuration (of environment values a hash only), Aliases,
	// Versions, EventSourceMappings, FunctionUrlConfigs, Policy,
	// ReservedConcurrentExecutions.
	InventoryFunction InventoryKind = "function"
	// InventoryInstance: InstanceId, IamInstanceProfile (its ARN) and NetworkInterfaces.
	InventoryInstance InventoryKind = "instance"
	// InventoryShare: Type ("snapshot" or "image") and With, the accounts that may
	// use it; "*" is everyone.
	InventoryShare InventoryKind = "share"
)

var inventoryKinds = []InventoryKind{InventoryUser, InventoryRole, InventoryGroup, InventoryPolicy, InventoryFunction, InventoryInstance, InventoryShare}

// InventoryRecord is one thing in an account as the collector read it.
type InventoryRecord struct {
	At      time.Time // when reading began; whole seconds
	Account string    // twelve digits
	Region  string    // where it was read; of IAM, which has none, the region asked
	Kind    InventoryKind
	ID      string // its ARN
	// Gone says that it is no longer there; Document is then empty.
	Gone     bool
	Document json.RawMessage
}

// inventoryLine is an InventoryRecord as it is written down.
type inventoryLine struct {
	Schema   string          `json:"schema"`
	At       time.Time       `json:"at"`
	Account  string          `json:"account"`
	Region   string          `json:"region"`
	Kind     InventoryKind   `json:"kind"`
	ID       string          `json:"id"`
	Gone     bool            `json:"gone,omitempty"`
	Document json.RawMessage `json:"document,omitempty"`
}

// JSON is the record as one line of text. What is too long, or no record, is an
// error that names the thing.
func (r *InventoryRecord) JSON() ([]byte, error) {
	raw, err := json.Marshal(inventoryLine{inventorySchema, r.At.UTC().Truncate(time.Second), r.Account, r.Region, r.Kind, r.ID, r.Gone, r.Document})
	if err != nil {
		return nil, fmt.Errorf("write the inventory record of %s: %w", r.ID, err)
	}
	if _, err := readInventoryLine(raw); err != nil {
		return nil, fmt.Errorf("write the inventory record of %s: %w", r.ID, err)
	}
	return raw, nil
}

// Inventory is the format of what the collector writes: one JSON object a line. The
// compact form is the record as it came.
func Inventory() normalize.Format {
	return normalize.Format{Name: InventorySource, Own: true, Compact: compactInventory,
		NewExpander: func() normalize.Expander { return &inventoryExpander{} }}
}

// compactInventory is normalize.Format.Compact. A record of another format may
// hold the schema's name somewhere, put there by whoever chose a parameter: it is
// ours only where it stands as the record's own schema.
func compactInventory(dst, raw []byte) ([]byte, normalize.Key, normalize.Verdict, string) {
	if !bytes.Contains(raw, []byte(inventorySchema)) {
		return dst, normalize.Key{}, normalize.NotMine, ""
	}
	l, err := readInventoryLine(raw)
	switch {
	case errors.Is(err, errNoInventory):
		return dst, normalize.Key{}, normalize.NotMine, ""
	case err != nil:
		return dst, normalize.Key{}, normalize.Unreadable, err.Error()
	}
	sum := sha256.Sum256(raw)
	return append(dst, raw...), normalize.Key{Time: l.At.UnixNano(), Hi: binary.BigEndian.Uint64(sum[:8]), Lo: binary.BigEndian.Uint64(sum[8:16])}, normalize.Read, ""
}

var errNoInventory = errors.New("not an inventory record")

// readInventoryLine reads and checks a record, but for what is in its document.
func readInventoryLine(raw []byte) (*inventoryLine, error) {
	if len(raw) > InventoryRecordMax {
		return nil, fmt.Errorf("an inventory record longer than %d KiB", InventoryRecordMax>>10)
	}
	var l inventoryLine
	if err := json.Unmarshal(raw, &l); err != nil || l.Schema != inventorySchema {
		if l.Schema != inventorySchema {
			return nil, errNoInventory
		}
		return nil, errors.New("an inventory record with a value of the wrong type")
	}
	switch y := l.At.UTC().Year(); {
	case y < 1970 || y > 2200: // outside, nanoseconds do not fit
		return nil, errors.New("an inventory record without a time")
	case !isAccount(l.Account):
		return nil, errors.New("an inventory record whose account is none")
	case len(l.Region) > 64 || l.ID == "" || len(l.ID) > inventoryIDMax:
		return nil, errors.New("an inventory record without a usable region and id")
	case !slices.Contains(inventoryKinds, l.Kind):
		return nil, errors.New("an inventory record of an unknown kind")
	case !l.Gone && (len(l.Document) == 0 || l.Document[0] != '{'):
		return nil, errors.New("an inventory record without a document")
	}
	return &l, nil
}

// InventoryDocument answers under which name the document of an inventory record
// is to be kept, "account/region/kind/id": the latest is what a response restores.
// compact is what Inventory's Compact made, which says of what is gone that it is;
// false for anything else.
func InventoryDocument(compact []byte) (key string, ok bool) {
	if !bytes.Contains(compact, []byte(inventorySchema)) {
		return "", false
	}
	l, err := readInventoryLine(compact)
	if err != nil {
		return "", false
	}
	return l.Account + "/" + l.Region + "/" + string(l.Kind) + "/" + l.ID, true
}

type inventoryExpander struct{ effects []sekisho.Effect }

// Expand implements normalize.Expander. A document that says less than it should
// yields fewer facts, never an error: it is in the log, and is read again.
func (x *inventoryExpander) Expand(e *sekisho.Event, raw []byte) error {
	l, err := readInventoryLine(raw)
	if err != nil {
		return err
	}
	received := e.ReceivedAt
	sum := sha256.Sum256(raw)
	*e = sekisho.Event{ID: "sha256:" + hex.EncodeToString(sum[:8]), Time: l.At.UTC(), ReceivedAt: received, Source: InventorySource, Kind: sekisho.Inventory,
		Account: l.Account, Region: l.Region, Service: "sekisho", Action: "Collect", Level: sekisho.LevelRead, Topic: inventoryTopics[l.Kind], Target: l.ID,
		Params: l.Document}
	x.effects = l.effects(x.effects[:0])
	e.Effects = x.effects
	return nil
}

var inventoryTopics = map[InventoryKind]sekisho.Topic{InventoryUser: sekisho.TopicIdentity, InventoryRole: sekisho.TopicIdentity,
	InventoryGroup: sekisho.TopicIdentity, InventoryPolicy: sekisho.TopicIdentity, InventoryFunction: sekisho.TopicFunction,
	InventoryInstance: sekisho.TopicCompute, InventoryShare: sekisho.TopicCompute}

// effects are the facts of a record.
func (l *inventoryLine) effects(dst []sekisho.Effect) []sekisho.Effect {
	switch l.Kind {
	case InventoryUser, InventoryRole, InventoryGroup, InventoryPolicy:
		return l.identityFacts(dst)
	case InventoryFunction:
		return l.functionFacts(dst)
	case InventoryInstance:
		id := lastPart(l.ID)
		if l.Gone {
			return append(dst, sekisho.Effect{Kind: sekisho.Gone, What: "machine", Workload: id})
		}
		var d struct {
			IamInstanceProfile struct{ Arn string }
			NetworkInterfaces  []struct {
				NetworkInterfaceId string
				Addresses          []string
			}
		}
		_ = json.Unmarshal(l.Document, &d)
		for _, i := range d.NetworkInterfaces[:min(len(d.NetworkInterfaces), sekisho.WithMost)] {
			dst = append(dst, sekisho.Effect{Kind: sekisho.Attached, Workload: id, Resource: i.NetworkInterfaceId, With: bounded(i.Addresses)})
		}
		if d.IamInstanceProfile.Arn == "" { // it has no role
			return append(dst, sekisho.Effect{Kind: sekisho.Gone, What: "role", Workload: id})
		}
		return append(dst, sekisho.Effect{Kind: sekisho.RunsAs, Workload: id, Identity: arnRef(d.IamInstanceProfile.Arn)})
	default: // InventoryShare
		var d struct {
			Type string
			With []string
		}
		_ = json.Unmarshal(l.Document, &d)
		// Changes name snapshots and images by their id.
		return append(dst, sekisho.Effect{Kind: sekisho.Shared, What: d.Type, Resource: lastPart(l.ID), With: bounded(d.With)})
	}
}

// identityFacts are those of users, roles, groups and policies: what power they
// hold or give, and who may assume them.
func (l *inventoryLine) identityFacts(dst []sekisho.Effect) []sekisho.Effect {
	if l.Gone {
		if l.Kind == InventoryPolicy {
			return append(dst, sekisho.Effect{Kind: sekisho.Gone, What: "policy", Policy: l.ID})
		}
		return append(dst, sekisho.Effect{Kind: sekisho.Gone, What: "identity", Identity: arnRef(l.ID)})
	}
	var d authorizationDetails
	if json.Unmarshal(l.Document, &d) != nil {
		return dst
	}
	switch l.Kind {
	case InventoryPolicy:
		doc, managed := d.managed()[l.ID], d.Policies
		if !doc.read || len(managed) != 1 {
			return dst
		}
		return append(dst, sekisho.Effect{Kind: sekisho.HoldsPower, Policy: l.ID, Resource: managed[0].DefaultVersionID, Power: powerOf(doc.statements)})
	case InventoryGroup:
		if len(d.GroupDetailList) == 0 {
			return dst
		}
		g, managed := &d.GroupDetailList[0], d.managed()
		h := &holding{}
		h.take(g, g.GroupPolicyList, managed)
		ref := sekisho.Ref{ID: g.GroupID, Name: g.GroupName, ARN: l.ID, Account: l.Account, Type: "group"}
		return append(dst, sekisho.Effect{Kind: sekisho.HoldsPower, Identity: ref, Power: h.power(g, managed)})
	}
	for _, entry := range d.entries() {
		if entry.Identity.ARN != l.ID {
			continue
		}
		dst = append(dst, sekisho.Effect{Kind: sekisho.HoldsPower, Identity: entry.Identity, Power: entry.Power})
		if entry.Identity.Type != "role" {
			continue
		}
		for i := range d.RoleDetailList {
			if r := &d.RoleDetailList[i]; r.Arn == l.ID {
				if trust, ok := parsePolicy(r.AssumeRolePolicyDocument); ok {
					dst = append(dst, sekisho.Effect{Kind: sekisho.Trusts, Identity: entry.Identity, With: bounded(trustees(trust))})
				}
			}
		}
		for _, profile := range entry.Profiles {
			dst = append(dst, sekisho.Effect{Kind: sekisho.RunsAs, Workload: profile, Identity: entry.Identity})
		}
	}
	return dst
}

// functionFacts are what role a function runs with, and who else may run it.
func (l *inventoryLine) functionFacts(dst []sekisho.Effect) []sekisho.Effect {
	_, name, ok := cutLast(l.ID, ":function:")
	if !ok {
		return dst
	}
	alias := functionAlias(l.Account, name)
	if l.Gone {
		return append(dst, sekisho.Effect{Kind: sekisho.Gone, What: "function", Workload: l.ID, Alias: alias, Resource: l.ID})
	}
	var d struct {
		Configuration struct{ Role string }
		Policy        json.RawMessage
		Unread        []string
	}
	_ = json.Unmarshal(l.Document, &d)
	if role := arnRef(d.Configuration.Role); role.Type == "role" {
		dst = append(dst, sekisho.Effect{Kind: sekisho.RunsAs, Workload: l.ID, Alias: alias, Identity: role})
	}
	if slices.Contains(d.Unread, "Policy") { // shared or not: nobody could look
		return dst
	}
	var with []string
	if statements, ok := parsePolicy(d.Policy); ok {
		for _, a := range grantees(statements).Accounts {
			if a != l.Account {
				with = append(with, a)
			}
		}
	}
	return append(dst, sekisho.Effect{Kind: sekisho.Shared, What: "function", Resource: l.ID, With: bounded(with)})
}

// trustees are whom the Allow statements of a trust policy let in, as specific as
// they are named; "*" is narrowed to the accounts or the organisation of its
// conditions. Deny statements are not subtracted.
func trustees(statements []statement) []string {
	var out []string
	for i := range statements {
		s := &statements[i]
		if s.Deny {
			continue
		}
		if s.NotPrincipal {
			out = append(out, "*")
		}
		for _, p := range s.Principals {
			switch {
			case p.Kind == "*":
				out = append(out, s.everyone()...)
			case p.Kind == "AWS" && arnField(p.Value, 4) != "" && p.Value == "arn:"+arnField(p.Value, 1)+":iam::"+arnField(p.Value, 4)+":root":
				out = append(out, arnField(p.Value, 4)) // the account, not its root user
			case p.Value != "":
				out = append(out, p.Value)
			}
		}
	}
	return sortedSet(out)
}

// bounded keeps the first of a sorted list, each no longer than a name may be.
func bounded(with []string) []string {
	with = slices.DeleteFunc(with, func(w string) bool { return len(w) > inventoryIDMax })
	return with[:min(len(with), sekisho.WithMost)]
}

// InventoryGlobal is the region of records about IAM, which has none: AWS's own
// name for it.
const InventoryGlobal = "aws-global"

// InventoryItem is one thing as it was read, before it is known whether it changed.
type InventoryItem struct {
	Kind     InventoryKind
	Region   string // "" for the collector's own
	ID       string // its ARN
	Document json.RawMessage
}

// InventoryReading is what one reading of an account brought.
type InventoryReading struct {
	Account, Region string
	Items           []InventoryItem
	Failed          []InventoryFailure
	// Whole are the kinds of which everything was listed: only of those is what is
	// missing gone.
	Whole []InventoryKind
}

// InventoryFailure is one thing that could not be read.
type InventoryFailure struct {
	What string // the permission that the call needs
	Err  error  // says what to do next
}

// InventoryPart reads some kinds of things beside those that every collector reads.
// It is how a service whose SDK is large stays in a package of its own.
type InventoryPart struct {
	Permissions []string // exactly what Read needs
	// Read adds to a reading, in which Account and Region are set. wait is called
	// before each call, and answers the context's error once that ends.
	Read func(ctx context.Context, wait func(context.Context) error, into *InventoryReading)
}
