package guardduty

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho"
	"github.com/sekisho/sekisho/ingest"
	"github.com/sekisho/sekisho/normalize"
)

// finding is one with the parts that all have. more stands in service.
func finding(kind, severity, resource, more string) string {
	return `{"schemaVersion":"2.0","accountId":"111122223333","region":"eu-west-1","partition":"aws","id":"f1","arn":"arn:aws:guardduty:eu-west-1:111122223333:detector/d1/finding/f1",` +
		`"type":"` + kind + `","resource":` + resource + `,"service":{"serviceName":"guardduty","detectorId":"d1","count":1,"archived":false,"eventFirstSeen":"2026-02-02T02:00:00.000Z",` +
		`"eventLastSeen":"2026-02-02T02:40:00.000Z","additionalInfo":{"value":"{}","type":"default"}` + more + `},"severity":` + severity +
		`,"createdAt":"2026-02-02T02:55:00.123Z","updatedAt":"2026-02-02T02:55:00.123Z","title":"t","description":"d"}`
}

func call(api, ip string) string {
	return `,"action":{"actionType":"AWS_API_CALL","awsApiCallAction":{"api":"` + api + `","serviceName":"s3.amazonaws.com","callerType":"Remote IP","remoteIpDetails":{"ipAddressV4":"` + ip + `"}}}`
}

const exfiltration = "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"

// sequenced is an attack sequence of an instance's role, a user, a role that is given
// again, and a process.
const sequenced = `,"detection":{"sequence":{"uid":"s1","description":"d","actors":[` +
	`{"id":"p1","process":{"name":"sh","path":"/bin/sh"}},` +
	`{"id":"a1","user":{"name":"app","uid":"AROAAPP:i-0123456789abcdef0","type":"AssumedRole","credentialUid":"ASIAONE","account":{"uid":"111122223333","account":"prod"}},"session":{"uid":"1","mfaStatus":"DISABLED","createdTime":1770000000.5,"issuer":"arn:aws:iam::111122223333:role/app"}},` +
	`{"id":"a2","user":{"name":"alice","uid":"AIDAALICE","type":"IAMUser","credentialUid":"AKIATWO"}},` +
	`{"id":"a3","user":{"name":"deploy","uid":"AROADEPLOY:bob@example.com","type":"AssumedRole","credentialUid":"ASIATHREE"},"session":{"mfaStatus":"ENABLED","createdTime":1770000000000}},` +
	`{"id":"a3","user":{"name":"deploy","uid":"AROADEPLOY:bob@example.com","type":"AssumedRole","credentialUid":"ASIATHREE"}}],` +
	`"endpoints":[{"id":"e0","domain":"example.com"},{"id":"e1","ip":"203.0.113.9"}],` +
	`"resources":[{"uid":"ASIAONE","resourceType":"ACCESS_KEY"},{"uid":"arn:aws:s3:::example-bucket","resourceType":"S3_BUCKET"},{"uid":"i-0aaaaaaaaaaaaaaaa","resourceType":"EC2_INSTANCE"}],` +
	`"signals":[{"uid":"x","type":"CLOUD_TRAIL","name":"GetObject","actorIds":["a1"]}]}}`

const roleKey = `{"resourceType":"AccessKey","accessKeyDetails":{"accessKeyId":"ASIAONE","principalId":"AROAAPP:i-0123456789abcdef0","userType":"AssumedRole","userName":"app"},"instanceDetails":{"instanceId":"i-0123456789abcdef0"}}`

