package export

import (
	"bytes"
	stdcsv "encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"alblens/internal/cause"
	"alblens/parser"
)

// contract is the columns as design/contract.md lists them.
var contract = strings.Fields(`
type time elb client_ip client_port target_ip target_port request_processing_time target_processing_time
response_processing_time elb_status_code target_status_code received_bytes sent_bytes request_method request_url
request_protocol user_agent ssl_cipher ssl_protocol target_group_arn trace_id domain_name chosen_cert_arn
matched_rule_priority request_creation_time actions_executed redirect_url error_reason target_port_list
target_status_code_list classification classification_reason conn_trace_id transformed_host transformed_uri
request_transform_status ip_address target_error_code elb_error_code path duration_ms cause confidence source line reasons extra`)

// numbers are the columns that hold numbers.
var numbers = strings.Fields(`
client_port target_port request_processing_time target_processing_time response_processing_time elb_status_code
target_status_code received_bytes sent_bytes matched_rule_priority duration_ms confidence line`)

// tokens is a line whose values all differ, so that columns that changed places are noticed.
var tokens = []string{
	`https`, `2026-11-20T14:05:00.123456Z`, `app/shop/50dc6c495c0c9188`, `203.0.113.7:50123`, `10.0.1.9:8443`,
	`0.001`, `0.022`, `0.333`, `502`, `201`, `1234`, `56789`,
	`"GET https://shop.example:443/a/17?c=d HTTP/1.1"`, `"curl/8.9.1"`, `ECDHE-RSA-AES128-GCM-SHA256`, `TLSv1.2`,
	`arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/73e2d6bc24d8a067`,
	`"Root=1-691f1f4b-23a8c76965a2ef7629b185e3"`, `"shop.sni.example"`,
	`"arn:aws:acm:eu-west-1:123456789012:certificate/1277e7c7"`, `7`, `2026-11-20T14:04:59.456000Z`,
	`"waf,forward"`, `"https://r.example:443/to"`, `"LambdaInvalidResponse"`, `"10.0.1.9:8444"`, `"202"`,
	`"Ambiguous"`, `"EmptyHeader"`, `TID_b33932fc40603344`, `"t.example"`, `"/t?u"`, `"TransformSuccess"`,
	`10.0.0.5`, `"0x2"`, `"0x8"`,
}

// logLine is the line of tokens with some of them replaced: a column's number, from 1 as in AWS's documentation, and
// what takes its place. Columns behind the last are appended.
func logLine(edits map[int]string) string {
	line := slices.Clone(tokens)
	for n := 1; n <= 60; n++ {
		if v, ok := edits[n]; ok && n <= len(line) {
			line[n-1] = v
		} else if ok {
			line = append(line, v)
		}
	}
	return strings.Join(line, " ")
}

// absent is a line without anything that can be left out.
const absent = `http 2026-11-20T14:05:00.123456Z app/shop/50dc6c495c0c9188 - - -1 -1 -1 - - - - "- - -" "-"` +
	` - - - "-" "-" "-" - - "-" "-" "-" "-" "-" "-" "-" - "-" "-" "-" - "-" "-"`

func row(tb testing.TB, line string) *Row {
	tb.Helper()
	r := &parser.Record{}
	if err := r.Parse([]byte(line)); err != nil {
		tb.Fatalf("%v\n%s", err, line)
	}
	return &Row{Record: r, Source: "logs/x.log.gz", Line: 12, Path: r.Request().Path()}
}

// format writes a row as a command does.
func format(tb testing.TB, name string, r *Row) string {
	tb.Helper()
	f, err := NewFormat(name)
	if err != nil {
		tb.Fatal(err)
	}
	prefix := "what stood there before\n"
	text, ok := strings.CutPrefix(string(f.Append([]byte(prefix), r)), prefix)
	if !ok {
		tb.Fatalf("%s does not append", name)
	}
	return text
}

// A member is one of an object, with its value as it stands.
type member struct{ name, value string }

// members reads one line of NDJSON.
func members(tb testing.TB, line string) []member {
	tb.Helper()
	if !strings.HasSuffix(line, "}\n") || strings.Count(line, "\n") != 1 {
		tb.Fatalf("not one line: %q", line)
	}
	d := json.NewDecoder(strings.NewReader(line))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		tb.Fatalf("%v, %v: %s", t, err, line)
	}
	var list []member
	for d.More() {
		name, err := d.Token()
		if err != nil {
			tb.Fatalf("%v: %s", err, line)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			tb.Fatalf("%v: %s", err, line)
		}
		list = append(list, member{name.(string), string(value)})
	}
	if !json.Valid([]byte(line)) {
		tb.Fatalf("no JSON: %s", line)
	}
	return list
}

