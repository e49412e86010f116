package ingest

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/sekisho/sekisho/normalize"
)

// TestRecordings reads folders of real recordings in their own formats. The
// format takes every record that is JSON, so that this tests framing alone.
func TestRecordings(t *testing.T) {
	root := "../../shared/data"
	if _, err := os.Stat(root); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the recordings are missing: ", err)
		}
		t.Skip("no recordings beside the repository: ", err)
	}
	n := int64(0)
	any := normalize.Format{Compact: func(dst, raw []byte) ([]byte, normalize.Key, normalize.Verdict, string) {
		n++
		return append(dst, raw...), normalize.Key{Time: n}, normalize.Read, ""
	}}
	// The numbers of records were counted with another program; the tar has one
	// record more than the lines made from it.
	for path, want := range map[string]int64{
		"sans504-service-background/cloudtrail.ndjson.gz":                      18671,
		"sans504-service-background/raw-files.tar.gz":                          18672,
		"invictus-aws-2023/raw":                                                2900,
		"otrf-cloud-breach-s3/ec2_proxy_s3_exfiltration_2020-09-14011940.json": 103,
	} {
		s, err := Open(context.Background(), []string{filepath.Join(root, path)}, Options{Formats: []normalize.Format{any}, Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		if st := s.Stats(); st.Records != want || st.UnreadableTotal != 0 {
			t.Errorf("%s: %d records, want %d; unreadable %v, skipped %v", path, st.Records, want, st.Unreadable, st.Skipped)
		}
		s.Close()
	}
}
