package aws

import (
	"bytes"

	"github.com/sekisho/sekisho/normalize"
)

// trimHost makes a service's name of its host: "iam" of "iam.amazonaws.com".
func trimHost(host []byte) []byte {
	host = bytes.TrimSuffix(host, []byte(".cn")) // the partition of China
	return bytes.TrimSuffix(host, []byte(".amazonaws.com"))
}

// trimVersion takes an API version off the end of an action's name: eight
// digits and perhaps "v" and a digit, as in "AddPermission20150331v2". Only
// Lambda, CloudFront and a few others of the older services have one.
func trimVersion(action []byte) []byte {
	name := action
	if n := len(name); n > 2 && name[n-2] == 'v' && isDigit(name[n-1]) {
		name = name[:n-2]
	} else if n > 3 && name[n-3] == '_' && isDigit(name[n-2]) {
		name = name[:n-3] // CloudFront: "CreateDistribution2020_05_31"
		if n := len(name); n > 7 && name[n-3] == '_' && isDigit(name[n-1]) && normalize.Digits(name[n-7:n-3]) > 0 {
			return name[:n-7]
		}
		return action
	}
	if n := len(name); n > 8 && normalize.Digits(name[n-8:]) >= 0 {
		return name[:n-8]
	}
	return action
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
