package report

import (
	"strings"
	"time"
)

const levels = "▁▂▃▄▅▆▇█"

// sparkline draws a column a value. Zero is blank and nothing else is, so that a single failure shows.
func sparkline(values []uint64) string {
	steps := []rune(levels)
	most := maxOf(values)
	var b strings.Builder
	for _, v := range values {
		if v == 0 {
			b.WriteByte(' ')
			continue
		}
		b.WriteRune(steps[int(float64(v)/float64(most)*float64(len(steps))-1e-9)])
	}
	return b.String()
}

// bar is v of most as a bar of at most width columns; a bar that is not zero shows.
func bar(v, most uint64, width int) string {
	if v == 0 {
		return ""
	}
	eighths := max(1, int(float64(v)/float64(most)*float64(width*8)+0.5))
	b := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		b += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return b
}

// regroup sums k values into one.
func regroup(values []uint64, k int) []uint64 {
	var sums []uint64
	for i, v := range values {
		if i%k == 0 {
			sums = append(sums, 0)
		}
		sums[len(sums)-1] += v
	}
	return sums
}

// columnWidth returns how many of n buckets share one of at most columns columns, so that a column is a width that
// people count in, where that is possible.
func columnWidth(n, columns int, bucket time.Duration) int {
	need := (n + columns - 1) / columns
	for _, w := range []time.Duration{
		2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 3 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 20 * time.Minute,
		30 * time.Minute, time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
	} {
		if k := int(w / bucket); need > 1 && w%bucket == 0 && k >= need {
			return k
		}
	}
	return max(1, need)
}

func maxOf(values []uint64) uint64 {
	var most uint64
	for _, v := range values {
		most = max(most, v)
	}
	return most
}
