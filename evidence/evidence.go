// Package evidence keeps what stands around failures while records are read: how many records each cause explains,
// going by the record alone, and a few lines that show it.
package evidence

import (
	"hash/crc32"
	"slices"
	"strings"
	"time"

	"alblens/internal/cause"
	"alblens/parser"
)

// Options say what a Set keeps. Sets that are merged must share them.
type Options struct {
	// Samples is how many lines are kept for each cause. Default: 3.
	Samples int
}

// A Set is the evidence of some records. It is not safe for concurrent use.
type Set struct {
	samples int
	causes  [cause.Count]causeSet
}

type causeSet struct {
	requests    uint64
	first, last parser.Timestamp // of creation, the onset
	samples     []Sample         // those with the smallest hashes, sorted
}

// A Sample is a line as it stands in the log.
type Sample struct {
	Source string
	Line   int
	Text   string
	hash   uint32
}

// maxSample is the longest line that is kept, in bytes: there are longer ones that show the same.
const maxSample = 64 << 10

// NewSet returns an empty Set.
func NewSet(o Options) *Set {
	if o.Samples <= 0 {
		o.Samples = 3
	}
	return &Set{samples: o.Samples}
}

// Add takes a record into account and keeps a copy of its line at most.
func (s *Set) Add(r *parser.Record, source string, line int) {
	c, _ := cause.OfRow(r)
	if c == cause.None {
		return
	}
	set := &s.causes[c]
	onset := r.CreationTime
	if onset == parser.NoTimestamp {
		onset = r.Time
	}
	if set.requests == 0 {
		set.first, set.last = onset, onset
	}
	set.requests++
	set.first, set.last = min(set.first, onset), max(set.last, onset)
	if len(r.Line) > maxSample {
		return
	}
	h := hash(r.Line)
	if n := len(set.samples); n == s.samples && h > set.samples[n-1].hash {
		return
	}
	set.keep(Sample{source, line, string(r.Line), h}, s.samples)
}

// hash draws the samples: by the bytes of the line, so that the same lines are drawn however the log is cut into
// objects and whatever these are called.
func hash(line []byte) uint32 { return crc32.ChecksumIEEE(line) }

func (c *causeSet) keep(x Sample, most int) {
	i, _ := slices.BinarySearchFunc(c.samples, x, compareSamples)
	c.samples = slices.Insert(c.samples, i, x)
	c.samples = c.samples[:min(len(c.samples), most)]
}

// compareSamples orders equal lines by where they stand, so that no two are alike.
func compareSamples(a, b Sample) int {
	switch {
	case a.hash < b.hash:
		return -1
	case a.hash > b.hash:
		return 1
	case a.Source != b.Source:
		return strings.Compare(a.Source, b.Source)
	}
	return a.Line - b.Line
}

// Merge adds o. o is left as it is.
func (s *Set) Merge(o *Set) {
	for i := range o.causes {
		mine, other := &s.causes[i], &o.causes[i]
		if other.requests == 0 {
			continue
		}
		if mine.requests == 0 {
			mine.first, mine.last = other.first, other.last
		}
		mine.requests += other.requests
		mine.first, mine.last = min(mine.first, other.first), max(mine.last, other.last)
		for _, x := range other.samples {
			mine.keep(x, s.samples)
		}
	}
}

// A Result is the evidence, frozen.
type Result struct {
	Causes []CauseCount // by requests, then in the order of the causes; None left out
}

// CauseCount is what is known of one cause.
type CauseCount struct {
	Cause       cause.Cause
	Requests    uint64
	First, Last time.Time // of the requests' creation
	Samples     []Sample
}

// Freeze returns the evidence. The Set must not be used again.
func (s *Set) Freeze() *Result {
	r := &Result{}
	for i := range s.causes {
		if c := &s.causes[i]; c.requests > 0 {
			r.Causes = append(r.Causes, CauseCount{cause.Cause(i), c.requests, c.first.Time(), c.last.Time(), c.samples})
		}
	}
	slices.SortStableFunc(r.Causes, func(a, b CauseCount) int {
		switch {
		case a.Requests > b.Requests:
			return -1
		case a.Requests < b.Requests:
			return 1
		}
		return 0
	})
	return r
}
