package aggregate

// The dimensions that have few values at a time, so that their combinations are few too.
const numCoarse = 4

var coarseParts = [numCoarse]Part{TargetGroup, Host, Node, LoadBalancer}

func coarseIndex(d Dimension) int {
	for i, p := range coarseParts {
		if d.Is(p) {
			return i
		}
	}
	return -1
}

// A blend counts records by the combination of their time bucket and coarse values. A record then touches one cell
// instead of one for each of totals, time, target group, host and node: measured, a third of the time of all counting.
type blend struct {
	entries []*blendEntry // in the order in which they were first met
	index   map[string]*blendEntry
	recent  [32]*blendEntry // by a cheap hash
	key     []byte
}

type blendEntry struct {
	cell
	bucket int64
	values [numCoarse]string // "" for dimensions not asked for
}

// maxBlend bounds the combinations that are held at once.
const maxBlend = 256

func (b *blend) full() bool { return len(b.entries) >= maxBlend }

// worthwhile reports whether the combinations had enough records to pay for adding them up.
func (b *blend) worthwhile() bool {
	var records uint64
	for _, e := range b.entries {
		records += e.requests
	}
	return records >= 8*uint64(len(b.entries))
}

func (b *blend) reset() {
	b.entries = b.entries[:0]
	clear(b.index)
	clear(b.recent[:])
}

func (b *blend) find(bucket int64, values *[numCoarse][]byte) *cell {
	slot := &b.recent[blendHint(bucket, values)]
	if e := *slot; e != nil && e.is(bucket, values) {
		return &e.cell
	}
	b.key = b.key[:0]
	for _, v := range values {
		b.key = append(append(b.key, v...), 0)
	}
	for shift := 0; shift < 64; shift += 8 {
		b.key = append(b.key, byte(bucket>>shift))
	}
	e := b.index[string(b.key)]
	if e == nil || !e.is(bucket, values) {
		e = b.add(bucket, values)
	}
	*slot = e
	return &e.cell
}

func (b *blend) add(bucket int64, values *[numCoarse][]byte) *blendEntry {
	if b.index == nil {
		b.index = map[string]*blendEntry{}
	}
	e := &blendEntry{bucket: bucket}
	for i, v := range values {
		e.values[i] = string(v)
	}
	b.entries = append(b.entries, e)
	b.index[string(b.key)] = e
	return e
}

func (e *blendEntry) is(bucket int64, values *[numCoarse][]byte) bool {
	return e.bucket == bucket && e.values[0] == string(values[0]) && e.values[1] == string(values[1]) &&
		e.values[2] == string(values[2]) && e.values[3] == string(values[3])
}

func blendHint(bucket int64, values *[numCoarse][]byte) int {
	h := uint(bucket)
	for _, v := range values {
		if n := len(v); n > 0 {
			h = h*31 + uint(v[n-1]) + uint(v[0])<<2 + uint(n)
		}
	}
	return int((h ^ h>>5) % 32)
}
