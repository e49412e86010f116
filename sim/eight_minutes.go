package sim

import (
	"fmt"
	"time"
)

// EightMinutesOptions choose a variant of the recording.
type EightMinutesOptions struct {
	Seed  uint64
	Start time.Time // of the attack's first call
	// Pace is the time from the first call to the first change of the
	// function's code; 0 means as recorded, eight minutes. What comes later is
	// stretched or squeezed alike, but never more than 24-fold: a slow intruder
	// is in a hurry once he is administrator, and the recording stays finite.
	// Calls inside one sitting are squeezed but never stretched, because a
	// session lasts an hour however patient its holder is.
	Pace time.Duration
	// HistoryDays of ordinary work come before the day of the attack; with
	// NoBackground there is none at all.
	HistoryDays  int
	NoBackground bool
	// RandomNames draws all names from the seed.
	RandomNames bool
	// NotDemonstrated leaves out the set-up function's nightly key rotation,
	// so that nothing shows what its role may do.
	NotDemonstrated bool
	// DataEvents adds what a trail records only when told to: the function's
	// invocations and the objects read.
	DataEvents bool
	Accounts   int // 0 means 3
	People     int // 0 means 6
}

const (
	recordedTakeover = 8 * time.Minute // theft of the key to the function's change
	stretchMax       = 24
)

// EightMinutes makes the recording of the takeover that Sysdig observed on
// 2025-11-28 and published on 2026-02-03. Order, offsets, names, failures and
// counts are the write-up's where it gives them; order inside a phase, the
// parameters and everything around them are ours.
//
// Its 19 principals are taken as 14 sessions of six roles and five users who
// sign something: the one whose key was found, the administrator, the model
// user, the directory user and the user that was made. The first administrator
// (by name only) had a key minted for him that nobody used, and the function's
// own session is a workload, not one of the 19.
func EightMinutes(o EightMinutesOptions) (*Recording, *Truth, error) {
	if o.Pace < 0 || o.HistoryDays < 0 {
		return nil, nil, fmt.Errorf("make the recording: pace %s and history of %d days must not be negative", o.Pace, o.HistoryDays)
	}
	if o.Accounts == 0 {
		o.Accounts = 3
	}
	if o.People == 0 {
		o.People = 6
	}
	if o.Accounts < 2 {
		return nil, nil, fmt.Errorf("make the recording: it needs a management account beside its own, so at least 2 accounts, not %d", o.Accounts)
	}
	o.Start = o.Start.UTC().Truncate(time.Second)
	n := recordedNames
	if o.RandomNames {
		n = drawnNames(NewRand(o.Seed, "names"))
	}
	rec := newRecording(o.Seed)
	midnight := o.Start.Truncate(24 * time.Hour)
	g := newOrganization(OrganizationOptions{Seed: o.Seed, Start: midnight, Accounts: o.Accounts, People: o.People}, rec, n)
	g.demonstrate = !o.NotDemonstrated

	a := newAttack(g, o)
	a.play()
	if !o.NoBackground {
		last := rec.entries[0].at
		for i := range rec.entries {
			if t := rec.entries[i].at; t.After(last) {
				last = t
			}
		}
		from := midnight.AddDate(0, 0, -o.HistoryDays)
		days := int(last.Sub(from)/(24*time.Hour)) + 1
		g.work(from, days)
		rec.cut(from, from.AddDate(0, 0, days))
	}
	rec.sort()

	t := a.truth
	t.gather(rec)
	t.PointOfNoReturn = t.event(a.mintedAdmin)
	t.FirstCodeChange, t.FirstMint = t.event(a.changedCode), t.event(a.mintedFirst)
	return rec, t, nil
}

// attack is the intruder at work.
type attack struct {
	g        *organization
	main     *place
	o        EightMinutesOptions
	r        *Rand
	truth    *Truth
	used     map[string]bool // addresses
	execRole *session
	ready    map[string]time.Time // user id → when its minted key can be used
	// keys that were taken
	admin, model, sync, backdoor *user

	mintedAdmin, mintedFirst, changedCode string
}

