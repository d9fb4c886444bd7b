package inflate

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
)

// member returns text as one gzip member.
func member(tb testing.TB, text string, level int, header gzip.Header) string {
	tb.Helper()
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		tb.Fatal(err)
	}
	w.Header = header
	if _, err := io.WriteString(w, text); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

func zip(tb testing.TB, text string) string {
	tb.Helper()
	return member(tb, text, gzip.DefaultCompression, gzip.Header{})
}

// all reads what Reset was given to its end.
func all(tb testing.TB, r *Reader) (string, error) {
	tb.Helper()
	var text []byte
	for {
		block, err := r.Next()
		if len(block) > BlockSize {
			tb.Fatalf("a block of %d bytes", len(block))
		}
		text = append(text, block...)
		if err != nil {
			if again, err2 := r.Next(); len(again) > 0 || err2 != err {
				tb.Fatalf("after the end: %d bytes, %v; the end was %v", len(again), err2, err)
			}
			return string(text), err
		}
		if len(block) < BlockSize {
			tb.Fatalf("a block of %d bytes before the end", len(block))
		}
	}
}

// noise is text that hardly compresses.
func noise(n int) string {
	rnd := rand.New(rand.NewPCG(7, 7))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rnd.Uint32())
	}
	return string(b)
}

var errBroken = errors.New("connection reset by peer")

func TestNext(t *testing.T) {
	const text = "one\ntwo\nthree"
	long := strings.Repeat("a line of a log\n", 3*BlockSize/16) + "end"
	rich := member(t, text, gzip.BestCompression, gzip.Header{Name: "x.log", Comment: "no comment", Extra: []byte("extra")})
	empty := zip(t, "")
	padding := strings.Repeat("\x00", 100_000)
	damaged := func(s string, at int) string { // at < 0: from the end
		b := []byte(s)
		if at < 0 {
			at += len(b)
		}
		b[at] ^= 1
		return string(b)
	}
	tests := []struct {
		name, object, want string
		err                error
	}{
		{"nothing", "", "", io.EOF},
		{"plain", text, text, io.EOF},
		{"plain, one byte", "x", "x", io.EOF},
		{"plain, half the magic", "\x1f", "\x1f", io.EOF},
		{"plain, the magic later", "x\x1f\x8b", "x\x1f\x8b", io.EOF},
		{"plain, zeros", padding, padding, io.EOF},
		{"plain, blocks", long, long, io.EOF},
		{"plain, just a block", long[:BlockSize], long[:BlockSize], io.EOF},
		{"gzip", zip(t, text), text, io.EOF},
		{"gzip, stored", member(t, text, gzip.NoCompression, gzip.Header{}), text, io.EOF},
		{"gzip, all of the header", rich, text, io.EOF},
		{"gzip, blocks", zip(t, long), long, io.EOF},
		{"gzip, just a block", zip(t, long[:BlockSize]), long[:BlockSize], io.EOF},
		{"gzip, noise", zip(t, noise(2*BlockSize+1)), noise(2*BlockSize + 1), io.EOF},
		{"gzip of gzip", zip(t, zip(t, text)), zip(t, text), io.EOF},
		{"members", zip(t, text) + rich + zip(t, long), text + text + long, io.EOF},
		{"empty member", empty, "", io.EOF},
		{"empty members around", empty + empty + zip(t, text) + empty + zip(t, text) + empty, text + text, io.EOF},
		{"padded", zip(t, text) + "\x00", text, io.EOF},
		{"padded by much", zip(t, text) + padding, text, io.EOF},
		{"padded between members", zip(t, text) + padding + zip(t, text), text + text, io.EOF},
		{"garbage behind", zip(t, text) + "garbage behind it", text, ErrCorrupt},
		{"a byte behind", zip(t, text) + "\n", text, ErrCorrupt},
		{"garbage behind padding", zip(t, text) + padding + "garbage behind it", text, ErrCorrupt},
		{"no such compression", damaged(zip(t, text), 2), "", ErrCorrupt},
		{"damaged checksum", damaged(zip(t, text), -8), text, ErrCorrupt},
		{"damaged length", damaged(zip(t, text), -1), text, ErrCorrupt},
		{"damaged checksum of the first member", damaged(zip(t, text), -8) + zip(t, text), text, ErrCorrupt},
		{"second member cut", zip(t, text) + rich[:len(rich)-1], text + text, ErrTruncated},
		{"second member's header cut", zip(t, text) + rich[:5], text, ErrTruncated},
	}
	var kept Reader // goes through all cases, to show that nothing is left of the one before
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, source := range []struct {
				name string
				r    io.Reader
			}{
				{"at once", strings.NewReader(tt.object)},
				{"in halves", iotest.HalfReader(strings.NewReader(tt.object))},
				{"with the error", iotest.DataErrReader(strings.NewReader(tt.object))},
				{"by bytes", iotest.OneByteReader(strings.NewReader(tt.object))},
			} {
				kept.Reset(source.r)
				got, err := all(t, &kept)
				if got != tt.want || !errors.Is(err, tt.err) {
					t.Fatalf("%s: %d bytes, %v; want %d bytes, %v", source.name, len(got), err, len(tt.want), tt.err)
				}
				if tt.err == io.EOF && kept.Compressed() != int64(len(tt.object)) {
					t.Errorf("%s: %d bytes read of %d", source.name, kept.Compressed(), len(tt.object))
				}
			}
		})
	}
}

