package sim

import "time"

// hand is one actor at work: who it is, where it sits, what time it is for it.
type hand struct {
	rec   *Recording
	r     *Rand
	place *place
	who   who
	from  origin
	now   time.Time
	// pauses between calls, in seconds; a program's are short.
	pauseMin, pauseMax int
	phase              string        // ATT&CK tactic of what it does now; "" for ordinary work
	address            func() string // a new address for every request, if set
}

// call records one call and lets time pass. It returns the event's id.
func (h *hand) call(c call) string {
	if h.address != nil {
		h.from.ip = h.address()
	}
	w := h.who
	id := h.rec.add(h.now, &w, &h.from, c, h.place.id, h.place.home, h.phase)
	pause := h.r.Between(h.pauseMin, h.pauseMax)
	if !readOnly(c.name[len(serviceOf(c.name))+1:]) {
		// Records have whole seconds. What a change makes possible comes in a
		// later one, or a reader could not tell cause from consequence.
		pause = max(pause, 1)
	}
	h.now = h.now.Add(time.Duration(pause) * time.Second)
	return id
}

// does is call for names that place knows.
func (h *hand) does(names ...string) {
	for _, n := range names {
		h.call(h.place.do(h.r, n))
	}
}

// some makes n calls out of a list, with a person's mistakes: a refusal or a
// wrong name now and then.
func (h *hand) some(n int, mistakes float64, names []string) {
	for range n {
		c := h.place.do(h.r, names[h.r.IntN(len(names))])
		if h.r.Chance(mistakes) {
			if h.r.Chance(0.5) {
				c = refused(c, h.who.arn, "*")
			} else {
				c = failed(c, "ValidationException", "1 validation error detected: the request names nothing that exists")
			}
		}
		h.call(c)
	}
}

// as is the same seat with another identity.
func (h *hand) as(w who) *hand {
	n := *h
	n.who = w
	return &n
}

// with is the same seat with another client.
func (h *hand) with(agent string) *hand {
	n := *h
	n.from.agent = agent
	return &n
}

// assume takes a role and gives the hand that holds the session. The caller's
// record stays with h, whose time moves on; the session begins one second
// later, because CloudTrail's times are whole seconds and a key is not used
// before it exists.
func (h *hand) assume(ro *role, name string, minutes int, externalID string) (*hand, *session) {
	s := &session{role: ro, name: name, key: h.r.shortKey(), start: h.now.Truncate(time.Second)}
	c := call{name: "sts:AssumeRole",
		params: obj("roleArn", ro.arn(), "roleSessionName", name, "durationSeconds", minutes*60, "externalId", opt(externalID)),
		result: obj("credentials", issued(h.r, s.key, h.now.Add(time.Duration(minutes)*time.Minute)),
			"assumedRoleUser", obj("assumedRoleId", s.principal(), "arn", s.arn())),
		resources: list(obj("accountId", ro.account, "type", "AWS::IAM::Role", "ARN", ro.arn())),
	}
	h.call(c)
	n := h.as(bySession(s))
	if n.now.Sub(s.start) < time.Second {
		n.now = s.start.Add(time.Second)
	}
	return n, s
}

// issued is the credentials block of a token service's answer. Real session
// tokens are some thousand letters long; nobody reads them, so ours are short.
func issued(r *Rand, key string, until time.Time) rawJSON {
	return obj("accessKeyId", key, "sessionToken", r.Text(tokenLetter, 48)+"==", "expiration", until.UTC().Format("Jan 2, 2006, 3:04:05 PM"))
}

