package simulate

import (
	"bytes"
	"iter"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/klauspost/compress/gzip"
)

// An Object is one file as the load balancer delivers it: the records that one
// node answered in five minutes.
type Object struct {
	Key     string  // from AWSLogs/ on
	Body    []byte  // gzip; the caller's to keep
	Records int     // lines
	Bytes   int64   // of text before compression
	Truth   []Truth // of the records that failed, in the order of lines
}

// slotWidth is how long a node collects lines for one file.
const slotWidth = 5 * time.Minute

// Generate returns the objects of a log, in order of their end and then of the
// node. Nodes without a request in a slot have no object for it. Objects are
// made as they are asked for: memory holds the text of the current slot and of
// what is answered later. Each range over the sequence gives the same objects
// again.
func Generate(cfg Config) (iter.Seq[Object], error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	if cfg.System != nil {
		return func(yield func(Object) bool) { generateSystem(cfg, yield) }, nil
	}
	return func(yield func(Object) bool) { generate(cfg, yield) }, nil
}

func generate(cfg Config, yield func(Object) bool) {
	m := newModel(cfg)
	start, end := cfg.Start.UnixMicro(), cfg.Start.Add(cfg.Duration).UnixMicro()
	a := arrivals{
		rng:   newRNG(cfg.Seed, streamArrivals),
		nanos: cfg.Start.UnixNano(),
		mean:  cfg.RequestsPerSecond / float64(time.Second),
		swing: cfg.Swing,
	}
	p := newPacker(cfg)
	now := slotOf(start)
	for {
		at := a.next()
		for ; now < slotOf(min(at, end-1)); now++ {
			if !p.close(now, m.nodes, yield) {
				return
			}
		}
		if at >= end {
			break
		}
		if r, node := m.serve(at); r.end < end {
			p.add(r, node)
		}
	}
	p.close(now, m.nodes, yield)
}

func newPacker(cfg Config) *packer {
	level := 6
	if cfg.System != nil {
		level = gzip.BestSpeed // many days are made to be read once
	}
	return &packer{
		cfg:   cfg,
		lines: newLineWriter(cfg),
		zip:   newZip(level),
		open:  map[int64]*slot{},
	}
}

// slotOf numbers the slots since 1970.
func slotOf(micros int64) int64 { return micros / slotWidth.Microseconds() }

// A packer collects lines by slot and node and makes objects of them. Slots
// later than the current one hold the requests that are answered then.
type packer struct {
	cfg   Config
	lines lineWriter
	zip   *gzip.Writer
	body  bytes.Buffer
	open  map[int64]*slot
	spare [][]byte // chunks of closed slots
}

type slot struct {
	rng    *rand.Rand
	chunks [][]byte // text of the lines as they came
	nodes  [][]lineRef
	truths []Truth
}

type lineRef struct {
	order int64  // what lines are sorted by
	text  []byte // in a chunk
	truth int    // index in truths, or -1
}

// Text is kept in chunks, for a slot of a busy load balancer is tens of
// megabytes, and a slice that grows to that leaves as much behind.
const (
	chunkSize   = 1 << 20
	longestLine = 64 << 10 // more than any that this package writes
)

// room returns the chunk of a slot that the next line goes to.
func (p *packer) room(s *slot) *[]byte {
	n := len(s.chunks)
	if n == 0 || cap(s.chunks[n-1])-len(s.chunks[n-1]) < longestLine {
		var c []byte
		if last := len(p.spare) - 1; last >= 0 {
			c, p.spare = p.spare[last], p.spare[:last]
		} else {
			c = make([]byte, 0, chunkSize)
		}
		s.chunks = append(s.chunks, c[:0])
		n++
	}
	return &s.chunks[n-1]
}

func newZip(level int) *gzip.Writer {
	z, err := gzip.NewWriterLevel(nil, level)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return z
}

// slot returns the slot of a number, opening it if need be.
func (p *packer) slot(number int64) *slot {
	s := p.open[number]
	if s == nil {
		s = &slot{rng: newRNG(p.cfg.Seed, streamLayout+uint64(number)), nodes: make([][]lineRef, p.cfg.Nodes)}
		p.open[number] = s
	}
	return s
}