func newAttack(g *organization, o EightMinutesOptions) *attack {
	pace := o.Pace
	if pace == 0 {
		pace = recordedTakeover
	}
	a := &attack{g: g, main: g.places[0], o: o, r: NewRand(o.Seed, "attack"), used: map[string]bool{}, ready: map[string]time.Time{}}
	taken := func(u *user) *user { return &user{u.account, u.name, u.id, a.r.longKey()} }
	a.admin, a.model, a.sync = taken(g.admin), taken(g.model), taken(g.sync)
	a.backdoor = &user{a.main.id, g.names.Backdoor, a.r.userID(), a.r.longKey()}
	a.truth = &Truth{Schema: "sekisho.sim.truth/v1", Campaign: fmt.Sprintf("eight-minutes-%d", o.Seed), Root: userActor(g.victim),
		Settings: TruthSettings{Seed: o.Seed, Start: o.Start.Format(time.RFC3339), PaceSeconds: int(pace / time.Second), Background: !o.NoBackground,
			HistoryDays: o.HistoryDays, Demonstrated: !o.NotDemonstrated, RecordedNames: !o.RandomNames, DataEvents: o.DataEvents}}
	for _, u := range []*user{g.victim, a.admin, a.backdoor, a.model, a.sync} {
		a.truth.Principals = append(a.truth.Principals, userActor(u))
	}
	return a
}

func userActor(u *user) TruthActor {
	return TruthActor{Kind: "user", ID: u.id, Name: u.name, ARN: u.arn(), Account: u.account, Credential: u.key, Identity: u.id}
}

func sessionActor(s *session) TruthActor {
	return TruthActor{Kind: "session", ID: s.principal(), Name: s.name, ARN: s.arn(), Account: s.role.account, Credential: s.key, Identity: s.role.id}
}

// address is a new one for every request: the intruder used a rotator. All are
// in 198.18.0.0/15, the range for benchmarks, and none shares a /24 with the
// one before.
func (a *attack) address() string {
	for {
		ip := fmt.Sprintf("198.%d.%d.%d", 18+a.r.IntN(2), a.r.IntN(256), 1+a.r.IntN(254))
		if !a.used[ip] {
			a.used[ip] = true
			return ip
		}
	}
}

// at is when something recorded so long after the first call happens here.
func (a *attack) at(recorded time.Duration) time.Time {
	pace := a.truth.Settings.PaceSeconds
	scale := func(d time.Duration, f int) time.Duration {
		return d * time.Duration(f) / (recordedTakeover / time.Second)
	}
	if recorded <= recordedTakeover {
		return a.o.Start.Add(scale(recorded, pace))
	}
	return a.o.Start.Add(scale(recordedTakeover, pace) + scale(recorded-recordedTakeover, min(pace, stretchMax*int(recordedTakeover/time.Second))))
}

// sits is the intruder with one identity from a given moment on, with so many
// seconds between two calls at the recorded pace.
func (a *attack) sits(recorded time.Duration, w who, phase string, pauseMin, pauseMax int) *hand {
	h := &hand{rec: a.g.rec, r: a.r, place: a.main, who: w, from: origin{agent: agentBoto}, now: a.at(recorded), phase: phase, address: a.address,
		pauseMin: pauseMin, pauseMax: pauseMax}
	if f := a.truth.Settings.PaceSeconds; f < int(recordedTakeover/time.Second) {
		h.pauseMin, h.pauseMax = pauseMin*f/480, (pauseMax*f+479)/480
	}
	// However fast the pace, a key is used after it was made.
	h.now = later(h.now, a.ready[w.id])
	return h
}

// takes assumes one of the six roles; the session counts as a principal.
func (a *attack) takes(h *hand, role, name int) *hand {
	phase := h.phase
	h.phase = "lateral-movement"
	in, s := h.assume(a.g.roles[role], a.g.names.Sessions[name], 60, "")
	h.phase, in.phase = phase, phase
	a.truth.Principals = append(a.truth.Principals, sessionActor(s))
	return in
}

// triesRole is an AssumeRole that is refused; the record shows the role only in
// the message.
func (a *attack) triesRole(h *hand, account, name string) {
	phase := h.phase
	h.phase = "lateral-movement"
	c := refused(call{name: "sts:AssumeRole"}, h.who.arn, "arn:aws:iam::"+account+":role/"+name)
	h.call(c)
	h.phase = phase
}

// mints makes an access key for somebody.
func (a *attack) mints(h *hand, owner *user, used bool) string {
	id := h.call(newKey(owner.name, owner.key, h.now))
	a.ready[owner.id] = h.now
	a.truth.Minted = append(a.truth.Minted, TruthKey{owner.key, owner.id, id, used})
	return id
}

func minutes(m, s int) time.Duration {
	return time.Duration(m)*time.Minute + time.Duration(s)*time.Second
}

// play is the whole of it, phase by phase.
func (a *attack) play() {
	a.looksAround()
	a.fansOut()
	a.rewritesTheFunction()
	a.becomesAdministrator()
	a.triesOtherAccounts()
	a.takesTheModels()
	a.readsEverything()
	a.movesOn()
	a.launchesMachines()
}
