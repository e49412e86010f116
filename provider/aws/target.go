package aws

import (
	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize/rawjson"
)

// aboutKeys are the parameters that say what a call is about, the most
// telling first. Where a call has several, the thing acted on comes before
// what is used on it: AttachUserPolicy is about the user.
var aboutKeys = [...]string{
	"functionName", "roleArn", "roleName", "userName", "groupName", "secretId", "policyArn", "policyName",
	"bucketName", "dBInstanceIdentifier", "dBSnapshotIdentifier", "dBClusterSnapshotIdentifier", "snapshotId", "imageId",
	"volumeId", "instanceId", "groupId", "trailName", "detectorId", "keyId", "modelId", "stackName", "projectName",
	"documentName", "instanceProfileName", "openIDConnectProviderArn", "sAMLProviderArn", "clusterName", "target",
	"resourceArn", "resourceId", "name", "id",
}

// aboutRank is the place of each key in aboutKeys, from 1.
var aboutRank = func() map[string]int {
	m := make(map[string]int, len(aboutKeys))
	for i, k := range aboutKeys {
		m[k] = i + 1
	}
	return m
}()

// target is what the event was about: for a refused call what the message
// names; else the record's own resource; else the first telling parameter.
func (x *expander) target(e *sekisho.Event, resource []byte) string {
	if e.Outcome == sekisho.Denied {
		if arn := refusedResource(e.ErrorMessage); arn != "" {
			return arn
		}
	}
	if len(resource) > 0 {
		return x.strings.Of(resource)
	}
	best, value := len(aboutKeys)+1, []byte(nil)
	rawjson.Members(e.Params, func(key []byte, plain bool, v []byte) bool {
		if rank := aboutRank[string(key)]; rank > 0 && rank < best && len(v) > 2 && v[0] == '"' {
			best, value = rank, v
		}
		return best > 1
	})
	if value == nil {
		return ""
	}
	return cut(rawjson.TextOf(value), stringMax)
}

// cut shortens a text for a field with a cap, at a character.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && s[most]&0xc0 == 0x80 {
		most--
	}
	return s[:most]
}
