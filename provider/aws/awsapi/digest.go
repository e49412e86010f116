package awsapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/klauspost/compress/gzip"

	"github.com/sekisho/sekisho/ingest"
	providers "github.com/sekisho/sekisho/provider/aws"
	"github.com/sekisho/sekisho/provider/self"
)

// digests validates what CloudTrail says of the log files that it delivered. A file
// that was ingested with another content, one that is gone, and a digest that is not
// CloudTrail's are told as notices, which open an incident; a file that was never
// announced is read now.
type digests struct {
	q *Queue

	mu   sync.Mutex
	keys map[string][]byte // by region and fingerprint
}

func isDigest(key string) bool { return strings.Contains(key, "/CloudTrail-Digest/") }

// keysMost bounds the public keys that are remembered: CloudTrail changes them now and
// then, one a region.
const keysMost = 1024

// chainMost is how many digests before one are fetched: two days of them.
const chainMost = 48

// bring reads a digest, validates it and what it vouches for, and those before it that
// did not come.
func (d *digests) bring(ctx context.Context, t *taken, o object, depth int) error {
	q := d.q
	if q.o.Memory == nil {
		return nil
	}
	if !q.allowed(o) {
		q.stats.Refused.Add(1)
		t.told = append(t.told, ingest.Failure{Origin: o.String(), Err: errors.New("it is in none of the declared buckets, and is not read")})
		return nil
	}
	raw, meta, err := q.fetch(ctx, t, o)
	if err != nil {
		return err
	}
	text, err := inflate(raw)
	if err != nil {
		return d.invalid(t, o, "", err)
	}
	g, err := providers.ReadDigest(text)
	if err != nil {
		return d.invalid(t, o, "", err)
	}
	key, err := d.key(ctx, g, regionOf(o.key))
	if errors.Is(err, providers.ErrDigest) {
		return d.invalid(t, o, g.Account, err)
	}
	if err != nil {
		return err
	}
	if err := g.Verify(text, o.bucket, o.key, meta["signature"], key); err != nil {
		return d.invalid(t, o, g.Account, err)
	}
	if err := d.chain(ctx, t, o, g, depth); err != nil {
		return err
	}
	for i := range g.Files {
		if err := d.file(ctx, t, g.Account, &g.Files[i]); err != nil {
			return err
		}
	}
	sum := sha256.Sum256(text)
	t.after = append(t.after, func() error { return q.o.Memory.Set(digestMemory(o), sum[:]) })
	q.stats.DigestsValid.Add(1)
	return nil
}

func digestMemory(o object) string { return strings.Replace(objectMemory(o), "object/", "digest/", 1) }

func inflate(raw []byte) ([]byte, error) {
	if len(raw) < 2 || raw[0] != 0x1f || raw[1] != 0x8b {
		return raw, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(z, ingest.BodyMax))
}

// invalid tells of a digest that is not CloudTrail's word.
func (d *digests) invalid(t *taken, o object, account string, why error) error {
	d.q.stats.DigestsInvalid.Add(1)
	t.told = append(t.told, ingest.Failure{Origin: o.String(), Err: why})
	return notify(t, &self.Altered{What: "digest-invalid", Object: o.String(), Account: account, Region: regionOf(o.key)})
}

// chain holds the digest before against what this one says of it. One that did not come
// is fetched, unless it ended before its trail was read here; one that is gone is told.
func (d *digests) chain(ctx context.Context, t *taken, o object, g *providers.Digest, depth int) error {
	began, err := d.began(t, o, g)
	if err != nil || g.PreviousObject == "" {
		return err
	}
	before := object{g.PreviousBucket, g.PreviousObject}
	was, err := d.q.o.Memory.Get(digestMemory(before))
	switch {
	case err != nil || was == nil && g.Start.Before(began):
		return err // we were not there yet
	case was == nil && (depth >= chainMost || !d.q.allowed(before)):
		// Nobody looked whether it is there: that is a gap, and not somebody's deed.
		t.told = append(t.told, ingest.Failure{Origin: before.String(), Err: fmt.Errorf("validate a digest: the one before it is in none of the declared buckets, or more than %d did not come; hold what is older against its digests by: aws cloudtrail validate-logs", chainMost)})
		return nil
	case was == nil:
		if err := d.bring(ctx, t, before, depth+1); gone(err) {
			return notify(t, &self.Altered{What: self.DigestMissing, Object: before.String(), Account: g.Account, Region: regionOf(o.key)})
		} else if err != nil {
			return err
		}
		return nil
	case hex.EncodeToString(was) != g.PreviousHash:
		return notify(t, &self.Altered{What: self.DigestChanged, Object: before.String(), Account: g.Account, Region: regionOf(o.key)})
	}
	return nil
}

// began is since when a trail's digests of a region are read: what ended before is not
// missed. It is the end of the first that came, which need not be the oldest: queues keep
// no order.
func (d *digests) began(t *taken, o object, g *providers.Digest) (time.Time, error) {
	name := chainMemory(o)
	was, err := d.q.o.Memory.Get(name)
	if err != nil {
		return time.Time{}, err
	}
	if was == nil {
		was = []byte(g.End)
	}
	at, err := time.Parse(time.RFC3339, string(was))
	if err != nil {
		return time.Time{}, fmt.Errorf("validate a digest: since when its trail is read: %w", err)
	}
	t.after = append(t.after, func() error { return d.q.o.Memory.Set(name, was) }) // each time: memory ages
	return at, nil
}

