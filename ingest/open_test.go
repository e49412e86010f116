package ingest

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zip"
	"github.com/klauspost/compress/zstd"

	"github.com/sekisho/sekisho/normalize"
)

// scan reads paths to the end and answers the records in short form. A format
// that finds a record's end by itself must not change what is read: unless the
// test has a format of its own or reads stdin, both ways are gone and compared.
func scan(t testing.TB, opt Options, paths ...string) (got []string, st Stats) {
	t.Helper()
	if opt.Formats != nil {
		return scanOnce(t, opt, paths...)
	}
	opt.Formats = []normalize.Format{fake}
	got, st = scanOnce(t, opt, paths...)
	if opt.Stdin != nil {
		return got, st
	}
	opt.Formats = []normalize.Format{fakePrefix}
	same, sameStats := scanOnce(t, opt, paths...)
	sameStats.Spilled = st.Spilled // how full a block was when it was handed on may differ
	if !slices.Equal(got, same) || !reflect.DeepEqual(st, sameStats) {
		t.Errorf("with Prefix:\n%q %+v\nwithout:\n%q %+v", same, sameStats, got, st)
	}
	return got, st
}

func scanOnce(t testing.TB, opt Options, paths ...string) (got []string, st Stats) {
	t.Helper()
	if opt.TempDir == "" {
		opt.TempDir = t.TempDir()
	}
	s, err := Open(context.Background(), paths, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for {
		r, ok, err := s.Next()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		got = append(got, short(r.Compact))
	}
	st = s.Stats()
	if sum := int64(len(got)) + st.Duplicates + st.UnreadableTotal; sum != st.Records {
		t.Errorf("%d records do not add up: %d handed out, %d duplicates, %d unreadable", st.Records, len(got), st.Duplicates, st.UnreadableTotal)
	}
	return got, st
}

// put writes a file below dir and answers its path.
func put(t testing.TB, dir, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func gz(data string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(data))
	w.Close()
	return b.String()
}

func zst(data string) string {
	w, _ := zstd.NewWriter(nil)
	return string(w.EncodeAll([]byte(data), nil))
}

// tarOf and zipOf take name, content, name, content …
func tarOf(members ...string) string {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		w.WriteHeader(&tar.Header{Name: members[i], Size: int64(len(members[i+1])), Mode: 0o600})
		w.Write([]byte(members[i+1]))
	}
	w.Close()
	return b.String()
}

func zipOf(members ...string) string {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		m, _ := w.Create(members[i])
		m.Write([]byte(members[i+1]))
	}
	w.Close()
	return b.String()
}

// a, b and c are three records used throughout.
const (
	a = `{"t":1,"id":"a"}`
	b = `{"t":2,"id":"b","s":"}{\\\"][","n":{"x":[{},[1]]}}`
	c = `{"t":3,"id":"c"}`
)

