package awsapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"golang.org/x/time/rate"

	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/provider/aws"
)

const (
	// collectEvery is how often an account is read where nothing calls for it sooner.
	collectEvery = 15 * time.Minute
	// collectWhole is after how long everything is told again, changed or not, so that
	// the log of any week holds the whole account.
	collectWhole = 24 * time.Hour
	// pokeGathers is how long after the first call for a reading it begins: who changes
	// one thing changes more.
	pokeGathers = 2 * time.Second
	// pokeGap is the least time from the end of one reading to the next.
	pokeGap = 5 * time.Second
	// readWaits is after how long a Read in which nothing came returns.
	readWaits = 10 * time.Second

	// itemsMost bounds the things of one reading: AWS allows 5,000 users and 5,000
	// roles in an account by default, and functions are hundreds.
	itemsMost = 100_000
	// pagesMost bounds the pages of one list.
	pagesMost = 2_000
	// parcelMost is the size, in bytes, at which a parcel is cut; the rest comes with the
	// next Read. It leaves room for a record below ingest.BodyMax.
	parcelMost = ingest.BodyMax - 2*aws.InventoryRecordMax
)

// CollectorPermissions are exactly the permissions that a Collector uses without
// further parts. All read; none reads a secret or a function's code.
var CollectorPermissions = []string{
	"iam:GetAccountAuthorizationDetails",
	"iam:GetLoginProfile",
	"iam:ListAccessKeys",
	"lambda:GetFunctionConcurrency",
	"lambda:GetPolicy",
	"lambda:ListAliases",
	"lambda:ListEventSourceMappings",
	"lambda:ListFunctionUrlConfigs",
	"lambda:ListFunctions",
	"lambda:ListVersionsByFunction",
}

// CollectorOptions say what a Collector reads, and how often.
type CollectorOptions struct {
	// Account is the account's id; "" to ask AWS whose credentials these are.
	Account string
	// Identities says that users, roles, groups and policies are read, too. One
	// collector of an account should: they are the same in every region.
	Identities bool
	// Parts read further kinds of things; see package awsec2.
	Parts []aws.InventoryPart
	// Interval is how often the account is read; 15 minutes if 0.
	Interval time.Duration
	// Known answers the names, as of aws.InventoryDocument, of what is known from
	// before this process began, so that what has gone since is told; nil if nothing
	// is. It is asked once.
	Known func() []string
	// Now is the time; time.Now if nil.
	Now func() time.Time
}

// Collector reads what there is in one account and region: who may do what, what
// runs as whom, what is shared. It is an ingest.Source whose parcels hold inventory
// records (aws.Inventory) of what changed since the last one that became durable.
// It writes nothing, and reads neither secrets nor code: of what a function's
// environment holds it tells a hash.
type Collector struct {
	o       CollectorOptions
	account string
	region  string
	iam     iamCalls
	lambda  lambdaCalls
	pace    *rate.Limiter

	poked chan struct{}
	// details are what was read last of each user and function beside what lists tell,
	// for readings that are about others.
	details map[string]details
	due     time.Time // of the next reading
	last    time.Time // end of the last one
	whole   time.Time // when everything was told last

	mu    sync.Mutex // Poke comes from other goroutines than Read
	asked scope      // of the next reading
	sent  map[string][sha256.Size]byte
	rest  []line // of a reading, not told yet
	known bool   // Known was asked
}

// line is one record to be told.
type line struct {
	key string // kind, region and id
	sum [sha256.Size]byte
	raw []byte
	end bool // it tells that the thing is gone
}

// details are what costs a call or more for each thing.
type details struct {
	listed   [sha256.Size]byte // of what lists told at that time
	user     identityDocument
	function functionDocument
}

// scope says of which things the details are read in any case.
type scope struct {
	all   bool
	names map[string]bool
}

// wants reports whether the details of a thing are to be read though nothing else of
// it changed.
func (s *scope) wants(arn, name string) bool { return s.all || s.names[arn] || s.names[name] }

