package config

import "testing"

func TestSource(t *testing.T) {
	declared, err := Parse([]byte("github_organizations: [example]"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		conf     *Config
		subject  string
		org      string
		declared bool
	}{
		{declared, "repo:example/app:ref:refs/heads/main", "example", true},
		{declared, "repo:example-evil/app:ref:refs/heads/main", "", true},
		{declared, "repo:evil/example/app", "", true},
		{Default(), "repo:example/app:ref:refs/heads/main", "", false},
	} {
		if org, ok := tt.conf.Source(tt.subject); org != tt.org || ok != tt.declared {
			t.Errorf("%s: %q %v, want %q %v", tt.subject, org, ok, tt.org, tt.declared)
		}
	}
}
