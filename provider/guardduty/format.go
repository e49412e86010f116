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
	fKey
	fPrincipal
	fUserType
	fUserName
	fInstance
	fBuckets
	fFunction
	fTask
	fECS
	fEKS
	fDatabase
	fCallFrom
	fCallAgent
	fCallAccount
	fConnectionWith
	fProbes
	fKubernetesFrom
	fLoginFrom
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
	fCallFrom: "service.action.awsApiCallAction.remoteIpDetails", fCallAgent: "service.action.awsApiCallAction.userAgent",
	fCallAccount:    "service.action.awsApiCallAction.remoteAccountDetails.accountId",
	fConnectionWith: "service.action.networkConnectionAction.remoteIpDetails", fProbes: "service.action.portProbeAction.portProbeDetails",
	fKubernetesFrom: "service.action.kubernetesApiCallAction.remoteIpDetails", fLoginFrom: "service.action.rdsLoginAttemptAction.remoteIpDetails",
	fActors: "service.detection.sequence.actors", fEndpoints: "service.detection.sequence.endpoints", fInvolved: "service.detection.sequence.resources",
}

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
			l := normalize.Layout{Name: Source, Fields: fields, ID: fID, Time: at, Clock: clock, Judge: judgeWith(at), NewMapping: newMapping}
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
			start := len(dst)
			for i := range ways {
				out, _, verdict, reason := ways[i].Compact(dst, raw)
				switch verdict {
				case normalize.NotMine:
					continue
				case normalize.Read:
					out, key := identify(out, start)
					return out, key, verdict, ""
				}
				return out, normalize.Key{}, verdict, reason
			}
			if isList(raw) {
				return dst, normalize.Key{}, normalize.Unreadable, "a list of findings: deliver each by itself, as jq -c .Findings[] writes them"
			}
			return dst, normalize.Key{}, normalize.NotMine, "no finding of GuardDuty"
		},
		Prefix: func(dst, text []byte) ([]byte, int, normalize.Key) {
			start := len(dst)
			out, length, key := ways[0].Prefix(dst, text) // as the event bus and exports write them
			if length == 0 {
				return dst, 0, key
			}
			out, key = identify(out, start)
			return out, length, key
		},
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

// identify gives a record its id. A finding keeps its own through all updates, so the
// record is told by it and by when it was updated: an update is another record, and the
// same one by another path is a duplicate. out holds the layout's form from start on.
func identify(out []byte, start int) ([]byte, normalize.Key) {
	p := normalize.Parts{Left: out[start:]}
	head := p.Take(2 + 8) // version, flags, time
	at := int64(le64(head[2:]))
	id := p.Text()
	rest, whole := p.Left, len(out)
	updated := at // of the layout that takes its time from the update
	set := le64(p.Take(8))
	for f := 0; f < fieldsEnd && !p.Bad; f++ {
		if set>>f&1 == 0 {
			continue
		}
		if text := p.Text(); f == fUpdated {
			if ns, ok := clock(text); ok {
				updated = ns
			}
		}
	}
	id = time.Unix(0, updated).UTC().AppendFormat(append(append(make([]byte, 0, 320), id...), '@'), time.RFC3339Nano)
	// The longer id goes where the shorter one stands, so what follows moves up: the new
	// form is written behind the old one, and the two change places by copying down.
	out = append(normalize.AppendText(append(out, out[start:start+10]...), id), rest...)
	n := copy(out[start:], out[whole:])
	return out[:start+n], normalize.KeyOf(at, Source, id)
}

func le64(b []byte) (n uint64) {
	for i := 7; i >= 0; i-- {
		n = n<<8 | uint64(b[i])
	}
	return n
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
