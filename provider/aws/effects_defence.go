package aws

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sekisho/sekisho"
)

// defenceEffects are the calls after which less is recorded or detected. What
// they narrow is often one program's own log or alarm, changed by its developers
// every day; which it is, a behaviour judges, by the service and the action.
//
// Left out: deleting a trail's dashboards, archiving findings and marking them
// as settled (that is how analysts work), rewriting a firewall's rules or an
// alarm's threshold (what they were before is not in the record), and lifecycle
// rules of buckets (which bucket holds a trail is not either).
var defenceEffects = map[call]effectFunc{
	{"cloudtrail", "StopLogging"}:                          blind("stop", "name"),
	{"cloudtrail", "DeleteTrail"}:                          blind("delete", "name"),
	{"cloudtrail", "UpdateTrail"}:                          updateTrail,
	{"cloudtrail", "PutEventSelectors"}:                    eventSelectors,
	{"cloudtrail", "PutInsightSelectors"}:                  insightSelectors,
	{"cloudtrail", "StopEventDataStoreIngestion"}:          blind("stop", "eventDataStore"),
	{"cloudtrail", "DeleteEventDataStore"}:                 blind("delete", "eventDataStore"),
	{"cloudtrail", "UpdateEventDataStore"}:                 blindIf("narrow", "eventDataStore", turnedOff("multiRegionEnabled", "organizationEnabled")),
	{"cloudtrail", "DeleteChannel"}:                        blind("delete", "channel"),
	{"cloudtrail", "DeregisterOrganizationDelegatedAdmin"}: blind("disable", "delegatedAdminAccountId"),

	{"ec2", "DeleteFlowLogs"}:                                 deleteFlowLogs,
	{"route53", "DeleteQueryLoggingConfig"}:                   blind("delete", "id"),
	{"route53resolver", "DeleteResolverQueryLogConfig"}:       blind("delete", "resolverQueryLogConfigId"),
	{"route53resolver", "DisassociateResolverQueryLogConfig"}: blind("stop", "resolverQueryLogConfigId"),
	{"route53resolver", "DisassociateFirewallRuleGroup"}:      blind("disable", "firewallRuleGroupAssociationId"),
	{"route53resolver", "DeleteFirewallRuleGroup"}:            blind("delete", "firewallRuleGroupId"),
	{"s3", "PutBucketLogging"}:                                bucketLogging,
	{"redshift", "DisableLogging"}:                            blind("disable", "clusterIdentifier"),
	{"eks", "UpdateClusterConfig"}:                            clusterLogging,
	{"elasticloadbalancing", "ModifyLoadBalancerAttributes"}:  balancerLogging,
	{"apigateway", "UpdateStage"}:                             stageLogging,
	{"vpc-lattice", "DeleteAccessLogSubscription"}:            blind("delete", "accessLogSubscriptionIdentifier"),
	{"globalaccelerator", "UpdateAcceleratorAttributes"}:      blindIf("disable", "acceleratorArn", turnedOff("flowLogsEnabled")),
	{"wafv2", "DeleteLoggingConfiguration"}:                   blind("delete", "resourceArn"),
	{"wafv2", "DisassociateWebACL"}:                           blind("disable", "resourceArn"),
	{"wafv2", "DeleteWebACL"}:                                 blind("delete", "name"),
	{"wafv2", "DeleteRuleGroup"}:                              blind("delete", "name"),
	{"waf", "DeleteLoggingConfiguration"}:                     blind("delete", "resourceArn"),
	{"waf", "DeleteWebACL"}:                                   blind("delete", "webACLId"),
	{"waf-regional", "DeleteLoggingConfiguration"}:            blind("delete", "resourceArn"),
	{"waf-regional", "DeleteWebACL"}:                          blind("delete", "webACLId"),
	{"waf-regional", "DisassociateWebACL"}:                    blind("disable", "resourceArn"),
	{"shield", "DeleteProtection"}:                            blind("delete", "protectionId"),
	{"network-firewall", "DeleteFirewall"}:                    blind("delete", "firewallName firewallArn"),
	{"network-firewall", "UpdateLoggingConfiguration"}:        blindIf("narrow", "firewallName firewallArn", emptied("loggingConfiguration.logDestinationConfigs")),

	{"logs", "DeleteLogGroup"}:            blind("delete", "logGroupName"),
	{"logs", "DeleteLogStream"}:           blind("delete", "logStreamName"),
	{"logs", "PutRetentionPolicy"}:        shortRetention,
	{"logs", "DeleteSubscriptionFilter"}:  blind("narrow", "filterName"),
	{"logs", "DeleteMetricFilter"}:        blind("narrow", "filterName"),
	{"logs", "DeleteDestination"}:         blind("delete", "destinationName"),
	{"monitoring", "DisableAlarmActions"}: blind("disable", "alarmNames"),
	{"monitoring", "DeleteAlarms"}:        blind("delete", "alarmNames"),
	{"events", "DisableRule"}:             blind("disable", "name"),
	{"events", "DeleteRule"}:              blind("delete", "name"),
	{"events", "RemoveTargets"}:           blind("narrow", "rule"),
	{"ssm", "DeleteDocument"}:             deleteDocument,

	{"guardduty", "DeleteDetector"}:                            blind("delete", "detectorId"),
	{"guardduty", "UpdateDetector"}:                            updateDetector,
	{"guardduty", "UpdateMemberDetectors"}:                     blindIf("narrow", "detectorId", featuresOff),
	{"guardduty", "UpdateOrganizationConfiguration"}:           blindIf("narrow", "detectorId", membersOff),
	{"guardduty", "StopMonitoringMembers"}:                     blind("stop", "detectorId"),
	{"guardduty", "DisassociateMembers"}:                       blind("disable", "detectorId"),
	{"guardduty", "DeleteMembers"}:                             blind("disable", "detectorId"),
	{"guardduty", "DisassociateFromMasterAccount"}:             blind("disable", "detectorId"),
	{"guardduty", "DisassociateFromAdministratorAccount"}:      blind("disable", "detectorId"),
	{"guardduty", "DisableOrganizationAdminAccount"}:           blind("disable", "adminAccountId"),
	{"guardduty", "DeletePublishingDestination"}:               blind("delete", "destinationId"),
	{"guardduty", "CreateFilter"}:                              blindIf("narrow", "name", says("ARCHIVE", "action")),
	{"guardduty", "UpdateFilter"}:                              blindIf("narrow", "filterName", says("ARCHIVE", "action")),
	{"guardduty", "CreateIPSet"}:                               blindIf("narrow", "name", turnedOn("activate")),
	{"guardduty", "UpdateIPSet"}:                               blindUnless("narrow", "ipSetId", turnedOff("activate")),
	{"guardduty", "CreateTrustedEntitySet"}:                    blindIf("narrow", "name", turnedOn("activate")),
	{"guardduty", "UpdateTrustedEntitySet"}:                    blindUnless("narrow", "trustedEntitySetId", turnedOff("activate")),
	{"guardduty", "DeleteThreatIntelSet"}:                      blind("narrow", "threatIntelSetId"),
	{"securityhub", "DisableSecurityHub"}:                      blind("disable", ""),
	{"securityhub", "BatchDisableStandards"}:                   blind("narrow", "standardsSubscriptionArns StandardsSubscriptionArns"),
	{"securityhub", "UpdateStandardsControl"}:                  blindIf("narrow", "standardsControlArn StandardsControlArn", says("DISABLED", "controlStatus", "ControlStatus")),
	{"securityhub", "BatchUpdateStandardsControlAssociations"}: controlsOff,
	{"securityhub", "CreateAutomationRule"}:                    suppressionRule,
	{"securityhub", "DisableImportFindingsForProduct"}:         blind("narrow", "productSubscriptionArn ProductSubscriptionArn"),
	{"securityhub", "DisassociateMembers"}:                     blind("disable", ""),
	{"securityhub", "DeleteMembers"}:                           blind("disable", ""),
	{"securityhub", "DisassociateFromMasterAccount"}:           blind("disable", ""),
	{"securityhub", "DisassociateFromAdministratorAccount"}:    blind("disable", ""),
	{"securityhub", "DisableOrganizationAdminAccount"}:         blind("disable", "adminAccountId AdminAccountId"),
	{"config", "StopConfigurationRecorder"}:                    blind("stop", "configurationRecorderName"),
	{"config", "DeleteConfigurationRecorder"}:                  blind("delete", "configurationRecorderName"),
	{"config", "DeleteDeliveryChannel"}:                        blind("delete", "deliveryChannelName"),
	{"config", "DeleteConfigRule"}:                             blind("delete", "configRuleName"),
	{"config", "DeleteOrganizationConfigRule"}:                 blind("delete", "organizationConfigRuleName"),
	{"config", "DeleteConformancePack"}:                        blind("delete", "conformancePackName"),
	{"config", "DeleteOrganizationConformancePack"}:            blind("delete", "organizationConformancePackName"),
	{"config", "DeleteConfigurationAggregator"}:                blind("delete", "configurationAggregatorName"),
	{"access-analyzer", "DeleteAnalyzer"}:                      blind("delete", "analyzerName"),
	{"access-analyzer", "CreateArchiveRule"}:                   blind("narrow", "ruleName"),
	{"access-analyzer", "UpdateArchiveRule"}:                   blind("narrow", "ruleName"),
	{"inspector2", "Disable"}:                                  blind("disable", ""),
	{"inspector2", "DisassociateMember"}:                       blind("disable", "accountId"),
	{"inspector2", "DisableDelegatedAdminAccount"}:             blind("disable", "delegatedAdminAccountId"),
	{"inspector2", "CreateFilter"}:                             blindIf("narrow", "name", says("SUPPRESS", "action")),
	{"macie2", "DisableMacie"}:                                 blind("disable", ""),
	{"macie2", "UpdateMacieSession"}:                           blindIf("stop", "", says("PAUSED", "status")),
	{"macie2", "CreateFindingsFilter"}:                         blindIf("narrow", "name", says("ARCHIVE", "action")),
	{"macie2", "DisassociateMember"}:                           blind("disable", "id"),
	{"macie2", "DeleteMember"}:                                 blind("disable", "id"),
	{"macie2", "DisassociateFromAdministratorAccount"}:         blind("disable", ""),
	{"macie2", "DisableOrganizationAdminAccount"}:              blind("disable", "adminAccountId"),
	{"detective", "DeleteGraph"}:                               blind("delete", "graphArn"),
	{"detective", "DisassociateMembership"}:                    blind("disable", "graphArn"),
	{"detective", "DeleteMembers"}:                             blind("disable", "graphArn"),
	{"detective", "DisableOrganizationAdminAccount"}:           blind("disable", ""),
	{"securitylake", "DeleteDataLake"}:                         blind("delete", ""),
	{"securitylake", "DeleteAwsLogSource"}:                     blind("narrow", ""),
	{"auditmanager", "DeregisterAccount"}:                      blind("disable", ""),

	{"bedrock", "DeleteModelInvocationLoggingConfiguration"}: blind("delete", ""),
}

