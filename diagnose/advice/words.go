package advice

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// defaultIdleTimeout of load balancers; AWS: "Edit attributes for your Application Load Balancer".
const defaultIdleTimeout = 60

// estimate returns a duration in seconds that the log shows, 0 where it does not.
func (s *scope) estimate(name string) float64 {
	v := s.Estimates[name]
	if !(v > 0 && v < 1e6) {
		return 0
	}
	return v
}

// idleTimeout returns the load balancer's idle timeout in whole seconds, and AWS's default where the log does not show it.
func (s *scope) idleTimeout() (seconds int, known bool) {
	if v := s.estimate("idle_timeout_seconds"); v > 0 {
		return max(1, int(math.Round(v))), true
	}
	return defaultIdleTimeout, false
}

// idleTimeoutText says how long the idle timeout is and how that is known.
func (s *scope) idleTimeoutText() string {
	seconds, known := s.idleTimeout()
	if known {
		return fmt.Sprintf("the idle timeout is %d s, as the log shows it", seconds)
	}
	return fmt.Sprintf("the idle timeout is unknown, %d s unless set", seconds)
}

// above returns a timeout that is safely longer than seconds: by a quarter and by 5 s at least, in steps of 5 s.
func above(seconds int) int {
	return (max(seconds*5/4, seconds+5) + 4) / 5 * 5
}

// span formats seconds for a sentence.
func span(seconds float64) string {
	return strconv.FormatFloat(math.Round(seconds*10)/10, 'f', -1, 64) + " s"
}

func utc(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// orList joins names for a sentence: a, b or c.
func orList(names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// capital begins a sentence.
func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
