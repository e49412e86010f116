package normalize

import "strings"

// Repository is what the subject of a build's token says of where its code is:
// "repo:example/shop" of "repo:example/shop:ref:refs/heads/main". The hosted build
// services put it first; "" for a subject of another form. Where a service writes the
// ids of owner and repository behind their names ("repo:example@17/shop@23:…"), which it
// does for what was made or moved lately, they are left out: the name is what all its
// other records have.
func Repository(subject string) string {
	for _, prefix := range [...]string{"repo:", "project_path:"} {
		rest, ok := strings.CutPrefix(subject, prefix)
		if !ok {
			continue
		}
		name, _, _ := strings.Cut(rest, ":")
		if prefix == "repo:" && strings.Contains(name, "@") {
			owner, repo, _ := strings.Cut(name, "/")
			name = withoutID(owner) + "/" + withoutID(repo)
		}
		return prefix + name
	}
	return ""
}

func withoutID(name string) string {
	before, id, found := strings.Cut(name, "@")
	if !found || id == "" || strings.Trim(id, "0123456789") != "" {
		return name
	}
	return before
}

// Mail is the lower-case form of a name that is a mail address, "" for any other: what
// systems know the same person by. A name of another form is the system's own.
func Mail(name string) string {
	if strings.Count(name, "@") != 1 || strings.ContainsAny(name, " /") || strings.HasPrefix(name, "@") || strings.HasSuffix(name, "@") {
		return ""
	}
	return strings.ToLower(name)
}