// TestPurpose: which tactic a finding stands for, and whether it was done to what it names.
func TestPurpose(t *testing.T) {
	const machine = `{"resourceType":"Instance","instanceDetails":{"instanceId":"i-0123456789abcdef0"}}`
	for _, tt := range []struct {
		kind, resource, role string
		phase                sekisho.Phase
		suffered             bool
	}{
		{"CryptoCurrency:EC2/BitcoinTool.B", machine, "ACTOR", "impact", false},
		{"UnauthorizedAccess:EC2/SSHBruteForce", machine, "TARGET", "initial-access", true},
		{"Recon:IAMUser/MaliciousIPCaller", roleKey, "TARGET", "discovery", false}, // of a key it means what it was used on
		{"Policy:IAMUser/RootCredentialUsage", roleKey, "", "", false},
		{"AttackSequence:IAM/CompromisedCredentials", roleKey, "", "", false},
	} {
		e := expand(t, Format(), finding(tt.kind, "5", tt.resource, `,"resourceRole":"`+tt.role+`"`))
		x := e.Find(sekisho.Report)
		if x == nil || x.Phase != tt.phase || x.Suffered != tt.suffered {
			t.Errorf("%s: %+v", tt.kind, x)
		}
	}
}

// tell is what differs between findings' events.
func tell(e *sekisho.Event) string {
	var b strings.Builder
	a := &e.Actor
	fmt.Fprintf(&b, "%s %d %s ip=%s target=%s\nactor %d %s id=%s name=%s account=%s key=%s session=%s workload=%s/%s subject=%s", e.Time.Format("15:04:05.000"), e.Class.Activity, e.Action, e.IP, e.Target,
		a.Type, a.Kind, a.ID, a.Name, a.Account, a.Credential, a.SessionID, a.WorkloadType, a.Workload, a.Subject)
	for _, x := range e.Effects {
		fmt.Fprintf(&b, "\n%v %d %s %s key=%s session=%s workload=%s on=%s", x.Kind, x.Count, x.Identity.Type, x.Identity.ID, x.Credential, x.Session, x.Workload, x.Resource)
	}
	return b.String()
}

