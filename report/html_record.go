package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// redacted stands where a secret stood.
const redacted = "[redacted]"

// Bounds of what is shown of a record.
const (
	valueMax  = 2000 // characters of one value
	nestedMax = 3    // depth to which JSON within a string is looked into
)

// showRecord is a raw record as a person reads it: indented, secrets redacted,
// nothing in it that acts on the page or the reader's eye, at most longest
// bytes. The note says what was left out, "" if nothing was.
func showRecord(raw []byte, longest int) (text, note string) {
	p := printer{most: longest}
	err := p.document(raw)
	switch {
	case errors.Is(err, errLong):
		note = fmt.Sprintf("Cut after %s bytes; the file holds the rest.", number(int64(longest)))
	case err != nil:
		// Without its structure a secret in it cannot be told from the rest.
		return "", "Not shown: it is not strict JSON, so secrets in it could not be recognised. The file holds it."
	}
	var notes []string
	if p.hidden > 0 {
		notes = append(notes, fmt.Sprintf("%s redacted.", count(int64(p.hidden), "value")))
	}
	if p.shortened > 0 {
		notes = append(notes, fmt.Sprintf("%s shortened.", count(int64(p.shortened), "long value")))
	}
	if note != "" {
		notes = append(notes, note)
	}
	return p.out.String(), strings.Join(notes, " ")
}

var errLong = errors.New("too long")

// printer writes JSON anew, token by token, so that the order of keys and keys
// that are there twice stay as they were.
type printer struct {
	out               bytes.Buffer
	most              int
	depth             int // of JSON within strings
	compact           bool
	hidden, shortened int
	pair              *string // where the next text goes as a pair's name, nil if nowhere
}

func (p *printer) document(raw []byte) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := p.value(d, "", 0); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one value")
	}
	return nil
}

// value prints one value; within is its key. encoding/json bounds how deep
// values nest.
func (p *printer) value(d *json.Decoder, within string, indent int) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	if p.most > 0 && p.out.Len() > p.most {
		p.out.Truncate(p.most)
		for !utf8.Valid(p.out.Bytes()) {
			p.out.Truncate(p.out.Len() - 1)
		}
		p.out.WriteString("…")
		return errLong
	}
	switch t := t.(type) {
	case json.Delim:
		if secret(within) {
			if err := skip(d); err != nil {
				return err
			}
			p.hide()
			return nil
		}
		return p.children(d, t, within, indent)
	case string:
		p.text(t, within)
	case json.Number:
		if secret(within) {
			p.hide()
		} else {
			p.out.WriteString(clean(t.String(), valueMax))
		}
	case bool:
		fmt.Fprint(&p.out, t)
	case nil:
		p.out.WriteString("null")
	}
	return nil
}

func (p *printer) children(d *json.Decoder, open json.Delim, within string, indent int) error {
	p.out.WriteString(open.String())
	n := 0
	p.pair = nil
	name := "" // of a pair such as {"name":"DB_PASSWORD","value":…}
	for ; d.More(); n++ {
		if n > 0 {
			p.out.WriteByte(',')
		}
		p.line(indent + 1)
		key := within // an array's values are what its key says
		if open == '{' {
			t, err := d.Token()
			if err != nil {
				return err
			}
			key, _ = t.(string)
			p.out.WriteString(quoted(key, nameMax))
			p.out.WriteByte(':')
			if !p.compact {
				p.out.WriteByte(' ')
			}
			switch pair := strings.ToLower(key); {
			case pair == "name" || pair == "key":
				p.pair = &name
			case environment(within) && !environment(key) || pair == "value" && secret(name):
				key = "secret value" // variables are where programs keep theirs
			}
		}
		if err := p.value(d, key, indent+1); err != nil {
			return err
		}
	}
	end, err := d.Token()
	if err != nil {
		return err
	}
	if n > 0 {
		p.line(indent)
	}
	fmt.Fprint(&p.out, end)
	return nil
}

