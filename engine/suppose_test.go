package engine_test

import (
	"testing"

	"github.com/sekisho/sekisho"
)

// TestSupposed: a finding says which declared fact would have spared it, and
// only those that it rests on.
func TestSupposed(t *testing.T) {
	for _, tt := range []struct {
		name, trace, detection string
		want                   map[sekisho.Fact]string // fact and the name that it is about
		not                    []sekisho.Fact
	}{
		{"a function changed by hand", `
			D0 09:00:00 human/ops storage:ListBuckets x60
			D1 09:00:00 human/ops storage:ListBuckets x60
			D3 09:00:00 user/dev function:UpdateCode +change(function/provision,role=role-provision,what=code)
			D3 09:00:10 fn/provision identity:CreateAccessKey +issue(user/frick,key=AK2)`, "key-for-another",
			nil, []sekisho.Fact{sekisho.FactTrusted, sekisho.FactNetwork}},
		{"shared with a stranger", `
			D0 09:00:00 user/dev storage:ListBuckets x60
			D3 09:00:00 user/dev storage:PutBucketPolicy +share(bucket-1,with=999988887777)`, "shared-outside",
			map[sekisho.Fact]string{sekisho.FactTrusted: "999988887777"}, []sekisho.Fact{sekisho.FactNetwork}},
		{"a key from a new place", `
			D0 09:00:00 user/app storage:ListBuckets x60
			D1 09:00:00 user/app storage:ListBuckets
			D3 02:10:00 user/app storage:ListBuckets ip=192.0.2.77`, "credential-new-source",
			map[sekisho.Fact]string{sekisho.FactNetwork: "192.0.0.0/20", sekisho.FactAutomation: "app"}, []sekisho.Fact{sekisho.FactTrusted}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found := false
			for _, in := range play(t, tt.trace).Incidents() {
				for _, f := range in.Findings {
					if f.Detection != tt.detection {
						continue
					}
					found = true
					got := map[sekisho.Fact]string{}
					for _, s := range f.Supposed {
						got[s.Fact] = s.Name
						if s.Claimed >= f.Claimed && s.Tripwire == f.Tripwire {
							t.Errorf("%s makes no difference: %+v", s.Fact, s)
						}
					}
					for fact, name := range tt.want {
						if got[fact] != name {
							t.Errorf("%s: about %q, want %q", fact, got[fact], name)
						}
					}
					for _, fact := range tt.not {
						if name, there := got[fact]; there {
							t.Errorf("%s of %q would spare it, and it does not rest on that", fact, name)
						}
					}
				}
			}
			if !found {
				t.Fatal("the behaviour did not fire")
			}
		})
	}
}
