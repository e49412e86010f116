package baseline

import (
	"math/bits"
	"strconv"
	"strings"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
)

// halves are 2^(-d/14) for d of 0 to 13, in 65536ths: what d days leave of what
// halves in fourteen (the behaviour model's decay).
var halves = [halfLife]uint64{65536, 62370, 59357, 56489, 53760, 51162, 48690, 46341, 44102, 41971, 39943, 38014, 36177, 34429}

const halfLife = 14

// fade is what so many days leave of an amount, rounded.
func fade(amount, days uint64) uint64 {
	if days == 0 || amount == 0 {
		return amount
	}
	return (amount*halves[days%halfLife]>>min(days/halfLife, 63) + 1<<15) >> 16
}

// group is what is usual among many: rates by identity and day.
type group struct {
	exposure uint64 // days of identities that still count, in eighths
	day      int64
	values   map[uint64]share // by hash; bounded by valuesMax
}

// share is how many days of identities showed a value.
type share struct {
	mass uint32 // in eighths
	day  uint32 // the last of them
}

const (
	// valuesMax bounds a group's values. What has no room stays rare there, which
	// errs on the loud side; an identity's own habits are another matter.
	valuesMax = 1 << 14
	heirsMax  = 1 << 16

	inAccount = "account " // before an account's id, in the names of groups
	everyone  = "everyone"
)

func (s *Store) group(name string) *group {
	g := s.groups[name]
	if g == nil {
		g = &group{values: map[uint64]share{}}
		s.groups[name] = g
	}
	return g
}

// expose counts days on which a member was active.
func (g *group) expose(day int64, days int) {
	if day > g.day {
		g.exposure, g.day = fade(g.exposure, uint64(day-g.day)), day
	}
	g.exposure += uint64(days) * dayUnit
}

// count counts a day on which a member showed a value.
func (g *group) count(hash uint64, day int64) {
	hash &= hashMask
	v, had := g.values[hash]
	if !had && len(g.values) >= valuesMax {
		return
	}
	if today := uint32(day); today > v.day {
		v.mass, v.day = uint32(fade(uint64(v.mass), uint64(today-v.day))), today
	}
	v.mass += dayUnit
	g.values[hash] = v
}

// rate is a group's exposure, and how much of it showed a value, on a day.
func (g *group) rate(hash uint64, day int64) (shown, all uint64) {
	if g == nil {
		return 0, 0
	}
	all = g.exposure
	if day > g.day {
		all = fade(all, uint64(day-g.day))
	}
	v := g.values[hash&hashMask]
	shown = uint64(v.mass)
	if today := uint32(day); today > v.day && shown > 0 {
		shown = fade(shown, uint64(today-v.day))
	}
	return min(shown, all), all
}

// peers names whom an identity is like: the same kind of principal with the same
// sort of role, in whatever account. Who has no habits yet is like who made it.
func (s *Store) peers(a *sekisho.Actor) string {
	if a.ARN != "" && s.identities[a.ID] == nil {
		if of, made := s.heirs[a.ARN]; made {
			return of
		}
	}
	switch a.Type {
	case sekisho.ActorRole:
		return "role " + a.WorkloadType + " " + stem(a.Name)
	case sekisho.ActorUser:
		return "user " + a.Kind.String()
	}
	return a.Kind.String() + " " + a.WorkloadType
}

// stem is a name without the parts that hold digits, which tell one of a kind
// from the next: "reader" of "reader-3f2a".
func stem(name string) string {
	var b strings.Builder
	for part := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '-' || r == '_' || r == '.' }) {
		if strings.ContainsAny(part, "0123456789") {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('-')
		}
		b.WriteString(part)
	}
	return b.String()
}

// Strengths of what is known of many against what is known of fewer: as if it had
// been seen on so many days (tau of the behaviour model), in eighths.
const (
	tauPrincipal = 20 * dayUnit
	tauPeers     = 50 * dayUnit
	tauAccount   = 200 * dayUnit
	// prior is the experience that everyone starts with: on a first day what was
	// never seen is as rare as if a hundred days of identities had not shown it
	// (start value; the days of one small team in a month).
	prior = 100 * dayUnit
)

