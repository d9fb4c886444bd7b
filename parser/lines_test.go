package parser

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// pieces hands out texts as blocks. Each block is overwritten before the next one, so that whoever kept a view of it is
// found out.
type pieces struct {
	texts    []string
	end      error // what comes at the end
	together bool  // with the last block, not behind it
	block    []byte
}

func (p *pieces) Next() ([]byte, error) {
	for i := range p.block {
		p.block[i] = 0xCC
	}
	p.block = nil
	if len(p.texts) == 0 {
		return nil, p.end
	}
	p.block = []byte(p.texts[0])
	p.texts = p.texts[1:]
	if p.together && len(p.texts) == 0 {
		return p.block, p.end
	}
	return p.block, nil
}

// cut cuts text into pieces of the given lengths; what is left is the last one.
func cut(text string, lengths ...int) []string {
	var texts []string
	for _, n := range lengths {
		n = min(n, len(text))
		texts = append(texts, text[:n])
		text = text[n:]
	}
	return append(texts, text)
}

// cutEvery cuts text into pieces of n bytes.
func cutEvery(text string, n int) []string {
	return cut(text, slices.Repeat([]int{n}, len(text)/n)...)
}

// cutAt cuts text behind byte i where bit i of mask is set.
func cutAt(text string, mask int) []string {
	var lengths []int
	last := 0
	for i := 1; i < len(text); i++ {
		if mask>>(i-1)&1 != 0 {
			lengths = append(lengths, i-last)
			last = i
		}
	}
	return cut(text, lengths...)
}

// tooLong stands for the error in what readLines returns.
const tooLong = " (too long)"

// readLines reads to the end: the lines, and the error there.
func readLines(t *testing.T, l *Lines) ([]string, error) {
	t.Helper()
	var lines []string
	for {
		line, err := l.Next()
		if err != nil && err != ErrTooLong {
			if line != nil {
				t.Errorf("got the line %q with the error %v", line, err)
			}
			return lines, err
		}
		text := string(line)
		if err == ErrTooLong {
			text += tooLong
		} else if l.Pending() != 0 {
			t.Errorf("line %d: %d bytes pending behind a line", l.Number(), l.Pending())
		}
		lines = append(lines, text)
		if l.Number() != len(lines) {
			t.Errorf("line %d has number %d", len(lines), l.Number())
		}
		_ = append(line, "overwritten"...) // who appends to a line must not write into the next one
	}
}

// splitLines is the plain way: the lines of text, and the length of what stands behind the last line feed. That is a
// line as well if the text ended as it should.
func splitLines(text string, end error) (lines []string, pending int) {
	lines = strings.Split(text, "\n")
	last := lines[len(lines)-1]
	if last == "" || end != io.EOF {
		return lines[:len(lines)-1], len(last)
	}
	return lines, 0
}

var errBroken = errors.New("broken")

// checkLines reads the pieces with either end and holds what comes out against splitLines.
func checkLines(t *testing.T, texts []string) {
	t.Helper()
	text := strings.Join(texts, "")
	var l Lines
	for _, end := range []error{io.EOF, errBroken, io.ErrUnexpectedEOF} {
		for _, together := range []bool{false, true} {
			l.Reset(&pieces{texts: texts, end: end, together: together})
			what := fmt.Sprintf("%q, %v, together: %v", texts, end, together)
			want, pending := splitLines(text, end)
			got, err := readLines(t, &l)
			if err != end {
				t.Fatalf("%s: got error %v", what, err)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%s:\n got %q\nwant %q", what, got, want)
			}
			if l.Pending() != pending || l.Number() != len(want) {
				t.Fatalf("%s: pending %d, number %d, want %d and %d", what, l.Pending(), l.Number(), pending, len(want))
			}
			if line, err := l.Next(); line != nil || err != end {
				t.Fatalf("%s: once more gives %q, %v", what, line, err)
			}
		}
	}
}

func TestLinesEveryCut(t *testing.T) {
	for _, text := range []string{
		"", "\n", "a", "a\n", "\na", "a\nb", "\n\n\n", "ab\ncd\n", "ab\n\ncdef\ng", "a\r\nb\r\n", "abcdefghi", "\"a\nb\" \nc",
	} {
		for mask := range 1 << max(len(text)-1, 0) {
			texts := cutAt(text, mask)
			checkLines(t, texts)
			empty := []string{""}
			for _, piece := range texts {
				empty = append(empty, piece, "")
			}
			checkLines(t, empty)
		}
	}
}

func TestLinesOfOneByte(t *testing.T) {
	text := logLine() + "\n\n" + logLine(first(12)) + "\r\n" + logLine(first(20))
	checkLines(t, cutEvery(text, 1))
	checkLines(t, cutEvery(text+"\n", 1))
}

