package s3

import (
	"context"
	"errors"
	"net"
	"syscall"
	"time"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// refusedFor is how long a run whose requests nobody has answered yet tries again where connections are refused. Mostly
// the endpoint is wrong, and that is to be told within two seconds, the last wait included.
const refusedFor = 1500 * time.Millisecond

// hear has it noted when a server answers, whatever it says: from then on connections that are refused are those of a
// server that restarts. It is an option of a client.
func (p *patience) hear(stack *middleware.Stack) error {
	note := func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, meta, err := next.HandleDeserialize(ctx, in)
		if status(out.RawResponse) > 0 {
			p.answered.Store(true)
		}
		return out, meta, err
	}
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("Hear", note), middleware.After)
}

// status is that of an answer; 0: there was none.
func status(raw any) int {
	if r, ok := raw.(*smithyhttp.Response); ok {
		return r.StatusCode
	}
	return 0
}

// IsErrorRetryable tells the SDK whether to try again after an attempt that failed: as always, but that a run which nobody
// answers is given up after refusedFor, whatever attempts its requests have left.
func (p *patience) IsErrorRetryable(err error) bool {
	return p.Standard.IsErrorRetryable(err) && !(p.unheard(err) && time.Since(p.firstRefused()) >= refusedFor)
}

// unheard reports whether err is a refused connection in a run that nobody has answered yet.
func (p *patience) unheard(err error) bool { return !p.answered.Load() && refused(err) }

// refused reports whether nobody listens where a connection was to be made. Windows has a number of its own for that,
// WSAECONNREFUSED.
func refused(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.Errno(10061))
}

// refusal says where it was that nobody listens, and what to do.
func refusal(err error) string {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "proxyconnect" {
		return "no proxy listens there: check HTTP_PROXY and HTTPS_PROXY"
	}
	return "nothing listens at " + endpoint(err) + ", or a firewall is in between: check --endpoint-url, its port too, and that the server runs"
}
