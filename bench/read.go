package main

import (
	"context"
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/provider/aws"
	"github.com/sekisho/sekisho/provider/github"
	"github.com/sekisho/sekisho/provider/guardduty"
	"github.com/sekisho/sekisho/provider/okta"
	"github.com/sekisho/sekisho/provider/vpcflow"
)

// read is scan without its stages: read, gunzip, frame, decode, sort, and on
// demand the making of events.
func read(dir string, expand bool) error {
	kinds := []normalize.Format{aws.CloudTrail(), vpcflow.Format(), okta.SystemLog(), guardduty.Format(), github.Audit()}
	in, err := ingest.Open(context.Background(), []string{dir}, ingest.Options{Formats: kinds, SkipFile: aws.SkipFile, FileTime: fileTime, Eager: true})
	if err != nil {
		return err
	}
	defer in.Close()
	expanders := make([]normalize.Expander, len(kinds))
	for i := range kinds {
		expanders[i] = kinds[i].NewExpander()
	}
	var e sekisho.Event
	var n int64
	for {
		r, ok, err := in.Next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if expand {
			if err := expanders[r.Format].Expand(&e, r.Compact); err != nil {
				return err
			}
		}
		n++
	}
	fmt.Println(n)
	return nil
}

func fileTime(name string) (int64, bool) {
	if at, ok := aws.FileTime(name); ok {
		return at, true
	}
	return vpcflow.FileTime(name)
}