func (p *packer) add(r *record, node int) {
	s := p.slot(slotOf(r.end))
	ref := lineRef{order: r.end, truth: -1}
	// Lines of real files are not strictly in order: about one in twelve comes
	// later than the next.
	if x := s.rng.Uint32(); x < 1<<32/12 {
		ref.order += int64(x & (1<<18 - 1)) // up to 0.26 s
	}
	chunk := p.room(s)
	from := len(*chunk)
	*chunk = p.lines.appendLine(*chunk, r)
	ref.text = (*chunk)[from:]
	if r.cause != "" {
		ref.truth = len(s.truths)
		s.truths = append(s.truths, r.truth())
	}
	s.nodes[node] = append(s.nodes[node], ref)
}

// close yields the objects of a slot and forgets it. It reports whether to go on.
func (p *packer) close(number int64, nodes []node, yield func(Object) bool) bool {
	s := p.open[number]
	if s == nil {
		return true
	}
	delete(p.open, number)
	for i, refs := range s.nodes {
		if len(refs) == 0 {
			continue
		}
		for part, refs := range p.parts(s, refs) {
			if p.lost(number, i) {
				continue
			}
			if !yield(p.pack(s, refs, p.key(number, nodes[i].address, uint64(i+part*maxNodes)))) {
				return false
			}
		}
	}
	p.spare = append(p.spare, s.chunks...)
	return true
}

// parts are the objects that a node's lines go to: one, or at times two, as a
// busy node has several writers.
func (p *packer) parts(s *slot, refs []lineRef) [][]lineRef {
	if p.cfg.System == nil || s.rng.Float64() >= p.cfg.System.SplitSlots {
		return [][]lineRef{refs}
	}
	var parts [2][]lineRef
	for _, ref := range refs {
		i := s.rng.IntN(2)
		parts[i] = append(parts[i], ref)
	}
	return slices.DeleteFunc(parts[:], func(part []lineRef) bool { return len(part) == 0 })
}

// lost says whether a node's object of a slot is never delivered.
func (p *packer) lost(number int64, node int) bool {
	if p.cfg.System == nil {
		return false
	}
	end := time.UnixMicro((number + 1) * slotWidth.Microseconds()).Sub(p.cfg.Start)
	return slices.ContainsFunc(p.cfg.System.Incidents, func(v Incident) bool {
		return v.Kind == LostLogs && end >= v.From && end < v.From+v.For && v.onNode(node)
	})
}

func (p *packer) pack(s *slot, refs []lineRef, key string) Object {
	slices.SortStableFunc(refs, func(a, b lineRef) int {
		switch {
		case a.order < b.order:
			return -1
		case a.order > b.order:
			return 1
		}
		return 0
	})
	o := Object{Key: key, Records: len(refs)}
	p.body.Reset()
	p.zip.Reset(&p.body)
	p.zip.ModTime = time.Unix(0, 0) // the zero Time would be written as the year 2042
	for i, ref := range refs {
		o.Bytes += int64(len(ref.text))
		p.zip.Write(ref.text) // a bytes.Buffer does not fail
		if ref.truth >= 0 {
			t := s.truths[ref.truth]
			t.Object, t.Line = key, i+1
			o.Truth = append(o.Truth, t)
		}
	}
	p.zip.Close()
	o.Body = bytes.Clone(p.body.Bytes())
	return o
}

// key names an object as AWS does. The folder is the day of delivery, that of
// the slot's end.
func (p *packer) key(number int64, nodeIP string, node uint64) string {
	end := time.UnixMicro((number + 1) * slotWidth.Microseconds()).UTC()
	rng := newRNG(p.cfg.Seed^uint64(number)<<8, streamLayout^(node+1)<<32)
	random := make([]byte, 8)
	for i := range random {
		random[i] = "0123456789abcdefghijklmnopqrstuvwxyz"[rng.IntN(36)]
	}
	return "AWSLogs/" + p.cfg.Account + "/elasticloadbalancing/" + p.cfg.Region + end.Format("/2006/01/02/") +
		p.cfg.Account + "_elasticloadbalancing_" + p.cfg.Region +
		"_app." + p.cfg.LoadBalancer + "." + p.cfg.LoadBalancerID +
		end.Format("_20060102T1504Z_") + nodeIP + "_" + string(random) + ".log.gz"
}
