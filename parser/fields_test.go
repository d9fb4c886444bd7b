package parser

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// usual is the form of line that fields must take: fields between single blanks, quotes around some and nowhere else.
var usual = regexp.MustCompile(`^(?s:"[^"]*"|[^" ][^" ]*)(?s: (?:"[^"]*"|[^" ][^" ]*))*$`)

// checkFields holds fields against split: they agree, and fields takes what it is made for.
func checkFields(t *testing.T, text string) {
	t.Helper()
	line := trimEnd([]byte(text))
	if !vectors || len(line) < 64 || strings.Contains(text, `\"`) {
		return
	}
	var fast, slow Record
	n, backslash := fields(line, &fast.begin)
	if backslash != strings.Contains(string(line), `\`) && n > 0 {
		t.Errorf("line %q: backslash is %v", line, backslash)
	}
	if n == 0 {
		if err := slow.split(line); err == nil && slow.Fields <= maxFast && usual.Match(line) {
			t.Errorf("line %q: fields does not take it", line)
		}
		return
	}
	err := slow.split(line)
	if n < MinFields {
		if err == nil {
			t.Errorf("line %q: fields finds %d, split %d", line, n, slow.Fields)
		}
		return
	}
	if err != nil || n != slow.Fields || !slices.Equal(fast.begin[:n+1], slow.begin[:n+1]) {
		t.Errorf("line %q:\nfields finds %d %v\nsplit finds %d %v, %v", line, n, fast.begin, slow.Fields, slow.begin, err)
	}
}

// Every length, so that every place of a 64-byte word is a line's end, a blank, a quote.
func TestFieldsLengths(t *testing.T) {
	if !vectors {
		t.Skip("this processor has no vectors, or the project no code for them")
	}
	for _, last := range []string{"x", `"y"`, `"y z"`} {
		for n := range 200 {
			line := logLine(set(FieldUserAgent, `"`+strings.Repeat("u", n)+`"`), set(FieldELBErrorCode, last))
			checkFields(t, line)
			checkFields(t, strings.Repeat("a", n)+" "+line)
			checkFields(t, line+` "`)
			checkFields(t, line+`x"`)
			checkFields(t, line+`  x`)
			checkFields(t, " "+line)
			checkFields(t, strings.Repeat("a", n)+`b"c d" `+line)
			if n, _ := fields([]byte(line), new(begins)); n != KnownFields {
				t.Fatalf("%d fields in %q", n, line)
			}
		}
	}
}

// As many fields as there is room for, and more.
func TestFieldsMany(t *testing.T) {
	if !vectors {
		t.Skip("this processor has no vectors, or the project no code for them")
	}
	for n := 32; n < 200; n++ {
		line := strings.Repeat(" -", n)[1:]
		checkLine(t, line)
		checkFields(t, line)
		want := n
		if len(line) < 64 {
			continue
		}
		if n > maxFast {
			want = 0
		}
		if got, _ := fields([]byte(line), new(begins)); got != want {
			t.Errorf("%d fields: fields finds %d", n, got)
		}
	}
}

// Each line is read without vectors as it is with them.
func TestParsePlain(t *testing.T) {
	for name, line := range shapes {
		var plain Record
		plain.Line = []byte(line)
		if err := plain.split(plain.Line); err != nil {
			t.Fatal(err)
		}
		if err := plain.decode(plain.Line); err != nil {
			t.Fatal(err)
		}
		if got, want := plainOf(&plain), plainOf(mustParse(t, line)); got != want {
			t.Errorf("%s: %s", name, differences(got, want))
		}
	}
}
