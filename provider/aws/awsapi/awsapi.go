// Package awsapi is the only place that speaks to AWS: the sources that bring
// records out of an account, and what is read about it. Nothing here writes to an
// account but what a source must settle: messages of its own queue.
//
// Clients are structs of functions, never interfaces: the linker then keeps only the
// operations that are used, which is 50 MiB of binary. EC2, whose package compiles
// for a minute, is apart in awsec2.
package awsapi

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
)

// Session says with which credentials, and where, AWS is asked.
type Session struct {
	Region string // "" for the environment's
	// Role is taken before anything is asked, "" to stay who we are. ExternalID goes
	// with it.
	Role, ExternalID string
	// Endpoint is where all services answer, "" for AWS itself: an emulator, or a
	// private endpoint. AWS_ENDPOINT_URL says the same.
	Endpoint string
}

// Config is the SDK's configuration of a session. It finds credentials as the AWS
// command line does. It makes no call.
func (s Session) Config(ctx context.Context) (aws.Config, error) {
	options := []func(*config.LoadOptions) error{
		config.WithRetryer(func() aws.Retryer {
			// Whoever asks retries by itself; this is for what mends within a second.
			return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts = 2; o.MaxBackoff = time.Second })
		}),
		config.WithAppID("sekisho"),
		config.WithLogger(logging.Nop{}), // what is wrong comes back as an error
	}
	if s.Region != "" {
		options = append(options, config.WithRegion(s.Region))
	}
	if s.Endpoint != "" {
		options = append(options, config.WithBaseEndpoint(s.Endpoint))
	}
	c, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return c, fmt.Errorf("find AWS credentials: %w; they are found as the aws command line finds them", err)
	}
	if c.Region == "" {
		return c, fmt.Errorf("find the AWS region: none is set; name it in the configuration or in AWS_REGION")
	}
	if s.Role != "" {
		client := sts.NewFromConfig(c)
		c.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(client, s.Role, func(o *stscreds.AssumeRoleOptions) {
			o.RoleSessionName = "sekisho"
			if s.ExternalID != "" {
				o.ExternalID = aws.String(s.ExternalID)
			}
		}))
	}
	return c, nil
}

// emulated reports whether a session speaks to something that is not AWS, which
// wants buckets in the path and not in the host's name.
func (s Session) emulated() bool { return s.Endpoint != "" || os.Getenv("AWS_ENDPOINT_URL") != "" }
