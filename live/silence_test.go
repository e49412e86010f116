package live_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/engine"
	"github.com/sekisho/sekisho/live"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/provider/aws"
	"github.com/sekisho/sekisho/provider/self"
	"github.com/sekisho/sekisho/store"
)

// TestSilence: a feed that brings something every minute and then nothing for three
// is an incident, once; one that brings little is none, nor is the time in which the
// service itself was away; and a replay sees what the service saw.
func TestSilence(t *testing.T) {
	db, err := store.Open("data", store.Options{FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var mu sync.Mutex
	now := begins
	pass := func(d time.Duration) { mu.Lock(); now = now.Add(d); mu.Unlock() }
	var seen []sekisho.Incident
	o := live.Options{Formats: []normalize.Format{aws.CloudTrail(), self.Notices()}, NoticeSource: self.Source, ListenEvery: time.Millisecond,
		Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now },
		Silence: func(f live.Feed, at time.Time) ([]byte, error) {
			return (&self.Silence{Source: f.Source, Account: f.Account, Region: f.Region, Since: f.LastReceived, At: at}).JSON()
		},
		Effects: func(x live.Effects) { mu.Lock(); seen = append(seen, x.Incidents...); mu.Unlock() }}
	begin := func() (*live.Service, func()) {
		s, err := live.New(db, o)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		return s, func() {
			cancel()
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
	}
	n := 0
	bring := func(s *live.Service, region string) {
		n++
		text := fmt.Sprintf(`{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":"arn:aws:iam::111122223333:user/a","accountId":"111122223333","accessKeyId":"AKIAEXAMPLE","userName":"a"},"eventTime":%q,"eventSource":"s3.amazonaws.com","eventName":"ListBuckets","awsRegion":%q,"sourceIPAddress":"192.0.2.1","userAgent":"x","requestParameters":null,"responseElements":null,"eventID":"00000000-0000-4000-8000-%012d","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management"}`,
			o.Now().UTC().Format(time.RFC3339), region, n)
		if r := s.Deliver(context.Background(), delivery([][]byte{[]byte(text)})); r.Err != nil || r.Accepted != 1 {
			t.Fatalf("%+v", r)
		}
	}
	told := func() (list []string) {
		mu.Lock()
		defer mu.Unlock()
		for _, in := range seen {
			for _, f := range in.Findings {
				if f.Detection == "feed-silent" && !slices.Contains(list, f.Key) {
					list = append(list, f.Key)
				}
			}
		}
		return list
	}
	wait := func() { time.Sleep(100 * time.Millisecond) } // a hundred looks

	s, end := begin()
	for minute := range 70 {
		pass(time.Minute)
		bring(s, "eu-west-1")
		if minute%20 == 0 {
			bring(s, "us-east-1") // brings little
		}
	}
	pass(3*time.Minute - time.Second)
	wait()
	if list := told(); len(list) != 0 {
		t.Fatalf("less than three minutes of silence are told: %v", list)
	}
	pass(time.Second)
	wait()
	want := []string{"aws-cloudtrail of 111122223333 in eu-west-1"}
	if list := told(); !slices.Equal(list, want) {
		t.Fatalf("after three minutes of silence %v is told, want %v", list, want)
	}
	at := db.Last()
	pass(time.Hour)
	wait()
	if db.Last() != at {
		t.Error("the same silence is told again")
	}
	for range 60 { // it comes back
		pass(time.Minute)
		bring(s, "eu-west-1")
	}
	end()
	at = db.Last()
	pass(3 * time.Hour) // the service is away, the feed is not to blame
	_, end = begin()
	wait()
	if db.Last() != at {
		t.Error("the time in which the service was away counts as silence")
	}
	pass(10 * time.Minute)
	wait()
	if db.Last() != at+1 {
		t.Errorf("a feed that does not come back after a restart: %d notices", db.Last()-at)
	}
	end()
	g, _, err := live.Replay(db, o)
	if err != nil {
		t.Fatal(err)
	}
	_, bits := state(t, g)
	s, end = begin()
	defer end()
	var mine []byte
	if err := s.Do(context.Background(), func(g *engine.Engine) { _, mine = state(t, g) }); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bits, mine) {
		t.Error("a replay has other state")
	}
}
