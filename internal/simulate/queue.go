package simulate

// An event is something that the model does at a time.
type event struct {
	at   int64 // microseconds since 1970
	seq  uint64
	step step
	gen  uint32    // of x, when it was planned; see exchange
	x    *exchange // of the steps of one
	do   func()    // of stepDo
}

type step uint8

const (
	stepDo      step = iota
	stepConnect      // the connection attempt's next SYN
	stepServed       // the server has the answer
	stepSilent       // the idle timeout has passed since the request was sent
	stepLeave        // the client gives up
)

// A queue gives events in order of time, those of one time as they came. It is
// a binary heap.
type queue struct {
	heap []event
	seq  uint64
}

func (q *queue) add(ev event) {
	q.seq++
	ev.seq = q.seq
	q.heap = append(q.heap, ev)
	h := q.heap
	i := len(h) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !ev.before(&h[up]) {
			break
		}
		h[i] = h[up]
		i = up
	}
	h[i] = ev
}

// next takes the first event, of a queue that is not empty.
func (q *queue) next() event {
	h := q.heap
	first := h[0]
	last := len(h) - 1
	ev := h[last]
	h[last] = event{}
	h = h[:last]
	q.heap = h
	i := 0
	for {
		down := 2*i + 1
		if down >= last {
			break
		}
		if down+1 < last && h[down+1].before(&h[down]) {
			down++
		}
		if !h[down].before(&ev) {
			break
		}
		h[i] = h[down]
		i = down
	}
	if last > 0 {
		h[i] = ev
	}
	return first
}

func (ev *event) before(other *event) bool {
	return ev.at < other.at || ev.at == other.at && ev.seq < other.seq
}
