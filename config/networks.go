package config

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/gaissmai/bart"
	"github.com/oschwald/maxminddb-golang/v2"

	"github.com/sekisho/sekisho/detect"
)

// Networks says which network an address belongs to: as declared, else as the
// operator's address data has it. Many goroutines may look up at once.
type Networks struct {
	declared bart.Table[string]
	sources  []source // in the order of ip_data
}

// source is one file of address data. Its prefix is how specific the answer is.
type source interface {
	lookup(ip netip.Addr) (n detect.Net, bits int, ok bool)
	close() error
}

func newNetworks(declared []declaredNetwork) *Networks {
	n := &Networks{}
	for _, d := range declared {
		n.declared.Insert(unmapped(d.prefix), d.name)
	}
	return n
}

// unmapped turns an IPv4 network written as IPv6 into an IPv4 one: lookups
// unmap addresses likewise.
func unmapped(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 { // ::ffff:0:0/96 holds the IPv4 addresses
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p
}

// Lookup says where an address belongs; false if nothing is known of it.
//
// A declared network beats data, and the most specific declared one the
// others; Country and Kind are still taken from data then. Among data files
// the most specific entry wins field by field, so that a file of AS numbers
// and one of countries complete each other; at a tie the file named first.
//
// Key is "net:" and the declared name, else "AS" and the number, else "org:"
// and the organisation; "" when data knows neither, and then the caller is
// left to group by prefix.
func (n *Networks) Lookup(ip netip.Addr) (detect.Net, bool) {
	ip = ip.Unmap().WithZone("")
	if !ip.IsValid() {
		return detect.Net{}, false
	}

	var net detect.Net
	found := false
	var keyBits, nameBits, countryBits, kindBits = -1, -1, -1, -1
	for _, s := range n.sources {
		got, bits, ok := s.lookup(ip)
		if !ok {
			continue
		}
		found = true
		better(&net.Key, &keyBits, got.Key, bits)
		better(&net.Name, &nameBits, got.Name, bits)
		better(&net.Country, &countryBits, got.Country, bits)
		better(&net.Kind, &kindBits, got.Kind, bits)
	}
	if net.Key == "" && net.Name != "" {
		net.Key = "org:" + net.Name
	}

	if name, ok := n.declared.Lookup(ip); ok {
		net.Key, net.Name, net.Declared = "net:"+name, name, true
		found = true
	}
	return net, found
}

// better takes a value over if it is from a more specific entry.
func better(field *string, have *int, value string, bits int) {
	if value != "" && bits > *have {
		*field, *have = value, bits
	}
}

// add opens a file of address data, by the end of its name.
func (n *Networks) add(path string) error {
	var s source
	var err error
	switch strings.ToLower(filepath.Ext(path)) {
	case ".mmdb":
		s, err = openMMDB(path)
	case ".csv":
		s, err = openCSV(path)
	default:
		err = errors.New("neither an .mmdb nor a .csv file")
	}
	if err != nil {
		return fmt.Errorf("address data %s: %w", path, err)
	}
	n.sources = append(n.sources, s)
	return nil
}

func (n *Networks) close() error {
	var errs []error
	for _, s := range n.sources {
		errs = append(errs, s.close())
	}
	n.sources = nil
	return errors.Join(errs...)
}

// csvTable is a CSV file in memory.
type csvTable struct{ table bart.Table[*detect.Net] }

// csvHeader is the header that a CSV file must have.
var csvHeader = []string{"cidr", "asn", "org", "country", "kind"}

// csvRowsMax bounds a table's memory to about half a gigabyte. The whole
// routing table of the internet has about 1.2 million prefixes.
const csvRowsMax = 4_000_000

func openCSV(path string) (*csvTable, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readCSV(f)
}

// readCSV takes rows in any order. Of two rows with the same network the later counts.
func readCSV(in io.Reader) (*csvTable, error) {
	r := csv.NewReader(in)
	r.FieldsPerRecord = len(csvHeader)
	r.ReuseRecord = true
	header, err := r.Read()
	if err != nil && !errors.Is(err, csv.ErrFieldCount) {
		return nil, fmt.Errorf("read header: %w", err)
	}
	if len(header) > 0 {
		header[0] = strings.TrimPrefix(header[0], "\ufeff") // spreadsheets put a byte order mark there
	}
	if !slices.Equal(header, csvHeader) {
		return nil, fmt.Errorf("the header is %q, want %s", short(strings.Join(header, ",")), strings.Join(csvHeader, ","))
	}

	c := &csvTable{}
	same := map[detect.Net]*detect.Net{} // an AS has many prefixes: keep its words once
	for rows := 0; ; rows++ {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return c, nil
		}
		if err != nil {
			return nil, err // names the line
		}
		line, _ := r.FieldPos(0)
		if rows == csvRowsMax {
			return nil, fmt.Errorf("line %d: more than %d rows; merge neighbouring networks", line, csvRowsMax)
		}
		prefix, err := netip.ParsePrefix(row[0])
		if err != nil {
			return nil, fmt.Errorf("line %d: %q is no CIDR such as 203.0.113.0/24", line, short(row[0]))
		}
		key, err := asKey(row[1])
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		net := detect.Net{Key: key, Name: strings.Clone(row[2]), Country: strings.Clone(row[3]), Kind: strings.Clone(row[4])}
		p := same[net]
		if p == nil {
			p = &net
			same[net] = p
		}
		c.table.Insert(unmapped(prefix).Masked(), p)
	}
}

