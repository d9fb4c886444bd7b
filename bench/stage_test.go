package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"

	"alblens/aggregate"
	"alblens/internal/pathtemplate"
	"alblens/parser"
)

// BenchmarkStage times what a record costs behind the decoder, a stage at a time, each with all before it: lines are
// cut, parsed, their paths made templates, and counted. The text is that of one object: ALBLENS_OBJECT names one of a
// real corpus.
func BenchmarkStage(b *testing.B) {
	text := objectText(b)
	templates, err := pathtemplate.New(nil)
	if err != nil {
		b.Fatal(err)
	}
	var r parser.Record
	var path []byte
	set := func() *aggregate.Set { return aggregate.NewSet(aggregate.Options{Paths: templates}) }
	counts := set()
	stages := []struct {
		name string
		do   func(line []byte) error
	}{
		{"lines", func([]byte) error { return nil }},
		{"parse", r.Parse},
		{"path", func(line []byte) error {
			err := r.Parse(line)
			path = templates.Append(path[:0], r.Path())
			return err
		}},
		{"count", func(line []byte) error {
			err := r.Parse(line)
			counts.Add(&r, nil)
			return err
		}},
	}
	for _, stage := range stages {
		b.Run("upto="+stage.name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			var lines parser.Lines
			n := 0
			for b.Loop() {
				n = 0
				counts = set()
				lines.Reset(&window{text: text})
				for {
					line, err := lines.Next()
					if err == io.EOF {
						break
					}
					if err == nil {
						err = stage.do(line)
					}
					if err != nil {
						b.Fatal(err)
					}
					n++
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/record")
		})
	}
}

// A window hands out text as the decoder does.
type window struct{ text []byte }

func (w *window) Next() ([]byte, error) {
	if len(w.text) == 0 {
		return nil, io.EOF
	}
	n := min(64<<10, len(w.text))
	block := w.text[:n]
	w.text = w.text[n:]
	return block, nil
}

func objectText(b *testing.B) []byte {
	name := os.Getenv("ALBLENS_OBJECT")
	if name == "" {
		dir, _ := corpus(b, "plain")
		names, _ := filepath.Glob(filepath.Join(dir, "AWSLogs/*/elasticloadbalancing/*/*/*/*/*.gz"))
		if len(names) == 0 {
			b.Fatal("no objects")
		}
		name = names[0]
	}
	stored, err := os.ReadFile(name)
	if err != nil {
		b.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(stored))
	if err != nil {
		b.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		b.Fatal(err)
	}
	return text
}
