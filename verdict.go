package sekisho

import "time"

// Verdict is what a person decided of an incident. Verdicts are events: the same
// ones at the same time give the same bits again.
type Verdict struct {
	Incident string // id
	Kind     VerdictKind
	By       string // who decided
	At       time.Time
	Note     string
}

// VerdictKind is what was decided.
type VerdictKind uint8

const (
	VerdictNone       VerdictKind = iota
	VerdictTrue                   // an attack: nothing of it is ever learned
	VerdictFalse                  // ordinary work: it may be learned
	VerdictAuthorised             // a drill or declared work that looks like an attack: learned as false is
)

// String is the word of files and reports; "" for none.
func (k VerdictKind) String() string {
	return [...]string{"", "true", "false", "authorised"}[min(int(k), 3)]
}

// Harmless reports whether what the incident held may be learned.
func (k VerdictKind) Harmless() bool { return k == VerdictFalse || k == VerdictAuthorised }
