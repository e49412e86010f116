package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// marksMax is how many combining marks in a row are shown. Written languages
// need two; a tower of them covers the lines above and below.
const marksMax = 2

// clean makes text from a record safe to print on one line of a terminal and
// at most longest characters long. Whatever is not a printable character is
// written out as \x1b or \u202e, so that it can be seen and does nothing:
// control characters and with them terminal sequences and newlines, characters
// that change the order of reading, and those that show as nothing.
func clean(text string, longest int) string {
	var b strings.Builder
	shown, marks := 0, 0
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		bad := r == utf8.RuneError && size == 1
		piece, mark := text[:size], false
		switch {
		case bad:
			piece = fmt.Sprintf(`\x%02x`, text[0])
		case r == ' ' || unicode.Is(unicode.Zs, r): // of all widths
			piece = " "
		case unicode.In(r, unicode.Mn, unicode.Me):
			mark = true
		case unicode.IsPrint(r):
		case r < 0x80:
			piece = fmt.Sprintf(`\x%02x`, r)
		case r <= 0xFFFF:
			piece = fmt.Sprintf(`\u%04x`, r)
		default:
			piece = fmt.Sprintf(`\U%08x`, r)
		}
		text = text[size:]
		if mark {
			// A mark stands on the character before it, or shows alone.
			if marks++; marks > marksMax || shown == 0 {
				continue
			}
			b.WriteString(piece)
			continue
		}
		marks = 0
		if shown += utf8.RuneCountInString(piece); shown > longest {
			b.WriteString("…")
			break
		}
		b.WriteString(piece)
	}
	return b.String()
}

// columns is how many columns of a terminal the character takes.
func columns(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// textWidth is how many columns the text takes. It has been cleaned.
func textWidth(text string) int {
	n := 0
	for _, r := range text {
		n += columns(r)
	}
	return n
}

// wrap breaks text at spaces into lines of at most first, then rest columns,
// and within words that are longer than a line, such as ARNs.
func wrap(text string, first, rest int) []string {
	var lines []string
	var line strings.Builder
	used, room := 0, max(first, 2) // 2: no character is wider
	rest = max(rest, 2)
	flush := func() {
		lines = append(lines, line.String())
		line.Reset()
		used, room = 0, rest
	}
	for _, word := range strings.Fields(text) {
		w := textWidth(word)
		switch {
		case used == 0:
		case used+1+w <= room:
			line.WriteByte(' ')
			used++
		case w > rest && room-used > room/3:
			// A word that fits on no line begins here, if there is some room.
			line.WriteByte(' ')
			used++
		default:
			flush()
		}
		for _, r := range word {
			if used+columns(r) > room {
				flush()
			}
			line.WriteRune(r)
			used += columns(r)
		}
	}
	if used > 0 || len(lines) == 0 {
		flush()
	}
	return lines
}
