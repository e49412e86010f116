package baseline

import (
	"testing"

	"github.com/sekisho/sekisho/detect"
)

// TestStrangersTeachNothing: who was refused at the door, or by a firewall, makes nothing
// usual; who turns to a machine is no habit of the machine, but what it answers is.
func TestStrangersTeachNothing(t *testing.T) {
	for name, trace := range map[string]string{
		"a refused sign-in":        `D0 09:00:00 dir/alice identity:SignInStart outcome=denied`,
		"a sign-in that broke off": `D0 09:00:00 dir/alice identity:SignInStart outcome=failed`,
	} {
		s := learned(t, trace)
		if s.Experience("user:alice").Events != 0 || s.Seen("user:alice", detect.Network, "net") {
			t.Errorf("%s taught: %+v", name, s.Experience("user:alice"))
		}
	}
	s := learned(t, `D0 09:00:00 vm/i-1 network:Flow outcome=denied +connect(192.0.2.55,ports=443,bytes=900)`)
	if s.Seen("i-1", detect.Network, "net") {
		t.Error("a place that a firewall kept the machine from is usual")
	}
	s = learned(t, `D0 09:00:00 vm/i-1 network:Flow +connect(192.0.2.55,ports=443,bytes=900)`)
	if !s.Seen("i-1", detect.Network, "net") {
		t.Error("a place that the machine turned to is not usual")
	}
	in := `09:00:00 vm/i-1 network:Flow +connect(192.0.2.55,what=in,ports=443,bytes=900000000)`
	s = learned(t, "D0 "+in, "D1 "+in)
	if s.Seen("i-1", detect.Network, "net") || s.Seen("i-1", detect.Touched, "in 192.0.2.55:443") {
		t.Error("who turned to the machine is usual")
	}
	if got := s.Amount("i-1", detect.Sent).Highest; got != 859 {
		t.Errorf("%d MiB answered, want 859", got)
	}
}
