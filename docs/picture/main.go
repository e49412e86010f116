// Command picture turns a terminal's output into an SVG for the README: real
// output, drawn as it stood, so that the picture cannot say what the program
// does not.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"html"
	"os"
	"regexp"
	"strings"
)

// Sizes of one cell in a monospaced font of 13 px, and the margin around.
const (
	cellWidth  = 7.83
	lineHeight = 18
	margin     = 16
)

// colours of the SGR sequences that package report uses, on a dark ground.
var colours = map[string]string{
	"1": "fill:#ffffff;font-weight:bold", "2": "fill:#8b949e", "1;31": "fill:#ff7b72;font-weight:bold",
	"33": "fill:#e3b341", "32": "fill:#56d364",
}

var sequence = regexp.MustCompile("\x1b\\[([0-9;]*)([A-Za-z])")

func main() {
	from := flag.Int("from", 1, "first line")
	lines := flag.Int("lines", 60, "how many lines")
	columns := flag.Int("columns", 100, "width in columns")
	flag.Parse()
	if err := draw(*from, *lines, *columns); err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1)
	}
}

func draw(from, lines, columns int) error {
	var rows []string
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	for n := 1; in.Scan(); n++ {
		if n >= from && len(rows) < lines {
			text := strings.TrimRight(in.Text(), "\r")
			text = text[strings.LastIndexByte(text, '\r')+1:] // a progress line was drawn over
			rows = append(rows, row(text, margin+len(rows)*lineHeight+13))
		}
	}
	if err := in.Err(); err != nil {
		return err
	}
	w, h := int(float64(columns)*cellWidth)+2*margin, len(rows)*lineHeight+2*margin
	fmt.Printf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" aria-label="Terminal output of sekisho scan">`+
		"\n<rect width=\"100%%\" height=\"100%%\" rx=\"8\" fill=\"#0d1117\"/>\n"+
		"<g font-family=\"ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace\" font-size=\"13\" fill=\"#c9d1d9\" xml:space=\"preserve\">\n%s</g>\n</svg>\n",
		w, h, w, h, strings.Join(rows, ""))
	return nil
}

// row is one line of text with its colours.
func row(text string, y int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<text x="%d" y="%d">`, margin, y)
	style, at := "", 0
	put := func(s string) {
		if s == "" {
			return
		}
		if style == "" {
			b.WriteString(html.EscapeString(s))
			return
		}
		fmt.Fprintf(&b, `<tspan style="%s">%s</tspan>`, style, html.EscapeString(s))
	}
	for _, m := range sequence.FindAllStringSubmatchIndex(text, -1) {
		put(text[at:m[0]])
		at = m[1]
		if text[m[4]:m[5]] == "m" {
			style = colours[text[m[2]:m[3]]]
		}
	}
	put(text[at:])
	b.WriteString("</text>\n")
	return b.String()
}
