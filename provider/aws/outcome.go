package aws

import (
	"strings"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize/rawjson"
)

// outcome reads the error code. Services spell a refusal in many ways:
// AccessDenied, AccessDeniedException, VpceAccessDenied,
// Client.UnauthorizedOperation, UnauthorizedException, NotAuthorizedException.
func outcome(e *sekisho.Event) sekisho.Outcome {
	code := e.Error
	switch {
	case code == "" && e.Kind == sekisho.SignIn:
		return signInOutcome(e)
	case code == "":
		return sekisho.OK
	case strings.Contains(code, "DryRunOperation"):
		return sekisho.DryRun // EC2 reports a dry run that would succeed as an error
	case e.Kind == sekisho.SignIn, // a wrong password, a missing second factor
		strings.Contains(code, "AccessDenied"),
		strings.Contains(code, "Unauthorized"),
		strings.Contains(code, "NotAuthorized"),
		strings.Contains(code, "AuthorizationError"),
		strings.Contains(code, "Forbidden"):
		return sekisho.Denied
	}
	return sekisho.Failed
}

// signInOutcome: sign-in records have no error code but say "Failure" under
// the event's own name, and most of them an error message.
func signInOutcome(e *sekisho.Event) sekisho.Outcome {
	if e.ErrorMessage != "" || rawjson.Text(e.Result, e.Action) == "Failure" {
		return sekisho.Denied
	}
	return sekisho.OK
}

// signIn adds what only a sign-in record says of its actor.
func signIn(e *sekisho.Event, switchedFrom string) {
	a := &e.Actor
	switch e.Action {
	case "ConsoleLogin", "SwitchRole", "ExitRole", "RenewRole":
		a.FromConsole = true
		if a.Kind == sekisho.KindUnknown {
			a.Kind, a.KindEvidence = sekisho.KindHuman, "signed in to the console"
		}
	}
	if a.Parent == "" && switchedFrom != "" {
		a.Parent = switchedFrom // the ARN of who switched to the role
	}
}
