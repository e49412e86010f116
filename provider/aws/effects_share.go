package aws

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sekisho/sekisho"
)

// shareEffects are the calls that let others read or copy, or that open ports.
var shareEffects = map[call]effectFunc{
	{"ec2", "ModifySnapshotAttribute"}:          shareSnapshot,
	{"ec2", "ModifyImageAttribute"}:             shareImage,
	{"rds", "ModifyDBSnapshotAttribute"}:        shareDatabase,
	{"rds", "ModifyDBClusterSnapshotAttribute"}: shareDatabase,
	{"rds", "StartExportTask"}:                  exportDatabase,
	{"s3", "PutBucketPolicy"}:                   bucketPolicy,
	{"s3", "PutBucketAcl"}:                      acl,
	{"s3", "PutObjectAcl"}:                      acl,
	{"s3", "PutBucketReplication"}:              replication,
	{"kms", "PutKeyPolicy"}:                     keyPolicy,
	{"kms", "CreateGrant"}:                      keyGrant,

	{"ec2", "SharedSnapshotVolumeCreated"}: taken,
	{"ec2", "SharedSnapshotCopyInitiated"}: taken,

	{"ec2", "AuthorizeSecurityGroupIngress"}: openPorts,
}

// share is a Share with whoever is not the account itself; nothing otherwise.
func share(e *sekisho.Event, dst []sekisho.Effect, what, resource string, with []string) []sekisho.Effect {
	with = slices.DeleteFunc(sortedSet(with), func(w string) bool { return w == e.Account })
	if len(with) == 0 {
		return dst
	}
	return append(dst, sekisho.Effect{Kind: sekisho.Share, What: what, Resource: resource, With: with})
}

// addedTo reads the list of whom a snapshot or image was opened to: accounts,
// "all" for everyone, and organisations, which stand for their management
// account, the only account that their ARN names.
func addedTo(params []byte, path string) []string {
	var with []string
	eachAt(params, path+".add", func(item []byte) {
		switch group := strAt(item, "group"); {
		case strings.EqualFold(group, "all"):
			with = append(with, "*")
		default:
			with = append(with, cmp.Or(strAt(item, "userId"),
				arnField(firstStr(item, "organizationArn", "organizationalUnitArn"), 4)))
		}
	})
	return with
}

func shareSnapshot(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return share(e, dst, "snapshot", strAt(e.Params, "snapshotId"), addedTo(e.Params, "createVolumePermission"))
}

func shareImage(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return share(e, dst, "image", strAt(e.Params, "imageId"), addedTo(e.Params, "launchPermission"))
}

func shareDatabase(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	if !strings.EqualFold(strAt(e.Params, "attributeName"), "restore") {
		return dst
	}
	with := texts(e.Params, "valuesToAdd")
	for i, w := range with {
		if strings.EqualFold(w, "all") {
			with[i] = "*"
		}
	}
	return share(e, dst, "database", firstStr(e.Params, "dBSnapshotIdentifier", "dBClusterSnapshotIdentifier"), with)
}

// exportDatabase writes a snapshot into a bucket. The bucket's account is not in
// the record, so With is empty: someone who can read that bucket.
func exportDatabase(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return append(dst, sekisho.Effect{Kind: sekisho.Share, What: "database", Resource: strAt(e.Params, "sourceArn")})
}

// bucketPolicy is recorded as an object, unlike policies elsewhere.
func bucketPolicy(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	statements, _ := parsePolicy(at(e.Params, "bucketPolicy"))
	return share(e, dst, "bucket", bucketARN(e, strAt(e.Params, "bucketName"), ""), grantees(statements).Accounts)
}

// Groups in access control lists that are everyone: anyone at all, and anyone
// with any AWS account.
const (
	everyoneGroup = "/groups/global/AllUsers"
	signedGroup   = "/groups/global/AuthenticatedUsers"
)

// acl opens a bucket or an object to everyone, by a canned list, by a header or
// by a list of grants. Grants to single accounts name them by canonical id,
// which is no account id: they are not seen.
func acl(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	open := false
	for _, canned := range append(append(texts(e.Params, "x-amz-acl"), texts(e.Params, "X-Amz-Acl")...), texts(e.Params, "accessControlList.x-amz-acl")...) {
		open = open || strings.HasPrefix(canned, "public-") || canned == "authenticated-read"
	}
	for _, header := range [...]string{"x-amz-grant-read", "x-amz-grant-write", "x-amz-grant-full-control", "x-amz-grant-read-acp", "x-amz-grant-write-acp"} {
		value := firstStr(e.Params, header, "accessControlList."+header)
		open = open || strings.Contains(value, everyoneGroup) || strings.Contains(value, signedGroup)
	}
	eachAt(e.Params, "AccessControlPolicy.AccessControlList.Grant", func(grant []byte) {
		uri := strAt(grant, "Grantee.URI")
		open = open || strings.HasSuffix(uri, everyoneGroup) || strings.HasSuffix(uri, signedGroup)
	})
	if !open {
		return dst
	}
	key := strAt(e.Params, "key")
	what := "bucket"
	if key != "" {
		what = "object"
	}
	return share(e, dst, what, bucketARN(e, strAt(e.Params, "bucketName"), key), []string{"*"})
}

