package simulate

import (
	"bytes"
	"compress/gzip"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A line is a log line cut by rules written down from AWS's page alone.
type line struct {
	fields []string // without quotes
	quoted []bool
}

// Positions of fields, from 0.
const (
	fType = iota
	fTime
	fELB
	fClient
	fTarget
	fRequestTime
	fTargetTime
	fResponseTime
	fStatus
	fTargetStatus
	fReceived
	fSent
	fRequest
	fAgent
	fCipher
	fTLS
	fGroup
	fTrace
	fDomain
	fCertificate
	fRule
	fCreated
	fActions
	fRedirect
	fErrorReason
	fTargetList
	fTargetStatusList
	fClassification
	fClassificationReason
	fConnTrace
	fTransformedHost
	fTransformedURI
	fTransformStatus
	fNode
	fTargetError
	fELBError
	fieldCount
)

// cut splits a line at single blanks outside quotes.
func cut(t testing.TB, text string) line {
	t.Helper()
	var l line
	for rest := text; ; {
		var field string
		quoted := strings.HasPrefix(rest, `"`)
		if quoted {
			end := strings.IndexByte(rest[1:], '"')
			if end < 0 {
				t.Fatalf("open quote in %q", text)
			}
			field, rest = rest[1:1+end], rest[end+2:]
		} else {
			end := strings.IndexByte(rest, ' ')
			if end < 0 {
				end = len(rest)
			}
			field, rest = rest[:end], rest[end:]
		}
		l.fields = append(l.fields, field)
		l.quoted = append(l.quoted, quoted)
		if rest == "" {
			return l
		}
		if rest[0] != ' ' {
			t.Fatalf("no blank before %q in %q", rest, text)
		}
		rest = rest[1:]
	}
}

func (l line) time(t testing.TB, field int) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02T15:04:05.000000Z", l.fields[field])
	if err != nil {
		t.Fatalf("%v in %q", err, l.fields)
	}
	return at
}

func (l line) wall(t testing.TB) time.Duration {
	t.Helper()
	return l.time(t, fTime).Sub(l.time(t, fCreated))
}

// seconds reads one of the three times; ok is false for -1.
func (l line) seconds(t testing.TB, field int) (d time.Duration, ok bool) {
	t.Helper()
	text := l.fields[field]
	if text == "-1" {
		return 0, false
	}
	whole, ms, found := strings.Cut(text, ".")
	if !found || len(ms) != 3 {
		t.Fatalf("%q is not seconds of three decimals", text)
	}
	s, err1 := strconv.Atoi(whole)
	m, err2 := strconv.Atoi(ms)
	if err1 != nil || err2 != nil {
		t.Fatalf("%q is not a number", text)
	}
	return time.Duration(s)*time.Second + time.Duration(m)*time.Millisecond, true
}

// text decompresses an object with the standard library.
func (o Object) text(t testing.TB) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(o.Body))
	if err != nil {
		t.Fatal(err)
	}
	if !z.ModTime.IsZero() || z.Name != "" {
		t.Errorf("gzip header names %v %q", z.ModTime, z.Name)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (o Object) lines(t testing.TB) []line {
	t.Helper()
	text := string(o.text(t))
	if !strings.HasSuffix(text, "\n") {
		t.Fatalf("%s does not end with a newline", o.Key)
	}
	var ls []line
	for l := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		ls = append(ls, cut(t, l))
	}
	return ls
}

func collect(t testing.TB, cfg Config) []Object {
	t.Helper()
	seq, err := Generate(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var objects []Object
	for o := range seq {
		objects = append(objects, o)
	}
	return objects
}
