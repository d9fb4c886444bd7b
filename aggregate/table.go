package aggregate

import (
	"encoding/binary"
	"slices"
	"strings"
)

// An entry is a key and what is counted for it.
type entry struct {
	key string
	cell
	series series       // for targets and paths
	groups []groupCount // for targets: the target groups they were seen in
	part   bool         // requests of the key may be among the dropped ones
}

type groupCount struct {
	arn      string
	requests uint64
}

// A table holds the entries of one dimension within a limit of bytes.
type table struct {
	dim      Dimension
	limit    int // bytes of entries
	entries  map[string]*entry
	recent   *recent // nil until a key is looked for
	bytes    int
	dropped  uint64        // keys dropped because the table was full; one that came back and was dropped again counts twice
	order    []*entry      // of a reusable Set: those of entries as they came
	spare    spares[entry] // of a reusable Set: to be reset
	reusable bool

	withSeries  bool
	seriesLimit int // bytes of series
	seriesBytes int
	level       uint // a series' slots are 1<<level time buckets wide
}

// recent holds entries by a cheap hash: most records are of a key that was seen a moment ago.
type recent [512]*entry

const (
	entryBytes = cellBytes + 80 + 64 // with series, groups, the key's header, and its share of the map
	maxLevel   = 40
)

func newTable(d Dimension, limit int) *table {
	t := &table{dim: d, limit: limit, entries: map[string]*entry{}}
	if d.Is(Target) || d.Is(Path) {
		t.withSeries = true
		t.seriesLimit = limit / 4
		t.limit = limit - t.seriesLimit
	}
	return t
}

func (t *table) find(key []byte) *entry {
	if t.recent == nil {
		t.recent = new(recent)
	}
	slot := &t.recent[hint(key)]
	if e := *slot; e != nil && e.key == string(key) {
		return e
	}
	e, ok := t.entries[string(key)]
	if !ok {
		e = t.insert(string(key))
	}
	*slot = e
	return e
}

func (t *table) insert(key string) *entry {
	e := t.spare.take()
	e.reset()
	if t.reusable {
		t.order = append(t.order, e)
	}
	e.key, e.part = key, t.dropped > 0
	t.entries[key] = e
	t.bytes += entryBytes + len(key)
	return e
}

// reset empties e and keeps its memory.
func (e *entry) reset() {
	e.cell.reset()
	clear(e.groups)
	*e = entry{cell: e.cell, series: e.series[:0], groups: e.groups[:0]}
}

// reset empties the table and keeps its memory. Keys come in much the same order in each object, the busy ones first: a
// spare goes to one that needs as much room as the one before.
func (t *table) reset() {
	slices.Reverse(t.order)
	t.spare = append(t.spare, t.order...)
	t.order = t.order[:0]
	clear(t.entries)
	t.bytes, t.seriesBytes, t.dropped, t.level = 0, 0, 0, 0
}

// hint is a place in recent. It looks at both ends of the key, by which targets and paths mostly differ.
func hint(key []byte) int {
	n := len(key)
	var first, last uint64
	if n >= 8 {
		first, last = binary.LittleEndian.Uint64(key), binary.LittleEndian.Uint64(key[n-8:])
	} else {
		for _, c := range key {
			first = first<<8 | uint64(c)
		}
	}
	h := (first*0x9e3779b97f4a7c15 ^ last + uint64(n)) * 0xd6e8feb86659fd93
	return int(h >> 55)
}

// add counts s for a key. group is the target group of a target, nil for none.
func (t *table) add(key, group []byte, s *sample) {
	e := t.find(key)
	t.bytes += e.add(s)
	if group != nil {
		t.bytes += e.addGroup(group, 1)
	}
	if t.withSeries {
		t.seriesBytes += e.series.add(s.bucket>>t.level, s)
		if t.seriesBytes > t.seriesLimit {
			t.widen(1)
		}
	}
	if t.bytes > t.limit {
		t.prune()
	}
}

// mergeCell adds c, which is left as it is, to a key.
func (t *table) mergeCell(key string, c *cell) {
	if t.bytes += t.at(key).cell.merge(c); t.bytes > t.limit {
		t.prune()
	}
}

// mergeTarget adds what was counted for a target in one bucket.
func (t *table) mergeTarget(b *blendEntry) {
	e := t.at(b.values[coarseTarget])
	t.bytes += e.cell.merge(&b.cell)
	if group := b.values[coarseGroup]; group != string(absent) {
		t.bytes += e.addGroup([]byte(group), b.requests)
	}
	t.seriesBytes += e.series.addCell(b.bucket>>t.level, &b.cell)
	if t.seriesBytes > t.seriesLimit {
		t.widen(1)
	}
	if t.bytes > t.limit {
		t.prune()
	}
}

