package poll

import "strings"

// nextLink is the target of the link to the next page among Link headers (RFC 8288), ""
// if there is none.
func nextLink(headers []string) string {
	for _, h := range headers {
		for {
			_, rest, ok := strings.Cut(h, "<")
			if !ok {
				break
			}
			target, rest, ok := strings.Cut(rest, ">")
			if !ok {
				break
			}
			var params string
			params, h = untilComma(rest)
			for p := range strings.SplitSeq(params, ";") {
				name, value, _ := strings.Cut(p, "=")
				if strings.EqualFold(strings.TrimSpace(name), "rel") && isNext(strings.Trim(strings.TrimSpace(value), `"`)) {
					return target
				}
			}
		}
	}
	return ""
}

// isNext reports whether one of a link's relations is that of the next page.
func isNext(relations string) bool {
	for r := range strings.FieldsSeq(relations) {
		if strings.EqualFold(r, "next") {
			return true
		}
	}
	return false
}

// untilComma cuts a text at the first comma that is not between quotes.
func untilComma(text string) (before, after string) {
	quoted := false
	for i := range len(text) {
		switch text[i] {
		case '"':
			quoted = !quoted
		case ',':
			if !quoted {
				return text[:i], text[i+1:]
			}
		}
	}
	return text, ""
}
