// Package awsec2 reads what EC2 tells of an account: which machines have which role,
// which snapshots and images others may use. It is apart from awsapi because the
// SDK's package for EC2 alone compiles for a minute.
package awsec2

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sekisho/sekisho/provider/aws"
)

// Permissions are exactly the permissions that Part uses. All read.
var Permissions = []string{
	"ec2:DescribeImageAttribute",
	"ec2:DescribeImages",
	"ec2:DescribeInstances",
	"ec2:DescribeSnapshotAttribute",
	"ec2:DescribeSnapshots",
}

const (
	// sharesMost is how many snapshots, and how many images, are asked for their
	// permissions in one reading: each is a call. The newest are; what everyone may
	// use is found among all.
	sharesMost = 500
	// listMost bounds what is listed of each kind.
	listMost  = 20_000
	pagesMost = 200
)

// calls are the operations of EC2 that are used.
type calls struct {
	instances func(context.Context, *ec2.DescribeInstancesInput, ...func(*ec2.Options)) (*ec2.DescribeInstancesOutput, error)
	snapshots func(context.Context, *ec2.DescribeSnapshotsInput, ...func(*ec2.Options)) (*ec2.DescribeSnapshotsOutput, error)
	snapshot  func(context.Context, *ec2.DescribeSnapshotAttributeInput, ...func(*ec2.Options)) (*ec2.DescribeSnapshotAttributeOutput, error)
	images    func(context.Context, *ec2.DescribeImagesInput, ...func(*ec2.Options)) (*ec2.DescribeImagesOutput, error)
	image     func(context.Context, *ec2.DescribeImageAttributeInput, ...func(*ec2.Options)) (*ec2.DescribeImageAttributeOutput, error)
}

// Part reads machines with their roles, and snapshots and images that others may
// use, of the configuration's region.
func Part(c sdk.Config) aws.InventoryPart {
	client := ec2.NewFromConfig(c)
	k := calls{client.DescribeInstances, client.DescribeSnapshots, client.DescribeSnapshotAttribute, client.DescribeImages, client.DescribeImageAttribute}
	return aws.InventoryPart{Permissions: Permissions, Read: k.read}
}

// reading is one reading at work.
type reading struct {
	calls
	wait func(context.Context) error
	into *aws.InventoryReading
}

func (k calls) read(ctx context.Context, wait func(context.Context) error, into *aws.InventoryReading) {
	r := &reading{k, wait, into}
	if r.readInstances(ctx) {
		into.Whole = append(into.Whole, aws.InventoryInstance)
	}
	snapshots, images := r.readSnapshots(ctx), r.readImages(ctx)
	if snapshots && images { // they are of one kind
		into.Whole = append(into.Whole, aws.InventoryShare)
	}
}

// failed notes what could not be read, and answers that it was not.
func (r *reading) failed(permission, what string, err error) bool {
	r.into.Failed = append(r.into.Failed, aws.InventoryFailure{What: permission, Err: fmt.Errorf("read the %s of %s in %s: %w", what, r.into.Account, r.into.Region, err)})
	return false
}

func (r *reading) add(kind aws.InventoryKind, resource string, document any) {
	id := "arn:" + partition(r.into.Region) + ":ec2:" + r.into.Region + ":" + r.into.Account + ":" + resource
	raw, err := json.Marshal(document)
	if err != nil {
		r.failed(id, resource, err)
		return
	}
	r.into.Items = append(r.into.Items, aws.InventoryItem{Kind: kind, ID: id, Document: raw})
}

// instanceDocument is a machine: what it runs as, and what a response would change.
type instanceDocument struct {
	InstanceID         string `json:"InstanceId"`
	IamInstanceProfile struct{ Arn string }
	ImageID            string   `json:"ImageId,omitempty"`
	SubnetID           string   `json:"SubnetId,omitempty"`
	SecurityGroups     []string `json:",omitempty"`
	// What the network's records name.
	NetworkInterfaces []interfaceDocument `json:",omitempty"`
}

type interfaceDocument struct {
	ID        string   `json:"NetworkInterfaceId"`
	Addresses []string `json:",omitempty"`
}

// readInstances reads the machines. True if all were read.
func (r *reading) readInstances(ctx context.Context) bool {
	const permission = "ec2:DescribeInstances"
	in := &ec2.DescribeInstancesInput{MaxResults: sdk.Int32(1000)}
	n := 0
	for page := 1; ; page++ {
		if r.wait(ctx) != nil {
			return false
		}
		out, err := r.instances(ctx, in)
		if err != nil {
			return r.failed(permission, "machines", err)
		}
		for _, group := range out.Reservations {
			for _, x := range group.Instances {
				if x.State != nil && x.State.Name == types.InstanceStateNameTerminated {
					continue
				}
				if n++; n > listMost {
					return r.failed(permission, "machines", fmt.Errorf("more than %d; the rest is left out", listMost))
				}
				d := instanceDocument{InstanceID: sdk.ToString(x.InstanceId), ImageID: sdk.ToString(x.ImageId), SubnetID: sdk.ToString(x.SubnetId)}
				if x.IamInstanceProfile != nil {
					d.IamInstanceProfile.Arn = sdk.ToString(x.IamInstanceProfile.Arn)
				}
				for _, i := range x.NetworkInterfaces {
					n := interfaceDocument{ID: sdk.ToString(i.NetworkInterfaceId)}
					for _, a := range i.PrivateIpAddresses {
						n.Addresses = append(n.Addresses, sdk.ToString(a.PrivateIpAddress))
					}
					d.NetworkInterfaces = append(d.NetworkInterfaces, n)
				}
				for _, g := range x.SecurityGroups {
					d.SecurityGroups = append(d.SecurityGroups, sdk.ToString(g.GroupId))
				}
				slices.Sort(d.SecurityGroups)
				r.add(aws.InventoryInstance, "instance/"+d.InstanceID, d)
			}
		}
		if sdk.ToString(out.NextToken) == "" {
			return true
		}
		if page == pagesMost {
			return r.failed(permission, "machines", fmt.Errorf("more than %d pages; the rest is left out", pagesMost))
		}
		in.NextToken = out.NextToken
	}
}