func TestLinesRandomCuts(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var text strings.Builder
		for range random.IntN(40) {
			text.WriteString(strings.Repeat(string(rune('a'+random.IntN(26))), random.IntN(50)))
			text.WriteString([]string{"\n", "\n", "\r\n", " "}[random.IntN(4)])
		}
		var lengths []int
		for range random.IntN(60) {
			lengths = append(lengths, random.IntN(100))
		}
		checkLines(t, cut(text.String(), lengths...))
	}
}

// A Lines that is used again starts from nothing, whatever it was in the middle of.
func TestLinesReset(t *testing.T) {
	var l Lines
	for taken := range 4 {
		l.Reset(&pieces{texts: []string{"one\ntwo\nthr", "ee\nfo"}, end: errBroken})
		for range taken + 1 {
			_, _ = l.Next()
		}
		l.Reset(&pieces{texts: []string{"x\ny"}, end: io.EOF})
		if l.Pending() != 0 || l.Number() != 0 {
			t.Errorf("after %d lines: pending %d, number %d", taken, l.Pending(), l.Number())
		}
		got, err := readLines(t, &l)
		if !slices.Equal(got, []string{"x", "y"}) || err != io.EOF {
			t.Errorf("after %d lines: got %q, %v", taken, got, err)
		}
	}
}

func TestLinesTooLong(t *testing.T) {
	long := strings.Repeat("0123456789abcdef", MaxLine/16+1)
	whole, over := long[:MaxLine], long[:MaxLine]+tooLong
	for _, c := range []struct {
		text string
		want []string
	}{
		{long[:MaxLine-1] + "\nb\n", []string{long[:MaxLine-1], "b"}},
		{whole + "\nb\n", []string{whole, "b"}},
		{whole, []string{whole}},
		{long[:MaxLine+1] + "\nb\n", []string{over, "b"}},
		{"a\n" + long[:MaxLine+1] + "\nb", []string{"a", over, "b"}},
		{"a\n" + long[:MaxLine+1] + "\n\nb", []string{"a", over, "", "b"}},
		{long[:MaxLine+1], []string{over}},
		{long + long + long + "\nb\n" + whole + "\n" + long + "\n" + long, []string{over, "b", whole, over, over}},
	} {
		for _, n := range []int{1 << 12, 100_003, MaxLine - 1, MaxLine, MaxLine + 1, 1 << 30} {
			for _, together := range []bool{false, true} {
				var l Lines
				l.Reset(&pieces{texts: cutEvery(c.text, n), end: io.EOF, together: together})
				got, err := readLines(t, &l)
				if err != io.EOF || !slices.Equal(got, c.want) {
					t.Errorf("%d bytes in blocks of %d: got lines of %v bytes and %v, want %v", len(c.text), n, lengths(got), err, lengths(c.want))
				}
			}
		}
	}
}

func lengths(lines []string) (all []int) {
	for _, line := range lines {
		all = append(all, len(line))
	}
	return all
}

// A text without line feeds must not be collected in memory.
func TestLinesBounded(t *testing.T) {
	var l Lines
	l.Reset(&pieces{texts: slices.Repeat([]string{strings.Repeat("x", 1<<16)}, 16*MaxLine>>16), end: errBroken})
	if line, err := l.Next(); line != nil || err != errBroken {
		t.Fatalf("got %d bytes and %v", len(line), err)
	}
	if l.Pending() != MaxLine { // of which no more is kept
		t.Errorf("%d bytes pending, want %d", l.Pending(), MaxLine)
	}
	if cap(l.carry) > 2*MaxLine {
		t.Errorf("%d bytes are kept for a line of at most %d", cap(l.carry), MaxLine)
	}
}

// Lines and Parse together, over blocks that cut every line somewhere.
func TestLinesOfRecords(t *testing.T) {
	texts := []string{logLine(), logLine(first(12)), logLine(first(30), add("-")), logLine(set(FieldELBStatus, "504"))}
	text := strings.Join(texts, "\n") + "\n"
	for n := 1; n <= 700; n += 1 + n/40 {
		var l Lines
		l.Reset(&pieces{texts: cutEvery(text, n), end: io.EOF})
		var r Record
		for i := range texts {
			line, err := l.Next()
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Parse(line); err != nil {
				t.Fatalf("blocks of %d, line %d: %v", n, i+1, err)
			}
			want, _ := oracle(texts[i])
			if got := plainOf(&r); got != want {
				t.Fatalf("blocks of %d, line %d:\n%s", n, i+1, differences(got, want))
			}
		}
	}
}
