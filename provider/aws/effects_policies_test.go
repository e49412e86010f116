package aws

import "testing"

const (
	letOutside  = `{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::999988887777:root\"},\"Action\":\"*\",\"Resource\":\"*\"}]}`
	letEveryone = `{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}]}`
	letOwn      = `{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"*\"},\"Action\":\"SNS:Publish\",\"Condition\":{\"StringEquals\":{\"AWS:SourceOwner\":\"444455556666\"}}}]}`
)

func TestPolicyEffects(t *testing.T) {
	const topic = "arn:aws:sns:eu-west-1:444455556666:alarms"
	checkRows(t, []effectRow{
		{"sns:AddPermission", `{"topicArn":"` + topic + `","label":"x","aWSAccountId":["999988887777"],"actionName":["Publish"]}`, `null`, one("Share what=topic resource=" + topic + " with=999988887777")},
		{"sns:SetTopicAttributes", `{"topicArn":"` + topic + `","attributeName":"Policy","attributeValue":"` + letEveryone + `"}`, `null`, one("Share what=topic resource=" + topic + " with=*")},
		{"sns:SetTopicAttributes", `{"topicArn":"` + topic + `","attributeName":"Policy","attributeValue":"` + letOwn + `"}`, `null`, nil}, // what every new topic has
		{"sns:SetTopicAttributes", `{"topicArn":"` + topic + `","attributeName":"DisplayName","attributeValue":"x"}`, `null`, nil},
		{"sns:CreateTopic", `{"name":"alarms","attributes":{"Policy":"` + letOutside + `"}}`, `{"topicArn":"` + topic + `"}`, one("Share what=topic resource=alarms with=999988887777")},
		{"sns:Subscribe", `{"topicArn":"` + topic + `","protocol":"sqs","endpoint":"arn:aws:sqs:eu-west-1:999988887777:q"}`, `{}`, one("Share what=topic resource=" + topic + " with=999988887777")},
		{"sns:Subscribe", `{"topicArn":"` + topic + `","protocol":"email","endpoint":"x@example.com"}`, `{}`, nil},
		{"sqs:AddPermission", `{"queueUrl":"https://q","aWSAccountIds":["999988887777","444455556666"],"actions":["*"]}`, `null`, one("Share what=queue resource=https://q with=999988887777")},
		{"sqs:SetQueueAttributes", `{"queueUrl":"https://q","attributes":{"Policy":"` + letEveryone + `"}}`, `null`, one("Share what=queue resource=https://q with=*")},
		{"sqs:SetQueueAttributes", `{"queueUrl":"https://q","attributes":{"VisibilityTimeout":"60"}}`, `null`, nil},
		{"sqs:CreateQueue", `{"queueName":"q","attributes":{"Policy":"` + letOutside + `"}}`, `{"queueUrl":"https://q"}`, one("Share what=queue resource=q with=999988887777")},
		{"events:PutPermission", `{"action":"events:PutEvents","principal":"*","statementId":"x"}`, `null`, one("Share what=queue resource=default with=*")},
		{"events:PutPermission", `{"eventBusName":"b","principal":"*","condition":{"type":"StringEquals","key":"aws:PrincipalOrgID","value":"o-1"}}`, `null`, one("Share what=queue resource=b with=o-1")},
		{"events:PutPermission", `{"eventBusName":"b","policy":"` + letOutside + `"}`, `null`, one("Share what=queue resource=b with=999988887777")},
		{"logs:PutResourcePolicy", `{"policyName":"p","policyDocument":"` + letOutside + `"}`, `{}`, one("Share what=queue resource=p with=999988887777")},
		{"logs:PutDestinationPolicy", `{"destinationName":"d","accessPolicy":"` + letOutside + `"}`, `null`, one("Share what=queue resource=d with=999988887777")},
		{"kinesis:PutResourcePolicy", `{"resourceARN":"arn:k","policy":"` + letOutside + `"}`, `null`, one("Share what=queue resource=arn:k with=999988887777")},
		{"kafka:PutClusterPolicy", `{"clusterArn":"arn:k","policy":"` + letOutside + `"}`, `{}`, one("Share what=queue resource=arn:k with=999988887777")},

		{"lambda:AddLayerVersionPermission", `{"layerName":"common","versionNumber":1,"action":"lambda:GetLayerVersion","principal":"*"}`, `{}`,
			one("Share what=function resource=arn:aws:lambda:eu-west-1:444455556666:layer:common with=*")},
		{"lambda:AddLayerVersionPermission", `{"layerName":"common","principal":"*","organizationId":"o-1"}`, `{}`,
			one("Share what=function resource=arn:aws:lambda:eu-west-1:444455556666:layer:common with=o-1")},
		{"lambda:AddPermission", `{"functionName":"resize","principal":"444455556666"}`, `{}`, one("ChangeWorkload what=policy workload=" + fn + " with=444455556666")},
		{"lambda:UpdateFunctionUrlConfig", `{"functionName":"resize","authType":"AWS_IAM"}`, `{}`, one("ChangeWorkload what=url workload=" + fn)},
		{"ssm:ModifyDocumentPermission", `{"name":"doc","permissionType":"Share","accountIdsToAdd":["All"]}`, `{}`, one("Share what=function resource=doc with=*")},
		{"codebuild:PutResourcePolicy", `{"resourceArn":"arn:p","policy":"` + letOutside + `"}`, `{}`, one("Share what=function resource=arn:p with=999988887777")},
		{"codebuild:UpdateProjectVisibility", `{"projectArn":"arn:p","projectVisibility":"PUBLIC_READ"}`, `{}`, one("Share what=object resource=arn:p with=*")},
		{"codebuild:UpdateProjectVisibility", `{"projectArn":"arn:p","projectVisibility":"PRIVATE"}`, `{}`, nil},

		{"ecr:SetRepositoryPolicy", `{"repositoryName":"app","policyText":"` + letOutside + `"}`, `{}`, one("Share what=repository resource=arn:aws:ecr:eu-west-1:444455556666:repository/app with=999988887777")},
		{"ecr:PutRegistryPolicy", `{"policyText":"` + letOutside + `"}`, `{}`, one("Share what=repository resource=arn:aws:ecr:eu-west-1:444455556666:repository/* with=999988887777")},
		{"ecr:PutReplicationConfiguration", `{"replicationConfiguration":{"rules":[{"destinations":[{"region":"eu-west-1","registryId":"999988887777"},{"region":"us-east-1","registryId":"444455556666"}]}]}}`, `{}`,
			one("Share what=repository resource=arn:aws:ecr:eu-west-1:444455556666:repository/* with=999988887777")},
		{"codeartifact:PutDomainPermissionsPolicy", `{"domain":"d","policyDocument":"` + letOutside + `"}`, `{}`, one("Share what=repository resource=d with=999988887777")},
		{"codeartifact:PutRepositoryPermissionsPolicy", `{"domain":"d","repository":"r","policyDocument":"` + letOutside + `"}`, `{}`, one("Share what=repository resource=r with=999988887777")},

		{"secretsmanager:PutResourcePolicy", `{"secretId":"db","resourcePolicy":"` + letOutside + `","blockPublicPolicy":true}`, `{}`, one("Share what=secret resource=db with=999988887777")},
		{"ssm:PutResourcePolicy", `{"resourceArn":"arn:param","policy":"` + letOutside + `"}`, `{}`, one("Share what=secret resource=arn:param with=999988887777")},
		{"acm-pca:PutPolicy", `{"resourceArn":"arn:ca","policy":"` + letOutside + `"}`, `null`, one("Share what=key resource=arn:ca with=999988887777")},

		{"s3:PutAccessPointPolicy", `{"name":"ap","PutAccessPointPolicyRequest":{"Policy":"` + letEveryone + `"}}`, `null`, one("Share what=bucket resource=arn:aws:s3:eu-west-1:444455556666:accesspoint/ap with=*")},
		{"s3tables:PutTableBucketPolicy", `{"tableBucketARN":"arn:t","resourcePolicy":"` + letOutside + `"}`, `null`, one("Share what=bucket resource=arn:t with=999988887777")},
		{"elasticfilesystem:PutFileSystemPolicy", `{"fileSystemId":"fs-1","policy":"` + letOutside + `"}`, `{}`, one("Share what=bucket resource=fs-1 with=999988887777")},
		{"elasticfilesystem:PutFileSystemPolicy", `{"fileSystemId":"fs-1","policy":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"*\"},\"Action\":\"*\",\"Condition\":{\"Bool\":{\"elasticfilesystem:AccessedViaMountTarget\":\"true\"}}}]}"}`, `{}`, nil},
		{"backup:PutBackupVaultAccessPolicy", `{"backupVaultName":"v","policy":"` + letOutside + `"}`, `null`, one("Share what=snapshot resource=v with=999988887777")},
		{"transfer:CreateUser", `{"serverId":"s-1","userName":"x","homeDirectory":"/b/in","role":"arn:aws:iam::444455556666:role/deployer"}`, `{}`, one("Share what=bucket resource=arn:aws:s3:::b")},
		{"transfer:CreateUser", `{"serverId":"s-1","homeDirectoryMappings":[{"entry":"/","target":"/b/in"}]}`, `{}`, one("Share what=bucket resource=arn:aws:s3:::b")},

		{"dynamodb:PutResourcePolicy", `{"resourceArn":"arn:t","policy":"` + letOutside + `"}`, `{}`, one("Share what=database resource=arn:t with=999988887777")},
		{"glue:PutResourcePolicy", `{"policyInJson":"` + letOutside + `"}`, `{}`, one("Share what=database with=999988887777")},
		{"lakeformation:GrantPermissions", `{"principal":{"dataLakePrincipalIdentifier":"999988887777"},"resource":{"database":{"name":"d"}}}`, `{}`, one("Share what=database resource=d with=999988887777")},
		{"lakeformation:GrantPermissions", `{"principal":{"dataLakePrincipalIdentifier":"arn:aws:iam::444455556666:role/deployer"},"resource":{"database":{"name":"d"}}}`, `{}`, nil},
		{"redshift:AuthorizeSnapshotAccess", `{"snapshotIdentifier":"s","accountWithRestoreAccess":"999988887777"}`, `{}`, one("Share what=database resource=s with=999988887777")},
		{"redshift:AuthorizeDataShare", `{"dataShareArn":"arn:d","consumerIdentifier":"999988887777"}`, `{}`, one("Share what=database resource=arn:d with=999988887777")},
		{"redshift:PutResourcePolicy", `{"resourceArn":"arn:n","policy":"` + letOutside + `"}`, `{}`, one("Share what=database resource=arn:n with=999988887777")},
		{"redshift:AuthorizeEndpointAccess", `{"clusterIdentifier":"c","account":"999988887777"}`, `{}`, one("Share what=network resource=c with=999988887777")},
		{"es:UpdateDomainConfig", `{"domainName":"d","accessPolicies":"` + letEveryone + `"}`, `{}`, one("Share what=search resource=d with=*")},
		{"es:UpdateElasticsearchDomainConfig", `{"domainName":"d","snapshotOptions":{}}`, `{}`, nil},
		{"aoss:CreateAccessPolicy", `{"name":"p","type":"data","policy":"[{\"Rules\":[],\"Principal\":[\"arn:aws:iam::999988887777:role/x\",\"arn:aws:iam::444455556666:role/y\"]}]"}`, `{}`, one("Share what=search resource=p with=999988887777")},
		{"aoss:UpdateAccessPolicy", `{"name":"p","policy":[{"Principal":["arn:aws:iam::999988887777:role/x"]}]}`, `{}`, one("Share what=search resource=p with=999988887777")},

		{"apigateway:UpdateRestApi", `{"restApiId":"a","patchOperations":[{"op":"replace","path":"/policy","value":"` + letOutside + `"}]}`, `{}`, one("Share what=gateway resource=a with=999988887777")},
		{"apigateway:UpdateRestApi", `{"restApiId":"a","patchOperations":[{"op":"replace","path":"/name","value":"x"}]}`, `{}`, nil},
		{"apigateway:CreateRestApi", `{"createRestApiInput":{"name":"api","policy":"` + letEveryone + `"}}`, `{}`, one("Share what=gateway resource=api with=*")},

		{"ec2:ModifyVpcEndpointServicePermissions", `{"ModifyVpcEndpointServicePermissionsRequest":{"ServiceId":"vpce-svc-1","AddAllowedPrincipals":{"tag":1,"content":"arn:aws:iam::999988887777:root"}}}`, `{}`, one("Share what=network resource=vpce-svc-1 with=999988887777")},
		{"ec2:ModifyVpcEndpointServicePermissions", `{"ModifyVpcEndpointServicePermissionsRequest":{"ServiceId":"vpce-svc-1","AddAllowedPrincipals":["*"]}}`, `{}`, one("Share what=network resource=vpce-svc-1 with=*")},
		{"vpc-lattice:PutAuthPolicy", `{"resourceIdentifier":"svc-1","policy":"` + letEveryone + `"}`, `{}`, one("Share what=network resource=svc-1 with=*")},
		{"vpc-lattice:PutResourcePolicy", `{"resourceArn":"arn:svc","policy":"` + letOutside + `"}`, `{}`, one("Share what=network resource=arn:svc with=999988887777")},
		{"ram:CreateResourceShare", `{"name":"s","principals":["999988887777"],"resourceArns":["arn:aws:rds:eu-west-1:444455556666:cluster:c"],"allowExternalPrincipals":true}`, `{"resourceShare":{"resourceShareArn":"arn:share"}}`,
			one("Share what=database resource=arn:share with=999988887777")},
		{"ram:AssociateResourceShare", `{"resourceShareArn":"arn:share","principals":["arn:aws:organizations::999988887777:ou/o-1/ou-1"]}`, `{}`, one("Share what=network resource=arn:share with=999988887777")},
		{"ram:AssociateResourceShare", `{"resourceShareArn":"arn:share","resourceArns":["arn:x"]}`, `{}`, nil},
	})
}
