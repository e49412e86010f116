package main

import (
	"context"
	"fmt"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/normalize"
	"github.com/sekisho/sekisho/provider/aws"
)

// read is scan without its stages: read, gunzip, frame, decode, sort, and on
// demand the making of events.
func read(dir string, expand bool) error {
	format := aws.CloudTrail()
	in, err := ingest.Open(context.Background(), []string{dir}, ingest.Options{Formats: []normalize.Format{format}, SkipFile: aws.SkipFile, FileTime: aws.FileTime, Eager: true})
	if err != nil {
		return err
	}
	defer in.Close()
	x := format.NewExpander()
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
			if err := x.Expand(&e, r.Compact); err != nil {
				return err
			}
		}
		n++
	}
	fmt.Println(n)
	return nil
}
