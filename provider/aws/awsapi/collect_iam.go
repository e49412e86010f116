package awsapi

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sekisho/sekisho/provider/aws"
)

// iamCalls are the operations of IAM that are used.
type iamCalls struct {
	details func(context.Context, *iam.GetAccountAuthorizationDetailsInput, ...func(*iam.Options)) (*iam.GetAccountAuthorizationDetailsOutput, error)
	login   func(context.Context, *iam.GetLoginProfileInput, ...func(*iam.Options)) (*iam.GetLoginProfileOutput, error)
	keys    func(context.Context, *iam.ListAccessKeysInput, ...func(*iam.Options)) (*iam.ListAccessKeysOutput, error)
}

func newIAMCalls(c *iam.Client) iamCalls {
	return iamCalls{c.GetAccountAuthorizationDetails, c.GetLoginProfile, c.ListAccessKeys}
}

// The documents of identities: what `aws iam get-account-authorization-details`
// prints, as far as it decides who may do what, and no more: when a role was used
// last changes all the time and says nothing of permissions.
type (
	identityDocument struct {
		UserDetailList  []principalDocument `json:",omitempty"`
		RoleDetailList  []principalDocument `json:",omitempty"`
		GroupDetailList []principalDocument `json:",omitempty"`
		Policies        []policyDocument    `json:",omitempty"`
		// Of a user. LoginProfile is absent for one who has no password.
		LoginProfile *loginDocument      `json:",omitempty"`
		AccessKeys   []accessKeyDocument `json:",omitempty"`
		Unread       []string            `json:",omitempty"`
	}
	principalDocument struct {
		UserName                 string             `json:",omitempty"`
		UserID                   string             `json:"UserId,omitempty"`
		RoleName                 string             `json:",omitempty"`
		RoleID                   string             `json:"RoleId,omitempty"`
		GroupName                string             `json:",omitempty"`
		GroupID                  string             `json:"GroupId,omitempty"`
		Arn                      string             // always there
		Path                     string             `json:",omitempty"`
		CreateDate               *time.Time         `json:",omitempty"`
		AssumeRolePolicyDocument json.RawMessage    `json:",omitempty"`
		UserPolicyList           []inlineDocument   `json:",omitempty"`
		RolePolicyList           []inlineDocument   `json:",omitempty"`
		GroupPolicyList          []inlineDocument   `json:",omitempty"`
		AttachedManagedPolicies  []attachedDocument `json:",omitempty"`
		GroupList                []string           `json:",omitempty"`
		InstanceProfileList      []arnDocument      `json:",omitempty"`
		PermissionsBoundary      *boundaryDocument  `json:",omitempty"`
		Tags                     []tagDocument      `json:",omitempty"`
	}
	inlineDocument struct {
		PolicyName     string
		PolicyDocument json.RawMessage
	}
	attachedDocument struct{ PolicyName, PolicyArn string }
	arnDocument      struct{ Arn string }
	boundaryDocument struct{ PermissionsBoundaryType, PermissionsBoundaryArn string }
	tagDocument      struct{ Key, Value string }
	policyDocument   struct {
		Arn               string
		PolicyName        string `json:",omitempty"`
		DefaultVersionID  string `json:"DefaultVersionId"`
		PolicyVersionList []versionDocument
	}
	versionDocument struct {
		VersionID        string `json:"VersionId"`
		IsDefaultVersion bool
		Document         json.RawMessage
	}
	loginDocument struct {
		CreateDate            *time.Time `json:",omitempty"`
		PasswordResetRequired bool
	}
	accessKeyDocument struct {
		AccessKeyID string `json:"AccessKeyId"`
		Status      string
		CreateDate  *time.Time `json:",omitempty"`
	}
)

