package aws

import (
	"strings"

	"github.com/sekisho/sekisho"
)

// How a set of policy statements becomes a Power. The question is not what the
// identity may touch but whether it can become everything:
//
//   - PowerAdmin: one of the "self" or "other" actions below on every user,
//     role, group or policy. Each is a one-step path to administrator in the
//     classes self-escalation and principal-access of the public catalogue of
//     escalation paths (pathfinding.cloud).
//   - PowerIssues: the same on some resources only; a role passed to something
//     that will run code (class new-passrole); a role assumed; an identity
//     provider or a permission set written. How far that leads depends on which
//     roles and users those are, which the document does not say.
//   - PowerLimited: the rest. Changing existing workloads (existing-passrole)
//     is here: whether it escalates depends on the workload's role, which
//     detections ask for by workload.
//
// Deny and conditions weaken, on the side of caution:
//   - an unconditional Deny on every resource takes the action away; any other
//     Deny is ignored, because it leaves some way open;
//   - a condition about the caller (aws:MultiFactorAuthPresent, aws:SourceIp,
//     aws:PrincipalArn, …) takes nothing away: whoever holds the identity meets
//     it or not, and a condition that always holds would otherwise hide an
//     administrator;
//   - a condition about the target (iam:PolicyARN, iam:PermissionsBoundary,
//     aws:ResourceTag/…) makes "every resource" into "some".

// reach is on how much of its kind of resource an action is allowed.
type reach uint8

const (
	reachNone reach = iota
	reachSelf       // only what is named after the caller: user/${aws:username}
	reachSome
	reachAll
)

// escalation is an action that gives its holder more than it has.
type escalation struct {
	action string // lower case
	kind   string // the resource type in its ARN: "user", "role", "group", "policy"
	// self: it changes the permissions of the caller itself, so reach over
	// oneself is enough to become everything. Otherwise it makes a way to act
	// as another.
	self bool
}

var escalations = []escalation{
	{"iam:createpolicyversion", "policy", true}, {"iam:setdefaultpolicyversion", "policy", true},
	{"iam:putuserpolicy", "user", true}, {"iam:putrolepolicy", "role", true}, {"iam:putgrouppolicy", "group", true},
	{"iam:attachuserpolicy", "user", true}, {"iam:attachrolepolicy", "role", true}, {"iam:attachgrouppolicy", "group", true},
	{"iam:addusertogroup", "group", true},
	{"iam:createaccesskey", "user", false}, {"iam:createloginprofile", "user", false},
	{"iam:updateloginprofile", "user", false}, {"iam:updateassumerolepolicy", "role", false},
}

// issuing are actions that make a way in or a way up whose height the document
// does not tell, on any resource.
var issuing = []escalation{
	{"sts:assumerole", "role", false}, {"sts:assumeroot", "root", false},
	{"iam:createservicespecificcredential", "user", false},
	{"iam:deleteuserpermissionsboundary", "user", true}, {"iam:deleterolepermissionsboundary", "role", true},
	{"iam:putuserpermissionsboundary", "user", true}, {"iam:putrolepermissionsboundary", "role", true},
	{"iam:createopenidconnectprovider", "oidc-provider", false}, {"iam:createsamlprovider", "saml-provider", false},
	{"iam:updatesamlprovider", "saml-provider", false},
	{"rolesanywhere:createtrustanchor", "", false},
	{"sso:createaccountassignment", "", false}, {"sso:attachmanagedpolicytopermissionset", "", false},
	{"sso:putinlinepolicytopermissionset", "", false}, {"identitystore:creategroupmembership", "", false},
}

// passUse is what puts a passed role to use, and the service it is passed to:
// the class new-passrole.
var passUse = []struct{ action, service string }{
	{"apprunner:createservice", "tasks.apprunner.amazonaws.com"},
	{"bedrock-agentcore:createcodeinterpreter", "bedrock-agentcore.amazonaws.com"},
	{"cloudformation:createstack", "cloudformation.amazonaws.com"},
	{"cloudformation:createstackset", "cloudformation.amazonaws.com"},
	{"cloudformation:updatestackset", "cloudformation.amazonaws.com"},
	{"codebuild:createproject", "codebuild.amazonaws.com"},
	{"datapipeline:createpipeline", "datapipeline.amazonaws.com"},
	{"ec2:runinstances", "ec2.amazonaws.com"}, {"ec2:requestspotinstances", "ec2.amazonaws.com"},
	{"ecs:registertaskdefinition", "ecs-tasks.amazonaws.com"},
	{"glue:createdevendpoint", "glue.amazonaws.com"}, {"glue:createjob", "glue.amazonaws.com"}, {"glue:updatejob", "glue.amazonaws.com"},
	{"lambda:createfunction", "lambda.amazonaws.com"},
	{"sagemaker:createnotebookinstance", "sagemaker.amazonaws.com"}, {"sagemaker:createtrainingjob", "sagemaker.amazonaws.com"},
	{"sagemaker:createprocessingjob", "sagemaker.amazonaws.com"},
}

