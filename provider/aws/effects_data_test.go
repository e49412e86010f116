package aws

import (
	"testing"

	"github.com/sekisho/sekisho"
)

const (
	ourKey   = "arn:aws:kms:eu-west-1:444455556666:key/ours"
	theirKey = "arn:aws:kms:eu-west-1:999988887777:key/theirs"
)

// What becomes of data, machines, models and mail: at least one row a call
// whose shape differs, with the harmless form beside it.
func TestDataEffects(t *testing.T) {
	object := "arn:aws:s3:::b/x"
	for _, c := range []struct {
		name, params, result string
		want                 []string
	}{
		// Objects.
		{"s3:PutObject", `{"bucketName":"b","key":"x"}`, "", nil},
		{"s3:PutObject", `{"bucketName":"b","key":"x","x-amz-acl":"private"}`, "", nil},
		{"s3:PutObject", `{"bucketName":"b","key":"x","x-amz-acl":"public-read"}`, "", []string{"Share what=object resource=" + object + " with=*"}},
		{"s3:PutObjectAcl", `{"bucketName":"b","key":"x","X-Amz-Acl":"public-read"}`, "", []string{"Share what=object resource=" + object + " with=*"}},
		{"s3:PutObject", `{"bucketName":"b","key":"x","x-amz-server-side-encryption-customer-algorithm":"AES256"}`, "", []string{"LockData what=customer-key resource=" + object + " count=1"}},
		{"s3:PutObject", `{"bucketName":"b","key":"x","x-amz-server-side-encryption-aws-kms-key-id":"` + ourKey + `"}`, "", nil},
		{"s3:PutObject", `{"bucketName":"b","key":"x","x-amz-server-side-encryption-aws-kms-key-id":"` + theirKey + `"}`, "", []string{"LockData what=outside-key resource=" + object + " with=999988887777 count=1"}},
		{"s3:PutObject", `{"bucketName":"b","key":"app/v3.zip"}`, "", []string{"ChangeWorkload what=artefact workload=arn:aws:s3:::b/app/v3.zip"}},
		{"s3:CopyObject", `{"bucketName":"b","key":"x","x-amz-copy-source":"/b/x","x-amz-server-side-encryption-customer-algorithm":"AES256"}`, "",
			[]string{"ReadData what=copy resource=" + object, "LockData what=customer-key resource=" + object + " count=1"}},
		{"s3:DeleteObject", `{"bucketName":"b","key":"x"}`, "", []string{"Destroy what=object resource=" + object + " count=1"}},
		{"s3:DeleteObjects", `{"bucketName":"b","delete":""}`, "", []string{"Destroy what=object resource=arn:aws:s3:::b count=1"}},
		{"s3:DeleteBucket", `{"bucketName":"b"}`, "", []string{"Destroy what=bucket resource=arn:aws:s3:::b count=1"}},

		// What protects them.
		{"s3:DeleteBucketPublicAccessBlock", `{"bucketName":"b","publicAccessBlock":""}`, "", []string{"RemoveGuard what=public-block resource=arn:aws:s3:::b"}},
		{"s3:PutBucketPublicAccessBlock", `{"bucketName":"b","PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"IgnorePublicAcls":true,"BlockPublicPolicy":true,"RestrictPublicBuckets":true}}`, "", nil},
		{"s3:PutBucketPublicAccessBlock", `{"bucketName":"b","PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"BlockPublicPolicy":false}}`, "", []string{"RemoveGuard what=public-block resource=arn:aws:s3:::b"}},
		{"s3:PutBucketVersioning", `{"bucketName":"b","VersioningConfiguration":{"Status":"Enabled"}}`, "", nil},
		{"s3:PutBucketVersioning", `{"bucketName":"b","VersioningConfiguration":{"Status":"Suspended"}}`, "", []string{"RemoveGuard what=versioning resource=arn:aws:s3:::b"}},
		{"s3:PutBucketLifecycle", `{"bucketName":"b","LifecycleConfiguration":{"Rule":{"Expiration":{"Days":7},"Status":"Enabled"}}}`, "", []string{"RemoveGuard what=retention resource=arn:aws:s3:::b count=7"}},
		{"s3:PutBucketLifecycle", `{"bucketName":"b","LifecycleConfiguration":{"Rule":[{"Expiration":{"Days":90},"Status":"Enabled"},{"NoncurrentVersionExpiration":{"NoncurrentDays":3},"Status":"Enabled"}]}}`, "",
			[]string{"RemoveGuard what=retention resource=arn:aws:s3:::b count=3"}},
		{"s3:PutBucketLifecycle", `{"bucketName":"b","LifecycleConfiguration":{"Rule":{"Expiration":{"Days":1},"Status":"Disabled"}}}`, "", nil},
		{"s3:PutBucketLifecycle", `{"bucketName":"b","LifecycleConfiguration":{"Rule":{"Transition":{"Days":30,"StorageClass":"GLACIER"},"Status":"Enabled"}}}`, "", nil},
		{"s3:DeleteBucketEncryption", `{"bucketName":"b"}`, "", []string{"RemoveGuard what=encryption resource=arn:aws:s3:::b"}},
		{"s3:PutBucketObjectLockConfiguration", `{"bucketName":"b","ObjectLockConfiguration":{"ObjectLockEnabled":"Enabled"}}`, "", []string{"RemoveGuard what=lock resource=arn:aws:s3:::b"}},
		{"s3:PutBucketObjectLockConfiguration", `{"bucketName":"b","ObjectLockConfiguration":{"Rule":{"DefaultRetention":{"Mode":"COMPLIANCE","Days":30}}}}`, "", nil},
		{"ec2:EnableSerialConsoleAccess", `{}`, "", []string{"RemoveGuard what=serial-console"}},
		{"ec2:ModifyInstanceMetadataOptions", `{"ModifyInstanceMetadataOptionsRequest":{"InstanceId":"i-1","HttpTokens":"optional"}}`, "", []string{"RemoveGuard what=metadata-token resource=i-1"}},
		{"ec2:ModifyInstanceMetadataOptions", `{"ModifyInstanceMetadataOptionsRequest":{"InstanceId":"i-1","HttpTokens":"required"}}`, "", nil},
		{"rds:ModifyDBInstance", `{"dBInstanceIdentifier":"d","deletionProtection":false,"backupRetentionPeriod":0}`, "", []string{"RemoveGuard what=deletion-protection resource=d", "RemoveGuard what=backup resource=d"}},
		{"rds:ModifyDBInstance", `{"dBInstanceIdentifier":"d","publiclyAccessible":true}`, "", []string{"RemoveGuard what=public-block resource=d"}},
		{"rds:ModifyDBInstance", `{"dBInstanceIdentifier":"d","allocatedStorage":100}`, "", nil},
		{"dynamodb:UpdateTable", `{"tableName":"t","deletionProtectionEnabled":false}`, "", []string{"RemoveGuard what=deletion-protection resource=t"}},
		{"dynamodb:UpdateContinuousBackups", `{"tableName":"t","pointInTimeRecoverySpecification":{"pointInTimeRecoveryEnabled":false}}`, "", []string{"RemoveGuard what=backup resource=t"}},
		{"backup:DeleteBackupVaultLockConfiguration", `{"backupVaultName":"v"}`, "", []string{"RemoveGuard what=lock resource=v"}},
		{"lambda:DeleteFunctionCodeSigningConfig", `{"functionName":"f"}`, "", []string{"RemoveGuard what=code-signing resource=f"}},
		{"bedrock:DeleteGuardrail", `{"guardrailIdentifier":"g"}`, "", []string{"RemoveGuard what=guardrail resource=g"}},

		// What is gone.
		{"ec2:DeleteSnapshot", `{"snapshotId":"snap-1","force":false}`, "", []string{"Destroy what=snapshot resource=snap-1 count=1"}},
		{"ec2:TerminateInstances", `{"instancesSet":{"items":[{"instanceId":"i-1"},{"instanceId":"i-2"}]}}`, "", []string{"Destroy what=machine resource=i-1 count=2"}},
		{"rds:DeleteDBInstance", `{"dBInstanceIdentifier":"d","skipFinalSnapshot":true}`, "", []string{"Destroy what=database resource=d count=1"}},
		{"rds:DeleteDBInstance", `{"dBInstanceIdentifier":"d","skipFinalSnapshot":true,"deleteAutomatedBackups":true}`, "", []string{"Destroy what=database resource=d count=1", "Destroy what=backup resource=d count=1"}},
		{"rds:DeleteDBInstance", `{"dBInstanceIdentifier":"d","skipFinalSnapshot":false,"finalDBSnapshotIdentifier":"last"}`, "", nil},
		{"kms:ScheduleKeyDeletion", `{"keyId":"k","pendingWindowInDays":7}`, "", []string{"Destroy what=key resource=k count=1"}},
		{"backup:DeleteRecoveryPoint", `{"recoveryPointArn":"arn:r"}`, "", []string{"Destroy what=backup resource=arn:r count=1"}},
		{"ecr:BatchDeleteImage", `{"repositoryName":"r","imageIds":[{"imageTag":"a"},{"imageTag":"b"}]}`, "", []string{"Destroy what=image resource=r count=2"}},
		{"sqs:PurgeQueue", `{"queueUrl":"q"}`, "", []string{"Destroy what=queue resource=q count=1"}},

		// Copies.
		{"ec2:CopySnapshot", `{"sourceSnapshotId":"snap-1","kmsKeyId":"` + theirKey + `"}`, "", []string{"ReadData what=copy resource=snap-1", "LockData what=outside-key resource=snap-1 with=999988887777 count=1"}},
		{"rds:CopyDBSnapshot", `{"sourceDBSnapshotIdentifier":"s","kmsKeyId":"` + ourKey + `"}`, "", []string{"ReadData what=copy resource=s"}},

		// What machines hold.
		{"ec2:DescribeInstanceAttribute", `{"attribute":"userData","instanceId":"i-1"}`, "", []string{"ReadSecret what=user-data resource=i-1 count=1"}},
		{"ec2:DescribeInstanceAttribute", `{"attribute":"instanceType","instanceId":"i-1"}`, "", nil},

		// Machines, tasks, clusters.
		{"ecs:CreateCluster", `{"clusterName":"c"}`, "", []string{"LaunchCompute what=cluster resource=c count=1"}},
		{"eks:CreateCluster", `{"name":"c"}`, "", []string{"LaunchCompute what=cluster resource=c count=1"}},
		{"autoscaling:UpdateAutoScalingGroup", `{"autoScalingGroupName":"g","healthCheckType":"ELB"}`, "", nil},
		{"batch:CreateComputeEnvironment", `{"computeResources":{"maxvCpus":400,"instanceTypes":["m5.xlarge","p4d.24xlarge"]}}`, "", []string{"LaunchCompute what=p4d.24xlarge accelerated=yes count=100"}},
		{"sagemaker:CreateEndpointConfig", `{"productionVariants":[{"instanceType":"ml.g5.xlarge","initialInstanceCount":2}]}`, "", []string{"LaunchCompute what=ml.g5.xlarge accelerated=yes count=2"}},
		{"cloudformation:UpdateTerminationProtection", `{"stackName":"s","enableTerminationProtection":true}`, "", []string{"Entrench what=deletion-protection resource=s"}},
		{"cloudformation:UpdateTerminationProtection", `{"stackName":"s","enableTerminationProtection":false}`, "", nil},
		{"servicequotas:RequestServiceQuotaIncrease", `{"serviceCode":"ec2","quotaCode":"L-1","desiredValue":512}`, `{"requestedQuota":{"quotaName":"Running instances"}}`, []string{"RaiseQuota what=ec2 resource=Running instances"}},
		{"support:CreateCase", `{"serviceCode":"service-limit-increase","categoryCode":"sending"}`, "", []string{"RaiseQuota what=support resource=sending"}},
		{"support:CreateCase", `{"serviceCode":"amazon-s3","categoryCode":"general"}`, "", nil},

		// Models and mail.
		{"bedrock:PutUseCaseForModelAccess", `{"formData":"x"}`, "", []string{"OpenModel what=use-case"}},
		{"bedrock:CreateFoundationModelAgreement", `{"modelId":"vendor.m"}`, "", []string{"OpenModel what=agreement resource=vendor.m"}},
		{"bedrock:PutFoundationModelEntitlement", `{"modelId":"vendor.m"}`, "", []string{"OpenModel what=entitlement resource=vendor.m"}},
		{"ses:CreateEmailIdentity", `{"emailIdentity":"example.com"}`, "", []string{"UseMail what=identity resource=example.com"}},
		{"ses:PutAccountDetails", `{"mailType":"MARKETING"}`, "", []string{"UseMail what=sandbox-exit"}},
		{"ses:UpdateAccountSendingEnabled", `{"enabled":false}`, "", nil},
		{"ses:UpdateAccountSendingEnabled", `{"enabled":true}`, "", []string{"UseMail what=sandbox-exit"}},
		{"ses:GetSendQuota", "", "", []string{"ProbeSelf what=sending"}},
		{"sts:GetCallerIdentity", "", "", []string{"ProbeSelf what=caller"}},
		{"iam:GetUser", `{"userName":"bob"}`, "", nil},
		{"iam:GetUser", "", "", []string{"ProbeSelf what=caller"}},
	} {
		check(t, as(c.name, c.params, c.result), c.want)
	}
}