// readIdentities reads users, roles, groups and policies of the account.
func (c *Collector) readIdentities(ctx context.Context, r *aws.InventoryReading, of *scope) {
	const permission = "iam:GetAccountAuthorizationDetails"
	var users, roles, groups []principalDocument
	policies := map[string]policyDocument{}
	in := &iam.GetAccountAuthorizationDetailsInput{MaxItems: sdk.Int32(1000)}
	for page := 1; ; page++ {
		out, err := call(ctx, c.pace, permission, c.iam.details, in)
		if err == nil && page == pagesMost {
			err = fmt.Errorf("more than %d pages; please report it", pagesMost)
		}
		if err != nil {
			r.Failed = append(r.Failed, aws.InventoryFailure{What: permission, Err: fmt.Errorf("read users, roles, groups and policies of %s: %w", c.account, err)})
			return // a role without its policies would look harmless
		}
		for i := range out.UserDetailList {
			users = append(users, userDocument(&out.UserDetailList[i]))
		}
		for i := range out.RoleDetailList {
			roles = append(roles, roleDocument(&out.RoleDetailList[i]))
		}
		for i := range out.GroupDetailList {
			groups = append(groups, groupDocument(&out.GroupDetailList[i]))
		}
		for i := range out.Policies {
			p := managedDocument(&out.Policies[i])
			policies[p.Arn] = p
		}
		if !out.IsTruncated || sdk.ToString(out.Marker) == "" {
			break
		}
		in.Marker = out.Marker
	}

	byName := make(map[string]*principalDocument, len(groups))
	for i := range groups {
		byName[groups[i].GroupName] = &groups[i]
	}
	add := func(kind aws.InventoryKind, id string, d *identityDocument) {
		raw, err := json.Marshal(d)
		if err != nil {
			r.Failed = append(r.Failed, aws.InventoryFailure{What: id, Err: fmt.Errorf("write what was read of %s: %w; please report it", id, err)})
			return
		}
		r.Items = append(r.Items, aws.InventoryItem{Kind: kind, Region: aws.InventoryGlobal, ID: id, Document: raw})
	}
	// Policies and groups first, so that who holds them is judged by what they are now.
	for _, arn := range sortedKeys(policies) {
		if p := policies[arn]; !isAWSManaged(arn) {
			add(aws.InventoryPolicy, arn, &identityDocument{Policies: []policyDocument{p}})
		}
	}
	for i := range groups {
		g := &groups[i]
		add(aws.InventoryGroup, g.Arn, &identityDocument{GroupDetailList: []principalDocument{*g}, Policies: held(policies, g)})
	}
	for i := range roles {
		x := &roles[i]
		add(aws.InventoryRole, x.Arn, &identityDocument{RoleDetailList: []principalDocument{*x}, Policies: held(policies, x)})
	}
	trouble, seen := newTrouble(r), map[string]bool{}
	for i := range users {
		u := &users[i]
		d := identityDocument{UserDetailList: []principalDocument{*u}}
		holders := []*principalDocument{u}
		for _, name := range u.GroupList {
			if g := byName[name]; g != nil {
				d.GroupDetailList = append(d.GroupDetailList, *g)
				holders = append(holders, g)
			}
		}
		d.Policies = held(policies, holders...)
		k := key(aws.InventoryUser, aws.InventoryGlobal, u.Arn)
		seen[k] = true
		listed := sum(u)
		if was, ok := c.details[k]; ok && was.listed == listed && !of.wants(u.Arn, u.UserName) {
			d.LoginProfile, d.AccessKeys = was.user.LoginProfile, was.user.AccessKeys
			add(aws.InventoryUser, u.Arn, &d)
			continue
		}
		delete(c.details, k)
		if c.readCredentials(ctx, u.UserName, &d, trouble) {
			add(aws.InventoryUser, u.Arn, &d)
			if len(d.Unread) == 0 {
				c.details[k] = details{listed: listed, user: identityDocument{LoginProfile: d.LoginProfile, AccessKeys: d.AccessKeys}}
			}
		}
		if ctx.Err() != nil || trouble.enough() {
			break
		}
	}
	r.Whole = append(r.Whole, aws.InventoryRole, aws.InventoryGroup, aws.InventoryPolicy)
	if trouble.none() {
		r.Whole = append(r.Whole, aws.InventoryUser)
		c.forget(aws.InventoryUser, seen)
	}
}

// sum stands for what a list told of a thing.
func sum(document any) [sha256.Size]byte {
	raw, _ := json.Marshal(document) // what cannot be written is found out where it is told
	return sha256.Sum256(raw)
}

// readCredentials reads how a user can prove who it is: ids and states, never a
// secret. False where that failed: what was told of the user last then stands.
func (c *Collector) readCredentials(ctx context.Context, user string, d *identityDocument, t *trouble) bool {
	ok := t.read("iam:GetLoginProfile", "LoginProfile", user, &d.Unread, func(permission string) error {
		out, err := call(ctx, c.pace, permission, c.iam.login, &iam.GetLoginProfileInput{UserName: &user})
		if err == nil && out.LoginProfile != nil {
			d.LoginProfile = &loginDocument{out.LoginProfile.CreateDate, out.LoginProfile.PasswordResetRequired}
		}
		return err
	})
	return ok && t.read("iam:ListAccessKeys", "AccessKeys", user, &d.Unread, func(permission string) error {
		out, err := call(ctx, c.pace, permission, c.iam.keys, &iam.ListAccessKeysInput{UserName: &user})
		if err != nil {
			return err
		}
		for _, k := range out.AccessKeyMetadata { // two at most
			d.AccessKeys = append(d.AccessKeys, accessKeyDocument{sdk.ToString(k.AccessKeyId), string(k.Status), k.CreateDate})
		}
		slices.SortFunc(d.AccessKeys, func(a, b accessKeyDocument) int { return cmp.Compare(a.AccessKeyID, b.AccessKeyID) })
		return nil
	})
}

// held are the managed policies that any of the holders has, by the version in
// force.
func held(policies map[string]policyDocument, holders ...*principalDocument) []policyDocument {
	arns := map[string]bool{}
	for _, h := range holders {
		for _, a := range h.AttachedManagedPolicies {
			arns[a.PolicyArn] = true
		}
		if b := h.PermissionsBoundary; b != nil {
			arns[b.PermissionsBoundaryArn] = true
		}
	}
	var out []policyDocument
	for _, arn := range sortedKeys(arns) {
		p, ok := policies[arn]
		if !ok {
			continue
		}
		p.PolicyVersionList = slices.DeleteFunc(slices.Clone(p.PolicyVersionList), func(v versionDocument) bool { return !v.IsDefaultVersion })
		out = append(out, p)
	}
	return out
}

