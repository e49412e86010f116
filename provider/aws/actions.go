package aws

// Cut is one kind of containment on AWS: what it is called in reports and what
// it does. The actions themselves belong to the responder.
type Cut struct {
	Name   string // as in a report's containment: "aws.deactivate-access-key"
	Target string // what it is pointed at, in words
	Effect string // what is true once it has taken effect
	// Reversible says that the state before can be put back from what is recorded
	// when it is made; Effect names what is lost meanwhile. Nothing irreversible
	// is ever planned.
	Reversible bool
	Calls      []string // the calls that make it, primary lever first
}

// Actions are the cuts, in the order of an incident: first what can issue, then
// what is in use, then what was left behind, then what does harm. IAM's own
// changes take about four seconds to be enforced everywhere (measured by third
// parties; AWS says only "a few minutes"), so nothing here is instant. Sessions
// cannot be revoked, only denied, because permissions are evaluated on each
// call. Keys, users and roles are never deleted: a principal made again under
// the same name has another id and is no longer trusted.
var Actions = []Cut{
	{"aws.fence-trust", "role ARN", "the accounts that were let in can no longer assume the role: a Deny for them stands in its trust policy", true,
		[]string{"iam:UpdateAssumeRolePolicy"}},
	{"aws.fence-provider", "ARN of an identity provider or trust anchor", "roles that trust the provider deny whom it vouches for; an anchor or profile is disabled", true,
		[]string{"iam:UpdateAssumeRolePolicy", "rolesanywhere:DisableTrustAnchor", "rolesanywhere:DisableProfile"}},
	{"aws.deactivate-access-key", "access key id", "the key signs nothing more; sessions made from it live on until the user is denied", true,
		[]string{"iam:UpdateAccessKey"}},
	{"aws.quarantine-user", "user ARN", "a deny on the user covers its keys, its console and every session made from them", true,
		[]string{"iam:AttachUserPolicy"}},
	{"aws.deny-session", "access key id or session id (AROA…:name)", "one session of a role is denied everything, by aws:userid; other sessions go on", true,
		[]string{"iam:PutRolePolicy"}},
	{"aws.deny-instance-session", "instance id", "the instance's credentials are denied everything, on the instance and off it", true,
		[]string{"iam:PutRolePolicy"}},
	{"aws.deny-sessions-before", "role ARN", "every session issued before now is denied, by aws:TokenIssueTime; legitimate ones must start anew", true,
		[]string{"iam:PutRolePolicy"}},
	{"aws.function-concurrency-zero", "function ARN", "no new run of the function starts; runs under way end with their time limit, at most 15 minutes later", true,
		[]string{"lambda:PutFunctionConcurrency"}},
	{"aws.restore-function", "function ARN", "code, layers and configuration are those from before the change", true,
		[]string{"lambda:UpdateAlias", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration"}},
	{"aws.isolate-workload", "instance id, project, task", "the machine talks to nobody and its role is denied to it", true,
		[]string{"ec2:ModifyNetworkInterfaceAttribute", "ec2:ReplaceIamInstanceProfileAssociation"}},
	{"aws.unshare", "snapshot, image, bucket or key", "the accounts that were let in can no longer read it; copies already made survive", true,
		[]string{"ec2:ModifySnapshotAttribute", "ec2:ModifyImageAttribute", "rds:ModifyDBSnapshotAttribute", "rds:ModifyDBClusterSnapshotAttribute", "s3:PutBucketPolicy", "kms:PutKeyPolicy", "kms:RevokeGrant"}},
	{"aws.revoke-ingress", "security group", "the rule that was added is gone; connections already open may persist", true,
		[]string{"ec2:RevokeSecurityGroupIngress"}},
	{"aws.restore-logging", "trail, detector or log", "recording and detection run again as before; what happened meanwhile is lost", true,
		[]string{"cloudtrail:StartLogging", "cloudtrail:PutEventSelectors", "guardduty:UpdateDetector", "config:StartConfigurationRecorder"}},
	{"aws.restore-policy", "policy or group ARN", "the policy's default version is the one before; from a group, what was attached is detached", true,
		[]string{"iam:SetDefaultPolicyVersion", "iam:DetachGroupPolicy"}},
	{"aws.restore-guard", "bucket, snapshot, database or account", "what was switched off is on again: public access blocks, versioning, lifecycle rules, deletion protection; what left meanwhile is gone", true,
		[]string{"s3:PutPublicAccessBlock", "s3:PutBucketVersioning", "s3:PutLifecycleConfiguration", "rds:ModifyDBInstance", "bedrock:UpdateGuardrail"}},
	{"aws.lift-protection", "instance, group or stack", "it can be stopped and ended again", true,
		[]string{"ec2:ModifyInstanceAttribute", "autoscaling:SetInstanceProtection", "cloudformation:UpdateTerminationProtection"}},
	{"aws.cancel-deletion", "key or secret", "it is not deleted when its waiting time ends; a key stays disabled until someone enables it", true,
		[]string{"kms:CancelKeyDeletion", "secretsmanager:RestoreSecret"}},
	{"aws.stop-instances", "instance ids", "the machines stop; what they kept on local disks is lost, so only those that the attacker launched", true,
		[]string{"ec2:StopInstances"}},
}