func quote(s string) string { return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"` }

// TestShapes is the list of what can be read.
func TestShapes(t *testing.T) {
	bus := func(detail string) string {
		return `{"version":"0","detail-type":"x","resources":["r"],"detail":` + detail + `}`
	}
	for _, test := range []struct {
		name, content string
		want          string
	}{
		{"one record", a, "1a"},
		{"JSON lines", a + "\n" + b + "\n" + c + "\n", "1a 2b 3c"},
		{"JSON lines, CRLF and blank lines", a + "\r\n\r\n" + b + "\r\n \n" + c, "1a 2b 3c"},
		{"byte order mark", "\ufeff" + a + "\n" + b, "1a 2b"},
		{"objects one after the other", a + b + " " + c, "1a 2b 3c"},
		{"objects joined by commas", a + ",\n" + b + ",", "1a 2b"},
		{"array", "[" + a + "," + b + " ,\n" + c + "]", "1a 2b 3c"},
		{"arrays on lines", "[" + a + "]\n[" + b + "," + c + "]", "1a 2b 3c"},
		{"arrays in an array", "[[" + a + "],[],[[" + b + "]]," + c + "]", "1a 2b 3c"},
		{"pretty", "{\n  \"t\": 1,\n  \"id\": \"a\",\n \"n\": {\n }\n}\n{\n\"t\": 2, \"id\": \"b\"}", "1a 2b"},
		{"delivery", `{"Records":[` + a + "," + b + "]}", "1a 2b"},
		{"delivery, pretty", "{\n \"Records\" : [\n  " + a + " ,\n  " + b + "\n ]\n}\n", "1a 2b"},
		{"deliveries on lines", `{"Records":[` + a + `]}` + "\n" + `{"Records":[` + b + "]}", "1a 2b"},
		{"delivery with more members", `{"x":"y","n":null,"l":[1],"Records":[` + a + `],"z":{"Records":[1]},"s":"a\"b","Records":[` + b + `],"n":1}`, "1a 2b"},
		{"delivery with the list last", `{"o":{},"Records":[` + a + "," + b + "]}", "1a 2b"},
		{"event bus", bus(a), "1a"},
		{"event bus, several on a line", bus(a) + bus(b) + "\n" + bus(c), "1a 2b 3c"},
		{"event bus, detail first", `{"detail":` + a + `,"detail-type":"x"}`, "1a"},
		{"event bus in an array", "[" + bus(a) + "," + bus(b) + "]", "1a 2b"},
		{"looked up", `{"Events":[{"EventId":"x","CloudTrailEvent":` + quote(a) + `},{"CloudTrailEvent":` + quote(b) + `}],"NextToken":"n"}`, "1a 2b"},
		{"looked up, token first", `{"NextToken":"n","Events":[{"Resources":[{}],"CloudTrailEvent":` + quote(a) + `}]}`, "1a"},
		{"looked up, an event a line", `{"EventId":"x","CloudTrailEvent":` + quote(a) + `}` + "\n" + `{"Resources":[],"o":{},"CloudTrailEvent":` + quote(b) + `}`, "1a 2b"},
		{"log export", `{"events":[{"timestamp":1,"message":` + quote(a) + `},{"message":` + quote(b) + `}],"searchedLogStreams":[]}`, "1a 2b"},
		{"log delivery", `{"messageType":"DATA_MESSAGE","subscriptionFilters":["f"],"logEvents":[{"id":"1","message":` + quote(a) + `}]}`, "1a"},
		{"event hook", `{"eventType":"x","data":{"n":1,"events":[` + a + "," + b + `]},"eventTime":"y"}`, "1a 2b"},
		{"event hooks in an array", `[{"data":{"events":[` + a + `]}},{"data":{"events":[]}}]`, "1a"},
		{"collector, an event a line", `{"time":1,"host":"h","event":` + a + "}\n" + `{"event":` + b + `,"sourcetype":"s"}`, "1a 2b"},
		{"collector, run together", `{"event":` + a + `}{"event":` + b + "}", "1a 2b"},
		{"a record that has what envelopes have", `{"t":1,"id":"a","events":["push"],"data":{"events":[` + b + `]},"event":` + c + "}", "1a"},
		{"such records in lists", `[{"t":1,"id":"a","events":["push"]},{"t":2,"id":"b","events":[]}]` + `{"events":[{"events":["push"],"event":{},"data":{"events":[{}]},"t":3,"id":"c"}]}`, "1a 2b 3c"},
		{"an empty list of events", `{"x":1,"events":[ ]}` + a, "1a"},
		{"log of an event bus", `{"logEvents":[{"message":` + quote(bus(a)) + `}]}`, "1a"},
		{"gzip", gz(a + "\n" + b), "1a 2b"},
		{"gzip of several members", gz(a+"\n"+b[:9]) + gz(b[9:]+"\n"+c), "1a 2b 3c"},
		{"gzip twice", gz(gz(a)), "1a"},
		{"zstd", zst(a + "\n" + b), "1a 2b"},
		{"tar", tarOf("x/a.json", a, "b.gz", gz(b)), "1a 2b"},
		{"tar.gz", gz(tarOf("a.json", a, "b.json.gz", gz(b))), "1a 2b"},
		{"zip", zipOf("a.json", a, "b.json.gz", gz(b), "c.zst", zst(c)), "1a 2b 3c"},
		{"zip in a tar.gz", gz(tarOf("a.zip", zipOf("a.json", a))), "1a"},
		{"out of order", c + a + b, "1a 2b 3c"},
		{"duplicates", a + b + a + a, "1a 2b"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := put(t, t.TempDir(), "f", []byte(test.content))
			got, st := scan(t, Options{}, path)
			if strings.Join(got, " ") != test.want {
				t.Errorf("got  %v\nwant %v\nunreadable %v", got, test.want, st.Unreadable)
			}
			if st.UnreadableTotal != 0 || len(st.Skipped) != 0 {
				t.Errorf("unreadable %v, skipped %v; want none", st.Unreadable, st.Skipped)
			}
			// And from a pipe, a byte at a time.
			got, _ = scan(t, Options{Stdin: oneByte{strings.NewReader(test.content)}}, "-")
			if strings.Join(got, " ") != test.want {
				t.Errorf("from stdin: got %v, want %v", got, test.want)
			}
		})
	}
}

