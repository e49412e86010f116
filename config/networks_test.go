package config

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/detect"
)

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

func TestDeclaredNetworks(t *testing.T) {
	c, err := Parse([]byte(`networks:
- {cidr: 203.0.113.0/24, name: corporate}
- {cidr: 203.0.113.128/25, name: vpn}
- {cidr: "2001:db8::/32", name: corporate}
- {cidr: "::ffff:192.0.2.0/120", name: mapped}
`))
	if err != nil {
		t.Fatal(err)
	}
	for ip, key := range map[string]string{
		"203.0.113.1": "net:corporate", "203.0.113.200": "net:vpn", "::ffff:203.0.113.200": "net:vpn",
		"2001:db8:1::1": "net:corporate", "192.0.2.9": "net:mapped", "198.51.100.1": "", "fe80::1%eth0": "",
	} {
		n, ok := c.Networks.Lookup(addr(ip))
		if n.Key != key || ok != (key != "") || n.Declared != ok {
			t.Errorf("%s is in %+v, want %q", ip, n, key)
		}
	}
	if _, ok := c.Networks.Lookup(netip.Addr{}); ok {
		t.Error("no address is in a network")
	}
}

func TestCSV(t *testing.T) {
	c, err := readCSV(strings.NewReader("\ufeffcidr,asn,org,country,kind\n" +
		"198.51.100.0/24,AS64500,\"Example, Inc.\",NL,hosting\r\n" +
		"198.51.100.128/25,64501,Other,DE,vpn\n" +
		"2001:db8::/32,,Cloud,,\n" +
		"192.0.2.0/24,0,,,\n"))
	if err != nil {
		t.Fatal(err)
	}
	n := newNetworks([]declaredNetwork{{netip.MustParsePrefix("198.51.100.200/32"), "office"}})
	n.sources = []source{c}
	for ip, want := range map[string]detect.Net{
		"198.51.100.1":   {Key: "AS64500", Name: "Example, Inc.", Country: "NL", Kind: "hosting"},
		"198.51.100.129": {Key: "AS64501", Name: "Other", Country: "DE", Kind: "vpn"},
		"198.51.100.200": {Key: "net:office", Name: "office", Country: "DE", Kind: "vpn", Declared: true},
		"2001:db8::1":    {Key: "org:Cloud", Name: "Cloud"},
	} {
		if got, ok := n.Lookup(addr(ip)); !ok || got != want {
			t.Errorf("%s is %+v, want %+v", ip, got, want)
		}
	}

	for text, want := range map[string]string{
		"":                                       "read header",
		"ip,asn\n":                               "the header is",
		"cidr,asn,org,country,kind\nx,1,a,b,c\n": `line 2: "x" is no CIDR`,
		"cidr,asn,org,country,kind\n10.0.0.0/8,AX,a,b,c\n":      "is no AS number",
		"cidr,asn,org,country,kind\n10.0.0.0/8,1\n":             "line 2",
		"cidr,asn,org,country,kind\n\n10.0.0.0/8,1,\"a,b,c,d\n": "line 3",
	} {
		if _, err := readCSV(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error is %v, want %q", text, err, want)
		}
	}
}

