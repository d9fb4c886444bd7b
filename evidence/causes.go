package evidence

import (
	"cmp"
	"hash/crc32"
	"slices"
	"strings"
	"time"

	"alblens/internal/cause"
	"alblens/parser"
)

// A causeSet counts the records of one cause, going by the record alone, exactly.
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

// add counts a record and keeps a copy of its line at most.
func (c *causeSet) add(r *parser.Record, source string, line int, hash uint32, samples int) {
	onset := r.CreationTime
	if onset == parser.NoTimestamp {
		onset = r.Time
	}
	if c.requests == 0 {
		c.first, c.last = onset, onset
	}
	c.requests++
	c.first, c.last = min(c.first, onset), max(c.last, onset)
	if n := len(c.samples); len(r.Line) <= maxSample && (n < samples || hash <= c.samples[n-1].hash) {
		c.keep(Sample{source, line, string(r.Line), hash}, samples)
	}
}

// merge adds o, which is left as it is.
func (c *causeSet) merge(o *causeSet, samples int) {
	if o.requests == 0 {
		return
	}
	if c.requests == 0 {
		c.first, c.last = o.first, o.last
	}
	c.requests += o.requests
	c.first, c.last = min(c.first, o.first), max(c.last, o.last)
	for _, x := range o.samples {
		c.keep(x, samples)
	}
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

// CauseCount is what is known of one cause.
type CauseCount struct {
	Cause       cause.Cause
	Requests    uint64
	First, Last time.Time // of the requests' creation
	Samples     []Sample
}

// freezeCauses returns the causes that occur, the most frequent first.
func freezeCauses(sets *[cause.Count]causeSet) []CauseCount {
	var list []CauseCount
	for i := range sets {
		if c := &sets[i]; c.requests > 0 {
			list = append(list, CauseCount{cause.Cause(i), c.requests, c.first.Time(), c.last.Time(), c.samples})
		}
	}
	slices.SortStableFunc(list, func(a, b CauseCount) int { return -cmp.Compare(a.Requests, b.Requests) })
	return list
}
