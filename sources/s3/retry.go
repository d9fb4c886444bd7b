package s3

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
)

// maxAttempts is how often a request is sent unless AWS_MAX_ATTEMPTS says otherwise. The five waits between come to a
// quarter of a minute on average.
const maxAttempts = 6

// firstBackoff is the longest first wait; each further one may be twice as long.
const firstBackoff = time.Second

// soonBackoff is the longest wait after a web page for a listing, and where nobody has answered yet and connections are
// refused. A login page in between may go away, and a server may be about to start; mostly the endpoint is wrong, which is
// to be told within a second or two.
const soonBackoff = 500 * time.Millisecond

// patience is the budget of retries that all requests of a Store share. Each retry draws on it, and requests that go well
// fill it again: a store that falters now and then is always waited for, one that has gone is given up once for all, not
// object by object.
type patience struct {
	*retry.Standard
	limit        *ratelimit.TokenRateLimit
	longest      time.Duration    // between two attempts
	answered     atomic.Bool      // a server has answered, see hear
	firstRefused func() time.Time // when it was first called
}

// retriesEach is how many retries a run has for each object that may be open at once.
const retriesEach = 2 * maxAttempts

// newPatience allows for each of the objects open at once to be retried to the end twice over.
func newPatience(concurrency int, longest time.Duration) *patience {
	retries := uint(retriesEach * max(concurrency, 10))
	p := &patience{limit: ratelimit.NewTokenRateLimit(retries * retry.DefaultRetryCost), longest: longest, firstRefused: sync.OnceValue(time.Now)}
	p.Standard = retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = maxAttempts
		o.Backoff = retry.BackoffDelayerFunc(func(attempt int, err error) (time.Duration, error) {
			if page, ok := errors.AsType[*pageError](err); ok && page.hopeless() || p.unheard(err) {
				return rand.N(min(p.longest, soonBackoff) + 1), nil
			}
			return p.wait(attempt), nil
		})
		o.RateLimiter = p.limit
		o.RetryTimeoutCost = o.RetryCost // what a timeout cost is time, and that is spent already
		o.Retryables = append(o.Retryables, retry.IsErrorRetryableFunc(cutShort))
	})
	return p
}

// cutShort has a listing asked for again whose answer ends early or is garbled: the SDK takes it for final.
func cutShort(err error) aws.Ternary {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return aws.TrueTernary
	}
	if _, garbled := errors.AsType[*smithy.DeserializationError](err); garbled {
		return aws.TrueTernary
	}
	return aws.UnknownTernary
}

// wait is how long to wait after an attempt, counted from 1. It is drawn from all times up to the longest, so that
// requests that failed together do not come back together.
func (p *patience) wait(attempt int) time.Duration {
	return rand.N(min(p.longest, firstBackoff<<min(attempt-1, 10)) + 1)
}

// pause takes one retry from the budget, for refund to give back, and waits. Its error is the context's, or says that
// nothing is left: see spent.
func (p *patience) pause(ctx context.Context, attempt int) error {
	if _, err := p.limit.GetToken(ctx, retry.DefaultRetryCost); err != nil {
		return err
	}
	timer := time.NewTimer(p.wait(attempt))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// refund gives back what so many pauses took.
func (p *patience) refund(pauses int) { p.limit.AddTokens(uint(pauses) * retry.DefaultRetryCost) }
