package github

import (
	"strings"

	"github.com/sekisho/sekisho"
)

// Who gets to see code, and what is gone of it.
var sourceEffects = merge(map[string]effect{
	"repo.access":                      published,
	"repo.create":                      published,
	"repo.destroy":                     destroyed("repository"),
	"repo.transfer":                    transferred,
	"repo.transfer_outgoing":           taken,
	"repo.transfer_start":              offered,
	"packages.package_deleted":         destroyedPackage,
	"packages.package_version_deleted": destroyedPackage,
	"migration.create":                 readSource,
	"migration.download":               readSource,
},
	each(readSource, "git.clone", "git.fetch", "repo.download_zip"),
	each(outsider, "org.add_outside_collaborator"),
	each(readResource("audit log"), "org.audit_log_export", "org.audit_log_git_event_export", "business.audit_log_export", "business.audit_log_git_event_export"),
	each(readResource("security findings"), "org.security_center_export_code_scanning_metrics", "org.security_center_export_coverage",
		"org.security_center_export_overview_dashboard", "org.security_center_export_risk", "business.security_center_export_code_scanning_metrics",
		"business.security_center_export_coverage", "business.security_center_export_overview_dashboard", "business.security_center_export_risk"),
)

// published: a repository is public from now on.
func published(r *record) {
	if strings.EqualFold(r.text(fVisibility), "public") {
		r.add(sekisho.Effect{Kind: sekisho.Share, What: "source", Resource: r.resource(), With: []string{"*"}})
	}
}

// readSource is a copy of code. What is public tells nothing.
func readSource(r *record) {
	if !r.is(fPublic) && !strings.EqualFold(r.text(fVisibility), "public") {
		r.add(sekisho.Effect{Kind: sekisho.ReadData, What: "source", Resource: r.resource(), Count: 1})
	}
}

func readResource(name string) effect {
	return func(r *record) {
		r.add(sekisho.Effect{Kind: sekisho.ReadData, Resource: r.scope() + "/" + name})
	}
}

// outsider lets somebody who is no member read a repository, or do more with it.
func outsider(r *record) {
	login := r.first(fInvitee, fUser)
	if login == "" {
		return
	}
	r.add(sekisho.Effect{Kind: sekisho.Share, What: "source", Resource: r.resource(), With: []string{login}})
	if power := powerOn(r.text(fPermission)); power > sekisho.PowerLimited {
		r.add(sekisho.Effect{Kind: sekisho.GrantPower, What: "entry", Identity: r.ref(login, -1), Resource: r.resource(), Power: power})
	}
}

// transferred: the record of the new owner names both, and so does that of the old one.
// To have got something is no loss.
func transferred(r *record) {
	was := r.text(fRepoWas)
	if was == "" {
		taken(r)
		return
	}
	before, _, _ := strings.Cut(was, "/")
	after, _, _ := strings.Cut(r.repo, "/")
	if strings.EqualFold(before, r.e.Account) && !strings.EqualFold(after, before) {
		r.add(sekisho.Effect{Kind: sekisho.Taken, Resource: was, With: []string{after}})
	}
}

// taken: to whom, its new name says where the record has that.
func taken(r *record) {
	x := sekisho.Effect{Kind: sekisho.Taken, Resource: r.resource()}
	if owner, _, _ := strings.Cut(r.text(fNewRepo), "/"); owner != "" {
		x.With = []string{owner}
	}
	r.add(x)
}

// offered: whoever it is offered to may take it.
func offered(r *record) {
	x := sekisho.Effect{Kind: sekisho.Share, What: "source", Resource: r.resource()}
	if to := r.text(fUser); to != "" {
		x.With = []string{to}
	}
	r.add(x)
}

func destroyed(what string) effect {
	return func(r *record) {
		r.add(sekisho.Effect{Kind: sekisho.Destroy, What: what, Resource: r.resource(), Count: 1})
	}
}

func destroyedPackage(r *record) {
	r.add(sekisho.Effect{Kind: sekisho.Destroy, What: "object", Resource: "package:" + r.e.Account + "/" + r.text(fPackage), Count: 1})
}
