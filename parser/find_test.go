package parser

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

func checkLineFeeds(t *testing.T, text []byte) {
	t.Helper()
	var want []uint32
	for i, c := range text {
		if c == '\n' {
			want = append(want, uint32(i))
		}
	}
	for name, find := range map[string]func(*lineFeeds, []byte) (int, int){"find": (*lineFeeds).find, "findSlowly": (*lineFeeds).findSlowly} {
		var got []uint32
		for at := 0; at < len(text); {
			var f struct {
				lineFeeds
				behind [64]uint32
			}
			n, searched := find(&f.lineFeeds, text[at:])
			if searched <= 0 || searched > len(text)-at {
				t.Fatalf("%s searches %d of %d bytes", name, searched, len(text)-at)
			}
			if f.behind != [64]uint32{} {
				t.Fatalf("%s writes behind its room", name)
			}
			for _, i := range f.lineFeeds[:n] {
				got = append(got, uint32(at)+i)
			}
			at += searched
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%s, %d bytes: line feeds at %d, want %d", name, len(text), got, want)
		}
	}
}

func TestLineFeeds(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, every := range []int{1, 2, 3, 10, 60, 700} {
		for n := range 700 {
			text := bytes.Repeat([]byte{'\n' + 1}, n) // one bit away
			for i := range text {
				if random.IntN(every) == 0 {
					text[i] = '\n'
				}
			}
			checkLineFeeds(t, text)
		}
	}
	for n := range 65 { // 64, then n fewer in as many bytes, then 64: more than there is room for
		checkLineFeeds(t, slices.Concat(bytes.Repeat([]byte("\n"), 64), bytes.Repeat([]byte("x"), n), bytes.Repeat([]byte("\n"), 128-n)))
	}
}

func TestSlashAndQuery(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 300 {
		for range 200 {
			text := bytes.Repeat([]byte{'?' - 1}, n)
			for _, c := range []byte("/?") {
				for range random.IntN(3) {
					if n > 0 {
						text[random.IntN(n)] = c
					}
				}
			}
			slash, query := slashAndQuery(text)
			if wantSlash, wantQuery := slashAndQuerySlowly(text); slash != wantSlash || query != wantQuery {
				t.Fatalf("%q: slash at %d and query at %d, want %d and %d", text, slash, query, wantSlash, wantQuery)
			}
		}
	}
}

func BenchmarkSlashAndQuery(b *testing.B) {
	text := []byte("www.example.com:443/products/shoes-cotton-472?limit=50&offset=377069")
	for name, find := range map[string]func([]byte) (int, int){"find": slashAndQuery, "slowly": slashAndQuerySlowly} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				find(text)
			}
		})
	}
}

func BenchmarkLineFeeds(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	var text []byte
	lines := 0
	for ; len(text) < 256<<10; lines++ {
		text = append(append(text, bytes.Repeat([]byte("x"), 600+random.IntN(140))...), '\n')
	}
	for name, find := range map[string]func(*lineFeeds, []byte) (int, int){"find": (*lineFeeds).find, "findSlowly": (*lineFeeds).findSlowly} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			var f lineFeeds
			for b.Loop() {
				found := 0
				for rest := text; len(rest) > 0; {
					n, searched := find(&f, rest[:min(len(rest), stretch)])
					found += n
					rest = rest[searched:]
				}
				if found != lines {
					b.Fatalf("%d line feeds, want %d", found, lines)
				}
			}
		})
	}
}