func (t *table) at(key string) *entry {
	if e := t.entries[key]; e != nil {
		return e
	}
	return t.insert(strings.Clone(key)) // which may be a part of a longer string
}

// prune drops the least important entries, those without failures first, then those with fewest requests, so that the
// others take at most half of the limit.
func (t *table) prune() {
	bytes := 0
	t.order = t.order[:0]
	for _, e := range t.byWorth() {
		if size := e.size(); bytes+size <= t.limit/2 {
			bytes += size
			if t.reusable {
				t.order = append(t.order, e.entry)
			}
			continue
		}
		delete(t.entries, e.key)
		t.seriesBytes -= len(e.series) * pointBytes
		t.dropped++
		if t.reusable {
			t.spare = append(t.spare, e.entry)
		}
	}
	t.bytes = bytes
	if t.recent != nil {
		clear(t.recent[:])
	}
}

func (e *entry) size() int {
	size := entryBytes + len(e.key) + e.pageBytes()
	for _, g := range e.groups {
		size += len(g.arn) + 24
	}
	return size
}

// A ranked entry has its worth to a full table beside it, in one number: 5xx of the load balancer, whether targets made
// any, requests, and last, so that ties do not fall to the keys of some kind, a hash.
type ranked struct {
	worth uint64
	*entry
}

func (e *entry) worth() uint64 {
	w := min(e.elb5xx, 1<<20-1) << 44
	if e.target > 0 {
		w |= 1 << 43
	}
	w |= min(e.requests, 1<<27-1) << 16
	hash := uint32(2166136261) // FNV-1a
	for i := range len(e.key) {
		hash = (hash ^ uint32(e.key[i])) * 16777619
	}
	return w | uint64(hash>>16)
}

// byWorth returns the entries in the order in which a full table keeps them, which no two share.
func (t *table) byWorth() []ranked {
	list := make([]ranked, 0, len(t.entries))
	for _, e := range t.entries {
		list = append(list, ranked{e.worth(), e})
	}
	slices.SortFunc(list, func(a, b ranked) int {
		switch {
		case a.worth > b.worth:
			return -1
		case a.worth < b.worth:
			return 1
		}
		return strings.Compare(a.key, b.key)
	})
	return list
}

func (t *table) list() []*entry {
	list := make([]*entry, 0, len(t.entries))
	for _, e := range t.entries {
		list = append(list, e)
	}
	return list
}

func descending(a, b uint64) int {
	if a > b {
		return -1
	}
	return 1
}

// widen makes the slots of all series 2^levels times as wide, or wider still until they fit.
func (t *table) widen(levels uint) {
	for {
		t.level += levels
		t.seriesBytes = 0
		for _, e := range t.entries {
			e.series.widen(levels)
			t.seriesBytes += len(e.series) * pointBytes
		}
		if t.seriesBytes <= t.seriesLimit/2 || t.level >= maxLevel {
			return
		}
		levels = 1
	}
}

// merge moves o's entries into t, or copies of them. o must not be used again, but by reset.
func (t *table) merge(o *table) {
	if t.level < o.level {
		t.widen(o.level - t.level)
	}
	if o.level < t.level {
		o.widenTo(t.level)
	}
	if o.dropped > 0 {
		for key, e := range t.entries {
			e.part = e.part || o.entries[key] == nil
		}
	}
	for key, e := range o.entries {
		mine, ok := t.entries[key]
		if !ok {
			e.part = e.part || t.dropped > 0
			if o.reusable {
				e = e.clone()
			}
			t.entries[key] = e
			t.bytes += e.size()
			t.seriesBytes += len(e.series) * pointBytes
			continue
		}
		mine.part = mine.part || e.part
		t.bytes += mine.cell.merge(&e.cell)
		t.seriesBytes += mine.series.merge(e.series)
		for _, g := range e.groups {
			t.bytes += mine.addGroup([]byte(g.arn), g.requests)
		}
	}
	t.dropped += o.dropped
	if t.bytes > t.limit {
		t.prune()
	}
	if t.seriesBytes > t.seriesLimit {
		t.widen(1)
	}
}

func (t *table) widenTo(level uint) {
	for _, e := range t.entries {
		e.series.widen(level - t.level)
	}
	t.level = level
}

// addGroup counts a target's requests by target group.
func (e *entry) addGroup(arn []byte, requests uint64) (grown int) {
	for i := range e.groups {
		if e.groups[i].arn == string(arn) {
			e.groups[i].requests += requests
			return 0
		}
	}
	e.groups = append(e.groups, groupCount{arn: string(arn), requests: requests})
	return len(arn) + 24
}
