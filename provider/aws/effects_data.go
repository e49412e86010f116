package aws

import (
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
	{"ec2", "GetPasswordData"}:                getPasswordData,

	{"s3", "GetObject"}:                      getObject,
	{"s3", "GetObjectTorrent"}:               getObject,
	{"s3", "SelectObjectContent"}:            getObject,
	{"s3", "CopyObject"}:                     copyObject,
	{"ebs", "GetSnapshotBlock"}:              readData("snapshotId"),
	{"dynamodb", "GetItem"}:                  readData("tableName"),
	{"dynamodb", "Query"}:                    readData("tableName"),
	{"dynamodb", "Scan"}:                     readData("tableName"),
	{"dynamodb", "ExportTableToPointInTime"}: readData("tableArn"),

	{"bedrock", "InvokeModel"}:                        invokeModel,
	{"bedrock", "InvokeModelWithResponseStream"}:      invokeModel,
	{"bedrock", "InvokeModelWithBidirectionalStream"}: invokeModel,
	{"bedrock", "Converse"}:                           invokeModel,
	{"bedrock", "ConverseStream"}:                     invokeModel,
	{"bedrock", "StartAsyncInvoke"}:                   invokeModel,
	{"bedrock", "CreateModelInvocationJob"}:           invokeModel,
	{"sagemaker", "InvokeEndpoint"}:                   invokeModel,
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

// getPasswordData reads the encrypted administrator password of a Windows machine.
func getPasswordData(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return readSecret(dst, strAt(e.Params, "instanceId"), 1)
}

func getObject(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return append(dst, sekisho.Effect{Kind: sekisho.ReadData,
		Resource: bucketARN(e, strAt(e.Params, "bucketName"), strAt(e.Params, "key"))})
}

// copyObject reads its source: "/bucket/key" or "bucket/key", URL-encoded.
func copyObject(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	source := strings.TrimPrefix(strAt(e.Params, "x-amz-copy-source"), "/")
	if source == "" {
		return dst
	}
	bucket, key, _ := strings.Cut(before(source, "?"), "/")
	return append(dst, sekisho.Effect{Kind: sekisho.ReadData, Resource: bucketARN(e, bucket, key)})
}

func readData(key string) effectFunc {
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		return append(dst, sekisho.Effect{Kind: sekisho.ReadData, Resource: strAt(e.Params, key)})
	}
}

// invokeModel runs a model; Resource is its id without the ARN around it, so
// that both spellings of a model are one.
func invokeModel(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return append(dst, sekisho.Effect{Kind: sekisho.InvokeModel, Resource: lastPart(firstStr(e.Params, "modelId", "endpointName"))})
}
