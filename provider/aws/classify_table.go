package aws

import "github.com/sekisho/sekisho"

// call is an action of a service. As a map key it costs no allocation.
type call struct{ service, action string }

// Short names, so that the tables below stay readable.
const (
	list  = sekisho.LevelList
	read  = sekisho.LevelRead
	write = sekisho.LevelWrite
	perm  = sekisho.LevelPermissions
)

// verbLevels is what AWS usually means by a verb. Describe mixes both in the
// Reference (ec2:DescribeInstances is List, iam:… has none); it names things
// far more often than it reads what is in them, so it is List here.
var verbLevels = map[string]sekisho.Level{
	"List": list, "Describe": list, "Search": list, "Lookup": list, "Discover": list,

	"Get": read, "Batch": read, "Check": read, "Read": read, "View": read, "Query": read, "Scan": read, "Select": read,
	"Head": read, "Download": read, "Preview": read, "Simulate": read, "Validate": read, "Verify": read, "Test": read,
	"Estimate": read, "Detect": read, "Compare": read, "Retrieve": read, "Export": read, "Poll": read, "Receive": read,
	"Filter": read, "Evaluate": read, "Predict": read, "Resolve": read, "Converse": read, "Decode": read, "Is": read,
	"Opt": write, "Console": read, "Decrypt": read, "Encrypt": read, "Generate": read, "Count": read,

	"Create": write, "Delete": write, "Put": write, "Update": write, "Modify": write, "Add": write, "Remove": write,
	"Attach": write, "Detach": write, "Associate": write, "Disassociate": write, "Enable": write, "Disable": write,
	"Start": write, "Stop": write, "Run": write, "Reboot": write, "Terminate": write, "Cancel": write, "Copy": write,
	"Register": write, "Deregister": write, "Set": write, "Reset": write, "Restore": write, "Import": write,
	"Upload": write, "Send": write, "Publish": write, "Subscribe": write, "Unsubscribe": write, "Invoke": write,
	"Execute": write, "Submit": write, "Schedule": write, "Rotate": write, "Revoke": write, "Authorize": write,
	"Allocate": write, "Release": write, "Assign": write, "Unassign": write, "Accept": write, "Reject": write,
	"Request": write, "Replace": write, "Change": write, "Apply": write, "Deploy": write, "Activate": write,
	"Deactivate": write, "Initiate": write, "Complete": write, "Abort": write, "Merge": write, "Move": write,
	"Purge": write, "Provision": write, "Deprovision": write, "Resume": write, "Suspend": write, "Pause": write,
	"Invite": write, "Leave": write, "Close": write, "Open": write, "Share": write, "Unshare": write, "Resync": write,
	"Promote": write, "Switch": write, "Failover": write, "Stream": write, "Post": write, "Write": write,
	"Confirm": write, "Label": write, "Lock": write, "Unlock": write, "Monitor": write, "Unmonitor": write,
	"Advertise": write, "Withdraw": write, "Archive": write, "Unarchive": write, "Decline": write, "End": write,
	"Exit": write, "Extend": write, "Force": write, "Increase": write, "Decrease": write, "Install": write,
	"Issue": write, "Link": write, "Unlink": write, "Notify": write, "Refresh": write, "Rebuild": write,
	"Record": write, "Redeem": write, "Renew": write, "Retire": write, "Retry": write, "Rollback": write,
	"Sync": write, "Transfer": write, "Upgrade": write, "Vote": write, "Signal": write, "Split": write,
	"Continue": write, "Acknowledge": write, "Connect": write, "Disconnect": write, "Begin": write, "Commit": write,
	"Reserve": write, "Purchase": write, "Join": write, "Claim": write, "Migrate": write, "Assume": write,
	"Undeploy": write, "Recover": write, "Resend": write, "Tag": sekisho.LevelTag, "Untag": sekisho.LevelTag,
	// RDS and EC2 name their own notices of what another account did with a share.
	"Shared": write,
}