// chainMemory is the name of what is remembered of a trail's digests in a region. They
// are named alike but for day and time:
// …/CloudTrail-Digest/REGION/YYYY/MM/DD/ACCOUNT_CloudTrail-Digest_REGION_TRAIL_HOME_TIME.json.gz
func chainMemory(o object) string {
	folder, file := path.Split(o.key)
	if at := strings.Index(folder, "/CloudTrail-Digest/"); at >= 0 {
		folder = folder[:at]
	}
	if at := strings.LastIndexByte(file, '_'); at >= 0 {
		file = file[:at]
	}
	return "digests " + digestMemory(object{o.bucket, folder + "/" + regionOf(o.key) + "/" + file})
}

// gone reports whether an object is not there. With s3:ListBucket a bucket says so; without
// it what is gone looks like what may not be read, which is a failure that names the
// permission, and no alarm.
func gone(err error) bool {
	var none *s3types.NoSuchKey
	var api smithy.APIError
	return errors.As(err, &none) || errors.As(err, &api) && (api.ErrorCode() == "NoSuchKey" || api.ErrorCode() == "NotFound")
}

// file holds one log file against what was ingested under its name.
func (d *digests) file(ctx context.Context, t *taken, account string, f *providers.DigestFile) error {
	q, o := d.q, object{f.Bucket, f.Object}
	if !q.allowed(o) || f.Algorithm != "" && f.Algorithm != "SHA-256" {
		return nil
	}
	was, err := q.o.Memory.Get(objectMemory(o))
	if err != nil {
		return err
	}
	if was != nil {
		if hex.EncodeToString(was) != f.Hash {
			return notify(t, &self.Altered{What: "log-changed", Object: o.String(), Account: account, Region: regionOf(f.Object)})
		}
		return nil
	}
	raw, _, err := q.fetch(ctx, t, o)
	switch {
	case gone(err):
		return notify(t, &self.Altered{What: "log-missing", Object: o.String(), Account: account, Region: regionOf(f.Object)})
	case err != nil:
		return err
	}
	sum, err := contentSum(raw)
	if err != nil || hex.EncodeToString(sum) != f.Hash {
		if err := notify(t, &self.Altered{What: "log-changed", Object: o.String(), Account: account, Region: regionOf(f.Object)}); err != nil {
			return err
		}
	}
	q.stats.Filled.Add(1)
	return q.parcel(t, o, raw)
}

// regionForm is how AWS names its regions. A name that a bucket's writer made up must not
// become part of an address.
var regionForm = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]{2,12}){1,3}-[0-9]{1,2}$`)

// key is CloudTrail's public key that a digest names. Each region signs with keys of its
// own, and only there they are listed (API reference of ListPublicKeys). A digest that
// names a key which is not among them is not CloudTrail's: that is ErrDigest, or whoever
// forges one would only have to make up a name.
func (d *digests) key(ctx context.Context, g *providers.Digest, region string) ([]byte, error) {
	if !regionForm.MatchString(region) {
		return nil, fmt.Errorf("%w: it lies in the folder of %q, which is no region", providers.ErrDigest, region)
	}
	d.mu.Lock()
	k := d.keys[region+" "+g.Key]
	d.mu.Unlock()
	if k != nil {
		return k, nil
	}
	end, err := time.Parse(time.RFC3339, g.End)
	if err != nil {
		return nil, fmt.Errorf("%w: it ends at %q, which is no time", providers.ErrDigest, g.End)
	}
	from, to := end.AddDate(0, 0, -1), end.AddDate(0, 0, 1)
	if now := time.Now(); to.After(now) {
		to = now // a time to come is none to ask for
	}
	if !from.Before(to) {
		from = to.AddDate(0, 0, -1)
	}
	found := map[string][]byte{}
	in := &cloudtrail.ListPublicKeysInput{StartTime: &from, EndTime: &to}
	for {
		out, err := d.q.api.keys(ctx, in, func(x *cloudtrail.Options) { x.Region = region })
		if err != nil {
			return nil, explain(fmt.Errorf("validate a digest: ask for CloudTrail's public keys in %s: %w", region, err), "cloudtrail:ListPublicKeys")
		}
		for _, x := range out.PublicKeyList {
			found[region+" "+aws.ToString(x.Fingerprint)] = x.Value
		}
		if in.NextToken = out.NextToken; in.NextToken == nil || len(found) > keysMost {
			break
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.keys == nil || len(d.keys)+len(found) > keysMost {
		d.keys = map[string][]byte{}
	}
	for name, k := range found {
		d.keys[name] = k
	}
	if k = d.keys[region+" "+g.Key]; k == nil {
		return nil, fmt.Errorf("%w: CloudTrail has no public key %q in %s", providers.ErrDigest, g.Key, region)
	}
	return k, nil
}

// notify adds a notice to what a message brings.
func notify(t *taken, a *self.Altered) error {
	a.At = time.Now()
	raw, err := a.JSON()
	if err != nil {
		return err
	}
	t.parcels = append(t.parcels, ingest.Parcel{Format: self.Source, Path: ingest.PathSelf, Origin: a.Object, Raw: raw})
	return nil
}

// trailAccount is the account in the name of what CloudTrail wrote.
func trailAccount(key string) string {
	_, rest, _ := strings.Cut(key, "AWSLogs/")
	before, _, _ := strings.Cut(rest, "/CloudTrail")
	return before[strings.LastIndexByte(before, '/')+1:]
}

// regionOf is the region in the name of what CloudTrail wrote:
// …/AWSLogs/ACCOUNT/CloudTrail/REGION/…
func regionOf(key string) string {
	for _, part := range []string{"/CloudTrail/", "/CloudTrail-Digest/"} {
		if _, rest, ok := strings.Cut(key, part); ok {
			region, _, _ := strings.Cut(rest, "/")
			return region
		}
	}
	return ""
}
