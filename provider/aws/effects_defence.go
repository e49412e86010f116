package aws

import (
	"cmp"
	"strings"

	"github.com/sekisho/sekisho"
)

// defenceEffects are the calls after which less is recorded or detected. Left
// out for being everyday work: deleting alarms, lifecycle rules of buckets
// (which bucket holds a trail is not in the record), retention of log groups.
var defenceEffects = map[call]effectFunc{
	{"cloudtrail", "StopLogging"}:                 blind("stop", "name"),
	{"cloudtrail", "DeleteTrail"}:                 blind("delete", "name"),
	{"cloudtrail", "UpdateTrail"}:                 updateTrail,
	{"cloudtrail", "PutEventSelectors"}:           eventSelectors,
	{"cloudtrail", "StopEventDataStoreIngestion"}: blind("stop", "eventDataStore"),
	{"cloudtrail", "DeleteEventDataStore"}:        blind("delete", "eventDataStore"),

	{"ec2", "DeleteFlowLogs"}:                           deleteFlowLogs,
	{"route53resolver", "DeleteResolverQueryLogConfig"}: blind("delete", "resolverQueryLogConfigId"),
	{"s3", "PutBucketLogging"}:                          bucketLogging,
	{"wafv2", "DeleteLoggingConfiguration"}:             blind("delete", "resourceArn"),
	{"wafv2", "DisassociateWebACL"}:                     blind("disable", "resourceArn"),
	{"logs", "DeleteLogGroup"}:                          blind("delete", "logGroupName"),
	{"logs", "DeleteLogStream"}:                         blind("delete", "logStreamName"),
	{"logs", "DeleteSubscriptionFilter"}:                blind("narrow", "filterName"),
	{"monitoring", "DisableAlarmActions"}:               blind("disable", "alarmNames"),
	{"events", "DisableRule"}:                           blind("disable", "name"),
	{"events", "DeleteRule"}:                            blind("delete", "name"),

	{"guardduty", "DeleteDetector"}:                         blind("delete", "detectorId"),
	{"guardduty", "UpdateDetector"}:                         updateDetector,
	{"guardduty", "StopMonitoringMembers"}:                  blind("stop", "detectorId"),
	{"guardduty", "DisassociateMembers"}:                    blind("disable", "detectorId"),
	{"guardduty", "DisassociateFromMasterAccount"}:          blind("disable", "detectorId"),
	{"guardduty", "DisassociateFromAdministratorAccount"}:   blind("disable", "detectorId"),
	{"guardduty", "DeletePublishingDestination"}:            blind("delete", "destinationId"),
	{"securityhub", "DisableSecurityHub"}:                   blind("disable", ""),
	{"securityhub", "BatchDisableStandards"}:                blind("narrow", "standardsSubscriptionArns"),
	{"securityhub", "DisassociateFromMasterAccount"}:        blind("disable", ""),
	{"securityhub", "DisassociateFromAdministratorAccount"}: blind("disable", ""),
	{"config", "StopConfigurationRecorder"}:                 blind("stop", "configurationRecorderName"),
	{"config", "DeleteConfigurationRecorder"}:               blind("delete", "configurationRecorderName"),
	{"config", "DeleteDeliveryChannel"}:                     blind("delete", "deliveryChannelName"),
	{"access-analyzer", "DeleteAnalyzer"}:                   blind("delete", "analyzerName"),
	{"inspector2", "Disable"}:                               blind("disable", ""),
	{"macie2", "DisableMacie"}:                              blind("disable", ""),
	{"detective", "DeleteGraph"}:                            blind("delete", "graphArn"),

	{"bedrock", "DeleteModelInvocationLoggingConfiguration"}: blind("delete", ""),
}

// blind makes the effect of a call that ends recording or detection of the
// resource named in a parameter, which may be a list. Without one the service
// itself is the resource.
func blind(what, key string) effectFunc {
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		resource := e.Service
		if key != "" {
			if ids := texts(e.Params, key); len(ids) > 0 {
				resource = cmp.Or(ids[0], resource)
			}
		}
		return append(dst, sekisho.Effect{Kind: sekisho.DisableDefence, What: what, Resource: resource})
	}
}

// updateTrail narrows where it takes regions, global services, accounts or the
// proof of integrity away. What the trail was before is not in the record, so a
// field that is given as off counts.
func updateTrail(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	for _, off := range [...]string{"isMultiRegionTrail", "includeGlobalServiceEvents", "isOrganizationTrail", "enableLogFileValidation"} {
		if isFalse(e.Params, off) {
			return blind("narrow", "name")(e, dst)
		}
	}
	return dst
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

func updateDetector(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	if !isFalse(e.Params, "enable") {
		return dst
	}
	return blind("disable", "detectorId")(e, dst)
}
