package inflate

import (
	"bytes"
	"hash/crc32"
	"math/rand/v2"
	"testing"
)

func TestChecksum(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, 5000)
	for i := range text {
		text[i] = byte(random.Uint32())
	}
	for n := range text {
		from := random.IntN(n + 1)
		c := checksum{crc: random.Uint32()}
		want := crc32.Update(c.crc, crc32.IEEETable, text[from:n])
		if c.add(text[from:n]); c.crc != want {
			t.Fatalf("%d bytes from %d on: got %#x, want %#x", n-from, from, c.crc, want)
		}
	}
	var c checksum
	if c.add([]byte("123456789")); c.crc != 0xcbf43926 { // the catalogue's check value of CRC-32/ISO-HDLC
		t.Errorf("got %#x, want 0xcbf43926", c.crc)
	}
}

func BenchmarkChecksum(b *testing.B) {
	text := bytes.Repeat([]byte("text"), BlockSize/4)
	var c checksum
	for name, add := range map[string]func([]byte){
		"own":     c.add,
		"library": func(text []byte) { c.crc = crc32.Update(c.crc, crc32.IEEETable, text) },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				add(text)
			}
		})
	}
}
