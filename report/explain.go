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
