package vpcflow

import (
	"strings"
	"time"
)

// FileTime is when the time that a file counts began, in unix seconds, as the service
// names it: <account>_vpcflowlogs_<region>_<flow log>_<yyyymmddThhmmZ>_<hash>.log.gz
// (Amazon VPC user guide, "Flow log files").
func FileTime(name string) (int64, bool) {
	base := name[strings.LastIndexByte(name, '/')+1:]
	_, rest, ok := strings.Cut(base, "_vpcflowlogs_")
	if !ok {
		return 0, false
	}
	parts := strings.Split(rest, "_") // region, flow log, time, hash
	if len(parts) < 4 {
		return 0, false
	}
	t, err := time.Parse("20060102T1504Z", parts[2])
	if err != nil {
		return 0, false
	}
	return t.Unix(), true
}
