package terminal

import (
	"strings"
	"testing"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"/api/users":          "/api/users",
		"/caf\u00e9/\u65e5":   "/caf\u00e9/\u65e5",
		"a\x1b[31mb\x07\n\t":  `a\x1B[31mb\x07\x0A\x09`,
		"\u009b31m":           `\xC2\x9B31m`,
		"\u202egpj.exe":       `\xE2\x80\xAEgpj.exe`,
		"\xff":                `\xFF`,
		"\ufffd":              "\ufffd",
		`\x1B stays as it is`: `\x1B stays as it is`,
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestWriterKeepsLines(t *testing.T) {
	var b strings.Builder
	n, err := Writer(&b).Write([]byte("one\ttwo\n\x1b[2Jthree\n"))
	if want := "one\ttwo\n\\x1B[2Jthree\n"; err != nil || n != 18 || b.String() != want {
		t.Errorf("%d, %v, %q, want 18 bytes taken and %q", n, err, b.String(), want)
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		in    string
		width int
		want  string
	}{{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"äöü", 2, "ä…"}, {"", 1, ""}} {
		if got := Cut(c.in, c.width); got != c.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", c.in, c.width, got, c.want)
		}
	}
}
