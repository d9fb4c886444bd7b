package markdowncheck

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// hostiles are what clients send that means something to Markdown, to its dialects, to HTML or to a terminal.
var hostiles = []string{
	// tables
	"a|b|c", "| x |", "|---|---|", `\|`, "`|`", "``|", "&#124;", "\n|a|b|\n|-|-|\n",
	// code
	"`", "``", "``` x", "~~~", "x`", "`x", "a`b``c```d", "\\`", "    indented", "\tx",
	// HTML
	"<script>alert(1)</script>", "<b>x", "</td></tr></table>", "<!--", "<?x", "<![CDATA[", "<img src=x onerror=alert(1)>", "<details>", "&lt;&#35;&nbsp;&copy;", "\n\n<img src=x>\n\n",
	// links, images, mentions
	"[x](http://evil.example)", "![x](http://evil.example/p.png)", "[x][y]", "[x]: http://evil.example", "<http://evil.example>", "http://evil.example/a_b", "HTTPS://evil.example", "ftp://evil.example",
	"www.evil.example", "WWW.evil.example", "mailto:a@evil.example", "a@evil.example", "xmpp:a@evil.example/x", "javascript:alert(1)", "[^1]", "[^1]: x", "[[x]]", "@team", "#1", ":+1:", ":100:", "!x", "![", "](",
	// emphasis and escapes
	"*x*", "**x**", "_x_", "__x__", "~~x~~", "~x~", "==x==", "^x^", "$x$", `\`, `x\`, `\\`, `\*x\*`, "{{x}}", "{x}", "%x%", "x  ", "x\\\n",
	// what starts a block
	"- x", "+ x", "* x", "1. x", "1) x", "- [ ] x", "# x", "#", "> x", "---", "***", "___", "===", "- - -", ": x", "\n---\n", "\n===\n", "\n# x\n", "\r\n\r\n# x", "\r# x", "x\n\ty",
	// what steers
	"\x1b[31mred", "\x1b]0;title\x07", "\u009b31m", "\u202egpj.exe", "\u2066x", "\ufeffx", "\u2028x", "\u0085x", "\u00a0x", "\u200fx", "\x00", "\x7f", "\xff\xfe", "\ufffd", "\xe2\x80", "日本語",
	// much
	strings.Repeat("`", 300), strings.Repeat("[", 300), strings.Repeat("<", 300), strings.Repeat("*a ", 200), strings.Repeat("|", 300),
}

// logged is text as the load balancer writes it.
func logged(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			fmt.Fprintf(&b, `\x%02X`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// asSent is text as it came, but for what would end the field or the line.
func asSent(s string) string {
	return strings.NewReplacer(`"`, `\x22`, `\`, `\x5C`, "\n", `\x0A`, "\r", `\x0D`).Replace(s)
}

var day = time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)

const stamp = "2006-01-02T15:04:05.000000Z"

// hostileLog writes ten minutes in which all that a client can write is s, and a tenth of the requests time out, for one path.
// It returns the name of the log, which holds as much of s as a file system takes.
func hostileLog(t *testing.T, dir, s string, escape func(string) string) string {
	t.Helper()
	var b strings.Builder
	field := escape(s)
	record := func(at time.Time, path, times, status string, took time.Duration) {
		target := status
		if status == "504" {
			target = "-"
		}
		fmt.Fprintf(&b, `https %s app/shop/50dc6c495c0c9188 192.0.2.7:4711 10.0.0.1:80 %s %s %s 300 500 "GET https://example.com:443%s HTTP/1.1" "%s" - - `+
			`arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/web/3a2e426b7393ba25 "Root=%s" "%s" "-" 0 %s "forward" "-" "%s" "10.0.0.1:80" "%[3]s" "%[9]s" "%[9]s"`+"\n",
			at.Add(took).Format(stamp), times, status, target, path, field, field, field, at.Format(stamp), field)
	}
	for i := range 600 {
		at := day.Add(time.Duration(i) * time.Second)
		record(at, "/fine", "0.000 0.020 0.000", "200", 20*time.Millisecond)
		if i%10 == 0 {
			record(at.Add(-time.Minute), "/"+field, "0.000 -1 -1", "504", time.Minute)
		}
	}
	fmt.Fprintf(&b, "broken %s\n", strings.ReplaceAll(field, "\n", " "))
	name := filepath.Join(dir, strings.NewReplacer("/", "_", "\x00", "_").Replace(s)+".log")
	if len(s) > 200 {
		name = filepath.Join(dir, "long.log")
	}
	if err := os.WriteFile(name, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}