// blind makes the effect of a call that ends recording or detection of the
// resource named in a parameter, which may be a list; of several parameters, in
// one text with spaces between, the first that is there. Without one it is what
// a refusal names, else the service itself.
func blind(what, key string) effectFunc {
	keys := strings.Fields(key)
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		resource := ""
		for _, k := range keys {
			if ids := texts(e.Params, k); resource == "" && len(ids) > 0 {
				resource = ids[0]
			}
		}
		if resource == "" && !e.Succeeded() {
			resource = refusedResource(e.ErrorMessage)
		}
		return append(dst, sekisho.Effect{Kind: sekisho.DisableDefence, What: what, Resource: cmp.Or(resource, e.Service)})
	}
}

// test reads in the parameters of a call whether it takes something away.
type test func(params []byte) bool

// blindIf is blind for a call that does so only with some parameters. A refused
// call without any is taken for nothing: most of these calls are everyday work.
func blindIf(what, key string, takes test) effectFunc {
	f := blind(what, key)
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		if !takes(e.Params) {
			return dst
		}
		return f(e, dst)
	}
}

// blindUnless is blind but for calls that say that they do not.
func blindUnless(what, key string, unless test) effectFunc {
	return blindIf(what, key, func(params []byte) bool { return len(params) > 0 && !unless(params) })
}

