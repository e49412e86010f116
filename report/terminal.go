package report

import (
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Terminal says what a text report is written to.
type Terminal struct {
	Width int  // columns; anything below widthMin counts as that
	Color bool // SGR sequences are understood
}

const (
	widthMin     = 40  // below this columns do more harm than a terminal's own wrapping
	widthDefault = 80  // where nobody says: the width that mails and tickets keep
	widthMax     = 120 // longer lines are hard to follow by eye
)

// Plain is a file or a pipe.
var Plain = Terminal{Width: widthDefault}

// TerminalOf finds out what w is. Colour needs a terminal that is not dumb and
// a user who has not set NO_COLOR (https://no-color.org).
func TerminalOf(w io.Writer) Terminal {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return Plain
	}
	t := Plain
	if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
		t.Width = columns
	}
	t.Color = colored(os.Getenv)
	return t
}

// colored asks the environment of a terminal.
func colored(env func(string) string) bool {
	return env("NO_COLOR") == "" && env("TERM") != "dumb" && env("TERM") != ""
}

// style is an SGR sequence.
type style string

const (
	plain  style = ""
	bold   style = "\x1b[1m"
	dim    style = "\x1b[2m"
	red    style = "\x1b[1;31m"
	yellow style = "\x1b[33m"
	green  style = "\x1b[32m"
	reset        = "\x1b[0m"
)

// page lays out lines. Text given to it has been cleaned.
type page struct {
	strings.Builder
	width int
	color bool
}

func newPage(t Terminal) *page {
	return &page{width: min(max(t.Width, widthMin), widthMax), color: t.Color}
}

// narrow reports whether columns would leave too little for sentences: half
// of the usual width.
func (p *page) narrow() bool { return p.width < 60 }

func (p *page) styled(s style, text string) {
	if !p.color || s == plain || text == "" {
		p.WriteString(text)
		return
	}
	p.WriteString(string(s) + text + reset)
}

func (p *page) spaces(n int) { p.WriteString(strings.Repeat(" ", max(0, n))) }

// para writes text wrapped, each line indented.
func (p *page) para(indent int, s style, text string) { p.hang(indent, "", plain, indent, s, text) }

// hang writes a lead at an indent, and the text beside it from a column on,
// wrapped below itself. A lead that is too long gets a line of its own.
func (p *page) hang(indent int, lead string, leadStyle style, column int, s style, text string) {
	used := 0
	if lead != "" {
		lead = wrap(lead, p.width-indent, p.width-indent)[0]
		p.spaces(indent)
		p.styled(leadStyle, lead)
		if used = indent + textWidth(lead); used >= column {
			p.WriteByte('\n')
			used = 0
		}
	}
	for i, line := range wrap(text, p.width-column, p.width-column) {
		if i > 0 {
			p.WriteByte('\n')
			used = 0
		}
		if line != "" {
			p.spaces(column - used)
			p.styled(s, line)
		}
	}
	p.WriteByte('\n')
}

// labelColumn is where the value of a label begins: behind the longest label,
// "no return", an indent of two and a gap of two.
const labelColumn = 13

// label writes a word and what it stands for.
func (p *page) label(word string, s style, text string) {
	if p.narrow() {
		p.para(2, dim, word)
		p.para(4, s, text)
		return
	}
	p.hang(2, word, dim, labelColumn, s, text)
}

// more goes on below a label.
func (p *page) more(s style, text string) {
	if p.narrow() {
		p.para(4, s, text)
		return
	}
	p.para(labelColumn, s, text)
}

func (p *page) heading(text string) {
	p.WriteByte('\n')
	p.para(2, bold, text)
}
