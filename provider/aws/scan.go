package aws

import (
	"bytes"

	"github.com/sekisho/sekisho/normalize/rawjson"
)

// A record has about forty keys at six levels, of which about fifty paths are
// ever read. The scanner goes through the text once, checks it all, keeps the
// raw values of those paths and builds nothing. It is the hottest code of the
// program: a decoder that builds maps needs thirty times as long.
//
// It accepts exactly what RFC 8259 calls an object, with the leniency and the
// depth limit stated in json.go; a differential fuzz test holds it to that.

// field is one path that is read.
type field uint8

const (
	fieldNone field = iota

	// Fields of the record.
	fEventTime
	fTimestamp
	fEventSource
	fEventName
	fRegion
	fIP
	fUserAgent
	fErrorCode
	fErrorMessage
	fParams
	fResult
	fExtra
	fServiceDetails
	fResources
	fEventID
	fReadOnly
	fEventType
	fRecipient
	fSharedID
	fEndpoint
	fFromConsole
	fCategory
	fIdentity
	fDigestStart
	fDigestObject
	fEventVersion

	// userIdentity
	fType
	fPrincipal
	fARN
	fAccount
	fAccessKey
	fUserName
	fInvokedBy
	fProvider
	fContext
	fScope
	fOnBehalf

	// userIdentity.sessionContext
	fAttributes
	fIssuer
	fWeb
	fSourceIdentity
	fRoleDelivery

	// userIdentity.sessionContext.attributes
	fCreated
	fMFA

	// userIdentity.sessionContext.sessionIssuer
	fIssuerType
	fIssuerID
	fIssuerARN
	fIssuerAccount
	fIssuerName

	// userIdentity.sessionContext.webIdFederationData
	fWebProvider

	// userIdentity.inScopeOf
	fScopeType
	fScopeTo

	// userIdentity.onBehalfOf
	fDirectoryUser
	fDirectory

	// additionalEventData
	fMFAUsed
	fBearer
	fBytesOut
	fInferenceRegion
	fSwitchFrom

	fields // how many there are; at most 64, the bits of a fieldSet
)

type fieldSet uint64

func (s fieldSet) has(f field) bool { return s>>f&1 != 0 }

// level is an object whose keys are read. names gives each one's fields in the
// order of the constants above; fieldOf turns keys into them.
type level uint8

const (
	levelNone level = iota
	levelTop
	levelIdentity
	levelContext
	levelAttributes
	levelIssuer
	levelWeb
	levelScope
	levelOnBehalf
	levelExtra
	levels
)

// inside is the level that a field's object is read at.
var inside = [fields]level{
	fIdentity: levelIdentity, fContext: levelContext, fAttributes: levelAttributes, fIssuer: levelIssuer,
	fWeb: levelWeb, fScope: levelScope, fOnBehalf: levelOnBehalf, fExtra: levelExtra,
}

// firstField of each level; the fields of a level end where the next begin.
var firstField = [levels + 1]field{
	levelTop: fEventTime, levelIdentity: fType, levelContext: fAttributes, levelAttributes: fCreated, levelIssuer: fIssuerType,
	levelWeb: fWebProvider, levelScope: fScopeType, levelOnBehalf: fDirectoryUser, levelExtra: fMFAUsed, levels: fields,
}