type oneByte struct{ r *strings.Reader }

func (o oneByte) Read(p []byte) (int, error) { return o.r.Read(p[:min(1, len(p))]) }

// TestDamage is the list of what cannot be read, how it is told, and what is
// read all the same. "bad" is offset:reason, each as far as it matters.
func TestDamage(t *testing.T) {
	deep := strings.Repeat("[", 200_000)
	long := `{"t":1,"id":"` + strings.Repeat("x", maxRecord) + `"}`
	cut := gz(strings.Repeat(a+"\n", 5000) + b)
	for _, test := range []struct {
		name, content string
		want          string
		bad           []string
		skipped       string
	}{
		{name: "empty", content: "", skipped: "empty"},
		{name: "blank", content: " \n", skipped: "empty"},
		{name: "empty gzip", content: gz(""), skipped: "empty"},
		{name: "no records", content: `{"Records":[]}`, skipped: "holds no records"},
		{name: "digest", content: `{"digest":true}`, skipped: "a digest, not events"},
		{name: "digests among records", content: a + `{"digest":true}` + b, want: "1a 2b", skipped: "1 of 3 records: a digest, not events"},
		{name: "binary", content: "\x7fELF\x02\x01\x00\x00\x00" + a, bad: []string{"0:not JSON: binary"}},
		{name: "zeros", content: strings.Repeat("\x00", 1<<20), bad: []string{"0:not JSON: binary"}},
		{name: "gzip of binary", content: gz("\x00\x01\x02"), bad: []string{"0:not JSON: binary"}},
		{name: "UTF-16", content: "{\x00\"\x00", bad: []string{"0:not JSON: text in UTF-16"}},
		{name: "bzip2", content: "BZh91AY", bad: []string{"0:not JSON: packed"}},
		{name: "text", content: "a readme\n\nof several lines\n", bad: []string{"0:not JSON"}},
		{name: "text with brackets", content: "[section]\nkey=1\n[other]\nkey=2\n", bad: []string{"1:not a JSON object"}},
		{name: "a record without time", content: a + `{"id":"x"}` + c, want: "1a 3c", bad: []string{"16:no time"}},
		{name: "another format's", content: `{"other":1}`, bad: []string{"0:not a record of a known kind"}},
		{name: "a line cut", content: a + "\n" + b[:30] + "\n" + c + "\n" + a, want: "1a 3c", bad: []string{"17:the line ends inside"}},
		{name: "a line of garbage", content: a + "\nERROR {disk full}\n" + c, want: "1a 3c", bad: []string{"17:not JSON"}},
		{name: "a value that is none", content: a + `{"t":bogus}` + c, want: "1a 3c", bad: []string{"16:damaged JSON"}},
		{name: "invalid UTF-8", content: `{"t":1,"id":"a","s":"` + "\xff\xfe" + `"}` + "\n" + c, want: "1a 3c"},
		{name: "a string without end in a list", content: `{"Records":[` + a + `,{"t":2,"id":"b},` + c + `]}`, want: "1a 3c", bad: []string{"29:damaged JSON"}},
		{name: "a missing brace in a list", content: `{"Records":[` + a + `,{"t":2,"id":"b","n":{},` + c + "," + a + `]}`, want: "1a 3c", bad: []string{"29:damaged JSON"}},
		{name: "garbage in a list", content: `{"Records":[` + a + `,#"#,` + c + `]}`, want: "1a 3c", bad: []string{"29:not a JSON object"}},
		{name: "numbers in an array", content: `[` + a + `,1,"x]",null,` + c + `]`, want: "1a 3c", bad: []string{"18:not a JSON object"}},
		{name: "ends inside a record", content: `{"Records":[` + a + "," + b[:20], want: "1a", bad: []string{"29:the file ends inside a record"}},
		{name: "ends inside the list", content: `{"Records":[` + a + ",", want: "1a", bad: []string{"29:the file ends inside an array"}},
		{name: "ends before its wrapper", content: `{"Records":[` + a + `],"x":"y`, want: "1a", bad: []string{"36:the file ends inside its outer object"}},
		{name: "garbage after the list", content: `{"Records":[` + a + "]; and so on", want: "1a", bad: []string{"29:damaged after its records"}},
		{name: "200,000 brackets", content: deep, bad: []string{"64:nested deeper"}},
		{name: "200,000 brackets, closed", content: a + "\n" + deep + strings.Repeat("]", 200_000) + "\n" + c, want: "1a 3c", bad: []string{"81:nested deeper"}},
		{name: "200,000 brackets in a record", content: a + `{"t":2,"x":` + deep + strings.Repeat("]", 200_000) + `}` + c, want: "1a 3c", bad: []string{"16:nested deeper"}},
		{name: "a record too long", content: a + "\n" + long + "\n" + c, want: "1a 3c", bad: []string{"17:a record longer than 4 MiB"}},
		{name: "a record too long in a list", content: `{"Records":[` + a + "," + long + "," + c + "]}", want: "1a 3c", bad: []string{"29:a record longer than 4 MiB"}},
		{name: "a hook of words", content: `{"data":{"events":["x"]}}` + a, want: "1a", bad: []string{"19:not a JSON object"}},
		{name: "an envelope in itself", content: `{"event":{"event":{"event":{"event":{"event":` + a + `}}}}}` + b, want: "2b", bad: []string{"36:no time"}},
		{name: "a message that is text", content: `{"logEvents":[{"message":"hello"},{"message":` + quote(a) + `}]}`, want: "1a", bad: []string{"25:a message that is no JSON"}},
		{name: "gzip cut", content: cut[:len(cut)-12], want: "1a", bad: []string{":cut off"}},
		{name: "gzip cut at its head", content: cut[:5], bad: []string{"0:cut off"}},
		{name: "gzip with a tail", content: gz(a) + "a tail that is no gzip", want: "1a", bad: []string{"16:cannot be read on: gzip"}},
		{name: "tar.gz cut", content: gz(tarOf("a", a, "b", strings.Repeat(rec(2, "b")+"\n", 500)))[:150], want: "1a 2b", bad: []string{"cut off"}},
		{name: "zip that is none", content: "PK\x03\x04 and so on", bad: []string{"0:cannot be read: zip"}},
		{name: "packed too often", content: gz(gz(gz(gz(gz(a))))), bad: []string{"0:packed more than 4 times"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, st := scan(t, Options{}, put(t, t.TempDir(), "f", []byte(test.content)))
			if s := strings.Join(got, " "); s != test.want {
				t.Errorf("got %s, want %s", s, test.want)
			}
			if int(st.UnreadableTotal) != len(test.bad) || len(st.Unreadable) != len(test.bad) {
				t.Fatalf("unreadable: %d %v, want %v", st.UnreadableTotal, st.Unreadable, test.bad)
			}
			for i, bad := range st.Unreadable {
				if s := fmt.Sprintf("%d:%s", bad.Offset, bad.Reason); !strings.Contains(s, test.bad[i]) {
					t.Errorf("told %q, want %q", s, test.bad[i])
				}
			}
			if len(st.Skipped) != 0 && st.Skipped[0].Reason != test.skipped || (len(st.Skipped) != 0) != (test.skipped != "") {
				t.Errorf("skipped: %v, want %q", st.Skipped, test.skipped)
			}
		})
	}
}

