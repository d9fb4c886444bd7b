//go:build linux

package rig

import (
	"fmt"
	"time"
)

// A StallError tells that this process stood still for so long that timers of the load balancer and what they wait for
// came at once. The servers stood still, too, or did not: either way the log shows the machine and not the case.
type StallError struct{ Longest time.Duration }

func (e *StallError) Error() string {
	return fmt.Sprintf("the machine is too busy: the load balancer stood still for %v", e.Longest.Round(time.Millisecond))
}

// mostStalled is half of what lines and estimates may be off by.
const mostStalled = 250 * time.Millisecond

// watchStalls looks for stalls until the returned function is called, which gives the longest.
func watchStalls() func() time.Duration {
	const every = 10 * time.Millisecond
	stop, longest := make(chan struct{}), make(chan time.Duration)
	go func() {
		worst := time.Duration(0)
		for last, over := time.Now(), false; !over; {
			select {
			case <-stop:
				over = true
			case <-time.After(every):
			}
			now := time.Now()
			worst = max(worst, now.Sub(last)-every)
			last = now
		}
		longest <- worst
	}()
	return func() time.Duration {
		close(stop)
		return <-longest
	}
}
