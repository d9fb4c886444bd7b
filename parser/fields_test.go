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
	if len(line) < 64 || strings.Contains(text, `\"`) {
		return
	}
	var slow Record
	err := slow.split(line)
	for name, fields := range vectored() {
		var begin begins
		n, backslash := fields(line, &begin)
		switch {
		case n > 0 && backslash != strings.Contains(string(line), `\`):
			t.Errorf("%s, line %q: backslash is %v", name, line, backslash)
		case n == 0 && err == nil && slow.Fields <= maxFast && usual.Match(line):
			t.Errorf("%s does not take line %q", name, line)
		case n > 0 && n < MinFields && err == nil:
			t.Errorf("%s, line %q: finds %d, split %d", name, line, n, slow.Fields)
		case n >= MinFields && (err != nil || n != slow.Fields || !slices.Equal(begin[:n+1], slow.begin[:n+1])):
			t.Errorf("%s, line %q:\nfinds %d %v\nsplit %d %v, %v", name, line, n, begin, slow.Fields, slow.begin, err)
		}
	}
}

// Every length, so that every place of a 64-byte word is a line's end, a blank, a quote.
func TestFieldsLengths(t *testing.T) {
	if len(vectored()) == 0 {
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
			for name, fields := range vectored() {
				if n, _ := fields([]byte(line), new(begins)); n != KnownFields {
					t.Fatalf("%s: %d fields in %q", name, n, line)
				}
			}
		}
	}
}

// As many fields as there is room for, and more.
func TestFieldsMany(t *testing.T) {
	if len(vectored()) == 0 {
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
		for name, fields := range vectored() {
			if got, _ := fields([]byte(line), new(begins)); got != want {
				t.Errorf("%d fields: %s finds %d", n, name, got)
			}
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