// actionLevels is the access level of actions whose verb misleads, after the
// AWS Service Authorization Reference unless a comment says otherwise.
var actionLevels = map[call]sekisho.Level{
	// Issuance: a credential exists afterwards. See classify.
	{"sts", "AssumeRole"}: write, {"sts", "AssumeRoleWithSAML"}: write, {"sts", "AssumeRoleWithWebIdentity"}: write,
	{"sts", "AssumeRoot"}: write, {"sts", "GetSessionToken"}: write, {"sts", "GetFederationToken"}: write,
	{"signin", "GetSigninToken"}: write, {"signin", "ConsoleLogin"}: write, {"signin", "SwitchRole"}: write,
	{"signin", "PasswordUpdated"}: write, {"signin", "PasswordRecoveryCompleted"}: write, {"signin", "CredentialChallenge"}: read, {"sso", "GetRoleCredentials"}: write, {"sso", "Authenticate"}: write,
	{"sso", "Federate"}: write, {"rolesanywhere", "CreateSession"}: write,
	{"cognito-identity", "GetCredentialsForIdentity"}: write, {"ecr", "GetAuthorizationToken"}: read,
	{"sts", "SetSourceIdentity"}: write,

	// Who may do what, beyond what levelByVerb sees in the name.
	{"iam", "CreateOpenIDConnectProvider"}: perm, {"iam", "CreateSAMLProvider"}: perm, {"iam", "UpdateSAMLProvider"}: perm,
	{"iam", "DeactivateMFADevice"}: perm, {"iam", "CreateServiceLinkedRole"}: write, {"iam", "PassRole"}: perm,
	{"iam", "CreateServiceSpecificCredential"}: write, {"iam", "UpdateAccountPasswordPolicy"}: write,
	{"iam", "DeleteAccountPasswordPolicy"}: write,
	{"kms", "CreateGrant"}:                 perm, {"kms", "RevokeGrant"}: perm, {"kms", "RetireGrant"}: perm,
	{"lambda", "AddPermission"}: perm, {"lambda", "RemovePermission"}: perm, {"lambda", "AddLayerVersionPermission"}: perm,
	{"lambda", "RemoveLayerVersionPermission"}: perm, {"lambda", "CreateFunctionUrlConfig"}: perm,
	{"lambda", "UpdateFunctionUrlConfig"}: perm,
	{"ec2", "ModifySnapshotAttribute"}:    perm, {"ec2", "ResetSnapshotAttribute"}: perm,
	{"ec2", "ModifyImageAttribute"}: perm, {"ec2", "ResetImageAttribute"}: perm,
	{"rds", "ModifyDBSnapshotAttribute"}: perm, {"rds", "ModifyDBClusterSnapshotAttribute"}: perm,
	{"sso", "CreateAccountAssignment"}: perm, {"sso", "DeleteAccountAssignment"}: perm,
	{"sso", "AttachManagedPolicyToPermissionSet"}: perm, {"sso", "PutInlinePolicyToPermissionSet"}: perm,
	{"sso", "AttachCustomerManagedPolicyReferenceToPermissionSet"}: perm, {"sso", "ProvisionPermissionSet"}: perm,
	{"identitystore", "CreateGroupMembership"}: perm, {"identitystore", "DeleteGroupMembership"}: perm,
	{"eks", "CreateAccessEntry"}: perm, {"eks", "AssociateAccessPolicy"}: perm, {"eks", "DeleteAccessEntry"}: perm,
	{"eks", "DisassociateAccessPolicy"}: perm, {"eks", "CreatePodIdentityAssociation"}: perm,
	{"organizations", "AttachPolicy"}: perm, {"organizations", "DetachPolicy"}: perm, {"organizations", "CreatePolicy"}: perm,
	{"organizations", "UpdatePolicy"}: perm, {"organizations", "DeletePolicy"}: perm,
	{"organizations", "LeaveOrganization"}: perm, {"organizations", "DisablePolicyType"}: perm,
	{"organizations", "CreateAccountResult"}: write, // the notice of a finished CreateAccount
	{"rolesanywhere", "CreateTrustAnchor"}:   perm, {"rolesanywhere", "CreateProfile"}: perm,
	{"rolesanywhere", "UpdateTrustAnchor"}: perm, {"rolesanywhere", "UpdateProfile"}: perm,
	{"lakeformation", "GrantPermissions"}: perm, {"codebuild", "UpdateProjectVisibility"}: perm,
	{"aoss", "CreateAccessPolicy"}: perm, {"aoss", "UpdateAccessPolicy"}: perm,
	{"cognito-identity", "SetIdentityPoolRoles"}: perm, {"redshift", "AuthorizeSnapshotAccess"}: perm, {"redshift", "AuthorizeDataShare"}: perm,
	{"organizations", "RegisterDelegatedAdministrator"}: perm, {"organizations", "EnableAWSServiceAccess"}: perm,
	{"ram", "CreateResourceShare"}: perm, {"ram", "AssociateResourceShare"}: perm,
	{"s3", "PutObjectAcl"}: perm, {"s3", "PutBucketAcl"}: perm, {"s3", "DeleteBucketPolicy"}: perm,
	{"ssm", "ModifyDocumentPermission"}: perm,

	// This gives a way into a machine.
	{"gamelift", "GetComputeAccess"}: write,

	// Content behind a listing verb, and listings behind a content verb.
	{"secretsmanager", "BatchGetSecretValue"}: read, {"dynamodb", "BatchWriteItem"}: write,
	{"s3", "HeadBucket"}: list, {"s3", "ListObjects"}: list, {"s3", "ListBucket"}: list,
	{"sts", "GetCallerIdentity"}: read, {"ec2", "GetPasswordData"}: read, {"ec2", "GetConsoleOutput"}: read,
	{"ec2", "DescribeInstanceAttribute"}:      read, // user data is among the attributes
	{"iam", "GetAccountAuthorizationDetails"}: read, {"iam", "GenerateCredentialReport"}: read,
	{"organizations", "DescribeOrganization"}: read, {"cloudtrail", "LookupEvents"}: read,
	{"logs", "FilterLogEvents"}: read, {"logs", "StartQuery"}: read, {"athena", "StartQueryExecution"}: write,
	{"ses", "VerifyEmailIdentity"}: write, {"ses", "VerifyEmailAddress"}: write, {"ses", "VerifyDomainIdentity"}: write, {"ses", "VerifyDomainDkim"}: write,
	{"ecr", "BatchGetImage"}: read, {"ecr", "BatchCheckLayerAvailability"}: read, {"ecr", "BatchDeleteImage"}: write,
	{"securityhub", "BatchImportFindings"}: write, {"securityhub", "BatchDisableStandards"}: write,
	{"securityhub", "BatchEnableStandards"}: write, {"securityhub", "BatchUpdateFindings"}: write,
	{"securityhub", "BatchUpdateStandardsControlAssociations"}: write,
	{"ssm", "GetParametersByPath"}:                             read, {"signin", "CheckMfa"}: read, {"s3", "CopyObject"}: write,
	{"sqs", "ReceiveMessage"}: read, {"rds", "DownloadDBLogFilePortion"}: read,
	{"dynamodb", "ExportTableToPointInTime"}: read, {"rds", "StartExportTask"}: write,

	// Running a model reads, in the Reference, whatever the verb says.
	{"bedrock", "InvokeModel"}: read, {"bedrock", "InvokeModelWithResponseStream"}: read,
	{"bedrock", "InvokeModelWithBidirectionalStream"}: read, {"bedrock", "Converse"}: read,
	{"bedrock", "ConverseStream"}: read, {"bedrock", "ApplyGuardrail"}: read, {"bedrock", "InvokeAgent"}: read,
	{"bedrock", "InvokeInlineAgent"}: read, {"bedrock", "InvokeFlow"}: read, {"bedrock", "RetrieveAndGenerate"}: read,
	{"sagemaker", "InvokeEndpoint"}: read,

	// What a machine's own agent says about itself; it changes nothing that
	// anyone chose, but the Reference and the record both call it a write.
	{"ssm", "UpdateInstanceInformation"}: write, {"ssm", "PutInventory"}: write, {"ssm", "PutComplianceItems"}: write,
	{"ecs", "DiscoverPollEndpoint"}: write, {"ssmmessages", "OpenDataChannel"}: write,
}

