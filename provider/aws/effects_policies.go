package aws

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/sekisho/sekisho"
)

// policyEffects are the calls that open a resource to other accounts by a
// policy, a list of accounts or a share of its own, beside those of machines,
// buckets, databases and keys (effects_share.go). Each is a door that stays open
// when every key of this account has been changed.
//
// Records of the services below were not at hand, but for sns and lambda: the
// keys are those of each service's API with a small first letter, which is how
// nearly all services write them.
//
// Left out: subscriptions and rules that send what this account makes to another
// (a log, an event), since the record of the sender does not open anything.
var policyEffects = map[call]effectFunc{
	{"sns", "AddPermission"}:         listShare("topic", "topicArn", "aWSAccountId aWSAccountIds awsAccountId awsAccountIds"),
	{"sns", "SetTopicAttributes"}:    topicAttribute,
	{"sns", "CreateTopic"}:           policyShare("topic", "attributes.Policy attributes.policy", "topicArn name"),
	{"sns", "Subscribe"}:             subscribe,
	{"sqs", "AddPermission"}:         listShare("queue", "queueUrl", "aWSAccountIds aWSAccountId awsAccountIds awsAccountId"),
	{"sqs", "SetQueueAttributes"}:    policyShare("queue", "attributes.Policy attributes.policy attribute.Policy", "queueUrl"),
	{"sqs", "CreateQueue"}:           policyShare("queue", "attributes.Policy attributes.policy attribute.Policy", "queueUrl queueName"),
	{"events", "PutPermission"}:      eventBus,
	{"logs", "PutResourcePolicy"}:    policyShare("queue", "policyDocument", "resourceArn policyName"),
	{"logs", "PutDestinationPolicy"}: policyShare("queue", "accessPolicy", "destinationName"),
	{"kinesis", "PutResourcePolicy"}: policyShare("queue", "policy", "resourceARN resourceArn"),
	{"kafka", "PutClusterPolicy"}:    policyShare("queue", "policy", "clusterArn"),

	{"lambda", "AddLayerVersionPermission"}:  layerPermission,
	{"ssm", "ModifyDocumentPermission"}:      listShare("function", "name", "accountIdsToAdd"),
	{"codebuild", "PutResourcePolicy"}:       policyShare("function", "policy", "resourceArn"),
	{"codebuild", "UpdateProjectVisibility"}: projectVisibility,

	{"ecr", "SetRepositoryPolicy"}:                     repositoryPolicy,
	{"ecr", "PutRegistryPolicy"}:                       repositoryPolicy,
	{"ecr", "PutReplicationConfiguration"}:             repositoryReplication,
	{"codeartifact", "PutDomainPermissionsPolicy"}:     policyShare("repository", "policyDocument", "domain"),
	{"codeartifact", "PutRepositoryPermissionsPolicy"}: policyShare("repository", "policyDocument", "repository"),

	{"secretsmanager", "PutResourcePolicy"}: policyShare("secret", "resourcePolicy", "secretId"),
	{"ssm", "PutResourcePolicy"}:            policyShare("secret", "policy", "resourceArn"),
	{"acm-pca", "PutPolicy"}:                policyShare("key", "policy", "resourceArn"),

	{"s3", "PutAccessPointPolicy"}:               accessPointPolicy,
	{"s3tables", "PutTableBucketPolicy"}:         policyShare("bucket", "resourcePolicy", "tableBucketARN tableBucketArn"),
	{"elasticfilesystem", "PutFileSystemPolicy"}: fileSystemPolicy,
	{"backup", "PutBackupVaultAccessPolicy"}:     policyShare("snapshot", "policy", "backupVaultName"),
	{"transfer", "CreateUser"}:                   transferUser,

	{"dynamodb", "PutResourcePolicy"}:         policyShare("database", "policy", "resourceArn"),
	{"glue", "PutResourcePolicy"}:             policyShare("database", "policyInJson", "resourceArn"),
	{"lakeformation", "GrantPermissions"}:     lakePermission,
	{"redshift", "AuthorizeSnapshotAccess"}:   listShare("database", "snapshotIdentifier snapshotArn", "accountWithRestoreAccess"),
	{"redshift", "AuthorizeDataShare"}:        listShare("database", "dataShareArn", "consumerIdentifier"),
	{"redshift", "PutResourcePolicy"}:         policyShare("database", "policy", "resourceArn"),
	{"redshift", "AuthorizeEndpointAccess"}:   listShare("network", "clusterIdentifier", "account"),
	{"es", "UpdateDomainConfig"}:              policyShare("search", "accessPolicies", "domainName"),
	{"es", "CreateDomain"}:                    policyShare("search", "accessPolicies", "domainName"),
	{"es", "UpdateElasticsearchDomainConfig"}: policyShare("search", "accessPolicies", "domainName"),
	{"es", "CreateElasticsearchDomain"}:       policyShare("search", "accessPolicies", "domainName"),
	{"aoss", "CreateAccessPolicy"}:            collectionPolicy,
	{"aoss", "UpdateAccessPolicy"}:            collectionPolicy,

	{"apigateway", "UpdateRestApi"}: gatewayPolicy,
	{"apigateway", "CreateRestApi"}: policyShare("gateway", "policy createRestApiInput.policy", "id name createRestApiInput.name"),

	{"ec2", "ModifyVpcEndpointServicePermissions"}: endpointService,
	{"vpc-lattice", "PutAuthPolicy"}:               policyShare("network", "policy", "resourceIdentifier"),
	{"vpc-lattice", "PutResourcePolicy"}:           policyShare("network", "policy", "resourceArn"),
	{"ram", "CreateResourceShare"}:                 resourceShare,
	{"ram", "AssociateResourceShare"}:              resourceShare,
}