// value is a column of a row as NDJSON has it.
func value(tb testing.TB, r *Row, column string) string {
	tb.Helper()
	for _, m := range members(tb, format(tb, "ndjson", r)) {
		if m.name == column {
			return m.value
		}
	}
	tb.Fatalf("no column %q", column)
	return ""
}

// csvRow is a row as CSV has it, read by the standard library.
func csvRow(tb testing.TB, r *Row) []string {
	tb.Helper()
	f, err := NewFormat("csv")
	if err != nil {
		tb.Fatal(err)
	}
	text := string(f.Append(f.Header(), r))
	for _, c := range []byte(text[:len(text)-2]) {
		if c < ' ' && c != '\r' && c != '\n' || c == 0x7f {
			tb.Fatalf("%q stands in %q", c, text)
		}
	}
	d := stdcsv.NewReader(strings.NewReader(text))
	all, err := d.ReadAll()
	if err != nil {
		tb.Fatalf("%v: %s", err, text)
	}
	if len(all) != 2 || !slices.Equal(all[0], contract) {
		tb.Fatalf("%d rows, header %v", len(all), all[0])
	}
	return all[1]
}

func TestColumns(t *testing.T) {
	if diff := cmp.Diff(contract, Columns()); diff != "" {
		t.Errorf("(-contract +got):\n%s", diff)
	}
	if _, err := NewFormat("xml"); err == nil {
		t.Error("a format called xml")
	}
	for _, name := range Formats {
		if _, err := NewFormat(name); err != nil {
			t.Error(err)
		}
	}
}

func TestReasons(t *testing.T) {
	r := row(t, logLine(nil))
	r.Cause, r.Reasons = cause.BadResponse, []string{"for: its path", "against: too few"}
	if got, want := value(t, r, "reasons"), `"for: its path; against: too few"`; got != want {
		t.Errorf("reasons %s, want %s", got, want)
	}
	r.Cause = cause.None
	if got := value(t, r, "reasons"); got != "null" {
		t.Errorf("reasons of no failure: %s", got)
	}
}

