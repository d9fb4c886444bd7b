package parser

import (
	"bytes"
	"encoding/binary"
)

// The fast path takes lines of the form that nearly all have, and in the order in which their bytes stand: it looks at
// eight of them at a time, compares with what the lines before had, and splits the last fields only when somebody asks.
// Whatever it does not expect it leaves to split and decode, which decide what is a record and what is not; so both
// must agree on every line that the fast path takes. A fuzz test holds them to that.

// A memo is what the lines before had. A log repeats itself: one load balancer, a minute at a time, and few kinds of
// endings.
type memo struct {
	minute minuteMemo
	elb    []byte
	tails  [2]tail // the one used last comes first
}

// A tail is the form of the fields from actions_executed on, which differ from line to line only in the target, its
// status and the connection's trace id:
//
//	"forward" "-" "-" "10.0.1.7:80" "200" "-" "-" TID_0123456789abcdef "-" "-" "-" 10.0.0.9 "-" "-"
//	<----- head ------><- target -><><-><---- middle --><-- tidLen --><----------- end ----------->
type tail struct {
	head, middle, end []byte
	tidLen            int
	node              span // in end; empty if the lines have no such field
	fields            int
}

var betweenLists = []byte(`" "`)

const (
	firstOfTail = FieldActions
	eightZeros  = 0x3030303030303030
)

func word(b []byte, i int) uint64 { return binary.LittleEndian.Uint64(b[i:]) }

// parseFast reads line as Parse does, or reports that it is of another form, in which case r is left half read.
func (r *Record) parseFast(line []byte) bool {
	if len(line) < 128 {
		return false
	}
	i, ok := r.fastType(line)
	if !ok || line[i+27] != ' ' {
		return false
	}
	if r.Time, ok = r.memo.minute.parse(line[i : i+27]); !ok {
		return false
	}
	r.set(FieldTime, i, i+27)
	i += 28

	end := r.elbEnd(line, i)
	if end == i || end == len(line) || line[i] == '"' {
		return false
	}
	r.set(FieldELB, i, end)
	i = end + 1

	if end = bareEnd(line, i); line[i] == '"' || !validAddress(line[i:end]) {
		return false
	}
	r.set(FieldClient, i, end)
	if i = end + 1; i >= len(line) {
		return false
	}
	if end = bareEnd(line, i); line[i] == '"' || !validAddress(line[i:end]) {
		return false
	}
	r.set(FieldTarget, i, end)
	if i, ok = r.fastNumbers(line, end+1); !ok {
		return false
	}
	if i, ok = r.fastTexts(line, i); !ok {
		return false
	}

	if i+27 > len(line) {
		return false
	}
	if r.CreationTime, ok = r.memo.minute.parse(line[i : i+27]); !ok {
		return false
	}
	r.set(FieldCreationTime, i, i+27)
	if i += 27; i == len(line) {
		r.Fields = int(FieldCreationTime) + 1
		return true
	}
	return line[i] == ' ' && r.fastTail(line, i+1)
}

func (r *Record) set(f Field, start, end int) { r.spans[f] = span{uint32(start), uint32(end)} }

func (r *Record) fastType(line []byte) (next int, ok bool) {
	w := word(line, 0)
	n := 0
	switch {
	case w&0xffffffffffff == 'h'|'t'<<8|'t'<<16|'p'<<24|'s'<<32|' '<<40:
		r.Type, n = HTTPS, 5
	case w&0xffffffffff == 'h'|'t'<<8|'t'<<16|'p'<<24|' '<<32:
		r.Type, n = HTTP, 4
	case w&0xffffff == 'h'|'2'<<8|' '<<16:
		r.Type, n = H2, 2
	default:
		return 0, false
	}
	r.set(FieldType, 0, n)
	return n + 1, true
}

