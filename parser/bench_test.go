package parser

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

// shapes are the kinds of lines whose speed differs.
var shapes = map[string]string{
	"https36": logLine(
		set(FieldUserAgent, `"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"`),
		set(FieldRedirectURL, `"-"`), set(FieldErrorReason, `"-"`), set(FieldClassification, `"-"`),
		set(FieldClassificationReason, `"-"`), set(FieldTransformedHost, `"-"`), set(FieldTransformedURI, `"-"`),
		set(FieldTransformStatus, `"-"`), set(FieldTargetErrorCode, `"-"`), set(FieldELBErrorCode, `"-"`)),
	"old18": logLine(first(18), set(FieldRequestTime, "0.000036"), set(FieldTargetTime, "0.001035"),
		set(FieldResponseTime, "0.000025")),
	"failed36": logLine(set(FieldRequestTime, "-1"), set(FieldTargetTime, "-1"), set(FieldResponseTime, "-1"),
		set(FieldELBStatus, "504"), set(FieldTargetStatus, "-"), set(FieldSentBytes, "0")),
	"longurl": logLine(set(FieldRequest, `"GET https://shop.example:443/search?q=`+strings.Repeat("%C3%A4", 1300)+` HTTP/1.1"`)),
}

func BenchmarkParse(b *testing.B) {
	for _, shape := range []string{"https36", "old18", "failed36", "longurl"} {
		b.Run("shape="+shape, func(b *testing.B) {
			line := []byte(shapes[shape])
			want, bad := oracle(shapes[shape])
			if bad != nil {
				b.Fatal(*bad)
			}
			b.SetBytes(int64(len(line)) + 1) // with its line feed
			b.ReportAllocs()
			var r Record
			for b.Loop() {
				if err := r.Parse(line); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
			if got := plainOf(&r); got != want {
				b.Fatal(differences(got, want))
			}
		})
	}
}

// slicer hands out text in blocks of a size, a number of rounds, or forever when that is negative.
type slicer struct {
	text             []byte
	size, at, rounds int
}

func (s *slicer) Next() ([]byte, error) {
	if s.at == len(s.text) {
		s.rounds--
		s.at = 0
	}
	if s.rounds == 0 {
		return nil, io.EOF
	}
	from := s.at
	s.at = min(from+s.size, len(s.text))
	return s.text[from:s.at], nil
}

func BenchmarkLines(b *testing.B) {
	const lines = 10_000
	text := []byte(strings.Repeat(shapes["https36"]+"\n", lines))
	for _, size := range []int{4 << 10, 64 << 10, 256 << 10} {
		b.Run(fmt.Sprintf("block=%d", size), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			var l Lines
			var blocks slicer
			for b.Loop() {
				blocks = slicer{text: text, size: size, rounds: 1}
				l.Reset(&blocks)
				for {
					if _, err := l.Next(); err != nil {
						break
					}
				}
				if l.Number() != lines {
					b.Fatalf("%d lines, want %d", l.Number(), lines)
				}
			}
		})
	}
}
