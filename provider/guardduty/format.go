// Package guardduty reads the findings of Amazon GuardDuty: what the provider's own
// detection says of an identity or a machine. A finding is laid to whom it is about.
package guardduty

import (
	"bytes"
	"strings"
	"time"

	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/normalize/rawjson"
)

// Source is the name of the Format.
const Source = "aws-guardduty"

// The fields that are read of a finding.
const (
	fID = iota
	fLastSeen
	fUpdated
	fCreated
	fAccount
	fRegion
	fARN
	fType
	fSeverity
	fService
	fCount
	fArchived
	fSample
	fMore
	fRole
	fResource
	fKey // to fTask: whom a finding of one resource is about
	fPrincipal
	fUserType
	fUserName
	fCallAgent
	fCallAccount
	fInstance
	fFunction
	fTask
	fBuckets
	fECS
	fEKS
	fDatabase
	fCallFrom // to fLoginFrom6: the other side's address, in each of two forms
	fCallFrom6
	fConnectionWith
	fConnectionWith6
	fKubernetesFrom
	fKubernetesFrom6
	fLoginFrom
	fLoginFrom6
	fProbes
	fActors
	fEndpoints
	fInvolved
	fieldsEnd
)

// paths are where the fields stand. The API's own clients write each key with a capital.
var paths = [fieldsEnd]string{
	fID: "id", fLastSeen: "service.eventLastSeen", fUpdated: "updatedAt", fCreated: "createdAt",
	fAccount: "accountId", fRegion: "region", fARN: "arn", fType: "type", fSeverity: "severity",
	fService: "service.serviceName", fCount: "service.count", fArchived: "service.archived",
	fSample: "service.additionalInfo.sample", fMore: "service.additionalInfo.value",
	fRole: "service.resourceRole", fResource: "resource.resourceType", fKey: "resource.accessKeyDetails.accessKeyId", fPrincipal: "resource.accessKeyDetails.principalId",
	fUserType: "resource.accessKeyDetails.userType", fUserName: "resource.accessKeyDetails.userName",
	fInstance: "resource.instanceDetails.instanceId", fBuckets: "resource.s3BucketDetails", fFunction: "resource.lambdaDetails.functionArn",
	fTask: "resource.ecsClusterDetails.taskDetails.arn", fECS: "resource.ecsClusterDetails.arn", fEKS: "resource.eksClusterDetails.arn",
	fDatabase: "resource.rdsDbInstanceDetails.dbInstanceArn",
	fCallFrom: "service.action.awsApiCallAction" + v4, fCallFrom6: "service.action.awsApiCallAction" + v6, fCallAgent: "service.action.awsApiCallAction.userAgent",
	fCallAccount:    "service.action.awsApiCallAction.remoteAccountDetails.accountId",
	fConnectionWith: "service.action.networkConnectionAction" + v4, fConnectionWith6: "service.action.networkConnectionAction" + v6,
	fKubernetesFrom: "service.action.kubernetesApiCallAction" + v4, fKubernetesFrom6: "service.action.kubernetesApiCallAction" + v6,
	fLoginFrom: "service.action.rdsLoginAttemptAction" + v4, fLoginFrom6: "service.action.rdsLoginAttemptAction" + v6,
	fProbes: "service.action.portProbeAction.portProbeDetails",
	fActors: "service.detection.sequence.actors", fEndpoints: "service.detection.sequence.endpoints", fInvolved: "service.detection.sequence.resources",
}

// Where an action says the other side's address.
const (
	v4 = ".remoteIpDetails.ipAddressV4"
	v6 = ".remoteIpDetails.ipAddressV6"
)

// capital is a path as the API's clients write it.
func capital(path string) string {
	keys := strings.Split(path, ".")
	for i, k := range keys {
		keys[i] = strings.ToUpper(k[:1]) + k[1:]
	}
	return strings.Join(keys, ".")
}

