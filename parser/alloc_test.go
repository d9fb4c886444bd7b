package parser

import (
	"fmt"
	"strings"
	"testing"
)

func noAllocs(t *testing.T, what string, f func()) {
	t.Helper()
	if underRace {
		t.Skip("the race detector allocates")
	}
	if n := testing.AllocsPerRun(200, f); n != 0 {
		t.Errorf("%s: %v allocations a run, want none", what, n)
	}
}

func TestParseAllocs(t *testing.T) {
	for name, line := range shapes {
		var r Record
		text := []byte(line)
		noAllocs(t, name, func() {
			if r.Parse(text) != nil {
				t.Error("not a record")
			}
		})
	}
}

func TestMalformedAllocs(t *testing.T) {
	for _, line := range []string{"", "https", logLine(set(FieldTime, "noon")), logLine(set(FieldUserAgent, `"open`)), logLine(set(FieldTarget, ""))} {
		var r Record
		text := []byte(line)
		noAllocs(t, line, func() {
			if r.Parse(text) == nil {
				t.Error("a record")
			}
		})
	}
}

func TestAccessorAllocs(t *testing.T) {
	line := []byte(logLine(add("extra", `"more"`), set(FieldDomainName, "-")))
	var r Record
	if err := r.Parse(line); err != nil {
		t.Fatal(err)
	}
	used := 0
	use := func(texts ...[]byte) {
		for _, text := range texts {
			used += len(text)
		}
	}
	for name, f := range map[string]func(){
		"Text": func() {
			for f := range Field(KnownFields) {
				use(r.Text(f))
			}
		},
		"Extra":              func() { use(r.Extra()) },
		"NextField":          func() { use(NextField(r.Extra())) },
		"Request":            func() { q := r.Request(); use(q.Method, q.URL, q.Protocol) },
		"HostPort":           func() { use(r.Request().HostPort()) },
		"Path":               func() { use(r.Request().Path()) },
		"Host":               func() { use(r.Host()) },
		"SplitAddress":       func() { use(SplitAddress(r.Text(FieldClient))) },
		"LastAction":         func() { use(r.LastAction()) },
		"Duration":           func() { used += int(r.Duration()) },
		"HasTarget":          func() { _ = r.HasTarget() },
		"MadeByLoadBalancer": func() { _ = r.MadeByLoadBalancer() },
		"Type":               func() { used += len(r.Type.String()); _ = r.Type.WebSocket() },
		"Time":               func() { used += r.Time.Time().Day() },
		"Field.String":       func() { used += len(FieldTime.String()) },
	} {
		used = 0
		noAllocs(t, name, f)
	}
}

func TestLinesAllocs(t *testing.T) {
	text := strings.Repeat(logLine()+"\n", 3)
	for _, size := range []int{1, 100, len(text) / 3, len(text) - 100, len(text)} {
		var l Lines
		l.Reset(&slicer{text: []byte(text), size: size, rounds: -1})
		next := func() {
			if line, err := l.Next(); err != nil || len(line) != len(text)/3-1 {
				t.Errorf("blocks of %d: got %d bytes, %v", size, len(line), err)
			}
		}
		for range 10 { // the buffer grows to the longest line once
			next()
		}
		noAllocs(t, fmt.Sprintf("blocks of %d", size), next)
	}
}

// A Lines that was used keeps its buffer.
func TestLinesResetAllocs(t *testing.T) {
	text := []byte(logLine() + "\n" + logLine())
	var l Lines
	var blocks slicer
	noAllocs(t, "a whole text", func() {
		blocks = slicer{text: text, size: 100, rounds: 1}
		l.Reset(&blocks)
		for range 2 {
			if _, err := l.Next(); err != nil {
				t.Error(err)
			}
		}
	})
}
