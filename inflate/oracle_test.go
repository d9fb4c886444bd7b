package inflate

import (
	"encoding/binary"
	"hash/crc32"
)

// oracle decodes deflate data bit by bit, as RFC 1951 tells it. It returns the text of all symbols that are there, and
// behind it nil and the rest of the data, ErrTruncated or ErrCorrupt.
func oracle(data []byte) (text, rest []byte, err error) {
	o := oracleState{data: data}
	defer func() {
		text, rest = o.text, o.data[min((o.at+7)/8, len(o.data)):]
		if p := recover(); p != nil {
			fault, ok := p.(error)
			if !ok || fault != ErrTruncated && fault != ErrCorrupt {
				panic(p)
			}
			err = fault
		}
	}()
	for !o.block() {
	}
	return
}

type oracleState struct {
	data []byte
	at   int // bit
	text []byte
}

func (o *oracleState) want(valid bool) {
	if !valid {
		panic(ErrCorrupt)
	}
}

// bits takes n bits, first one lowest.
func (o *oracleState) bits(n int) (v int) {
	for i := range n {
		if o.at >= len(o.data)*8 {
			panic(ErrTruncated)
		}
		v |= int(o.data[o.at/8]>>(o.at%8)&1) << i
		o.at++
	}
	return v
}

// An oracleCode is how many codes there are of each length, and the symbols in the order of their codes.
type oracleCode struct {
	count   [16]int
	symbols []int
}

func (o *oracleState) code(lengths []int) (c oracleCode) {
	holes := 1 // codes of n bits that are not taken
	for n := 1; n <= 15; n++ {
		holes *= 2
		for symbol, length := range lengths {
			if length == n {
				c.count[n]++
				c.symbols = append(c.symbols, symbol)
			}
		}
		holes -= c.count[n]
		o.want(holes >= 0)
	}
	o.want(holes == 0 || len(c.symbols) == 0 || len(c.symbols) == 1 && c.count[1] == 1)
	return c
}

func (o *oracleState) symbol(c *oracleCode) int {
	o.want(len(c.symbols) > 0)
	code, first, index := 0, 0, 0
	for n := 1; n <= 15; n++ {
		code = code<<1 | o.bits(1)
		if code < first+c.count[n] {
			return c.symbols[index+code-first]
		}
		o.want(len(c.symbols) > 1)
		index += c.count[n]
		first = (first + c.count[n]) << 1
	}
	panic("BUG: a code that is complete has no such bits")
}

func (o *oracleState) block() (last bool) {
	last = o.bits(1) == 1
	lits, dists := make([]int, 288), make([]int, 32)
	switch o.bits(2) {
	case 0:
		o.at = (o.at + 7) / 8 * 8
		n := o.bits(16)
		o.want(o.bits(16) == n^0xffff)
		for range n {
			o.text = append(o.text, byte(o.bits(8)))
		}
		return last
	case 1:
		for i := range lits {
			lits[i] = 8
			if i >= 144 && i < 256 {
				lits[i] = 9
			}
			if i >= 256 && i < 280 {
				lits[i] = 7
			}
		}
		for i := range dists {
			dists[i] = 5
		}
	case 2:
		h := o.bits(14)
		nl, nd, np := h&31+257, h>>5&31+1, h>>10+4
		o.want(nl <= 286 && nd <= 30)
		pre := make([]int, 19)
		for _, i := range []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}[:np] {
			pre[i] = o.bits(3)
		}
		preCode := o.code(pre)
		var all []int
		for len(all) < nl+nd {
			s := o.symbol(&preCode)
			times, length := 1, s
			switch s {
			case 16:
				o.want(len(all) > 0)
				times, length = 3+o.bits(2), all[len(all)-1]
			case 17:
				times, length = 3+o.bits(3), 0
			case 18:
				times, length = 11+o.bits(7), 0
			}
			for range times {
				all = append(all, length)
			}
			o.want(len(all) <= nl+nd)
		}
		lits, dists = all[:nl], all[nl:]
	case 3:
		panic(ErrCorrupt)
	}
	litCode, distCode := o.code(lits), o.code(dists)
	lengthBase := []int{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163,
		195, 227, 258}
	distBase := []int{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
		3073, 4097, 6145, 8193, 12289, 16385, 24577}
	for {
		s := o.symbol(&litCode)
		switch {
		case s < 256:
			o.text = append(o.text, byte(s))
			continue
		case s == 256:
			return last
		}
		o.want(s < 286)
		extra := 0
		if s >= 265 && s < 285 {
			extra = (s - 261) / 4
		}
		length := lengthBase[s-257] + o.bits(extra)
		s = o.symbol(&distCode)
		o.want(s < 30)
		extra = 0
		if s >= 4 {
			extra = s/2 - 1
		}
		dist := distBase[s] + o.bits(extra)
		o.want(dist <= len(o.text))
		for range length {
			o.text = append(o.text, o.text[len(o.text)-dist])
		}
	}
}

// wrapped makes deflate data a member of gzip, with the checksum of its text if it has one to its end.
func wrapped(data []byte) (object []byte, text []byte, err error) {
	text, rest, err := oracle(data)
	object = append([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"), data[:len(data)-len(rest)]...)
	if err == nil {
		object = binary.LittleEndian.AppendUint32(object, crc32.ChecksumIEEE(text))
		object = binary.LittleEndian.AppendUint32(object, uint32(len(text)))
	} else {
		object = append(object, rest...)
	}
	return object, text, err
}