// asKey is "AS64500" for "64500" or "AS64500", and "" for "" or 0, which
// stands for no known AS.
func asKey(text string) (string, error) {
	digits := text
	if len(text) > 2 && strings.EqualFold(text[:2], "AS") {
		digits = text[2:]
	}
	if digits == "" {
		return "", nil
	}
	n, err := strconv.ParseUint(digits, 10, 32) // RFC 6793: AS numbers have 32 bits
	if err != nil {
		return "", fmt.Errorf("%q is no AS number such as 64500", short(text))
	}
	if n == 0 {
		return "", nil
	}
	return "AS" + strconv.FormatUint(n, 10), nil
}

func (c *csvTable) lookup(ip netip.Addr) (detect.Net, int, bool) {
	host := netip.PrefixFrom(ip, ip.BitLen())
	prefix, net, ok := c.table.LookupPrefixLPM(host)
	if !ok {
		return detect.Net{}, 0, false
	}
	return *net, prefix.Bits(), true
}

func (c *csvTable) close() error { return nil }

// mmdb is a MaxMind DB file, mapped into memory.
type mmdb struct {
	reader *maxminddb.Reader

	mu    sync.Mutex
	cache map[uintptr]detect.Net // by data record, which many networks share
}

// mmdbCacheMax bounds the cache; it is emptied when full. An organisation
// calls from far fewer networks.
const mmdbCacheMax = 1 << 14

func openMMDB(path string) (*mmdb, error) {
	r, err := maxminddb.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w; give an unpacked MaxMind DB file", err)
	}
	return &mmdb{reader: r, cache: map[uintptr]detect.Net{}}, nil
}

func (m *mmdb) lookup(ip netip.Addr) (detect.Net, int, bool) {
	if ip.Is6() && m.reader.Metadata.IPVersion == 4 {
		return detect.Net{}, 0, false
	}
	result := m.reader.Lookup(ip)
	if result.Err() != nil || !result.Found() {
		return detect.Net{}, 0, false // a damaged entry is as good as none: addresses are weak evidence
	}

	m.mu.Lock()
	defer m.mu.Unlock()
	net, ok := m.cache[result.Offset()]
	if !ok {
		net = decodeMMDB(result)
		if len(m.cache) >= mmdbCacheMax {
			clear(m.cache)
		}
		m.cache[result.Offset()] = net
	}
	if net == (detect.Net{}) {
		return net, 0, false
	}
	prefix := result.Prefix()
	bits := prefix.Bits()
	if ip.Is4() && prefix.Addr().Is6() {
		bits = max(0, bits-96) // an IPv4 address found in a tree of IPv6
	}
	return net, bits, true
}

// decodeMMDB reads the fields that publishers of such files use: MaxMind and
// DB-IP name them autonomous_system_number and country.iso_code, IPinfo asn
// (a text with "AS"), as_name or name, and country or country_code.
func decodeMMDB(r maxminddb.Result) detect.Net {
	var net detect.Net
	var number uint32
	if r.DecodePath(&number, "autonomous_system_number") == nil && number != 0 {
		net.Key = "AS" + strconv.FormatUint(uint64(number), 10)
	} else {
		net.Key, _ = asKey(textAt(r, "asn"))
	}
	net.Name = firstOf(textAt(r, "autonomous_system_organization"), textAt(r, "as_name"), textAt(r, "name"))
	net.Country = firstOf(textAt(r, "country", "iso_code"), textAt(r, "country_code"), textAt(r, "country"))
	net.Kind = firstOf(textAt(r, "kind"), textAt(r, "type"))
	return net
}

// textAt is the text at a path of a record, "" if there is none or it is
// something else.
func textAt(r maxminddb.Result, path ...any) string {
	var s string
	if r.DecodePath(&s, path...) != nil {
		return ""
	}
	return s
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

func (m *mmdb) close() error { return m.reader.Close() }