// pairs are findings and what is told of them.
var pairs = []struct{ name, raw, want string }{
	{"the key of a machine's role, used elsewhere", finding(exfiltration, "8", roleKey, call("ListBuckets", "203.0.113.9")), `
02:40:00.000 1 ` + exfiltration + ` ip=203.0.113.9 target=ASIAONE
actor 2 workload id=AROAAPP name=app account=111122223333 key=ASIAONE session=AROAAPP:i-0123456789abcdef0 workload=instance/i-0123456789abcdef0 subject=
Report 80 role AROAAPP key=ASIAONE session=AROAAPP:i-0123456789abcdef0 workload=i-0123456789abcdef0 on=ASIAONE`},
	{"a user who acts as never before", finding("Persistence:IAMUser/AnomalousBehavior", "5.0", `{"resourceType":"AccessKey","accessKeyDetails":{"accessKeyId":"AKIATWO","principalId":"AIDAALICE","userType":"IAMUser","userName":"alice"}}`, call("CreateUser", "2001:DB8::9")), `
02:40:00.000 1 Persistence:IAMUser/AnomalousBehavior ip=2001:db8::9 target=AKIATWO
actor 1 unknown id=AIDAALICE name=alice account=111122223333 key=AKIATWO session= workload=/ subject=
Report 50 user AIDAALICE key=AKIATWO session= workload= on=AKIATWO`},
	{"somebody of the single sign-on", finding("Discovery:IAMUser/AnomalousBehavior", "2", `{"resourceType":"AccessKey","accessKeyDetails":{"accessKeyId":"ASIASSO","principalId":"AROASSO:carol@example.com","userType":"AssumedRole","userName":"AWSReservedSSO_Admin_0123"}}`, ""), `
02:40:00.000 1 Discovery:IAMUser/AnomalousBehavior ip= target=ASIASSO
actor 2 human id=AROASSO name=AWSReservedSSO_Admin_0123 account=111122223333 key=ASIASSO session=AROASSO:carol@example.com workload=/ subject=carol@example.com
Report 20 role AROASSO key=ASIASSO session=AROASSO:carol@example.com workload= on=ASIASSO`},
	{"the root user", finding("Policy:IAMUser/RootCredentialUsage", "2", `{"resourceType":"AccessKey","accessKeyDetails":{"accessKeyId":"ASIAROOT","principalId":"111122223333","userType":"Root","userName":"Root"}}`, ""), `
02:40:00.000 1 Policy:IAMUser/RootCredentialUsage ip= target=ASIAROOT
actor 3 human id=111122223333 name=root account=111122223333 key=ASIAROOT session= workload=/ subject=
Report 20  111122223333 key=ASIAROOT session= workload= on=ASIAROOT`},
	{"a federated user", finding("Recon:IAMUser/UserPermissions", "5", `{"resourceType":"AccessKey","accessKeyDetails":{"accessKeyId":"ASIAFED","principalId":"111122223333:dave","userType":"FederatedUser","userName":"dave"}}`, ""), `
02:40:00.000 1 Recon:IAMUser/UserPermissions ip= target=ASIAFED
actor 4 unknown id=111122223333:dave name=dave account=111122223333 key=ASIAFED session= workload=/ subject=dave
Report 50  111122223333:dave key=ASIAFED session= workload= on=ASIAFED`},
	{"a machine that mines", finding("CryptoCurrency:EC2/BitcoinTool.B!DNS", "8", `{"resourceType":"Instance","instanceDetails":{"instanceId":"i-0123456789abcdef0","iamInstanceProfile":{"arn":"arn:aws:iam::111122223333:instance-profile/app","id":"AIPA"},"networkInterfaces":[{"networkInterfaceId":"eni-0a1"}]}}`,
		`,"action":{"actionType":"DNS_REQUEST","dnsRequestAction":{"domain":"pool.example.com","protocol":"UDP","blocked":false}}`), `
02:40:00.000 1 CryptoCurrency:EC2/BitcoinTool.B!DNS ip= target=i-0123456789abcdef0
actor 10 workload id=i-0123456789abcdef0 name=i-0123456789abcdef0 account=111122223333 key= session= workload=instance/i-0123456789abcdef0 subject=
Report 80  i-0123456789abcdef0 key= session= workload=i-0123456789abcdef0 on=i-0123456789abcdef0`},
	{"a port that is probed", finding("Recon:EC2/PortProbeUnprotectedPort", "2", `{"resourceType":"Instance","instanceDetails":{"instanceId":"i-0123456789abcdef0"}}`,
		`,"action":{"actionType":"PORT_PROBE","portProbeAction":{"blocked":false,"portProbeDetails":[{"localPortDetails":{"port":22},"remoteIpDetails":{"ipAddressV4":"198.51.100.7"}},{"remoteIpDetails":{"ipAddressV4":"198.51.100.8"}}]}}`), `
02:40:00.000 1 Recon:EC2/PortProbeUnprotectedPort ip=198.51.100.7 target=i-0123456789abcdef0
actor 10 workload id=i-0123456789abcdef0 name=i-0123456789abcdef0 account=111122223333 key= session= workload=instance/i-0123456789abcdef0 subject=
Report 20  i-0123456789abcdef0 key= session= workload=i-0123456789abcdef0 on=i-0123456789abcdef0`},
	{"buckets that are looked through", finding("Discovery:S3/AnomalousBehavior", "5", `{"resourceType":"S3Bucket","accessKeyDetails":{"accessKeyId":"AKIATWO","principalId":"AIDAALICE","userType":"IAMUser","userName":"alice"},"s3BucketDetails":[{"arn":"arn:aws:s3:::example-one","name":"example-one","type":"Destination"},{"arn":"arn:aws:s3:::example-two"}]}`, call("ListObjects", "203.0.113.9")), `
02:40:00.000 1 Discovery:S3/AnomalousBehavior ip=203.0.113.9 target=arn:aws:s3:::example-one
actor 1 unknown id=AIDAALICE name=alice account=111122223333 key=AKIATWO session= workload=/ subject=
Report 50 user AIDAALICE key=AKIATWO session= workload= on=arn:aws:s3:::example-one`},
	{"another account at a bucket", finding("Exfiltration:S3/AnomalousBehavior", "8", `{"resourceType":"S3Bucket","accessKeyDetails":{"accessKeyId":"ASIAX","principalId":"AROAX:s","userType":"AWSAccount","userName":""},"s3BucketDetails":[{"name":"example-one"}]}`,
		`,"action":{"actionType":"AWS_API_CALL","awsApiCallAction":{"remoteAccountDetails":{"accountId":"444455556666","affiliated":false},"remoteIpDetails":{"ipAddressV4":"203.0.113.9"}}}`), `
02:40:00.000 1 Exfiltration:S3/AnomalousBehavior ip=203.0.113.9 target=example-one
actor 6 unknown id=AROAX name= account=444455556666 key=ASIAX session=AROAX:s workload=/ subject=
Report 80  AROAX key=ASIAX session=AROAX:s workload= on=example-one`},
	{"a bucket and nobody", finding("Policy:S3/BucketBlockPublicAccessDisabled", "2", `{"resourceType":"S3Bucket","accessKeyDetails":{"accessKeyId":"","principalId":"","userType":"","userName":""},"s3BucketDetails":[{"arn":"arn:aws:s3:::example-one"}]}`, ""), `
02:40:00.000 1 Policy:S3/BucketBlockPublicAccessDisabled ip= target=arn:aws:s3:::example-one
actor 5 service id=guardduty.amazonaws.com name=guardduty.amazonaws.com account= key= session= workload=/ subject=
Report 20   key= session= workload= on=arn:aws:s3:::example-one`},
	{"anybody at a bucket", finding("Discovery:S3/MaliciousIPCaller", "8", `{"resourceType":"S3Bucket","accessKeyDetails":{"accessKeyId":"","principalId":"","userType":"AWSAccount","userName":"ANONYMOUS_PRINCIPAL"},"s3BucketDetails":[{"arn":"arn:aws:s3:::example-one"}]}`, call("ListObjects", "203.0.113.9")), `
02:40:00.000 1 Discovery:S3/MaliciousIPCaller ip=203.0.113.9 target=arn:aws:s3:::example-one
actor 7 unknown id=anonymous name=anonymous account= key= session= workload=/ subject=
Report 80   key= session= workload= on=arn:aws:s3:::example-one`},
	{"a function that calls home", finding("Backdoor:Lambda/C&CActivity.B", "8", `{"resourceType":"Lambda","lambdaDetails":{"functionArn":"arn:aws:lambda:eu-west-1:111122223333:function:f:7","functionName":"f","role":"arn:aws:iam::111122223333:role/f"}}`,
		`,"action":{"actionType":"NETWORK_CONNECTION","networkConnectionAction":{"connectionDirection":"OUTBOUND","remoteIpDetails":{"ipAddressV4":"203.0.113.9"},"blocked":false}}`), `
02:40:00.000 1 Backdoor:Lambda/C&CActivity.B ip=203.0.113.9 target=arn:aws:lambda:eu-west-1:111122223333:function:f:7
actor 10 workload id=arn:aws:lambda:eu-west-1:111122223333:function:f name=f account=111122223333 key= session= workload=function/arn:aws:lambda:eu-west-1:111122223333:function:f subject=
Report 80  arn:aws:lambda:eu-west-1:111122223333:function:f key= session= workload=arn:aws:lambda:eu-west-1:111122223333:function:f on=arn:aws:lambda:eu-west-1:111122223333:function:f:7`},
	{"a container's task", finding("Execution:Runtime/ReverseShell", "8", `{"resourceType":"ECSCluster","instanceDetails":{"instanceId":"i-0123456789abcdef0"},"ecsClusterDetails":{"arn":"arn:aws:ecs:eu-west-1:111122223333:cluster/c","taskDetails":{"arn":"arn:aws:ecs:eu-west-1:111122223333:task/c/0123456789abcdef0123456789abcdef"}}}`, ""), `
02:40:00.000 1 Execution:Runtime/ReverseShell ip= target=arn:aws:ecs:eu-west-1:111122223333:task/c/0123456789abcdef0123456789abcdef
actor 10 workload id=0123456789abcdef0123456789abcdef name=0123456789abcdef0123456789abcdef account=111122223333 key= session= workload=task/0123456789abcdef0123456789abcdef subject=
Report 80  0123456789abcdef0123456789abcdef key= session= workload=0123456789abcdef0123456789abcdef on=arn:aws:ecs:eu-west-1:111122223333:task/c/0123456789abcdef0123456789abcdef`},
	{"a cluster and nobody", finding("Discovery:Kubernetes/SuccessfulAnonymousAccess", "5", `{"resourceType":"EKSCluster","eksClusterDetails":{"name":"k","arn":"arn:aws:eks:eu-west-1:111122223333:cluster/k"},"kubernetesDetails":{"kubernetesUserDetails":{"username":"system:anonymous"}}}`,
		`,"action":{"actionType":"KUBERNETES_API_CALL","kubernetesApiCallAction":{"verb":"list","remoteIpDetails":{"ipAddressV4":"203.0.113.9"}}}`), `
02:40:00.000 1 Discovery:Kubernetes/SuccessfulAnonymousAccess ip=203.0.113.9 target=arn:aws:eks:eu-west-1:111122223333:cluster/k
actor 5 service id=guardduty.amazonaws.com name=guardduty.amazonaws.com account= key= session= workload=/ subject=
Report 50   key= session= workload= on=arn:aws:eks:eu-west-1:111122223333:cluster/k`},
	{"an attack sequence of three actors", finding("AttackSequence:S3/CompromisedData", "9.5", `{"resourceType":"AttackSequence"}`, sequenced), `
02:40:00.000 1 AttackSequence:S3/CompromisedData ip=203.0.113.9 target=arn:aws:s3:::example-bucket
actor 2 workload id=AROAAPP name=app account=111122223333 key=ASIAONE session=AROAAPP:i-0123456789abcdef0 workload=instance/i-0123456789abcdef0 subject=
Report 95 role AROAAPP key=ASIAONE session=AROAAPP:i-0123456789abcdef0 workload=i-0123456789abcdef0 on=arn:aws:s3:::example-bucket
Report 95 user AIDAALICE key=AKIATWO session= workload= on=arn:aws:s3:::example-bucket
Report 95 role AROADEPLOY key=ASIATHREE session=AROADEPLOY:bob@example.com workload= on=arn:aws:s3:::example-bucket`},
	{"an attack sequence of machines", finding("AttackSequence:EC2/CompromisedInstanceGroup", "9", `{"resourceType":"AttackSequence"}`, `,"detection":{"sequence":{"uid":"s2","signals":[],"resources":[{"uid":"arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef0","resourceType":"EC2_INSTANCE"},{"uid":"i-0aaaaaaaaaaaaaaaa","accountId":"444455556666","resourceType":"EC2_INSTANCE"}]}}`), `
02:40:00.000 1 AttackSequence:EC2/CompromisedInstanceGroup ip= target=arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef0
actor 10 workload id=i-0123456789abcdef0 name=i-0123456789abcdef0 account=111122223333 key= session= workload=instance/i-0123456789abcdef0 subject=
Report 90  i-0123456789abcdef0 key= session= workload=i-0123456789abcdef0 on=arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef0
Report 90  i-0aaaaaaaaaaaaaaaa key= session= workload=i-0aaaaaaaaaaaaaaaa on=arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef0`},
	{"an attack sequence of nobody", finding("AttackSequence:EKS/CompromisedCluster", "9", `{"resourceType":"AttackSequence"}`, `,"detection":{"sequence":{"actors":[{"id":"p1","process":{"name":"sh"}}],"resources":[{"uid":"arn:aws:eks:eu-west-1:111122223333:cluster/k","resourceType":"EKS_CLUSTER"}]}}`), `
02:40:00.000 1 AttackSequence:EKS/CompromisedCluster ip= target=arn:aws:eks:eu-west-1:111122223333:cluster/k
actor 5 service id=guardduty.amazonaws.com name=guardduty.amazonaws.com account= key= session= workload=/ subject=
Report 90   key= session= workload= on=arn:aws:eks:eu-west-1:111122223333:cluster/k`},
	{"an update", strings.Replace(finding(exfiltration, "8", roleKey, ""), `"count":1`, `"count":4`, 1), `
02:40:00.000 2 ` + exfiltration + ` ip= target=ASIAONE
actor 2 workload id=AROAAPP name=app account=111122223333 key=ASIAONE session=AROAAPP:i-0123456789abcdef0 workload=instance/i-0123456789abcdef0 subject=
Report 80 role AROAAPP key=ASIAONE session=AROAAPP:i-0123456789abcdef0 workload=i-0123456789abcdef0 on=ASIAONE`},
	{"without service, in a database's spelling of times", `{"id":"f1","type":"X:IAMUser/Y","arn":"arn:aws:guardduty:eu-west-1:111122223333:detector/d1/finding/f1","accountId":"111122223333","severity":"high","createdAt":"2026-02-02 02:55:00.123","updatedAt":"2026-02-02 02:56:00.123","resource":{}}`, `
02:56:00.123 2 X:IAMUser/Y ip= target=
actor 5 service id=guardduty.amazonaws.com name=guardduty.amazonaws.com account= key= session= workload=/ subject=
Report 1   key= session= workload= on=`},

	{"a sample", strings.Replace(finding(exfiltration, "8", roleKey, ""), `"additionalInfo":{`, `"additionalInfo":{"sample":true,`, 1), "2 a sample finding"},
	{"a sample, as the API says it", strings.Replace(finding(exfiltration, "8", roleKey, ""), `"value":"{}"`, `"value":"{\"sample\":true}"`, 1), "2 a sample finding"},
	{"an archived finding", strings.Replace(finding(exfiltration, "8", roleKey, ""), `"archived":false`, `"archived":true`, 1), "2 an archived finding"},
	{"no time", `{"id":"f1","type":"X:IAMUser/Y","arn":"arn:aws:guardduty:eu-west-1:1:detector/d1/finding/f1"}`, "1 no updatedAt"},
	{"a bad time", strings.Replace(finding(exfiltration, "8", roleKey, ""), "02:40:00.000Z", "noon", 1), "1 service.eventLastSeen is not a time"},
	{"a call to GuardDuty", `{"eventVersion":"1.08","eventSource":"guardduty.amazonaws.com","eventName":"ListDetectors","eventID":"e1"}`, "3 no finding of GuardDuty"},
	{"another product's finding", `{"SchemaVersion":"2018-10-08","Id":"arn:aws:guardduty:eu-west-1:1:detector/d/finding/f","ProductArn":"arn:aws:securityhub:eu-west-1::product/aws/guardduty","Types":["TTPs"]}`, "3 no finding of GuardDuty"},
	{"another record", `{"id":"1","type":"x"}`, "3 no finding of GuardDuty"},
	{"a list of them", `{"Findings":[` + capitals(finding(exfiltration, "8", roleKey, "")) + `]}`, "1 a list of findings: deliver each by itself, as jq -c .Findings[] writes them"},
	{"damaged", finding(exfiltration, "8", roleKey, "")[:300], "1 not a complete JSON object"},
}