// turnedOff reports whether one of some switches is set to false.
func turnedOff(switches ...string) test {
	return func(params []byte) bool {
		return slices.ContainsFunc(switches, func(s string) bool { return isFalse(params, s) })
	}
}

func turnedOn(on string) test { return func(params []byte) bool { return isTrue(params, on) } }

// says reports whether a parameter, under one of its spellings, is a word.
func says(word string, keys ...string) test {
	return func(params []byte) bool { return strings.EqualFold(firstStr(params, keys...), word) }
}

// emptied reports whether a list was given with nothing in it.
func emptied(path string) test {
	return func(params []byte) bool { return at(params, path) != nil && !present(params, path) }
}

// updateTrail narrows where it takes regions, global services, accounts or the
// proof of integrity away. What the trail was before is not in the record, so a
// field that is given as off counts. A call that gives a bucket and nothing else
// sends the trail elsewhere: tools that keep a trail as it should be repeat its
// other settings.
func updateTrail(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	if !e.Succeeded() && len(e.Params) == 0 {
		return blind("narrow", "name")(e, dst)
	}
	repeated := false
	for _, off := range [...]string{"isMultiRegionTrail", "includeGlobalServiceEvents", "isOrganizationTrail", "enableLogFileValidation"} {
		repeated = repeated || at(e.Params, off) != nil
		if isFalse(e.Params, off) {
			return blind("narrow", "name")(e, dst)
		}
	}
	if present(e.Params, "s3BucketName") && !repeated || string(at(e.Params, "cloudWatchLogsLogGroupArn")) == `""` {
		return blind("narrow", "name")(e, dst)
	}
	return dst
}

