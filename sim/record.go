package sim

import (
	"strings"
	"time"
)

// call is one API call, before it is known who made it and from where.
type call struct {
	name    string // "iam:CreateUser": the service's short name and CloudTrail's event name
	params  rawJSON
	result  rawJSON
	code    string // error code, "" when it worked
	message string
	extra   rawJSON // additionalEventData
	// resources is the records' list of what was touched; only some services fill it.
	resources rawJSON
	data      bool   // a data event
	kind      string // eventType; "" means AwsApiCall
	region    string // "" means where the caller works, or us-east-1 for global services
	twin      bool   // carries a sharedEventID
	shared    string // the sharedEventID, when the other side's record has to match it
	details   rawJSON
}

// origin is where and with what a call was made.
type origin struct {
	ip, agent string
	console   bool // from the web console: no TLS details, and it says so
	service   bool // by a service: address and agent are the service's host
	endpoint  string
}

// hosts are the services whose host is not "<name>.amazonaws.com".
var hosts = map[string]string{
	"monitoring": "monitoring.amazonaws.com",
	"ce":         "ce.amazonaws.com",
	"aoss":       "aoss.amazonaws.com",
}

// global services have their records in us-east-1.
func global(service string) bool {
	switch service {
	case "iam", "organizations", "route53", "cloudfront", "ce", "support", "health", "aws-marketplace", "budgets":
		return true
	}
	return false
}

// readOnly says what a record's readOnly says. AssumeRole and InvokeModel are
// true in real records; sign-in and token calls are false although they "get".
func readOnly(action string) bool {
	switch action {
	case "AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "InvokeModel", "InvokeModelWithResponseStream", "Decrypt",
		"GenerateDataKey", "Converse", "ConverseStream", "SearchAgreements":
		return true
	case "GetSigninToken", "GetFederationToken", "GetSessionToken":
		return false
	}
	for _, verb := range [...]string{"Get", "List", "Describe", "Head", "Lookup", "BatchGet", "Search", "Simulate", "Select"} {
		if strings.HasPrefix(action, verb) {
			return true
		}
	}
	return false
}

// appendRecord writes one record with its keys in the order in which a trail
// writes them. Chance is used for its ids only.
func appendRecord(b []byte, r *Rand, t time.Time, w *who, o *origin, c *call, account, home string, eventID string) []byte {
	colon := strings.IndexByte(c.name, ':')
	service, action := c.name[:colon], c.name[colon+1:]
	host, ok := hosts[service]
	if !ok {
		host = service + ".amazonaws.com"
	}
	region := c.region
	if region == "" {
		if region = home; global(service) {
			region = "us-east-1"
		}
	}
	kind := c.kind
	if kind == "" {
		kind = "AwsApiCall"
	}
	b = append(b, `{"eventVersion":"1.11","userIdentity":`...)
	b = append(b, w.json...)
	b = append(b, `,"eventTime":"`...)
	b = appendTime(b, t)
	b = append(b, `","eventSource":"`...)
	b = append(b, host...)
	b = append(b, `","eventName":"`...)
	b = append(b, action...)
	b = append(b, `","awsRegion":"`...)
	b = append(b, region...)
	b = append(b, `","sourceIPAddress":"`...)
	b = append(b, o.ip...)
	b = append(b, `","userAgent":`...)
	b = appendString(b, o.agent)
	if c.code != "" {
		b = append(b, `,"errorCode":"`...)
		b = append(b, c.code...)
		b = append(b, `","errorMessage":`...)
		b = appendString(b, c.message)
	}
	b = append(b, `,"requestParameters":`...)
	b = appendJSON(b, c.params)
	b = append(b, `,"responseElements":`...)
	b = appendJSON(b, c.result)
	if c.extra != "" {
		b = append(b, `,"additionalEventData":`...)
		b = append(b, c.extra...)
	}
	if kind == "AwsApiCall" {
		b = append(b, `,"requestID":"`...)
		if service == "s3" {
			b = r.appendText(b, s3Letters, 16)
		} else {
			b = r.appendUUID(b)
		}
		b = append(b, '"')
	}
	b = append(b, `,"eventID":"`...)
	b = append(b, eventID...)
	if readOnly(action) {
		b = append(b, `","readOnly":true`...)
	} else {
		b = append(b, `","readOnly":false`...)
	}
	if c.resources != "" {
		b = append(b, `,"resources":`...)
		b = append(b, c.resources...)
	}
	b = append(b, `,"eventType":"`...)
	b = append(b, kind...)
	if c.data {
		b = append(b, `","managementEvent":false`...)
	} else {
		b = append(b, `","managementEvent":true`...)
	}
	b = append(b, `,"recipientAccountId":"`...)
	b = append(b, account...)
	b = append(b, '"')
	if c.twin || c.shared != "" {
		b = append(b, `,"sharedEventID":"`...)
		if c.shared != "" {
			b = append(b, c.shared...)
		} else {
			b = r.appendUUID(b)
		}
		b = append(b, '"')
	}
	if o.endpoint != "" {
		b = append(b, `,"vpcEndpointId":"`...)
		b = append(b, o.endpoint...)
		b = append(b, `","vpcEndpointAccountId":"`...)
		b = append(b, account...)
		b = append(b, '"')
	}
	if c.details != "" {
		b = append(b, `,"serviceEventDetails":`...)
		b = append(b, c.details...)
	}
	if c.data {
		b = append(b, `,"eventCategory":"Data"`...)
	} else {
		b = append(b, `,"eventCategory":"Management"`...)
	}
	// A service's own calls and the console's carry no TLS details.
	if !o.service && !o.console {
		b = append(b, `,"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"`...)
		b = appendHostHeader(b, service, action, region)
		b = append(b, `"}`...)
	}
	if o.console && kind == "AwsApiCall" {
		b = append(b, `,"sessionCredentialFromConsole":"true"`...)
	}
	return append(b, '}')
}

