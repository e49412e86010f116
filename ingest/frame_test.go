package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
)

// frame cuts a stream and answers its records and what was told as bad. Every
// record that is valid JSON is taken.
func frame(r io.Reader, buffer int) (records []string, bad []Bad, f *framer) {
	w := &window{buf: make([]byte, buffer), max: frameBufferMax}
	w.reset(r)
	f = &framer{w: w}
	f.take = func(raw []byte, off int64) (bool, string) {
		if !json.Valid(raw) {
			return false, "damaged"
		}
		records = append(records, string(raw))
		return true, ""
	}
	f.takeLine = func([]byte, int64) (bool, string) { return false, "not JSON" }
	f.bad = func(off int64, reason string) { bad = append(bad, Bad{"", off, reason}) }
	f.run()
	return records, bad, f
}

// TestSplitAtEveryByte hands a stream over in two parts cut at each byte, and
// in a window that begins with one byte, and wants what it gets in one piece.
func TestSplitAtEveryByte(t *testing.T) {
	stream := strings.Join([]string{a, b, c,
		`{"Records":[` + b + "," + c + `],"x":"\\\"}"}`,
		`{"a":"` + strings.Repeat(`\\`, 9) + `","b":"\"{["}`,
		"[" + a + ",\n[" + b + "]]",
		"garbage }{", a,
		"{\n\"t\":1}",
		`{"Records":[` + a + `,{"t":broken"},` + a + "]}",
		`{"NextToken":"n","Events":[` + a + "]}",
		`{"n":1,"events" : [ ` + a + "]}", `{"n":1,"events": [ "push" ],"t":9}`,
		a[:10],
	}, "\n")
	want, wantBad, _ := frame(strings.NewReader(stream), 1<<16)
	if len(want) != 15 || len(wantBad) != 3 {
		t.Fatalf("in one piece: %d records, bad %v; want 15 and 3", len(want), wantBad)
	}
	for i := range stream {
		for _, buffer := range []int{1, 1 << 16} {
			r := io.MultiReader(strings.NewReader(stream[:i]), strings.NewReader(stream[i:]))
			got, bad, _ := frame(r, buffer)
			if fmt.Sprint(got) != fmt.Sprint(want) || fmt.Sprint(bad) != fmt.Sprint(wantBad) {
				t.Fatalf("cut at %d, window of %d: got %q %v, want %q %v", i, buffer, got, bad, want, wantBad)
			}
		}
	}
}

// TestScannerAgreesWithDecoder compares ends of random valid JSON, at all
// alignments to a word.
func TestScannerAgreesWithDecoder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var value func(depth int) string
	value = func(depth int) string {
		switch n := rng.IntN(7); {
		case n == 0 && depth > 0 || depth == 6:
			return []string{"null", "true", "-1.5e9", `""`, `"\""`}[rng.IntN(5)]
		case n < 3 && depth > 0:
			text := make([]byte, rng.IntN(20))
			for i := range text {
				text[i] = `{}[]"\y#:,é`[rng.IntN(11)]
			}
			out, _ := json.Marshal(string(text))
			return string(out)
		case n < 5:
			var parts []string
			for i := range rng.IntN(4) {
				parts = append(parts, fmt.Sprintf("%q:%s", "k"+fmt.Sprint(i), value(depth+1)))
			}
			return "{" + strings.Join(parts, []string{",", " , "}[rng.IntN(2)]) + "}"
		default:
			var parts []string
			for range rng.IntN(4) {
				parts = append(parts, value(depth+1))
			}
			return "[" + strings.Join(parts, ",") + "]"
		}
	}
	for range 20_000 {
		v := value(0)
		if v[0] != '{' && v[0] != '[' {
			continue
		}
		var s scanner
		pad := rng.IntN(9)
		if n, done := s.scan([]byte(v + "}]\"{["[:rng.IntN(5)] + strings.Repeat("x", pad))); !done || n != len(v) || s.deep {
			t.Fatalf("%s: end %d %v deep %v, want %d", v, n, done, s.deep, len(v))
		}
		// Stopped anywhere, it goes on where it was.
		s, cut := scanner{}, rng.IntN(len(v))
		n, done := s.scan([]byte(v[:cut]))
		if n != cut || done {
			t.Fatalf("%s: ended at %d of the first %d bytes", v, n, cut)
		}
		if n, done := s.scan([]byte(v[cut:])); !done || n != len(v)-cut {
			t.Fatalf("%s cut at %d: end %d %v", v, cut, n, done)
		}
	}
}

// TestDepth holds the limit to the level.
func TestDepth(t *testing.T) {
	for _, n := range []int{maxDepth - 1, maxDepth} {
		var s scanner
		_, done := s.scan([]byte(`{"a":` + strings.Repeat("[", n) + strings.Repeat("]", n) + "}"))
		if want := n == maxDepth; !done || s.deep != want {
			t.Errorf("%d levels: done %v, too deep %v, want %v", n+1, done, s.deep, want)
		}
	}
}

// TestBrokenStream reads what comes before an error and tells of it once.
func TestBrokenStream(t *testing.T) {
	r := io.MultiReader(strings.NewReader(a+"\n"+b[:9]), iotest.ErrReader(errors.New("disk on fire")))
	got, bad, _ := frame(r, 64)
	if len(got) != 1 || len(bad) != 1 || bad[0].Offset != int64(len(a)+1) || !strings.Contains(bad[0].Reason, "disk on fire") {
		t.Errorf("got %q, bad %v; want one record, and why at its end", got, bad)
	}
}

