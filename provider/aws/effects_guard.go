package aws

import (
	"cmp"
	"strings"

	"github.com/sekisho/sekisho"
)

// guardEffects are the calls that take a protection off data or a machine, or
// that put one up where only an intruder wants it. The shapes of S3's bucket
// calls and of RDS are recorded; those of Backup, Data Lifecycle Manager and
// S3's account-wide block follow their API references.
var guardEffects = map[call]effectFunc{
	{"s3", "DeleteBucketPublicAccessBlock"}:    unguardBucket("public-block"),
	{"s3", "DeletePublicAccessBlock"}:          unguardBucket("public-block"),
	{"s3", "PutBucketPublicAccessBlock"}:       publicBlock,
	{"s3", "PutPublicAccessBlock"}:             publicBlock,
	{"s3", "DeleteAccountPublicAccessBlock"}:   unguardBucket("public-block"),
	{"s3", "PutAccountPublicAccessBlock"}:      publicBlock,
	{"s3", "PutBucketVersioning"}:              versioning,
	{"s3", "PutBucketLifecycle"}:               lifecycle,
	{"s3", "PutBucketLifecycleConfiguration"}:  lifecycle,
	{"s3", "PutBucketObjectLockConfiguration"}: objectLock,
	{"s3", "PutObjectLockConfiguration"}:       objectLock,
	{"s3", "PutBucketEncryption"}:              bucketEncryption,
	{"s3", "DeleteBucketEncryption"}:           unguardBucket("encryption"),

	{"ec2", "DisableEbsEncryptionByDefault"}:    unguard("encryption"),
	{"ec2", "DisableSnapshotBlockPublicAccess"}: unguard("public-block"),
	{"ec2", "DisableImageBlockPublicAccess"}:    unguard("public-block"),
	{"ec2", "EnableSerialConsoleAccess"}:        unguard("serial-console"),
	{"ec2", "ModifyInstanceMetadataOptions"}:    metadataOptions,

	{"rds", "ModifyDBInstance"}:                      modifyDatabase("dBInstanceIdentifier"),
	{"rds", "ModifyDBCluster"}:                       modifyDatabase("dBClusterIdentifier"),
	{"dynamodb", "UpdateTable"}:                      modifyTable,
	{"dynamodb", "UpdateContinuousBackups"}:          continuousBackups,
	{"redshift", "ModifyCluster"}:                    modifyDatabase("clusterIdentifier"),
	{"backup", "DeleteBackupPlan"}:                   unguard("backup", "backupPlanId"),
	{"backup", "DeleteBackupSelection"}:              unguard("backup", "backupPlanId"),
	{"backup", "DeleteBackupVaultAccessPolicy"}:      unguard("lock", "backupVaultName"),
	{"backup", "DeleteBackupVaultLockConfiguration"}: unguard("lock", "backupVaultName"),
	{"dlm", "DeleteLifecyclePolicy"}:                 unguard("backup", "policyId"),

	{"lambda", "DeleteFunctionCodeSigningConfig"}: unguard("code-signing", "functionName"),
	{"bedrock", "DeleteGuardrail"}:                unguard("guardrail", "guardrailIdentifier"),

	{"autoscaling", "SetInstanceProtection"}:          instanceProtection,
	{"cloudformation", "UpdateTerminationProtection"}: stackProtection,
	{"servicequotas", "RequestServiceQuotaIncrease"}:  raiseQuota,
	{"account", "EnableRegion"}:                       enableRegion,
	{"support", "CreateCase"}:                         supportCase,
}

func removeGuard(dst []sekisho.Effect, what, resource string) []sekisho.Effect {
	return append(dst, sekisho.Effect{Kind: sekisho.RemoveGuard, What: what, Resource: resource})
}

// unguard makes the effect of a call that takes away the guard of what the
// first of the parameters names; of the whole account's without parameters.
func unguard(what string, keys ...string) effectFunc {
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		return removeGuard(dst, what, firstStr(e.Params, keys...))
	}
}

func unguardBucket(what string) effectFunc {
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		return removeGuard(dst, what, bucketARN(e, strAt(e.Params, "bucketName"), ""))
	}
}

// publicBlock matters where one of its four switches is turned off. A record
// without the switches (some exports drop them) says nothing.
func publicBlock(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	block := at(e.Params, "PublicAccessBlockConfiguration")
	for _, key := range [...]string{"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"} {
		if isFalse(block, key) {
			return removeGuard(dst, "public-block", bucketARN(e, strAt(e.Params, "bucketName"), ""))
		}
	}
	return dst
}

func versioning(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	if strAt(e.Params, "VersioningConfiguration.Status") != "Suspended" {
		return dst
	}
	return removeGuard(dst, "versioning", bucketARN(e, strAt(e.Params, "bucketName"), ""))
}

