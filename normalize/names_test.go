package normalize

import "testing"

// TestRepository: the forms of subjects, and what is none.
func TestRepository(t *testing.T) {
	for subject, want := range map[string]string{
		"repo:example/shop:ref:refs/heads/main":              "repo:example/shop",
		"repo:example@17/shop@23:ref:refs/heads/main":        "repo:example/shop",
		"repo:example@evil/shop:environment:prod":            "repo:example@evil/shop",
		"repo:example@/shop:pull_request":                    "repo:example@/shop",
		"project_path:example/shop:ref_type:branch:ref:main": "project_path:example/shop",
		"project_path:exam@1/shop:ref_type:branch:ref:main":  "project_path:exam@1/shop",
		"system:serviceaccount:ns:sa":                        "",
		"alice@example.com":                                  "",
	} {
		if got := Repository(subject); got != want {
			t.Errorf("%s: %q, want %q", subject, got, want)
		}
	}
}
