package aws

import "testing"

func TestDefenceEffects(t *testing.T) {
	// Calls that need no reading: what, and the resource of their one parameter.
	for _, c := range []struct{ name, params, what, resource string }{
		{"cloudtrail:DeleteChannel", `{"channel":"arn:c"}`, "delete", "arn:c"},
		{"cloudtrail:DeregisterOrganizationDelegatedAdmin", `{"delegatedAdminAccountId":"999988887777"}`, "disable", "999988887777"},
		{"route53:DeleteQueryLoggingConfig", `{"id":"q"}`, "delete", "q"},
		{"route53resolver:DeleteResolverQueryLogConfig", `{"originSequenceNumber":0,"resolverQueryLogConfigId":"rqlc-1"}`, "delete", "rqlc-1"},
		{"route53resolver:DisassociateResolverQueryLogConfig", `{"resolverQueryLogConfigId":"rqlc-1","resourceId":"vpc-1"}`, "stop", "rqlc-1"},
		{"route53resolver:DisassociateFirewallRuleGroup", `{"firewallRuleGroupAssociationId":"a"}`, "disable", "a"},
		{"route53resolver:DeleteFirewallRuleGroup", `{"firewallRuleGroupId":"g"}`, "delete", "g"},
		{"redshift:DisableLogging", `{"clusterIdentifier":"c"}`, "disable", "c"},
		{"vpc-lattice:DeleteAccessLogSubscription", `{"accessLogSubscriptionIdentifier":"a"}`, "delete", "a"},
		{"wafv2:DeleteWebACL", `{"name":"w","id":"1"}`, "delete", "w"},
		{"wafv2:DeleteRuleGroup", `{"name":"g"}`, "delete", "g"},
		{"waf:DeleteWebACL", `{"webACLId":"w"}`, "delete", "w"},
		{"waf:DeleteLoggingConfiguration", `{"resourceArn":"arn:w"}`, "delete", "arn:w"},
		{"waf-regional:DeleteWebACL", `{"webACLId":"w"}`, "delete", "w"},
		{"waf-regional:DeleteLoggingConfiguration", `{"resourceArn":"arn:w"}`, "delete", "arn:w"},
		{"waf-regional:DisassociateWebACL", `{"resourceArn":"arn:lb"}`, "disable", "arn:lb"},
		{"shield:DeleteProtection", `{"protectionId":"p"}`, "delete", "p"},
		{"network-firewall:DeleteFirewall", `{"firewallArn":"arn:f"}`, "delete", "arn:f"},
		{"logs:DeleteMetricFilter", `{"logGroupName":"g","filterName":"root-use"}`, "narrow", "root-use"},
		{"logs:DeleteDestination", `{"destinationName":"d"}`, "delete", "d"},
		{"monitoring:DeleteAlarms", `{"alarmNames":["root-use","x"]}`, "delete", "root-use"},
		{"events:RemoveTargets", `{"rule":"findings","ids":["1"]}`, "narrow", "findings"},
		{"ssm:DeleteDocument", `{"name":"SSM-SessionManagerRunShell"}`, "disable", "SSM-SessionManagerRunShell"},
		{"guardduty:DeleteMembers", `{"detectorId":"d","accountIds":["999988887777"]}`, "disable", "d"},
		{"guardduty:DisableOrganizationAdminAccount", `{"adminAccountId":"999988887777"}`, "disable", "999988887777"},
		{"guardduty:DeleteThreatIntelSet", `{"detectorId":"d","threatIntelSetId":"t"}`, "narrow", "t"},
		{"guardduty:CreateFilter", `{"detectorId":"d","name":"f","action":"ARCHIVE"}`, "narrow", "f"},
		{"guardduty:UpdateFilter", `{"detectorId":"d","filterName":"f","action":"ARCHIVE"}`, "narrow", "f"},
		{"guardduty:CreateIPSet", `{"detectorId":"d","name":"ours","activate":true}`, "narrow", "ours"},
		{"guardduty:UpdateIPSet", `{"detectorId":"d","ipSetId":"i","location":"s3://b/k"}`, "narrow", "i"},
		{"guardduty:CreateTrustedEntitySet", `{"detectorId":"d","name":"ours","activate":true}`, "narrow", "ours"},
		{"guardduty:UpdateTrustedEntitySet", `{"detectorId":"d","trustedEntitySetId":"i","activate":true}`, "narrow", "i"},
		{"guardduty:UpdateDetector", `{"detectorId":"d","features":[{"name":"S3_DATA_EVENTS","status":"DISABLED"}]}`, "narrow", "d"},
		{"guardduty:UpdateDetector", `{"detectorId":"d","dataSources":{"s3Logs":{"enable":false}}}`, "narrow", "d"},
		{"guardduty:UpdateMemberDetectors", `{"detectorId":"d","accountIds":["1"],"features":[{"name":"RUNTIME_MONITORING","status":"DISABLED"}]}`, "narrow", "d"},
		{"guardduty:UpdateOrganizationConfiguration", `{"detectorId":"d","autoEnableOrganizationMembers":"NONE"}`, "narrow", "d"},
		{"securityhub:UpdateStandardsControl", `{"StandardsControlArn":"arn:c","ControlStatus":"DISABLED"}`, "narrow", "arn:c"},
		{"securityhub:BatchDisableStandards", `{"StandardsSubscriptionArns":["arn:s"]}`, "narrow", "arn:s"},
		{"securityhub:BatchUpdateStandardsControlAssociations", `{"StandardsControlAssociationUpdates":[{"SecurityControlId":"IAM.1","AssociationStatus":"DISABLED"},{"SecurityControlId":"IAM.2","AssociationStatus":"ENABLED"}]}`, "narrow", "IAM.1"},
		{"securityhub:CreateAutomationRule", `{"RuleName":"quiet","Actions":[{"FindingFieldsUpdate":{"Workflow":{"Status":"SUPPRESSED"}}}]}`, "narrow", "quiet"},
		{"securityhub:DisableImportFindingsForProduct", `{"ProductSubscriptionArn":"arn:p"}`, "narrow", "arn:p"},
		{"securityhub:DisassociateMembers", `{"AccountIds":["1"]}`, "disable", "securityhub"},
		{"securityhub:DeleteMembers", `{"AccountIds":["1"]}`, "disable", "securityhub"},
		{"securityhub:DisableOrganizationAdminAccount", `{"AdminAccountId":"999988887777"}`, "disable", "999988887777"},
		{"config:DeleteConfigRule", `{"configRuleName":"r"}`, "delete", "r"},
		{"config:DeleteOrganizationConfigRule", `{"organizationConfigRuleName":"r"}`, "delete", "r"},
		{"config:DeleteConformancePack", `{"conformancePackName":"p"}`, "delete", "p"},
		{"config:DeleteOrganizationConformancePack", `{"organizationConformancePackName":"p"}`, "delete", "p"},
		{"config:DeleteConfigurationAggregator", `{"configurationAggregatorName":"a"}`, "delete", "a"},
		{"access-analyzer:CreateArchiveRule", `{"analyzerName":"a","ruleName":"r"}`, "narrow", "r"},
		{"access-analyzer:UpdateArchiveRule", `{"analyzerName":"a","ruleName":"r"}`, "narrow", "r"},
		{"inspector2:DisassociateMember", `{"accountId":"999988887777"}`, "disable", "999988887777"},
		{"inspector2:DisableDelegatedAdminAccount", `{"delegatedAdminAccountId":"999988887777"}`, "disable", "999988887777"},
		{"inspector2:CreateFilter", `{"name":"f","action":"SUPPRESS"}`, "narrow", "f"},
		{"macie2:UpdateMacieSession", `{"status":"PAUSED"}`, "stop", "macie2"},
		{"macie2:CreateFindingsFilter", `{"name":"f","action":"ARCHIVE"}`, "narrow", "f"},
		{"macie2:DisassociateMember", `{"id":"1"}`, "disable", "1"},
		{"macie2:DeleteMember", `{"id":"1"}`, "disable", "1"},
		{"macie2:DisassociateFromAdministratorAccount", `null`, "disable", "macie2"},
		{"macie2:DisableOrganizationAdminAccount", `{"adminAccountId":"1"}`, "disable", "1"},
		{"detective:DisassociateMembership", `{"graphArn":"arn:g"}`, "disable", "arn:g"},
		{"detective:DeleteMembers", `{"graphArn":"arn:g"}`, "disable", "arn:g"},
		{"detective:DisableOrganizationAdminAccount", `null`, "disable", "detective"},
		{"securitylake:DeleteDataLake", `{"regions":["eu-west-1"]}`, "delete", "securitylake"},
		{"securitylake:DeleteAwsLogSource", `{"sources":[]}`, "narrow", "securitylake"},
		{"auditmanager:DeregisterAccount", `null`, "disable", "auditmanager"},

		{"cloudtrail:UpdateTrail", `{"name":"main","s3BucketName":"elsewhere"}`, "narrow", "main"},
		{"cloudtrail:UpdateTrail", `{"name":"main","isMultiRegionTrail":true,"cloudWatchLogsLogGroupArn":""}`, "narrow", "main"},
		{"cloudtrail:PutInsightSelectors", `{"trailName":"main","insightSelectors":[]}`, "narrow", "main"},
		{"cloudtrail:UpdateEventDataStore", `{"eventDataStore":"arn:e","multiRegionEnabled":false}`, "narrow", "arn:e"},
		{"eks:UpdateClusterConfig", `{"name":"c","logging":{"clusterLogging":[{"types":["audit"],"enabled":false}]}}`, "narrow", "c"},
		{"elasticloadbalancing:ModifyLoadBalancerAttributes", `{"loadBalancerArn":"arn:lb","attributes":[{"key":"access_logs.s3.enabled","value":"false"}]}`, "disable", "arn:lb"},
		{"elasticloadbalancing:ModifyLoadBalancerAttributes", `{"loadBalancerName":"lb","loadBalancerAttributes":{"accessLog":{"enabled":false}}}`, "disable", "lb"},
		{"apigateway:UpdateStage", `{"restApiId":"a","stageName":"s","patchOperations":[{"op":"remove","path":"/accessLogSettings"}]}`, "disable", "a"},
		{"globalaccelerator:UpdateAcceleratorAttributes", `{"acceleratorArn":"arn:a","flowLogsEnabled":false}`, "disable", "arn:a"},
		{"network-firewall:UpdateLoggingConfiguration", `{"firewallName":"f","loggingConfiguration":{"logDestinationConfigs":[]}}`, "narrow", "f"},
		{"logs:PutRetentionPolicy", `{"logGroupName":"g","retentionInDays":1}`, "narrow", "g"},
	} {
		check(t, as(c.name, c.params, "null"), one("DisableDefence what="+c.what+" resource="+c.resource))
	}
	// The same calls where they take nothing away.
	for _, c := range []struct{ name, params string }{
		{"cloudtrail:PutInsightSelectors", `{"trailName":"main","insightSelectors":[{"insightType":"ApiCallRateInsight"}]}`},
		{"cloudtrail:UpdateEventDataStore", `{"eventDataStore":"arn:e","retentionPeriod":90}`},
		{"eks:UpdateClusterConfig", `{"name":"c","logging":{"clusterLogging":[{"types":["audit"],"enabled":true}]}}`},
		{"elasticloadbalancing:ModifyLoadBalancerAttributes", `{"loadBalancerArn":"arn:lb","attributes":[{"key":"deletion_protection.enabled","value":"false"}]}`},
		{"apigateway:UpdateStage", `{"restApiId":"a","patchOperations":[{"op":"replace","path":"/accessLogSettings/format","value":"x"}]}`},
		{"globalaccelerator:UpdateAcceleratorAttributes", `{"acceleratorArn":"arn:a","flowLogsEnabled":true}`},
		{"network-firewall:UpdateLoggingConfiguration", `{"firewallName":"f","loggingConfiguration":{"logDestinationConfigs":[{"logType":"FLOW"}]}}`},
		{"logs:PutRetentionPolicy", `{"logGroupName":"g","retentionInDays":30}`},
		{"ssm:DeleteDocument", `{"name":"build"}`},
		{"guardduty:CreateFilter", `{"name":"f","action":"NOOP"}`},
		{"guardduty:UpdateIPSet", `{"ipSetId":"i","activate":false}`},
		{"guardduty:UpdateDetector", `{"detectorId":"d","features":[{"name":"S3_DATA_EVENTS","status":"ENABLED"}]}`},
		{"guardduty:UpdateOrganizationConfiguration", `{"detectorId":"d","autoEnableOrganizationMembers":"ALL"}`},
		{"securityhub:UpdateStandardsControl", `{"ControlStatus":"ENABLED"}`},
		{"securityhub:CreateAutomationRule", `{"RuleName":"loud","Actions":[{"FindingFieldsUpdate":{"Severity":{"Label":"HIGH"}}}]}`},
		{"inspector2:CreateFilter", `{"name":"f","action":"NONE"}`},
		{"macie2:UpdateMacieSession", `{"status":"ENABLED"}`},
	} {
		check(t, as(c.name, c.params, "null"), nil)
	}
}

// A refused call is about what its message names. Calls that are everyday work
// but for one setting tell nothing once their parameters are gone.
func TestRefusedDefenceCalls(t *testing.T) {
	const on = "User: x is not authorized to perform: y on resource: "
	checkTried(t, "cloudtrail:StopLogging", on+"arn:aws:cloudtrail:eu-west-1:444455556666:trail/main because", one("DisableDefence what=stop resource=arn:aws:cloudtrail:eu-west-1:444455556666:trail/main"))
	checkTried(t, "cloudtrail:UpdateTrail", on+"arn:trail because", one("DisableDefence what=narrow resource=arn:trail"))
	checkTried(t, "guardduty:DeleteDetector", on+"*", one("DisableDefence what=delete resource=guardduty"))
	checkTried(t, "logs:PutRetentionPolicy", on+"arn:g because", nil)
	checkTried(t, "guardduty:CreateFilter", on+"arn:d because", nil)
}
