package detections

import (
	"testing"

	"github.com/sekisho/sekisho/inventory"
)

// TestNameOf: a behaviour must take a name apart as the inventory does, which it
// may not import, or nothing would ever look like anything.
func TestNameOf(t *testing.T) {
	for _, w := range []string{"function/resize", "urn:111122223333:function/resize", "i-1", "", "storage/a/b",
		"urn:cloud:functions:eu-west-1:111122223333:function:resize", "urn:cloud:tasks:eu-west-1:111122223333:task-definition/shop:7"} {
		s1, a1, n1 := nameOf(w)
		s2, a2, n2 := inventory.WorkloadName(w)
		if s1 != s2 || a1 != a2 || n1 != n2 {
			t.Errorf("%q: %q %q %q, the inventory says %q %q %q", w, s1, a1, n1, s2, a2, n2)
		}
	}
}

func TestSourceOf(t *testing.T) {
	for _, c := range []struct{ subject, repository, ref string }{
		{"repo:example/shop:ref:refs/heads/main", "repo:example/shop", "ref:refs/heads/main"},
		{"repo:example/shop:pull_request", "repo:example/shop", "pull_request"},
		{"repo:example/shop", "repo:example/shop", ""},
		{"project_path:group/shop:ref_type:branch:ref:main", "project_path:group/shop", "ref_type:branch:ref:main"},
		{"system:serviceaccount:shop:web", "", ""},
		{"ann@example.com", "", ""},
		{"", "", ""},
	} {
		if repository, ref := sourceOf(c.subject); repository != c.repository || ref != c.ref {
			t.Errorf("%q: %q and %q, want %q and %q", c.subject, repository, ref, c.repository, c.ref)
		}
	}
}
