package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"time"
	"unicode/utf8"

	"github.com/sekisho/sekisho/live"
)

// changeMax caps the body of a change: a note of some sentences.
const changeMax = 16 << 10

// noteMost is how many characters a note may have.
const noteMost = 1024

// read takes the body of a change, strictly, or answers what is wrong.
func read(w http.ResponseWriter, r *http.Request, v any) bool {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, changeMax))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			problem(w, http.StatusRequestEntityTooLarge, "the body is larger than 16 KiB", "shorten the note")
			return false
		}
		problem(w, http.StatusBadRequest, "the body could not be read to its end", "send it again")
		return false
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		problem(w, http.StatusBadRequest, "the body is not the JSON object that is wanted", "GET /v1/openapi.yaml shows it")
		return false
	}
	if d.More() {
		problem(w, http.StatusBadRequest, "the body holds more than one object", "send one")
		return false
	}
	return true
}

// say puts a person's word into the log, and answers only when it is durable and has
// taken effect.
func (s *Server) say(w http.ResponseWriter, r *http.Request, word live.Word) bool {
	word.By, word.At = tokenOf(r).Name, time.Now().UTC()
	res := s.o.Say(r.Context(), word)
	switch {
	case errors.Is(res.Err, live.ErrBusy):
		later(w, http.StatusTooManyRequests, "as many deliveries wait as may")
	case res.Err != nil:
		later(w, http.StatusServiceUnavailable, "the service is not taking changes now")
	default:
		if err := s.o.View.Flush(); err != nil { // who said it sees it
			s.o.Log.Error("what is shown is behind", "error", err)
		}
		s.o.Log.Info("a change", "by", word.By, "what", word.What, "target", word.Target, "detail", word.Detail)
		return true
	}
	return false
}

// verdict takes what a person found of an incident.
func (s *Server) verdict(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Verdict string `json:"verdict"`
		Note    string `json:"note"`
	}
	if !read(w, r, &in) {
		return
	}
	if in.Verdict != "true" && in.Verdict != "false" && in.Verdict != "authorised" {
		problem(w, http.StatusBadRequest, "there is no such verdict", "true: an attack; false: a false alarm; authorised: a drill or declared work")
		return
	}
	if utf8.RuneCountInString(in.Note) > noteMost {
		problem(w, http.StatusBadRequest, "the note is longer than 1024 characters", "shorten it")
		return
	}
	id := r.PathValue("id")
	if _, err := s.o.View.Incident(r.Context(), id); err != nil {
		s.noIncident(w, r, err)
		return
	}
	if s.say(w, r, live.Word{What: "verdict", Target: id, Detail: in.Verdict, Note: in.Note}) {
		answer(w, http.StatusOK, map[string]string{"incident": id, "verdict": in.Verdict, "by": tokenOf(r).Name})
	}
}

// backupName is what a backup may be called: it becomes a folder.
var backupName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// backup makes a copy of log and state in the data folder, while the service runs.
func (s *Server) backup(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Name string `json:"name"`
	}
	if !read(w, r, &in) {
		return
	}
	if !backupName.MatchString(in.Name) {
		problem(w, http.StatusBadRequest, "that cannot be the name of a backup", "letters, digits, dots and dashes, at most 64, a letter or a digit first")
		return
	}
	if !s.say(w, r, live.Word{What: "backup", Target: in.Name}) {
		return
	}
	path, err := s.o.Backup(in.Name)
	switch {
	case errors.Is(err, ErrExists):
		problem(w, http.StatusConflict, "there is a backup of that name", "give another name, or move that one away")
	case err != nil:
		s.broken(w, r, err)
	default:
		answer(w, http.StatusOK, map[string]string{"name": in.Name, "path": path})
	}
}

// ErrExists says that there is a backup of that name.
var ErrExists = errors.New("there is a backup of that name")
