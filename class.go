package sekisho

// Class is what an event is in the Open Cybersecurity Schema Framework, so that others
// can read it beside what they have: a class by its uid, and an activity within it. The
// numbers are those of OCSF 1.3 (https://schema.ocsf.io).
type Class struct {
	UID      uint16
	Activity uint8
}

// OtherActivity is the activity of each class that its list does not name.
const OtherActivity = 99

// Classes, by their uid.
const (
	ClassFinding        uint16 = 2004 // Detection Finding: 1 create, 2 update
	ClassAccountChange  uint16 = 3001 // see the constants Account…
	ClassAuthentication uint16 = 3002 // 1 logon, 2 logoff, 3 authentication ticket
	ClassEntity         uint16 = 3004 // Entity Management: 1 create, 2 read, 3 update, 4 delete
	ClassUserAccess     uint16 = 3005 // User Access Management: 1 assign, 2 revoke
	ClassGroup          uint16 = 3006 // Group Management: 1 assign, 2 revoke privileges, 3 add, 4 remove user, 5 delete, 6 create
	ClassNetwork        uint16 = 4001 // Network Activity: 1 open, 5 refuse, 6 traffic
	ClassInventory      uint16 = 5001 // Device Inventory Info: 1 log, 2 collect
	ClassAPI            uint16 = 6003 // API Activity: 1 create, 2 read, 3 update, 4 delete
)

// Activities of ClassAccountChange.
const (
	AccountCreate         uint8 = 1
	AccountEnable         uint8 = 2
	AccountPasswordChange uint8 = 3
	AccountPasswordReset  uint8 = 4
	AccountDisable        uint8 = 5
	AccountDelete         uint8 = 6
	AccountAttachPolicy   uint8 = 7
	AccountDetachPolicy   uint8 = 8
	AccountLock           uint8 = 9
	AccountFactorEnable   uint8 = 10
	AccountFactorDisable  uint8 = 11
)

// Activities that several classes share.
const (
	ActivityCreate uint8 = 1
	ActivityRead   uint8 = 2
	ActivityUpdate uint8 = 3
	ActivityDelete uint8 = 4
)
