package okta

import (
	"strings"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/normalize"
)

// action is what is known of a type of event. The types are those of Okta's catalogue
// (https://developer.okta.com/docs/reference/api/event-types).
type action struct {
	name    string // with the service's before it; of an action that was met
	kind    sekisho.Kind
	level   sekisho.Level
	topic   sekisho.Topic
	class   sekisho.Class
	refused bool // its type says that something was refused, whatever its outcome says
	effect  func(*sekisho.Event, *normalize.Values, targets)
}

// families are types by their beginning, the longest that fits counts.
var families = map[string]action{
	"user.session.":              {kind: sekisho.SignIn, level: sekisho.LevelRead, class: class(sekisho.ClassAuthentication, sekisho.OtherActivity)},
	"user.session.start":         {kind: sekisho.SignIn, level: sekisho.LevelRead, class: class(sekisho.ClassAuthentication, 1), effect: sessionStarted},
	"user.session.end":           {kind: sekisho.SignIn, level: sekisho.LevelRead, class: class(sekisho.ClassAuthentication, 2)},
	"user.session.expire":        {kind: sekisho.SignIn, level: sekisho.LevelRead, class: class(sekisho.ClassAuthentication, 2)},
	"user.session.clear":         {level: sekisho.LevelWrite, class: class(sekisho.ClassAuthentication, 2)},
	"user.session.impersonation": {level: sekisho.LevelPermissions, class: class(sekisho.ClassAuthentication, 1), effect: impersonated},
	"user.authentication.":       {kind: sekisho.SignIn, level: sekisho.LevelRead, class: class(sekisho.ClassAuthentication, 1), effect: asked},
	"user.authentication.sso":    {kind: sekisho.SignIn, level: sekisho.LevelRead, class: class(sekisho.ClassAuthentication, 1), effect: signedOn},
	"user.authentication.slo":    {kind: sekisho.SignIn, level: sekisho.LevelRead, class: class(sekisho.ClassAuthentication, 2)},
	"app.oauth2.signon":          {kind: sekisho.SignIn, level: sekisho.LevelRead, class: class(sekisho.ClassAuthentication, 1), effect: signedOn},
	"policy.evaluate_sign_on":    {kind: sekisho.SignIn, level: sekisho.LevelRead, class: class(sekisho.ClassAuthentication, sekisho.OtherActivity)},
	"policy.auth_reevaluate":     {kind: sekisho.SignIn, level: sekisho.LevelRead, class: class(sekisho.ClassAuthentication, sekisho.OtherActivity)},
	"user.mfa.okta_verify":       {kind: sekisho.SignIn, level: sekisho.LevelRead, class: class(sekisho.ClassAuthentication, sekisho.OtherActivity)},
	"user.mfa.okta_verify.deny":  {kind: sekisho.SignIn, level: sekisho.LevelRead, class: class(sekisho.ClassAuthentication, 1), refused: true, effect: askedPush},
	"user.mfa.attempt_bypass":    {kind: sekisho.SignIn, level: sekisho.LevelRead, class: class(sekisho.ClassAuthentication, 1), refused: true, effect: asked},
	"user.mfa.factor.":           {level: sekisho.LevelWrite, class: class(sekisho.ClassAccountChange, sekisho.OtherActivity)},
	"user.mfa.factor.activate":   {level: sekisho.LevelWrite, class: class(sekisho.ClassAccountChange, sekisho.AccountFactorEnable), effect: enrolled},
	"user.mfa.factor.deactivate": {level: sekisho.LevelWrite, class: class(sekisho.ClassAccountChange, sekisho.AccountFactorDisable), effect: factorLost},
	"user.mfa.factor.reset":      {level: sekisho.LevelWrite, class: class(sekisho.ClassAccountChange, sekisho.AccountFactorDisable), effect: factorLost},
	"user.mfa.factor.suspend":    {level: sekisho.LevelWrite, class: class(sekisho.ClassAccountChange, sekisho.AccountFactorDisable), effect: factorLost},
	"device.enrollment.create":   {level: sekisho.LevelWrite, class: class(sekisho.ClassEntity, sekisho.ActivityCreate), effect: enrolled},

	"user.account.":                  {level: sekisho.LevelWrite, class: class(sekisho.ClassAccountChange, sekisho.OtherActivity)},
	"user.account.privilege.grant":   {level: sekisho.LevelPermissions, class: class(sekisho.ClassUserAccess, 1), effect: privileged},
	"user.account.privilege.revoke":  {level: sekisho.LevelPermissions, class: class(sekisho.ClassUserAccess, 2)},
	"user.account.reset_password":    {level: sekisho.LevelWrite, class: class(sekisho.ClassAccountChange, sekisho.AccountPasswordReset), effect: passwordSet},
	"user.account.update_password":   {level: sekisho.LevelWrite, class: class(sekisho.ClassAccountChange, sekisho.AccountPasswordChange), effect: passwordSet},
	"user.account.lock":              {level: sekisho.LevelWrite, class: class(sekisho.ClassAccountChange, sekisho.AccountLock)},
	"user.account.report_suspicious": {kind: sekisho.Notice, topic: sekisho.TopicDetection, class: class(sekisho.ClassFinding, sekisho.ActivityCreate), effect: reported},
	"user.lifecycle.":                {level: sekisho.LevelWrite, class: class(sekisho.ClassAccountChange, sekisho.OtherActivity)},
	"user.lifecycle.create":          {level: sekisho.LevelWrite, class: class(sekisho.ClassAccountChange, sekisho.AccountCreate), effect: userMade},
	"user.lifecycle.activate":        {level: sekisho.LevelWrite, class: class(sekisho.ClassAccountChange, sekisho.AccountEnable)},
	"user.lifecycle.suspend":         {level: sekisho.LevelWrite, class: class(sekisho.ClassAccountChange, sekisho.AccountDisable)},
	"user.lifecycle.deactivate":      {level: sekisho.LevelWrite, class: class(sekisho.ClassAccountChange, sekisho.AccountDisable)},
	"user.lifecycle.delete":          {level: sekisho.LevelWrite, class: class(sekisho.ClassAccountChange, sekisho.AccountDelete), effect: userGone},

	"group.":                        {level: sekisho.LevelWrite, class: class(sekisho.ClassGroup, sekisho.OtherActivity)},
	"group.user_membership.add":     {level: sekisho.LevelPermissions, class: class(sekisho.ClassGroup, 3), effect: joined},
	"group.user_membership.remove":  {level: sekisho.LevelPermissions, class: class(sekisho.ClassGroup, 4)},
	"group.privilege.grant":         {level: sekisho.LevelPermissions, class: class(sekisho.ClassGroup, 1), effect: privileged},
	"group.privilege.revoke":        {level: sekisho.LevelPermissions, class: class(sekisho.ClassGroup, 2)},
	"iam.":                          {level: sekisho.LevelPermissions, class: class(sekisho.ClassEntity, sekisho.OtherActivity)},
	"iam.resourceset.bindings.add":  {level: sekisho.LevelPermissions, class: class(sekisho.ClassUserAccess, 1), effect: privileged},
	"application.":                  {level: sekisho.LevelWrite, class: class(sekisho.ClassEntity, sekisho.OtherActivity)},
	"application.user_membership.":  {level: sekisho.LevelPermissions, class: class(sekisho.ClassUserAccess, sekisho.OtherActivity)},
	"application.user_membership.a": {level: sekisho.LevelPermissions, class: class(sekisho.ClassUserAccess, 1), effect: appGiven},
	"application.user_membership.show_password": {level: sekisho.LevelRead, topic: sekisho.TopicSecret, class: class(sekisho.ClassEntity, sekisho.ActivityRead),
		effect: passwordShown},
	"application.policy.sign_on.":            {level: sekisho.LevelWrite, class: class(sekisho.ClassEntity, sekisho.ActivityUpdate), effect: policyChanged},
	"application.policy.sign_on.deny_access": {kind: sekisho.SignIn, level: sekisho.LevelRead, class: class(sekisho.ClassAuthentication, 1), refused: true},
	"app.generic.unauth_app_access_attempt":  {kind: sekisho.SignIn, level: sekisho.LevelRead, class: class(sekisho.ClassAuthentication, 1), refused: true},
	"app.oauth2.":                            {level: sekisho.LevelRead, class: class(sekisho.ClassAPI, sekisho.OtherActivity)},
	"app.oauth2.token.detect_reuse":          {kind: sekisho.Notice, topic: sekisho.TopicDetection, class: class(sekisho.ClassFinding, sekisho.ActivityCreate), effect: reported},
	"app.oauth2.as.token.detect_reuse":       {kind: sekisho.Notice, topic: sekisho.TopicDetection, class: class(sekisho.ClassFinding, sekisho.ActivityCreate), effect: reported},
	"app.oauth2.client.lifecycle.":           {level: sekisho.LevelWrite, class: class(sekisho.ClassEntity, sekisho.OtherActivity)},
	"app.oauth2.client.read_client_secret":   {level: sekisho.LevelRead, topic: sekisho.TopicSecret, class: class(sekisho.ClassEntity, sekisho.ActivityRead), effect: passwordShown},

	"policy.":                                {level: sekisho.LevelWrite, class: class(sekisho.ClassEntity, sekisho.OtherActivity), effect: policyChanged},
	"policy.entity_risk.":                    {kind: sekisho.Notice, topic: sekisho.TopicDetection, class: class(sekisho.ClassFinding, sekisho.OtherActivity)},
	"zone.":                                  {level: sekisho.LevelWrite, class: class(sekisho.ClassEntity, sekisho.OtherActivity), effect: networkChanged},
	"zone.make_blacklist":                    {level: sekisho.LevelWrite, class: class(sekisho.ClassEntity, sekisho.ActivityUpdate)},
	"security.":                              {kind: sekisho.Notice, topic: sekisho.TopicDetection, class: class(sekisho.ClassFinding, sekisho.ActivityCreate), effect: reported},
	"security.trusted_origin.":               {level: sekisho.LevelWrite, class: class(sekisho.ClassEntity, sekisho.OtherActivity), effect: originChanged},
	"security.authenticator.":                {level: sekisho.LevelWrite, class: class(sekisho.ClassEntity, sekisho.OtherActivity), effect: factorsChanged},
	"security.zone.":                         {level: sekisho.LevelWrite, class: class(sekisho.ClassEntity, sekisho.OtherActivity)},
	"security.behavior.settings.":            {level: sekisho.LevelWrite, topic: sekisho.TopicDetection, class: class(sekisho.ClassEntity, sekisho.OtherActivity), effect: detectionOff},
	"security.threat.configuration.":         {level: sekisho.LevelWrite, topic: sekisho.TopicDetection, class: class(sekisho.ClassEntity, sekisho.ActivityUpdate), effect: detectionOff},
	"security.events.provider.":              {level: sekisho.LevelWrite, topic: sekisho.TopicDetection, class: class(sekisho.ClassAPI, sekisho.OtherActivity), effect: detectionOff},
	"security.events.provider.receive_event": {kind: sekisho.Notice, topic: sekisho.TopicDetection, class: class(sekisho.ClassFinding, sekisho.ActivityCreate), effect: reported},
	"user.risk.":                             {kind: sekisho.Notice, topic: sekisho.TopicDetection, class: class(sekisho.ClassFinding, sekisho.ActivityCreate), effect: reported},

	"system.":                      {level: sekisho.LevelWrite, class: class(sekisho.ClassAPI, sekisho.OtherActivity)},
	"system.api_token.":            {level: sekisho.LevelWrite, class: class(sekisho.ClassAPI, sekisho.ActivityUpdate)},
	"system.api_token.create":      {level: sekisho.LevelPermissions, class: class(sekisho.ClassAPI, sekisho.ActivityCreate), effect: tokenMade},
	"system.api_token.revoke":      {level: sekisho.LevelWrite, class: class(sekisho.ClassAPI, sekisho.ActivityDelete), effect: tokenGone},
	"system.idp.lifecycle.":        {level: sekisho.LevelPermissions, class: class(sekisho.ClassEntity, sekisho.OtherActivity), effect: providerChanged},
	"system.log_stream.lifecycle.": {level: sekisho.LevelWrite, topic: sekisho.TopicLogging, class: class(sekisho.ClassEntity, sekisho.OtherActivity), effect: detectionOff},
	"event_hook.":                  {level: sekisho.LevelWrite, topic: sekisho.TopicLogging, class: class(sekisho.ClassEntity, sekisho.OtherActivity), effect: detectionOff},
	"system.mfa.factor.":           {level: sekisho.LevelWrite, class: class(sekisho.ClassEntity, sekisho.OtherActivity), effect: factorsChanged},
	"system.push.":                 {kind: sekisho.Notice, level: sekisho.LevelRead, class: class(sekisho.ClassAPI, sekisho.OtherActivity)},
	"system.email.":                {kind: sekisho.Notice, level: sekisho.LevelRead, topic: sekisho.TopicMessaging, class: class(sekisho.ClassAPI, sekisho.OtherActivity)},
	"system.sms.":                  {kind: sekisho.Notice, level: sekisho.LevelRead, topic: sekisho.TopicMessaging, class: class(sekisho.ClassAPI, sekisho.OtherActivity)},
	"system.voice.":                {kind: sekisho.Notice, level: sekisho.LevelRead, topic: sekisho.TopicMessaging, class: class(sekisho.ClassAPI, sekisho.OtherActivity)},
	"system.org.rate_limit.":       {kind: sekisho.Notice, level: sekisho.LevelRead, class: class(sekisho.ClassFinding, sekisho.ActivityCreate)},
}

