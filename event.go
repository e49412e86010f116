package sekisho

import "time"

// Kind says what sort of record an event came from.
type Kind uint8

const (
	APICall Kind = iota // a signed request to a control or data plane
	SignIn              // a person or program opened an interactive session
	Notice              // the provider reports what it did or saw by itself
	// Inventory: what is there, as the collector read it. Nobody did anything:
	// such an event has no actor, and its effects are facts as of its time.
	Inventory
	// Traffic: the network saw packets of a machine. They are many, and few tell.
	Traffic
)

// Level is what an action does to its target, after the access levels of the
// AWS Service Authorization Reference, which fit other clouds as well.
type Level uint8

const (
	LevelUnknown     Level = iota
	LevelList              // names what exists
	LevelRead              // reads what is in it
	LevelWrite             // makes, changes or removes it
	LevelPermissions       // changes who may do what
	LevelTag               // changes labels only
)

// String names the level as reports print it.
func (l Level) String() string {
	return [...]string{"unknown", "list", "read", "write", "permissions", "tag"}[min(int(l), 5)]
}

// Changes reports whether the level alters anything.
func (l Level) Changes() bool { return l == LevelWrite || l == LevelPermissions || l == LevelTag }

// Topic is what a service is about, so that behaviours can speak of "logging"
// or "models" without naming a vendor's service.
type Topic uint8

const (
	TopicOther     Topic = iota
	TopicIdentity        // users, roles, policies, federation, tokens
	TopicCompute         // instances, images, volumes, containers
	TopicFunction        // serverless code
	TopicStorage         // objects, files, backups
	TopicDatabase        // managed databases, search, queues that hold data
	TopicSecret          // secrets, parameters, keys
	TopicLogging         // audit trail, logs, metrics, configuration history
	TopicDetection       // threat detection and posture services
	TopicModel           // model inference, training, agents
	TopicNetwork         // addresses, routes, names, firewalls
	TopicBilling         // cost, quotas, marketplace
	TopicOrganize        // organisation, accounts, guard rails
	TopicMessaging       // mail, notifications, queues
	TopicPipeline        // build, deploy, infrastructure as code
)

var topicNames = [...]string{"other", "identity", "compute", "function", "storage", "database", "secret", "logging",
	"detection", "model", "network", "billing", "organization", "messaging", "pipeline"}

// String names the topic as reports and traces print it.
func (t Topic) String() string { return topicNames[min(int(t), len(topicNames)-1)] }

// Outcome is how a call ended. A denied call tells what was tried; a failed one
// may tell the same, but for reasons other than permission.
type Outcome uint8

const (
	OK     Outcome = iota
	Denied         // refused for lack of permission, or a sign-in with wrong proof
	Failed         // any other error; nothing changed
	DryRun         // would have been allowed; nothing changed
)

// Flag marks oddities of the record that the event was read from.
type Flag uint8

const (
	// FlagKeysRepeated: a JSON object held the same key twice, or in two
	// letter cases. Parsers disagree on which one counts, so it is an evasion.
	FlagKeysRepeated Flag = 1 << iota
	// FlagFutureDated: dated after it was received; scored at ReceivedAt.
	FlagFutureDated
	// FlagShortened: a field was longer than its cap and was cut.
	FlagShortened
)

// Event is one thing that one identity did.
//
// An Event handed to a stage is borrowed: the stage may read it during the call
// and keep any string in it, but must copy Params and Result to keep them, and
// must not keep Effects or Tried.
type Event struct {
	ID         string    // the provider's id, else "sha256:" and 16 hex digits of the record
	Time       time.Time // when it happened, by the provider; UTC
	ReceivedAt time.Time // when it reached us; zero in a historical scan

	Source  string // the feed's format, for example "aws-cloudtrail"
	Kind    Kind
	Class   Class  // as OCSF names it
	Account string // the account in which it happened
	Region  string

	Service string // lower case, without a vendor's domain: "iam"
	Action  string // "CreateAccessKey", without an API version at its end
	Level   Level
	Topic   Topic

	Outcome      Outcome
	Error        string // the provider's error code, "" when OK
	ErrorMessage string

	Actor    Actor
	IP       string // source address as text; "" when the provider called itself
	Endpoint string // private endpoint that the call came through, if any
	Client   Client

	// Target is what the call was about, as specific as the record says: an
	// ARN, a name, an id. For a denied call it comes from the error message.
	Target string

	Effects []Effect // what the call changed, gave or took; see Effect
	// Tried is what a refused, failed or dry-run call would have changed, as
	// far as the record still says; it changed nothing. Empty when OK.
	Tried  []Effect
	TwinID string // the id that a second account's record of the same call shares
	Flags  Flag

	Params []byte // raw request parameters (JSON); borrowed, may be nil
	Result []byte // raw response (JSON); borrowed, may be nil

	name string // what Name made last
}

// Name is "service:Action". It is made once an event, for every behaviour asks.
func (e *Event) Name() string {
	n := len(e.Service)
	if len(e.name) != n+1+len(e.Action) || e.name[:n] != e.Service || e.name[n+1:] != e.Action {
		e.name = e.Service + ":" + e.Action
	}
	return e.name
}

// SetName says what Name is to answer, for who makes many events of one action and has
// its name already. Name holds it against the service and the action.
func (e *Event) SetName(name string) { e.name = name }

// Vendor is whose system the event is of: the first word of its feed's name, "aws" of
// "aws-cloudtrail".
func (e *Event) Vendor() string {
	for i := range len(e.Source) {
		if e.Source[i] == '-' {
			return e.Source[:i]
		}
	}
	return e.Source
}

// Succeeded reports whether the call took effect.
func (e *Event) Succeeded() bool { return e.Outcome == OK }

// Client is the program that made the call, as far as its own word is worth.
// It is attacker-controlled text: novel is a signal, familiar proves nothing.
type Client struct {
	// Family is the normalised program: "aws-cli", "boto3", "terraform",
	// "console", "browser", "service", "sdk-go", …; "" when unknown.
	Family string
	// OS is the normalised operating system: "linux", "windows", "macos", "".
	OS string
	// Runtime is where the code says that it runs: "lambda", "ec2-agent",
	// "cloudshell", "".
	Runtime string
	Raw     string // the whole text, shortened to its cap
}
