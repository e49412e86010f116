package aws

import (
	"testing"

	"github.com/sekisho/sekisho"
)

func TestClient(t *testing.T) {
	for _, test := range []struct{ raw, family, os, runtime string }{
		{"", "", "", ""},
		{"aws-cli/2.17.32 md/awscrt#0.21.2 ua/2.0 os/linux#5.10 md/arch#x86_64 lang/python#3.11", "aws-cli", "linux", ""},
		{"[aws-cli/1.18 Python/3.8 Darwin/19.6.0 botocore/1.17]", "aws-cli", "macos", ""},
		{"Boto3/1.34.0 md/Botocore#1.34.0 ua/2.0 os/linux#5.10 exec-env/AWS_Lambda_python3.12", "boto3", "linux", "lambda"},
		{"Botocore/1.29 Python/3.10 Windows/10", "boto3", "windows", ""},
		{"APN/1.0 HashiCorp/1.0 Terraform/1.5.0 (+https://www.terraform.io) aws-sdk-go-v2/1.18.1 os/macos", "terraform", "macos", ""},
		{"aws-sdk-go/1.44.0 (go1.20; linux; amd64)", "sdk-go", "linux", ""},
		{"m/E aws-sdk-go-v2/1.30 os/linux lang/go#1.22 md/GOOS#linux", "sdk-go-v2", "linux", ""},
		{"aws-sdk-java/2.20 Linux/5.10 exec-env/AWS_ECS_FARGATE", "sdk-java", "linux", "ecs"},
		{"aws-sdk-js/3.400 ua/2.0 os/win32 lang/js", "sdk-js", "", ""},
		{"AWS CloudFormation", "aws", "", ""},
		{"cloudformation.amazonaws.com", "cloudformation", "", ""},
		{"console.ec2.amazonaws.com", "console", "", ""},
		{"[S3Console/0.4, aws-internal/3 aws-sdk-java/1.11 Linux/5.4]", "console", "linux", ""},
		{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36", "browser", "windows", ""},
		{"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "browser", "macos", ""},
		{"aws-cli/2.9 exec-env/CloudShell os/linux", "cloudshell", "linux", "cloudshell"},
		{"aws-sdk-go/1.41 (go1.15; linux; amd64) amazon-ssm-agent/3.1", "sdk-go", "linux", "ec2-agent"},
		{"secretsmanager.amazonaws.com", "service", "", ""},
		{"AWS Internal", "service", "", ""},
		{"curl/8.1.2", "curl", "", ""},
		{"python-requests/2.31", "python-requests", "", ""},
		{"Évil/1", "", "", ""},
	} {
		got := clientOf(test.raw)
		if want := (sekisho.Client{Family: test.family, OS: test.os, Runtime: test.runtime, Raw: test.raw}); got != want {
			t.Errorf("%q: got %+v, want %+v", test.raw, got, want)
		}
	}
}

func FuzzClient(f *testing.F) {
	f.Add("aws-cli/2 os/linux")
	f.Fuzz(func(t *testing.T, raw string) {
		c := clientOf(raw)
		if len(c.Family) > 32 || c.Raw != raw {
			t.Errorf("%+v", c)
		}
		for _, r := range c.Family {
			if !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '.' || r == '_' || r == '-') {
				t.Errorf("family %q of %q", c.Family, raw)
			}
		}
	})
}
