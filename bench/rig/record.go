//go:build linux

package rig

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A record is one line of the log. All of it was measured, but for the names.
type record struct {
	at, created    time.Time // when the response was made, when the request came in
	times          times
	status         int
	targetStatus   int    // 0: none
	client, target string // ip:port; target "" when none was chosen
	received, sent int64  // bytes with headers
	request, agent string
	group          string // ARN
	rule           int    // priority
	trace          string
	connection     string // the client's
	node           string
}

// Names of the load balancer, which is not Amazon's.
const (
	account      = "111122223333"
	region       = "us-east-1"
	loadBalancer = "app/rig/50dc6c495c0c9188"
)

const timestamp = "2006-01-02T15:04:05.000000Z"

// appendLine appends the 36 fields and a line feed.
func (r *record) appendLine(dst []byte) []byte {
	target, targetStatus := "-", "-"
	if r.target != "" {
		target = r.target
	}
	if r.targetStatus != 0 {
		targetStatus = strconv.Itoa(r.targetStatus)
	}
	return fmt.Appendf(dst, "http %s %s %s %s %s %s %s %d %s %d %d \"%s\" \"%s\" - - %s \"%s\" \"-\" \"-\" %d %s "+
		"\"forward\" \"-\" \"-\" \"%s\" \"%s\" \"-\" \"-\" %s \"-\" \"-\" \"-\" %s \"-\" \"-\"\n",
		r.at.UTC().Format(timestamp), loadBalancer, r.client, target,
		seconds(r.times.request), seconds(r.times.target), seconds(r.times.response),
		r.status, targetStatus, r.received, r.sent, escape(r.request), escape(r.agent), r.group, r.trace, r.rule,
		// AWS writes whole milliseconds here.
		r.created.UTC().Truncate(time.Millisecond).Format(timestamp), target, targetStatus, r.connection, r.node)
}

// seconds writes milliseconds after the point, as AWS does; -1 is what was not measured.
func seconds(d time.Duration) string {
	if d == notMeasured {
		return "-1"
	}
	return strconv.FormatFloat(d.Seconds(), 'f', 3, 64)
}

// escape writes quotes, backslashes and what is not printable ASCII as \xHH.
func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			fmt.Fprintf(&b, `\x%02X`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
