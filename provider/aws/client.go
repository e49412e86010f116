package aws

import (
	"strings"

	"github.com/sekisho/sekisho"
)

// clientOf reads a user agent. It is free text that the caller writes, so
// nothing here is believed; it is sorted so that "another program than usual"
// can be said.
func clientOf(raw string) sekisho.Client {
	if raw == "" {
		return sekisho.Client{}
	}
	// S3 writes the text in brackets.
	t := strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(raw, "["), "]"))
	return sekisho.Client{Family: clientFamily(t), OS: clientOS(t), Runtime: clientRuntime(t), Raw: raw}
}

// families by what the text contains, the outermost program first: the CLI and
// Terraform carry the SDK that they are made of, consoles an SDK's name, and a
// browser's name comes last because others imitate it.
var families = [...]struct{ contains, family string }{
	{"mcp/", "mcp"}, {"mcp-server", "mcp"}, {"awslabs/mcp", "mcp"}, {"awslabs#mcp", "mcp"}, {"aws-mcp", "mcp"},
	{"amazonq", "coding-assistant"}, {"amazon-q", "coding-assistant"}, {"claude-code", "coding-assistant"},
	{"claudecode", "coding-assistant"}, {"kiro/", "coding-assistant"}, {"cursor/", "coding-assistant"},
	{"exec-env/cloudshell", "cloudshell"}, {"hashicorp", "terraform"}, {"terraform", "terraform"},
	{"opentofu", "terraform"}, {"pulumi", "pulumi"}, {"aws-cdk", "cdk"}, {"cdk/", "cdk"},
	{"s3console", "console"}, {"ec2consolefrontend", "console"}, {"aws-internal/", "console"}, {"awsconsole", "console"},
	{"exec-env/console", "console"}, {"ansible", "ansible"}, {"powershell", "powershell"},
	{"aws-cli/", "aws-cli"}, {"boto3/", "boto3"}, {"botocore/", "boto3"}, {"boto/", "boto"},
	{"aws-sdk-go-v2/", "sdk-go-v2"}, {"aws-sdk-go/", "sdk-go"}, {"aws-sdk-java/", "sdk-java"}, {"aws-sdk-kotlin/", "sdk-kotlin"},
	{"aws-sdk-js/", "sdk-js"}, {"aws-sdk-nodejs/", "sdk-js"}, {"aws-sdk-rust/", "sdk-rust"}, {"aws-sdk-php", "sdk-php"},
	{"aws-sdk-ruby", "sdk-ruby"}, {"aws-sdk-dotnet", "sdk-net"}, {"aws-sdk-net", "sdk-net"}, {"aws-sdk-cpp/", "sdk-cpp"},
	{"aws-sdk-swift/", "sdk-swift"}, {"amazon-ssm-agent", "ssm-agent"}, {"mozilla/", "browser"},
}

func clientFamily(t string) string {
	if strings.HasPrefix(t, "aws internal") {
		return "service"
	}
	if host, _, _ := strings.Cut(t, " "); strings.HasSuffix(host, ".amazonaws.com") || strings.HasSuffix(host, ".amazonaws.com.cn") {
		switch {
		case strings.HasPrefix(host, "console.") || strings.Contains(host, ".console.") || strings.HasPrefix(host, "signin."):
			return "console"
		case strings.HasPrefix(host, "cloudformation."):
			return "cloudformation"
		}
		return "service"
	}
	for _, f := range families {
		if strings.Contains(t, f.contains) {
			return f.family
		}
	}
	return firstProduct(t)
}

// firstProduct is the first program that the text names, as far as it looks
// like a name: "curl" of "curl/8.1". The cap keeps free text out of habits.
func firstProduct(t string) string {
	const most = 32
	n := 0
	for n < len(t) && n < most && (isDigit(t[n]) || 'a' <= t[n] && t[n] <= 'z' || t[n] == '.' || t[n] == '_' || t[n] == '-') {
		n++
	}
	return t[:n]
}

func clientOS(t string) string {
	switch {
	case strings.Contains(t, "linux"):
		return "linux"
	case strings.Contains(t, "windows"):
		return "windows"
	case has(t, "macos", "darwin", "mac os x", "mac_os_x"):
		return "macos"
	}
	return ""
}

func clientRuntime(t string) string {
	switch {
	case has(t, "exec-env/aws_lambda"):
		return "lambda"
	case has(t, "exec-env/aws_ecs"):
		return "ecs"
	case has(t, "exec-env/cloudshell"):
		return "cloudshell"
	case has(t, "amazon-ssm-agent"):
		return "ec2-agent"
	}
	return ""
}

func has(t string, any ...string) bool {
	for _, s := range any {
		if strings.Contains(t, s) {
			return true
		}
	}
	return false
}
