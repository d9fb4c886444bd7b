package mdtext

import "testing"

// What a renderer makes of it all is tested with one in tools/markdowncheck.

func TestCode(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"/api/{int}", "`/api/{int}`"},
		{"", "`\"\"`"},
		{"a`b", "``a`b``"},
		{"```", "```` ``` ````"},
		{"`a", "`` `a ``"},
		{" a ", "`  a  `"},
		{"  ", "`  `"},
		{"a\nb\x1b\u202e", "`a\\x0Ab\\x1B\\xE2\\x80\\xAE`"},
		{"<b>&amp;*_[x](y)", "`<b>&amp;*_[x](y)`"},
	} {
		if got := Code(c.in); got != c.want {
			t.Errorf("Code(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestProse(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"153 of 160 (96 %) were idle.", "153 of 160 (96 %) were idle."},
		{"on /api/users/{int}, as seen", "on `/api/users/{int}`, as seen"},
		{"(/a)", "(`/a`)"},
		{"see http://example.com/x and www.example.com.", "see `http://example.com/x` and `www.example.com`."},
		{"ping @bob, #12, a_b_c, *x*, <b>, &lt;, [x](y), a|b, ~~z~~", "ping `@bob`, `#12`, `a_b_c`, `*x*`, `<b>`, `&lt`;, `[x](y`), `a|b`, `~~z~~`"},
		{"(14:05:09.5, 2026-11-20 14:05:09) 1:100:5", "(14:05:09.5, 2026-11-20 14:05:09) `1:100:5`"},
		{":smile: 10.0.1.7:3000 :x", "`:smile`: 10.0.1.7:3000 :x"},
		{"a\n\n# b\tc", "a `#` b c"},
		{"- x", `\- x`},
		{": x", `\: x`},
		{"1. x", `1\. x`},
		{"12) x", `12\) x`},
		{"1.5 s", `1\.5 s`},
		{"=== x", `\=== x`},
		{"60 s", "60 s"},
		{"", ""},
		{"a\\b", "`a\\b`"},
		{"bad\xff", "`bad\\xFF`"},
	} {
		if got := Prose(c.in); got != c.want {
			t.Errorf("Prose(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestFence(t *testing.T) {
	for _, c := range []struct{ info, in, want string }{
		{"sh", "aws x \\\n\t--y\n", "```sh\naws x \\\n    --y\n```\n"},
		{"", "a ``` b ```` c", "`````\na ``` b ```` c\n`````\n"},
		{"", "a\r\n\x1b[0m", "```\na\\x0D\n\\x1B[0m\n```\n"},
	} {
		if got := Fence(c.info, c.in); got != c.want {
			t.Errorf("Fence(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestTable(t *testing.T) {
	x := NewTable("path", " n")
	x.Row(Code("/a|b"), "3")
	const want = "| path | n |\n| --- | ---: |\n| `/a\\x7Cb` | 3 |\n"
	if got := x.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