// names of the fields as records spell them.
var names = [fields]string{
	fEventTime: "eventTime", fTimestamp: "@timestamp", fEventSource: "eventSource", fEventName: "eventName", fRegion: "awsRegion",
	fIP: "sourceIPAddress", fUserAgent: "userAgent", fErrorCode: "errorCode", fErrorMessage: "errorMessage",
	fParams: "requestParameters", fResult: "responseElements", fExtra: "additionalEventData", fServiceDetails: "serviceEventDetails",
	fResources: "resources", fEventID: "eventID", fReadOnly: "readOnly", fEventType: "eventType", fRecipient: "recipientAccountId",
	fSharedID: "sharedEventID", fEndpoint: "vpcEndpointId", fFromConsole: "sessionCredentialFromConsole", fCategory: "eventCategory",
	fIdentity: "userIdentity", fDigestStart: "digestStartTime", fDigestObject: "digestS3Object", fEventVersion: "eventVersion",
	fType: "type", fPrincipal: "principalId", fARN: "arn", fAccount: "accountId", fAccessKey: "accessKeyId", fUserName: "userName",
	fInvokedBy: "invokedBy", fProvider: "identityProvider", fContext: "sessionContext", fScope: "inScopeOf", fOnBehalf: "onBehalfOf",
	fAttributes: "attributes", fIssuer: "sessionIssuer", fWeb: "webIdFederationData", fSourceIdentity: "sourceIdentity",
	fRoleDelivery: "ec2RoleDelivery", fCreated: "creationDate", fMFA: "mfaAuthenticated",
	fIssuerType: "type", fIssuerID: "principalId", fIssuerARN: "arn", fIssuerAccount: "accountId", fIssuerName: "userName",
	fWebProvider: "federatedProvider", fScopeType: "issuerType", fScopeTo: "credentialsIssuedTo",
	fDirectoryUser: "userId", fDirectory: "identityStoreArn",
	fMFAUsed: "MFAUsed", fBearer: "callWithBearerToken", fBytesOut: "bytesTransferredOut", fInferenceRegion: "inferenceRegion", fSwitchFrom: "SwitchFrom",
}

// fieldOf is the field that a key names at a level. The two levels with many
// keys are switches, which the compiler turns into a search by length and
// text; a test holds them to the table of names.
func fieldOf(lv level, key []byte) field {
	switch lv {
	case levelTop:
		return topField(key)
	case levelIdentity:
		return identityField(key)
	}
	for f := firstField[lv]; f < firstField[lv+1]; f++ {
		if string(key) == names[f] {
			return f
		}
	}
	return fieldNone
}

func topField(key []byte) field {
	switch string(key) {
	case "eventTime":
		return fEventTime
	case "@timestamp":
		return fTimestamp
	case "eventSource":
		return fEventSource
	case "eventName":
		return fEventName
	case "awsRegion":
		return fRegion
	case "sourceIPAddress":
		return fIP
	case "userAgent":
		return fUserAgent
	case "errorCode":
		return fErrorCode
	case "errorMessage":
		return fErrorMessage
	case "requestParameters":
		return fParams
	case "responseElements":
		return fResult
	case "additionalEventData":
		return fExtra
	case "serviceEventDetails":
		return fServiceDetails
	case "resources":
		return fResources
	case "eventID":
		return fEventID
	case "readOnly":
		return fReadOnly
	case "eventType":
		return fEventType
	case "recipientAccountId":
		return fRecipient
	case "sharedEventID":
		return fSharedID
	case "vpcEndpointId":
		return fEndpoint
	case "sessionCredentialFromConsole":
		return fFromConsole
	case "eventCategory":
		return fCategory
	case "userIdentity":
		return fIdentity
	case "digestStartTime":
		return fDigestStart
	case "digestS3Object":
		return fDigestObject
	case "eventVersion":
		return fEventVersion
	}
	return fieldNone
}

func identityField(key []byte) field {
	switch string(key) {
	case "type":
		return fType
	case "principalId":
		return fPrincipal
	case "arn":
		return fARN
	case "accountId":
		return fAccount
	case "accessKeyId":
		return fAccessKey
	case "userName":
		return fUserName
	case "invokedBy":
		return fInvokedBy
	case "identityProvider":
		return fProvider
	case "sessionContext":
		return fContext
	case "inScopeOf":
		return fScope
	case "onBehalfOf":
		return fOnBehalf
	}
	return fieldNone
}

// nameLengths are the lengths of a level's names, as bits.
var nameLengths = func() (lengths [levels]uint64) {
	for lv := range levels {
		for f := firstField[lv]; f < firstField[lv+1]; f++ {
			lengths[lv] |= 1 << len(names[f])
		}
	}
	return lengths
}()

// variantOf is the field that a key would name in another letter case, the way
// case-insensitive decoders fold (encoding/json takes "eventſource" for
// eventSource). Only a key beyond ASCII can have another length than its name.
func variantOf(lv level, key []byte, ascii bool) field {
	if ascii && nameLengths[lv]>>len(key)&1 == 0 {
		return fieldNone
	}
	for f := firstField[lv]; f < firstField[lv+1]; f++ {
		name := names[f]
		if ascii && (len(name) != len(key) || name[0]|' ' != key[0]|' ') {
			continue
		}
		if bytes.EqualFold(key, []byte(name)) {
			return f
		}
	}
	return fieldNone
}