// serviceTopics is what a service is about, by the first label of its event
// source.
var serviceTopics = map[string]sekisho.Topic{
	"iam": sekisho.TopicIdentity, "sts": sekisho.TopicIdentity, "signin": sekisho.TopicIdentity, "sso": sekisho.TopicIdentity,
	"sso-directory": sekisho.TopicIdentity, "sso-oauth": sekisho.TopicIdentity, "sso-oidc": sekisho.TopicIdentity, "identitystore": sekisho.TopicIdentity,
	"rolesanywhere": sekisho.TopicIdentity, "cognito-idp": sekisho.TopicIdentity, "cognito-identity": sekisho.TopicIdentity,
	"ds": sekisho.TopicIdentity, "verifiedpermissions": sekisho.TopicIdentity,

	"ec2": sekisho.TopicCompute, "ecs": sekisho.TopicCompute, "eks": sekisho.TopicCompute, "autoscaling": sekisho.TopicCompute,
	"ssm": sekisho.TopicCompute, "ssmmessages": sekisho.TopicCompute, "ec2messages": sekisho.TopicCompute,
	"ec2-instance-connect": sekisho.TopicCompute, "batch": sekisho.TopicCompute, "lightsail": sekisho.TopicCompute,
	"apprunner": sekisho.TopicCompute, "elasticmapreduce": sekisho.TopicCompute, "emr-serverless": sekisho.TopicCompute,
	"imagebuilder": sekisho.TopicCompute, "application-autoscaling": sekisho.TopicCompute, "elasticbeanstalk": sekisho.TopicCompute,
	"compute-optimizer": sekisho.TopicCompute, "gamelift": sekisho.TopicCompute, "emr-containers": sekisho.TopicCompute, "omics": sekisho.TopicCompute,

	"lambda": sekisho.TopicFunction, "states": sekisho.TopicFunction, "apigateway": sekisho.TopicFunction, "appsync": sekisho.TopicFunction,
	"scheduler": sekisho.TopicFunction, "pipes": sekisho.TopicFunction,

	"s3": sekisho.TopicStorage, "s3express": sekisho.TopicStorage, "s3tables": sekisho.TopicStorage, "ebs": sekisho.TopicStorage, "elasticfilesystem": sekisho.TopicStorage,
	"fsx": sekisho.TopicStorage, "backup": sekisho.TopicStorage, "dlm": sekisho.TopicStorage, "glacier": sekisho.TopicStorage, "storagegateway": sekisho.TopicStorage,
	"datasync": sekisho.TopicStorage, "transfer": sekisho.TopicStorage,

	"rds": sekisho.TopicDatabase, "rds-data": sekisho.TopicDatabase, "dynamodb": sekisho.TopicDatabase, "redshift": sekisho.TopicDatabase,
	"redshift-data": sekisho.TopicDatabase, "elasticache": sekisho.TopicDatabase, "es": sekisho.TopicDatabase, "opensearch": sekisho.TopicDatabase,
	"aoss": sekisho.TopicDatabase, "athena": sekisho.TopicDatabase, "glue": sekisho.TopicDatabase, "kinesis": sekisho.TopicDatabase,
	"docdb-elastic": sekisho.TopicDatabase, "neptune-db": sekisho.TopicDatabase, "dms": sekisho.TopicDatabase, "kafka": sekisho.TopicDatabase,
	"datapipeline": sekisho.TopicDatabase, "lakeformation": sekisho.TopicDatabase, "kinesisanalytics": sekisho.TopicDatabase,

	"secretsmanager": sekisho.TopicSecret, "kms": sekisho.TopicSecret, "acm": sekisho.TopicSecret, "acm-pca": sekisho.TopicSecret,
	"cloudhsm": sekisho.TopicSecret, "payment-cryptography": sekisho.TopicSecret,

	"cloudtrail": sekisho.TopicLogging, "logs": sekisho.TopicLogging, "monitoring": sekisho.TopicLogging, "cloudwatch": sekisho.TopicLogging,
	"config": sekisho.TopicLogging, "events": sekisho.TopicLogging, "firehose": sekisho.TopicLogging, "xray": sekisho.TopicLogging,
	"oam": sekisho.TopicLogging, "health": sekisho.TopicLogging,

	"guardduty": sekisho.TopicDetection, "securityhub": sekisho.TopicDetection, "access-analyzer": sekisho.TopicDetection,
	"inspector": sekisho.TopicDetection, "inspector2": sekisho.TopicDetection, "macie2": sekisho.TopicDetection, "detective": sekisho.TopicDetection,
	"securitylake": sekisho.TopicDetection, "auditmanager": sekisho.TopicDetection, "devops-guru": sekisho.TopicDetection,
	"trustedadvisor": sekisho.TopicDetection, "security-ir": sekisho.TopicDetection,

	"bedrock": sekisho.TopicModel, "sagemaker": sekisho.TopicModel, "comprehend": sekisho.TopicModel, "rekognition": sekisho.TopicModel,
	"textract": sekisho.TopicModel, "qbusiness": sekisho.TopicModel, "q": sekisho.TopicModel, "braket": sekisho.TopicModel,

	"route53": sekisho.TopicNetwork, "route53domains": sekisho.TopicNetwork, "route53resolver": sekisho.TopicNetwork, "elasticloadbalancing": sekisho.TopicNetwork,
	"cloudfront": sekisho.TopicNetwork, "network-firewall": sekisho.TopicNetwork, "waf": sekisho.TopicNetwork, "wafv2": sekisho.TopicNetwork,
	"waf-regional": sekisho.TopicNetwork, "directconnect": sekisho.TopicNetwork, "globalaccelerator": sekisho.TopicNetwork,
	"shield": sekisho.TopicNetwork, "vpc-lattice": sekisho.TopicNetwork,

	"ce": sekisho.TopicBilling, "billing": sekisho.TopicBilling, "billingconsole": sekisho.TopicBilling, "budgets": sekisho.TopicBilling, "cur": sekisho.TopicBilling,
	"servicequotas": sekisho.TopicBilling, "aws-marketplace": sekisho.TopicBilling, "marketplacecommerceanalytics": sekisho.TopicBilling,
	"payments": sekisho.TopicBilling, "tax": sekisho.TopicBilling, "support": sekisho.TopicBilling, "freetier": sekisho.TopicBilling,
	"cost-optimization-hub": sekisho.TopicBilling, "savingsplans": sekisho.TopicBilling,

	"organizations": sekisho.TopicOrganize, "account": sekisho.TopicOrganize, "controltower": sekisho.TopicOrganize, "ram": sekisho.TopicOrganize,
	"resource-explorer-2": sekisho.TopicOrganize, "resource-groups": sekisho.TopicOrganize, "tagging": sekisho.TopicOrganize,
	"license-manager": sekisho.TopicOrganize,

	"ses": sekisho.TopicMessaging, "email": sekisho.TopicMessaging, "sns": sekisho.TopicMessaging, "sqs": sekisho.TopicMessaging, "pinpoint": sekisho.TopicMessaging,
	"sms-voice": sekisho.TopicMessaging, "chatbot": sekisho.TopicMessaging, "notifications": sekisho.TopicMessaging, "mq": sekisho.TopicMessaging,
	"social-messaging": sekisho.TopicMessaging, "workmail": sekisho.TopicMessaging,

	"cloudformation": sekisho.TopicPipeline, "codebuild": sekisho.TopicPipeline, "codepipeline": sekisho.TopicPipeline, "codecommit": sekisho.TopicPipeline,
	"codedeploy": sekisho.TopicPipeline, "codeartifact": sekisho.TopicPipeline, "codestar-connections": sekisho.TopicPipeline, "codeconnections": sekisho.TopicPipeline,
	"ecr": sekisho.TopicPipeline, "ecr-public": sekisho.TopicPipeline, "servicecatalog": sekisho.TopicPipeline,
	"servicecatalog-appregistry": sekisho.TopicPipeline, "amplify": sekisho.TopicPipeline, "proton": sekisho.TopicPipeline,
	"cloudshell": sekisho.TopicPipeline, "airflow": sekisho.TopicPipeline, "serverlessrepo": sekisho.TopicPipeline,
}