// lifecycle is a guard removed where an enabled rule deletes: the fewest days
// count. Rules that only move objects elsewhere, or clean up what was never
// finished, delete nothing.
func lifecycle(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	days := int64(-1)
	eachAt(e.Params, "LifecycleConfiguration.Rule", func(rule []byte) {
		if strAt(rule, "Status") == "Disabled" {
			return
		}
		for _, path := range [...]string{"Expiration.Days", "NoncurrentVersionExpiration.NoncurrentDays"} {
			if n, ok := number(rule, path); ok && n > 0 && (days < 0 || n < days) {
				days = n
			}
		}
		if strAt(rule, "Expiration.Date") != "" && days < 0 {
			days = 0
		}
	})
	if days < 0 {
		return dst
	}
	return append(dst, sekisho.Effect{Kind: sekisho.RemoveGuard, What: "retention", Count: days,
		Resource: bucketARN(e, strAt(e.Params, "bucketName"), "")})
}

// objectLock matters where the default retention is taken away: a
// configuration without a rule.
func objectLock(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	if !present(e.Params, "ObjectLockConfiguration") || present(e.Params, "ObjectLockConfiguration.Rule") {
		return dst
	}
	return removeGuard(dst, "lock", bucketARN(e, strAt(e.Params, "bucketName"), ""))
}

// metadataOptions matters where a machine answers requests for its credentials
// without a session token again: the way in for forged requests.
func metadataOptions(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	p := e.Params
	if inner := at(p, "ModifyInstanceMetadataOptionsRequest"); inner != nil {
		p = inner
	}
	if !strings.EqualFold(firstStr(p, "HttpTokens", "httpTokens"), "optional") {
		return dst
	}
	return removeGuard(dst, "metadata-token", firstStr(p, "InstanceId", "instanceId"))
}

// modifyDatabase reads the three switches that keep a database and its copies.
func modifyDatabase(key string) effectFunc {
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		name := strAt(e.Params, key)
		if isFalse(e.Params, "deletionProtection") {
			dst = removeGuard(dst, "deletion-protection", name)
		}
		if n, ok := number(e.Params, "backupRetentionPeriod"); ok && n == 0 {
			dst = removeGuard(dst, "backup", name)
		}
		if isTrue(e.Params, "publiclyAccessible") {
			dst = removeGuard(dst, "public-block", name)
		}
		if present(e.Params, "masterUserPassword") { // the value is redacted in the record
			dst = append(dst, sekisho.Effect{Kind: sekisho.ChangeWorkload, What: "configuration", Workload: name})
		}
		return dst
	}
}

func modifyTable(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	if !isFalse(e.Params, "deletionProtectionEnabled") {
		return dst
	}
	return removeGuard(dst, "deletion-protection", strAt(e.Params, "tableName"))
}

func continuousBackups(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	if !isFalse(e.Params, "pointInTimeRecoverySpecification.pointInTimeRecoveryEnabled") {
		return dst
	}
	return removeGuard(dst, "backup", strAt(e.Params, "tableName"))
}

func instanceProtection(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	if !isTrue(e.Params, "protectedFromScaleIn") {
		return dst
	}
	return append(dst, sekisho.Effect{Kind: sekisho.Entrench, What: "termination-protection", Resource: strAt(e.Params, "autoScalingGroupName")})
}

func stackProtection(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	if !isTrue(e.Params, "enableTerminationProtection") {
		return dst
	}
	return append(dst, sekisho.Effect{Kind: sekisho.Entrench, What: "deletion-protection", Resource: strAt(e.Params, "stackName")})
}

func raiseQuota(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return append(dst, sekisho.Effect{Kind: sekisho.RaiseQuota, What: strAt(e.Params, "serviceCode"),
		Resource: cmp.Or(firstStr(e.Result, "requestedQuota.quotaName"), strAt(e.Params, "quotaCode"))})
}

// enableRegion opens a region in which nothing of the account's defences may run.
func enableRegion(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return append(dst, sekisho.Effect{Kind: sekisho.RaiseQuota, What: "regions", Resource: strAt(e.Params, "regionName")})
}

// bucketEncryption matters where objects will be locked with a key of another
// account from now on.
func bucketEncryption(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	eachAt(e.Params, "ServerSideEncryptionConfiguration.Rule", func(rule []byte) {
		if key := strAt(rule, "ApplyServerSideEncryptionByDefault.KMSMasterKeyID"); outsideKey(e, key) {
			dst = append(dst, sekisho.Effect{Kind: sekisho.LockData, What: "outside-key", Count: 1, With: []string{arnField(key, 4)},
				Resource: bucketARN(e, strAt(e.Params, "bucketName"), "")})
		}
	})
	return dst
}

// supportCase asks for a higher limit where its service code says so: the
// support centre's codes for those begin with "service-limit-increase".
func supportCase(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	code := strAt(e.Params, "serviceCode")
	if !strings.HasPrefix(code, "service-limit-increase") {
		return dst
	}
	return append(dst, sekisho.Effect{Kind: sekisho.RaiseQuota, What: "support", Resource: cmp.Or(strAt(e.Params, "categoryCode"), code)})
}