// TestBombs feeds 4 GB of nothing, or of one endless string, in a few MB.
func TestBombs(t *testing.T) {
	if testing.Short() {
		t.Skip("writes two bombs of 4 GB")
	}
	for _, fill := range []string{" ", "x", "[{},"} {
		var packed bytes.Buffer
		w, _ := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
		w.Write([]byte(a + `{"t":2,"id":"` + map[string]string{" ": `b"}`}[fill]))
		chunk := bytes.Repeat([]byte(fill), 1<<20/len(fill))
		for range 1 << 10 {
			w.Write(chunk)
		}
		w.Close()
		path := put(t, t.TempDir(), "bomb.gz", packed.Bytes())
		got, st := scan(t, Options{}, path)
		if len(got) == 0 || got[0] != "1a" {
			t.Errorf("fill %q: got %v, want the record before the bomb", fill, got)
		}
		if st.UnreadableTotal != 1 {
			t.Errorf("fill %q: unreadable %v, want one", fill, st.Unreadable)
		}
		if limit := int64(bombFree + bombRatio*packed.Len() + maxRecord); st.Bytes > limit {
			t.Errorf("fill %q: %d bytes of %d were read", fill, st.Bytes, packed.Len())
		}
	}
}

func TestFolders(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "b/2.json", []byte(b))
	put(t, dir, "a/1.whatever", []byte(a))
	put(t, dir, "c.tar.gz", []byte(gz(tarOf("x/3.json", c, "digests/4.json", rec(4, "d")))))
	put(t, dir, "digests/5.json", []byte(rec(5, "e")))
	if err := os.Symlink("/etc", filepath.Join(dir, "link")); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	got, st := scan(t, Options{SkipFile: func(name string) string {
		if strings.Contains(name, "digests/") {
			return "a digest"
		}
		return ""
	}}, dir)
	if want := "[1a 2b 3c]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %v", got, want)
	}
	want := []Skip{
		{filepath.Join(dir, "c.tar.gz") + "!digests/4.json", "a digest"},
		{filepath.Join(dir, "digests/5.json"), "a digest"},
		{filepath.Join(dir, "link"), "symbolic link, not followed"},
	}
	if !slices.Equal(st.Skipped, want) {
		t.Errorf("skipped %v\nwant %v", st.Skipped, want)
	}
}

