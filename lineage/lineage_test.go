package lineage_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/detect"
	"github.com/sekisho/sekisho/lineage"
)

// TestJoins plays traces; the last event's root must be the one named, and
// where joins are named the trace must cause just those.
func TestJoins(t *testing.T) {
	for _, tt := range []struct {
		name, trace, root string
		joins             []string
	}{
		{name: "a session is its issuer's", root: "user:alice", trace: `
			09:00:00 user/alice identity:AssumeRole +issue(role/admin,session=s1,key=S1)
			09:01:00 role/admin/s1 storage:ListBuckets key=S1`},
		{name: "a role chain leads to its first caller", root: "user:alice", trace: `
			09:00:00 user/alice identity:AssumeRole +issue(role/a,session=s1,key=S1)
			09:01:00 role/a/s1 identity:AssumeRole key=S1 +issue(role/b,session=s2,key=S2)
			09:02:00 role/b/s2 identity:AssumeRole key=S2 +issue(role/c,session=s3,key=S3)
			09:03:00 role/c/s3 storage:ListBuckets key=S3`},
		{name: "a session without its key is joined by its name", root: "user:alice", trace: `
			09:00:00 user/alice identity:AssumeRole +issue(role/admin,session=s1,key=S1)
			09:01:00 role/admin/s1 storage:ListBuckets key=ANOTHER`},
		{name: "a key made for another acts for its maker", root: "user:alice", trace: `
			09:00:00 user/alice identity:CreateAccessKey +issue(user/bob,key=K2)
			09:01:00 user/bob storage:ListBuckets key=K2`},
		{name: "another key of the same user is the user's own", root: "user:bob", trace: `
			09:00:00 user/alice identity:CreateAccessKey +issue(user/bob,key=K2)
			09:01:00 user/bob storage:ListBuckets`},
		{name: "a created user acts for its maker", root: "user:alice", trace: `
			09:00:00 user/alice identity:CreateUser +create(user/new)
			09:01:00 user/new storage:ListBuckets`},
		{name: "a function acts for who changed it", root: "user:alice", trace: `
			09:00:00 user/alice function:UpdateCode +change(function/f,role=role-f,what=code)
			09:01:00 fn/f identity:ListUsers`},
		{name: "and what it makes is his too", root: "user:alice", trace: `
			09:00:00 user/alice function:UpdateCode +change(function/f,role=role-f,what=code)
			09:01:00 fn/f identity:CreateAccessKey +issue(user/admin,key=K9)
			09:02:00 user/admin storage:ListBuckets key=K9`},
		{name: "a build acts for who changed its project", root: "user:alice", trace: `
			09:00:00 user/alice pipeline:UpdateProject +change(project/p,what=build)
			09:01:00 service/pipeline pipeline:StartBuild +run(project/p,alias=build/7)
			09:02:00 ci/deploy/7 identity:CreateAccessKey`},
		{name: "not after a day", root: "workload:role:role-f/function/f", trace: `
			D0 09:00:00 user/alice function:UpdateCode +change(function/f,role=role-f,what=code)
			D1 09:30:00 user/bob storage:ListBuckets
			D1 10:01:00 fn/f identity:ListUsers`},
		{name: "an outsider acts for who opened the trust", root: "user:alice", trace: `
			09:00:00 user/alice identity:UpdateTrust +trust(role/door,with=999988887777)
			09:01:00 account/999988887777 identity:AssumeRole +try(role/door)`},
		{name: "and so does the session that it gets", root: "user:alice", trace: `
			09:00:00 user/alice identity:UpdateTrust +trust(role/door,with=999988887777)
			09:01:00 account/999988887777 identity:AssumeRole +issue(role/door,session=s1,key=S1)
			09:02:00 role/door/s1 logging:StopTrail key=S1`},
		{name: "a key outlives the session that made it, and is still the root's", root: "user:alice", trace: `
			D0 09:00:00 user/alice identity:AssumeRole +issue(role/admin,session=s1,key=S1,expires=D0/10:00:00)
			D0 09:01:00 role/admin/s1 identity:CreateAccessKey key=S1 +issue(user/bob,key=K2)
			D2 09:00:00 user/carol storage:ListBuckets
			D2 09:01:00 user/bob storage:ListBuckets key=K2`},
		{name: "so does a door that it opened", root: "user:alice", trace: `
			D0 09:00:00 user/alice identity:AssumeRole +issue(role/admin,session=s1,key=S1,expires=D0/10:00:00)
			D0 09:01:00 role/admin/s1 identity:UpdateTrust key=S1 +trust(role/door,with=999988887777)
			D2 09:00:00 account/999988887777 identity:AssumeRole +issue(role/door,session=s9,key=S9)
			D2 09:01:00 role/door/s9 storage:ListBuckets key=S9`},
		{name: "a session seen before its edge is moved", root: "user:alice",
			joins: []string{"role:admin:s1 → user:alice of user:alice"}, trace: `
			09:00:00 role/admin/s1 storage:ListBuckets key=S1
			09:00:01 user/alice identity:AssumeRole +issue(role/admin,session=s1,key=S1)
			09:00:02 role/admin/s1 storage:ListBuckets key=S1`},
		{name: "a service's issuing makes no one an ancestor", root: "workload:i-1", trace: `
			09:00:00 service/compute identity:AssumeRole +issue(role/role-i-1,session=i-1,key=S1)
			09:01:00 inst/i-1 storage:ListBuckets key=S1`},
		{name: "a refused call makes no edge", root: "role:admin:s1", trace: `
			09:00:00 user/alice identity:AssumeRole outcome=denied +try(role/admin)
			09:01:00 role/admin/s1 storage:ListBuckets`},
		{name: "two roles that issue each other end somewhere", root: "role:a:s1", trace: `
			09:00:00 role/a/s1 identity:AssumeRole key=S1 +issue(role/b,session=s2,key=S2)
			09:01:00 role/b/s2 identity:AssumeRole key=S2 +issue(role/a,session=s1,key=S1)
			09:02:00 role/b/s2 storage:ListBuckets key=S2`},
		{name: "a build of one branch is its starter's", root: "subject:mallory", trace: `
			09:00:00 dir/mallory pipeline:StartRun +run(build/shop,alias=repo:example/shop)
			09:01:00 ci/deploy/shop identity:AssumeRole`},
		{name: "of another branch it is not", root: "subject:repo:example/shop:ref:main", trace: `
			09:00:00 dir/mallory pipeline:StartRun +run(build/shop:ref:main,alias=repo:example/shop:ref:try)
			09:01:00 ci/deploy/shop:ref:main identity:AssumeRole`},
		{name: "a job in an environment is its starter's: the run does not name it", root: "subject:mallory", trace: `
			09:00:00 dir/mallory pipeline:StartRun +run(build/shop:environment:prod,alias=repo:example/shop:ref:main)
			09:01:00 ci/deploy/shop:environment:prod identity:AssumeRole`},
		{name: "what came after a build's session began is not behind it", root: "subject:repo:example/shop", trace: `
			09:30:00 dir/mallory pipeline:Push +change(build/shop,what=source)
			09:31:00 ci/deploy/shop storage:ListBuckets start=D0/09:00:00`},
		{name: "another's push is another's, whoever pushed before", root: "subject:mallory", trace: `
			09:00:00 dir/alice pipeline:Push +change(build/shop,what=source)
			10:00:00 dir/mallory pipeline:Push +change(build/shop,what=source)
			10:05:00 ci/deploy/shop identity:AssumeRole`},
		{name: "what was done under another's mail address before stays that person's", joins: []string{}, root: "subject:bob@example.com", trace: `
			09:00:00 sso/ops/bob@example.com storage:ListBuckets
			09:01:00 dir/mallory identity:SignInApp +vouch(cloud,with=bob@example.com)
			09:02:00 user/x storage:ListBuckets
			D1 10:00:00 sso/ops/bob@example.com storage:ListBuckets`},
		{name: "a session under a name of the application's own, begun just after a sign-on", root: "subject:ann@example.com", joins: []string{}, trace: `
			09:00:00 sso/ops/a.ops storage:ListBuckets
			09:05:00 dir/ann@example.com identity:SignInApp +vouch(cloud,with=a.ops)
			09:09:00 sso/ops/a.ops storage:ListBuckets start=D0/09:06:00`},
		{name: "begun later, it may be another's of that name: of another application", root: "subject:support", joins: []string{}, trace: `
			09:05:00 dir/mallory identity:SignInApp +vouch(helpdesk,with=support)
			09:30:00 sso/ops/support storage:ListBuckets start=D0/09:20:00`},
		{name: "a running session is not laid to a later sign-on", root: "subject:bob@example.com", trace: `
			09:00:00 dir/mallory identity:SignInApp +vouch(cloud,with=bob@example.com)
			09:01:00 sso/ops/bob@example.com storage:ListBuckets start=D0/08:00:00`},
		{name: "what one does under one's own name is joined when its sign-on comes late", root: "subject:ann@example.com",
			joins: []string{}, trace: `
			09:00:02 sso/ops/ann@example.com storage:ListBuckets start=D0/09:00:01
			09:00:03 dir/ann@example.com identity:SignInApp +vouch(cloud,with=ann@example.com)
			09:02:00 sso/ops/ann@example.com storage:ListBuckets start=D0/09:00:01`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lines, err := detect.ParseTrace(tt.trace)
			if err != nil {
				t.Fatal(err)
			}
			g := lineage.New()
			var joins []string
			var root lineage.Root
			for i := range lines {
				root = g.Resolve(&lines[i].Event)
				for _, j := range g.Observe(&lines[i].Event, lineage.Options{}) {
					joins = append(joins, j.From+" → "+j.Into+" of "+j.Root.ID)
				}
			}
			if root.Key != tt.root {
				t.Errorf("root %q, want %q", root.Key, tt.root)
			}
			if tt.joins != nil && !slices.Equal(joins, tt.joins) {
				t.Errorf("joins %v, want %v", joins, tt.joins)
			}
		})
	}
}

