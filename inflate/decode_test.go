package inflate

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	kflate "github.com/klauspost/compress/flate"
)

// What is guaranteed of data that is damaged or ends too early, and tested here: what Next returns before the fault is
// the text of every symbol whose bits are all there, as oracle tells it, however the object comes in. compress/flate
// accepts the same data, and returns the same text before damage; before an early end it returns that or less, for it
// asks for as many bits as the end of the block takes.

var (
	decoded         Reader // by every test, so that what an object leaves behind would show in another
	stdReader       = flate.NewReader(nil)
	klauspostReader = kflate.NewReader(nil)
)

// pieces returns 1 to most bytes at a time, now and then none, and the last ones with the error.
type pieces struct {
	data []byte
	rnd  *rand.Rand
	most int
	err  error
}

func (p *pieces) Read(b []byte) (int, error) {
	n := min(p.rnd.IntN(p.most+1), len(b), len(p.data))
	copy(b, p.data[:n])
	p.data = p.data[n:]
	if len(p.data) == 0 {
		return n, p.err
	}
	return n, nil
}

func read(r io.Reader) ([]byte, error) {
	decoded.Reset(r)
	var text []byte
	for {
		block, err := decoded.Next()
		text = append(text, block...)
		if err != nil {
			return text, err
		}
		if len(block) != BlockSize {
			return text, fmt.Errorf("a block of %d bytes before the end", len(block))
		}
	}
}

// holds decodes deflate data in several ways and holds it against the oracle and the two libraries.
func holds(tb testing.TB, data []byte, seed uint64) {
	tb.Helper()
	object, want, wantErr := wrapped(data)
	if wantErr == nil {
		wantErr = io.EOF
	}
	rnd := rand.New(rand.NewPCG(seed, 1))
	sources := map[string]io.Reader{
		"at once":   bytes.NewReader(object),
		"in pieces": &pieces{object, rnd, 1 + rnd.IntN(100_000), io.EOF},
	}
	if len(object) < 50_000 {
		sources["by bytes"] = &pieces{object, rnd, 1, io.EOF}
	}
	for name, src := range sources {
		if got, err := read(src); !errors.Is(err, wantErr) || !bytes.Equal(got, want) {
			tb.Fatalf("seed %d, %s: %d bytes, %v; want %d bytes, %v; the same up to %d; data %.100x", seed, name, len(got), err,
				len(want), wantErr, same(got, want), data)
		}
	}
	stdReader.(flate.Resetter).Reset(bytes.NewReader(data), nil)
	std, err := io.ReadAll(stdReader)
	if (err == nil) != (wantErr == io.EOF) || !bytes.HasPrefix(want, std) || err != io.ErrUnexpectedEOF && len(std) < len(want) {
		tb.Fatalf("seed %d: compress/flate has %d bytes, %v; here %d, %v; data %.100x", seed, len(std), err, len(want), wantErr, data)
	}
	klauspostReader.(kflate.Resetter).Reset(bytes.NewReader(data), nil)
	klauspost, err := io.ReadAll(klauspostReader)
	if wantErr == io.EOF && (err != nil || !bytes.Equal(klauspost, want)) { // it passes the bit that a code of one symbol lacks
		tb.Fatalf("seed %d: klauspost has %d bytes, %v; here %d, %v; data %.100x", seed, len(klauspost), err, len(want), wantErr, data)
	}
}

func same(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

func deflated(text []byte, level int) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, level)
	if err != nil {
		panic(err)
	}
	w.Write(text)
	w.Close()
	return b.Bytes()
}

// A bitWriter writes deflate data by hand.
type bitWriter struct {
	data []byte
	n    int
}

// bits writes the n low bits of v, lowest first.
func (w *bitWriter) bits(v, n int) *bitWriter {
	for i := range n {
		if w.n%8 == 0 {
			w.data = append(w.data, 0)
		}
		w.data[w.n/8] |= byte(v>>i&1) << (w.n % 8)
		w.n++
	}
	return w
}

