package console

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/normalize"
)

// sender is who delivers, by a token or a signature.
type sender struct {
	kind, name string   // kind: "token" or "webhook"
	sources    []string // whose records it may deliver; empty: all
}

// senderOf is who sent a request by a token that was let through, nil if a signature has to
// tell.
func senderOf(r *http.Request) *sender {
	if t, ok := r.Context().Value(tokenKey{}).(*Token); ok {
		return &sender{"token", t.Name, t.Sources}
	}
	return nil
}

// meant reports whether the sender may deliver records of a source; Any says nothing of
// what they are.
func (x *sender) meant(source string) bool {
	return len(x.sources) == 0 || source == normalize.Any || slices.Contains(x.sources, source)
}

// foreign are the sources of records in a body whose sender is not for them. What a record
// is its content says, wherever it was sent. One that several formats claim, which only a
// forger writes, is of each of them: which comes first is nobody's promise. The body must be
// read again after it.
func (x *sender) foreign(b *ingest.Body, formats []normalize.Format) (names []string) {
	if len(x.sources) == 0 {
		return nil
	}
	found := func(name string) {
		if !slices.Contains(x.sources, name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	others := slices.DeleteFunc(slices.Clone(formats), func(f normalize.Format) bool { return slices.Contains(x.sources, f.Name) })
	ask := func(dst, raw []byte) {
		for i := range others {
			if _, _, verdict, _ := others[i].Compact(dst, raw); verdict == normalize.Read {
				found(others[i].Name)
			}
		}
	}
	// It is cut into records just as for being judged; only, the others are asked as well.
	wary := slices.Clone(formats)
	for i := range wary {
		f := &formats[i]
		if !slices.Contains(x.sources, f.Name) {
			continue
		}
		wary[i].Compact = func(dst, raw []byte) ([]byte, normalize.Key, normalize.Verdict, string) {
			out, key, verdict, reason := f.Compact(dst, raw)
			if verdict != normalize.NotMine {
				ask(out, raw)
			}
			return out, key, verdict, reason
		}
		if f.Prefix == nil {
			continue
		}
		wary[i].Prefix = func(dst, text []byte) ([]byte, int, normalize.Key) {
			out, length, key := f.Prefix(dst, text)
			if length > 0 {
				ask(out, text[:length])
			}
			return out, length, key
		}
	}
	b.Read(wary)
	for i := range b.Records {
		found(wary[b.Records[i].Format].Name)
	}
	return names
}

// refuse answers a sender that brings records of sources which it is not for. Whoever holds
// its secret may have found it, so the operator is told, though not as often as a sender
// likes.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, x *sender, names []string) {
	s.o.Live.Counts().Refused.Add(1)
	if s.told.Allow() {
		s.o.Log.LogAttrs(context.WithoutCancel(r.Context()), slog.LevelWarn, "a delivery was refused whole: its sender is not for these records; if nobody mistook the address, its secret is in other hands: make a new one",
			slog.String(x.kind, x.name), slog.Any("records", names), slog.Any("sources", x.sources), slog.String("from", r.RemoteAddr))
	}
	problem(w, http.StatusForbidden, fmt.Sprintf("the %s %s is not for records of %s", x.kind, x.name, strings.Join(names, ", ")),
		fmt.Sprintf("nothing of this was taken; the %s is for %s: send others with one that is for them, or add them to its sources in service.%ss", x.kind, strings.Join(x.sources, ", "), x.kind))
}