func TestNDJSON(t *testing.T) {
	full := row(t, logLine(nil))
	full.Path, full.Cause, full.Confidence = []byte("/a/{int}"), cause.BadResponse, 0.7
	full.Reasons = []string{"for:1"}
	bare := row(t, absent)
	bare.Source, bare.Line = "-", 1
	for _, tt := range []struct {
		name string
		row  *Row
		want string
	}{
		{"full", full, `"https" "2026-11-20T14:05:00.123456Z" "app/shop/50dc6c495c0c9188" "203.0.113.7" 50123 "10.0.1.9" 8443
			0.001 0.022 0.333 502 201 1234 56789 "GET" "https://shop.example:443/a/17?c=d" "HTTP/1.1" "curl/8.9.1"
			"ECDHE-RSA-AES128-GCM-SHA256" "TLSv1.2" "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/73e2d6bc24d8a067"
			"Root=1-691f1f4b-23a8c76965a2ef7629b185e3" "shop.sni.example" "arn:aws:acm:eu-west-1:123456789012:certificate/1277e7c7"
			7 "2026-11-20T14:04:59.456000Z" "waf,forward" "https://r.example:443/to" "LambdaInvalidResponse" "10.0.1.9:8444" "202"
			"Ambiguous" "EmptyHeader" "TID_b33932fc40603344" "t.example" "/t?u" "TransformSuccess" "10.0.0.5" "0x2" "0x8"
			"/a/{int}" 667.456 "bad-response" 0.7 "logs/x.log.gz" 12 "for:1" null`},
		{"bare", bare, `"http" "2026-11-20T14:05:00.123456Z" "app/shop/50dc6c495c0c9188"` + strings.Repeat(" null", 41) + ` "-" 1 null null`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var want []member
			for i, v := range strings.Fields(tt.want) {
				want = append(want, member{contract[i], v})
			}
			if diff := cmp.Diff(want, members(t, format(t, "ndjson", tt.row)), cmp.AllowUnexported(member{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			check(t, tt.row)
		})
	}
}

// TestValues is one column a case.
func TestValues(t *testing.T) {
	agent := func(s string) map[int]string { return map[int]string{14: `"` + s + `"`} }
	for _, tt := range []struct {
		edits        map[int]string
		column, want string
	}{
		{map[int]string{9: "000"}, "elb_status_code", `0`},
		{map[int]string{9: "-"}, "elb_status_code", `null`},
		{map[int]string{10: "-"}, "target_status_code", `null`},
		{map[int]string{21: "-1"}, "matched_rule_priority", `-1`},
		{map[int]string{21: "0"}, "matched_rule_priority", `0`},
		{map[int]string{21: "-"}, "matched_rule_priority", `null`},
		{map[int]string{6: "-1"}, "request_processing_time", `null`},
		{map[int]string{7: "0.000"}, "target_processing_time", `0`},
		{map[int]string{8: "12.5"}, "response_processing_time", `12.5`},
		{map[int]string{8: "0.000043"}, "response_processing_time", `0.000043`},
		{map[int]string{11: "0"}, "received_bytes", `0`},
		{map[int]string{4: "2a02:a33c:4538:1:bcf4:5264:e01c:f215:50718"}, "client_ip", `"2a02:a33c:4538:1:bcf4:5264:e01c:f215"`},
		{map[int]string{4: "2a02:a33c:4538:1:bcf4:5264:e01c:f215:50718"}, "client_port", `50718`},
		{map[int]string{5: "[2001:db8::1]:80"}, "target_ip", `"2001:db8::1"`},
		{map[int]string{5: "-"}, "target_ip", `null`},
		{map[int]string{5: "-"}, "target_port", `null`},
		{map[int]string{22: "2026-11-20T14:05:00.123456Z"}, "duration_ms", `0`},
		{map[int]string{22: "2026-11-20T14:04:50.122000Z"}, "duration_ms", `10001.456`},
		{map[int]string{22: "-"}, "duration_ms", `null`},
		{map[int]string{22: "-"}, "request_creation_time", `null`},

		{map[int]string{13: `"- http://h:80- -"`}, "request_method", `null`},
		{map[int]string{13: `"- http://h:80- -"`}, "request_url", `"http://h:80-"`},
		{map[int]string{13: `"- http://h:80- -"`}, "request_protocol", `null`},
		{map[int]string{13: `"GET http://h:80/a b  c HTTP/1.0 "`}, "request_url", `"http://h:80/a b  c"`},
		{map[int]string{13: `"GET http://h:80/a b  c HTTP/1.0 "`}, "request_protocol", `"HTTP/1.0"`},
		{map[int]string{13: `"GET http://h:80/?a=%2F+b HTTP/1.1"`}, "request_url", `"http://h:80/?a=%2F+b"`},
		{map[int]string{13: `"GET http://h:80/\xE2\x9C\x93 HTTP/1.1"`}, "path", `"/✓"`},

		{agent(`say \x22hi\x22`), "user_agent", `"say \"hi\""`},
		{agent(`say \"hi\" to all`), "user_agent", `"say \"hi\" to all"`},
		{agent(`C:\x5Ctemp`), "user_agent", `"C:\\temp"`},
		{agent(`\x5Cx41`), "user_agent", `"\\x41"`}, // decoded once
		{agent(`\xEC\x97\x90 \xec\x97\x90`), "user_agent", `"에 에"`},
		{agent(`\x00000022x\x00000022`), "user_agent", `"\"x\""`},
		{agent(`\x0000002`), "user_agent", `"\u000000002"`}, // too short for the long form
		{agent(`\x00000y22`), "user_agent", `"\u0000000y22"`},
		{agent(`\xFF\xC0\xAF`), "user_agent", `"���"`},
		{agent(`\xED\xA0\x80`), "user_agent", `"���"`},
		{agent("\xff\xfe"), "user_agent", `"��"`},
		{agent(`\x`), "user_agent", `"\\x"`},
		{agent(`\x4`), "user_agent", `"\\x4"`},
		{agent(`\xZZ`), "user_agent", `"\\xZZ"`},
		{agent(`\n\t`), "user_agent", `"\\n\\t"`},
		{agent(`\x1B[31m\x0A\x0D\x09\x7F`), "user_agent", `"\u001b[31m\n\r\t\u007f"`},
		{agent(`\xE2\x80\xAE\xEF\xBB\xBF`), "user_agent", `"\u202e\ufeff"`},
		{agent(``), "user_agent", `""`},
		{agent(`-`), "user_agent", `null`},
		{agent(`</script>&`), "user_agent", `"</script>&"`},

		{map[int]string{37: `42`}, "extra", `["42"]`},
		{map[int]string{37: `42`, 38: `"new value"`}, "extra", `["42","new value"]`},
		{map[int]string{37: `-`, 38: `"a\x22b\xFF"`}, "extra", `["-","a\"b�"]`},
		{map[int]string{37: `""`}, "extra", `[""]`},
	} {
		r := row(t, logLine(tt.edits))
		if got := value(t, r, tt.column); got != tt.want {
			t.Errorf("%v: %s is %s, want %s", tt.edits, tt.column, got, tt.want)
		}
		check(t, r)
	}
}

// TestCause holds what this program adds itself.
func TestCause(t *testing.T) {
	for _, tt := range []struct {
		cause      cause.Cause
		confidence float64
		want       [2]string
	}{
		{cause.None, 1, [2]string{"null", "null"}},
		{cause.IdleTimeout, 0.8, [2]string{`"idle-timeout"`, "0.8"}},
		{cause.Target5xx, 1, [2]string{`"target-5xx"`, "1"}},
		{cause.Unattributed, 0, [2]string{`"unattributed"`, "0"}},
		{cause.NoTarget, 0.98765, [2]string{`"no-target"`, "0.988"}},
	} {
		r := row(t, logLine(nil))
		r.Cause, r.Confidence = tt.cause, tt.confidence
		if got := [2]string{value(t, r, "cause"), value(t, r, "confidence")}; got != tt.want {
			t.Errorf("got %v, want %v", got, tt.want)
		}
		check(t, r)
	}
}

// TestSource shows that the name of an object, which is not ALB's text, is not taken for it.
func TestSource(t *testing.T) {
	r := row(t, logLine(nil))
	r.Source = `C:\logs\x64\a "b".log`
	if got, want := value(t, r, "source"), `"C:\\logs\\x64\\a \"b\".log"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := csvRow(t, r)[slices.Index(contract, "source")]; got != r.Source {
		t.Errorf("CSV: got %s, want %s", got, r.Source)
	}
}

func TestCSV(t *testing.T) {
	agent := slices.Index(contract, "user_agent")
	for _, tt := range []struct{ logged, want string }{
		{`curl/8`, `curl/8`},
		{`a,\x22b\x22;c`, `a,"b";c`},
		{`=1+1`, `'=1+1`},
		{`+1`, `'+1`},
		{`-1`, `'-1`},
		{`@SUM(1)`, `'@SUM(1)`},
		{`|calc`, `'|calc`},
		{`\x3D1+1`, `'=1+1`}, // escaped in the log, a formula all the same
		{`\x09=1`, `'\x09=1`},
		{`\x0D\x0A=1`, `'\x0D\x0A=1`},
		{` =1`, `' =1`},
		{`\x22\x27=1`, `'"'=1`},
		{`\xEF\xBC\x9D1`, `'＝1`},
		{`a=1`, `a=1`},
		{`line\x0Aline`, `line\x0Aline`},
		{`\x1B[31m`, `\x1B[31m`},
		{`\xE2\x80\xAE`, `\xE2\x80\xAE`},
		{`\xEC\x97\x90\xFF`, `에�`},
		{`-`, ``},
		{``, ``},
	} {
		r := row(t, logLine(map[int]string{14: `"` + tt.logged + `"`}))
		if got := csvRow(t, r)[agent]; got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.logged, got, tt.want)
		}
		check(t, r)
	}
	if f, _ := NewFormat("csv"); string(f.Header()) != strings.Join(contract, ",")+"\r\n" {
		t.Errorf("header %q", f.Header())
	}
}

