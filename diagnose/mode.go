package diagnose

import (
	"math"
	"slices"
)

// A mode is where values crowd.
type mode struct {
	at      float64 // seconds; the median of those within
	within  int     // how many lie within the width
	around  int     // how many lie within a factor of two
	low, hi float64
}

// densest finds the window in which most values lie, as wide as the share of its upper end or least seconds, whichever
// is more. Of equals it takes the lowest. values must be sorted.
func densest(values []float64, share, least float64) mode {
	return densestOf(values, func(x float64) float64 { return math.Max(least, x*share) })
}

// densestOf is densest for a window whose width depends on its upper end.
func densestOf(values []float64, width func(float64) float64) mode {
	var best mode
	j := 0
	for i, v := range values {
		j = max(j, i)
		for j < len(values) && values[j]-v <= width(values[j]) {
			j++
		}
		if n := j - i; n > best.within {
			best = mode{at: values[i+(n-1)/2], within: n, low: v, hi: values[j-1]}
		}
	}
	from, _ := slices.BinarySearch(values, best.at/2)
	to, _ := slices.BinarySearch(values, best.at*2)
	best.around = to - from
	return best
}

// whole is the value as a setting has it: in whole seconds where that is near enough.
func whole(x, near float64) float64 {
	if r := math.Round(x); r >= 1 && math.Abs(x-r) <= near {
		return r
	}
	return math.Round(x*100) / 100
}