// NewCollector makes a collector of the account that the configuration's credentials
// belong to, in the configuration's region.
func NewCollector(ctx context.Context, c sdk.Config, o CollectorOptions) (*Collector, error) {
	if o.Interval <= 0 {
		o.Interval = collectEvery
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Account == "" {
		account, err := callerAccount(ctx, c)
		if err != nil {
			return nil, err
		}
		o.Account = account
	}
	return &Collector{o: o, account: o.Account, region: c.Region, iam: newIAMCalls(iam.NewFromConfig(c)), lambda: newLambdaCalls(lambda.NewFromConfig(c)),
		pace: newPace(), poked: make(chan struct{}, 1), details: map[string]details{}, sent: map[string][sha256.Size]byte{}}, nil
}

// callerAccount asks AWS whose credentials a configuration has. Nobody needs a
// permission for that.
func callerAccount(ctx context.Context, c sdk.Config) (string, error) {
	out, err := sts.NewFromConfig(c).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", fmt.Errorf("ask AWS whose credentials these are: %w; check that they are current and that %s can be reached", err, c.Region)
	}
	return sdk.ToString(out.Account), nil
}

// Name implements ingest.Source.
func (c *Collector) Name() string { return "inventory:" + c.account + "/" + c.region }

// namesMost is how many things a reading is asked for by name; beyond, it is of all.
const namesMost = 256

// Poke asks for a reading soon: something was changed. Any goroutine may call it, as
// often as it likes; readings follow each other at intervals of some seconds at
// least. Names are what was changed, ARNs or the names of users and functions: of
// other users and functions that reading asks only what lists tell, which takes a
// second instead of a minute for hundreds of them. Without a name everything is read.
func (c *Collector) Poke(names ...string) {
	c.mu.Lock()
	if c.asked.names == nil {
		c.asked.names = map[string]bool{}
	}
	for _, n := range names {
		if len(n) <= 2<<10 { // the longest ARN
			c.asked.names[n] = true
		}
	}
	if len(names) == 0 || len(c.asked.names) > namesMost {
		c.asked = scope{all: true}
	}
	c.mu.Unlock()
	select {
	case c.poked <- struct{}{}:
	default: // one is asked for already
	}
}

// take takes over what was asked for; a reading that is due is of everything.
func (c *Collector) take() scope {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.asked
	c.asked = scope{}
	s.all = s.all || !c.o.Now().Before(c.due)
	return s
}

// Read implements ingest.Source: it waits for the next reading to be due, and tells
// what changed. The cursor is not moved: what is told is known by Settle.
func (c *Collector) Read(ctx context.Context, _ ingest.Cursor) (ingest.Batch, error) {
	if c.rest == nil {
		if ready, err := c.wait(ctx); !ready {
			return ingest.Batch{}, err
		}
		begun := c.o.Now()
		of := c.take()
		r := c.read(ctx, &of)
		if err := ctx.Err(); err != nil {
			return ingest.Batch{}, err
		}
		c.last = c.o.Now()
		if of.all {
			c.due = c.last.Add(c.o.Interval)
		}
		failed := c.compare(begun, r)
		b := c.parcel()
		b.Failed = failed
		return b, nil
	}
	return c.parcel(), nil
}

// wait waits until a reading is due, and no longer than some seconds.
func (c *Collector) wait(ctx context.Context) (ready bool, err error) {
	pause := func(d time.Duration) bool {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-ctx.Done():
			return false
		case <-t.C:
			return true
		}
	}
	left := c.due.Sub(c.o.Now())
	if left <= 0 {
		return true, nil
	}
	t := time.NewTimer(min(left, readWaits))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case <-t.C:
		return !c.o.Now().Before(c.due), nil
	case <-c.poked:
	}
	if !pause(max(pokeGathers, pokeGap-c.o.Now().Sub(c.last))) {
		return false, ctx.Err()
	}
	select {
	case <-c.poked: // what came meanwhile is in the reading
	default:
	}
	return true, nil
}

// read reads everything once, the details of what is in the scope.
func (c *Collector) read(ctx context.Context, of *scope) *aws.InventoryReading {
	r := &aws.InventoryReading{Account: c.account, Region: c.region}
	if c.o.Identities {
		c.readIdentities(ctx, r, of)
	}
	c.readFunctions(ctx, r, of)
	for i := range c.o.Parts {
		c.o.Parts[i].Read(ctx, c.pace.Wait, r)
	}
	return r
}

// forget drops the details of things of a kind that are no longer there.
func (c *Collector) forget(kind aws.InventoryKind, seen map[string]bool) {
	for k := range c.details {
		if of, _, _ := splitKey(k); of == kind && !seen[k] {
			delete(c.details, k)
		}
	}
}