// insightSelectors narrows where no kind of insight is left.
func insightSelectors(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	if present(e.Params, "insightSelectors") {
		return dst
	}
	return blind("narrow", "trailName eventDataStore")(e, dst)
}

// eventSelectors narrows where, after it, no selector takes all management
// events. Leaving out the two noisy sources that AWS offers to leave out (KMS and
// the RDS data API) is thrift, not blindness.
func eventSelectors(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	all := false
	eachAt(e.Params, "eventSelectors", func(s []byte) {
		kind := strAt(s, "readWriteType")
		if !isFalse(s, "includeManagementEvents") && (kind == "" || strings.EqualFold(kind, "All")) {
			all = true
		}
	})
	eachAt(e.Params, "advancedEventSelectors", func(s []byte) {
		if allManagement(s) {
			all = true
		}
	})
	if all {
		return dst
	}
	return blind("narrow", "trailName")(e, dst)
}

// allManagement reports whether an advanced selector takes the management events
// without a further condition, but for sources left out.
func allManagement(selector []byte) bool {
	management, narrowed := false, false
	eachAt(selector, "fieldSelectors", func(f []byte) {
		switch field := strAt(f, "field"); {
		case strings.EqualFold(field, "eventCategory"):
			for _, v := range texts(f, "equals") {
				management = management || strings.EqualFold(v, "Management")
			}
		case strings.EqualFold(field, "eventSource") && present(f, "notEquals") && !present(f, "equals"):
			for _, v := range texts(f, "notEquals") {
				if v != "kms.amazonaws.com" && v != "rdsdata.amazonaws.com" {
					narrowed = true
				}
			}
		default:
			narrowed = true
		}
	})
	return management && !narrowed
}

// deleteFlowLogs keeps the shape of the request: one id or a list.
func deleteFlowLogs(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	start := len(dst)
	eachAt(e.Params, "DeleteFlowLogsRequest.FlowLogId", func(id []byte) {
		dst = append(dst, sekisho.Effect{Kind: sekisho.DisableDefence, What: "delete",
			Resource: cmp.Or(strAt(id, "content"), scalarText(id))})
	})
	if len(dst) == start {
		return append(dst, sekisho.Effect{Kind: sekisho.DisableDefence, What: "delete", Resource: "flow logs"})
	}
	return dst
}

// bucketLogging disables where the new configuration names no target.
func bucketLogging(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	if at(e.Params, "BucketLoggingStatus") == nil || present(e.Params, "BucketLoggingStatus.LoggingEnabled") {
		return dst
	}
	return append(dst, sekisho.Effect{Kind: sekisho.DisableDefence, What: "disable",
		Resource: bucketARN(e, strAt(e.Params, "bucketName"), "")})
}