// code writes a code, which is the one thing that comes highest bit first.
func (w *bitWriter) code(v, n int) *bitWriter {
	return w.bits(int(bits.Reverse16(uint16(v))>>(16-n)), n)
}

// lit writes a symbol of the fixed code.
func (w *bitWriter) lit(s int) *bitWriter {
	switch {
	case s < 144:
		return w.code(0x30+s, 8)
	case s < 256:
		return w.code(0x190+s-144, 9)
	case s < 280:
		return w.code(s-256, 7)
	}
	return w.code(0xc0+s-280, 8)
}

// match writes a match by the fixed codes.
func (w *bitWriter) match(length, dist int) *bitWriter {
	of := func(table []entry, from, value int) (int, int, int) {
		for s := len(table) - 1; s >= from; s-- {
			if base := int(table[s] >> 16); table[s]&special == 0 && base <= value {
				return s, value - base, int(table[s].uses())
			}
		}
		panic(value)
	}
	s, extra, n := of(litSymbols[:], 257, length)
	w.lit(s).bits(extra, n)
	s, extra, n = of(distSymbols[:], 0, dist)
	return w.code(s, 5).bits(extra, n)
}

// lengths writes the header of a block of kind 2 with these code lengths, each of the same 5 bits that no code is
// shorter for, or, where they are too many for that, 4.
func (w *bitWriter) lengths(final int, lits, dists []int) *bitWriter {
	w.bits(final, 1).bits(2, 2).bits(len(lits)-257, 5).bits(len(dists)-1, 5).bits(19-4, 4)
	for _, s := range preOrder {
		n := 4
		if s >= 16 {
			n = 0 // only lengths by themselves: 16 codes of 4 bits
		}
		w.bits(n, 3)
	}
	for _, n := range append(append([]int(nil), lits...), dists...) {
		w.code(n, 4)
	}
	return w
}

// codeLengths are n lengths, all 0 but those named.
func codeLengths(n int, named map[int]int) []int {
	l := make([]int, n)
	for i, length := range named {
		l[i] = length
	}
	return l
}

