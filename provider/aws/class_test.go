package aws

import (
	"fmt"
	"testing"

	"github.com/sekisho/sekisho"
)

// TestClass: what calls are in OCSF. The first three are those of the schema's own
// examples.
func TestClass(t *testing.T) {
	for _, tt := range []struct {
		source, name, eventType string
		uid                     uint16
		activity                uint8
	}{
		{"signin.amazonaws.com", "ConsoleLogin", "AwsConsoleSignIn", sekisho.ClassAuthentication, 1},
		{"iam.amazonaws.com", "CreateUser", "AwsApiCall", sekisho.ClassAccountChange, 1},
		{"directconnect.amazonaws.com", "DescribeDirectConnectGateways", "AwsApiCall", sekisho.ClassAPI, 2},
		{"iam.amazonaws.com", "AddUserToGroup", "AwsApiCall", sekisho.ClassGroup, 3},
		{"lambda.amazonaws.com", "UpdateFunctionCode20150331v2", "AwsApiCall", sekisho.ClassAPI, 3},
		{"ec2.amazonaws.com", "TerminateInstances", "AwsApiCall", sekisho.ClassAPI, 4},
		{"s3.amazonaws.com", "CreateBucket", "AwsApiCall", sekisho.ClassAPI, 1},
		{"kms.amazonaws.com", "ScheduleKeyDeletion", "AwsApiCall", sekisho.ClassAPI, 99},
	} {
		e, err := expandOne(fmt.Sprintf(`{"eventVersion":"1.08","eventSource":%q,"eventName":%q,"eventType":%q,"eventTime":"2026-05-06T07:08:09Z","eventID":"1"}`, tt.source, tt.name, tt.eventType))
		if err != nil || e.Class != (sekisho.Class{UID: tt.uid, Activity: tt.activity}) {
			t.Errorf("%s: %+v %v, want %d/%d", tt.name, e.Class, err, tt.uid, tt.activity)
		}
	}
}

func expandOne(raw string) (e sekisho.Event, err error) {
	out, _, _, _ := CloudTrail().Compact(nil, []byte(raw))
	err = CloudTrail().NewExpander().Expand(&e, out)
	return e, err
}
