package sim

import "fmt"

// place is an account and what is in it: the names that calls are about.
type place struct {
	id, home string // account id, region where it works
	label    string // short name, used in resource names
	store    string // Identity Center's store and instance
	ssoHost  string
	trail    string
	logs     string // bucket of the trail
	kms      []string
	buckets  []string
	funcs    []string
	machines []string
	volumes  []string
	groups   []string
	subnets  []string
	vpc      string
	tables   []string
	secrets  []string
	params   []string
	dbs      []string
	topics   []string
	queues   []string
	images   []string
	clusters []string
	loggrps  []string
}

// words that resources are named with.
var trades = []string{"orders", "billing", "catalog", "search", "shipping", "accounts", "pricing", "reports", "media", "events", "ledger", "quotes"}

func newPlace(r *Rand, id, home, label string) *place {
	p := &place{id: id, home: home, label: label, vpc: "vpc-0" + r.Hex(16)}
	p.store = "d-" + r.Hex(10)
	p.ssoHost = "AWSSSO_" + r.Hex(16) + "_DO_NOT_DELETE"
	p.trail = "org-trail"
	p.logs = label + "-trail-" + r.Hex(6)
	for i := range 3 {
		p.kms = append(p.kms, r.UUID())
		p.subnets = append(p.subnets, "subnet-0"+r.Hex(16))
		p.groups = append(p.groups, "sg-0"+r.Hex(16))
		p.images = append(p.images, "ami-0"+r.Hex(16))
		p.clusters = append(p.clusters, fmt.Sprintf("%s-%d", label, i+1))
	}
	for _, t := range trades {
		name := label + "-" + t
		p.buckets = append(p.buckets, name+"-"+r.Hex(6))
		p.funcs = append(p.funcs, t+"-"+r.Pick("api", "worker", "handler", "export"))
		p.machines = append(p.machines, "i-0"+r.Hex(16))
		p.volumes = append(p.volumes, "vol-0"+r.Hex(16))
		p.tables = append(p.tables, t)
		p.secrets = append(p.secrets, label+"/"+t+"/database")
		p.params = append(p.params, "/"+label+"/"+t+"/endpoint")
		p.dbs = append(p.dbs, t+"-db")
		p.topics = append(p.topics, t+"-changes")
		p.queues = append(p.queues, t+"-jobs")
		p.loggrps = append(p.loggrps, "/aws/lambda/"+t)
	}
	return p
}

func (p *place) arn(service, resource string) string {
	return "arn:aws:" + service + ":" + p.home + ":" + p.id + ":" + resource
}

func (p *place) function(name string) string { return p.arn("lambda", "function:"+name) }

// do is a call of the kind that people and programs make all day, with
// parameters about things in this account. It panics on a name that it does
// not know, so that a typing error is found by the first test.
func (p *place) do(r *Rand, name string) call {
	c, known := p.known(r, name)
	if !known {
		panic("sim: no parameters known for " + name)
	}
	return c
}