// shareDocument is with whom a snapshot or an image is shared.
type shareDocument struct {
	Type string
	With []string
}

// share tells of a resource that others may use; of one that nobody else may
// nothing is told.
func (r *reading) share(kind, id string, with []string) {
	slices.Sort(with)
	if with = slices.Compact(with); len(with) > 0 {
		r.add(aws.InventoryShare, kind+"/"+id, shareDocument{kind, with})
	}
}

// ownSnapshots lists the account's snapshots, all or those that everyone may use.
func (r *reading) ownSnapshots(ctx context.Context, in *ec2.DescribeSnapshotsInput) (list []types.Snapshot, whole bool, err error) {
	in.OwnerIds, in.MaxResults = []string{"self"}, sdk.Int32(1000)
	for range pagesMost {
		if err := r.wait(ctx); err != nil {
			return nil, false, err
		}
		out, err := r.snapshots(ctx, in)
		if err != nil {
			return nil, false, err
		}
		list = append(list, out.Snapshots...)
		if sdk.ToString(out.NextToken) == "" {
			return list, true, nil
		}
		if len(list) >= listMost {
			break
		}
		in.NextToken = out.NextToken
	}
	return list, false, nil
}

// readSnapshots reads which snapshots others may use. True if all were looked at.
func (r *reading) readSnapshots(ctx context.Context) bool {
	const permission = "ec2:DescribeSnapshots"
	open, whole, err := r.ownSnapshots(ctx, &ec2.DescribeSnapshotsInput{RestorableByUserIds: []string{"all"}})
	if err != nil {
		return r.failed(permission, "snapshots that everyone may use", err)
	}
	everyone := map[string]bool{}
	for _, s := range open {
		everyone[sdk.ToString(s.SnapshotId)] = true
	}
	list, all, err := r.ownSnapshots(ctx, &ec2.DescribeSnapshotsInput{})
	if err != nil {
		return r.failed(permission, "snapshots", err)
	}
	slices.SortStableFunc(list, func(a, b types.Snapshot) int {
		return cmp.Or(sdk.ToTime(b.StartTime).Compare(sdk.ToTime(a.StartTime)), strings.Compare(sdk.ToString(a.SnapshotId), sdk.ToString(b.SnapshotId)))
	})
	for i, s := range list {
		id := sdk.ToString(s.SnapshotId)
		if i >= sharesMost {
			if everyone[id] {
				r.share("snapshot", id, []string{"*"})
			}
			continue
		}
		if r.wait(ctx) != nil {
			return false
		}
		out, err := r.snapshot(ctx, &ec2.DescribeSnapshotAttributeInput{SnapshotId: &id, Attribute: types.SnapshotAttributeNameCreateVolumePermission})
		if err != nil {
			return r.failed("ec2:DescribeSnapshotAttribute", "permissions of snapshot "+id, err)
		}
		var with []string
		for _, p := range out.CreateVolumePermissions {
			with = append(with, user(sdk.ToString(p.UserId), string(p.Group)))
		}
		r.share("snapshot", id, with)
	}
	return whole && all && len(list) <= sharesMost
}

// readImages reads which images others may use. True if all were looked at.
func (r *reading) readImages(ctx context.Context) bool {
	const permission = "ec2:DescribeImages"
	var list []types.Image
	in := &ec2.DescribeImagesInput{Owners: []string{"self"}, MaxResults: sdk.Int32(1000)}
	whole := false
	for range pagesMost {
		if r.wait(ctx) != nil {
			return false
		}
		out, err := r.images(ctx, in)
		if err != nil {
			return r.failed(permission, "images", err)
		}
		list = append(list, out.Images...)
		if whole = sdk.ToString(out.NextToken) == ""; whole || len(list) >= listMost {
			break
		}
		in.NextToken = out.NextToken
	}
	slices.SortStableFunc(list, func(a, b types.Image) int { // written as RFC 3339
		return cmp.Or(strings.Compare(sdk.ToString(b.CreationDate), sdk.ToString(a.CreationDate)), strings.Compare(sdk.ToString(a.ImageId), sdk.ToString(b.ImageId)))
	})
	for i, x := range list {
		id := sdk.ToString(x.ImageId)
		if i >= sharesMost {
			if sdk.ToBool(x.Public) {
				r.share("image", id, []string{"*"})
			}
			continue
		}
		if r.wait(ctx) != nil {
			return false
		}
		out, err := r.image(ctx, &ec2.DescribeImageAttributeInput{ImageId: &id, Attribute: types.ImageAttributeNameLaunchPermission})
		if err != nil {
			return r.failed("ec2:DescribeImageAttribute", "permissions of image "+id, err)
		}
		var with []string
		for _, p := range out.LaunchPermissions {
			with = append(with, cmp.Or(user(sdk.ToString(p.UserId), string(p.Group)), organization(p)))
		}
		r.share("image", id, with)
	}
	return whole && len(list) <= sharesMost
}

// user is whom a permission is for: an account, or everyone.
func user(account, group string) string {
	if group == "all" {
		return "*"
	}
	return account
}

// organization is the organisation or unit that an image is shared with, by its id.
func organization(p types.LaunchPermission) string {
	arn := cmp.Or(sdk.ToString(p.OrganizationArn), sdk.ToString(p.OrganizationalUnitArn))
	return arn[strings.LastIndexByte(arn, '/')+1:]
}

func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}
