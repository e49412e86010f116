package aws

import (
	"strings"
	"time"
)

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

// FileTime is when a file was delivered, in unix seconds, as CloudTrail names
// it: <account>_CloudTrail_<region>_<yyyymmddThhmmZ>_<16 letters>.json.gz
// (AWS CloudTrail user guide, "CloudTrail log file name format").
func FileTime(name string) (int64, bool) {
	base := name[strings.LastIndexByte(name, '/')+1:]
	_, rest, ok := strings.Cut(base, "_CloudTrail_")
	if !ok {
		return 0, false
	}
	_, rest, ok = strings.Cut(rest, "_")
	if !ok || len(rest) < len("20060102T1504Z") {
		return 0, false
	}
	t, err := time.Parse("20060102T1504Z", rest[:len("20060102T1504Z")])
	if err != nil {
		return 0, false
	}
	return t.Unix(), true
}