func TestOriginOfRecords(t *testing.T) {
	dir := t.TempDir()
	path := put(t, dir, "a.zip", []byte(zipOf("x.json", a, "b.json", c+"\n"+b)))
	s, err := Open(context.Background(), []string{path}, Options{Formats: []normalize.Format{fake}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var got []string
	for {
		r, ok, _ := s.Next()
		if !ok {
			break
		}
		got = append(got, fmt.Sprintf("%s:%d", strings.TrimPrefix(r.File, dir+"/"), r.Offset))
	}
	if want := "[a.zip!x.json:0 a.zip!b.json:17 a.zip!b.json:0]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestMissingPath(t *testing.T) {
	_, err := Open(context.Background(), []string{"no/such/file"}, Options{})
	if err == nil || !strings.Contains(err.Error(), "no/such/file") || !strings.Contains(err.Error(), "check the path") {
		t.Errorf("got %v, want the path and what to do", err)
	}
}

// TestManyBad counts all bad records and lists a hundred.
func TestManyBad(t *testing.T) {
	path := put(t, t.TempDir(), "f", []byte(strings.Repeat(`{"id":"x"}`+"\n", 1234)+a))
	_, st := scan(t, Options{}, path)
	if st.UnreadableTotal != 1234 || len(st.Unreadable) != maxListed || st.Records != 1235 {
		t.Errorf("%d unreadable of %d, %d listed; want 1234 of 1235, %d listed", st.UnreadableTotal, st.Records, len(st.Unreadable), maxListed)
	}
}

// TestSameForAnySplit cuts the same records into files, shapes and orders,
// reads them with any number of workers in any memory, and wants one sequence.
func TestSameForAnySplit(t *testing.T) {
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 1))
		n := 200 + rng.IntN(3000)
		var records, want []string
		for i := range n {
			at := rng.IntN(n)
			r := fmt.Sprintf(`{"t":%d,"id":"x%d","pad":%q}`, at, i, strings.Repeat("}", rng.IntN(200)))
			records = append(records, r)
			for rng.IntN(10) == 0 {
				records = append(records, r)
			}
		}
		rng.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
		for round := range 3 {
			dir := t.TempDir()
			for i, rest := 0, records; len(rest) > 0; i++ {
				k := min(len(rest), 1+rng.IntN(len(records)/2))
				name, part := fmt.Sprintf("%03d", rng.IntN(1000)), rest[:k]
				rest = rest[k:]
				var content string
				switch rng.IntN(4) {
				case 0:
					content = strings.Join(part, "\n")
				case 1:
					content = `{"Records":[` + strings.Join(part, ",") + "]}"
				case 2:
					content = gz("[" + strings.Join(part, ",\n") + "]")
				case 3:
					content = zipOf("a", strings.Join(part[:k/2], ""), "b", strings.Join(part[k/2:], " "))
				}
				put(t, dir, name+fmt.Sprint(i), []byte(content))
			}
			opt := Options{Workers: 1 + rng.IntN(5), Memory: int64(1 << (10 + rng.IntN(14))), Eager: round == 2}
			got, st := scanAgain(t, opt, dir)
			if round == 0 {
				want = got
				if len(want) != n || !slices.IsSortedFunc(want, byTime) {
					t.Fatalf("seed %d: %d records, want %d in order", seed, len(want), n)
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d, %d workers, %d bytes: a different sequence", seed, opt.Workers, opt.Memory)
			}
			if st.Duplicates != int64(len(records)-n) {
				t.Errorf("seed %d: %d duplicates, want %d", seed, st.Duplicates, len(records)-n)
			}
		}
	}
}