// updateDetector switches the detector off, or one of what it looks at.
func updateDetector(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	if isFalse(e.Params, "enable") {
		return blind("disable", "detectorId")(e, dst)
	}
	return blindIf("narrow", "detectorId", featuresOff)(e, dst)
}

// featuresOff reports whether a detector is told to look at less: by its list of
// features, or in the form before that by a block for each.
func featuresOff(params []byte) bool {
	off := false
	eachAt(params, "features", func(f []byte) { off = off || strings.EqualFold(strAt(f, "status"), "DISABLED") })
	return off || turnedOff("dataSources.s3Logs.enable", "dataSources.kubernetes.auditLogs.enable",
		"dataSources.malwareProtection.scanEc2InstanceWithFindings.ebsVolumes")(params)
}

// membersOff reports whether accounts that join are no longer watched.
func membersOff(params []byte) bool {
	return isFalse(params, "autoEnable") || strings.EqualFold(strAt(params, "autoEnableOrganizationMembers"), "NONE")
}

// controlsOff: one call switches several controls, each for a standard. Records
// of securityhub keep the API's capitals.
func controlsOff(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	for _, list := range [...]string{"StandardsControlAssociationUpdates", "standardsControlAssociationUpdates"} {
		eachAt(e.Params, list, func(u []byte) {
			if strings.EqualFold(firstStr(u, "AssociationStatus", "associationStatus"), "DISABLED") {
				dst = append(dst, sekisho.Effect{Kind: sekisho.DisableDefence, What: "narrow",
					Resource: cmp.Or(firstStr(u, "SecurityControlId", "securityControlId"), e.Service)})
			}
		})
	}
	return dst
}

// suppressionRule hides findings before anyone has seen them.
func suppressionRule(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	hides := false
	for _, list := range [...]string{"Actions", "actions"} {
		eachAt(e.Params, list, func(a []byte) {
			hides = hides || strings.EqualFold(firstStr(a, "FindingFieldsUpdate.Workflow.Status", "findingFieldsUpdate.workflow.status"), "SUPPRESSED")
		})
	}
	if !hides {
		return dst
	}
	return blind("narrow", "RuleName ruleName")(e, dst)
}

// shortRetention: one day is the shortest that a log can be kept.
func shortRetention(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	if days, ok := number(e.Params, "retentionInDays"); !ok || days > 1 {
		return dst
	}
	return blind("narrow", "logGroupName")(e, dst)
}

// sessionPreferences is the document in which Session Manager keeps its
// settings, among them where it writes what is typed in a shell.
const sessionPreferences = "SSM-SessionManagerRunShell"

// deleteDocument brings the settings of shells back to their default, which
// records nothing that is typed.
func deleteDocument(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	if strAt(e.Params, "name") != sessionPreferences {
		return dst
	}
	return blind("disable", "name")(e, dst)
}

// clusterLogging: the request lists kinds of logs that are on and kinds that
// are off.
func clusterLogging(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	off := false
	eachAt(e.Params, "logging.clusterLogging", func(l []byte) { off = off || isFalse(l, "enabled") })
	if !off {
		return dst
	}
	return blind("narrow", "name")(e, dst)
}

// balancerLogging: the newer balancers have a list of settings, the older one a
// block.
func balancerLogging(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	off := isFalse(e.Params, "loadBalancerAttributes.accessLog.enabled")
	eachAt(e.Params, "attributes", func(a []byte) {
		if key := strAt(a, "key"); key == "access_logs.s3.enabled" || key == "connection_logs.s3.enabled" {
			off = off || isFalse(a, "value")
		}
	})
	if !off {
		return dst
	}
	return blind("disable", "loadBalancerArn loadBalancerName")(e, dst)
}

// stageLogging: a stage is changed by patches; removing the log's settings ends it.
func stageLogging(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	off := false
	for _, list := range [...]string{"patchOperations", "updateStageInput.patchOperations"} {
		eachAt(e.Params, list, func(p []byte) {
			off = off || strings.EqualFold(strAt(p, "op"), "remove") && strings.HasPrefix(strAt(p, "path"), "/accessLogSettings")
		})
	}
	if !off {
		return dst
	}
	return blind("disable", "restApiId")(e, dst)
}
