package vpcflow

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/normalize"
)

// tell says an event's parts that differ between flows, and what of it was tried only.
func tell(e *sekisho.Event) string {
	x, done := e.Find(sekisho.Connect), "did"
	if x == nil {
		x, done = e.FindTried(sekisho.Connect), "tried"
	}
	return fmt.Sprint(e.Time.Format(time.TimeOnly), " ", e.Account, "/", e.Region, " ", e.Actor.ID, " ", done, " ", x.What, " with ", strings.Join(x.With, ","),
		" at ", x.Resource, " port ", x.FromPort, " left ", x.Count)
}

// lines are flows as text and what is told of them. The header of a group holds for all
// lines after it.
var lines = []struct{ header, name, line, want string }{
	{"", "out, with the flags of another end unknown", "2 111122223333 eni-0a1 10.0.0.5 203.0.113.9 49152 443 6 10 8400 1770000000 1770000060 ACCEPT OK",
		"02:40:00 111122223333/ eni-0a1 did out with 203.0.113.9 at 203.0.113.9:443 port 443 left 8400"},
	{"", "the answer to it", "2 111122223333 eni-0a1 203.0.113.9 10.0.0.5 443 49152 6 12 90000 1770000000 1770000060 ACCEPT OK",
		"02:40:00 111122223333/ eni-0a1 did out with 203.0.113.9 at 203.0.113.9:443 port 443 left 0"},
	{"", "in", "2 111122223333 eni-0a1 203.0.113.9 10.0.0.5 50123 22 6 3 180 1770000000 1770000060 ACCEPT OK",
		"02:40:00 111122223333/ eni-0a1 did in with 203.0.113.9 at 10.0.0.5:22 port 22 left 0"},
	{"", "a scan that was refused, from a lower port", "2 111122223333 eni-0a1 203.0.113.9 10.0.0.5 39540 51900 17 1 118 1770000000 1770000060 REJECT OK",
		"02:40:00 111122223333/ eni-0a1 tried in with 203.0.113.9 at 10.0.0.5:51900 port 51900 left 0"},
	{"", "a late answer that was refused", "2 111122223333 eni-0a1 203.0.113.9 10.0.0.5 443 51900 6 1 40 1770000000 1770000060 REJECT OK",
		"02:40:00 111122223333/ eni-0a1 tried out with 203.0.113.9 at 203.0.113.9:443 port 443 left 0"},
	{"", "between private addresses", "2 111122223333 eni-0a1 10.0.0.5 10.0.9.9 40000 5432 6 1 70 1770000000 1770000060 ACCEPT OK",
		"02:40:00 111122223333/ eni-0a1 did inside with 10.0.9.9 at 10.0.9.9:5432 port 5432 left 70"},
	{"", "high ports inside, which tell nothing", "2 111122223333 eni-0a1 10.0.0.5 10.0.9.9 50051 40000 6 1 70 1770000000 1770000060 ACCEPT OK",
		"02:40:00 111122223333/ eni-0a1 did inside with 10.0.9.9 at 10.0.9.9 port 0 left 70"},
	{"", "high ports outside: ours began", "2 111122223333 eni-0a1 203.0.113.9 10.0.0.5 50051 40000 6 1 70 1770000000 1770000060 ACCEPT OK",
		"02:40:00 111122223333/ eni-0a1 did out with 203.0.113.9 at 203.0.113.9 port 0 left 0"},
	{"", "a port of a node, which is just below", "2 111122223333 eni-0a1 10.0.9.9 10.0.0.5 32767 40000 6 1 70 1770000000 1770000060 ACCEPT OK",
		"02:40:00 111122223333/ eni-0a1 did inside with 10.0.0.5 at 10.0.9.9:32767 port 32767 left 70"},
	{"", "equal ports", "2 111122223333 eni-0a1 203.0.113.9 10.0.0.5 123 123 17 1 70 1770000000 1770000060 ACCEPT OK",
		"02:40:00 111122223333/ eni-0a1 did in with 203.0.113.9 at 10.0.0.5:123 port 123 left 0"},
	{"", "the metadata service", "2 111122223333 eni-0a1 169.254.169.254 10.0.0.5 80 40000 6 1 70 1770000000 1770000060 ACCEPT OK",
		"02:40:00 111122223333/ eni-0a1 did inside with 169.254.169.254 at 169.254.169.254:80 port 80 left 0"},
	{"", "ICMP", "2 111122223333 eni-0a1 198.51.100.7 10.0.0.5 0 0 1 4 336 1770000000 1770000060 ACCEPT OK",
		"02:40:00 111122223333/ eni-0a1 did in with 198.51.100.7 at 10.0.0.5 port 0 left 0"},
	{"", "a shared address is ours", "2 111122223333 eni-0a1 198.51.100.7 100.64.3.3 40000 8080 6 4 336 1770000000 1770000060 ACCEPT OK",
		"02:40:00 111122223333/ eni-0a1 did in with 198.51.100.7 at 100.64.3.3:8080 port 8080 left 0"},
	{"", "IPv6, which is public on both sides", "2 111122223333 eni-0a1 2001:db8::5 2001:DB8:0:1::9 40000 443 6 4 336 1770000000 1770000060 ACCEPT OK",
		"02:40:00 111122223333/ eni-0a1 did out with 2001:db8:0:1::9 at [2001:db8:0:1::9]:443 port 443 left 336"},
	{"", "an interface that a service made", "2 unknown eni-0a1 10.0.0.5 203.0.113.9 49152 443 6 10 8400 1770000000 1770000060 ACCEPT OK",
		"02:40:00 / eni-0a1 did out with 203.0.113.9 at 203.0.113.9:443 port 443 left 8400"},
	{"", "no interface id", "2 111122223333 - 10.0.0.5 203.0.113.9 49152 443 6 10 8400 1770000000 1770000060 ACCEPT OK",
		"02:40:00 111122223333/ 111122223333/10.0.0.5 did out with 203.0.113.9 at 203.0.113.9:443 port 443 left 8400"},
	{"", "CRLF", "2 111122223333 eni-0a1 10.0.0.5 203.0.113.9 49152 443 6 10 8400 1770000000 1770000060 ACCEPT OK\r\n",
		"02:40:00 111122223333/ eni-0a1 did out with 203.0.113.9 at 203.0.113.9:443 port 443 left 8400"},
	{"", "no traffic", "2 111122223333 eni-0a1 - - - - - - - 1770000000 1770000060 - NODATA", "Skipped: a window without traffic (NODATA)"},
	{"", "left out", "2 111122223333 eni-0a1 - - - - - - - 1770000000 1770000060 - SKIPDATA", "Skipped: a window whose flows the network left out (SKIPDATA)"},
	{"", "torn at its end", "2 111122223333 eni-0a1 10.0.0.5 203.0.113.9 49152 443 6 10 84", "Unreadable: a flow log's line of fewer fields than its format has"},
	{"", "torn in its last word", "2 111122223333 eni-0a1 10.0.0.5 203.0.113.9 49152 443 6 10 8400 1770000000 1770000060 ACCEPT O", "Unreadable: a flow's log-status is none of OK, NODATA, SKIPDATA"},
	{"", "two that run together", "2 111122223333 eni-0a1 10.0.0.5 203.0.113.9 49152 443 6 10 8400 1770000000 1770000060 ACCEPT OK 2 111122223333", "Unreadable: a flow log's line of more fields than its format has"},
	{"", "an address that is none", "2 111122223333 eni-0a1 10.0.0.500 203.0.113.9 49152 443 6 10 8400 1770000000 1770000060 ACCEPT OK", "Unreadable: a flow's address is none"},
	{"", "a port that is none", "2 111122223333 eni-0a1 10.0.0.5 203.0.113.9 65536 443 6 10 8400 1770000000 1770000060 ACCEPT OK", "Unreadable: a flow's number is none"},
	{"", "without its header", "eni-0a1 10.0.0.5 203.0.113.9 ACCEPT", "Unreadable: a flow log's line in a format of its own: the line that names its fields must come before it"},
	{"", "another log", "2 minutes ago the server at 10.0.0.5 was started by hand after all the rest OK", "NotMine: no line of a flow log"},
	{"", "prose of names", "version start end bytes action", "NotMine: no line of a flow log"},
	{"", "nothing", "", "NotMine: no line of a flow log"},

	{"start action bytes pkt-dstaddr dstaddr srcaddr srcport dstport protocol interface-id instance-id tcp-flags flow-direction az-id account-id new-field pkt-srcaddr ecs-task-id traffic-path",
		"SYN out, all of it known", "1770000000 ACCEPT 512 203.0.113.9 10.0.0.9 10.0.0.5 40000 60000 6 eni-0a1 i-0123456789abcdef0 2 egress euc1-az2 111122223333 what - - 8",
		"02:40:00 111122223333/eu-central-1 i-0123456789abcdef0 did out with 203.0.113.9 at 203.0.113.9:60000 port 60000 left 512"},
	{"", "SYN and ACK in: we asked", "1770000000 ACCEPT 512 - 10.0.0.5 203.0.113.9 60000 40000 6 eni-0a1 i-0123456789abcdef0 18 ingress usgw1-az1 111122223333 - - - -",
		"02:40:00 111122223333/us-gov-west-1 i-0123456789abcdef0 did out with 203.0.113.9 at 203.0.113.9:60000 port 60000 left 0"},
	{"", "SYN in between private addresses", "1770000000 ACCEPT 512 - 10.0.0.5 10.0.7.7 40000 50000 6 eni-0a1 - 3 ingress apne1-az1 111122223333 - - 0123456789abcdef0123456789abcdef -",
		"02:40:00 111122223333/ap-northeast-1 eni-0a1 did inside with 10.0.7.7 at 10.0.0.5:50000 port 50000 left 0"},
	{"", "behind another's translation", "1770000000 ACCEPT 512 - 10.0.0.5 10.0.7.7 40000 443 6 eni-0a1 - 3 ingress x 111122223333 - 198.51.100.7 - -",
		"02:40:00 111122223333/ eni-0a1 did in with 198.51.100.7 at 10.0.0.5:443 port 443 left 0"},
	{"", "to a peer with public-looking addresses", "1770000000 ACCEPT 512 - 203.0.113.9 10.0.0.5 40000 443 6 eni-0a1 - 3 egress use1-az1 111122223333 - - - 4",
		"02:40:00 111122223333/us-east-1 eni-0a1 did inside with 203.0.113.9 at 203.0.113.9:443 port 443 left 512"},
	{"", "its header again", "start action bytes pkt-dstaddr dstaddr srcaddr", "Header: "},
	{"", "torn", "1770000000 ACCEPT 512 - 203.0.113.9 10.0.0.5", "Unreadable: a flow log's line of fewer fields than its format has"},
	{"", "a direction that is none", "1770000000 ACCEPT 512 - 203.0.113.9 10.0.0.5 40000 443 6 eni-0a1 - 3 up use1-az1 111122223333 - - - 4", "Unreadable: a flow's direction is neither ingress nor egress"},

	{"srcaddr dstaddr start", "a format without action", "10.0.0.5 203.0.113.9 1770000000", "Unreadable: a flow without action: the flow log's format must have it"},
	{"interface-id action start", "a format without addresses", "eni-0a1 ACCEPT 1770000000", "Unreadable: a flow without srcaddr or dstaddr: the flow log's format must have both"},
	{"srcaddr dstaddr action", "a format without a time", "10.0.0.5 203.0.113.9 ACCEPT", "Unreadable: a flow without start: the flow log's format must have it"},
	{"srcaddr dstaddr action end", "a format with the end only", "10.0.0.5 203.0.113.9 REJECT 1770000060", "02:41:00 / unknown/10.0.0.5 tried out with 203.0.113.9 at 203.0.113.9 port 0 left 0"},
}

