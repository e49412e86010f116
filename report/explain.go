package report

import (
	"fmt"
	"strings"

	"github.com/sekisho/sekisho"
)

// whatIfsMax is how many sentences on what would have changed a decision the
// text and HTML forms show; JSON holds them all.
const whatIfsMax = 8

// decided heads an explanation: of a decision, or of why there was none.
func decided(in *sekisho.Incident) (rests, changed string) {
	if in.Containment != nil {
		return fmt.Sprintf("What the decision at %s rests on", in.Containment.At.UTC().Format(clock)), "What would have changed it"
	}
	return "What the score rests on", "What would have led to containment, or lowered the score"
}

// contribution is one as a sentence: what, how often, and the reason that weighs most.
func contribution(c *sekisho.Contribution) string {
	text := clean(c.Title, sentenceMax)
	if c.Reason != "" {
		text += ": " + clean(c.Reason, sentenceMax)
	}
	var notes []string
	if c.Tripwire {
		notes = append(notes, "tripwire")
	}
	if c.Findings > 1 {
		notes = append(notes, fmt.Sprintf("%d findings", c.Findings))
	}
	if len(notes) > 0 {
		text += " (" + strings.Join(notes, ", ") + ")"
	}
	return text
}

// whatIfs are the sentences on what would have changed it.
func whatIfs(in *sekisho.Incident) []string {
	var out []string
	for i, w := range in.Explanation.WhatIf {
		if i == whatIfsMax {
			out = append(out, fmt.Sprintf("and %d more; --format json lists them all", len(in.Explanation.WhatIf)-i))
			break
		}
		out = append(out, stop(capital(clean(w.Text, sentenceMax))))
	}
	return out
}

// capital begins a sentence.
func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// explanation shows what it rests on, and what would have changed it.
func (p *page) explanation(in *sekisho.Incident) {
	rests, changed := decided(in)
	if len(in.Explanation.Rests) > 0 {
		p.heading(rests)
		for i := range in.Explanation.Rests {
			c := &in.Explanation.Rests[i]
			p.hang(4, fmt.Sprintf("%+.1f", c.Weight.Float()), bold, offsetColumn, plain, contribution(c))
		}
	}
	if list := whatIfs(in); len(list) > 0 {
		p.heading(changed)
		for _, text := range list {
			p.hang(4, "", plain, 4, plain, text)
		}
	}
}

// comparison are the changes of one identity.
type comparison struct {
	who  string
	days int
	rows []sekisho.Change // words cleaned
}

// comparisons put changes under their identities, in the order in which they
// appeared.
func comparisons(in *sekisho.Incident, names map[string]string) []comparison {
	var out []comparison
	at := map[string]int{}
	for _, c := range in.Changes {
		i, ok := at[c.Identity]
		if !ok {
			i = len(out)
			at[c.Identity] = i
			who := names[c.Identity]
			if who == "" {
				who = clean(c.Identity, nameMax)
			}
			out = append(out, comparison{who: who})
		}
		c.Aspect, c.Before, c.Now = clean(c.Aspect, nameMax), clean(c.Before, sentenceMax), clean(c.Now, sentenceMax)
		out[i].days = max(out[i].days, c.Days)
		out[i].rows = append(out[i].rows, c)
	}
	return out
}

// changes shows identities before and now, in two columns where there is room.
func (p *page) changes(in *sekisho.Incident, names map[string]string) {
	list := comparisons(in, names)
	if len(list) == 0 {
		return
	}
	p.heading("Before and now")
	for _, c := range list {
		before := "before (" + count(int64(c.days), "day") + ")"
		p.para(4, plain, c.who)
		if !p.narrow() {
			p.columns("", before, "now", dim)
		}
		for _, x := range c.rows {
			if p.narrow() {
				p.para(4, dim, x.Aspect)
				p.para(6, plain, before+": "+x.Before)
				p.para(6, bold, "now: "+x.Now)
				continue
			}
			p.columns(x.Aspect, x.Before, x.Now, plain)
		}
	}
}

// aspectColumn is where the first column begins: behind an indent of four, the
// longest aspect, "credential", and a gap of two.
const aspectColumn = 16

// columns writes two texts side by side, each wrapped in its half.
func (p *page) columns(lead, left, right string, s style) {
	const gap = 2
	half := (p.width - aspectColumn - gap) / 2
	l, r := wrap(left, half, half), wrap(right, half, half)
	for i := range max(len(l), len(r)) {
		cell := func(lines []string) string {
			if i < len(lines) {
				return lines[i]
			}
			return ""
		}
		word := ""
		if i == 0 {
			word = lead
		}
		a, b := cell(l), cell(r)
		if word != "" || a != "" || b != "" {
			p.spaces(4)
			p.styled(dim, word)
			if a != "" || b != "" {
				p.spaces(aspectColumn - 4 - textWidth(word))
			}
			p.styled(s, a)
			if b != "" {
				p.spaces(half + gap - textWidth(a))
				if s == plain {
					p.styled(bold, b)
				} else {
					p.styled(s, b)
				}
			}
		}
		p.WriteByte('\n')
	}
}
