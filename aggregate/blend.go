package aggregate

import "encoding/binary"

// The dimensions that have few values at a time, so that their combinations are few too. Targets are that in most logs.
const numCoarse = 5

var coarseParts = [numCoarse]Part{
	coarseTarget: Target, coarseGroup: TargetGroup, coarseHost: Host, coarseNode: Node, coarseLoadBalancer: LoadBalancer,
}

// Places in coarseParts.
const (
	coarseTarget = iota
	coarseGroup
	coarseHost
	coarseNode
	coarseLoadBalancer
)

func coarseIndex(d Dimension) int {
	for i, p := range coarseParts {
		if d.Is(p) {
			return i
		}
	}
	return -1
}

// A Scratch is room that Sets use one after the other. It is not safe for concurrent use.
type Scratch struct {
	blend  blend
	recent []recent // of each table
}

// A blend counts records by the combination of their time bucket and coarse values. A record then touches one cell
// instead of one for each of totals, time, target, target group, host and node: measured, a third of the time of all
// counting.
type blend struct {
	entries []*blendEntry // in the order in which they were first met
	index   map[string]*blendEntry
	recent  [256]*blendEntry // by a cheap hash
	key     []byte
	made    uint64 // entries, forgotten ones included
}

type blendEntry struct {
	cell
	number uint64 // from 1, never given again
	bucket int64
	values [numCoarse]string // parts of the key; "" for those left out
	rest   *blendEntry       // of an entry with a target: the one of all targets
}

// maxBlend bounds the combinations that are held at once.
const maxBlend = 1024

func (b *blend) full() bool { return len(b.entries) >= maxBlend }

// worthwhile reports whether the combinations had enough records to pay for adding them up.
func (b *blend) worthwhile() bool {
	var records uint64
	for _, e := range b.entries {
		records += e.requests
	}
	return records >= 8*uint64(len(b.entries))
}

// reset forgets all but the room.
func (b *blend) reset() {
	b.entries = b.entries[:0]
	clear(b.index)
	clear(b.recent[:])
}

func (b *blend) find(bucket int64, values *[numCoarse][]byte) *blendEntry {
	slot := &b.recent[blendHint(bucket, values)]
	if e := *slot; e != nil && e.is(bucket, values) {
		return e
	}
	b.key = b.key[:0]
	for _, v := range values {
		b.key = append(append(b.key, v...), 0)
	}
	b.key = binary.LittleEndian.AppendUint64(b.key, uint64(bucket))
	e := b.index[string(b.key)]
	if e == nil || !e.is(bucket, values) {
		e = b.add(string(b.key), bucket, values)
	}
	*slot = e
	return e
}

func (b *blend) add(key string, bucket int64, values *[numCoarse][]byte) *blendEntry {
	if b.index == nil {
		b.index = map[string]*blendEntry{}
	}
	e := b.room()
	b.made++
	e.number, e.bucket, e.rest = b.made, bucket, nil
	for i, rest := 0, key; i < numCoarse; i++ { // side by side, as they are compared
		n := len(values[i])
		e.values[i], rest = rest[:n], rest[n+1:]
	}
	b.index[key] = e
	if values[coarseTarget] != nil {
		others := *values
		others[coarseTarget] = nil
		e.rest = b.find(bucket, &others)
	}
	return e
}

// room returns a new entry, or one from before the last reset.
func (b *blend) room() *blendEntry {
	n := len(b.entries)
	if n < cap(b.entries) {
		b.entries = b.entries[:n+1]
	} else {
		b.entries = append(b.entries, nil)
	}
	if b.entries[n] == nil {
		b.entries[n] = &blendEntry{}
	}
	b.entries[n].cell.reset()
	return b.entries[n]
}

func (e *blendEntry) is(bucket int64, values *[numCoarse][]byte) bool {
	return e.bucket == bucket && e.values[0] == string(values[0]) && e.values[1] == string(values[1]) &&
		e.values[2] == string(values[2]) && e.values[3] == string(values[3]) && e.values[4] == string(values[4])
}

func blendHint(bucket int64, values *[numCoarse][]byte) int {
	h := uint64(bucket)
	for _, v := range values {
		h = (h ^ lastWord(v)) * 0x9e3779b97f4a7c15
	}
	return int(h >> 56)
}

// lastWord is the end of a value, by which targets, nodes and ARNs differ.
func lastWord(v []byte) uint64 {
	if n := len(v); n >= 8 {
		return binary.LittleEndian.Uint64(v[n-8:])
	}
	var w uint64
	for _, c := range v {
		w = w<<8 | uint64(c)
	}
	return w
}