func (p *printer) text(text, within string) {
	if p.pair != nil {
		*p.pair, p.pair = text, nil
	}
	if secret(within) || script(within) && text != "" {
		p.hide()
		return
	}
	read := false // as a document of its own, whose values were judged one by one
	if t := strings.TrimSpace(text); p.depth < nestedMax && (strings.HasPrefix(t, "{") || strings.HasPrefix(t, "[")) {
		inner := printer{depth: p.depth + 1, compact: true}
		if inner.document([]byte(t)) == nil {
			read = true
			// Only what was changed needs to be written anew.
			if p.hidden += inner.hidden; inner.hidden > 0 {
				text = inner.out.String()
			}
		}
	}
	if !read {
		if bare := shapes.ReplaceAllStringFunc(text, bareSecret); bare != text {
			p.hidden++
			text = bare
		}
	}
	if utf8.RuneCountInString(text) > valueMax {
		p.shortened++
	}
	p.out.WriteString(quoted(text, valueMax))
}

func (p *printer) hide() {
	p.hidden++
	p.out.WriteString(quoted(redacted, nameMax))
}

func (p *printer) line(indent int) {
	if !p.compact {
		p.out.WriteByte('\n')
		p.out.WriteString(strings.Repeat("  ", min(indent, 40)))
	}
}

// skip reads to the end of the object or array that was just opened.
func skip(d *json.Decoder) error {
	for depth := 1; depth > 0; {
		t, err := d.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
	return nil
}

// quoted is a text as a JSON string that holds printable characters only, at
// most longest of them: what acts, or shows as nothing, is written as \u and
// its number.
func quoted(text string, longest int) string {
	cut := ""
	if utf8.RuneCountInString(text) > longest {
		text, cut = string([]rune(text)[:longest]), "…"
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // the template does
	if e.Encode(text) != nil {
		return `""` // a string cannot fail to encode
	}
	var out strings.Builder
	for _, r := range strings.TrimSuffix(b.String(), "\n") {
		switch {
		case unicode.IsPrint(r):
			out.WriteRune(r)
		case r > 0xFFFF:
			hi, lo := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, hi, lo)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return strings.TrimSuffix(out.String(), `"`) + cut + `"`
}

// secrets are parts of the names under which secrets are kept, and plain are
// names with one of them that hold none; lower case, letters and digits only.
var (
	secrets = []string{"secretaccesskey", "secretkey", "secretstring", "secretbinary", "secretvalue", "clientsecret", "sharedsecret",
		"password", "passwd", "passphrase", "privatekey", "apikey", "samlassertion", "plaintext", "userdata", "stringseed", "qrcode"}
	harmless = []string{"nexttoken", "clienttoken", "clientrequesttoken", "paginationtoken", "continuationtoken", "idempotencytoken", "startingtoken"}
)

// secret reports whether the value of the key looks like a secret by the key's
// name. Most are redacted by the provider before a record is written; this is
// for those that are not, and for values that somebody else wrote.
func secret(key string) bool {
	if key == "" {
		return false
	}
	k := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, key)
	for _, label := range []string{"id", "arn", "name", "type", "version"} {
		if strings.HasSuffix(k, label) {
			return false // it names a secret, and is none
		}
	}
	if slices.ContainsFunc(secrets, func(s string) bool { return strings.Contains(k, s) }) {
		return true
	}
	return strings.HasSuffix(k, "authorization") || strings.HasSuffix(k, "token") && !slices.Contains(harmless, k)
}

// environment reports whether the key holds the variables of a program.
func environment(key string) bool {
	k := strings.ToLower(key)
	return k == "variables" || k == "environmentvariables" || k == "environment"
}

// script reports whether the key holds what somebody typed or wrote for a
// machine to run, in which passwords stand plainly, or a secret of a trust.
func script(key string) bool {
	switch strings.ToLower(key) {
	case "command", "commands", "entrypoint", "content", "zipfile", "externalid":
		return true
	}
	return false
}

// shapes are the forms in which secrets stand in other text: after a word that
// names one, in an authorization, in an address, and a long-term key's forty
// characters.
var shapes = regexp.MustCompile(`(?i:(secret|token|passw(or)?d|passphrase|api[_-]?key|access[_-]?key)[a-z_-]*["']?\s*[=:]\s*["']?[^\s"'&,;]{6,})` +
	`|(?i:(bearer|basic)\s+[a-z0-9+/=._~-]{8,})|://[^/\s:@]+:[^/\s@]+@|\b[A-Za-z0-9/+]{40}\b`)

// bareSecret is what is shown of a match of shapes. Forty hexadecimal digits
// are a digest.
func bareSecret(match string) string {
	if len(match) == 40 && strings.Trim(match, "0123456789abcdefABCDEF") == "" {
		return match
	}
	return redacted
}