// replication copies what a bucket receives into another. The record names the
// other account only where ownership passes to it.
func replication(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	var with []string
	for _, path := range [...]string{"ReplicationConfiguration.Rule", "replicationConfiguration.rules"} {
		eachAt(e.Params, path, func(rule []byte) {
			if !strings.EqualFold(firstStr(rule, "Status", "status"), "Disabled") {
				with = append(with, firstStr(rule, "Destination.Account", "destination.account"))
			}
		})
	}
	// All that is written from then on is copied out: more than leave to read.
	return share(e, dst, "replica", bucketARN(e, strAt(e.Params, "bucketName"), ""), with)
}

func keyPolicy(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	statements, _ := parsePolicy(at(e.Params, "policy"))
	return share(e, dst, "key", strAt(e.Params, "keyId"), grantees(statements).Accounts)
}

func keyGrant(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	return share(e, dst, "key", strAt(e.Params, "keyId"), []string{principalAccount(strAt(e.Params, "granteePrincipal"))})
}

// taken is AWS telling the owner of a snapshot that another account made a
// volume or a copy of it. The snapshot stands in the record's service event
// details, the account in who did it.
func taken(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	x := sekisho.Effect{Kind: sekisho.Taken, What: "snapshot",
		Resource: cmp.Or(firstStr(e.Result, "snapshotId", "serviceEventDetails.snapshotId"), firstStr(e.Params, "snapshotId", "serviceEventDetails.snapshotId"), e.Target)}
	if a := e.Actor.Account; a != "" && a != e.Account {
		x.With = []string{a}
	}
	return append(dst, x)
}

// portMax is the highest port number.
const portMax = 65535

// openPorts reads a firewall's new rules: from the response, which has one shape,
// else from the request, which has two. Each rule is one effect.
func openPorts(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	group := firstStr(e.Params, "groupId", "groupName")
	start := len(dst)
	eachAt(e.Result, "securityGroupRuleSet", func(rule []byte) {
		if isTrue(rule, "isEgress") {
			return
		}
		dst = admit(dst, cmp.Or(strAt(rule, "groupId"), group), rule, texts(rule, "cidrIpv4"), texts(rule, "cidrIpv6"))
	})
	if len(dst) > start {
		return dst
	}
	eachAt(e.Params, "ipPermissions", func(rule []byte) {
		var v4, v6 []string
		eachAt(rule, "ipRanges", func(r []byte) { v4 = append(v4, strAt(r, "cidrIp")) })
		eachAt(rule, "ipv6Ranges", func(r []byte) { v6 = append(v6, strAt(r, "cidrIpv6")) })
		dst = admit(dst, group, rule, v4, v6)
	})
	return admit(dst, group, e.Params, texts(e.Params, "cidrIp"), nil)
}

// admit is an OpenPorts for one rule; nothing for a rule that admits another
// group rather than addresses, or a protocol without ports.
func admit(dst []sekisho.Effect, group string, rule []byte, v4, v6 []string) []sekisho.Effect {
	var with []string
	for _, cidr := range append(v4, v6...) {
		if strings.HasSuffix(cidr, "/0") {
			cidr = "*"
		}
		with = append(with, cidr)
	}
	if with = sortedSet(with); len(with) == 0 {
		return dst
	}
	x := sekisho.Effect{Kind: sekisho.OpenPorts, Resource: group, With: with, FromPort: 0, ToPort: portMax}
	switch strings.ToLower(strings.Trim(string(at(rule, "ipProtocol")), `"`)) {
	case "-1", "":
	case "tcp", "udp", "6", "17":
		from, okFrom := number(rule, "fromPort")
		to, okTo := number(rule, "toPort")
		if okFrom && okTo && from >= 0 && to >= from && to <= portMax {
			x.FromPort, x.ToPort = int(from), int(to)
		}
	default: // icmp keeps its message type where ports would be
		return dst
	}
	return append(dst, x)
}
