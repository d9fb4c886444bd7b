package wire

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	uints := []uint64{0, 1, 127, 128, 300, 1<<32 - 1, 1 << 63, math.MaxUint64}
	ints := []int64{0, -1, 1, 63, -64, 64, math.MaxInt64, math.MinInt64}
	texts := []string{"", "a", "a", "b", "a", "", strings.Repeat("x", 1000), "b", "é\x00\xff"}
	var e Encoder
	for _, v := range uints {
		e.Uint(v)
		e.Fixed64(v)
		e.Fixed32(uint32(v))
		e.Fixed16(uint16(v))
	}
	for _, v := range ints {
		e.Int(v)
	}
	for i, s := range texts {
		e.String(s)
		e.Symbol(s)
		e.Bool(i%2 == 1)
	}
	e.Len(3)
	for range 3 {
		e.Fixed16(7)
	}
	d := NewDecoder(e.Bytes())
	for _, v := range uints {
		if got := d.Uint(); got != v {
			t.Errorf("uint %d became %d", v, got)
		}
		if got := d.Fixed64(); got != v {
			t.Errorf("64 bits of %x became %x", v, got)
		}
		if got := d.Fixed32(); got != uint32(v) {
			t.Errorf("32 bits of %x became %x", v, got)
		}
		if got := d.Fixed16(); got != uint16(v) {
			t.Errorf("16 bits of %x became %x", v, got)
		}
	}
	for _, v := range ints {
		if got := d.Int(); got != v {
			t.Errorf("int %d became %d", v, got)
		}
	}
	for i, s := range texts {
		if got := d.String(); got != s {
			t.Errorf("string %q became %q", s, got)
		}
		if got := d.Symbol(); got != s {
			t.Errorf("symbol %q became %q", s, got)
		}
		if got := d.Bool(); got != (i%2 == 1) {
			t.Errorf("bool %d became %v", i, got)
		}
	}
	if n := d.Len(2); n != 3 {
		t.Errorf("3 elements became %d", n)
	}
	for range 3 {
		d.Fixed16()
	}
	if err := d.Err(); err != nil {
		t.Error(err)
	}
}

// A symbol is written once.
func TestSymbolIsShort(t *testing.T) {
	var e Encoder
	e.Symbol("target-group")
	once := len(e.Bytes())
	e.Symbol("target-group")
	if more := len(e.Bytes()) - once; more != 1 {
		t.Errorf("%d bytes for the second time, want 1", more)
	}
}

// What cannot be fails, and yields zeros from then on.
func TestInvalid(t *testing.T) {
	for _, c := range []struct {
		name string
		text string
		read func(d *Decoder)
	}{
		{"nothing", "", func(d *Decoder) { d.Uint() }},
		{"a number that does not end", "\xff\xff", func(d *Decoder) { d.Uint() }},
		{"a number above 64 bits", strings.Repeat("\xff", 10) + "\x01", func(d *Decoder) { d.Uint() }},
		{"a string longer than the rest", "\x05abcd", func(d *Decoder) { _ = d.String() }},
		{"more elements than fit", "\x03abcde", func(d *Decoder) { d.Len(2) }},
		{"a count that overflows", strings.Repeat("\xff", 9) + "\x01abc", func(d *Decoder) { d.Len(1) }},
		{"a bool of 2", "\x02", func(d *Decoder) { d.Bool() }},
		{"a limit", "\x07", func(d *Decoder) { d.Below(7) }},
		{"a negative count", strings.Repeat("\xff", 9) + "\x01", func(d *Decoder) { d.Count() }},
		{"a symbol that was not met", "\x00\x01a\x02", func(d *Decoder) { d.Symbol(); d.Symbol() }},
		{"three bytes of four", "abc", func(d *Decoder) { d.Fixed32() }},
		{"something left", "\x01\x01", func(d *Decoder) { d.Uint() }},
	} {
		d := NewDecoder([]byte(c.text))
		c.read(d)
		if d.Err() != ErrInvalid {
			t.Errorf("%s: error %v", c.name, d.Err())
		}
	}
	d := NewDecoder([]byte("\x05\x05abcde\x07"))
	d.Uint()
	d.Fail()
	if d.Uint() != 0 || d.Int() != 0 || d.Len(1) != 0 || d.String() != "" || d.Symbol() != "" || d.Fixed64() != 0 || !d.Failed() {
		t.Error("it goes on after a fault")
	}
}

// Random bytes never make a Decoder panic.
func TestRandomBytes(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		text := make([]byte, rnd.IntN(40))
		for i := range text {
			text[i] = byte(rnd.Uint32())
			if rnd.IntN(2) == 0 {
				text[i] %= 4
			}
		}
		d := NewDecoder(text)
		for !d.Failed() && len(d.in) > 0 {
			switch rnd.IntN(5) {
			case 0:
				d.Symbol()
			case 1:
				_ = d.String()
			case 2:
				if n := d.Len(3); n > len(text)/3 {
					t.Fatalf("%d elements of 3 bytes in %d", n, len(text))
				}
			case 3:
				d.Int()
			default:
				d.Fixed16()
			}
		}
	}
}
