package main

import (
	"bytes"
	"io"
	"regexp"
	"slices"
	"strings"

	"alblens/export"
	"alblens/parser"
	"alblens/report"
)

// bundleFormat makes three lines of a record, which bundleWriter takes apart: NDJSON, the line itself, and its cause with
// its trace id.
type bundleFormat struct{ ndjson, raw export.Format }

func newBundleFormat() export.Format {
	ndjson, err := export.NewFormat("ndjson")
	if err != nil {
		panic("BUG: " + err.Error())
	}
	raw, err := export.NewFormat("raw")
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return &bundleFormat{ndjson, raw}
}

func (*bundleFormat) Header() []byte { return nil }

func (f *bundleFormat) Append(dst []byte, r *export.Row) []byte {
	dst = f.raw.Append(f.ndjson.Append(dst, r), r)
	dst = append(append(dst, r.Cause.String()...), ' ')
	if m := rootTrace.FindSubmatch(r.Text(parser.FieldTraceID)); m != nil {
		dst = append(dst, m[1]...)
	}
	return append(dst, '\n')
}

// rootTrace finds what X-Ray calls a trace id. Clients may send whatever they like in that field.
var rootTrace = regexp.MustCompile(`(?:^|;)Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)`)

// bundleWriter takes whole records of bundleFormat, as scan.Each writes them.
type bundleWriter struct {
	ndjson, raw io.Writer
	traces      *traces
}

func (w *bundleWriter) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		var line [3][]byte
		for i := range line {
			end := bytes.IndexByte(rest, '\n') + 1
			if end == 0 {
				panic("BUG: a part of a record")
			}
			line[i], rest = rest[:end], rest[end:]
		}
		if _, err := w.ndjson.Write(line[0]); err != nil {
			return 0, err
		}
		if _, err := w.raw.Write(line[1]); err != nil {
			return 0, err
		}
		slug, id, _ := strings.Cut(strings.TrimSuffix(string(line[2]), "\n"), " ")
		w.traces.add(slug, id)
	}
	return len(p), nil
}

const (
	maxTraces  = 10_000 // of a cause: 35 bytes each, and more than anybody asks X-Ray for
	traceBatch = 5      // what batch-get-traces takes at once
)

// traces are the ids of failed requests by cause, in the order of the log.
type traces struct{ of map[string]*causeTraces }

type causeTraces struct {
	ids  []string
	seen map[string]bool
	more int64
}

func newTraces() *traces { return &traces{map[string]*causeTraces{}} }

// add takes an id, "" for none.
func (t *traces) add(slug, id string) {
	if id == "" {
		return
	}
	c := t.of[slug]
	if c == nil {
		c = &causeTraces{seen: map[string]bool{}}
		t.of[slug] = c
	}
	switch {
	case c.seen[id]:
	case len(c.ids) == maxTraces:
		c.more++
	default:
		c.ids, c.seen[id] = append(c.ids, id), true
	}
}

func traceFile(slug string) string { return "trace-ids/" + slug + ".txt" }

// list is sorted by cause.
func (t *traces) list() []report.Traces {
	list := []report.Traces{}
	for slug, c := range t.of {
		list = append(list, report.Traces{Cause: slug, File: traceFile(slug), IDs: len(c.ids), More: c.more})
	}
	slices.SortFunc(list, func(a, b report.Traces) int { return strings.Compare(a.Cause, b.Cause) })
	return list
}

// write writes a file for each cause, a line for each call of batch-get-traces.
func (t *traces) write(b *bundling) error {
	for _, x := range t.list() {
		var text bytes.Buffer
		for batch := range slices.Chunk(t.of[x.Cause].ids, traceBatch) {
			text.WriteString(strings.Join(batch, " ") + "\n")
		}
		if err := b.Write(x.File, text.Bytes()); err != nil {
			return err
		}
	}
	return nil
}