// elbEnd is bareEnd for the load balancer, which is nearly always that of the line before.
func (r *Record) elbEnd(line []byte, i int) int {
	if n := i + len(r.memo.elb); n > i && n < len(line) && line[n] == ' ' && string(line[i:n]) == string(r.memo.elb) {
		return n
	}
	end := bareEnd(line, i)
	r.memo.elb = append(r.memo.elb[:0], line[i:end]...)
	return end
}

// fastNumbers reads the seven fields from request_processing_time to sent_bytes.
func (r *Record) fastNumbers(line []byte, i int) (next int, ok bool) {
	for f, v := range [...]*Micros{&r.RequestTime, &r.TargetTime, &r.ResponseTime} {
		if i+8 > len(line) {
			return 0, false
		}
		n := 5
		w := word(line, i)
		if micros, short := shortSeconds(w); short {
			*v = micros
		} else if w&0xffffff == '-'|'1'<<8|' '<<16 {
			*v, n = NoMicros, 2
		} else {
			n = bareEnd(line, i) - i
			if *v, ok = parseSeconds(line[i : i+n]); !ok {
				return 0, false
			}
		}
		r.set(FieldRequestTime+Field(f), i, i+n)
		i += n + 1
	}
	for f, v := range [...]*Status{&r.ELBStatus, &r.TargetStatus} {
		end := min(i+3, len(line))
		if end < len(line) && line[end] != ' ' || i < len(line) && line[i] == '-' {
			end = bareEnd(line, min(i, len(line)))
		}
		if i >= end {
			return 0, false
		}
		if *v, ok = parseStatus(line[i:end]); !ok {
			return 0, false
		}
		r.set(FieldELBStatus+Field(f), i, end)
		i = end + 1
	}
	for f, v := range [...]*int64{&r.ReceivedBytes, &r.SentBytes} {
		if i >= len(line) {
			return 0, false
		}
		end := bareEnd(line, i)
		if *v, ok = fastBytes(line, i, end); !ok {
			return 0, false
		}
		r.set(FieldReceivedBytes+Field(f), i, end)
		i = end + 1
	}
	return i, true
}

// shortSeconds reads "d.ddd " at the beginning of a word. With the expected characters taken away, digits are 0 to 9
// and the others 0; adding what is missing to 128 shows any that are more.
func shortSeconds(w uint64) (Micros, bool) {
	const (
		form  = '0' | '.'<<8 | '0'<<16 | '0'<<24 | '0'<<32 | ' '<<40
		limit = 0x76 | 0x7f<<8 | 0x76<<16 | 0x76<<24 | 0x76<<32 | 0x7f<<40
		mask  = 0xffffffffffff
	)
	y := w&mask ^ form
	if (y|(y+limit))&(highBits&mask) != 0 {
		return 0, false
	}
	return Micros(y&15*1_000_000 + y>>16&15*100_000 + y>>24&15*10_000 + y>>32&15*1_000), true
}

// fastBytes is parseBytes for the field in line[i:end].
func fastBytes(line []byte, i, end int) (int64, bool) {
	n := end - i
	if n < 1 || n > 8 || i+8 > len(line) {
		return parseBytes(line[i:end])
	}
	y := (word(line, i) ^ eightZeros) << (64 - 8*n) // the digits before the first are 0
	if (y|(y+0x7676767676767676))&highBits != 0 {
		return parseBytes(line[i:end])
	}
	y = (y*10 + y>>8) & 0x00ff00ff00ff00ff
	y = (y*100 + y>>16) & 0x0000ffff0000ffff
	y = (y*10000 + y>>32) & 0xffffffff
	return int64(y), true
}

// fastTexts finds the nine fields from request to matched_rule_priority.
func (r *Record) fastTexts(line []byte, i int) (next int, ok bool) {
	for f := FieldRequest; f <= FieldRulePriority; f++ {
		if i >= len(line) {
			return 0, false
		}
		start, end := i, 0
		if line[i] == '"' {
			start++
			if end = quoteEnd(line, start); end < 0 {
				return 0, false
			}
			i = end + 1
		} else {
			end = bareEnd(line, i)
			i = end
		}
		if start == end && line[end] != '"' || i >= len(line) || line[i] != ' ' {
			return 0, false
		}
		r.set(f, start, end)
		i++
	}
	s := r.spans[FieldRulePriority]
	r.RulePriority, ok = parseRulePriority(line[s.start:s.end])
	return i, ok
}