// mmdbFile writes a database with one record for the upper half of the
// addresses that begin with the bit of 128.0.0.0 (or 8000::), in the format of
// https://maxmind.github.io/MaxMind-DB/: a search tree of one node (24-bit
// records), 16 zero bytes, data, then metadata behind its marker.
func mmdbFile(t *testing.T, ipVersion uint16, record any) string {
	t.Helper()
	const nodes = 1
	var out bytes.Buffer
	out.Write([]byte{0, 0, nodes})      // left: the node count stands for nothing found
	out.Write([]byte{0, 0, nodes + 16}) // right: data at offset 0
	out.Write(make([]byte, 16))
	mmdbValue(&out, record)
	out.WriteString("\xab\xcd\xefMaxMind.com")
	mmdbValue(&out, [][2]any{
		{"node_count", uint32(nodes)}, {"record_size", uint16(24)}, {"ip_version", ipVersion},
		{"database_type", "Test"}, {"binary_format_major_version", uint16(2)}, {"binary_format_minor_version", uint16(0)},
	})
	path := filepath.Join(t.TempDir(), "test.mmdb")
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// mmdbValue writes one value: maps are lists of pairs, to keep their order.
func mmdbValue(out *bytes.Buffer, v any) {
	control := func(kind, size int) {
		if size >= 29 {
			out.Write([]byte{byte(kind<<5 | 29), byte(size - 29)})
			return
		}
		out.WriteByte(byte(kind<<5 | size))
	}
	switch v := v.(type) {
	case string:
		control(2, len(v))
		out.WriteString(v)
	case uint16:
		control(5, 2)
		out.Write(binary.BigEndian.AppendUint16(nil, v))
	case uint32:
		control(6, 4)
		out.Write(binary.BigEndian.AppendUint32(nil, v))
	case [][2]any:
		control(7, len(v))
		for _, p := range v {
			mmdbValue(out, p[0])
			mmdbValue(out, p[1])
		}
	}
}

func TestMMDB(t *testing.T) {
	for name, x := range map[string]struct {
		record [][2]any
		want   detect.Net
	}{
		"asn as a number":  {[][2]any{{"autonomous_system_number", uint32(64500)}, {"autonomous_system_organization", "Example"}}, detect.Net{Key: "AS64500", Name: "Example"}},
		"asn as a text":    {[][2]any{{"asn", "AS64500"}, {"as_name", "Example"}, {"country_code", "NL"}, {"country", "Netherlands"}}, detect.Net{Key: "AS64500", Name: "Example", Country: "NL"}},
		"country as a map": {[][2]any{{"country", [][2]any{{"iso_code", "NL"}}}}, detect.Net{Country: "NL"}},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNetworks(nil)
			if err := n.add(mmdbFile(t, 4, x.record)); err != nil {
				t.Fatal(err)
			}
			defer n.close()
			for range 2 { // the second answer comes from the cache
				if got, ok := n.Lookup(addr("200.0.0.1")); !ok || got != x.want {
					t.Errorf("got %+v, want %+v", got, x.want)
				}
			}
			for _, ip := range []string{"100.0.0.1", "2001:db8::1", "fd00::1"} {
				if got, ok := n.Lookup(addr(ip)); ok {
					t.Errorf("%s is in %+v, want nothing", ip, got)
				}
			}
		})
	}
}

func TestFilesCompleteEachOther(t *testing.T) {
	n := newNetworks(nil)
	if err := n.add(mmdbFile(t, 4, [][2]any{{"country", [][2]any{{"iso_code", "NL"}}}, {"asn", "64501"}})); err != nil {
		t.Fatal(err)
	}
	defer n.close()
	table, err := readCSV(strings.NewReader("cidr,asn,org,country,kind\n200.0.0.0/8,64500,Example,,hosting\n"))
	if err != nil {
		t.Fatal(err)
	}
	n.sources = append(n.sources, table)
	want := detect.Net{Key: "AS64500", Name: "Example", Country: "NL", Kind: "hosting"}
	if got, _ := n.Lookup(addr("200.0.0.1")); got != want {
		t.Errorf("got %+v, want %+v: the smaller network wins field by field", got, want)
	}
}

func TestDamagedMMDB(t *testing.T) {
	path := filepath.Join(t.TempDir(), "damaged.mmdb")
	if err := os.WriteFile(path, []byte("not a database"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := newNetworks(nil).add(path); err == nil || !strings.Contains(err.Error(), "MaxMind DB") {
		t.Errorf("error is %v", err)
	}
}

func BenchmarkLookup(b *testing.B) {
	n := newNetworks([]declaredNetwork{{netip.MustParsePrefix("203.0.113.0/24"), "corporate"}})
	ip := addr("203.0.113.9")
	b.ReportAllocs()
	for b.Loop() {
		n.Lookup(ip)
	}
}