func TestRaw(t *testing.T) {
	line := logLine(map[int]string{14: `"\x1B\xFF \x22"`, 37: `"more"`})
	for _, end := range []string{"", "\r"} {
		r := row(t, line+end)
		if got := format(t, "raw", r); got != line+"\n" {
			t.Errorf("got  %q\nwant %q", got, line+"\n")
		}
	}
	if f, _ := NewFormat("raw"); len(f.Header()) > 0 {
		t.Errorf("header %q", f.Header())
	}
}

// TestLines puts the project's example lines through the formats.
func TestLines(t *testing.T) {
	names, err := filepath.Glob("../testdata/lines/*.log")
	if err != nil || len(names) == 0 {
		t.Fatal("no example lines: ", err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			records := 0
			for line := range bytes.Lines(text) {
				line = bytes.TrimSuffix(line, []byte("\n"))
				var r parser.Record
				if len(line) == 0 || line[0] == '#' || r.Parse(line) != nil {
					continue
				}
				records++
				row := &Row{Record: &r, Source: name, Line: records, Path: r.Request().Path()}
				row.Cause, row.Confidence = cause.OfRow(&r)
				check(t, row)
			}
			if records == 0 && filepath.Base(name) != "malformed.log" {
				t.Error("no records")
			}
		})
	}
}