// TestBlocks has deflate data made by hand, with what is wrong with it.
func TestBlocks(t *testing.T) {
	begin := func() *bitWriter { return new(bitWriter) }
	fixedBlock := func() *bitWriter { return begin().bits(1, 1).bits(1, 2) }
	ab := codeLengths(257, map[int]int{'a': 1, 'b': 2, 256: 2})
	withLength := codeLengths(258, map[int]int{'a': 1, 256: 2, 257: 2})
	for _, tt := range []struct {
		name string
		w    *bitWriter
		want string
		err  error
	}{
		{"nothing", begin(), "", ErrTruncated},
		{"kind 3", begin().bits(1, 1).bits(3, 2), "", ErrCorrupt},
		{"stored", begin().bits(1, 3).bits(0, 5).bits(2, 16).bits(^2, 16).bits('x', 8).bits('y', 8), "xy", io.EOF},
		{"stored, empty", begin().bits(1, 3).bits(0, 5).bits(0, 16).bits(^0, 16), "", io.EOF},
		{"stored, complement", begin().bits(1, 3).bits(0, 5).bits(2, 16).bits(2, 16).bits(0, 16), "", ErrCorrupt},
		{"stored, cut", begin().bits(1, 3).bits(0, 5).bits(2, 16).bits(^2, 16).bits('x', 8), "x", ErrTruncated},
		{"stored, no size", begin().bits(1, 3).bits(0, 5).bits(2, 16).bits(^2, 8), "", ErrTruncated},
		{"stored, the padding is not zero", begin().bits(1, 3).bits(31, 5).bits(0, 16).bits(^0, 16), "", io.EOF},
		{"fixed", fixedBlock().lit('x').lit(200).lit(256), "x\xc8", io.EOF},
		{"fixed, empty", fixedBlock().lit(256), "", io.EOF},
		{"fixed, cut", fixedBlock().lit('x').code(0b11001, 5), "x", ErrTruncated},
		{"fixed, match", fixedBlock().lit('x').match(258, 1).lit(256), strings.Repeat("x", 259), io.EOF},
		{"fixed, 284 is 258 too", fixedBlock().lit('x').lit(284).bits(31, 5).code(0, 5).lit(256), strings.Repeat("x", 259), io.EOF},
		{"fixed, symbol 286", fixedBlock().lit('x').lit(286).bits(0, 20), "x", ErrCorrupt},
		{"fixed, symbol 287", fixedBlock().lit('x').lit(287).bits(0, 20), "x", ErrCorrupt},
		{"fixed, distance 30", fixedBlock().lit('x').lit(257).code(30, 5).bits(0, 40), "x", ErrCorrupt},
		{"fixed, distance 31", fixedBlock().lit('x').lit(257).code(31, 5).bits(0, 400), "x", ErrCorrupt},
		{"before the text", fixedBlock().lit('x').match(3, 2).bits(0, 400), "x", ErrCorrupt},
		{"before all text", fixedBlock().match(3, 1).bits(0, 400), "", ErrCorrupt},
		{"two blocks", begin().bits(0, 1).bits(1, 2).lit('x').lit(256).bits(1, 1).bits(1, 2).match(3, 1).lit(256), "xxxx", io.EOF},
		{"dynamic", begin().lengths(1, ab, []int{0}).code(0, 1).code(2, 2).code(3, 2), "ab", io.EOF},
		{"dynamic, then fixed", begin().lengths(0, ab, []int{0}).code(2, 2).code(3, 2).bits(1, 1).bits(1, 2).lit('b').lit(256), "bb", io.EOF},
		{"dynamic, one distance code", begin().lengths(1, withLength, []int{1}).code(0, 1).code(3, 2).bits(0, 1).code(2, 2), "aaaa", io.EOF},
		{"dynamic, one distance code, its other bit", begin().lengths(1, withLength, []int{1}).code(0, 1).code(3, 2).bits(1, 1).bits(0, 400), "a", ErrCorrupt},
		{"dynamic, one distance code of 2 bits", begin().lengths(1, withLength, []int{2}), "", ErrCorrupt},
		{"dynamic, no distance code, none used", begin().lengths(1, withLength, []int{0}).code(0, 1).code(2, 2), "a", io.EOF},
		{"dynamic, no distance code, one used", begin().lengths(1, withLength, []int{0}).code(0, 1).code(3, 2).bits(0, 400), "a", ErrCorrupt},
		{"dynamic, only the end", begin().lengths(1, codeLengths(257, map[int]int{256: 1}), []int{0}).bits(0, 1), "", io.EOF},
		{"dynamic, only the end, the other bit", begin().lengths(1, codeLengths(257, map[int]int{256: 1}), []int{0}).bits(1, 1), "", ErrCorrupt},
		{"dynamic, no codes", begin().lengths(1, make([]int, 257), []int{0}).bits(0, 30), "", ErrCorrupt},
		{"dynamic, incomplete", begin().lengths(1, codeLengths(257, map[int]int{'a': 2, 256: 2}), []int{0}).bits(0, 30), "", ErrCorrupt},
		{"dynamic, too many", begin().lengths(1, codeLengths(257, map[int]int{'a': 1, 'b': 1, 256: 1}), []int{0}).bits(0, 30), "", ErrCorrupt},
		{"dynamic, distances incomplete", begin().lengths(1, ab, []int{1, 2}).bits(0, 30), "", ErrCorrupt},
		{"dynamic, distances too many", begin().lengths(1, ab, []int{1, 1, 1}).bits(0, 30), "", ErrCorrupt},
		{"dynamic, 287 lengths", begin().bits(1, 1).bits(2, 2).bits(30, 5).bits(0, 5).bits(15, 4).bits(0, 400), "", ErrCorrupt},
		{"dynamic, 31 distances", begin().bits(1, 1).bits(2, 2).bits(0, 5).bits(30, 5).bits(15, 4).bits(0, 400), "", ErrCorrupt},
		{"dynamic, again what is not there", begin().bits(1, 1).bits(2, 2).bits(0, 14).bits(1, 3).bits(0, 9).bits(0, 400), "", ErrCorrupt},
		{"dynamic, zeros beyond the last", begin().bits(1, 1).bits(2, 2).bits(0, 14).bits(0, 6).bits(1, 3).bits(1, 3).code(1, 1).bits(127, 7).code(1, 1).bits(127, 7).bits(0, 400), "", ErrCorrupt},
		{"dynamic, header cut", begin().bits(1, 1).bits(2, 2).bits(0, 14).bits(0, 6).bits(1, 3).bits(1, 3).code(1, 1).bits(127, 7), "", ErrTruncated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data := tt.w.data
			holds(t, data, 1)
			object, text, _ := wrapped(data)
			got, err := read(bytes.NewReader(object))
			if string(got) != tt.want || string(text) != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("%q, %v; want %q, %v; the oracle has %q", got, err, tt.want, tt.err, text)
			}
		})
	}
}

