package sim

import (
	"compress/gzip"
	"fmt"
	"time"
)

// CorpusOptions say how large a corpus is.
type CorpusOptions struct {
	Dir        string
	Bytes      int64 // of records before compression, without the mix
	Identities int   // how many principals take turns; services do not count
	Accounts   int
	Seed       uint64
	Start      time.Time
	Level      int // of gzip; 0 means its default
}

const (
	window = 5 * time.Minute // a trail delivers about every five minutes
	// meanRecords is what a file holds on average; by hour of day it is between
	// a third and one and a half of it, so that files hold some 200 to 1,000.
	meanRecords = 600
)

// Corpus writes ordinary work as a trail delivers it, as fast as it compresses:
// measured on two cores, see the package's benchmark. Equal options give equal
// files. No principal is kept in memory: number n always turns out the same.
//
// Principals take turns, so that min(Identities, bursts) of them act; a burst is
// as long as makes everybody come up, at most 12 records.
func Corpus(o CorpusOptions) (Stats, error) {
	if o.Bytes < 0 || o.Identities < 1 || o.Accounts < 1 {
		return Stats{}, fmt.Errorf("make a corpus: bytes %d must not be negative, identities %d and accounts %d must be at least 1", o.Bytes, o.Identities, o.Accounts)
	}
	if o.Level == 0 {
		o.Level = gzip.DefaultCompression
	}
	c := &crowd{o: o, seed: o.Seed}
	for i := range o.Accounts {
		r := NewRand(o.Seed, "corpus", fmt.Sprint(i))
		c.places = append(c.places, newPlace(r, r.account(), []string{"us-east-1", "eu-west-1", "us-west-2"}[i%3], fmt.Sprintf("unit%d", i)))
	}
	// A record is about 1.35 kB; see TestCorpusShape.
	const recordBytes = 1350
	if perPrincipal := o.Bytes / recordBytes / int64(o.Identities); perPrincipal < 12 {
		c.burst = int(max(perPrincipal, 1))
	} else {
		c.burst = 12
	}

	// One goroutine makes the documents, in order.
	out, err := newPress(o.Level)
	if err != nil {
		return Stats{}, err
	}
	names := NewRand(o.Seed, "corpus names")
	var written int64
	for at := o.Start.UTC().Truncate(window); written < o.Bytes && !out.failed(); at = at.Add(window) {
		for i, p := range c.places {
			if written >= o.Bytes {
				break
			}
			doc, n := c.file(out.sheet(), i, p, at, o.Bytes-written)
			written += int64(len(doc))
			out.write(deliveryPath(o.Dir, p.id, p.home, at.Add(window), names), doc, n)
		}
	}
	return out.finish()
}

// crowd is the corpus's population.
type crowd struct {
	o      CorpusOptions
	seed   uint64
	places []*place
	burst  int
	next   []int // per place: whose turn it is
}

// kinds of principal, by share. The shares are a guess at an organisation that
// is mostly machines; they set what the corpus costs to read, nothing else.
const (
	aFunction = iota
	anInstance
	aUser
	aPerson
	aPipeline
)