// firstAt is the first of several paths that holds something.
func firstAt(raw []byte, paths []string) []byte {
	for _, p := range paths {
		if v := at(raw, p); v != nil {
			return v
		}
	}
	return nil
}

// policyShare makes the effect of a call that puts a resource policy, found at
// the first of some paths, on a resource, whose name is in the request or, for a
// new one, the response. Paths are written as one text with spaces between.
func policyShare(what, policy, resource string) effectFunc {
	policies, resources := strings.Fields(policy), strings.Fields(resource)
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		doc := firstAt(e.Params, policies)
		if doc == nil {
			return dst
		}
		statements, _ := parsePolicy(doc)
		return share(e, dst, what, cmp.Or(firstStr(e.Params, resources...), firstStr(e.Result, resources...)), grantees(statements).Accounts)
	}
}

// listShare makes the effect of a call that names the accounts themselves.
func listShare(what, resource, accounts string) effectFunc {
	resources, lists := strings.Fields(resource), strings.Fields(accounts)
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		var with []string
		for _, list := range lists {
			for _, a := range texts(e.Params, list) {
				with = append(with, outsider(a))
			}
		}
		return share(e, dst, what, firstStr(e.Params, resources...), with)
	}
}

// outsider is a principal as With has it: an account, or "*" for everyone.
func outsider(principal string) string {
	switch {
	case principal == "*", strings.EqualFold(principal, "all"):
		return "*"
	case strings.HasPrefix(principal, "o-"):
		return principal // an organisation
	}
	return principalAccount(principal)
}

// topicAttribute: the policy is one attribute among others.
func topicAttribute(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	if strAt(e.Params, "attributeName") != "Policy" {
		return dst
	}
	return policyShare("topic", "attributeValue", "topicArn")(e, dst)
}

// subscribe sends what a topic says to a queue or function of another account.
func subscribe(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return share(e, dst, "topic", strAt(e.Params, "topicArn"), []string{arnField(strAt(e.Params, "endpoint"), 4)})
}

// eventBus lets an account send to the bus, or everyone, or an organisation,
// or whoever a whole policy names.
func eventBus(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	bus := cmp.Or(strAt(e.Params, "eventBusName"), "default")
	if present(e.Params, "policy") {
		statements, _ := parsePolicy(at(e.Params, "policy"))
		return share(e, dst, "queue", bus, grantees(statements).Accounts)
	}
	with := outsider(strAt(e.Params, "principal"))
	if org := strAt(e.Params, "condition.value"); with == "*" && org != "" {
		with = org
	}
	return share(e, dst, "queue", bus, []string{with})
}

// functionShare lets an account, everyone or an organisation run a function or
// include a layer.
func functionShare(e *sekisho.Event, dst []sekisho.Effect, resource string) []sekisho.Effect {
	with := outsider(strAt(e.Params, "principal"))
	if org := firstStr(e.Params, "principalOrgID", "organizationId"); with == "*" && org != "" {
		with = org
	}
	return share(e, dst, "function", resource, []string{with})
}

func layerPermission(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	layer := strAt(e.Params, "layerName")
	if layer != "" && !strings.HasPrefix(layer, "arn:") {
		layer = regionalARN(e, "lambda", "layer:"+layer)
	}
	return functionShare(e, dst, layer)
}

// projectVisibility shows a project's builds, with their logs and artefacts, to
// everyone.
func projectVisibility(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	if !strings.EqualFold(strAt(e.Params, "projectVisibility"), "PUBLIC_READ") {
		return dst
	}
	return share(e, dst, "object", strAt(e.Params, "projectArn"), []string{"*"})
}

// repositoryPolicy is about one repository, or without its name about all.
func repositoryPolicy(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	statements, _ := parsePolicy(at(e.Params, "policyText"))
	return share(e, dst, "repository", repositoryARN(e), grantees(statements).Accounts)
}

// repositoryARN is the ARN of the image repository that the call names.
func repositoryARN(e *sekisho.Event) string {
	return regionalARN(e, "ecr", "repository/"+cmp.Or(strAt(e.Params, "repositoryName"), "*"))
}

// repositoryReplication copies every image to the registries of its rules.
func repositoryReplication(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	var with []string
	eachAt(e.Params, "replicationConfiguration.rules", func(rule []byte) {
		eachAt(rule, "destinations", func(to []byte) { with = append(with, outsider(strAt(to, "registryId"))) })
	})
	return share(e, dst, "repository", repositoryARN(e), with)
}

