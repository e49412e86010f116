package github

import (
	"strings"

	"github.com/sekisho/sekisho"
)

// clientOf sorts a user agent, so that "another program than usual" can be said. It is
// the caller's own word.
func clientOf(raw string) sekisho.Client {
	if raw == "" {
		return sekisho.Client{}
	}
	t := strings.ToLower(raw)
	return sekisho.Client{Family: clientFamily(t), OS: clientOS(t), Raw: raw}
}

// families by what the text contains. Git as a workflow checks out with it names the
// workflow too; a browser's name comes last because others imitate it.
var families = [...]struct{ contains, family string }{
	{"github-actions", "actions"}, {"actions/", "actions"}, {"launch/", "actions"},
	{"octokit", "octokit"}, {"github cli", "gh"}, {"mozilla/", "browser"},
}

func clientFamily(t string) string {
	for _, f := range families {
		if strings.Contains(t, f.contains) {
			return f.family
		}
	}
	return product(t)
}

// product is the first program that the text names, as far as it looks like a name:
// "curl" of "curl/8.1". The cap keeps free text out of habits.
func product(t string) string {
	const most = 32
	n := 0
	for n < len(t) && n < most && ('0' <= t[n] && t[n] <= '9' || 'a' <= t[n] && t[n] <= 'z' || t[n] == '.' || t[n] == '_' || t[n] == '-') {
		n++
	}
	return t[:n]
}

func clientOS(t string) string {
	switch {
	case strings.Contains(t, "linux"):
		return "linux"
	case strings.Contains(t, "windows"):
		return "windows"
	case strings.Contains(t, "mac os x"), strings.Contains(t, "macintosh"), strings.Contains(t, "darwin"), strings.Contains(t, "macos"):
		return "macos"
	}
	return ""
}
