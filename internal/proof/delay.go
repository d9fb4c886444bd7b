package proof

import (
	"fmt"
	"io"
	"math"

	"alblens/internal/simulate"
)

// What is asked of the deregistration delay on days beyond the proof days. The log does not have when a target was
// deregistered, so no estimate is always right; the range that is said with it holds for 90 % at least.
const (
	leastDelays   = 0.75 // of the days with an estimate within 2 %
	leastInRange  = 0.90
	mostDelayWide = 3.0 // seconds from one end of the range to the other, on average
)

// DelayDays are further days on which deregistration delays run out: more than proof days have of them, and others than
// those on which the estimator's priors were chosen, whose seeds are below 100.
func DelayDays() []simulate.Day {
	var days []simulate.Day
	for _, name := range []string{"deregistration-cut", "five-502"} {
		scenario, _ := simulate.Lookup(name)
		for seed := uint64(101); seed <= 120; seed++ {
			days = append(days, simulate.Day{Name: fmt.Sprintf("%s-%d", name, seed), Config: scenario.Config(seed), Faulty: true})
		}
	}
	return days
}

// A delayScore is how the deregistration delay was estimated on days.
type delayScore struct {
	days, near, inRange int
	width               float64 // of all ranges, in seconds
}

// delays compares the estimates of days, and calls f for each, with zeros where nothing was said.
func delays(days []simulate.Day, scores []*Score, f func(day string, want, got, low, high float64)) delayScore {
	const name = "deregistration_delay_seconds"
	var sum delayScore
	for i, s := range scores {
		want := days[i].Config.System.Deregistration.Seconds()
		var got, low, high float64
		for j := range s.Findings {
			if x := &s.Findings[j]; x.ID == "deregistration-cut" {
				got, _ = estimate(x, name)
				low, high, _ = rangeOf(x, name)
			}
		}
		f(days[i].Name, want, got, low, high)
		sum.days++
		if near(name, got, want) {
			sum.near++
		}
		if low <= want && want <= high {
			sum.inRange++
		}
		sum.width += high - low
	}
	return sum
}

// DelayProblems are what was asked of further days and is not so.
func DelayProblems(days []simulate.Day, scores []*Score) []string {
	var list []string
	s := delays(days, scores, func(string, float64, float64, float64, float64) {})
	n := float64(s.days)
	if float64(s.near) < leastDelays*n {
		list = append(list, fmt.Sprintf("the deregistration delay is within 2 %% on %d of %d days", s.near, s.days))
	}
	if float64(s.inRange) < leastInRange*n {
		list = append(list, fmt.Sprintf("the deregistration delay is in its range on %d of %d days", s.inRange, s.days))
	}
	if s.width > mostDelayWide*n {
		list = append(list, fmt.Sprintf("the ranges of the deregistration delay are %.1f s wide", s.width/n))
	}
	return list
}

// WriteDelays prints how the deregistration delay was estimated on further days, as Markdown.
func WriteDelays(w io.Writer, days []simulate.Day, scores []*Score) {
	s := delays(days, scores, func(string, float64, float64, float64, float64) {})
	fmt.Fprintf(w, "\n## The deregistration delay\n\nA delay that is longer, with nodes that learn of a deregistration by so much later, leaves the same log. So the estimate comes\n"+
		"with the range that holds it with a probability of 90 %%. On %d further days, which had no part in choosing its priors, it is\n"+
		"within 2 %% on %d, and the range holds on %d; the range goes from one second to another %.1f s later, on average. In seconds:\n\n| day | truth | estimate | range |\n|---|---|---|---|\n",
		s.days, s.near, s.inRange, math.Round(10*s.width/float64(max(s.days, 1)))/10)
	delays(days, scores, func(day string, want, got, low, high float64) {
		fmt.Fprintf(w, "| %s | %v | %v | %v–%v |\n", day, want, got, low, high)
	})
}
