package aws

import "testing"

func TestFileTime(t *testing.T) {
	for name, want := range map[string]int64{
		"x/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/01/05/111122223333_CloudTrail_eu-west-1_20260105T0905Z_AbCdEfGhIjKlMnOp.json.gz": 1767603900,
		"111122223333_CloudTrail_eu-west-1_20260105T0905Z_AbCdEfGhIjKlMnOp.json":                                                           1767603900,
		"111122223333_CloudTrail_eu-west-1_yesterday_Ab.json.gz":                                                                           0,
		"events.json":   0,
		"a_CloudTrail_": 0,
		"":              0,
	} {
		if at, ok := FileTime(name); at != want || ok != (want != 0) {
			t.Errorf("%q: %d %v, want %d", name, at, ok, want)
		}
	}
}

func TestSkipFile(t *testing.T) {
	for name, skip := range map[string]bool{
		"b/AWSLogs/1/CloudTrail-Digest/eu-west-1/2026/01/05/x.json.gz":  true,
		"b/AWSLogs/1/CloudTrail-Insight/eu-west-1/2026/01/05/x.json.gz": true,
		"b/AWSLogs/1/CloudTrail/eu-west-1/2026/01/05/x.json.gz":         false,
		"CloudTrail-Digest.json":                                        false,
	} {
		if got := SkipFile(name) != ""; got != skip {
			t.Errorf("%q: skipped %v, want %v", name, got, skip)
		}
	}
}