func appendJSON(b []byte, j rawJSON) []byte {
	if j == "" {
		return append(b, "null"...)
	}
	return append(b, j...)
}

// appendHostHeader writes the name that the client asked for.
func appendHostHeader(b []byte, service, action, region string) []byte {
	switch {
	case service == "signin":
		return append(b, "signin.aws.amazon.com"...)
	case service == "ses":
		b = append(b, "email"...)
	case service == "bedrock" && (strings.HasPrefix(action, "Invoke") || strings.HasPrefix(action, "Converse")):
		b = append(b, "bedrock-runtime"...) // the runtime has a host of its own; both log as bedrock
	case global(service):
		b = append(b, service...)
		return append(b, ".amazonaws.com"...)
	default:
		b = append(b, service...)
	}
	b = append(b, '.')
	b = append(b, region...)
	return append(b, ".amazonaws.com"...)
}

// appendTime writes timeFormat without a layout to interpret.
func appendTime(b []byte, t time.Time) []byte {
	y, mo, d := t.Date()
	h, mi, s := t.Clock()
	two := func(b []byte, n int, sep byte) []byte { return append(b, byte('0'+n/10), byte('0'+n%10), sep) }
	b = append(b, byte('0'+y/1000), byte('0'+y/100%10), byte('0'+y/10%10), byte('0'+y%10), '-')
	b = two(b, int(mo), '-')
	b = two(b, d, 'T')
	b = two(b, h, ':')
	b = two(b, mi, ':')
	return two(b, s, 'Z')
}

// refused is c as a refusal for lack of permission. IAM, STS and most others
// drop the parameters then; EC2 keeps them.
func refused(c call, arn, resource string) call {
	service, action, _ := strings.Cut(c.name, ":")
	if service == "lambda" {
		action = strings.TrimRight(action, "0123456789v") // the API version is no part of the permission's name
	}
	c.result = ""
	c.message = "User: " + arn + " is not authorized to perform: " + service + ":" + action + " on resource: " + resource +
		" because no identity-based policy allows the " + service + ":" + action + " action"
	switch service {
	case "ec2":
		c.code = "Client.UnauthorizedOperation"
		c.message = "You are not authorized to perform this operation. User: " + arn + " is not authorized to perform: ec2:" + action +
			" on resource: " + resource + " because no identity-based policy allows the ec2:" + action + " action"
		return c
	case "iam", "sts", "s3":
		c.code = "AccessDenied"
	default:
		c.code = "AccessDeniedException"
	}
	if service == "s3" {
		return c
	}
	c.params = ""
	return c
}

// failed is c as an error that is not about permission.
func failed(c call, code, message string) call {
	c.code, c.message, c.result = code, message, ""
	return c
}