// TestMatches has matches of all short distances and all lengths, and of the longest distances across blocks.
func TestMatches(t *testing.T) {
	for dist := 1; dist <= 70; dist++ {
		w := new(bitWriter).bits(1, 1).bits(1, 2)
		for i := range 70 {
			w.lit(i)
		}
		for length := 3; length <= 258; length++ {
			w.match(length, dist).lit(length & 0xff)
		}
		holds(t, w.lit(256).data, uint64(dist))
	}
	rnd := rand.New(rand.NewPCG(3, 3))
	for seed := range uint64(8) {
		w := new(bitWriter).bits(1, 1).bits(1, 2)
		n := 0
		for ; n < 32<<10; n++ {
			w.lit(rnd.IntN(256))
		}
		for n < 2*BlockSize+rnd.IntN(BlockSize) {
			length, dist := 3+rnd.IntN(256), 32<<10-rnd.IntN(1+rnd.IntN(32<<10))
			w.match(length, dist)
			n += length
			if rnd.IntN(20) == 0 {
				w.lit(rnd.IntN(256))
				n++
			}
			if rnd.IntN(300) == 0 {
				w.lit(256).bits(0, 1).bits(1, 2).lit(256).bits(1, 1).bits(1, 2) // an empty block between
				w.data[0] &^= 1
			}
		}
		holds(t, w.lit(256).data, seed)
	}
}

// TestCodes decodes by random complete codes of up to 15 bits, so that there are subtables of all widths.
func TestCodes(t *testing.T) {
	// random splits codes until there are n: uneven ones come out.
	random := func(rnd *rand.Rand, n int) []int {
		lengths := []int{1, 1}
		for len(lengths) < n {
			i := len(lengths) - 1 - rnd.IntN(1+rnd.IntN(len(lengths)))
			if lengths[i] == 15 {
				continue
			}
			lengths[i]++
			lengths = append(lengths, lengths[i])
		}
		rnd.Shuffle(n, func(i, j int) { lengths[i], lengths[j] = lengths[j], lengths[i] })
		return lengths
	}
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 15))
		lits, dists := random(rnd, 257+rnd.IntN(30)), random(rnd, 2+rnd.IntN(29))
		w := new(bitWriter).lengths(1, lits, dists)
		for range 4000 { // whatever they mean, it ends at the end of a block or in a fault
			w.bits(int(rnd.Uint32()), 32)
		}
		holds(t, w.data, seed)
	}
}

