package github

import (
	"strings"

	"github.com/sekisho/sekisho"
)

// What records and detects, and is switched off.
var defenceEffects = map[string]effect{
	"audit_log_streaming.destroy":           disabled("delete", "audit log stream"),
	"audit_log_streaming.update":            stream,
	"org.disable_source_ip_disclosure":      disabled("narrow", "audit log"),
	"business.disable_source_ip_disclosure": disabled("narrow", "audit log"),

	"repo.code_scanning_analysis_deleted":                 disabled("delete", "code scanning"),
	"repo.code_scanning_configuration_for_branch_deleted": disabled("narrow", "code scanning"),
	"repository_security_configuration.removed":           disabled("disable", "security configuration"),
	"security_configuration.delete":                       disabled("delete", "security configuration"),
	"security_configuration_default.delete":               disabled("narrow", "security configuration"),
	"org_secret_scanning_custom_pattern.delete":           disabled("narrow", "secret scanning"),
	"repository_secret_scanning_custom_pattern.delete":    disabled("narrow", "secret scanning"),
	"business_secret_scanning_custom_pattern.delete":      disabled("narrow", "secret scanning"),
	"checks.delete_logs":                                  disabled("delete", "build logs"),
}

func disabled(what, name string) effect {
	return func(r *record) {
		r.add(sekisho.Effect{Kind: sekisho.DisableDefence, What: what, Resource: r.resource() + "/" + name})
	}
}

// stream: a stream that is paused brings nothing. Any other change may have turned it to
// where nobody looks: the record has a field for each kind of address, and says of none
// that it stayed.
func stream(r *record) {
	if r.off(fStreamEnabled) {
		disabled("disable", "audit log stream")(r)
	} else {
		disabled("narrow", "audit log stream")(r)
	}
}

// What detects, by words in the names of actions; words of names that are like these and
// mean something else; and words of what is only a part.
var (
	detectors = []struct{ contains, name string }{
		{"push_protection", "push protection"}, {"secret_scanning", "secret scanning"}, {"code_scanning", "code scanning"}, {"codeql", "code scanning"},
		{"dependabot_alerts", "vulnerability alerts"}, {"vulnerability_alerts", "vulnerability alerts"}, {"malware_alerts", "vulnerability alerts"},
		{"dependency_graph", "dependency graph"}, {"advanced_security", "advanced security"}, {"code_security", "code security"},
	}
	otherThings = []string{"custom_message", "autofix", "ai_findings", "metered_usage", "auto_dismissal", "autosubmit", "policy_selected_member",
		"extended_metadata", "automatic_validity", "scan_inactive"}
	partly = []string{"new_repos", "new_user_namespace", "user_namespace_repos", "custom_pattern", "generic_secrets", "non_provider_patterns", "bypass_list",
		"delegated_alert_dismissal", "dependency_graph"}
)

// defence recognizes by its name an action that switches off what detects. There is one
// for every feature and every scope, and each year brings more.
func (r *record) defence() {
	action := r.e.Action
	if !endsAny(action, "disable", "disabled") && !strings.Contains(action, "disabled_") || containsAny(action, otherThings...) {
		return
	}
	for _, d := range detectors {
		if strings.Contains(action, d.contains) {
			what := "disable"
			if containsAny(action, partly...) {
				what = "narrow"
			}
			disabled(what, d.name)(r)
			return
		}
	}
}