var verdicts = [...]string{"Read", "Unreadable", "Skipped", "NotMine", "Header"}

// read reads a line and tells what came of it.
func read(t testing.TB, f normalize.Format, x normalize.Expander, header, line []byte) string {
	t.Helper()
	out, key, verdict, reason := f.Line([]byte("x"), header, line)
	if verdict != normalize.Read {
		if string(out) != "x" {
			t.Errorf("%s left something behind: %q", line, out)
		}
		return verdicts[verdict] + ": " + reason
	}
	var e sekisho.Event
	if err := x.Expand(&e, out[1:]); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	if want := fmt.Sprintf("sha256:%016x", key.Hi); key.Time != e.Time.UnixNano() || e.ID != want {
		t.Errorf("%s: the key %x is not of its time and id %s: %s", line, key, e.ID, want)
	}
	return tell(&e)
}

// TestLines: what becomes of lines.
func TestLines(t *testing.T) {
	f := Format()
	x := f.NewExpander()
	var header []byte
	for _, tt := range lines {
		if tt.header != "" {
			if got := read(t, f, x, header, []byte(tt.header)); got != "Header: " {
				t.Errorf("%s: %s", tt.header, got)
			}
			header = []byte(tt.header)
		}
		if got := read(t, f, x, header, []byte(tt.line)); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// TestEvent: one event in full.
func TestEvent(t *testing.T) {
	f := Format()
	header := "version account-id interface-id instance-id srcaddr dstaddr srcport dstport protocol start bytes action flow-direction region"
	line := "5 111122223333 eni-0a1 i-0123456789abcdef0 203.0.113.9 10.0.0.5 40000 22 6 1770000000 99 REJECT ingress eu-west-1"
	out, _, _, _ := f.Line(nil, []byte(header), []byte(line))
	e := sekisho.Event{ReceivedAt: time.Unix(1770000100, 0)}
	if err := f.NewExpander().Expand(&e, out); err != nil {
		t.Fatal(err)
	}
	want := sekisho.Event{
		ID: "sha256:d07884237d60c1c7", Time: time.Unix(1770000000, 0).UTC(), ReceivedAt: time.Unix(1770000100, 0), Source: "aws-vpc-flow",
		Kind: sekisho.Traffic, Class: sekisho.Class{UID: 4001, Activity: 5}, Account: "111122223333", Region: "eu-west-1",
		Service: "vpc", Action: "Flow", Topic: sekisho.TopicNetwork, Outcome: sekisho.Denied, IP: "203.0.113.9", Target: "10.0.0.5:22",
		Actor: sekisho.Actor{Type: sekisho.ActorMachine, Kind: sekisho.KindWorkload, KindEvidence: "a network interface", ID: "i-0123456789abcdef0", Name: "i-0123456789abcdef0",
			Account: "111122223333", Session: "eni-0a1", Workload: "i-0123456789abcdef0", WorkloadType: "instance"},
		Tried: []sekisho.Effect{{Kind: sekisho.Connect, What: "in", With: []string{"203.0.113.9"}, Resource: "10.0.0.5:22", FromPort: 22, ToPort: 22}},
	}
	if got, want := fmt.Sprintf("%+v", e), fmt.Sprintf("%+v", want); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

// TestTask: a container's interface belongs to its task.
func TestTask(t *testing.T) {
	f := Format()
	out, _, _, _ := f.Line(nil, []byte("interface-id ecs-task-id srcaddr dstaddr start action"), []byte("eni-0a1 0123456789abcdef0123456789abcdef 10.0.0.5 203.0.113.9 1770000000 ACCEPT"))
	var e sekisho.Event
	if err := f.NewExpander().Expand(&e, out); err != nil {
		t.Fatal(err)
	}
	if a := e.Actor; a.ID != "eni-0a1" || a.Workload != "0123456789abcdef0123456789abcdef" || a.WorkloadType != "task" || e.Outcome != sekisho.OK || e.Class.Activity != 6 {
		t.Errorf("%+v", e)
	}
}

// TestObjects: flows as JSON.
func TestObjects(t *testing.T) {
	for _, tt := range []struct{ name, raw, want string }{
		{"camel case, numbers", `{"srcAddr":"10.0.0.5","dstAddr":"203.0.113.9","srcPort":40000,"dstPort":443,"protocol":6,"bytes":12,"action":"ACCEPT","start":1770000000,"flowDirection":"egress","interfaceId":"eni-0a1","region":"us-east-1","p_row_id":"7"}`,
			"02:40:00 /us-east-1 eni-0a1 did out with 203.0.113.9 at 203.0.113.9:443 port 443 left 12"},
		{"underscores, texts", ` {"account_id":"111122223333","srcaddr":"203.0.113.9","dstaddr":"10.0.0.5","srcport":"40000","dstport":"22","protocol":"6","action":"REJECT","start":"2026-02-02 02:40:00.000","log_status":"OK","interface_id":"eni-0a1","instance_id":"-","tcp_flags":"2"}`,
			"02:40:00 111122223333/ eni-0a1 tried in with 203.0.113.9 at 10.0.0.5:22 port 22 left 0"},
		{"null and dashes", `{"src_addr":"10.0.0.5","dst_addr":"203.0.113.9","src_port":null,"dst_port":"-","action":"ACCEPT","end":"2026-02-02T02:41:00Z","interface-id":"eni-0a1"}`,
			"02:41:00 / eni-0a1 did out with 203.0.113.9 at 203.0.113.9 port 0 left 0"},
		{"no traffic", `{"srcaddr":"-","dstaddr":"-","log-status":"NODATA","interface-id":"eni-0a1"}`, "Skipped: a window without traffic (NODATA)"},
		{"a bad address", `{"srcAddr":"null","dstAddr":"203.0.113.9","action":"ACCEPT","start":1770000000,"flowDirection":"egress"}`, "Unreadable: a flow's address is none"},
		{"no time", `{"srcAddr":"10.0.0.5","dstAddr":"203.0.113.9","action":"ACCEPT","flowDirection":"egress"}`, "Unreadable: a flow without start: the flow log's format must have it"},
		{"another's record", `{"srcAddr":"10.0.0.5","url":"/"}`, "NotMine: no flow"},
		{"addresses alone", `{"srcaddr":"10.0.0.5","dstaddr":"203.0.113.9","message":"hello"}`, "NotMine: no flow"},
		{"in another object", `{"flow":{"srcaddr":"10.0.0.5","dstaddr":"203.0.113.9","action":"ACCEPT","start":1770000000}}`, "NotMine: no flow"},
		{"damaged", `{"srcAddr":"10.0.0.5","dstAddr":"203.0.113.9","action":"ACCEPT","start":1770000000`, "NotMine: not a complete JSON object"},
		{"long", `{"srcaddr":"10.0.0.5","dstaddr":"203.0.113.9","action":"ACCEPT","start":1770000000,"interface-id":"eni-0a1","x":"` + strings.Repeat("x", objectMax) + `"}`, "NotMine: no flow"},
	} {
		f := Format()
		f.Line = func(dst, _, raw []byte) ([]byte, normalize.Key, normalize.Verdict, string) {
			return f.Compact(dst, raw)
		}
		if got := read(t, f, f.NewExpander(), nil, []byte(tt.raw)); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// TestObjectIDs: the same object written otherwise is the same flow; a key twice is told.
func TestObjectIDs(t *testing.T) {
	f := Format()
	event := func(raw string) (e sekisho.Event) {
		out, _, verdict, reason := f.Compact(nil, []byte(raw))
		if verdict != normalize.Read {
			t.Fatal(raw, reason)
		}
		if err := f.NewExpander().Expand(&e, out); err != nil {
			t.Fatal(err)
		}
		return e
	}
	a := event(`{"srcaddr":"10.0.0.5","dstaddr":"203.0.113.9","action":"ACCEPT","start":1770000000}`)
	b := event(`{"start": 1770000000, "action":"ACCEPT", "dstaddr":"203.0.113.9", "srcaddr":"10.0.0.5"}`)
	c := event(`{"srcaddr":"10.0.0.5","srcAddr":"10.0.0.6","dstaddr":"203.0.113.9","action":"ACCEPT","start":1770000000}`)
	if a.ID != b.ID || a.ID == c.ID || a.Flags != 0 || c.Flags != sekisho.FlagKeysRepeated || c.Actor.ID != a.Actor.ID {
		t.Errorf("%s %s %s, flags %d %d, actors %s %s", a.ID, b.ID, c.ID, a.Flags, c.Flags, a.Actor.ID, c.Actor.ID)
	}
}

// TestBody: a file as it is delivered, with a torn line in it.
func TestBody(t *testing.T) {
	text := "interface-id srcaddr dstaddr srcport dstport start action\r\n" +
		"eni-0a1 10.0.0.5 203.0.113.9 40000 443 1770000000 ACCEPT\r\n" +
		"eni-0a1 10.0.0.5 203.0.1\r\n" +
		"eni-0a1 10.0.0.5 203.0.113.9 40000 443 1770000001 ACCEPT\n" +
		"eni-0a1 10.0.0.5 203.0.113.9 40000 443 1770000001 ACCEPT"
	var b ingest.Body
	if err := b.Inflate([]byte(text)); err != nil {
		t.Fatal(err)
	}
	b.Read([]normalize.Format{Format()})
	if len(b.Records) != 3 || b.BadTotal != 1 || b.Records[1].Key != b.Records[2].Key || b.Records[0].Key == b.Records[1].Key {
		t.Errorf("%d records, %d bad: %v", len(b.Records), b.BadTotal, b.Bad)
	}
}

// TestRegions: zones by their ids.
func TestRegions(t *testing.T) {
	for zone, want := range map[string]string{
		"use1-az1": "us-east-1", "usw2-lax1-az1": "us-west-2", "euc1-az3": "eu-central-1", "apse2-az1": "ap-southeast-2", "apne3-az1": "ap-northeast-3",
		"cnnw1-az1": "cn-northwest-1", "usge1-az1": "us-gov-east-1", "sae1-az1": "sa-east-1", "eun1-az1": "eu-north-1", "mes1-az1": "me-south-1",
		"": "", "-": "", "az1": "", "use1": "", "usx1-az1": "", "us1-az1": "", "useast-az1": "",
	} {
		if got := string(appendRegion(nil, []byte(zone))); got != want {
			t.Errorf("%s: %q, want %q", zone, got, want)
		}
	}
}

// dataDir is where public recordings lie beside a checkout.
const dataDir = "../../../shared/data/"

// TestRecorded reads a public recording: each line is a flow.
func TestRecorded(t *testing.T) {
	text, err := os.ReadFile(dataDir + "format-samples/aws-vpcflow-v2.log")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v; CI must have the public recordings there", err)
		}
		t.Skipf("no public recordings: %v", err)
	}
	f := Format()
	x := f.NewExpander()
	var header []byte
	n := map[string]int{}
	for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		got := read(t, f, x, header, []byte(line))
		switch {
		case i == 0 && got == "Header: ":
			header = []byte(line)
		case strings.Contains(got, " did "), strings.Contains(got, " tried "):
			n[strings.Fields(got)[4]]++
		case !strings.HasPrefix(got, "Skipped: "):
			t.Errorf("%s: %s", line, got)
		}
	}
	if n["in"] < 60 || n["in"]+n["out"]+n["inside"] < 95 {
		t.Errorf("%v", n)
	}
	t.Log(n)
}

// FuzzLine: any line is read or refused, and what is read can be expanded, but not a part
// of it.
func FuzzLine(f *testing.F) {
	for _, tt := range lines {
		f.Add([]byte(tt.header), []byte(tt.line))
	}
	format := Format()
	x := format.NewExpander()
	f.Fuzz(func(t *testing.T, header, line []byte) {
		if len(header) > 4<<10 || len(line) > 4<<10 {
			return
		}
		out, key, verdict, reason := format.Line(nil, header, line)
		switch verdict {
		case normalize.Read:
			var e sekisho.Event
			if err := x.Expand(&e, out); err != nil {
				t.Fatal(err)
			}
			if e.Time.UnixNano() != key.Time || e.IP == "" || e.Actor.ID == "" || len(e.Effects)+len(e.Tried) != 1 {
				t.Fatalf("%+v", e)
			}
			for cut := range out {
				if x.Expand(&e, out[:cut:cut]) == nil {
					t.Fatalf("a form cut at %d of %d was expanded", cut, len(out))
				}
			}
		case normalize.Header:
			if reason != "" || len(out) > 0 {
				t.Fatal(reason)
			}
		default:
			if reason == "" || len(out) > 0 {
				t.Fatalf("%d without a reason", verdict)
			}
		}
	})
}

// FuzzAddr: addresses are read as the standard library reads them, but for zones and for
// IPv4 in IPv6, which is unmapped.
func FuzzAddr(f *testing.F) {
	for _, a := range []string{"10.0.0.5", "::", "::1", "1::", "2001:db8::5", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::ffff:10.0.0.5", "1:2:3:4:5:6:1.2.3.4", "::1.2.3.4",
		"01.2.3.4", "1.2.3", "1.2.3.4.5", "1::2::3", ":1", "1:", "12345::", ":::", "fe80::1%eth0", "1:2:3:4:5:6:7:8:9", "1.2.3.4:5", "::1.2.3.4:5"} {
		f.Add(a)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := parseAddr([]byte(text))
		want, err := netip.ParseAddr(text)
		if valid := err == nil && want.Zone() == ""; ok != valid || ok && got != want.Unmap() {
			t.Fatalf("%q: %v %v, want %v %v", text, got, ok, want, err)
		}
	})
}

// BenchmarkLine: one line of a custom format to its compact form.
func BenchmarkLine(b *testing.B) {
	format := Format()
	header := []byte("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status vpc-id subnet-id instance-id tcp-flags flow-direction az-id")
	line := []byte("5 111122223333 eni-0123456789abcdef0 10.0.0.5 203.0.113.9 49152 443 6 10 8400 1770000000 1770000060 ACCEPT OK vpc-0123456789abcdef0 subnet-0123456789abcdef0 i-0123456789abcdef0 3 egress euc1-az2")
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst, _, _, _ = format.Line(dst[:0], header, line)
	}
}

// BenchmarkExpand: its compact form to an event.
func BenchmarkExpand(b *testing.B) {
	format := Format()
	compact, _, _, _ := format.Line(nil, nil, []byte(lines[0].line))
	x := format.NewExpander()
	var e sekisho.Event
	b.ReportAllocs()
	for b.Loop() {
		if err := x.Expand(&e, compact); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkNotMine: another source's record.
func BenchmarkNotMine(b *testing.B) {
	format := Format()
	raw := []byte(`{"eventVersion":"1.08","userIdentity":{"type":"IAMUser"},"x":"` + strings.Repeat("some text ", 150) + `"}`)
	b.ReportAllocs()
	for b.Loop() {
		format.Compact(nil, raw)
	}
}
