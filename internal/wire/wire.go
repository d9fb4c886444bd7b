// Package wire writes numbers and strings as bytes and reads them back. What it reads may be hostile: a Decoder takes no
// more memory than a small multiple of its input, and never fails but by Err.
package wire

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
)

// An Encoder appends to a slice of bytes. The zero value is ready. It is not safe for concurrent use.
type Encoder struct {
	out     []byte
	symbols map[string]uint64 // to their number, from 1
}

// From returns an Encoder that has written some bytes already, without a symbol among them.
func From(prefix []byte) *Encoder { return &Encoder{out: slices.Clone(prefix)} }

// Bytes returns what was written. It is valid until the next call.
func (e *Encoder) Bytes() []byte { return e.out }

// Uint writes a number that is mostly small.
func (e *Encoder) Uint(v uint64) { e.out = binary.AppendUvarint(e.out, v) }

// Int writes a number that is mostly near 0.
func (e *Encoder) Int(v int64) { e.out = binary.AppendVarint(e.out, v) }

// Len writes how many elements follow.
func (e *Encoder) Len(n int) { e.Uint(uint64(n)) }

// Bool writes a truth value.
func (e *Encoder) Bool(v bool) {
	if v {
		e.out = append(e.out, 1)
	} else {
		e.out = append(e.out, 0)
	}
}

// Fixed16 writes a number of two bytes.
func (e *Encoder) Fixed16(v uint16) { e.out = binary.LittleEndian.AppendUint16(e.out, v) }

// Fixed32 writes a number of four bytes.
func (e *Encoder) Fixed32(v uint32) { e.out = binary.LittleEndian.AppendUint32(e.out, v) }

// Fixed64 writes a number of eight bytes.
func (e *Encoder) Fixed64(v uint64) { e.out = binary.LittleEndian.AppendUint64(e.out, v) }

// String writes a text.
func (e *Encoder) String(s string) {
	e.Len(len(s))
	e.out = append(e.out, s...)
}

// Symbol writes a text that is likely to come again: from the second time on it is a number.
func (e *Encoder) Symbol(s string) {
	if n, ok := e.symbols[s]; ok {
		e.Uint(n)
		return
	}
	if e.symbols == nil {
		e.symbols = map[string]uint64{}
	}
	e.symbols[s] = uint64(len(e.symbols) + 1)
	e.Uint(0)
	e.String(s)
}

// ErrInvalid says that bytes are not what an Encoder wrote.
var ErrInvalid = errors.New("not what was written")

// A Decoder reads what an Encoder wrote, by the same calls in the same order. After the first fault every call returns
// zero. It is not safe for concurrent use.
type Decoder struct {
	in      []byte
	symbols []string
	failed  bool
}

// NewDecoder returns a Decoder of in, which must not be changed while it is in use. What it returns shares nothing with in.
func NewDecoder(in []byte) *Decoder { return &Decoder{in: in} }

// Fail makes the Decoder fail: what it read cannot be.
func (d *Decoder) Fail() { d.in, d.failed = nil, true }

// Failed reports whether anything went wrong so far.
func (d *Decoder) Failed() bool { return d.failed }

// Err returns ErrInvalid if anything went wrong, or if there is something left.
func (d *Decoder) Err() error {
	if d.failed || len(d.in) > 0 {
		return ErrInvalid
	}
	return nil
}

// Uint reads what Encoder.Uint wrote.
func (d *Decoder) Uint() uint64 {
	if len(d.in) > 0 && d.in[0] < 0x80 {
		v := d.in[0]
		d.in = d.in[1:]
		return uint64(v)
	}
	v, n := binary.Uvarint(d.in)
	if n <= 0 {
		d.Fail()
		return 0
	}
	d.in = d.in[n:]
	return v
}

// Int reads what Encoder.Int wrote.
func (d *Decoder) Int() int64 {
	u := d.Uint()
	return int64(u>>1) ^ -int64(u&1)
}

// Below reads what Encoder.Uint wrote of a number below limit.
func (d *Decoder) Below(limit uint64) uint64 {
	v := d.Uint()
	if v >= limit {
		d.Fail()
		return 0
	}
	return v
}

// Count reads a number that does not exceed math.MaxInt64.
func (d *Decoder) Count() int64 { return int64(d.Below(math.MaxInt64)) }

// Len reads how many elements follow, each of which was written as at least size bytes.
func (d *Decoder) Len(size int) int {
	n := d.Uint()
	if n > uint64(len(d.in)/size) {
		d.Fail()
		return 0
	}
	return int(n)
}

// Bool reads what Encoder.Bool wrote.
func (d *Decoder) Bool() bool { return d.Below(2) == 1 }

// Fixed16 reads what Encoder.Fixed16 wrote.
func (d *Decoder) Fixed16() uint16 {
	if b := d.take(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

// Fixed32 reads what Encoder.Fixed32 wrote.
func (d *Decoder) Fixed32() uint32 {
	if b := d.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// Fixed64 reads what Encoder.Fixed64 wrote.
func (d *Decoder) Fixed64() uint64 {
	if b := d.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (d *Decoder) take(n int) []byte {
	if len(d.in) < n {
		d.Fail()
		return nil
	}
	b := d.in[:n]
	d.in = d.in[n:]
	return b
}

// String reads what Encoder.String wrote.
func (d *Decoder) String() string { return string(d.take(d.Len(1))) }

// Symbol reads what Encoder.Symbol wrote. Equal symbols share their bytes.
func (d *Decoder) Symbol() string {
	switch n := d.Uint(); {
	case d.failed:
		return ""
	case n == 0:
		s := d.String()
		d.symbols = append(d.symbols, s)
		return s
	case n > uint64(len(d.symbols)):
		d.Fail()
		return ""
	default:
		return d.symbols[n-1]
	}
}