// TestAutomationAndOrdinaryWorkDoNotTaint: what a pipeline deploys, and what a
// person changes as part of usual work, is not theirs when it acts.
func TestAutomationAndOrdinaryWorkDoNotTaint(t *testing.T) {
	lines, err := detect.ParseTrace(`
		09:00:00 user/dev function:UpdateCode +change(function/f,role=role-f,what=code)
		09:01:00 fn/f identity:ListUsers`)
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]lineage.Options{
		"automation": {Automation: true},
		"ordinary":   {Ordinary: func(string) bool { return true }},
	} {
		g := lineage.New()
		g.Observe(&lines[0].Event, o)
		if root := g.Resolve(&lines[1].Event); root.Key != "workload:role:role-f/function/f" {
			t.Errorf("%s: root %q, want the function itself", name, root.Key)
		}
	}
}

// TestStrangersCodeStays: code is added to, so what a stranger pushed is in the builds of
// the next day, whoever pushes after: a bot, or its own people. A function's code is
// replaced whole.
func TestStrangersCodeStays(t *testing.T) {
	for _, tt := range []struct {
		name, after, what, root string
		o                       lineage.Options
	}{
		{name: "a bot pushes", what: "source", after: "app/updates", o: lineage.Options{Automation: true}, root: "subject:mallory"},
		{name: "its own people push", what: "source", after: "dir/alice", o: lineage.Options{Ordinary: func(string) bool { return true }}, root: "subject:mallory"},
		{name: "a pipeline deploys anew", what: "code", after: "app/updates", o: lineage.Options{Automation: true}, root: "subject:repo:example/shop"},
	} {
		lines, err := detect.ParseTrace(`
			09:00:00 dir/mallory pipeline:Push +change(build/shop,what=` + tt.what + `)
			09:01:00 ` + tt.after + ` pipeline:Push +change(build/shop,what=` + tt.what + `)
			09:02:00 ci/deploy/shop identity:AssumeRole`)
		if err != nil {
			t.Fatal(err)
		}
		g := lineage.New()
		g.Observe(&lines[0].Event, lineage.Options{})
		g.Observe(&lines[1].Event, tt.o)
		if root := g.Resolve(&lines[2].Event); root.Key != tt.root {
			t.Errorf("%s: root %q, want %q", tt.name, root.Key, tt.root)
		}
	}
}

