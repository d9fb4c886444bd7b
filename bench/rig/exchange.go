//go:build linux

package rig

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"
)

// An Ending is how an exchange with a target ended, as the load balancer's sockets saw it.
type Ending uint8

// The endings.
const (
	Answered    Ending = iota // the target's response was passed on
	NoTarget                  // the group was empty: 503
	Refused                   // the connection was refused: 502
	Unreachable               // no connection within the connect timeout: 504
	Reset                     // the target closed or reset the connection before the end of the header: 502
	Malformed                 // what came is no HTTP response, or its header is too large: 502
	Silent                    // nothing came for the idle timeout: 504
	Short                     // the rest of the body did not come for the idle timeout: 504
	Lapsed                    // the deregistration delay ran out: 502
	Abandoned                 // the client left: 460
)

func (e Ending) String() string {
	return [...]string{"answered", "no target", "refused", "unreachable", "reset", "malformed", "silent", "short",
		"lapsed", "abandoned"}[e]
}

// status is the load balancer's own answer.
func (e Ending) status() int {
	switch e {
	case NoTarget:
		return 503
	case Unreachable, Silent, Short:
		return 504
	case Abandoned:
		return 460
	}
	return 502
}

// notMeasured stands for a time that the exchange did not get to.
const notMeasured time.Duration = -1

// times are request_processing_time, target_processing_time and response_processing_time.
type times struct{ request, target, response time.Duration }

// An answer is the target's response as a whole; the load balancer holds it back until it is one.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// exchange sends a request that came in at created over a pooled or a new connection and waits for the answer. There
// is no second attempt: AWS documents none.
//
// Two rows are inferred, as AWS documents the status alone: when the delay lapses the target time is the wait so far,
// as when the target closes, and a short body has the times and the status of the header that came.
func (p *pool) exchange(r *http.Request, created time.Time) (Ending, times, *answer) {
	t := times{notMeasured, notMeasured, notMeasured}
	c, err := p.get(r.Context())
	if err != nil {
		return connectEnding(r.Context(), err), t, nil
	}
	keep := false
	defer func() {
		if !keep {
			c.Close()
		}
	}()

	if err := r.Write(c); err != nil {
		return Reset, t, nil
	}
	sent := time.Now()
	t.request = sent.Sub(created)

	idle := time.NewTimer(p.idle)
	defer idle.Stop()
	select {
	case first := <-c.first:
		t.target = max(0, first.at.Sub(sent)) // the end of the connection may have come just before the request
		if first.err != nil {
			return Reset, t, nil
		}
	case <-idle.C:
		return Silent, t, nil
	case <-r.Context().Done():
		return Abandoned, t, nil
	case <-p.target.lapsed:
		t.target = time.Since(sent)
		return Lapsed, t, nil
	}

	c.SetReadDeadline(time.Now().Add(p.idle))
	response, err := http.ReadResponse(c.in, r)
	if err != nil {
		return headerEnding(err), t, nil
	}
	headerRead := time.Now()
	c.left.bytes = unlimited
	a := &answer{status: response.StatusCode, header: response.Header}
	a.body, err = io.ReadAll(response.Body)
	switch {
	case isTimeout(err):
		t.response = time.Since(headerRead)
		return Short, t, a
	case err != nil:
		return Reset, t, nil
	}
	t.response = time.Since(headerRead)
	c.SetReadDeadline(time.Time{})
	if keep = !response.Close; keep {
		p.put(c)
	}
	return Answered, t, a
}

func connectEnding(ctx context.Context, err error) Ending {
	switch {
	case ctx.Err() != nil:
		return Abandoned
	case isTimeout(err):
		return Unreachable
	}
	return Refused
}

func headerEnding(err error) Ending {
	switch {
	case isTimeout(err):
		return Silent
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return Reset
	}
	return Malformed
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

// stockBody is the page that the load balancer answers with.
func stockBody(status int) []byte {
	title := map[int]string{502: "502 Bad Gateway", 503: "503 Service Temporarily Unavailable", 504: "504 Gateway Time-out"}[status]
	return []byte(strings.ReplaceAll("<html>\r\n<head><title>TITLE</title></head>\r\n<body>\r\n"+
		"<center><h1>TITLE</h1></center>\r\n</body>\r\n</html>\r\n", "TITLE", title))
}