// capitals is a finding as the API's clients write it.
func capitals(raw string) string {
	var m any
	if err := json.Unmarshal([]byte(raw), &m); err != nil {
		panic(err)
	}
	var walk func(any) any
	walk = func(v any) any {
		switch v := v.(type) {
		case map[string]any:
			out := map[string]any{}
			for k, x := range v {
				out[capital(k)] = walk(x)
			}
			return out
		case []any:
			for i := range v {
				v[i] = walk(v[i])
			}
		}
		return v
	}
	out, err := json.Marshal(walk(m))
	if err != nil {
		panic(err)
	}
	return string(out)
}

// read reads a record and tells what came of it.
func read(t *testing.T, raw string) (string, sekisho.Event, normalize.Key) {
	t.Helper()
	f := Format()
	out, key, verdict, reason := f.Compact([]byte("x"), []byte(raw))
	if verdict != normalize.Read {
		if string(out) != "x" {
			t.Errorf("something was left behind of %s", raw)
		}
		return fmt.Sprint(verdict, " ", reason), sekisho.Event{}, key
	}
	var e sekisho.Event
	if err := f.NewExpander().Expand(&e, out[1:]); err != nil {
		t.Fatal(err)
	}
	if want := normalize.KeyOf(e.Time.UnixNano(), Source, []byte(e.ID)); key != want {
		t.Errorf("the key is not of time and id of %s", e.ID)
	}
	return "\n" + tell(&e), e, key
}