// TestWordOfThen: a session that was asked for with a directory's word is laid to the
// last sign-on before it, in whichever order the records come; one that a thief makes
// afterwards under the same name is not behind it.
func TestWordOfThen(t *testing.T) {
	lines, err := detect.ParseTrace(`
		08:00:00 dir/alice identity:SignInApp +vouch(cloud,with=ops@example.com)
		08:59:00 dir/carol identity:SignInApp +vouch(cloud,with=ops@example.com)
		09:00:00 account/999988887777 identity:AssumeRole +issue(role/admin,session=s1,key=S1)
		11:00:00 dir/mallory identity:SignInApp key=M1 +vouch(cloud,with=ops@example.com)
		11:01:00 role/admin/s1 storage:ListBuckets key=S1
		11:02:00 account/999988887777 identity:AssumeRole +issue(role/admin,session=s2,key=S2)
		11:03:00 role/admin/s2 storage:ListBuckets key=S2`)
	if err != nil {
		t.Fatal(err)
	}
	for i := range lines {
		if e := &lines[i].Event; e.Actor.Type == sekisho.ActorAccount { // the trace has no form for who shows an assertion
			e.Actor = sekisho.Actor{Type: sekisho.ActorFederated, ID: "ops", Subject: "ops@example.com", Provider: "arn:aws:iam::111122223333:saml-provider/people"}
		}
	}
	for _, tt := range []struct {
		name          string
		order         []int
		first, second string
	}{
		{"in order", []int{0, 1, 2, 3, 4, 5, 6}, "subject:carol", "subject:mallory"},
		{"the sign-on comes after its session", []int{0, 2, 1, 4, 3, 5, 6}, "subject:carol", "subject:mallory"},
		{"nobody signed on before", []int{2, 3, 4, 5, 6}, "subject:ops@example.com", "subject:mallory"},
		{"an old sign-on comes last", []int{1, 2, 4, 3, 0, 5, 6}, "subject:carol", "subject:mallory"},
	} {
		g := lineage.New()
		roots := map[int]string{}
		for _, i := range tt.order {
			roots[i] = g.Resolve(&lines[i].Event).Key
			g.Observe(&lines[i].Event, lineage.Options{})
		}
		if roots[4] != tt.first || roots[6] != tt.second {
			t.Errorf("%s: the first session is %s's, the second %s's; want %s and %s", tt.name, roots[4], roots[6], tt.first, tt.second)
		}
		// What people are shown is the same chain.
		for _, line := range g.Explain(lineage.PartyOf(&lines[4].Event)) {
			if strings.Contains(line, "mallory") {
				t.Errorf("%s: %s", tt.name, line)
			}
		}
		if issue, joined, _ := g.IssuedBy(lineage.PartyOf(&lines[4].Event)); issue.By == "M1" {
			t.Errorf("%s: issued by %s, joined by %s", tt.name, issue.By, joined)
		}
	}
}