// Surprise implements detect.Habits. A rate that is known of few is drawn towards
// that of its peers, theirs towards the account's, and that towards everyone's,
// who for what was never seen have shown it on half a day.
func (s *Store) Surprise(e *sekisho.Event, f detect.Feature, value string) detect.Surprise {
	h, day := hash(f, value), e.Time.Unix()/86400
	var out detect.Surprise
	var shown, all uint64
	if own := s.of(e.Actor.ID); own != nil {
		w := own.word(h)
		out.Days, out.Own = int(own.days), min(int(w&countMask), int(own.days))
		all = uint64(own.active)
		if day > own.last {
			all = fade(all, uint64(day-own.last))
		}
		shown = min(mass(w, day), all)
	}
	if a := s.accounts[e.Account]; a != nil && int(a.find(h)) > out.Own {
		out.Peers = 1 // who the others are is not kept: at least one
	}
	x, n := s.groups[everyone].rate(h, day)
	p := ((x+dayUnit/2)<<32)/(n+prior) + 1
	x, n = s.groups[inAccount+e.Account].rate(h, day)
	p = (x<<32 + tauAccount*p) / (n + tauAccount)
	x, n = s.groups[s.peers(&e.Actor)].rate(h, day)
	p = (x<<32 + tauPeers*p) / (n + tauPeers)
	p = (shown<<32 + tauPrincipal*p) / (all + tauPrincipal)
	out.Nats = surprisal(min(p, 1<<32), 1<<32)
	return out
}

// What is counted of an account beside the features of who acts in it: the days
// on which it was watched for arrivals, and those on which an identity first acted
// in it that nobody had made, by its sort.
const (
	watched  = detect.Features
	arrivals = detect.Features + 1
)

// settled is after how many days an account is watched for arrivals: in its first
// week everyone arrives.
const settled = 7

// arrival is what is counted of an account where the actor first acts in it, 0
// where its making is on record: who was made has a reason to be new. A key's user
// seldom arrives, sessions of what runs things often do.
func (s *Store) arrival(a *sekisho.Actor) uint64 {
	if !s.unmade(a) {
		return 0
	}
	return hash(arrivals, strconv.Itoa(int(a.Type))+" "+a.WorkloadType)
}

func (s *Store) unmade(a *sekisho.Actor) bool {
	if s.of(a.ID) != nil {
		return false
	}
	_, made := s.heirs[a.ARN]
	return !made || a.ARN == ""
}

// Unmade implements detect.Habits.
func (s *Store) Unmade(e *sekisho.Event) (days int) {
	if a := s.accounts[e.Account]; a != nil && int(a.days) > 0 && s.unmade(&e.Actor) {
		return int(a.days)
	}
	return 0
}

// Arrival implements detect.Habits.
func (s *Store) Arrival(e *sekisho.Event) detect.Surprise {
	a, h := s.accounts[e.Account], s.arrival(&e.Actor)
	if a == nil || h == 0 {
		return detect.Surprise{}
	}
	day, w := e.Time.Unix()/86400, a.word(h)
	all := mass(a.word(hash(watched, "")), day)
	out := detect.Surprise{Days: int(a.days), Own: int(w & countMask)}
	// Half a day for one more: the estimate of Krichevsky and Trofimov.
	out.Nats = surprisal(2*min(mass(w, day), all)+dayUnit, 2*all+2*dayUnit)
	return out
}

// SurpriseOf implements detect.Habits. Of a workload or a role it is known who
// changed it (detect.Touched) and who took it (detect.Assumed), by Actor.ID.
func (s *Store) SurpriseOf(subject string, f detect.Feature, value string) detect.Surprise {
	if f == detect.Assumed {
		subject = assumed + subject
	}
	w := s.workloads[subject]
	if w == nil {
		return detect.Surprise{}
	}
	out := detect.Surprise{Days: int(w.days)}
	out.Own = min(int(w.find(hash(detect.Touched, value))), out.Days)
	// Half a day for someone new: the estimate of Krichevsky and Trofimov.
	out.Nats = surprisal(uint64(2*out.Own+1), uint64(2*out.Days+2))
	return out
}

// surprisal is −ln(part/whole), in whole numbers: the same on every machine.
func surprisal(part, whole uint64) sekisho.Nats {
	if part == 0 {
		part = 1
	}
	return max(0, ln(whole)-ln(part))
}

// ln is the natural logarithm of a whole number of at least 1, to a millionth or
// two: 32 binary digits of the logarithm to the base of 2, found by squaring.
func ln(x uint64) sekisho.Nats {
	n := bits.Len64(x) - 1
	log := uint64(n) << 32
	m := x << (63 - n) // in [1, 2), with 63 digits after the point
	for bit := uint64(1) << 31; bit > 0; bit >>= 1 {
		hi, lo := bits.Mul64(m, m)
		if hi >= 1<<63 {
			m = hi
			log |= bit
		} else {
			m = hi<<1 | lo>>63
		}
	}
	const billionths = 693147181 // of ln 2
	hi, lo := bits.Mul64(log, billionths)
	return sekisho.Nats((hi<<32 | lo>>32) / 1000)
}