// check holds a row in all formats against what must be so for every row: NDJSON has all columns in their order with
// values of their kinds, and CSV says the same as far as it can.
func check(tb testing.TB, r *Row) {
	tb.Helper()
	line := format(tb, "ndjson", r)
	for _, c := range line[:len(line)-1] {
		if c < ' ' || c >= 0x7f && c <= 0x9f || c == 0x202e || c == 0xfeff {
			tb.Fatalf("%q stands in %s", c, line)
		}
	}
	list := members(tb, line)
	fields := csvRow(tb, r)
	if len(list) != len(contract) {
		tb.Fatalf("%d columns, want %d", len(list), len(contract))
	}
	for i, m := range list {
		if m.name != contract[i] {
			tb.Fatalf("column %d is %s, want %s", i, m.name, contract[i])
		}
		var want string
		switch {
		case m.name == "extra":
			var v []string
			if err := json.Unmarshal([]byte(m.value), &v); err != nil || (v == nil) != (r.Extra() == nil) {
				tb.Fatalf("extra is %s, %v", m.value, err)
			}
			want = spreadsheet(string([]rune(string(r.Extra()))))
		case m.value == "null":
		case slices.Contains(numbers, m.name):
			if _, err := json.Number(m.value).Float64(); err != nil {
				tb.Fatalf("%s is %s, want a number", m.name, m.value)
			}
			want = m.value
		default:
			var text string
			if err := json.Unmarshal([]byte(m.value), &text); err != nil {
				tb.Fatalf("%s is %s, want text", m.name, m.value)
			}
			want = spreadsheet(text)
		}
		if fields[i] != want {
			tb.Fatalf("%s is %q in CSV, want %q, for it is %s in JSON", m.name, fields[i], want, m.value)
		}
	}
	if raw := format(tb, "raw", r); raw != strings.TrimSuffix(string(r.Record.Line), "\r")+"\n" {
		tb.Fatalf("raw %q, logged %q", raw, r.Record.Line)
	}
}

var formula = regexp.MustCompile(`^[\s\pZ"'\x00-\x1f\x7f-\x9f\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}-\x{206f}\x{61c}\x{feff}]*[=+\-@|\t\r\n＝＋－＠｜]`)

// spreadsheet is text as CSV has it.
func spreadsheet(text string) string {
	var b strings.Builder
	if formula.MatchString(text) {
		b.WriteByte('\'')
	}
	for _, r := range text {
		switch {
		case r < ' ', r >= 0x7f && r <= 0x9f, r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e,
			r >= 0x2060 && r <= 0x206f, r == 0x61c, r == 0xfeff:
			for _, c := range []byte(string(r)) {
				fmt.Fprintf(&b, `\x%02X`, c)
			}
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// FuzzFormats takes any line: one that can be parsed gives valid rows in every format.
func FuzzFormats(f *testing.F) {
	names, _ := filepath.Glob("../testdata/lines/*.log")
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for line := range bytes.Lines(text) {
			if line[0] != '#' && len(line) < 2000 {
				f.Add(bytes.TrimSuffix(line, []byte("\n")))
			}
		}
	}
	f.Add([]byte(absent))
	f.Add([]byte(logLine(map[int]string{14: `"=\x22\xFF\x00000022,"`, 37: `"x y"`, 38: "-"})))
	f.Fuzz(func(t *testing.T, line []byte) {
		var r parser.Record
		if bytes.IndexByte(line, '\n') >= 0 || r.Parse(line) != nil {
			return
		}
		row := &Row{Record: &r, Source: "x.log", Line: 1, Path: r.Request().Path()}
		row.Cause, row.Confidence = cause.OfRow(&r)
		check(t, row)
	})
}
