package aws

import (
	"bytes"
	"strings"

	"github.com/sekisho/sekisho"
)

// dataEffects are the calls that read secrets, content and models.
var dataEffects = map[call]effectFunc{
	{"secretsmanager", "GetSecretValue"}:      getSecret,
	{"secretsmanager", "BatchGetSecretValue"}: batchGetSecret,
	{"ssm", "GetParameter"}:                   getParameters,
	{"ssm", "GetParameters"}:                  getParameters,
	{"ssm", "GetParametersByPath"}:            getParameters,
	{"ssm", "GetParameterHistory"}:            getParameters,
	{"ec2", "GetPasswordData"}:                machineSecret("password-data", "instanceId"),
	{"ec2", "DescribeInstanceAttribute"}:      instanceAttribute,
	{"ec2", "GetLaunchTemplateData"}:          machineSecret("user-data", "GetLaunchTemplateDataRequest.InstanceId"),
	{"lightsail", "GetInstanceAccessDetails"}: machineSecret("password-data", "instanceName"),

	{"s3", "GetObject"}:                      getObject,
	{"s3", "GetObjectTorrent"}:               getObject,
	{"s3", "SelectObjectContent"}:            getObject,
	{"s3", "CopyObject"}:                     copyObject,
	{"s3", "UploadPartCopy"}:                 copyObject,
	{"s3", "PutObject"}:                      putObject,
	{"s3", "CreateMultipartUpload"}:          putObject,
	{"ebs", "GetSnapshotBlock"}:              readData("snapshotId"),
	{"dynamodb", "GetItem"}:                  readData("tableName"),
	{"dynamodb", "Query"}:                    readData("tableName"),
	{"dynamodb", "Scan"}:                     readData("tableName"),
	{"dynamodb", "ExportTableToPointInTime"}: copyData("", "tableArn"),
	{"ec2", "CopySnapshot"}:                  copyData("kmsKeyId", "sourceSnapshotId"),
	{"ec2", "CopyImage"}:                     copyData("kmsKeyId", "sourceImageId"),
	{"rds", "CopyDBSnapshot"}:                copyData("kmsKeyId", "sourceDBSnapshotIdentifier"),
	{"rds", "CopyDBClusterSnapshot"}:         copyData("kmsKeyId", "sourceDBClusterSnapshotIdentifier"),

	{"ecr", "PutImage"}: putImage,
}

func readSecret(dst []sekisho.Effect, resource string, count int64) []sekisho.Effect {
	return append(dst, sekisho.Effect{Kind: sekisho.ReadSecret, Resource: resource, Count: count})
}

func getSecret(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return readSecret(dst, strAt(e.Params, "secretId"), 1)
}

// batchGetSecret names its secrets or a filter. With a filter the call itself
// says nothing of how many it read (Count 1: at least one); the service records
// a GetSecretValue beside it for each.
func batchGetSecret(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	ids := texts(e.Params, "secretIdList")
	if len(ids) == 0 {
		return readSecret(dst, "", 1)
	}
	for _, id := range ids {
		dst = readSecret(dst, id, 1)
	}
	return dst
}

// getParameters reads secrets only where it asks for decryption: without, a
// secure parameter comes back encrypted and the others are no secrets. A read
// by path does not say how many it returned; Count 1 is at least one.
func getParameters(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	if !isTrue(e.Params, "withDecryption") {
		return dst
	}
	for _, name := range texts(e.Params, "names") {
		dst = readSecret(dst, name, 1)
	}
	if name := firstStr(e.Params, "name", "path"); name != "" {
		dst = readSecret(dst, name, 1)
	}
	return dst
}

// machineSecret makes the effect of a call that gives what a machine holds: the
// encrypted administrator's password, the script that it starts with.
func machineSecret(what, key string) effectFunc {
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		return append(dst, sekisho.Effect{Kind: sekisho.ReadSecret, What: what, Resource: strAt(e.Params, key), Count: 1})
	}
}

// instanceAttribute matters where it asks for the start script, in which
// people leave keys and passwords.
func instanceAttribute(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	if strAt(e.Params, "attribute") != "userData" {
		return dst
	}
	return append(dst, sekisho.Effect{Kind: sekisho.ReadSecret, What: "user-data", Resource: strAt(e.Params, "instanceId"), Count: 1})
}