// compare finds what changed since what was told last, and keeps it to be told.
func (c *Collector) compare(begun time.Time, r *aws.InventoryReading) []ingest.Failure {
	c.mu.Lock()
	defer c.mu.Unlock()
	var failed []ingest.Failure
	for _, f := range r.Failed {
		var told *errDenied
		if denied(f.Err) && !errors.As(f.Err, &told) { // of a part, which does not know the words
			f.Err = &errDenied{f.What, f.Err}
		}
		failed = append(failed, ingest.Failure{Origin: c.Name() + " " + f.What, Err: f.Err})
	}
	if len(r.Items) > itemsMost {
		failed = append(failed, ingest.Failure{Origin: c.Name(), Err: fmt.Errorf("%d things in one account and region, of which %d are read; please report it", len(r.Items), itemsMost)})
		r.Items, r.Whole = r.Items[:itemsMost], nil
	}
	if !c.known {
		c.known = true
		c.learn()
	}
	all := begun.Sub(c.whole) >= collectWhole
	seen := make(map[string]bool, len(r.Items))
	for i := range r.Items {
		x := &r.Items[i]
		record := aws.InventoryRecord{At: begun, Account: c.account, Region: first(x.Region, c.region), Kind: x.Kind, ID: x.ID, Document: x.Document}
		l := line{key: key(x.Kind, record.Region, x.ID), sum: sha256.Sum256(x.Document)}
		seen[l.key] = true
		if c.sent[l.key] == l.sum && !all {
			continue
		}
		var err error
		if l.raw, err = record.JSON(); err != nil {
			failed = append(failed, ingest.Failure{Origin: x.ID, Err: fmt.Errorf("%w; it is left out of the inventory", err)})
			continue
		}
		c.rest = append(c.rest, l)
	}
	var gone []string
	for k := range c.sent {
		if kind, _, _ := splitKey(k); !seen[k] && slices.Contains(r.Whole, kind) {
			gone = append(gone, k)
		}
	}
	slices.Sort(gone)
	for _, k := range gone {
		kind, region, id := splitKey(k)
		record := aws.InventoryRecord{At: begun, Account: c.account, Region: region, Kind: kind, ID: id, Gone: true}
		if raw, err := record.JSON(); err == nil {
			c.rest = append(c.rest, line{key: k, raw: raw, end: true})
		}
	}
	if all {
		c.whole = begun
	}
	return failed
}

// learn takes over what was known before this process began, so that what has gone
// since can be told. It is told again in any case.
func (c *Collector) learn() {
	if c.o.Known == nil {
		return
	}
	for _, name := range c.o.Known() {
		part := strings.SplitN(name, "/", 4)
		if len(part) == 4 && part[0] == c.account && (part[1] == c.region || part[1] == aws.InventoryGlobal && c.o.Identities) && len(c.sent) < itemsMost {
			c.sent[key(aws.InventoryKind(part[2]), part[1], part[3])] = [sha256.Size]byte{}
		}
	}
}

// parcel takes as much of what is to be told as one parcel holds.
func (c *Collector) parcel() ingest.Batch {
	var text bytes.Buffer
	n := 0
	for n < len(c.rest) && (n == 0 || text.Len()+len(c.rest[n].raw) < parcelMost) {
		text.Write(c.rest[n].raw)
		text.WriteByte('\n')
		n++
	}
	told := c.rest[:n]
	if c.rest = c.rest[n:]; len(c.rest) == 0 {
		c.rest = nil
	}
	if n == 0 {
		return ingest.Batch{}
	}
	return ingest.Batch{
		Parcels: []ingest.Parcel{{Format: aws.InventorySource, Path: ingest.PathSelf, Origin: c.Name(), Raw: text.Bytes()}},
		Settle: func(context.Context) error {
			c.mu.Lock()
			defer c.mu.Unlock()
			for _, l := range told {
				if l.end {
					delete(c.sent, l.key)
				} else {
					c.sent[l.key] = l.sum
				}
			}
			return nil
		},
	}
}

func key(kind aws.InventoryKind, region, id string) string {
	return string(kind) + "/" + region + "/" + id
}

func splitKey(k string) (kind aws.InventoryKind, region, id string) {
	part := strings.SplitN(k, "/", 3)
	return aws.InventoryKind(part[0]), part[1], part[2]
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