// record is one scanned record. Its values point into the text.
type record struct {
	text   []byte
	values [fields][]byte // raw JSON
	seen   fieldSet
	plain  fieldSet // values that are strings of plain ASCII, or no strings
	// variants are the fields whose key stood there in another letter case.
	variants fieldSet
	repeated bool // a key of a field occurred twice, or in two letter cases
}

// scan reads one record; false means that the text is not one JSON object.
//
// Of repeated keys the first one counts. Decoders disagree (the first in
// some, the last in encoding/json, all of them in others), so no choice is right for every reader
// of the same file; the first is what stands where the trail's own writer put
// it, before anything that a later hand appended, and it is what a look-up
// finds without reading to the end. Either way the record says that it was so.
func (r *record) scan(text []byte) bool {
	n := r.prefix(text)
	return n > 0 && rawjson.SkipSpace(text, n) == len(text)
}

// prefix reads the record that text begins with and answers its length, 0 if
// there is none whole.
func (r *record) prefix(text []byte) int {
	r.text = text
	i := rawjson.SkipSpace(text, 0)
	if i >= len(text) || text[i] != '{' {
		return 0
	}
	if i = r.object(i, levelTop, 1); i < 0 {
		return 0
	}
	r.repeated = r.repeated || r.variants&r.seen != 0
	return i
}

func (r *record) object(i int, lv level, depth int) int {
	b := r.text
	if i = rawjson.SkipSpace(b, i+1); i < len(b) && b[i] == '}' {
		return i + 1
	}
	for {
		if i >= len(b) || b[i] != '"' {
			return -1
		}
		end, plain := rawjson.SkipString(b, i+1)
		if end < 0 {
			return -1
		}
		key := b[i+1 : end-1]
		if !plain {
			key = rawjson.AppendUnescaped(nil, key) // no writer does this; an evader may
		}
		if i = rawjson.SkipColon(b, end); i < 0 {
			return -1
		}
		f := fieldOf(lv, key)
		if end = r.value(f, i, depth); end < 0 {
			return -1
		}
		if f == fieldNone {
			if v := variantOf(lv, key, plain); v != fieldNone {
				r.repeated = r.repeated || r.variants.has(v)
				r.variants |= 1 << v
			}
		}
		if i = rawjson.SkipSpace(b, end); i >= len(b) {
			return -1
		}
		if b[i] == '}' {
			return i + 1
		}
		if b[i] != ',' {
			return -1
		}
		i = rawjson.SkipSpace(b, i+1)
	}
}

// value passes a value and keeps it if it is the first of its field.
func (r *record) value(f field, i, depth int) (end int) {
	if f == fieldNone {
		end, _ = rawjson.SkipValue(r.text, i, depth)
		return end
	}
	if r.seen.has(f) {
		r.repeated = true
		end, _ = rawjson.SkipValue(r.text, i, depth)
		return end
	}
	r.seen |= 1 << f
	if lv := inside[f]; lv != levelNone && i < len(r.text) && r.text[i] == '{' {
		end = r.object(i, lv, depth+1)
	} else {
		var plain bool
		if end, plain = rawjson.SkipValue(r.text, i, depth); plain {
			r.plain |= 1 << f
		}
	}
	if end > 0 {
		r.values[f] = r.text[i:end]
	}
	return end
}

// scalar is the text of a field between its quotes (or of a number or
// boolean), and whether it stands for itself. Null, objects and arrays are
// "": some pipelines write {} or [] where a field is null.
func (r *record) scalar(f field) (text []byte, plain bool) {
	v := r.values[f]
	if len(v) == 0 {
		return nil, true
	}
	switch v[0] {
	case '"':
		return v[1 : len(v)-1], r.plain.has(f)
	case '{', '[', 'n':
		return nil, true
	}
	return v, true
}

// is reports whether a field's text is a word, whether it is written as a
// string or as a boolean.
func (r *record) is(f field, word string) bool {
	t, _ := r.scalar(f)
	return string(t) == word
}

// raw is a field that holds an object or array with something in it, else nil.
func (r *record) raw(f field) []byte {
	v := r.values[f]
	if len(v) < 2 || v[0] != '{' && v[0] != '[' {
		return nil
	}
	if i := rawjson.SkipSpace(v, 1); i == len(v)-1 {
		return nil
	}
	return v
}
