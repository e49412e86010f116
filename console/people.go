package console

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/sekisho/sekisho/detect"
	"github.com/sekisho/sekisho/engine"
	"github.com/sekisho/sekisho/view"
)

// number reads a whole number of a query within bounds, or answers what is wrong.
func number(w http.ResponseWriter, r *http.Request, name string, usual, least, most int64) (int64, bool) {
	q := r.URL.Query()
	if !q.Has(name) {
		return usual, true
	}
	n, err := strconv.ParseInt(q.Get(name), 10, 64)
	if err != nil || n < least || n > most {
		problem(w, http.StatusBadRequest, name+" is not a number from "+strconv.FormatInt(least, 10)+" to "+strconv.FormatInt(most, 10), "leave it out for "+strconv.FormatInt(usual, 10))
		return 0, false
	}
	return n, true
}

// identities answers a page of who was seen to act.
func (s *Server) identities(w http.ResponseWriter, r *http.Request) {
	limit, ok := number(w, r, "limit", limitUsual, 1, limitMost)
	if !ok {
		return
	}
	q := r.URL.Query()
	list, err := s.o.View.Identities(r.Context(), q.Get("match"), q.Get("cursor"), int(limit)+1)
	if err != nil {
		s.broken(w, r, err)
		return
	}
	next := ""
	if len(list) > int(limit) {
		list = list[:limit]
		next = list[limit-1].ID
	}
	answer(w, http.StatusOK, map[string]any{"identities": list, "next": next})
}

// usual is what is normal for an identity, as it was learned: what belongs to an open
// incident is not in it.
type usual struct {
	Since     string  `json:"since"`
	Days      int     `json:"days"`
	Events    int     `json:"events"`
	Networks  []trait `json:"networks"`
	Programs  []trait `json:"programs"`
	Services  []trait `json:"services"`
	Hours     [24]int `json:"hours"` // days on which it was active in each hour (UTC)
	Breadth   amount  `json:"distinct_actions_a_day"`
	PerMinute amount  `json:"calls_in_its_busiest_minute"`
	Refusals  amount  `json:"refusals_a_day"`
}

type trait struct {
	Value  string `json:"value"`
	Days   int    `json:"days"`
	LastOn string `json:"last_on"`
}

// amount is detect.Amount as it is answered.
type amount struct {
	Days    int   `json:"days"`
	Usual   int64 `json:"usual"`
	Highest int64 `json:"highest"`
}

func traits(list []detect.Trait) []trait {
	out := make([]trait, 0, len(list))
	for _, t := range list {
		out = append(out, trait{t.Value, t.Days, t.Last.UTC().Format(time.DateOnly)})
	}
	return out
}

// identity answers who one is, what is normal for it, and which incidents hold it.
func (s *Server) identity(w http.ResponseWriter, r *http.Request) {
	n, err := s.o.View.Identity(r.Context(), r.PathValue("id"))
	switch {
	case errors.Is(err, view.ErrNone):
		problem(w, http.StatusNotFound, "nobody of that id was seen to act", "GET /v1/identities?match=NAME finds the id of a name or an ARN")
		return
	case err != nil:
		s.broken(w, r, err)
		return
	}
	var habits *usual
	err = s.o.Live.Do(r.Context(), func(g *engine.Engine) {
		p, ok := g.Portrait(n.ID)
		if !ok {
			return
		}
		habits = &usual{Since: p.Since.UTC().Format(time.DateOnly), Days: p.Days, Events: p.Events,
			Networks: traits(p.Networks), Programs: traits(p.Software), Services: traits(p.Services), Hours: p.Hours,
			Breadth: amount(p.Breadth), PerMinute: amount(p.PerMinute), Refusals: amount(p.Refusals)}
	})
	if err != nil {
		s.broken(w, r, err)
		return
	}
	answer(w, http.StatusOK, struct {
		*view.Identity
		Usual *usual `json:"usual"`
	}{n, habits})
}

// decisions answers what was decided on an incident, and when that was known.
func (s *Server) decisions(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if _, err := s.o.View.Incident(r.Context(), id); err != nil {
		s.noIncident(w, r, err)
		return
	}
	list, err := s.o.View.Decisions(r.Context(), id)
	if err != nil {
		s.broken(w, r, err)
		return
	}
	answer(w, http.StatusOK, map[string]any{"decisions": list})
}

func (s *Server) noIncident(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, view.ErrNone) {
		problem(w, http.StatusNotFound, "there is no incident of that id", "GET /v1/incidents lists them")
		return
	}
	s.broken(w, r, err)
}

// audit answers what people said and changed, the newest first.
func (s *Server) audit(w http.ResponseWriter, r *http.Request) {
	limit, ok := number(w, r, "limit", limitUsual, 1, limitMost)
	if !ok {
		return
	}
	before, ok := number(w, r, "before", 0, 0, 1<<62)
	if !ok {
		return
	}
	list, err := s.o.View.Audit(r.Context(), before, int(limit))
	if err != nil {
		s.broken(w, r, err)
		return
	}
	answer(w, http.StatusOK, map[string]any{"audit": list})
}

// coverage answers what each part of the organisation brings, and what is missing.
func (s *Server) coverage(w http.ResponseWriter, r *http.Request) {
	if s.o.Coverage == nil {
		problem(w, http.StatusNotFound, "coverage is not known here", "")
		return
	}
	c, err := s.o.Coverage(r.Context())
	if err != nil {
		s.broken(w, r, err)
		return
	}
	answer(w, http.StatusOK, c)
}