// TestFindings: what becomes of findings, in both spellings.
func TestFindings(t *testing.T) {
	for _, tt := range pairs {
		got, e, key := read(t, tt.raw)
		if got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
		if !strings.HasPrefix(tt.want, "\n") {
			continue
		}
		if e.Kind != sekisho.Notice || e.Class.UID != 2004 || e.Service != "guardduty" || e.Topic != sekisho.TopicDetection || e.Outcome != sekisho.OK || e.Account != "111122223333" || e.Source != "aws-guardduty" || e.Flags != 0 {
			t.Errorf("%s: %+v", tt.name, e)
		}
		upper, _, other := read(t, capitals(tt.raw))
		if upper != tt.want || key != other {
			t.Errorf("%s, in capitals:\n got %s\nwant %s", tt.name, upper, tt.want)
		}
	}
}

// TestIDs: an update is another record; the same one that comes twice is not.
func TestIDs(t *testing.T) {
	first := finding(exfiltration, "8", roleKey, "")
	_, e, key := read(t, first)
	if want := "f1@2026-02-02T02:55:00.123Z"; e.ID != want {
		t.Errorf("%s, want %s", e.ID, want)
	}
	_, _, again := read(t, strings.Replace(first, `"title":"t"`, `"title":"other"`, 1))
	_, _, updated := read(t, strings.Replace(first, `"updatedAt":"2026-02-02T02:55`, `"updatedAt":"2026-02-02T03:10`, 1))
	if key != again || key == updated {
		t.Errorf("%x, again %x, updated %x", key, again, updated)
	}
}

