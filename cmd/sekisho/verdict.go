package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"time"

	"github.com/sekisho/sekisho"
)

// verdictCommand is "sekisho verdict": to a running service, or into a file for scan and
// calibrate.
type verdictCommand struct {
	remote
	Incident string    `arg:"" help:"The incident's id, as reports print it."`
	Verdict  string    `arg:"" enum:"true,false,authorised" help:"${enum}: an attack, a false alarm, or work that was authorised."`
	By       string    `help:"Who decides; needed with --file. A service names the token."`
	File     string    `placeholder:"FILE" help:"Where verdicts are kept, a line each, instead of a running service; it is made if it is not there."`
	Note     string    `help:"Why."`
	At       time.Time `format:"2006-01-02T15:04:05Z07:00" help:"When it was decided; now, if not given."`
}

// verdictSchema names the form of a line.
const verdictSchema = "sekisho.verdict/v1"

// verdictMax and verdictsMax cap a line and a file.
const (
	verdictMax  = 16 << 10
	verdictsMax = 100_000
)

var incidentID = regexp.MustCompile(`^inc-[0-9a-f]{16}$`)

// verdictLine is a verdict as it is written down.
type verdictLine struct {
	Schema   string    `json:"schema"`
	Incident string    `json:"incident"`
	Verdict  string    `json:"verdict"`
	By       string    `json:"by"`
	At       time.Time `json:"at"`
	Note     string    `json:"note,omitempty"`
}

// Run gives the verdict to the service, or appends it to the file.
func (c *verdictCommand) Run(ctx context.Context, m *Main) error {
	if c.File == "" {
		if c.By != "" || !c.At.IsZero() {
			return errors.New("give the verdict: --by and --at are for --file; a service names the token, and takes the time")
		}
		var got struct{ Incident, Verdict, By string }
		if err := c.send(ctx, http.MethodPost, "/v1/incidents/"+url.PathEscape(c.Incident)+"/verdict", map[string]string{"verdict": c.Verdict, "note": c.Note}, &got); err != nil {
			return err
		}
		fmt.Fprintf(m.Stdout, "%s is %s, says %s; it covers what was known until now\n", plain(got.Incident), got.Verdict, plain(got.By))
		return nil
	}
	l := verdictLine{verdictSchema, c.Incident, c.Verdict, c.By, c.At.UTC().Truncate(time.Second), c.Note}
	if c.At.IsZero() {
		l.At = time.Now().UTC().Truncate(time.Second)
	}
	if _, err := l.verdict(); err != nil {
		return fmt.Errorf("verdict: %w", err)
	}
	line, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("verdict: %w", err)
	}
	f, err := os.OpenFile(c.File, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("keep the verdict: %w; name a file in a folder that exists and is writable", err)
	}
	_, err = f.Write(append(line, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("keep the verdict: %w", err)
	}
	fmt.Fprintf(m.Stdout, "%s: %s is %s, says %s; give the file to scan or calibrate with --verdicts\n", c.File, c.Incident, c.Verdict, c.By)
	return nil
}

// verdict checks a line.
func (l *verdictLine) verdict() (sekisho.Verdict, error) {
	v := sekisho.Verdict{Incident: l.Incident, By: l.By, At: l.At, Note: l.Note}
	for _, k := range []sekisho.VerdictKind{sekisho.VerdictTrue, sekisho.VerdictFalse, sekisho.VerdictAuthorised} {
		if l.Verdict == k.String() {
			v.Kind = k
		}
	}
	switch {
	case l.Schema != verdictSchema:
		return v, fmt.Errorf("its schema is %q, wanted %q", l.Schema, verdictSchema)
	case !incidentID.MatchString(l.Incident):
		return v, fmt.Errorf("%q is no incident's id; reports print them as inc- and sixteen digits", l.Incident)
	case v.Kind == sekisho.VerdictNone:
		return v, fmt.Errorf("%q is no verdict; write true, false or authorised", l.Verdict)
	case l.By == "":
		return v, errors.New("it does not say who decided; give --by")
	case l.At.IsZero():
		return v, errors.New("it does not say when")
	}
	return v, nil
}

// readVerdicts reads a file of verdicts; of several on one incident the last
// counts. No file named is none.
func readVerdicts(path string) (map[string]sekisho.Verdict, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read verdicts: %w; sekisho verdict writes them", err)
	}
	defer f.Close()
	return parseVerdicts(f, path)
}

func parseVerdicts(in io.Reader, name string) (map[string]sekisho.Verdict, error) {
	out := map[string]sekisho.Verdict{}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, verdictMax)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		d := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		d.DisallowUnknownFields()
		var l verdictLine
		err := d.Decode(&l)
		var v sekisho.Verdict
		if err == nil {
			v, err = l.verdict()
		}
		if err != nil {
			return nil, fmt.Errorf("%s line %d: %w", name, n, err)
		}
		if was, again := out[v.Incident]; again && v.At.Before(was.At) {
			continue
		}
		if len(out) >= verdictsMax {
			return nil, fmt.Errorf("%s: more than %d verdicts; keep those of the incidents in your history", name, verdictsMax)
		}
		out[v.Incident] = v
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return out, nil
}
