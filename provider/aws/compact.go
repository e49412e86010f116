package aws

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/bits"
	"unicode/utf8"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/normalize/rawjson"
)

// The compact form of a record: what an event needs of it, in the order in
// which the expander can look up most of it by two keys.
//
//	version 1       one byte
//	flags           one byte, sekisho.Flag
//	time            8 bytes, nanoseconds since 1970, little endian
//	id              0 and the 16 bytes of a UUID, else uvarint length, text
//	call group      what was called, where: few distinct values
//	actor group     who called, with what program: one value a session
//	event group     what differs from event to event
//	target          uvarint length, text: the most specific resource ARN
//	params, result  uvarint length, raw JSON
//
// A group is its length (3 bytes), its present fields as a bit set (uvarint,
// bit n is the n-th field of its list), and their texts, each a uvarint length
// and UTF-8. No part points anywhere, so the form can be spilled and moved.

const compactVersion = 1

var groups = [...][]field{
	{fEventSource, fEventName, fRegion, fRecipient, fEventType, fReadOnly},
	{fType, fPrincipal, fARN, fAccount, fAccessKey, fUserName, fInvokedBy, fProvider,
		fSourceIdentity, fRoleDelivery, fCreated, fMFA,
		fIssuerType, fIssuerID, fIssuerARN, fIssuerAccount, fIssuerName, fWebProvider,
		fScopeType, fScopeTo, fDirectoryUser, fDirectory,
		fFromConsole, fMFAUsed, fBearer, fUserAgent},
	{fIP, fErrorCode, fErrorMessage, fSharedID, fEndpoint, fBytesOut, fSwitchFrom, fInferenceRegion},
}

// groupSets are the groups' fields as sets.
var groupSets = func() (sets [len(groups)]fieldSet) {
	for g, list := range groups {
		for _, f := range list {
			sets[g] |= 1 << f
		}
	}
	return sets
}()

// Caps. No field that AWS documents is longer than 2,048 characters (an ARN);
// user agents and error messages are free text, of which the first part tells.
const (
	stringMax    = 8 << 10
	userAgentMax = 1 << 10
	messageMax   = 2 << 10
	// paramsMax is what CloudTrail itself keeps of one record (256 KB).
	paramsMax = 256 << 10
)

func fieldMax(f field) int {
	switch f {
	case fUserAgent:
		return userAgentMax
	case fErrorMessage:
		return messageMax
	}
	return stringMax
}

// compact is normalize.Format.Compact.
func compact(dst, raw []byte) ([]byte, normalize.Key, normalize.Verdict, string) {
	var r record
	if !r.scan(raw) {
		return dst, normalize.Key{}, normalize.Unreadable, "not a complete JSON object"
	}
	return r.compact(dst, raw)
}

// prefix is normalize.Format.Prefix.
func prefix(dst, text []byte) ([]byte, int, normalize.Key) {
	var r record
	n := r.prefix(text)
	if n == 0 {
		return dst, 0, normalize.Key{}
	}
	out, key, verdict, _ := r.compact(dst, text[:n])
	if verdict != normalize.Read {
		return dst, 0, normalize.Key{}
	}
	return out, n, key
}

// compact appends the compact form of a scanned record.
func (r *record) compact(dst, raw []byte) ([]byte, normalize.Key, normalize.Verdict, string) {
	if verdict, reason := r.verdict(); verdict != normalize.Read {
		return dst, normalize.Key{}, verdict, reason
	}
	ns, ok := r.time()
	if !ok {
		reason := "eventTime is not a time"
		if t, _ := r.scalar(fEventTime); len(t) == 0 {
			reason = "no eventTime"
		}
		return dst, normalize.Key{}, normalize.Unreadable, reason
	}

	start := len(dst)
	flags := sekisho.Flag(0)
	if r.repeated {
		flags |= sekisho.FlagKeysRepeated
	}
	dst = append(dst, compactVersion, 0)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(ns))
	key := normalize.Key{Time: ns}
	var cut bool
	if dst, key.Hi, key.Lo, cut = r.appendID(dst, raw); cut {
		flags |= sekisho.FlagShortened
	}
	for g := range groups {
		if dst, cut = r.appendGroup(dst, g); cut {
			flags |= sekisho.FlagShortened
		}
	}
	service, plainService := r.scalar(fEventSource)
	action, plainAction := r.scalar(fEventName)
	var params, result []byte
	// A name with escapes is a forgery: keep what it carries.
	if !plainService || !plainAction || wantsParams(service, action, r.is(fReadOnly, "true")) {
		params, result = r.raw(fParams), r.raw(fResult)
		if params == nil {
			params = r.raw(fServiceDetails) // a notice has these instead
		}
		if len(params) > paramsMax {
			params, flags = nil, flags|sekisho.FlagShortened
		}
		if len(result) > paramsMax {
			result, flags = nil, flags|sekisho.FlagShortened
		}
	}
	dst = appendBytes(dst, r.resource())
	dst = appendBytes(dst, params)
	dst = appendBytes(dst, result)
	dst[start+1] = byte(flags)
	return dst, key, normalize.Read, ""
}

