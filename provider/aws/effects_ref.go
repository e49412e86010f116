package aws

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize/rawjson"
)

// Refs, ARNs and values out of raw parameters, shared by the effect files.

// partition is the ARN partition of a region.
func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// regionalARN builds the ARN of something in the event's account and region.
func regionalARN(e *sekisho.Event, service, resource string) string {
	return "arn:" + partition(e.Region) + ":" + service + ":" + e.Region + ":" + e.Account + ":" + resource
}

// bucketARN is the ARN of a bucket or of an object in it; "" for no bucket.
func bucketARN(e *sekisho.Event, bucket, key string) string {
	switch {
	case bucket == "":
		return ""
	case key == "":
		return "arn:" + partition(e.Region) + ":s3:::" + bucket
	}
	return "arn:" + partition(e.Region) + ":s3:::" + bucket + "/" + key
}

// arnField is one of the first five fields of an ARN, counted from 0; "" if
// the text is no ARN.
func arnField(arn string, n int) string {
	if !strings.HasPrefix(arn, "arn:") {
		return ""
	}
	for ; n > 0; n-- {
		var ok bool
		if _, arn, ok = strings.Cut(arn, ":"); !ok {
			return ""
		}
	}
	return before(arn, ":")
}

// arnRef names the user, role or group of an IAM ARN. Anything else keeps its
// ARN and account only.
func arnRef(arn string) sekisho.Ref {
	r := sekisho.Ref{ARN: arn, Account: arnField(arn, 4)}
	_, resource, ok := strings.Cut(arn, ":iam::"+r.Account+":")
	if !ok {
		return r
	}
	kind, _, _ := strings.Cut(resource, "/")
	r.Name = lastPart(resource)
	switch kind {
	case "user", "role", "group", "root":
		r.Type = kind
	case "instance-profile":
		r.Type = "profile"
	}
	return r
}

// named is an identity of the event's account by its name or, where the call
// takes either, its ARN. Records of IAM calls give the name without the path
// that belongs into the ARN, so the ARN is that of the default path, which
// nearly all users and roles have; for another path only account, type and name
// are right.
func named(e *sekisho.Event, kind, nameOrARN string) sekisho.Ref {
	switch {
	case nameOrARN == "":
		return sekisho.Ref{}
	case strings.HasPrefix(nameOrARN, "arn:"):
		r := arnRef(nameOrARN)
		r.Type = cmp.Or(r.Type, kind)
		return r
	}
	name := lastPart(nameOrARN) // some calls take "path/name"
	return sekisho.Ref{Name: name, Account: e.Account, Type: kind,
		ARN: "arn:" + partition(e.Region) + ":iam::" + e.Account + ":" + kind + "/" + strings.TrimPrefix(nameOrARN, "/")}
}

// self is the actor as the target of its own call.
func self(e *sekisho.Event) sekisho.Ref {
	a := &e.Actor
	r := sekisho.Ref{ID: a.ID, Name: a.Name, ARN: a.ARN, Account: a.Account}
	switch a.Type {
	case sekisho.ActorUser:
		r.Type = "user"
	case sekisho.ActorRole:
		r.Type = "role"
	case sekisho.ActorRoot:
		r.Type = "root"
	}
	return r
}

// userOrSelf is the user that a call names, else the actor: the record leaves
// userName out where users act on themselves.
//
// Of a call that did not succeed the whole request may be missing, so there an
// absent name says nothing: the message may.
func userOrSelf(e *sekisho.Event, name string) sekisho.Ref {
	if name == "" && len(e.Params) == 0 && !e.Succeeded() {
		r := refusedIdentity(e)
		if r.Name == "" {
			return r
		}
		name = r.Name
	}
	if name == "" {
		return self(e)
	}
	if e.Actor.Type == sekisho.ActorUser && e.Actor.Name == name && e.Actor.Account == e.Account {
		return self(e) // with its lasting id
	}
	return named(e, "user", name)
}

// firstStr is the first of several paths, written with dots, that holds text.
func firstStr(raw []byte, paths ...string) string {
	for _, p := range paths {
		if s := strAt(raw, p); s != "" {
			return s
		}
	}
	return ""
}

// strAt is str for a dotted path.
func strAt(raw []byte, path string) string {
	if len(raw) == 0 {
		return ""
	}
	if strings.IndexByte(path, '.') < 0 {
		return rawjson.Text(raw, path)
	}
	return rawjson.Text(raw, strings.Split(path, ".")...)
}

// at is get for a dotted path; nil where there is nothing or null.
func at(raw []byte, path string) []byte {
	if len(raw) == 0 {
		return nil
	}
	v, ok := rawjson.Get(raw, strings.Split(path, ".")...)
	if !ok || string(v) == "null" {
		return nil
	}
	return v
}

// present reports whether a path holds more than null or nothing: {}, [] and
// "" are how records say that a list or a block was not given.
func present(raw []byte, path string) bool {
	switch string(at(raw, path)) {
	case "", "{}", "[]", `""`:
		return false
	}
	return true
}

// isFalse and isTrue read a boolean, also one written as a string.
func isFalse(raw []byte, path string) bool {
	return strings.Trim(string(at(raw, path)), `"`) == "false"
}

func isTrue(raw []byte, path string) bool {
	return strings.Trim(string(at(raw, path)), `"`) == "true"
}

// number reads a whole number, also one written as a string.
func number(raw []byte, path string) (int64, bool) {
	n, err := strconv.ParseInt(strings.Trim(string(at(raw, path)), `"`), 10, 64)
	return n, err == nil
}

// eachAt calls f for every element of a list at a path, in any of the shapes
// that each knows.
func eachAt(raw []byte, path string, f func(elem []byte)) {
	if v := at(raw, path); v != nil {
		rawjson.Each(v, f)
	}
}

// texts are the strings of a list at a path.
func texts(raw []byte, path string) []string {
	var out []string
	eachAt(raw, path, func(elem []byte) {
		if s := scalarText(elem); s != "" && len(out) < effectsMax {
			out = append(out, s)
		}
	})
	return out
}

// responseTimes are the ways in which records write the end of a credential.
var responseTimes = []string{"Jan 2, 2006 3:04:05 PM", "Jan 2, 2006, 3:04:05 PM", time.RFC3339Nano}

// responseTime reads a time in a response; zero if it cannot. Newer Java
// runtimes put a narrow no-break space before AM and PM.
func responseTime(s string) time.Time {
	s = strings.ReplaceAll(s, "\u202f", " ")
	for _, layout := range responseTimes {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n > 0 && n < 1<<40 { // seconds; 2^40 is past any calendar
		return time.Unix(n, 0).UTC()
	}
	return time.Time{}
}

// lastPart is what follows the last slash.
func lastPart(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// sortedSet sorts in place and drops repeats and "".
func sortedSet(s []string) []string {
	slices.Sort(s)
	s = slices.Compact(s)
	if len(s) > 0 && s[0] == "" {
		s = s[1:]
	}
	return s
}

// cutLast is strings.Cut at the last place where sep stands.
func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