// TestCut cuts objects of two members behind every byte. A cut is told everywhere but behind the first member, where
// what is there is whole, and in front of the second byte, where nothing tells gzip yet.
func TestCut(t *testing.T) {
	const text = "one\ntwo\nthree\n"
	for _, header := range []gzip.Header{{}, {Name: "x.log", Comment: "c", Extra: []byte("extra")}} {
		first := member(t, text, gzip.DefaultCompression, header)
		object := first + member(t, text, gzip.NoCompression, header)
		var r Reader
		for n := range len(object) {
			r.Reset(strings.NewReader(object[:n]))
			got, err := all(t, &r)
			want := ErrTruncated
			if n < 2 || n == len(first) {
				want = io.EOF
			}
			if err != want {
				t.Errorf("%d of %d bytes: %v, want %v", n, len(object), err, want)
			}
			switch {
			case n < 2:
				if got != object[:n] {
					t.Errorf("%d bytes: %q", n, got)
				}
			case !strings.HasPrefix(text+text, got), n >= len(first) && !strings.HasPrefix(got, text):
				t.Errorf("%d of %d bytes: %q", n, len(object), got)
			}
		}
	}
}

// TestFlip turns every bit of an object. What comes out is all of the text, as for a bit of the name, or an error.
func TestFlip(t *testing.T) {
	const text = "one\ntwo\nthree\none\ntwo\nthree\n"
	object := []byte(member(t, text, gzip.DefaultCompression, gzip.Header{Name: "x.log"}))
	var r Reader
	told := 0
	for bit := range len(object) * 8 {
		if bit/8 < 2 {
			continue // no longer gzip: text as it stands
		}
		object[bit/8] ^= 1 << (bit % 8)
		r.Reset(bytes.NewReader(object))
		got, err := all(t, &r)
		object[bit/8] ^= 1 << (bit % 8)
		switch {
		case err == io.EOF && got != text:
			t.Errorf("bit %d: %q passes", bit, got)
		case errors.Is(err, ErrCorrupt), err == ErrTruncated:
			told++
		case err != io.EOF:
			t.Errorf("bit %d: %v", bit, err)
		}
	}
	if told == 0 {
		t.Error("no flipped bit was told")
	}
}

// TestSourceError breaks the object itself, at every byte: that is told as it is, never as a fault of the gzip data.
func TestSourceError(t *testing.T) {
	const text = "one\ntwo\nthree\n"
	for _, object := range []string{text, zip(t, text) + zip(t, text)} {
		var r Reader
		for n := range len(object) + 1 {
			r.Reset(io.MultiReader(strings.NewReader(object[:n]), iotest.ErrReader(errBroken)))
			got, err := all(t, &r)
			if err != errBroken {
				t.Errorf("broken behind %d of %d bytes: %v", n, len(object), err)
			}
			if n == len(object) && got != text && got != text+text {
				t.Errorf("broken behind the end: %q", got)
			}
		}
	}
}