// verdict tells CloudTrail's records from what else lies in its buckets.
func (r *record) verdict() (normalize.Verdict, string) {
	name, _ := r.scalar(fEventName)
	source, _ := r.scalar(fEventSource)
	switch {
	case r.seen.has(fDigestStart) || r.seen.has(fDigestObject):
		return normalize.Skipped, "a CloudTrail digest"
	case r.is(fCategory, "Insight") || r.is(fEventType, "AwsCloudTrailInsight"):
		return normalize.Skipped, "a CloudTrail Insights event"
	case len(name) > 0 || len(source) > 0:
		return normalize.Read, ""
	case r.seen.has(fEventVersion) || r.seen.has(fIdentity) && r.seen.has(fEventTime):
		return normalize.Unreadable, "not a CloudTrail record (no eventName)"
	}
	return normalize.NotMine, "not a CloudTrail record (no eventName)"
}

// time is eventTime; Logstash's S3 input drops it in favour of @timestamp.
func (r *record) time() (ns int64, ok bool) {
	t, _ := r.scalar(fEventTime)
	if len(t) == 0 {
		t, _ = r.scalar(fTimestamp)
	}
	return normalize.Stamp(t)
}

// appendID appends the record's id, or its own hash where it has none (see
// canonical.go), and gives the 16 bytes that order it: those of the UUID, else
// the first of the id's SHA-256.
func (r *record) appendID(dst, raw []byte) (out []byte, hi, lo uint64, cut bool) {
	id, cut := r.decoded(fEventID)
	var b [16]byte
	if parseUUID(&b, id) {
		dst = append(append(dst, 0), b[:]...)
	} else {
		if len(id) == 0 {
			id = hashID(raw)
		}
		sum := sha256.Sum256(id)
		copy(b[:], sum[:])
		dst = appendBytes(dst, id)
	}
	return dst, binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:]), cut
}

// parseUUID reads the lower-case form that CloudTrail writes; any other
// spelling is another id.
func parseUUID(dst *[16]byte, id []byte) bool {
	if len(id) != 36 || id[8] != '-' || id[13] != '-' || id[18] != '-' || id[23] != '-' {
		return false
	}
	n := 0
	for i := 0; i < len(id); i += 2 {
		if id[i] == '-' {
			i++
		}
		hi, lo := lowerHex[id[i]], lowerHex[id[i+1]]
		if hi > 15 || lo > 15 {
			return false
		}
		dst[n] = hi<<4 | lo
		n++
	}
	return true
}

var lowerHex = func() (t [256]byte) {
	for i := range t {
		t[i] = 255
	}
	for i, c := range []byte("0123456789abcdef") {
		t[c] = byte(i)
	}
	return t
}()

// hashID is the id of a record without one.
func hashID(raw []byte) []byte {
	sum := sha256.Sum256(rawjson.Canonical(raw))
	return hex.AppendEncode([]byte("sha256:"), sum[:8])
}

// decoded is a field's text as it reads, cut to its cap.
func (r *record) decoded(f field) (t []byte, cut bool) {
	t, plain := r.scalar(f)
	if !plain {
		t = rawjson.AppendUnescaped(nil, t)
	}
	most := fieldMax(f)
	if len(t) <= most {
		return t, false
	}
	for most > 0 && !utf8.RuneStart(t[most]) {
		most--
	}
	return t[:most], true
}

func (r *record) appendGroup(dst []byte, g int) (out []byte, cut bool) {
	length := len(dst)
	dst = append(dst, 0, 0, 0)
	var present uint64
	if r.seen&groupSets[g] != 0 {
		for n, f := range groups[g] {
			if t, _ := r.scalar(f); len(t) > 0 {
				present |= 1 << n
			}
		}
	}
	dst = binary.AppendUvarint(dst, present)
	for rest := present; rest != 0; rest &= rest - 1 {
		f := groups[g][bits.TrailingZeros64(rest)]
		t, short := r.decoded(f)
		cut = cut || short
		dst = appendBytes(dst, t)
	}
	n := len(dst) - length - 3
	dst[length], dst[length+1], dst[length+2] = byte(n), byte(n>>8), byte(n>>16)
	return dst, cut
}

func appendBytes(dst, b []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

// resource is the longest ARN among the record's resources: an object's stands
// there beside its bucket's, and the longer one says more.
func (r *record) resource() (arn []byte) {
	list := r.raw(fResources)
	for len(list) > 0 {
		// Looking for the key itself is quicker than walking the list, which is
		// known to be valid. A text that holds "ARN" in quotes would have to
		// escape them.
		_, after, found := bytes.Cut(list, []byte(`"ARN"`))
		if list = after; !found {
			break
		}
		j := rawjson.SkipColon(list, 0)
		if j < 0 || j >= len(list) || list[j] != '"' {
			continue
		}
		end, plain := rawjson.SkipString(list, j+1)
		if a := list[j+1 : end-1]; plain && len(a) > len(arn) && len(a) <= stringMax {
			arn = a
		}
		list = list[end:]
	}
	return arn
}

// wantsParams says whether anything reads the parameters and result of a call:
// of every call that may change something, and of those reads that have an
// effect. Most records of a trail are reads without.
func wantsParams(service, action []byte, readOnly bool) bool {
	if !readOnly {
		return true
	}
	name := call{string(trimHost(service)), string(trimVersion(action))}
	if assumes[name] {
		return true // a refused attempt names the role
	}
	return effectTable[name] != nil // of one that failed, it tells what was tried
}
