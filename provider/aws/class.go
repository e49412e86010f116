package aws

import (
	"strings"

	"github.com/sekisho/sekisho"
)

// classOf is what a call is in OCSF, after the mapping that the schema's authors give
// with their examples: signing in is Authentication, what is done to users and their
// credentials is Account Change, what puts users into groups Group Management, and all
// else API Activity by what the call's level says of it.
func classOf(kind sekisho.Kind, service, action string, level sekisho.Level) sekisho.Class {
	switch {
	case kind == sekisho.SignIn:
		return sekisho.Class{UID: sekisho.ClassAuthentication, Activity: 1}
	case service == "iam":
		if c, ok := iamClasses[action]; ok {
			return c
		}
	}
	c := sekisho.Class{UID: sekisho.ClassAPI, Activity: sekisho.OtherActivity}
	switch level {
	case sekisho.LevelList, sekisho.LevelRead:
		c.Activity = sekisho.ActivityRead
		return c
	}
	for _, v := range verbs {
		if strings.HasPrefix(action, v.word) {
			c.Activity = v.activity
			break
		}
	}
	return c
}

// verbs begin the names of calls that change something.
var verbs = []struct {
	word     string
	activity uint8
}{
	{"Create", sekisho.ActivityCreate}, {"Run", sekisho.ActivityCreate}, {"Put", sekisho.ActivityUpdate}, {"Update", sekisho.ActivityUpdate}, {"Modify", sekisho.ActivityUpdate},
	{"Set", sekisho.ActivityUpdate}, {"Attach", sekisho.ActivityUpdate}, {"Detach", sekisho.ActivityUpdate}, {"Tag", sekisho.ActivityUpdate}, {"Untag", sekisho.ActivityUpdate},
	{"Delete", sekisho.ActivityDelete}, {"Remove", sekisho.ActivityDelete}, {"Terminate", sekisho.ActivityDelete}, {"Deregister", sekisho.ActivityDelete},
	{"Add", sekisho.ActivityUpdate}, {"Enable", sekisho.ActivityUpdate}, {"Disable", sekisho.ActivityUpdate}, {"Register", sekisho.ActivityCreate},
}

// iamClasses are the calls about users, and about who is in a group.
var iamClasses = map[string]sekisho.Class{
	"CreateUser":          {UID: sekisho.ClassAccountChange, Activity: sekisho.AccountCreate},
	"CreateLoginProfile":  {UID: sekisho.ClassAccountChange, Activity: sekisho.AccountEnable},
	"CreateAccessKey":     {UID: sekisho.ClassAccountChange, Activity: sekisho.AccountEnable},
	"UpdateLoginProfile":  {UID: sekisho.ClassAccountChange, Activity: sekisho.AccountPasswordReset},
	"ChangePassword":      {UID: sekisho.ClassAccountChange, Activity: sekisho.AccountPasswordChange},
	"DeleteLoginProfile":  {UID: sekisho.ClassAccountChange, Activity: sekisho.AccountDisable},
	"DeleteAccessKey":     {UID: sekisho.ClassAccountChange, Activity: sekisho.AccountDisable},
	"DeleteUser":          {UID: sekisho.ClassAccountChange, Activity: sekisho.AccountDelete},
	"AttachUserPolicy":    {UID: sekisho.ClassAccountChange, Activity: sekisho.AccountAttachPolicy},
	"PutUserPolicy":       {UID: sekisho.ClassAccountChange, Activity: sekisho.AccountAttachPolicy},
	"DetachUserPolicy":    {UID: sekisho.ClassAccountChange, Activity: sekisho.AccountDetachPolicy},
	"DeleteUserPolicy":    {UID: sekisho.ClassAccountChange, Activity: sekisho.AccountDetachPolicy},
	"EnableMFADevice":     {UID: sekisho.ClassAccountChange, Activity: sekisho.AccountFactorEnable},
	"DeactivateMFADevice": {UID: sekisho.ClassAccountChange, Activity: sekisho.AccountFactorDisable},
	"AddUserToGroup":      {UID: sekisho.ClassGroup, Activity: 3},
	"RemoveUserFromGroup": {UID: sekisho.ClassGroup, Activity: 4},
	"CreateGroup":         {UID: sekisho.ClassGroup, Activity: 6},
	"DeleteGroup":         {UID: sekisho.ClassGroup, Activity: 5},
	"AttachGroupPolicy":   {UID: sekisho.ClassGroup, Activity: 1},
	"PutGroupPolicy":      {UID: sekisho.ClassGroup, Activity: 1},
	"DetachGroupPolicy":   {UID: sekisho.ClassGroup, Activity: 2},
	"DeleteGroupPolicy":   {UID: sekisho.ClassGroup, Activity: 2},
}
