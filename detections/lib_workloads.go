package detections

import (
	"strings"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
	"github.com/sekisho/sekisho/normalize"
)

// roleFor is the role that a workload runs with after a change of it, as far as
// the change or what was seen before tells. A machine names a profile, which
// holds the role: consoles give both one name, so that of an unknown profile
// the role of its name is taken.
func roleFor(s *detect.Scope, x *sekisho.Effect) sekisho.Ref {
	role := x.Identity
	if role.Zero() {
		role = s.RoleOf(x.Workload)
	}
	if role.Zero() && x.Alias != "" {
		role = s.RoleOf(x.Alias) // as sessions that do not know its full name call it
	}
	if role.Type != "profile" {
		return role
	}
	if held := s.RoleOf(role.ARN); !held.Zero() {
		return held
	}
	if same := (sekisho.Ref{Name: role.Name, Account: role.Account, Type: "role"}); same.Name != "" && s.Exists(same) {
		return same
	}
	return role
}

// nameOf takes a workload's resource name apart: the sort of thing, the account
// that the name holds ("" if none) and its own name. It agrees with the names
// under which Facts.Lookalike knows workloads.
func nameOf(workload string) (sort, account, name string) {
	parts := strings.SplitN(workload, ":", 6)
	rest := workload
	if len(parts) == 6 {
		account, rest = parts[4], parts[5]
	}
	i := strings.LastIndexAny(rest, "/:")
	if i < 0 {
		return "", account, rest
	}
	sort = rest[:i]
	if j := strings.IndexAny(sort, "/:"); j >= 0 {
		sort = sort[:j]
	}
	return sort, account, rest[i+1:]
}

// sourceOf takes the subject of a build's token apart: the repository with its
// prefix, "repo:example/shop", and where in it the build came from,
// "ref:refs/heads/main". "" for a subject that is no build's. The two forms are
// those of the hosted build services; both put the repository first.
func sourceOf(subject string) (repository, ref string) {
	if repository = normalize.Repository(subject); repository == "" {
		return "", ""
	}
	_, ref, _ = strings.Cut(strings.TrimPrefix(strings.TrimPrefix(subject, "repo:"), "project_path:"), ":")
	return repository, ref
}

// artefacts are the changes of what workloads are made from: packages and tags
// that are pushed many times a day, and whose habit is the pusher's.
var artefacts = map[string]bool{"image": true, "artefact": true}

// codeOfBuilds are the changes of what builds run and run on, which people make all day
// in a code host: see the behaviour about strangers.
var codeOfBuilds = map[string]bool{"source": true, "runner": true}
