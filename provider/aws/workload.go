package aws

import (
	"strings"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
)

// workload finds the resource that a session was given to. The record's own
// word comes first (inScopeOf, since 2025); older records show it only by the
// names that services give to sessions, and by the program. Those can be
// imitated by whoever may assume the role, so they are hints about who acts,
// never a proof.
func workload(a *sekisho.Actor, v *[fields]string, c *sekisho.Client) {
	if a.Type == sekisho.ActorFederated && buildProvider(a.Provider) {
		// The subject that a build gets its session for. What it runs is its repository's.
		a.Workload, a.WorkloadType = normalize.Repository(a.Subject), "build"
		return
	}
	if a.Type != sekisho.ActorRole && a.Type != sekisho.ActorAccount {
		return
	}
	if to := v[fScopeTo]; to != "" {
		a.WorkloadType = scopeType(v[fScopeType], to)
		switch a.WorkloadType {
		case "function":
			a.Workload = first(unqualified(to), to)
		case "instance":
			a.Workload = lastPart(to)
		default:
			a.Workload = to
		}
		return
	}
	s := a.Session
	switch {
	case instanceID(s):
		a.Workload, a.WorkloadType = s, "instance"
	case v[fScopeType] == "AWS::Lambda::Function" || c.Runtime == "lambda" && s != "":
		// The session has the function's name. Its ARN would need the region,
		// which is not always that of the call: changes carry this form too.
		a.Workload, a.WorkloadType = functionAlias(a.Account, s), "function"
	case strings.HasPrefix(s, "AWSCodeBuild-"):
		a.Workload, a.WorkloadType = s, "build"
	case len(s) == 32 && allHex(s):
		a.Workload, a.WorkloadType = s, "task" // ECS names sessions by task id
	case strings.HasPrefix(s, "eks-") && strings.Count(s, "-") >= 3:
		a.Workload, a.WorkloadType = s, "pod" // EKS Pod Identity: eks-cluster-pod-uuid
	case strings.Contains(v[fWebProvider], "oidc.eks."):
		a.WorkloadType = "pod" // a service account's token; which pod is not said
	case s == "GlueJobRunnerSession", s == "SageMaker":
		a.Workload, a.WorkloadType = s+":"+a.Name, "job" // one name for all jobs, so told apart by role
	case s == "AWSCloudFormation":
		a.Workload, a.WorkloadType = s+":"+a.Name, "stack" // the service's role, for all stacks that were given it
	case buildProvider(v[fWebProvider]):
		a.WorkloadType = "build"
	}
}

// scopeType translates a CloudFormation type, or where it is missing the
// service in the ARN.
func scopeType(kind, arn string) string {
	service := strings.ToLower(kind)
	if _, rest, ok := strings.Cut(service, "::"); ok {
		service, _, _ = strings.Cut(rest, "::")
	} else {
		service = arnField(arn, 2)
	}
	switch service {
	case "lambda":
		return "function"
	case "ec2":
		return "instance"
	case "ecs":
		return "task"
	case "eks":
		return "pod"
	case "codebuild":
		return "build"
	}
	return "job"
}

// instanceID: "i-" and 8 or 17 hexadecimal digits.
func instanceID(s string) bool {
	return strings.HasPrefix(s, "i-") && (len(s) == 10 || len(s) == 19) && allHex(s[2:])
}

func allHex(s string) bool {
	for i := range len(s) {
		if lowerHex[s[i]] > 15 {
			return false
		}
	}
	return true
}

// kind guesses who stands behind an actor, and says from what.
func kind(a *sekisho.Actor, v *[fields]string, c *sekisho.Client) (sekisho.IdentityKind, string) {
	switch {
	case a.Type == sekisho.ActorService:
		return sekisho.KindService, "the record names a service as its actor"
	case serviceLinked(a):
		return sekisho.KindService, "a service-linked role"
	case strings.HasPrefix(v[fScopeType], "AWS::BedrockAgentCore") || strings.Contains(v[fScopeTo], ":bedrock-agentcore:"):
		return sekisho.KindAgent, "a workload of Bedrock AgentCore"
	case c.Family == "mcp" || c.Family == "coding-assistant":
		return sekisho.KindAgent, "the client calls itself " + c.Family
	case a.WorkloadType != "":
		return sekisho.KindWorkload, "the session of a workload: " + a.WorkloadType
	case automationToken(a):
		return sekisho.KindWorkload, "a build's or pod's token of " + a.Provider
	case a.Type == sekisho.ActorDirectory, strings.HasPrefix(a.Name, "AWSReservedSSO_"):
		return sekisho.KindHuman, "signed in through IAM Identity Center"
	case v[fType] == "SAMLUser":
		return sekisho.KindHuman, "signed in with SAML"
	case a.FromConsole:
		return sekisho.KindHuman, "works in the console"
	case a.MFA:
		return sekisho.KindHuman, "used a second factor"
	case a.Type == sekisho.ActorRole && strings.Contains(a.Session, "@"):
		return sekisho.KindHuman, "the session is named by a mail address"
	case a.Type == sekisho.ActorRoot:
		return sekisho.KindHuman, "the root user"
	case a.Type == sekisho.ActorUser && a.LongTerm:
		return sekisho.KindUnknown, "a user with a long-term key"
	}
	return sekisho.KindUnknown, ""
}

// serviceLinked roles can be assumed by their service only; IAM keeps the path
// and the prefix for them.
func serviceLinked(a *sekisho.Actor) bool {
	return a.Type == sekisho.ActorRole &&
		(strings.Contains(a.ARN, ":role/aws-service-role/") || strings.HasPrefix(a.Name, "AWSServiceRoleFor"))
}

// automationToken reports whether the subject is a build or a pod by the form
// that GitHub ("repo:…"), GitLab ("project_path:…") and Kubernetes
// ("system:serviceaccount:…") give it.
func automationToken(a *sekisho.Actor) bool {
	return a.Type == sekisho.ActorFederated && (strings.HasPrefix(a.Subject, "repo:") ||
		strings.HasPrefix(a.Subject, "project_path:") || strings.HasPrefix(a.Subject, "system:serviceaccount:"))
}

// functionAlias is how a function is known where only its account and name
// are: the session of an older record.
func functionAlias(account, name string) string { return account + "/function:" + name }

// buildProvider reports whether an OIDC provider vouches for builds of a hosted
// pipeline: its issuer must be the host in the vendor's documents, no other
// that looks like it.
func buildProvider(provider string) bool {
	if _, rest, ok := strings.Cut(provider, ":oidc-provider/"); ok {
		provider = rest
	}
	switch before(provider, "/") {
	case "token.actions.githubusercontent.com", "gitlab.com", "oidc.circleci.com":
		return true
	}
	return false
}
