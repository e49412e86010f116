// Package aws is all that knows Amazon Web Services: what a CloudTrail record
// means, what a call changes, what a policy allows.
package aws

import "github.com/sekisho/sekisho/normalize"

// CloudTrail is the format of AWS CloudTrail's event records, version 1.0 to
// 1.11: management, data, network activity and sign-in events. Insights events
// and digests are skipped.
//
// The format is documented at
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
func CloudTrail() normalize.Format {
	return normalize.Format{
		Name:        sourceName,
		Compact:     compact,
		Prefix:      prefix,
		NewExpander: func() normalize.Expander { return newExpander() },
	}
}

const sourceName = "aws-cloudtrail"