// texts are what the compressors get.
func texts(rnd *rand.Rand) map[string][]byte {
	log := new(bytes.Buffer)
	for log.Len() < 3*BlockSize {
		fmt.Fprintf(log, "h2 2026-11-20T00:%02d:%02d.%06dZ app/shop/50dc6c495c0c9188 10.0.%d.%d:443 \"GET /api/%d\" Root=1-%08x-%024x\n",
			rnd.IntN(60), rnd.IntN(60), rnd.IntN(1e6), rnd.IntN(256), rnd.IntN(256), rnd.IntN(50), rnd.Uint32(), rnd.Uint64())
	}
	random := make([]byte, BlockSize+100_000)
	skewed := make([]byte, BlockSize) // so much that codes are long
	for i := range random {
		random[i] = byte(rnd.Uint32())
	}
	for i := range skewed {
		skewed[i] = byte(bits.TrailingZeros32(rnd.Uint32()|1<<31)<<3) + byte(rnd.IntN(2))
	}
	return map[string][]byte{
		"empty":  nil,
		"short":  []byte("one\ntwo\n"),
		"log":    log.Bytes(),
		"random": random,
		"skewed": skewed,
		"zeros":  make([]byte, 5*BlockSize+1),
		"far":    append(random[:32<<10:32<<10], random[:32<<10]...),
	}
}

// TestLevels decodes what the libraries write at all levels.
func TestLevels(t *testing.T) {
	for name, text := range texts(rand.New(rand.NewPCG(1, 2))) {
		for level := flate.HuffmanOnly; level <= flate.BestCompression; level++ {
			if testing.Short() && level != flate.HuffmanOnly && level != flate.DefaultCompression {
				continue
			}
			var b bytes.Buffer
			kw, err := kflate.NewWriter(&b, level)
			if err != nil {
				t.Fatal(err)
			}
			kw.Write(text[:len(text)/2])
			kw.Flush() // an empty stored block
			kw.Write(text[len(text)/2:])
			kw.Close()
			for lib, data := range map[string][]byte{"std": deflated(text, level), "klauspost": b.Bytes()} {
				if got, _, err := oracle(data); err != nil || !bytes.Equal(got, text) {
					t.Fatalf("%s, %s, level %d: the oracle has %d bytes, %v", name, lib, level, len(got), err)
				}
				holds(t, data, uint64(level+10))
			}
		}
	}
}

// TestDamage cuts data, and turns bits of it.
func TestDamage(t *testing.T) {
	turns := 80
	if testing.Short() {
		turns = 5
	}
	for _, text := range texts(rand.New(rand.NewPCG(1, 2))) {
		text = text[:min(len(text), 20_000)]
		for _, level := range []int{flate.HuffmanOnly, 0, 1, 6, 9} {
			whole := deflated(text, level)
			for i := range turns {
				rnd := rand.New(rand.NewPCG(uint64(i), uint64(level)))
				data := bytes.Clone(whole)
				if i%2 == 0 {
					data = data[:rnd.IntN(len(data))]
				} else {
					at := rnd.IntN(len(data)) >> rnd.IntN(8)
					data[at] ^= 1 << rnd.IntN(8)
				}
				holds(t, data, uint64(i))
			}
		}
	}
}

// TestBroken has objects that break: the text before that is what a cut there leaves, and the error the object's.
func TestBroken(t *testing.T) {
	broken := errors.New("broken")
	text := texts(rand.New(rand.NewPCG(1, 2)))["log"]
	object, _, _ := wrapped(deflated(text, 6))
	rnd := rand.New(rand.NewPCG(4, 4))
	for range 30 {
		part := object[:10+rnd.IntN(len(object)-10)]
		want, _, _ := oracle(part[10:])
		got, err := read(&pieces{part, rnd, 1 + rnd.IntN(200_000), broken})
		if err != broken || !bytes.Equal(got, want) {
			t.Fatalf("broken behind %d of %d bytes: %d bytes, %v; want %d", len(part), len(object), len(got), err, len(want))
		}
		got, err = read(io.MultiReader(bytes.NewReader(part), iotest.ErrReader(broken)))
		if err != broken || !bytes.Equal(got, want) {
			t.Fatalf("broken behind %d of %d bytes: %d bytes, %v; want %d", len(part), len(object), len(got), err, len(want))
		}
	}
	if _, err := read(idle{}); err != io.ErrNoProgress {
		t.Errorf("an object that returns nothing: %v", err)
	}
}

