package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/pflag"

	"alblens/export"
	"alblens/internal/redact"
	"alblens/parser"
)

// redaction is the flags --redact and --redact-key-file.
type redaction struct {
	words   []string
	keyFile string
	changed func(flag string) bool

	asked redact.Options
	key   []byte
}

func (x *redaction) flags(f *pflag.FlagSet) {
	x.changed = f.Changed
	f.StringSliceVar(&x.words, "redact", nil, "take `LIST` out of all that is written: ip, query, user-agent, secrets, or all; none turns it off (default: secrets, in html, markdown and the bundle's report and summary)")
	f.StringVar(&x.keyFile, "redact-key-file", "", "make pseudonyms by the key in `FILE`, so that they are the same in every run; without it by a random one")
}

// check reads the key.
func (x *redaction) check() (err error) {
	if x.changed("redact") && len(x.words) == 0 {
		return usagef("--redact is empty; none turns it off")
	}
	if x.asked, err = redact.ParseOptions(x.words); err != nil {
		return usagef("--redact: %w", err)
	}
	if x.key = redact.NewKey(); x.keyFile == "" {
		return nil
	}
	key, err := os.ReadFile(x.keyFile)
	if err != nil {
		return fmt.Errorf("--redact-key-file: %w", err)
	}
	if x.key = bytes.TrimRight(key, "\r\n"); len(x.key) < redact.MinKey {
		return usagef("--redact-key-file %s holds %d bytes, want at least %d, random ones", x.keyFile, len(x.key), redact.MinKey)
	}
	return nil
}

// shared are the formats that go to many people: from these secrets are taken out unasked.
var shared = []string{"html", "markdown", bundleReport}

// of returns the Redactor of what is written in a format; nil where nothing is to be taken out.
func (x *redaction) of(format string) *redact.Redactor { return redact.New(x.options(format), x.key) }

func (x *redaction) options(format string) redact.Options {
	if !x.changed("redact") && slices.Contains(shared, format) {
		return redact.Options{Secrets: true}
	}
	return x.asked
}

// redactedFormat writes rows without what the Redactor takes out; with a nil one, as they are.
func redactedFormat(f export.Format, by *redact.Redactor) export.Format {
	if by == nil {
		return f
	}
	return &redacting{Format: f, by: by}
}

type redacting struct {
	export.Format
	by     *redact.Redactor
	record parser.Record
}

func (f *redacting) Append(dst []byte, r *export.Row) []byte {
	if err := f.record.Parse([]byte(f.by.Line(string(r.Record.Line)))); err != nil {
		panic("BUG: a redacted record is none: " + err.Error())
	}
	row := *r
	row.Record = &f.record
	if r.Path != nil {
		row.Path = []byte(f.by.Text(string(r.Path)))
	}
	return f.Format.Append(dst, &row)
}