// scanAgain is scan as callers of Eager do it.
func scanAgain(t *testing.T, opt Options, path string) ([]string, Stats) {
	t.Helper()
	if opt.Eager {
		opt.Formats = []normalize.Format{fake}
		s, err := Open(context.Background(), []string{path}, opt)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		var got []string
		for {
			r, ok, err := s.Next()
			if errors.Is(err, ErrDisorder) {
				opt.Eager = false
				return scan(t, opt, path)
			}
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				return got, s.Stats()
			}
			got = append(got, short(r.Compact))
		}
	}
	return scan(t, opt, path)
}

func byTime(x, y string) int {
	var tx, ty int
	fmt.Sscanf(x, "%dx", &tx)
	fmt.Sscanf(y, "%dx", &ty)
	return tx - ty
}

// ordered writes records of increasing time to files of 1,000 each, or one.
func ordered(t testing.TB, n int, oneFile bool) string {
	dir := t.TempDir()
	var all strings.Builder
	for i := 0; i < n; i += 1000 {
		var part []string
		for j := range 1000 {
			part = append(part, fmt.Sprintf(`{"t":%d,"id":"x%d","pad":%q}`, i+j, i+j, strings.Repeat("x", 300)))
		}
		if oneFile {
			all.WriteString(strings.Join(part, "\n") + "\n")
		} else {
			put(t, dir, fmt.Sprintf("%06d.gz", i), []byte(gz(`{"Records":[`+strings.Join(part, ",")+"]}")))
		}
	}
	if oneFile {
		return put(t, dir, "all.ndjson.gz", []byte(gz(all.String())))
	}
	return dir
}