// TestSequenceActors: what stands beside a sequence's actors.
func TestSequenceActors(t *testing.T) {
	c := sequenceActor([]byte(`{"user":{"name":"app","uid":"AROAAPP:s","type":"AssumedRole","credentialUid":"ASIAONE","account":{"uid":"444455556666"}},"session":{"mfaStatus":"ENABLED","createdTime":1770000000.5,"issuer":"arn:aws:iam::111122223333:role/app"}}`), "111122223333")
	a := c.actor()
	if a.ARN != "arn:aws:iam::111122223333:role/app" || !a.MFA || !a.SessionStart.Equal(time.Unix(1770000000, 0)) || a.Account != "444455556666" || a.Kind != sekisho.KindHuman {
		t.Errorf("%+v", a)
	}
	if at := moment("1770000000000"); !at.Equal(time.Unix(1770000000, 0)) {
		t.Error(at)
	}
	if at := moment("2026-02-02T02:40:00.9Z"); !at.Equal(time.Unix(1770000000, 0)) {
		t.Error(at)
	}
	many := `,"detection":{"sequence":{"actors":[` + strings.TrimSuffix(strings.Repeat(`{"user":{"uid":"AIDA%","type":"IAMUser"}},`, 100), ",") + `]}}`
	for i := range 100 {
		many = strings.Replace(many, "%", fmt.Sprint(i), 1)
	}
	if _, e, _ := read(t, finding("AttackSequence:IAM/CompromisedCredentials", "9", `{}`, many)); len(e.Effects) != actorsMost {
		t.Errorf("%d reports of 100 actors", len(e.Effects))
	}
}

