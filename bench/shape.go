package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/klauspost/compress/gzip"

	"alblens/internal/simulate"
)

// A shape turns a simulated line, as its fields with their quotes, into one that is hard in its own way. It appends
// the line to dst without a line feed, and reports whether it is still a record.
type shape func(r *rand.Rand, fields [][]byte, dst []byte) (line []byte, valid bool)

var shapes = map[string]shape{
	"plain":       plain,
	"old":         old,
	"long-urls":   longURLs,
	"quoted":      quoted,
	"malformed":   malformed,
	"errors":      failures,
	"cardinality": cardinality,
}

func shapeNames() []string {
	var names []string
	for name := range shapes {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// plain is the line as it is: 36 fields, 1 % of the lines failed.
func plain(_ *rand.Rand, f [][]byte, dst []byte) ([]byte, bool) { return join(dst, f), true }

// old is what was logged until 2023: 29 fields.
func old(_ *rand.Rand, f [][]byte, dst []byte) ([]byte, bool) { return join(dst, f[:29]), true }

// longURLs have a query of 1 to 8 KB.
func longURLs(r *rand.Rand, f [][]byte, dst []byte) ([]byte, bool) {
	query := []byte("?q=")
	for n := 1000 + r.IntN(7000); len(query) < n; {
		query = strconv.AppendUint(append(query, "%20v"...), r.Uint64N(1e9), 36)
	}
	f[12] = bytes.Replace(f[12], []byte(" HTTP/"), append(query, " HTTP/"...), 1)
	return join(dst, f), true
}

// quoted is full of escapes, blanks and quoted text.
func quoted(r *rand.Rand, f [][]byte, dst []byte) ([]byte, bool) {
	f[12] = bytes.Replace(f[12], []byte(" HTTP/"), []byte(`?a=\x22b c\x22&d=\x5C \xE2\x82\xAC HTTP/`), 1)
	f[13] = fmt.Appendf(nil, `"\x22agent\x22 %d (\x5C raw blanks; \xF0\x9F\x98\x80) \x22end\x22"`, r.IntN(50))
	return join(dst, f), true
}

// malformed is one line in a hundred.
func malformed(r *rand.Rand, f [][]byte, dst []byte) ([]byte, bool) {
	switch r.IntN(400) {
	case 0:
		f[8] = []byte("2O0")
	case 1:
		f = f[:10]
	case 2:
		f[1] = []byte("2026-11-20T25:00:00.000000Z")
	case 3:
		f[13] = f[13][:len(f[13])-1]
		return append(join(dst, f[:14]), "unclosed"...), false
	default:
		return join(dst, f), true
	}
	return join(dst, f), false
}

// failures are all lines: 502s and 504s of every kind.
func failures(r *rand.Rand, f [][]byte, dst []byte) ([]byte, bool) {
	if string(f[4]) == "-" {
		f[4], f[25] = []byte("10.0.0.9:80"), []byte(`"10.0.0.9:80"`)
	}
	f[9], f[22], f[26] = []byte("-"), []byte(`"forward"`), []byte(`"-"`)
	switch r.IntN(3) {
	case 0:
		f[5], f[6], f[7], f[8] = []byte("-1"), []byte("-1"), []byte("-1"), []byte("504")
	case 1:
		f[5], f[6], f[7], f[8] = []byte("0.001"), []byte("-1"), []byte("-1"), []byte("504")
	case 2:
		f[5], f[6], f[7], f[8] = []byte("0.000"), []byte("0.003"), []byte("-1"), []byte("502")
	}
	return join(dst, f), true
}

// cardinality has no path twice, a million clients and a hundred thousand targets.
func cardinality(r *rand.Rand, f [][]byte, dst []byte) ([]byte, bool) {
	f[3] = address(r.IntN(1_000_000), 40000)
	if string(f[4]) != "-" {
		f[4] = address(100_000_000+r.IntN(100_000), 8080)
		f[25] = append(append([]byte{'"'}, f[4]...), '"')
	}
	word := []byte("/")
	for range 12 {
		word = append(word, byte('a'+r.IntN(26)))
	}
	f[12] = bytes.Replace(f[12], []byte(" HTTP/"), append(word, " HTTP/"...), 1)
	if i := bytes.IndexByte(f[12], '?'); i >= 0 { // the word belongs to the path
		f[12] = slices.Insert(f[12], i, word[:13]...)
	}
	return join(dst, f), true
}

func address(n, port int) []byte {
	return fmt.Appendf(nil, "10.%d.%d.%d:%d", n>>16&255, n>>8&255, n&255, port)
}

func join(dst []byte, fields [][]byte) []byte {
	for i, f := range fields {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = append(dst, f...)
	}
	return dst
}

// split cuts a line that the simulator wrote into its fields, quotes included.
func split(line []byte, fields [][]byte) [][]byte {
	for len(line) > 0 {
		end := bytes.IndexByte(line, ' ')
		if line[0] == '"' {
			end = bytes.IndexByte(line[1:], '"') + 2
		}
		if end < 0 || end >= len(line) {
			return append(fields, line)
		}
		fields = append(fields, line[:end:end])
		line = line[end+1:]
	}
	return fields
}

// A Summary says what Write wrote.
type Summary struct {
	Objects, Lines, Malformed int
	Text, Compressed          int64
}

// Write writes a corpus of about the given number of lines below dir.
func Write(dir, name string, records int, seed uint64) (Summary, error) {
	var sum Summary
	change, ok := shapes[name]
	if !ok {
		return sum, fmt.Errorf("no shape %q", name)
	}
	objects, err := simulate.Generate(simulate.CorpusConfig(seed, records))
	if err != nil {
		return sum, err
	}
	r := rand.New(rand.NewPCG(seed, 0))
	for o := range objects {
		body := o.Body
		sum.Objects++
		if name == "plain" {
			sum.Lines += o.Records
			sum.Text += o.Bytes
		} else if body, err = sum.rewrite(o.Body, change, r); err != nil {
			return sum, err
		}
		sum.Compressed += int64(len(body))
		file := filepath.Join(dir, filepath.FromSlash(o.Key))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			return sum, err
		}
		if err := os.WriteFile(file, body, 0o666); err != nil {
			return sum, err
		}
	}
	return sum, nil
}

func (sum *Summary) rewrite(body []byte, change shape, r *rand.Rand) ([]byte, error) {
	in, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	zip, err := gzip.NewWriterLevel(&out, 6)
	if err != nil {
		return nil, err
	}
	var fields [][]byte
	var line []byte
	for old := range bytes.Lines(text) {
		fields = split(bytes.TrimSuffix(old, []byte("\n")), fields[:0])
		var valid bool
		line, valid = change(r, fields, line[:0])
		line = append(line, '\n')
		if !valid {
			sum.Malformed++
		}
		sum.Lines++
		sum.Text += int64(len(line))
		if _, err := zip.Write(line); err != nil {
			return nil, err
		}
	}
	if err := zip.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