func getObject(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return append(dst, sekisho.Effect{Kind: sekisho.ReadData,
		Resource: bucketARN(e, strAt(e.Params, "bucketName"), strAt(e.Params, "key"))})
}

// copyObject reads its source, "/bucket/key" or "bucket/key", URL-encoded, and
// writes it elsewhere at once.
func copyObject(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	source := strings.TrimPrefix(strAt(e.Params, "x-amz-copy-source"), "/")
	if source != "" {
		bucket, key, _ := strings.Cut(before(source, "?"), "/")
		dst = append(dst, sekisho.Effect{Kind: sekisho.ReadData, What: "copy", Resource: bucketARN(e, bucket, key)})
	}
	return putObject(e, dst)
}

// Headers of S3 that say with what an object is encrypted: with a key that the
// caller sends along and nobody else has, or with one of the key service.
const (
	customerKey = "x-amz-server-side-encryption-customer-algorithm"
	serviceKey  = "x-amz-server-side-encryption-aws-kms-key-id"
)

// putObject writes an object. That matters where others may then read it,
// where it is encrypted with a key that its owner does not hold, and where what
// is replaced is code or the state of infrastructure. Most writes are none of
// these, and are the bulk of a trail with data events: the headers are looked
// for only where the parameters hold their words.
func putObject(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	object := func() string { return bucketARN(e, strAt(e.Params, "bucketName"), strAt(e.Params, "key")) }
	if bytes.Contains(e.Params, []byte("-amz-")) {
		dst = acl(e, dst)
		switch key := strAt(e.Params, serviceKey); {
		case strAt(e.Params, customerKey) != "":
			dst = append(dst, sekisho.Effect{Kind: sekisho.LockData, What: "customer-key", Resource: object(), Count: 1})
		case outsideKey(e, key):
			dst = append(dst, sekisho.Effect{Kind: sekisho.LockData, What: "outside-key", Resource: object(), Count: 1, With: []string{arnField(key, 4)}})
		}
	}
	if artefact(strAt(e.Params, "key")) {
		dst = append(dst, sekisho.Effect{Kind: sekisho.ChangeWorkload, What: "artefact", Workload: object()})
	}
	return dst
}

// outsideKey reports whether a key belongs to another account than the event's.
func outsideKey(e *sekisho.Event, key string) bool {
	account := arnField(key, 4)
	return account != "" && account != e.Account
}

// artefacts are the endings of files that something will run: packages of
// code, and the state from which infrastructure is made.
var artefacts = [...]string{".zip", ".jar", ".war", ".whl", ".tgz", ".tar.gz", ".gem", ".nupkg", ".deb", ".rpm", ".tfstate",
	"/appspec.yml", "/buildspec.yml", "/imagedefinitions.json"}

func artefact(key string) bool {
	for _, end := range artefacts {
		if strings.HasSuffix(key, end) {
			return true
		}
	}
	return false
}

// copyData makes the effect of a call that copies what a parameter names; the
// copy may be locked with another account's key.
func copyData(keyParam, sourceParam string) effectFunc {
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		source := strAt(e.Params, sourceParam)
		dst = append(dst, sekisho.Effect{Kind: sekisho.ReadData, What: "copy", Resource: source})
		if keyParam == "" {
			return dst
		}
		if key := strAt(e.Params, keyParam); outsideKey(e, key) {
			dst = append(dst, sekisho.Effect{Kind: sekisho.LockData, What: "outside-key", Resource: source, Count: 1, With: []string{arnField(key, 4)}})
		}
		return dst
	}
}

// putImage makes a tag mean another image; without a tag nothing follows it.
func putImage(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	tag, repository := strAt(e.Params, "imageTag"), strAt(e.Params, "repositoryName")
	if tag == "" || repository == "" {
		return dst
	}
	return append(dst, sekisho.Effect{Kind: sekisho.ChangeWorkload, What: "image", Workload: regionalARN(e, "ecr", "repository/"+repository) + ":" + tag})
}

func readData(key string) effectFunc {
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		return append(dst, sekisho.Effect{Kind: sekisho.ReadData, Resource: strAt(e.Params, key)})
	}
}
