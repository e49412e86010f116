package baseline

import "testing"

// TestChangersOfRoles: who came in to a role from outside is learned as its
// changers are learned of a workload; who is of the house is not.
func TestChangersOfRoles(t *testing.T) {
	const deploy = "urn:111122223333:role/deploy"
	const build, person = "role:hub", "role:portal"
	// A build and a person of the directory ask for the role; a user of ours as well.
	const byBuild = `09:00:00 ci/hub/shop identity:AssumeRole +issue(role/deploy,session=shop)`
	const byPerson = `09:00:00 sso/portal/bob identity:AssumeRole +issue(role/deploy,session=bob)`
	const byUser = `09:00:00 user/alice identity:AssumeRole +issue(role/deploy,session=alice)`
	for _, tt := range []struct {
		name     string
		episodes []string
		id       string
		own, all int
	}{
		{"nobody came in", nil, build, 0, 0},
		{"a build, twice", []string{byBuild, byBuild}, build, 2, 2},
		{"one episode counts once", []string{byBuild + " x5"}, build, 1, 1},
		{"a build and a person are two", []string{byBuild, byPerson}, person, 1, 2},
		{"a user of ours has no provider", []string{byUser}, "user:alice", 0, 0},
		{"a refused try teaches nothing", []string{`09:00:00 ci/hub/shop identity:AssumeRole outcome=denied +try(role/deploy)`}, build, 0, 0},
		{"another identity did not", []string{byBuild}, person, 0, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := learned(t, tt.episodes...)
			own, all := s.Changers(deploy, tt.id)
			if own != tt.own || all != tt.all {
				t.Errorf("own %d of %d, want %d of %d", own, all, tt.own, tt.all)
			}
		})
	}
}