// powerOf is the power of all the statements together. No statements is
// PowerLimited: nothing is allowed.
func powerOf(statements []statement) sekisho.Power {
	power := sekisho.PowerLimited
	for _, x := range escalations {
		switch r, _ := allowed(statements, x.action, x.kind); {
		case r == reachAll, r == reachSelf && x.self:
			return sekisho.PowerAdmin
		case r == reachSome:
			power = sekisho.PowerIssues
		}
	}
	if power == sekisho.PowerIssues {
		return power
	}
	for _, x := range issuing {
		if r, _ := allowed(statements, x.action, x.kind); r == reachAll || r == reachSome || r == reachSelf && x.self {
			return sekisho.PowerIssues
		}
	}
	if passes(statements) {
		return sekisho.PowerIssues
	}
	return power
}

// passes reports whether a role can be passed to something that runs code. A
// statement that names no service counts by itself, since other policies of
// the identity may hold the other half; one that does needs that half beside
// it, or every console policy with a harmless service role would count.
func passes(statements []statement) bool {
	r, services := allowed(statements, "iam:passrole", "role")
	if r < reachSome {
		return false
	}
	if services == nil {
		return true
	}
	for _, use := range passUse {
		if !matchesAny(services, use.service) {
			continue
		}
		if r, _ := allowed(statements, use.action, ""); r != reachNone {
			return true
		}
	}
	return false
}

// allowed is how far an action on a kind of IAM resource is allowed; kind "" is
// any resource of the action's own service. services are the values of iam:PassedToService if
// every statement that allows the action limits it so, else nil.
func allowed(statements []statement, action, kind string) (best reach, services []string) {
	limited := true
	service := "iam" // also where the role that sts:AssumeRole names lives
	if kind == "" {
		service = before(action, ":")
	}
	for i := range statements {
		s := &statements[i]
		if !s.names(action) {
			continue
		}
		if s.Deny {
			if len(s.Conditions) == 0 && s.reach(service, kind) == reachAll {
				return reachNone, nil
			}
			continue
		}
		r := s.reach(service, kind)
		if r == reachNone {
			continue
		}
		passed := s.passedTo()
		if passed == nil {
			limited = false
		}
		services = append(services, passed...)
		if r == reachAll && s.aboutTarget() {
			r = reachSome
		}
		best = max(best, r)
	}
	if !limited {
		services = nil
	}
	return best, services
}

// names reports whether the statement is about the action.
func (s *statement) names(action string) bool {
	if len(s.Actions) > 0 {
		return matchesAny(s.Actions, action)
	}
	return len(s.NotActions) > 0 && !matchesAny(s.NotActions, action)
}

// reach is how much of a kind of resource of a service the statement is about.
func (s *statement) reach(service, kind string) reach {
	if s.NotResources != nil { // everything but some
		for _, p := range s.NotResources {
			if resourceReach(p, service, kind) == reachAll {
				return reachNone
			}
		}
		return reachAll
	}
	best := reachNone
	for _, p := range s.Resources {
		best = max(best, resourceReach(p, service, kind))
	}
	return best
}

// resourceReach is how much of a kind of resource one pattern covers. The
// account in the pattern does not matter: a policy reaches its own account only.
func resourceReach(pattern, service, kind string) reach {
	// A name that no pattern would spell: only a wildcard matches it.
	const probe = "\x00any"
	f := strings.SplitN(pattern, ":", 6)
	if len(f) < 6 {
		if wild(pattern, "arn:aws:"+service+"::000000000000:"+kind+"/"+probe) {
			return reachAll
		}
		return reachNone
	}
	if !wild(f[2], service) {
		return reachNone
	}
	switch name := f[5]; {
	case kind == "", wild(name, kind+"/"+probe):
		return reachAll
	case strings.HasPrefix(name, kind+"/"):
		if strings.Contains(strings.ToLower(name), "${aws:username}") {
			return reachSelf
		}
		return reachSome
	case strings.HasPrefix(kind+"/", before(name, "*")) && strings.Contains(name, "*"):
		return reachSome // "*-admin" may be of any kind
	}
	return reachNone
}

// aboutTarget reports whether a condition limits which targets or which
// contents the statement covers, rather than who calls from where.
func (s *statement) aboutTarget() bool {
	for _, c := range s.Conditions {
		switch {
		case strings.HasPrefix(c.Key, "aws:resource"), strings.HasPrefix(c.Key, "aws:requesttag"), c.Key == "aws:tagkeys":
			return true
		case !strings.HasPrefix(c.Key, "aws:"):
			return true
		}
	}
	return false
}

// passedTo is the services that iam:PassedToService names, nil without it.
func (s *statement) passedTo() []string {
	for _, c := range s.Conditions {
		if c.Key == "iam:passedtoservice" && !negated(c.Operator) {
			return append([]string{}, c.Values...)
		}
	}
	return nil
}

// negated reports whether an operator admits everything but its values.
func negated(operator string) bool { return strings.Contains(operator, "Not") }

func matchesAny(patterns []string, s string) bool {
	for _, p := range patterns {
		if wild(p, s) {
			return true
		}
	}
	return false
}

func before(s, sep string) string {
	head, _, _ := strings.Cut(s, sep)
	return head
}