func class(uid uint16, activity uint8) sekisho.Class {
	return sekisho.Class{UID: uid, Activity: activity}
}

// longestFamily is how many bytes of a type are looked at.
var longestFamily = func() (n int) {
	for k := range families {
		n = max(n, len(k))
	}
	return n
}()

// actionOf is what is known of a type. One that is in no family is a change, for that is
// what the log is about: reads are not in it.
func actionOf(t string) action {
	for n := min(len(t), longestFamily); n > 0; n-- {
		if a, ok := families[t[:n]]; ok {
			if a.topic == sekisho.TopicOther {
				a.topic = sekisho.TopicIdentity
			}
			if a.class.Activity == sekisho.OtherActivity {
				a.class.Activity = verb(t)
			}
			return a
		}
	}
	return action{level: sekisho.LevelWrite, topic: sekisho.TopicIdentity, class: class(sekisho.ClassAPI, verb(t))}
}

// verb is the activity that a type's last word names, where its class has that under the
// number that most classes give it.
func verb(t string) uint8 {
	switch last := t[strings.LastIndexByte(t, '.')+1:]; last {
	case "create", "created", "add":
		return sekisho.ActivityCreate
	case "update", "updated":
		return sekisho.ActivityUpdate
	case "delete", "deleted", "remove":
		return sekisho.ActivityDelete
	}
	return sekisho.OtherActivity
}