// actor is principal number n of a place. Its ids come from its number alone.
func (c *crowd) actor(r *Rand, p *place, n int, at time.Time) (who, origin, []string) {
	id := NewRand(c.seed^uint64(n)*0x9e3779b97f4a7c15, p.id)
	kind := [...]int{aFunction, aFunction, anInstance, anInstance, aUser, aUser, aUser, aPerson, aPipeline, aPipeline}[id.IntN(10)]
	start := at.Add(-time.Duration(id.IntN(1800)) * time.Second)
	number := fmt.Sprint(n)
	switch kind {
	case aFunction:
		name := trades[n%len(trades)] + "-fn-" + number
		s := &session{role: &role{p.id, name + "-exec", id.roleID(), "/service-role/"}, name: name, key: r.shortKey(), start: start, scope: p.function(name), version: ":$LATEST"}
		return bySession(s), origin{ip: awsAddress(r), agent: agentLambda}, workloadReads
	case anInstance:
		s := &session{role: &role{p.id, trades[n%len(trades)] + "-node-" + number, id.roleID(), "/"}, name: "i-0" + id.Hex(16), key: r.shortKey(), start: start, imds: "2.0"}
		return bySession(s), origin{ip: fmt.Sprintf("10.%d.%d.%d", n>>14&63, n>>7&127, 4+n&127), agent: agentJava, endpoint: "vpce-0" + p.vpc[5:]}, workloadReads
	case aUser:
		u := &user{p.id, "svc." + trades[n%len(trades)] + "." + number, id.userID(), id.longKey()}
		return byKey(u), origin{ip: fmt.Sprintf("192.0.2.%d", 1+n%200), agent: agentBoto}, shellReads
	case aPerson:
		// A permission set for each person: sessions of one role are one
		// principal, and here principals are to be counted.
		s := &session{role: &role{p.id, "AWSReservedSSO_Team" + number + "_" + id.Hex(16), id.roleID(), "/aws-reserved/sso.amazonaws.com/"},
			name: firstNames[n%len(firstNames)] + "." + number + "@lantern.example", key: r.shortKey(), start: start}
		s.idc, s.idStore = id.UUID(), "arn:aws:identitystore::"+p.id+":identitystore/"+p.store
		return bySession(s), origin{ip: fmt.Sprintf("198.51.100.%d", 1+n%250), agent: agentBrowser, console: true}, consoleViews
	}
	s := &session{role: &role{p.id, "deploy-" + trades[n%len(trades)] + "-" + number, id.roleID(), "/"}, name: "GitHubActions", key: r.shortKey(), start: start}
	return bySession(s), origin{ip: fmt.Sprintf("203.0.113.%d", 50+r.IntN(70)), agent: agentTerraform}, refreshed
}

var workloadReads = []string{"ssm:GetParameter", "secretsmanager:GetSecretValue", "kms:Decrypt", "kms:GenerateDataKey", "sqs:GetQueueAttributes", "logs:CreateLogStream",
	"s3:GetBucketLocation", "dynamodb:DescribeTable", "ec2:DescribeInstances", "sts:GetCallerIdentity", "ec2:CreateTags", "s3:PutObject", "s3:GetObject"}

// trailCalls are what the trail itself does, file after file.
var trailCalls = []string{"s3:GetBucketAcl", "kms:GenerateDataKey", "s3:PutObject"}

// load is the share of the mean at an hour, in tenths.
var load = [24]int{4, 3, 3, 3, 3, 4, 5, 8, 12, 15, 15, 14, 12, 13, 15, 15, 14, 12, 9, 7, 6, 5, 5, 4}

// file makes one account's five minutes, at most limit bytes and one record.
func (c *crowd) file(doc []byte, i int, p *place, at time.Time, limit int64) ([]byte, int) {
	if c.next == nil {
		c.next = make([]int, len(c.places))
	}
	own := (c.o.Identities + len(c.places) - 1 - i) / len(c.places) // principals of this place
	r := NewRand(c.seed, p.id, at.Format(time.RFC3339))
	n := meanRecords * load[at.Hour()] / 10
	n = n*8/10 + r.IntN(n*4/10+1)
	doc = append(doc, `{"Records":[`...)
	made := 0
	emit := func(t time.Time, w *who, o *origin, cl *call) {
		if made > 0 {
			doc = append(doc, ',')
		}
		doc = appendRecord(doc, r, t, w, o, cl, p.id, p.home, r.UUID())
		made++
	}
	trail := byService("cloudtrail.amazonaws.com")
	desk := origin{ip: "cloudtrail.amazonaws.com", agent: "cloudtrail.amazonaws.com", service: true}
	for made < n && int64(len(doc)) < limit {
		t := at.Add(time.Duration(made*int(window/time.Second)/n) * time.Second)
		// One burst in four is the provider's own; so is all of a place that
		// has no principals.
		if own == 0 || r.IntN(4) == 0 {
			for range min(c.burst, n-made) {
				cl := p.do(r, trailCalls[r.IntN(len(trailCalls))])
				cl.twin = true
				emit(t, &trail, &desk, &cl)
			}
			continue
		}
		w, o, calls := c.actor(r, p, c.next[i]%own, at)
		c.next[i]++
		for range c.burst {
			cl := p.do(r, calls[r.IntN(len(calls))])
			if r.IntN(100) == 0 {
				cl = refused(cl, w.arn, "*")
			}
			emit(t, &w, &o, &cl)
			if made >= n || int64(len(doc)) >= limit {
				break
			}
			t = t.Add(time.Duration(r.IntN(3)) * time.Second)
			if !t.Before(at.Add(window)) {
				t = at.Add(window - time.Second)
			}
		}
	}
	return append(doc, "]}"...), made
}