// TestEnvelope: as the event bus delivers a finding, and as an exported file holds two.
func TestEnvelope(t *testing.T) {
	one := finding(exfiltration, "8", roleKey, "")
	two := strings.Replace(one, `"id":"f1"`, `"id":"f2"`, 1)
	for name, text := range map[string]string{
		"bus":  `{"version":"0","id":"e1","detail-type":"GuardDuty Finding","source":"aws.guardduty","account":"111122223333","time":"2026-02-02T03:00:00Z","region":"eu-west-1","resources":[],"detail":` + one + `}` + "\n" + two,
		"file": one + "\n" + two + "\n" + one + "\n",
		"list": `[` + capitals(one) + `,` + capitals(two) + `]`,
	} {
		var b ingest.Body
		if err := b.Inflate([]byte(text)); err != nil {
			t.Fatal(err)
		}
		b.Read([]normalize.Format{Format()})
		keys := map[normalize.Key]bool{}
		for _, r := range b.Records {
			keys[r.Key] = true
		}
		if len(keys) != 2 || b.BadTotal != 0 {
			t.Errorf("%s: %d findings, %d bad: %v", name, len(keys), b.BadTotal, b.Bad)
		}
	}
}

// dataDir is where public recordings lie beside a checkout.
const dataDir = "../../../shared/data/"