// given is a session that a service (EC2, Lambda, Backup) gave to its workload:
// the service's own AssumeRole record, and the hand of the workload.
func given(rec *Recording, r *Rand, p *place, ro *role, service, name, scope string, at time.Time) (*hand, *session) {
	s := &session{role: ro, name: name, key: r.shortKey(), start: at.Truncate(time.Second), scope: scope}
	w := byService(service + ".amazonaws.com")
	o := origin{ip: service + ".amazonaws.com", agent: service + ".amazonaws.com", service: true}
	var assumed any = obj("assumedRoleId", s.principal(), "arn", s.arn())
	switch service {
	case "ec2":
		// The record of an instance's credentials leaves out whom they are for.
		assumed, s.imds = nil, "2.0"
	case "lambda":
		s.version = ":$LATEST"
	}
	rec.add(at, &w, &o, call{name: "sts:AssumeRole",
		params:    obj("roleArn", ro.arn(), "roleSessionName", name),
		result:    obj("credentials", issued(r, s.key, at.Add(6*time.Hour)), "assumedRoleUser", assumed),
		resources: list(obj("accountId", ro.account, "type", "AWS::IAM::Role", "ARN", ro.arn())),
		twin:      true}, p.id, p.home, "")
	h := &hand{rec: rec, r: r, place: p, who: bySession(s), now: at.Add(time.Second), pauseMin: 0, pauseMax: 2}
	return h, s
}

// Clients, as programs name themselves. The versions are of late 2025.
const (
	agentCLIMac     = "aws-cli/2.31.18 md/awscrt#0.27.6 ua/2.1 os/macos#24.6.0 md/arch#arm64 lang/python#3.13.7 md/pyimpl#CPython m/E,b,Z,C cfg/retry-mode#standard md/installer#exe md/prompt#off"
	agentCLILinux   = "aws-cli/2.31.18 md/awscrt#0.27.6 ua/2.1 os/linux#6.8.0-85-generic md/arch#x86_64 lang/python#3.13.7 md/pyimpl#CPython m/E,b,Z cfg/retry-mode#standard md/installer#exe md/prompt#off"
	agentBoto       = "Boto3/1.40.55 md/Botocore#1.40.55 ua/2.1 os/linux#6.8.0-85-generic md/arch#x86_64 lang/python#3.11.9 md/pyimpl#CPython m/Z,D,b cfg/retry-mode#legacy Botocore/1.40.55"
	agentBotoMac    = "Boto3/1.40.40 md/Botocore#1.40.40 ua/2.1 os/macos#24.6.0 md/arch#arm64 lang/python#3.12.8 md/pyimpl#CPython m/Z,b cfg/retry-mode#legacy Botocore/1.40.40"
	agentLambda     = "Boto3/1.40.4 md/Botocore#1.40.4 ua/2.1 os/linux#5.10.244-261.965.amzn2.x86_64 md/arch#x86_64 lang/python#3.12.11 md/pyimpl#CPython exec-env/AWS_Lambda_python3.12 m/Z,b,D cfg/retry-mode#legacy Botocore/1.40.4"
	agentTerraform  = "APN/1.0 HashiCorp/1.0 Terraform/1.13.4 (+https://www.terraform.io) terraform-provider-aws/6.18.0 (+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.39.4 ua/2.1 os/linux lang/go#1.24.8 md/GOOS#linux md/GOARCH#amd64"
	agentActions    = "aws-sdk-js/3.917.0 ua/2.1 os/linux#6.11.0-1018-azure lang/js md/nodejs#20.19.5 api/sts#3.917.0 configure-aws-credentials-for-github-actions"
	agentBrowser    = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
	agentBrowserWin = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0"
	agentSSM        = "aws-sdk-go/1.55.5 (go1.23.6; linux; amd64) amazon-ssm-agent/3.3.1957.0"
	agentJava       = "aws-sdk-java/2.35.11 md/io#async md/http#NettyNio ua/2.1 os/Linux#6.1.0-40-amd64 lang/java#21.0.8 md/OpenJDK_64-Bit_Server_VM m/D,N"
	agentDotnet     = "aws-sdk-dotnet-coreclr/4.0.12 ua/2.1 os/windows#10.0.20348 lang/.NET_Core#8.0.20 md/ARCH#X64 api/IdentityManagement#4.0.4 m/E"
	agentScanner    = "aws-sdk-go-v2/1.39.2 ua/2.1 os/linux lang/go#1.25.1 md/GOOS#linux md/GOARCH#amd64 posture-collector/7.4"
	agentAssistant  = "aws-cli/2.31.18 md/awscrt#0.27.6 ua/2.1 os/linux#6.8.0-85-generic md/arch#x86_64 lang/python#3.13.7 md/pyimpl#CPython m/E,b cfg/retry-mode#standard md/installer#exe md/prompt#off md/command#mcp"
)