type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

// TestMembers has many members, whose matches must not reach into the member before.
func TestMembers(t *testing.T) {
	reaching := new(bitWriter).bits(1, 1).bits(1, 2).lit('x').match(3, 2).lit(256).data
	var object, want []byte
	rnd := rand.New(rand.NewPCG(5, 5))
	text := texts(rnd)["log"]
	for range 300 {
		part := text[:rnd.IntN(1+rnd.IntN(20_000))]
		m, _, _ := wrapped(deflated(part, 1+rnd.IntN(9)))
		object = append(object, m...)
		want = append(want, part...)
		if rnd.IntN(10) == 0 {
			object = append(object, make([]byte, rnd.IntN(1000))...)
		}
	}
	for range 5 {
		got, err := read(&pieces{object, rnd, 1 + rnd.IntN(100_000), io.EOF})
		if err != io.EOF || !bytes.Equal(got, want) {
			t.Fatalf("%d bytes, %v; want %d", len(got), err, len(want))
		}
	}
	m, _, _ := wrapped(reaching)
	got, err := read(bytes.NewReader(append(object, m...)))
	if !errors.Is(err, ErrCorrupt) || !bytes.Equal(got, append(want, 'x')) {
		t.Errorf("a match into the member before: %d bytes, %v", len(got), err)
	}
}

// TestAllocations decodes object after object without allocating.
func TestAllocations(t *testing.T) {
	object, _, _ := wrapped(deflated(texts(rand.New(rand.NewPCG(1, 2)))["log"], 6))
	src := bytes.NewReader(nil)
	decode := func() {
		src.Reset(object)
		decoded.Reset(src)
		for {
			if _, err := decoded.Next(); err != nil {
				return
			}
		}
	}
	if n := testing.AllocsPerRun(10, decode); n != 0 {
		t.Errorf("%v allocations an object", n)
	}
}

// FuzzInflate compresses what it is given and decodes it, then damages that, and takes what it is given for deflate data
// besides.
func FuzzInflate(f *testing.F) {
	for name, text := range texts(rand.New(rand.NewPCG(1, 2))) {
		f.Add(text[:min(len(text), 1000)], int8(len(name)), uint64(len(text)))
	}
	f.Add(new(bitWriter).bits(1, 1).bits(1, 2).lit('x').match(258, 1).match(200, 200).lit(256).data, int8(1), uint64(1))
	f.Add(new(bitWriter).lengths(1, codeLengths(258, map[int]int{'a': 1, 256: 2, 257: 2}), []int{1}).bits(0b110_0, 30).data, int8(1), uint64(1))
	f.Fuzz(func(t *testing.T, text []byte, level int8, seed uint64) {
		holds(t, text, seed)
		rnd := rand.New(rand.NewPCG(seed, 9))
		text = bytes.Repeat(text, 1+rnd.IntN(1+min(8, 30_000/(1+len(text)))))
		data := deflated(text, int(level&15)%12-2)
		if level&16 != 0 {
			var b bytes.Buffer
			w, _ := kflate.NewWriter(&b, int(level&15)%12-2)
			w.Write(text)
			w.Close()
			data = b.Bytes()
		}
		if got, _, err := oracle(data); err != nil || !bytes.Equal(got, text) {
			t.Fatalf("the oracle has %d bytes, %v; want %d", len(got), err, len(text))
		}
		holds(t, data, seed)
		for range rnd.IntN(4) {
			at := rnd.IntN(len(data))
			data[at] ^= byte(1 + rnd.IntN(255))
		}
		if rnd.IntN(2) == 0 {
			data = data[:rnd.IntN(len(data)+1)]
		}
		holds(t, data, seed)
	})
}
