package diagnose

import (
	"slices"
	"testing"

	"alblens/evidence"
)

// Lines whose text was kept are shown before surer ones without, which say nothing to who reads them.
func TestLinesWithTextFirst(t *testing.T) {
	line := func(number int, confidence float64, text string) *suspect {
		return &suspect{
			Failure: &evidence.Failure{Source: "a", Line: number, Text: text, Hash: uint32(number)},
			Verdict: Verdict{Confidence: confidence},
		}
	}
	got := lines([]*suspect{line(1, 0.9, ""), line(2, 0.5, "x"), line(3, 0.8, ""), line(4, 0.6, "y")}, 3)
	var numbers []int
	for _, l := range got {
		numbers = append(numbers, l.Number)
	}
	if want := []int{4, 2, 1}; !slices.Equal(numbers, want) { // all of one time, so in the order of preference
		t.Errorf("lines %v are shown, want %v", numbers, want)
	}
}