// layouts are the ways in which findings are written. They differ in the spelling of keys
// and in whether there is a time of the activity; their compact forms are alike, so one
// expander reads all.
//
// A finding's time is that of the last activity that it tells of, not that of the finding:
// GuardDuty writes one minutes to hours later, when the episode of whoever did it may be
// over, and an update tells of activity since. Placed there it stands in the episode in
// which it was done. The time of the update is the next best.
func layouts() (list []normalize.Format) {
	for _, at := range []int{fLastSeen, fUpdated} {
		for _, spell := range []func(string) string{func(p string) string { return p }, capital} {
			fields := make([]string, fieldsEnd)
			for i, p := range paths {
				fields[i] = spell(p)
			}
			l := normalize.Layout{Name: Source, Fields: fields, ID: fID, Time: at, Tell: idOf, From: fKey, To: fBuckets, Clock: clock, Judge: judgeWith(at), NewMapping: newMapping}
			list = append(list, l.Format())
		}
	}
	return list
}

// Format reads findings as they come over the event bus, in exported files, and from the
// API.
func Format() normalize.Format {
	ways := layouts()
	return normalize.Format{
		Name: Source,
		Compact: func(dst, raw []byte) ([]byte, normalize.Key, normalize.Verdict, string) {
			if !bytes.Contains(raw, []byte("guardduty")) { // its name is in each finding's ARN
				return dst, normalize.Key{}, normalize.NotMine, "no finding of GuardDuty"
			}
			for i := range ways {
				if out, key, verdict, reason := ways[i].Compact(dst, raw); verdict != normalize.NotMine {
					return out, key, verdict, reason
				}
			}
			if isList(raw) {
				return dst, normalize.Key{}, normalize.Unreadable, "a list of findings: deliver each by itself, as jq -c .Findings[] writes them"
			}
			return dst, normalize.Key{}, normalize.NotMine, "no finding of GuardDuty"
		},
		Prefix:      ways[0].Prefix, // as the event bus and exports write them
		NewExpander: ways[0].NewExpander,
	}
}

// isList reports whether this is a whole answer of the API.
func isList(raw []byte) bool {
	list, ok := rawjson.Get(raw, "Findings")
	if !ok {
		list, ok = rawjson.Get(raw, "findings")
	}
	return ok && list[0] == '[' && (bytes.Contains(list, []byte(":guardduty:")) && !bytes.Contains(list, []byte("ProductArn")))
}

// judgeWith tells findings of GuardDuty from other records, for a layout that takes its
// time from a field.
func judgeWith(at int) func(v normalize.Values) (normalize.Verdict, string) {
	return func(v normalize.Values) (normalize.Verdict, string) {
		switch {
		case !v.Has(fID) || !v.Has(fType) || !v.Is(fService, "guardduty") && !bytes.Contains(v.Raw(fARN), []byte(":guardduty:")),
			at == fLastSeen && !v.Has(fLastSeen): // the next layout's
			return normalize.NotMine, "no finding of GuardDuty"
		case v.Is(fSample, "true"), bytes.Contains(v.Raw(fMore), []byte(`\"sample\":true`)):
			return normalize.Skipped, "a sample finding"
		case v.Is(fArchived, "true"):
			return normalize.Skipped, "an archived finding"
		}
		return normalize.Read, ""
	}
}

// idOf gives a record its id. A finding keeps its own through all updates, so the record is
// told by it and by when it was updated: an update is another record, and the same one by
// another path is a duplicate.
func idOf(dst, id []byte, ns int64, v normalize.Values) []byte {
	updated, ok := clock(v.Raw(fUpdated))
	if !ok {
		updated = ns // of the layout that takes its time from the update
	}
	return time.Unix(0, updated).UTC().AppendFormat(append(append(dst, id...), '@'), time.RFC3339Nano)
}

// clock reads times as GuardDuty writes them, and as databases that keep findings do:
// with a space in the middle and no zone at the end.
func clock(text []byte) (ns int64, ok bool) {
	if len(text) > 19 && len(text) <= 40 && text[10] == ' ' {
		text = bytes.Clone(text)
		text[10] = 'T'
		if c := text[len(text)-1]; '0' <= c && c <= '9' && !bytes.ContainsAny(text[19:], "+-") {
			text = append(text, 'Z')
		}
	}
	return normalize.Stamp(text)
}