// What a refused or failed call was after, and that it changed nothing.
func TestTriedEffects(t *testing.T) {
	for _, c := range []struct {
		name, params string
		outcome      sekisho.Outcome
		want         []string
	}{
		{"cloudtrail:DeleteTrail", `{"name":"main"}`, sekisho.Failed, []string{"DisableDefence what=delete resource=main"}},
		{"ec2:RunInstances", `{"instanceType":"p4d.24xlarge","instancesSet":{"items":[{"maxCount":10,"minCount":1}]}}`, sekisho.DryRun, []string{"LaunchCompute what=p4d.24xlarge accelerated=yes count=10"}},
		{"ec2:GetPasswordData", `{"instanceId":"i-1"}`, sekisho.Denied, []string{"ReadSecret what=password-data resource=i-1 count=1"}},
		{"iam:ListUsers", "", sekisho.Denied, nil},
	} {
		e := as(c.name, c.params, "")
		e.Outcome = c.outcome
		if got := effects(e, nil); len(got) != 0 {
			t.Errorf("%s changed %v and did not succeed", c.name, got)
		}
		var got []string
		for _, x := range tried(e, nil) {
			got = append(got, show(&x))
		}
		if len(got) != len(c.want) || len(got) > 0 && got[0] != c.want[0] {
			t.Errorf("%s tried %q, want %q", c.name, got, c.want)
		}
	}
}
