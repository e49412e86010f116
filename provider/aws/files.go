package aws

import "strings"

// SkipFile names the reason why a delivered file holds no events of activity,
// by the folder that CloudTrail puts it in; "" for any other file. Digest files
// sit below "CloudTrail-Digest", Insights files below "CloudTrail-Insight",
// aggregated events below "CloudTrail-Aggregated" (AWS CloudTrail user guide,
// "Finding your CloudTrail log files").
func SkipFile(name string) string {
	switch {
	case strings.Contains(name, "/CloudTrail-Digest/"):
		return "CloudTrail digest: signatures of log files, no events"
	case strings.Contains(name, "/CloudTrail-Insight/"):
		return "CloudTrail Insights: derived from events, no events"
	case strings.Contains(name, "/CloudTrail-Aggregated/"):
		return "CloudTrail aggregated events: counts, no events"
	}
	return ""
}
