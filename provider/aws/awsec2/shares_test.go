package awsec2_test

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go/middleware"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/emulator"
	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/inventory"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/provider/aws"
	"github.com/sekisho/sekisho/provider/aws/awsapi"
	"github.com/sekisho/sekisho/provider/aws/awsec2"
)

// emulated is an account in an emulator, with an administrator's credentials.
func emulated(t *testing.T) sdk.Config {
	t.Helper()
	endpoint := emulator.Test(t).URL
	resp, err := http.Post(endpoint+"/_ministack/reset", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return sdk.Config{Region: "eu-west-1", BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}
}

// TestPart: a collector with this part tells of machines with their roles and of
// what is shared, with exactly the permissions that are said to be needed; without
// one of them it names it and tells the rest.
//
// The emulator does not keep that a snapshot is everyone's, and lists all snapshots
// where those of everyone are asked for: sharing with everyone is shown by an image.
func TestPart(t *testing.T) {
	root := emulated(t)
	ctx, s := t.Context(), sdk.String
	do := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	i, e := iam.NewFromConfig(root), ec2.NewFromConfig(root)
	do(i.CreateRole(ctx, &iam.CreateRoleInput{RoleName: s("web"), AssumeRolePolicyDocument: s(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)}))
	do(i.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: s("web"), PolicyName: s("p"), PolicyDocument: s(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)}))
	do(i.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: s("web")}))
	do(i.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: s("web"), RoleName: s("web")}))
	ran, err := e.RunInstances(ctx, &ec2.RunInstancesInput{ImageId: s("ami-12345678"), MinCount: sdk.Int32(1), MaxCount: sdk.Int32(1), InstanceType: types.InstanceTypeT3Micro,
		IamInstanceProfile: &types.IamInstanceProfileSpecification{Name: s("web")}})
	do(ran, err)
	machine := *ran.Instances[0].InstanceId
	volume, err := e.CreateVolume(ctx, &ec2.CreateVolumeInput{AvailabilityZone: s("eu-west-1a"), Size: sdk.Int32(1)})
	do(volume, err)
	snapshot, err := e.CreateSnapshot(ctx, &ec2.CreateSnapshotInput{VolumeId: volume.VolumeId})
	do(snapshot, err)
	do(e.CreateSnapshot(ctx, &ec2.CreateSnapshotInput{VolumeId: volume.VolumeId})) // nobody else's
	do(e.ModifySnapshotAttribute(ctx, &ec2.ModifySnapshotAttributeInput{SnapshotId: snapshot.SnapshotId, OperationType: types.OperationTypeAdd,
		Attribute: types.SnapshotAttributeNameCreateVolumePermission, UserIds: []string{"999988887777"}}))
	image, err := e.RegisterImage(ctx, &ec2.RegisterImageInput{Name: s("golden"), RootDeviceName: s("/dev/sda1"), BlockDeviceMappings: []types.BlockDeviceMapping{{
		DeviceName: s("/dev/sda1"), Ebs: &types.EbsBlockDevice{SnapshotId: snapshot.SnapshotId}}}})
	do(image, err)
	do(e.ModifyImageAttribute(ctx, &ec2.ModifyImageAttributeInput{ImageId: image.ImageId, Attribute: s("launchPermission"),
		LaunchPermission: &types.LaunchPermissionModifications{Add: []types.LaunchPermission{{Group: types.PermissionGroupAll}}}}))

	do(i.CreateUser(ctx, &iam.CreateUserInput{UserName: s("reader")}))
	key, err := i.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: s("reader")})
	do(key, err)
	reader := root.Copy()
	reader.Credentials = credentials.NewStaticCredentialsProvider(*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, "")
	var mu sync.Mutex
	used := map[string]bool{}
	reader.APIOptions = append(reader.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("note", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
			middleware.InitializeOutput, middleware.Metadata, error) {
			if awsmiddleware.GetServiceID(ctx) == "EC2" {
				mu.Lock()
				used["ec2:"+awsmiddleware.GetOperationName(ctx)] = true
				mu.Unlock()
			}
			return next.HandleInitialize(ctx, in)
		}), middleware.After)
	})
	allow := func(without string) {
		t.Helper()
		var all []string
		for _, p := range slices.Concat(awsapi.CollectorPermissions, awsec2.Permissions) {
			if p != without {
				all = append(all, p)
			}
		}
		do(i.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: s("reader"), PolicyName: s("only"), PolicyDocument: s(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*","Action":["` + strings.Join(all, `","`) + `"]}]}`)}))
	}

	now := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	collector := func() *awsapi.Collector {
		t.Helper()
		c, err := awsapi.NewCollector(ctx, reader, awsapi.CollectorOptions{Identities: true, Parts: []aws.InventoryPart{awsec2.Part(reader)}, Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	allow("")
	store := inventory.New(nil, nil)
	c := collector()
	b, err := c.Read(ctx, "")
	do(b, err)
	if len(b.Failed) > 0 {
		t.Errorf("failed %v", b.Failed)
	}
	apply(t, store, b)
	if power, _ := store.Power(store.RoleOf(machine)); power != sekisho.PowerAdmin {
		t.Errorf("the machine's role is %+v, of power %d", store.RoleOf(machine), power)
	}
	if got := store.SharedTo(*snapshot.SnapshotId); !slices.Equal(got, []string{"999988887777"}) {
		t.Errorf("the snapshot is shared with %v", got)
	}
	if got := store.SharedTo(*image.ImageId); !slices.Equal(got, []string{"*"}) {
		t.Errorf("the image is shared with %v", got)
	}
	if got := slices.Sorted(maps.Keys(used)); !slices.Equal(got, awsec2.Permissions) {
		t.Errorf("used        %v\npermissions %v", got, awsec2.Permissions)
	}

	// What is shared no longer is told as gone.
	do(e.ModifySnapshotAttribute(ctx, &ec2.ModifySnapshotAttributeInput{SnapshotId: snapshot.SnapshotId, OperationType: types.OperationTypeRemove,
		Attribute: types.SnapshotAttributeNameCreateVolumePermission, UserIds: []string{"999988887777"}}))
	do(e.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{machine}}))
	now = now.Add(time.Hour)
	b, err = c.Read(ctx, "")
	do(b, err)
	apply(t, store, b)
	if got := store.SharedTo(*snapshot.SnapshotId); got != nil || !store.RoleOf(machine).Zero() {
		t.Errorf("still shared with %v, the machine still runs as %+v", got, store.RoleOf(machine))
	}

	for _, without := range awsec2.Permissions {
		allow(without)
		b, err := collector().Read(ctx, "")
		do(b, err)
		if len(b.Failed) != 1 || !strings.Contains(b.Failed[0].Err.Error(), "the permission "+without+" is missing") {
			t.Errorf("without %s: failed %v", without, b.Failed)
		}
		if len(b.Parcels) != 1 || !bytes.Contains(b.Parcels[0].Raw, []byte(`:role/web"`)) {
			t.Errorf("without %s the rest is not told", without)
		}
	}
}

// apply lets a store learn what a batch tells, and settles it.
func apply(t *testing.T, store *inventory.Store, b ingest.Batch) {
	t.Helper()
	f := aws.Inventory()
	for _, p := range b.Parcels {
		for line := range bytes.Lines(p.Raw) {
			c, _, verdict, reason := f.Compact(nil, bytes.TrimSpace(line))
			if verdict != normalize.Read {
				t.Fatalf("%v %s", verdict, reason)
			}
			var e sekisho.Event
			if err := f.NewExpander().Expand(&e, c); err != nil {
				t.Fatal(err)
			}
			store.Apply(&e)
		}
	}
	if b.Settle != nil {
		if err := b.Settle(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
