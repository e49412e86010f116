package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/provider/aws/awsapi"
	"github.com/sekisho/sekisho/provider/aws/awsec2"
)

// TestOperatingGuide: the guide names each permission that is used and none that is not,
// no command that is not there, and no metric that is not measured.
func TestOperatingGuide(t *testing.T) {
	raw, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	guide := string(raw)
	used := slices.Concat(awsapi.QueuePermissions, awsapi.CollectorPermissions, awsec2.Permissions, []string{"events:ListRules", "events:ListTargetsByRule", "kms:Encrypt", "kms:Decrypt"})
	named := regexp.MustCompile("`((?:sqs|s3|iam|lambda|ec2|events|kms|cloudtrail):[A-Za-z]+)`").FindAllStringSubmatch(guide, -1)
	for _, p := range used {
		if !strings.Contains(guide, "`"+p+"`") {
			t.Errorf("the guide does not name %s", p)
		}
	}
	for _, m := range named {
		if !slices.Contains(used, m[1]) {
			t.Errorf("the guide names %s, which nothing uses", m[1])
		}
	}
	for _, m := range regexp.MustCompile("`sekisho ([a-z]+)").FindAllStringSubmatch(guide, -1) {
		if code, _, errs := runMain(t, m[1], "--help"); code != exitClean {
			t.Errorf("sekisho %s: %s", m[1], errs)
		}
	}
	p := start(t, t.TempDir())
	p.push(oneRecord(t, "cccccccc-0000-4000-8000-000000000001"))
	metrics := string(p.get(t, "/metrics"))
	for _, m := range regexp.MustCompile("`(?:sekisho)?_([a-z_]+)`").FindAllStringSubmatch(guide, -1) {
		if !regexp.MustCompile(`(?m)^sekisho_(records_)?`+strings.Trim(m[1], "_")+`(_total|_bucket|_count)?[ {]`).MatchString(metrics) && !strings.HasPrefix(m[1], "reader_") {
			t.Errorf("there is no metric %s", m[1])
		}
	}
}