// TestHostileDamage is quick although each record must be looked for anew.
func TestHostileDamage(t *testing.T) {
	for _, content := range []string{
		strings.Repeat(`{"`+"\n", 4<<20),
		`{"Records":[` + strings.Repeat(`{"k":1,`, 4<<20),
		"{\n\n" + strings.Repeat("x\n{\n", 4<<20),
		strings.Repeat(`["`, 4<<20),
		strings.Repeat(`{"detail-type":`, 1<<20),
	} {
		counted := &countingReader{r: strings.NewReader(content)}
		_, bad, f := frame(counted, 1<<16)
		if len(bad) == 0 {
			t.Errorf("%.20q…: nothing bad", content)
		}
		if limit := int64(wasteFree + wasteRatio*len(content) + 2*maxRecord); f.waste > limit {
			t.Errorf("%.20q…: %d bytes looked at again, limit %d", content, f.waste, limit)
		}
	}
}

type countingReader struct {
	r io.Reader
	n int
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}

// FuzzFrame holds the framer to encoding/json: a stream of valid JSON objects
// gives the same objects in the same order, and nothing bad; any stream at all
// gives no panic, the same for any size of reads, and only records that are
// in it.
func FuzzFrame(f *testing.F) {
	for _, seed := range []string{
		a, a + b + c, "[" + a + "," + b + "]", `{"Records":[` + a + "]}", `{"Records":[` + a, a + "\n" + b[:9] + "\n" + c,
		`{"detail-type":"","detail":` + a + "}", `{"Events":[{"CloudTrailEvent":` + quote(a) + "}]}",
		`{"eventType":"x","data":{"events":[` + a + "]}}", `{"time":1,"event":` + a + "}", `{"events":[ "push" ]}`, `{"events":[`,
		`{"a":"\\"}`, `{"y":y}`, "{\n{\n", "[[[1]]]", `[{"a":"` + "\n" + `},{"a":1}]`, "\xff{}\n{}", `{"a":1}{"a":}{"a":2}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, bad, fr := frame(bytes.NewReader(data), 64)
		small, smallBad, _ := frame(iotest.OneByteReader(bytes.NewReader(data)), 1)
		if fmt.Sprint(got, bad) != fmt.Sprint(small, smallBad) {
			t.Fatalf("depends on the size of reads:\n%q %v\n%q %v", got, bad, small, smallBad)
		}
		if fr.w.pos != fr.w.end && !fr.stop {
			t.Fatalf("stopped at %d of %d bytes", fr.w.offset(), len(data))
		}
		for _, r := range got {
			if !json.Valid([]byte(r)) {
				t.Fatalf("not JSON: %q", r)
			}
		}
		want, plain := objects(data)
		if plain && (fmt.Sprint(got) != fmt.Sprint(want) || len(bad) > 0) {
			t.Fatalf("got %q %v, want %q", got, bad, want)
		}
	})
}

// objects reads a stream with encoding/json. plain says that it is nothing but
// valid objects, of no shape that is unwrapped.
func objects(data []byte) (want []string, plain bool) {
	d := json.NewDecoder(bytes.NewReader(data))
	for {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return want, err == io.EOF
		}
		var s scanner
		if s.scan(raw); len(raw) == 0 || raw[0] != '{' || s.deep {
			return nil, false
		}
		var keys map[string]json.RawMessage
		json.Unmarshal(raw, &keys)
		for _, k := range []string{"Records", "Events", "events", "logEvents", "detail-type", "CloudTrailEvent"} {
			if _, ok := keys[k]; ok {
				return nil, false
			}
		}
		want = append(want, string(raw))
	}
}

// sample is a record with the sizes of a typical one: 1.35 KB, 70 members in
// eight objects.
func sample(i int) string {
	var m strings.Builder
	fmt.Fprintf(&m, `{"t":%d,"id":"%016d"`, i, i)
	for o := range 8 {
		fmt.Fprintf(&m, `,"object%d":{`, o)
		for k := range 8 {
			if k > 0 {
				m.WriteByte(',')
			}
			fmt.Fprintf(&m, `"key%d":"value%0*d"`, k, 1+(k*o+i)%12, k)
		}
		m.WriteString("}")
	}
	return m.String() + "}"
}

func BenchmarkFrame(b *testing.B) {
	var records []string
	for i := range 10_000 {
		records = append(records, sample(i))
	}
	for name, stream := range map[string]string{
		"delivery": `{"Records":[` + strings.Join(records, ",") + "]}",
		"lines":    strings.Join(records, "\n"),
	} {
		b.Run(name, func(b *testing.B) {
			w := &window{buf: make([]byte, frameBuffer), max: frameBufferMax}
			b.SetBytes(int64(len(stream)))
			b.ReportAllocs()
			for b.Loop() {
				w.reset(strings.NewReader(stream))
				n := 0
				f := framer{w: w, bad: func(int64, string) { b.Fatal("bad") }}
				f.take = func([]byte, int64) (bool, string) { n++; return true, "" }
				f.run()
				if n != len(records) {
					b.Fatal(n)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(records)), "ns/record")
		})
	}
}