// accessPointPolicy: the call is one of those whose body is XML, and the text
// of the policy stands in it; in which of these places of the record was not to
// be seen.
func accessPointPolicy(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	statements, _ := parsePolicy(firstAt(e.Params, []string{"policy", "Policy", "PutAccessPointPolicyRequest.Policy", "accessPointPolicy"}))
	name := firstStr(e.Params, "name", "accessPointName")
	if name == "" || len(statements) == 0 {
		return dst
	}
	return share(e, dst, "bucket", regionalARN(e, "s3", "accesspoint/"+name), grantees(statements).Accounts)
}

// fileSystemPolicy: the policies that the console offers admit everyone who
// comes through the file system's own mount points, that is, from its network.
// They open nothing.
func fileSystemPolicy(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	statements, _ := parsePolicy(at(e.Params, "policy"))
	statements = slices.DeleteFunc(statements, func(s statement) bool {
		return slices.ContainsFunc(s.Conditions, func(c condition) bool { return c.Key == "elasticfilesystem:accessedviamounttarget" })
	})
	return share(e, dst, "bucket", strAt(e.Params, "fileSystemId"), grantees(statements).Accounts)
}

// transferUser opens a bucket to the holder of a key or password that is none of
// this account's: With is empty, since nobody says who that is.
func transferUser(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	home := strAt(e.Params, "homeDirectory")
	eachAt(e.Params, "homeDirectoryMappings", func(m []byte) { home = cmp.Or(home, strAt(m, "target")) })
	bucket, _, _ := strings.Cut(strings.TrimPrefix(home, "/"), "/")
	return append(dst, sekisho.Effect{Kind: sekisho.Share, What: "bucket",
		Resource: cmp.Or(bucketARN(e, bucket, ""), firstStr(e.Params, "serverId"))})
}

func lakePermission(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	resource := firstStr(e.Params, "resource.table.name", "resource.tableWithColumns.name", "resource.database.name", "resource.dataLocation.resourceArn")
	return share(e, dst, "database", cmp.Or(resource, "catalog"), []string{outsider(strAt(e.Params, "principal.dataLakePrincipalIdentifier"))})
}

// collectionPolicy is a list of rules of the service's own, as text or as a
// list, each with the ARNs of those it lets in.
func collectionPolicy(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	raw := at(e.Params, "policy")
	if len(raw) == 0 || len(raw) > policyBytesMax {
		return dst
	}
	if text := strAt(e.Params, "policy"); raw[0] == '"' {
		raw = []byte(text)
	}
	var rules []struct{ Principal []string }
	if json.Unmarshal(raw, &rules) != nil {
		return dst
	}
	var with []string
	for _, r := range rules {
		for _, p := range r.Principal {
			with = append(with, outsider(p))
		}
	}
	return share(e, dst, "search", strAt(e.Params, "name"), with)
}

// gatewayPolicy: an interface is changed by a list of patches, of which one may
// be the policy.
func gatewayPolicy(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	for _, path := range [...]string{"patchOperations", "updateRestApiInput.patchOperations"} {
		eachAt(e.Params, path, func(patch []byte) {
			if strAt(patch, "path") == "/policy" {
				statements, _ := parsePolicy(at(patch, "value"))
				dst = share(e, dst, "gateway", strAt(e.Params, "restApiId"), grantees(statements).Accounts)
			}
		})
	}
	return dst
}

// endpointService lets others connect to a service of this network. Like other
// ec2 calls it may keep the request's own form, with lists of one as an object.
func endpointService(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	const request = "ModifyVpcEndpointServicePermissionsRequest"
	var with []string
	for _, path := range [...]string{request + ".AddAllowedPrincipals", "addAllowedPrincipals"} {
		eachAt(e.Params, path, func(p []byte) { with = append(with, outsider(cmp.Or(strAt(p, "content"), scalarText(p)))) })
	}
	return share(e, dst, "network", firstStr(e.Params, request+".ServiceId", "serviceId"), with)
}

// sharedKinds is what a resource of a service is when it is shared; the rest is
// network: subnets, gateways, prefix lists, resolver rules.
var sharedKinds = map[string]string{"rds": "database", "glue": "database", "dynamodb": "database", "lakeformation": "database",
	"codebuild": "function", "ssm": "secret", "acm-pca": "key", "s3-outposts": "bucket", "imagebuilder": "image", "kinesis": "queue"}

// resourceShare shares things of any service with accounts, or with
// organisations and units, which stand for their management account.
func resourceShare(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	var with []string
	for _, p := range texts(e.Params, "principals") {
		with = append(with, outsider(p))
	}
	what := "network"
	resources := texts(e.Params, "resourceArns")
	if len(resources) > 0 {
		what = cmp.Or(sharedKinds[arnField(resources[0], 2)], what)
	}
	resource := firstStr(e.Result, "resourceShare.resourceShareArn")
	return share(e, dst, what, cmp.Or(resource, firstStr(e.Params, "resourceShareArn", "name")), with)
}