// recorded gives each record of test suites of others, out of what they keep it in.
func recorded(t *testing.T, file string, f func(raw []byte)) {
	t.Helper()
	in, err := os.Open(dataDir + file)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v; CI must have the public recordings there", err)
		}
		t.Skipf("no public recordings: %v", err)
	}
	defer in.Close()
	r := io.Reader(bufio.NewReader(in))
	if strings.HasSuffix(file, ".gz") {
		if r, err = gzip.NewReader(r); err != nil {
			t.Fatal(err)
		}
	}
	for dec := json.NewDecoder(r); ; {
		var raw json.RawMessage
		if err := dec.Decode(&raw); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		list := []map[string]json.RawMessage{{}}
		if raw[0] != '[' {
			raw = json.RawMessage("[" + string(raw) + "]")
		}
		if err := json.Unmarshal(raw, &list); err != nil {
			t.Fatal(err)
		}
		for _, m := range list {
			for _, key := range []string{"event", "data"} {
				if len(m[key]) > 0 {
					f(bytes.TrimSpace(m[key]))
				}
			}
		}
	}
}

// TestRecorded: findings of other people's test suites are read, or skipped with a reason.
func TestRecorded(t *testing.T) {
	count := map[string]int{}
	for _, file := range []string{"panther-rule-tests/AWS.GuardDuty.ndjson.gz", "streamalert-rule-tests/guardduty/guard_duty_all.json"} {
		recorded(t, file, func(raw []byte) {
			got, e, _ := read(t, string(raw))
			if strings.HasPrefix(got, "\n") {
				got = "read"
				if e.Time.IsZero() || e.Action == "" || e.Find(sekisho.Report) == nil || e.Actor.ID == "" {
					t.Errorf("%+v", e)
				}
			}
			count[got]++
		})
	}
	// The last is an envelope without a finding in it.
	if want := map[string]int{"read": 2, "2 a sample finding": 2, "3 no finding of GuardDuty": 1}; fmt.Sprint(count) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", count, want)
	}
}

// FuzzFinding: any text is read or refused, and what is read can be expanded, but not a
// part of it.
func FuzzFinding(f *testing.F) {
	for _, tt := range pairs {
		f.Add([]byte(tt.raw))
	}
	format := Format()
	x := format.NewExpander()
	f.Fuzz(func(t *testing.T, raw []byte) {
		out, key, verdict, reason := format.Compact(nil, raw)
		if verdict != normalize.Read {
			if reason == "" || len(out) > 0 {
				t.Fatalf("%d without a reason", verdict)
			}
			return
		}
		var e sekisho.Event
		if err := x.Expand(&e, out); err != nil {
			t.Fatal(err)
		}
		if e.Time.UnixNano() != key.Time || e.Actor.ID == "" || len(e.Effects) == 0 {
			t.Fatalf("%+v", e)
		}
		for _, r := range e.Effects {
			if r.Count < 1 || r.Count > 100 {
				t.Fatalf("%+v", r)
			}
		}
		for cut := range min(len(out), 300) {
			if x.Expand(&e, out[:cut:cut]) == nil {
				t.Fatalf("a form cut at %d of %d was expanded", cut, len(out))
			}
		}
	})
}