// TestOrderedDoesNotSpill reads far more than fits in memory.
func TestOrderedDoesNotSpill(t *testing.T) {
	const n = 40_000 // 14 MB of compact records in a window of 2 MiB
	for _, oneFile := range []bool{true, false} {
		path := ordered(t, n, oneFile)
		got, st := scan(t, Options{Eager: true, Memory: 4 << 20}, path)
		if len(got) != n || !slices.IsSortedFunc(got, byTime) || st.Spilled != 0 {
			t.Errorf("one file %v: %d records, %d bytes spilled; want %d in order, none", oneFile, len(got), st.Spilled, n)
		}
		got, st = scan(t, Options{Memory: 4 << 20}, path)
		if len(got) != n || !slices.IsSortedFunc(got, byTime) || st.Spilled == 0 {
			t.Errorf("one file %v, not eager: %d records, %d bytes spilled; want %d in order, some", oneFile, len(got), st.Spilled, n)
		}
	}
}

// TestLateDisorder hands the caller an error rather than a wrong order.
func TestLateDisorder(t *testing.T) {
	dir := ordered(t, 40_000, false)
	put(t, dir, "999999", []byte(a))
	s, err := Open(context.Background(), []string{dir}, Options{Formats: []normalize.Format{fake}, Eager: true, Memory: 4 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if !s.eager {
		t.Fatal("not read eagerly, so that this tests nothing")
	}
	for {
		_, ok, err := s.Next()
		if errors.Is(err, ErrDisorder) {
			return
		}
		if !ok || err != nil {
			t.Fatalf("ok %v, err %v; want ErrDisorder", ok, err)
		}
	}
}

// TestTempFolder sees that runs are removed: by Close, and for a process that
// was killed by the next Open.
func TestTempFolder(t *testing.T) {
	tmp := t.TempDir()
	stale := put(t, tmp, tempPrefix+"1-x/lock", nil)
	put(t, tmp, tempPrefix+"1-x/run-1", []byte("left"))
	other := put(t, tmp, "other/lock", nil)
	live, err := newTempDir(tmp)
	if err != nil {
		t.Fatal(err)
	}
	defer live.remove()

	s, err := Open(context.Background(), []string{ordered(t, 20_000, true)}, Options{Formats: []normalize.Format{fake}, TempDir: tmp, Memory: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if locksEndWithProcess {
		if _, err := os.Stat(stale); err == nil {
			t.Error("the folder of a dead process is still there")
		}
	}
	for _, path := range []string{other, live.path, s.temp.path} {
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%s is gone: %v", path, err)
		}
	}
	s.Next()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.temp.path); err == nil {
		t.Error("the folder is still there after Close")
	}
}

func TestTempFolderCannotBeMade(t *testing.T) {
	_, err := Open(context.Background(), []string{ordered(t, 20_000, true)},
		Options{Formats: []normalize.Format{fake}, TempDir: "no/such/folder", Memory: 1 << 20})
	if err == nil || !strings.Contains(err.Error(), "TMPDIR") || !strings.Contains(err.Error(), "--memory") {
		t.Errorf("got %v; want what to do about it", err)
	}
}

// TestCancel ends a scan in the middle.
func TestCancel(t *testing.T) {
	path := ordered(t, 40_000, true)
	for _, eager := range []bool{false, true} {
		ctx, cancel := context.WithCancel(context.Background())
		opt := Options{Formats: []normalize.Format{fake}, Eager: eager, Memory: 1 << 20, TempDir: t.TempDir()}
		opt.Progress = func(done, total int64) {
			if done > total {
				t.Errorf("%d of %d done", done, total)
			}
			cancel()
		}
		s, err := Open(ctx, []string{path}, opt)
		if err == nil {
			for ok := true; ok && err == nil; {
				_, ok, err = s.Next()
			}
			s.Close()
		}
		if !errors.Is(err, context.Canceled) {
			t.Errorf("eager %v: got %v, want that it was cancelled", eager, err)
		}
	}
}
