package aws

import (
	"strings"

	"github.com/sekisho/sekisho"
)

// classify names the access level of an AWS action and what its service is
// about. The level follows the access levels of the AWS Service Authorization
// Reference; actions whose verb misleads stand in actionLevels, the rest goes
// by verb. An action whose verb says nothing is LevelUnknown.
//
// Three deliberate departures from the Reference:
//   - Calls that issue a session (AssumeRole*, GetSessionToken,
//     GetFederationToken, GetSigninToken, AssumeRoot) are LevelWrite: a new
//     credential exists after them, whatever the record's readOnly field says
//     (true for AssumeRole, false for the others).
//   - kms:Decrypt, Encrypt and the data key calls are LevelRead: the Reference
//     lists them as writes, but nothing is different after them.
//   - Running something (lambda:Invoke, ssm:SendCommand) is LevelWrite, but
//     running a model (bedrock:InvokeModel) is LevelRead, as the Reference has it.
func classify(service, action string) (sekisho.Level, sekisho.Topic) {
	topic := serviceTopics[service]
	switch {
	case service == "ssm" && strings.Contains(action, "Parameter"):
		topic = sekisho.TopicSecret // the rest of ssm runs commands on machines
	case topic == sekisho.TopicOther && strings.HasPrefix(service, "bedrock"):
		topic = sekisho.TopicModel // bedrock-agent, bedrock-agentcore, …
	case service == "logs" && action == "PutLogEvents", service == "ec2" && strings.Contains(action, "FlowLogs"):
		topic = sekisho.TopicLogging
	case service == "ec2" && ec2Network(action):
		topic = sekisho.TopicNetwork
	}
	if l, ok := actionLevels[call{service, action}]; ok {
		return l, topic
	}
	return levelByVerb(service, action), topic
}

// levelByVerb judges an action by its first word, and by its last words where
// AWS names permission and tag actions alike in every service.
func levelByVerb(service, action string) sekisho.Level {
	level := verbLevels[verb(action)]
	if !level.Changes() {
		return level
	}
	switch {
	case strings.Contains(action, "Tag") && tagAction(action):
		return sekisho.LevelTag
	case service == "iam" && iamPermissions(action):
		return sekisho.LevelPermissions
	case endsAny(action, "ResourcePolicy", "BucketPolicy", "AccessPolicy", "RepositoryPolicy", "KeyPolicy",
		"Acl", "ACL", "Permission", "Permissions", "PublicAccessBlock", "OwnershipControls", "ResourcePolicies"):
		return sekisho.LevelPermissions
	}
	return level
}

// verb is the leading capitalised word: "Create" of "CreateAccessKey". An
// action that starts with several capitals or none has no verb.
func verb(action string) string {
	for i := 1; i < len(action); i++ {
		if c := action[i]; c < 'a' || c > 'z' {
			return action[:i]
		}
	}
	return action
}

// tagAction reports whether an action changes labels and nothing else:
// TagResource, UntagRole, CreateTags, PutBucketTagging, AddTagsToResource.
func tagAction(action string) bool {
	v := verb(action)
	if v == "Tag" || v == "Untag" {
		return true
	}
	return endsAny(action, "Tags", "Tagging", "TagsToResource", "TagsFromResource", "TagsToStream", "TagsForDomain", "TagsForResource")
}

// iamPermissions reports whether an iam action changes who may do what. Users,
// roles and keys by themselves are writes.
func iamPermissions(action string) bool {
	return strings.Contains(action, "Policy") || strings.Contains(action, "PermissionsBoundary") ||
		action == "AddUserToGroup" || action == "RemoveUserFromGroup"
}

// ec2Network reports whether an ec2 action is about addresses, routes and
// firewalls rather than machines, images and volumes.
func ec2Network(action string) bool {
	for _, word := range [...]string{"Vpc", "Subnet", "Route", "SecurityGroup", "Gateway", "NetworkAcl", "Address",
		"NetworkInterface", "DhcpOptions", "PrefixList", "Vpn", "TrafficMirror"} {
		if strings.Contains(action, word) {
			return true
		}
	}
	return false
}

func endsAny(s string, ends ...string) bool {
	for _, end := range ends {
		if strings.HasSuffix(s, end) {
			return true
		}
	}
	return false
}