// known is do for names that may be unknown: such a call has no parameters.
func (p *place) known(r *Rand, name string) (call, bool) {
	of := func(l []string) string { return l[r.IntN(len(l))] }
	c := call{name: name}
	switch name {
	case "sts:GetCallerIdentity", "ec2:DescribeRegions", "iam:ListRoles", "iam:ListAccountAliases", "iam:GetAccountSummary", "iam:ListUsers",
		"ec2:DescribeAccountAttributes", "organizations:DescribeOrganization", "organizations:ListAccounts", "iam:GetAccountPasswordPolicy",
		"iam:ListGroups", "iam:ListOpenIDConnectProviders", "iam:ListSAMLProviders", "iam:GenerateCredentialReport", "iam:GetCredentialReport",
		"iam:ListVirtualMFADevices", "sns:ListTopics", "kms:ListAliases", "lambda:GetAccountSettings20160819", "health:DescribeEventAggregates":
	case "s3:ListBuckets":
		c.params = obj("Host", "s3.amazonaws.com")
		c.extra = s3Extra(r, 0, 3400)
	case "s3:GetBucketAcl", "s3:GetBucketPolicy", "s3:GetBucketLocation", "s3:GetBucketVersioning", "s3:GetBucketEncryption", "s3:GetBucketTagging",
		"s3:GetBucketLogging", "s3:GetBucketPublicAccessBlock", "s3:GetBucketPolicyStatus", "s3:HeadBucket", "s3:GetBucketLifecycle", "s3:GetBucketReplication":
		b := of(p.buckets)
		c.params = obj("bucketName", b, "Host", b+".s3."+p.home+".amazonaws.com")
		c.extra = s3Extra(r, 0, 400)
		c.resources = list(obj("accountId", p.id, "type", "AWS::S3::Bucket", "ARN", "arn:aws:s3:::"+b))
	case "s3:GetObject", "s3:PutObject":
		b, key := of(p.buckets), of(trades)+"/"+r.Hex(8)+".json"
		c.params = obj("bucketName", b, "Host", b+".s3."+p.home+".amazonaws.com", "key", key)
		c.data = true
		c.extra = s3Extra(r, 0, r.Between(200, 90000))
		c.resources = list(obj("type", "AWS::S3::Object", "ARN", "arn:aws:s3:::"+b+"/"+key),
			obj("accountId", p.id, "type", "AWS::S3::Bucket", "ARN", "arn:aws:s3:::"+b))
	case "ec2:DescribeInstances":
		c.params = obj("instancesSet", items(), "filterSet", items(obj("name", "instance-state-name", "valueSet", items(obj("value", "running")))))
		if r.Chance(0.5) {
			c.params = obj("instancesSet", items(obj("instanceId", of(p.machines))), "filterSet", items())
		}
	case "ec2:DescribeInstanceStatus":
		c.params = obj("instancesSet", items(obj("instanceId", of(p.machines))), "filterSet", items(), "includeAllInstances", true)
	case "ec2:DescribeVolumes":
		c.params = obj("volumeSet", items(), "filterSet", items(obj("name", "attachment.instance-id", "valueSet", items(obj("value", of(p.machines))))))
	case "ec2:DescribeSecurityGroups":
		c.params = obj("securityGroupSet", items(), "securityGroupIdSet", items(obj("groupId", of(p.groups))), "filterSet", items())
	case "ec2:DescribeSnapshots":
		c.params = obj("maxResults", 1000, "snapshotSet", items(), "ownersSet", items(obj("owner", "self")), "filterSet", items())
	case "ec2:DescribeImages":
		c.params = obj("executableBySet", items(), "imagesSet", items(), "ownersSet", items(obj("owner", "self")), "filterSet", items())
	case "ec2:DescribeVpcs":
		c.params = obj("vpcSet", items(obj("vpcId", p.vpc)), "filterSet", items())
	case "ec2:DescribeSubnets":
		c.params = obj("subnetSet", items(obj("subnetId", of(p.subnets))), "filterSet", items())
	case "ec2:DescribeTags":
		c.params = obj("filterSet", items(obj("name", "resource-id", "valueSet", items(obj("value", of(p.machines))))))
	case "ec2:DescribeNetworkInterfaces":
		c.params = obj("networkInterfaceIdSet", items(), "filterSet", items(obj("name", "vpc-id", "valueSet", items(obj("value", p.vpc)))))
	case "ec2:DescribeRouteTables", "ec2:DescribeNatGateways", "ec2:DescribeAddresses", "ec2:DescribeKeyPairs", "ec2:DescribeFlowLogs", "ec2:DescribeVpcEndpoints",
		"ec2:DescribeInternetGateways", "ec2:DescribeNetworkAcls":
		c.params = obj("filterSet", items(obj("name", "vpc-id", "valueSet", items(obj("value", p.vpc)))))
	case "ec2:CreateTags":
		m := of(p.machines)
		c.params = obj("resourcesSet", items(obj("resourceId", m)), "tagSet", items(obj("key", "owner", "value", of(trades))))
		c.result = obj("requestId", r.UUID(), "_return", true)
	case "ec2:CreateSnapshot":
		v := of(p.volumes)
		c.params = obj("volumeId", v, "description", "nightly "+v)
		c.result = obj("requestId", r.UUID(), "snapshotId", "snap-0"+r.Hex(16), "volumeId", v, "status", "pending", "ownerId", p.id, "encrypted", true)
	case "ec2:DeleteSnapshot":
		c.params = obj("snapshotId", "snap-0"+r.Hex(16))
		c.result = obj("requestId", r.UUID(), "_return", true)
	case "lambda:ListFunctions20150331":
		c.params = obj("maxItems", 50)
	case "lambda:GetFunction20150331v2", "lambda:GetFunctionConfiguration20150331v2", "lambda:GetPolicy20150331v2", "lambda:ListVersionsByFunction20150331":
		c.params = obj("functionName", of(p.funcs))
	case "logs:DescribeLogGroups":
		c.params = obj("logGroupNamePrefix", "/aws/lambda/", "limit", 50)
	case "logs:FilterLogEvents", "logs:DescribeLogStreams", "logs:StartQuery":
		c.params = obj("logGroupName", of(p.loggrps), "limit", 100)
	case "logs:CreateLogStream":
		g, s := of(p.loggrps), r.Hex(32)
		c.params = obj("logGroupName", g, "logStreamName", "[$LATEST]"+s)
	case "monitoring:GetMetricData", "monitoring:ListMetrics", "monitoring:DescribeAlarms", "monitoring:GetDashboard":
		c.params = obj("maxRecords", 100, "namespace", r.Pick("AWS/Lambda", "AWS/EC2", "AWS/RDS", "AWS/SQS"))
	case "dynamodb:DescribeTable":
		c.params = obj("tableName", of(p.tables))
	case "dynamodb:ListTables":
		c.params = obj("limit", 100)
	case "sqs:GetQueueAttributes":
		c.params = obj("queueUrl", "https://sqs."+p.home+".amazonaws.com/"+p.id+"/"+of(p.queues), "attributeNames", []string{"All"})
	case "secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret":
		c.params = obj("secretId", of(p.secrets))
	case "secretsmanager:ListSecrets":
		c.params = obj("maxResults", 100)
	case "ssm:GetParameter":
		name := of(p.params)
		c.params = obj("name", name, "withDecryption", true)
		c.resources = list(obj("accountId", p.id, "ARN", p.arn("ssm", "parameter"+name)))
	case "ssm:GetParametersByPath":
		c.params = obj("path", "/"+p.label+"/", "recursive", true, "withDecryption", true)
	case "ssm:DescribeParameters":
		c.params = obj("maxResults", 50)
	case "ssm:DescribeInstanceInformation":
		c.params = obj("maxResults", 50)
	case "ssm:UpdateInstanceInformation":
		c.params = obj("instanceId", of(p.machines), "agentStatus", "Active", "agentName", "amazon-ssm-agent", "agentVersion", "3.3.1957.0",
			"platformType", "Linux", "platformName", "Amazon Linux", "platformVersion", "2023")
	case "kms:Decrypt", "kms:GenerateDataKey":
		k := p.arn("kms", "key/"+of(p.kms))
		if name == "kms:Decrypt" {
			c.params = obj("encryptionContext", obj("SecretARN", p.arn("secretsmanager", "secret:"+of(p.secrets))), "encryptionAlgorithm", "SYMMETRIC_DEFAULT")
		} else {
			c.params = obj("keyId", k, "keySpec", "AES_256")
		}
		c.resources = list(obj("accountId", p.id, "type", "AWS::KMS::Key", "ARN", k))
	case "kms:ListKeys":
		c.params = obj("limit", 100)
	case "kms:DescribeKey", "kms:GetKeyRotationStatus", "kms:GetKeyPolicy":
		k := of(p.kms)
		c.params = obj("keyId", k)
		c.resources = list(obj("accountId", p.id, "type", "AWS::KMS::Key", "ARN", p.arn("kms", "key/"+k)))
	case "rds:DescribeDBInstances", "rds:DescribeDBSnapshots", "rds:DescribeDBClusters":
		c.params = obj("dBInstanceIdentifier", of(p.dbs))
	case "ecs:ListClusters", "eks:ListClusters":
		c.params = obj("maxResults", 100)
	case "ecs:DescribeServices", "ecs:ListTasks", "ecs:ListServices":
		c.params = obj("cluster", of(p.clusters))
	case "ecr:DescribeRepositories", "ecr:GetAuthorizationToken", "ecr:DescribeImages":
		c.params = obj("registryId", p.id)
	case "cloudformation:DescribeStacks", "cloudformation:ListStackResources":
		c.params = obj("stackName", p.label+"-"+of(trades))
	case "cloudformation:ListStacks":
		c.params = obj("stackStatusFilter", []string{"CREATE_COMPLETE", "UPDATE_COMPLETE"})
	case "cloudtrail:DescribeTrails":
		c.params = obj("trailNameList", []string{}, "includeShadowTrails", true)
	case "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors":
		c.params = obj("name", p.trail)
	case "cloudtrail:LookupEvents":
		c.params = obj("maxResults", 50, "lookupAttributes", list(obj("attributeKey", "EventSource", "attributeValue", r.Pick("lambda.amazonaws.com", "ec2.amazonaws.com"))))
	case "guardduty:ListDetectors", "guardduty:ListFindings", "securityhub:GetFindings", "access-analyzer:ListAnalyzers", "config:DescribeConfigRules",
		"config:DescribeConfigurationRecorders", "inspector2:ListFindings":
		c.params = obj("maxResults", 50)
	case "iam:GetRole", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:ListInstanceProfilesForRole":
		c.params = obj("roleName", of(trades)+"-role")
	case "iam:GetPolicy", "iam:GetPolicyVersion", "iam:ListPolicyVersions":
		c.params = obj("policyArn", "arn:aws:iam::"+p.id+":policy/"+of(trades)+"-access")
	case "iam:ListPolicies":
		c.params = obj("scope", "Local", "onlyAttached", false)
	case "elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeTargetHealth", "autoscaling:DescribeAutoScalingGroups":
		c.params = obj("pageSize", 100)
	case "route53:ListHostedZones":
		c.params = obj("maxItems", "100")
	case "ce:GetCostAndUsage":
		c.params = obj("granularity", "DAILY", "metrics", []string{"UnblendedCost"}, "groupBy", list(obj("type", "DIMENSION", "key", "SERVICE")))
	case "athena:StartQueryExecution":
		c.params = obj("queryString", "HIDDEN_DUE_TO_SECURITY_REASONS", "workGroup", "analytics")
		c.result = obj("queryExecutionId", r.UUID())
	case "athena:GetQueryExecution", "athena:GetQueryResults":
		c.params = obj("queryExecutionId", r.UUID())
	case "glue:GetTables", "glue:GetDatabases", "glue:GetTable":
		c.params = obj("catalogId", p.id, "databaseName", "lake")
	case "bedrock:InvokeModel":
		c = invokeModel(r, p.home, "anthropic.claude-3-haiku-20240307-v1:0", "")
	case "bedrock:ListFoundationModels", "bedrock:ListInferenceProfiles":
		c.params = obj("maxResults", 100)
	default:
		return c, false
	}
	return c, true
}

func s3Extra(r *Rand, in, out int) rawJSON {
	return obj("SignatureVersion", "SigV4", "CipherSuite", "TLS_AES_128_GCM_SHA256", "bytesTransferredIn", in, "AuthenticationMethod", "AuthHeader",
		"x-amz-id-2", r.Text(tokenLetter, 75)+"=", "bytesTransferredOut", out)
}

// invokeModel is a model's invocation. A cross-Region one names the Region that
// answered; the record never holds tokens or text.
func invokeModel(r *Rand, region, model, answered string) call {
	c := call{name: "bedrock:InvokeModel", params: obj("modelId", model), region: region}
	if answered != "" {
		c.extra = obj("inferenceRegion", answered)
	}
	c.resources = list(obj("accountId", "aws", "type", "AWS::Bedrock::FoundationModel", "ARN", "arn:aws:bedrock:"+region+"::foundation-model/"+model))
	return c
}
