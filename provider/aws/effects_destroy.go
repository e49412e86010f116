package aws

import (
	"cmp"

	"github.com/sekisho/sekisho"
)

// destroyEffects are the calls after which something is gone, or will be. What
// comes back only from a copy counts; what automation makes anew all day, such
// as tasks and network interfaces, does not.
var destroyEffects = map[call]effectFunc{
	{"s3", "DeleteObject"}:  deleteObject,
	{"s3", "DeleteObjects"}: deleteObjects,
	{"s3", "DeleteBucket"}:  destroyBucket,

	{"ec2", "DeleteSnapshot"}:     destroy("snapshot", "snapshotId"),
	{"ec2", "DeregisterImage"}:    destroy("image", "imageId"),
	{"ec2", "DeleteVolume"}:       destroy("volume", "volumeId"),
	{"ec2", "TerminateInstances"}: terminate,

	{"rds", "DeleteDBInstance"}:                deleteDatabase("dBInstanceIdentifier"),
	{"rds", "DeleteDBCluster"}:                 deleteDatabase("dBClusterIdentifier"),
	{"rds", "DeleteGlobalCluster"}:             destroy("database", "globalClusterIdentifier"),
	{"rds", "DeleteDBSnapshot"}:                destroy("snapshot", "dBSnapshotIdentifier"),
	{"rds", "DeleteDBClusterSnapshot"}:         destroy("snapshot", "dBClusterSnapshotIdentifier"),
	{"rds", "DeleteDBInstanceAutomatedBackup"}: destroy("backup", "dbiResourceId", "dBInstanceAutomatedBackupsArn"),
	{"rds", "DeleteDBClusterAutomatedBackup"}:  destroy("backup", "dbClusterResourceId"),
	{"redshift", "DeleteCluster"}:              destroy("database", "clusterIdentifier"),
	{"redshift", "DeleteClusterSnapshot"}:      destroy("snapshot", "snapshotIdentifier"),
	{"dynamodb", "DeleteTable"}:                destroy("table", "tableName"),
	{"dynamodb", "DeleteBackup"}:               destroy("backup", "backupArn"),
	{"elasticache", "DeleteSnapshot"}:          destroy("snapshot", "snapshotName"),
	{"es", "DeleteDomain"}:                     destroy("database", "domainName"),
	{"es", "DeleteElasticsearchDomain"}:        destroy("database", "domainName"),

	{"backup", "DeleteRecoveryPoint"}: destroy("backup", "recoveryPointArn"),
	{"backup", "DeleteBackupVault"}:   destroy("backup", "backupVaultName"),

	{"kms", "ScheduleKeyDeletion"}:       destroy("key", "keyId"),
	{"kms", "DeleteImportedKeyMaterial"}: destroy("key", "keyId"),
	{"secretsmanager", "DeleteSecret"}:   destroy("secret", "secretId"),

	{"lambda", "DeleteFunction"}:              destroy("function", "functionName"),
	{"cloudformation", "DeleteStack"}:         destroy("stack", "stackName"),
	{"sqs", "PurgeQueue"}:                     destroy("queue", "queueUrl"),
	{"sqs", "DeleteQueue"}:                    destroy("queue", "queueUrl"),
	{"elasticfilesystem", "DeleteFileSystem"}: destroy("file", "fileSystemId"),
	{"fsx", "DeleteFileSystem"}:               destroy("file", "fileSystemId"),
	{"ecr", "DeleteRepository"}:               destroy("image", "repositoryName"),
	{"ecr", "BatchDeleteImage"}:               deleteImages,
	{"eks", "DeleteCluster"}:                  destroy("machine", "name"),
	{"iam", "DeleteUser"}:                     destroy("identity", "userName"),
	{"iam", "DeleteRole"}:                     destroy("identity", "roleName"),
}

// destroy makes the effect of a call that names what it destroys.
func destroy(what string, keys ...string) effectFunc {
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		return append(dst, sekisho.Effect{Kind: sekisho.Destroy, What: what, Resource: firstStr(e.Params, keys...), Count: 1})
	}
}

// deleteDatabase destroys data only where no last snapshot is kept; the
// automated backups go along unless the call says otherwise (they are kept only
// with deleteAutomatedBackups false).
func deleteDatabase(key string) effectFunc {
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		name := strAt(e.Params, key)
		if strAt(e.Params, "finalDBSnapshotIdentifier") != "" || isFalse(e.Params, "skipFinalSnapshot") {
			return dst
		}
		dst = append(dst, sekisho.Effect{Kind: sekisho.Destroy, What: "database", Resource: name, Count: 1})
		if isTrue(e.Params, "deleteAutomatedBackups") {
			dst = append(dst, sekisho.Effect{Kind: sekisho.Destroy, What: "backup", Resource: name, Count: 1})
		}
		return dst
	}
}

func deleteObject(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return append(dst, sekisho.Effect{Kind: sekisho.Destroy, What: "object", Count: 1,
		Resource: bucketARN(e, strAt(e.Params, "bucketName"), strAt(e.Params, "key"))})
}

// deleteObjects deletes up to 1,000 objects. Its parameters keep the bucket
// alone; the objects stand in the record's resources, which are not kept. Each
// also has a DeleteObject record of its own where data events are on, so one
// here does not count them twice.
func deleteObjects(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return append(dst, sekisho.Effect{Kind: sekisho.Destroy, What: "object", Count: 1, Resource: bucketARN(e, strAt(e.Params, "bucketName"), "")})
}

func destroyBucket(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return append(dst, sekisho.Effect{Kind: sekisho.Destroy, What: "bucket", Count: 1, Resource: bucketARN(e, strAt(e.Params, "bucketName"), "")})
}

// terminate ends machines: one effect, with the first machine's id.
func terminate(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	x := sekisho.Effect{Kind: sekisho.Destroy, What: "machine"}
	eachAt(e.Params, "instancesSet", func(item []byte) {
		x.Resource = cmp.Or(x.Resource, strAt(item, "instanceId"))
		x.Count++
	})
	x.Count = max(x.Count, 1)
	return append(dst, x)
}

func deleteImages(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	n := int64(0)
	eachAt(e.Params, "imageIds", func([]byte) { n++ })
	return append(dst, sekisho.Effect{Kind: sekisho.Destroy, What: "image", Resource: strAt(e.Params, "repositoryName"), Count: max(n, 1)})
}
