package sim

import (
	"slices"
	"strings"
	"time"
)

// Declares is the configuration that this organisation's operator would write:
// its accounts, its office, its code host and the partner whose scanner comes
// in. It is YAML for --config. Nothing in it depends on what will be measured.
func (w *World) Declares() string {
	var b strings.Builder
	b.WriteString("organization:\n  id: o-" + NewRand(w.o.Seed, "organization id").Text(lowerHex, 10) + "\n  accounts:\n")
	for _, p := range w.g.places {
		b.WriteString("    - {id: \"" + p.id + "\", name: " + p.label + "}\n")
	}
	b.WriteString("trusted_accounts:\n  - {id: \"" + w.g.vendor + "\", purpose: posture scanner}\n")
	b.WriteString("networks:\n  - {cidr: 192.0.2.0/26, name: office}\n")
	b.WriteString("github_organizations: [" + w.g.github + "]\n")
	var automation []string
	for _, m := range w.cast {
		if m.kind == "pipeline" && !slices.Contains(automation, m.role.name) {
			automation = append(automation, m.role.name)
		}
	}
	if len(automation) > 0 {
		b.WriteString("identities:\n  automation: [" + strings.Join(automation, ", ") + "]\n")
	}
	if w.drill != "" {
		day := w.o.Start.AddDate(0, 0, drillDay)
		b.WriteString("change_windows:\n  - {ticket: DRILL-1, account: \"" + w.g.places[0].id + "\", start: " + day.Format(time.RFC3339) + ", end: " + day.AddDate(0, 0, 1).Format(time.RFC3339) +
			", identities: [" + w.drill + "], purpose: drill}\n")
	}
	return b.String()
}