// fastTail compares the fields from actions_executed on, which begin at i, with the forms that lines before had. If
// they are of another form they are split, and that form is kept.
func (r *Record) fastTail(line []byte, i int) bool {
	t := &r.memo.tails
	if r.hasTail(&t[0], line, i) {
		return true
	}
	if r.hasTail(&t[1], line, i) {
		t[0], t[1] = t[1], t[0]
		return true
	}
	if r.splitFrom(line, int(firstOfTail), i) != nil {
		return false
	}
	t[0], t[1] = t[1], t[0]
	r.learnTail(&t[0], line, i)
	return true
}

func (r *Record) hasTail(t *tail, line []byte, i int) bool {
	target, status := r.spans[FieldTarget], r.spans[FieldTargetStatus]
	targetLen, statusLen := int(target.end-target.start), int(status.end-status.start)
	tid := i + len(t.head) + targetLen + len(betweenLists) + statusLen + len(t.middle)
	end := tid + t.tidLen
	if t.fields == 0 || len(line) != end+len(t.end) || string(line[end:]) != string(t.end) || string(line[i:i+len(t.head)]) != string(t.head) {
		return false
	}
	at := i + len(t.head)
	if text := line[target.start:target.end]; string(line[at:at+targetLen]) != string(text) || !sameInQuotes(text) {
		return false
	}
	at += targetLen
	if string(line[at:at+len(betweenLists)]) != string(betweenLists) {
		return false
	}
	at += len(betweenLists)
	if string(line[at:at+statusLen]) != string(line[status.start:status.end]) || string(line[at+statusLen:tid]) != string(t.middle) ||
		line[tid] == '"' || bytes.IndexByte(line[tid:end], ' ') >= 0 {
		return false
	}
	r.Fields, r.tailAt = t.fields, i
	r.spans[FieldNodeIP] = span{uint32(end) + t.node.start, uint32(end) + t.node.end}
	return true
}

// sameInQuotes reports whether text is the same inside quotes.
func sameInQuotes(text []byte) bool {
	return bytes.IndexByte(text, '"') < 0 && bytes.IndexByte(text, '\\') < 0
}

// learnTail makes t the form of a line that was just split. A form that hasTail could not tell from others leaves t
// unused.
func (r *Record) learnTail(t *tail, line []byte, i int) {
	t.fields = 0
	lists, statuses, tid := r.spans[FieldTargetList], r.spans[FieldTargetStatusList], r.spans[FieldConnTraceID]
	if r.Fields <= int(FieldConnTraceID) || r.Fields > KnownFields ||
		string(r.text(FieldTargetList)) != string(r.text(FieldTarget)) ||
		string(r.text(FieldTargetStatusList)) != string(r.text(FieldTargetStatus)) ||
		string(line[lists.end:statuses.start]) != string(betweenLists) || line[tid.start-1] != ' ' {
		return
	}
	t.head = append(t.head[:0], line[i:lists.start]...)
	t.middle = append(t.middle[:0], line[statuses.end:tid.start]...)
	t.end = append(t.end[:0], line[tid.end:]...)
	t.tidLen = int(tid.end - tid.start)
	t.node = span{}
	if r.Fields > int(FieldNodeIP) {
		node := r.spans[FieldNodeIP]
		t.node = span{node.start - tid.end, node.end - tid.end}
	}
	t.fields = r.Fields
}

// splitTail finds the fields that parseFast left unsplit.
func (r *Record) splitTail() {
	i := r.tailAt
	r.tailAt = 0
	if err := r.splitFrom(trimEnd(r.Line), int(firstOfTail), i); err != nil {
		panic("BUG: " + err.Error()) // the same form was split before
	}
}
