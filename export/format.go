package export

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"alblens/internal/albtext"
	"alblens/internal/csvtext"
	"alblens/internal/jsontext"
	"alblens/parser"
)

// A Format turns rows into text. It keeps buffers, so every goroutine needs one of its own.
type Format interface {
	// Header returns what stands before the first row.
	Header() []byte
	// Append appends the row, its line end included.
	Append(dst []byte, r *Row) []byte
}

// Formats are the names that NewFormat knows.
var Formats = []string{"ndjson", "raw", "csv"}

// NewFormat returns the format of a name.
func NewFormat(name string) (Format, error) {
	switch name {
	case "ndjson":
		return &ndjson{}, nil
	case "raw":
		return raw{}, nil
	case "csv":
		return &csv{}, nil
	}
	return nil, fmt.Errorf("unknown format %q", name)
}

// raw is the line as it stands in the log.
type raw struct{}

func (raw) Header() []byte { return nil }

func (raw) Append(dst []byte, r *Row) []byte {
	return append(append(dst, bytes.TrimSuffix(r.Record.Line, []byte("\r"))...), '\n')
}

// ndjson is one JSON object a line, with null for what is absent.
type ndjson struct{ unescaped []byte }

func (*ndjson) Header() []byte { return nil }

func (f *ndjson) Append(dst []byte, r *Row) []byte {
	r.prepare()
	dst = append(dst, '{')
	for _, c := range columns {
		dst = append(jsontext.AppendString(dst, c.name), ':')
		n := len(dst)
		if c.number != nil {
			dst = c.number(r, dst)
		} else if v := c.text(r); v != nil {
			if !c.plain {
				v = f.decode(v)
			}
			dst = jsontext.AppendString(dst, v)
		}
		if len(dst) == n {
			dst = append(dst, "null"...)
		}
		dst = append(dst, ',')
	}
	dst = append(jsontext.AppendString(dst, extraColumn), ':')
	return append(f.appendExtra(dst, r.Extra()), "}\n"...)
}

func (f *ndjson) appendExtra(dst, extra []byte) []byte {
	if extra == nil {
		return append(dst, "null"...)
	}
	dst = append(dst, '[')
	for first := true; extra != nil; first = false {
		if !first {
			dst = append(dst, ',')
		}
		var v []byte
		v, extra = parser.NextField(extra)
		dst = jsontext.AppendString(dst, f.decode(v))
	}
	return append(dst, ']')
}

func (f *ndjson) decode(v []byte) []byte {
	if bytes.IndexByte(v, '\\') < 0 {
		return v
	}
	f.unescaped = albtext.AppendDecoded(f.unescaped[:0], v)
	return f.unescaped
}

// csv is RFC 4180 with a header line and empty fields for what is absent. A text that a spreadsheet would take for a
// formula gets an apostrophe in front.
type csv struct{ unescaped []byte }

func (*csv) Header() []byte {
	var dst []byte
	for i, name := range Columns() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, name...)
	}
	return append(dst, "\r\n"...)
}

func (f *csv) Append(dst []byte, r *Row) []byte {
	r.prepare()
	for _, c := range columns {
		if c.number != nil {
			dst = c.number(r, dst)
		} else if v := c.text(r); v != nil {
			if !c.plain {
				f.unescaped = albtext.AppendDecoded(f.unescaped[:0], v)
				v = f.unescaped
			}
			dst = appendCSV(dst, v)
		}
		dst = append(dst, ',')
	}
	return append(appendCSV(dst, r.Extra()), "\r\n"...)
}

func appendCSV(dst, v []byte) []byte {
	if len(v) == 0 {
		return dst
	}
	dst = append(dst, '"')
	if csvtext.IsFormula(v) {
		dst = append(dst, '\'')
	}
	for len(v) > 0 {
		r, size := utf8.DecodeRune(v)
		switch {
		case r == '"':
			dst = append(dst, '"', '"')
		case jsontext.Steers(r):
			for _, c := range v[:size] {
				dst = append(dst, '\\', 'x', upperHex[c>>4], upperHex[c&15])
			}
		default:
			dst = utf8.AppendRune(dst, r) // U+FFFD for bytes that are no UTF-8
		}
		v = v[size:]
	}
	return append(dst, '"')
}

const upperHex = "0123456789ABCDEF"