func userDocument(u *types.UserDetail) principalDocument {
	return principalDocument{UserName: sdk.ToString(u.UserName), UserID: sdk.ToString(u.UserId), Arn: sdk.ToString(u.Arn), Path: sdk.ToString(u.Path),
		CreateDate: u.CreateDate, UserPolicyList: inline(u.UserPolicyList), AttachedManagedPolicies: attached(u.AttachedManagedPolicies),
		GroupList: slices.Sorted(slices.Values(u.GroupList)), PermissionsBoundary: boundary(u.PermissionsBoundary), Tags: tags(u.Tags)}
}

func roleDocument(x *types.RoleDetail) principalDocument {
	d := principalDocument{RoleName: sdk.ToString(x.RoleName), RoleID: sdk.ToString(x.RoleId), Arn: sdk.ToString(x.Arn), Path: sdk.ToString(x.Path),
		CreateDate: x.CreateDate, AssumeRolePolicyDocument: policyText(x.AssumeRolePolicyDocument), RolePolicyList: inline(x.RolePolicyList),
		AttachedManagedPolicies: attached(x.AttachedManagedPolicies), PermissionsBoundary: boundary(x.PermissionsBoundary), Tags: tags(x.Tags)}
	for _, p := range x.InstanceProfileList {
		d.InstanceProfileList = append(d.InstanceProfileList, arnDocument{sdk.ToString(p.Arn)})
	}
	slices.SortFunc(d.InstanceProfileList, func(a, b arnDocument) int { return cmp.Compare(a.Arn, b.Arn) })
	return d
}

func groupDocument(g *types.GroupDetail) principalDocument {
	return principalDocument{GroupName: sdk.ToString(g.GroupName), GroupID: sdk.ToString(g.GroupId), Arn: sdk.ToString(g.Arn), Path: sdk.ToString(g.Path),
		CreateDate: g.CreateDate, GroupPolicyList: inline(g.GroupPolicyList), AttachedManagedPolicies: attached(g.AttachedManagedPolicies)}
}

func managedDocument(p *types.ManagedPolicyDetail) policyDocument {
	d := policyDocument{Arn: sdk.ToString(p.Arn), PolicyName: sdk.ToString(p.PolicyName), DefaultVersionID: sdk.ToString(p.DefaultVersionId)}
	for _, v := range p.PolicyVersionList { // five at most
		d.PolicyVersionList = append(d.PolicyVersionList, versionDocument{sdk.ToString(v.VersionId), v.IsDefaultVersion, policyText(v.Document)})
	}
	slices.SortFunc(d.PolicyVersionList, func(a, b versionDocument) int { return cmp.Compare(a.VersionID, b.VersionID) })
	return d
}

func inline(list []types.PolicyDetail) []inlineDocument {
	var out []inlineDocument
	for _, p := range list {
		out = append(out, inlineDocument{sdk.ToString(p.PolicyName), policyText(p.PolicyDocument)})
	}
	slices.SortFunc(out, func(a, b inlineDocument) int { return cmp.Compare(a.PolicyName, b.PolicyName) })
	return out
}

func attached(list []types.AttachedPolicy) []attachedDocument {
	var out []attachedDocument
	for _, p := range list {
		out = append(out, attachedDocument{sdk.ToString(p.PolicyName), sdk.ToString(p.PolicyArn)})
	}
	slices.SortFunc(out, func(a, b attachedDocument) int { return cmp.Compare(a.PolicyArn, b.PolicyArn) })
	return out
}

func boundary(b *types.AttachedPermissionsBoundary) *boundaryDocument {
	if b == nil {
		return nil
	}
	return &boundaryDocument{string(b.PermissionsBoundaryType), sdk.ToString(b.PermissionsBoundaryArn)}
}

func tags(list []types.Tag) []tagDocument {
	var out []tagDocument
	for _, t := range list {
		out = append(out, tagDocument{sdk.ToString(t.Key), sdk.ToString(t.Value)})
	}
	slices.SortFunc(out, func(a, b tagDocument) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

// policyText is a policy document, which the API gives URL-encoded, as the object
// that it is; as text where it is none.
func policyText(s *string) json.RawMessage {
	if s == nil {
		return nil
	}
	plain, err := url.PathUnescape(*s)
	if err != nil {
		plain = *s
	}
	var out bytes.Buffer
	if json.Compact(&out, []byte(plain)) == nil && out.Len() > 0 && out.Bytes()[0] == '{' {
		return out.Bytes()
	}
	text, _ := json.Marshal(plain)
	return text
}

// isAWSManaged reports whether a policy is one of AWS's own, the same everywhere.
func isAWSManaged(arn string) bool { return accountOf(arn) == "aws" }
