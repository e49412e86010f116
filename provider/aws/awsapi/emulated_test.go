package awsapi

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go/middleware"

	"github.com/sekisho/sekisho/emulator"
)

// emulated is an account in an emulator, with an administrator's credentials.
func emulated(t *testing.T) sdk.Config {
	t.Helper()
	endpoint := emulator.Test(t).URL
	resp, err := http.Post(endpoint+"/_ministack/reset", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return sdk.Config{Region: "eu-west-1", BaseEndpoint: &endpoint, HTTPClient: whole{}, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}
}

// whole is an HTTP client that owns the body it sends. The SDK closes a request's body as
// soon as there is an answer; a server on the same machine answers before the transport
// has looked whether the body has an end, which then fails and takes the answer's
// connection with it. The SDK asks again, and a message is there twice, or was received
// by nobody.
type whole struct{}

// Do implements aws.HTTPClient.
func (whole) Do(req *http.Request) (*http.Response, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return http.DefaultClient.Do(req)
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	req = req.Clone(req.Context())
	req.Body = io.NopCloser(bytes.NewReader(body))
	return http.DefaultClient.Do(req)
}

// only is the emulated account as a user sees it who has just these permissions.
func only(t *testing.T, c sdk.Config, name string, permissions []string) sdk.Config {
	t.Helper()
	ctx := t.Context()
	root := iam.NewFromConfig(c)
	must(t)(root.CreateUser(ctx, &iam.CreateUserInput{UserName: &name}))
	allow(t, c, name, permissions)
	out, err := root.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &name})
	if err != nil {
		t.Fatal(err)
	}
	c.Credentials = credentials.NewStaticCredentialsProvider(*out.AccessKey.AccessKeyId, *out.AccessKey.SecretAccessKey, "")
	return c
}

// emulatorNames are permissions that the emulator asks for by another name than AWS.
var emulatorNames = map[string]string{
	"lambda:ListFunctionUrlConfigs": "lambda:GetFunction",
	"lambda:GetFunctionConcurrency": "lambda:PutFunctionConcurrency",
	"sqs:DeleteMessage":             "sqs:DeleteMessageBatch", // AWS asks for the former for both
}

// allow gives a user exactly these permissions.
func allow(t *testing.T, c sdk.Config, name string, permissions []string) {
	t.Helper()
	permissions = slices.Clone(permissions)
	for i, p := range permissions {
		if other, ok := emulatorNames[p]; ok {
			permissions[i] = other
		}
	}
	document := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*","Action":["` + strings.Join(permissions, `","`) + `"]}]}`
	must(t)(iam.NewFromConfig(c).PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: &name, PolicyName: sdk.String("only"), PolicyDocument: &document}))
}

// must ends a test whose preparation failed.
func must(t *testing.T) func(any, error) {
	return func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}

// calls notes each operation that a configuration's clients are used for, as the
// permission of the same name.
type calls struct {
	mu   sync.Mutex
	made map[string]bool
}

func (c *calls) note(config *sdk.Config) {
	c.made = map[string]bool{}
	config.APIOptions = append(slices.Clip(config.APIOptions), func(s *middleware.Stack) error {
		return s.Initialize.Add(middleware.InitializeMiddlewareFunc("note", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
			middleware.InitializeOutput, middleware.Metadata, error) {
			service := strings.ToLower(strings.ReplaceAll(awsmiddleware.GetServiceID(ctx), " ", ""))
			if service == "eventbridge" {
				service = "events"
			}
			c.mu.Lock()
			c.made[service+":"+awsmiddleware.GetOperationName(ctx)] = true
			c.mu.Unlock()
			return next.HandleInitialize(ctx, in)
		}), middleware.After)
	})
}

func (c *calls) permissions() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.made))
}
