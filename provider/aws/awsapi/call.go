package awsapi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/smithy-go"
	"golang.org/x/time/rate"

	"github.com/sekisho/sekisho/provider/aws"
)

// callsASecond is how many calls a reader makes at most. AWS does not publish IAM's
// limits; tools that read whole accounts are throttled at some 20 to 30.
const callsASecond = 20

// newPace paces the calls of one reader.
func newPace() *rate.Limiter { return rate.NewLimiter(callsASecond, callsASecond/2) }

// How often a call that is throttled is made again, and how long is waited before:
// twice as long each time.
const (
	throttledMost  = 4
	throttledFirst = 500 * time.Millisecond
)

// errDenied says that a call is missing a permission; its text names it.
type errDenied struct {
	permission string
	err        error
}

// Error implements error.
func (e *errDenied) Error() string {
	return fmt.Sprintf("the permission %s is missing; allow it to the identity that Sekisho runs as (%v)", e.permission, e.err)
}

// Unwrap is AWS's own answer.
func (e *errDenied) Unwrap() error { return e.err }

// apiCode is AWS's code of an error, "" if AWS did not answer.
func apiCode(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// denied reports whether AWS refused for lack of permission.
func denied(err error) bool {
	code := apiCode(err)
	return strings.HasPrefix(code, "AccessDenied") || strings.HasSuffix(code, "UnauthorizedOperation") || code == "AuthorizationError" || code == "NotAuthorized"
}

// missing reports whether AWS says that what was asked for is not there.
func missing(err error) bool {
	return slices.Contains([]string{"NoSuchEntity", "ResourceNotFoundException", "TrailNotFoundException"}, apiCode(err))
}

// throttled reports whether AWS asks for patience.
func throttled(err error) bool {
	code := apiCode(err)
	return strings.HasPrefix(code, "Throttl") || code == "TooManyRequestsException" || code == "RequestLimitExceeded"
}

// call makes one call at the reader's pace. An answer that a permission is missing
// comes back as *errDenied.
func call[In, Out, Options any](ctx context.Context, pace *rate.Limiter, permission string,
	do func(context.Context, *In, ...func(*Options)) (*Out, error), in *In) (*Out, error) {
	wait := throttledFirst
	for n := 1; ; n++ {
		if err := pace.Wait(ctx); err != nil {
			return nil, err
		}
		out, err := do(ctx, in)
		switch {
		case err == nil:
			return out, nil
		case denied(err):
			return nil, &errDenied{permission, err}
		case throttled(err) && n < throttledMost:
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(wait):
			}
			wait *= 2
		default:
			return nil, err
		}
	}
}

// troubleMost is after how many failures, but for missing permissions, a reading is
// broken off: AWS is not answering, and there are thousands of calls to go.
const troubleMost = 5

// trouble is what goes wrong while many things are read alike: a missing permission
// is told once and asked for no more, other failures are counted.
type trouble struct {
	into     *aws.InventoryReading
	withheld map[string]bool
	failures int
}

func newTrouble(r *aws.InventoryReading) *trouble {
	return &trouble{into: r, withheld: map[string]bool{}}
}

// read reads one member of one thing. A member that may not be read is named in
// unread. False says that reading failed, and that the thing is not to be told.
func (t *trouble) read(permission, member, of string, unread *[]string, do func(permission string) error) bool {
	if t.withheld[permission] {
		*unread = append(*unread, member)
		return true
	}
	err := do(permission)
	if err == nil || missing(err) { // there is none, or the thing went while it was read
		return true
	}
	t.into.Failed = append(t.into.Failed, aws.InventoryFailure{What: permission, Err: fmt.Errorf("read %s of %s: %w", member, of, err)})
	var d *errDenied
	if errors.As(err, &d) {
		t.withheld[permission] = true
		*unread = append(*unread, member)
		return true
	}
	t.failures++
	return false
}

// none reports whether all could be read that may be.
func (t *trouble) none() bool { return t.failures == 0 }

// enough reports whether to break off.
func (t *trouble) enough() bool { return t.failures >= troubleMost }