// TestReset leaves objects half read.
func TestReset(t *testing.T) {
	long := strings.Repeat("a line of a log\n", 4*BlockSize/16)
	objects := []string{zip(t, long), long, zip(t, long)[:1000], "\x1f\x8bxx", "", zip(t, "short"), "short"}
	fresh := func(object string) (string, error) {
		var r Reader
		r.Reset(strings.NewReader(object))
		return all(t, &r)
	}
	var r Reader
	for i, before := range objects {
		for j, object := range objects {
			r.Reset(strings.NewReader(before))
			r.Next()
			r.Reset(strings.NewReader(object))
			if r.Compressed() != 0 {
				t.Fatalf("Reset reads %d bytes", r.Compressed())
			}
			got, err := all(t, &r)
			want, wantErr := fresh(object)
			if got != want || fmt.Sprint(err) != fmt.Sprint(wantErr) {
				t.Errorf("%d after %d: %d bytes, %v; want %d bytes, %v", j, i, len(got), err, len(want), wantErr)
			}
		}
	}
}

// TestMessages holds the words that people read.
func TestMessages(t *testing.T) {
	whole := zip(t, "one\ntwo\n")
	for _, tt := range []struct{ object, want string }{
		{whole[:len(whole)-1], "cut short: the gzip data ends in the middle"},
		{whole[:len(whole)-1] + "\xff", "damaged gzip data: gzip: invalid checksum"},
	} {
		var r Reader
		r.Reset(strings.NewReader(tt.object))
		if _, err := all(t, &r); err == nil || err.Error() != tt.want {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
}

// standard is what the standard library makes of an object, but for two things: it takes padding for garbage, and
// header flags that are reserved, which must be zero, for nothing.
func standard(object []byte) (string, error) {
	if len(object) < 2 || object[0] != 0x1f || object[1] != 0x8b {
		return string(object), nil
	}
	var text bytes.Buffer
	r := new(gzip.Reader)
	for rest := object; len(rest) > 0; {
		if len(rest) >= 10 && bytes.HasPrefix(rest, []byte("\x1f\x8b\x08")) && rest[3]>>5 != 0 {
			return text.String(), gzip.ErrHeader
		}
		src := bytes.NewReader(rest)
		if err := r.Reset(src); err != nil {
			return text.String(), err
		}
		r.Multistream(false)
		if _, err := io.Copy(&text, r); err != nil {
			return text.String(), err
		}
		rest = bytes.TrimLeft(rest[len(rest)-src.Len():], "\x00")
	}
	return text.String(), nil
}

// FuzzReader holds the Reader against the standard library: the same bytes, accepted or not.
func FuzzReader(f *testing.F) {
	for _, text := range []string{"", "one\n", strings.Repeat("a line\n", 100)} {
		for _, level := range []int{gzip.NoCompression, gzip.BestSpeed, gzip.HuffmanOnly} {
			m := member(f, text, level, gzip.Header{})
			f.Add([]byte(text))
			f.Add([]byte(m))
			f.Add([]byte(m + m))
			f.Add([]byte(m + "\x00\x00" + m + "\x00"))
			f.Add([]byte(m + "x"))
			f.Add([]byte(m[:len(m)-3]))
			f.Add([]byte(m[:len(m)/2] + m))
		}
	}
	f.Add([]byte("\x1f\x8b\bA0000001\x00\x00\xff\xff" + strings.Repeat("\x00", 9))) // a reserved flag
	f.Add([]byte(member(f, "x", 1, gzip.Header{Name: "n", Comment: "c", Extra: []byte{1}})))
	f.Fuzz(func(t *testing.T, object []byte) {
		var r Reader
		r.Reset(bytes.NewReader(object))
		got, err := all(t, &r)
		want, wantErr := standard(object)
		switch {
		case (err == io.EOF) != (wantErr == nil):
			t.Fatalf("got %v, the standard library %v", err, wantErr)
		case wantErr == nil && got != want:
			t.Fatalf("got %q, the standard library %q", got, want)
		// How much comes out before a fault is up to each library, but not what.
		case !strings.HasPrefix(got, want) && !strings.HasPrefix(want, got):
			t.Fatalf("got %q before %v, the standard library %q", got, err, want)
		case wantErr == io.ErrUnexpectedEOF && err != ErrTruncated && !errors.Is(err, ErrCorrupt):
			t.Fatalf("got %v, the standard library %v", err, wantErr)
		}
	})
}
