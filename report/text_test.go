package report

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"alblens/aggregate"
	"alblens/diagnose"

	"github.com/google/go-cmp/cmp"
	"github.com/jedib0t/go-pretty/v6/text"
)

var update = flag.Bool("update", false, "write the goldens anew")

// Widths are as in most of the world, whatever the locale of the tests.
func TestMain(m *testing.M) {
	text.OverrideRuneWidthEastAsianWidth(false)
	os.Exit(m.Run())
}

func render(t testing.TB, r *Report, o TextOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := Text(&b, r, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var reports = []struct {
	name string
	make func(testing.TB) *Report
}{{"incident", incident}, {"clean", cleanDay}, {"incomplete", incomplete}, {"empty", empty}, {"hostile", hostile}}

func TestText(t *testing.T) {
	for _, c := range reports {
		for _, width := range []int{80, 120, 200} {
			t.Run(fmt.Sprintf("%s-%d", c.name, width), func(t *testing.T) {
				got := render(t, c.make(t), TextOptions{Width: width})
				golden := filepath.Join("testdata", fmt.Sprintf("%s-%d.txt", c.name, width))
				if *update {
					if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), got); diff != "" {
					t.Errorf("-want +got, go test -update writes it anew:\n%s", diff)
				}
			})
		}
	}
}

var sgr = regexp.MustCompile("\x1b\\[[0-9;]+m")

// Whatever is in the logs, lines fit the width and nothing steers the terminal.
func TestTextIsContained(t *testing.T) {
	for _, c := range reports {
		for width := 80; width <= 240; width += 7 {
			plain := render(t, c.make(t), TextOptions{Width: width})
			colored := render(t, c.make(t), TextOptions{Width: width, Color: true})
			if got := sgr.ReplaceAllString(colored, ""); got != plain {
				t.Errorf("%s, width %d: colours change the text:\n%s", c.name, width, cmp.Diff(plain, got))
			}
			for i, line := range strings.Split(plain, "\n") {
				if got := text.StringWidthWithoutEscSequences(line); got > width {
					t.Errorf("%s, width %d: line %d has %d columns: %q", c.name, width, i+1, got, line)
				}
				if strings.TrimRight(line, " ") != line {
					t.Errorf("%s, width %d: line %d ends with blanks: %q", c.name, width, i+1, line)
				}
				if clean(line) != line {
					t.Errorf("%s, width %d: line %d would steer a terminal: %q", c.name, width, i+1, line)
				}
			}
		}
	}
}

// The first screen tells what failed and where.
func TestFirstScreen(t *testing.T) {
	screen := strings.Join(strings.Split(render(t, incident(t), TextOptions{Width: 80}), "\n")[:24], "\n")
	for _, want := range []string{"423 of 70,412 requests (0.60 %)", "384 × 504", "39 × 502", "37 more from targets", "10.0.32.4:8080", "/api/reports/{int}", "14:"} {
		if !strings.Contains(screen, want) {
			t.Errorf("%q is not on it:\n%s", want, screen)
		}
	}
	screen = strings.Join(strings.Split(render(t, incomplete(t), TextOptions{Width: 80}), "\n")[:5], "\n")
	if want := "INCOMPLETE"; !strings.Contains(screen, want) {
		t.Errorf("%q is not at the top:\n%s", want, screen)
	}
}

func TestVerdictOfNothing(t *testing.T) {
	for _, c := range []struct {
		want   string
		change func(*Report)
	}{
		{"there was no object to read", func(r *Report) { r.Result.Ledger.Objects = 0 }},
		{"all 12 lines are malformed", func(*Report) {}},
		{"all 12 records lie outside the window", func(r *Report) { r.Result.Ledger.Malformed, r.Result.Ledger.Filtered = 0, 12 }},
		{"of 12 lines, 2 lie outside the window and 10 are malformed", func(r *Report) { r.Result.Ledger.Malformed, r.Result.Ledger.Filtered = 10, 2 }},
		{"the objects hold no lines", func(r *Report) { r.Result.Ledger.Lines = 0 }},
		{"no object could be read", func(r *Report) { r.Result.Ledger.Failed = 3 }},
		{"all objects were skipped", func(r *Report) { r.Result.Ledger.Skipped = 3 }},
	} {
		r := empty(t)
		c.change(r)
		if got := render(t, r, TextOptions{}); !strings.Contains(got, "No records: "+c.want) {
			t.Errorf("%q is not in\n%s", c.want, got)
		}
	}
}

// Rows without a 5xx give way, and what is left out is counted.
func TestWorstRows(t *testing.T) {
	table := aggregate.Table{By: dimension(t, "path")}
	for i := range 30 {
		target := uint64(0)
		if i == 25 {
			target = 2
		}
		elb := uint64(0)
		if i < 4 {
			elb = uint64(9 - i)
		}
		table.Rows = append(table.Rows, row(stats(uint64(100-i), 0, elb, target), fmt.Sprint("/", i)))
	}
	var requests, elb uint64
	for _, r := range table.Rows {
		requests += r.Requests
		elb += r.ELB5xx
	}
	for top, want := range map[int]string{
		0:  "", // all, as they are
		3:  "/0 /1 /2",
		20: "/0 /1 /2 /3 /25 /4 /5 /6",
	} {
		r := incident(t)
		r.Top = top
		shown, left := r.worst(&table)
		var keys []string
		for _, x := range shown {
			keys = append(keys, x.Values[0].Text)
			left.Keys++
			left.Requests += x.Requests
			left.ELB5xx += x.ELB5xx
		}
		if got := strings.Join(keys, " "); want != "" && got != want {
			t.Errorf("top %d shows %s, want %s", top, got, want)
		}
		if left != (omitted{30, requests, elb}) {
			t.Errorf("top %d: shown and omitted add up to %+v", top, left)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{count(0), "0"}, {count(999), "999"}, {count(1000), "1,000"}, {count(2_250_000), "2,250,000"},
		{counted(1, "object"), "1 object"}, {counted(0, "object"), "0 objects"},
		{percent(0, 0), "–"}, {percent(0, 9), "0 %"}, {percent(9, 9), "100 %"}, {percent(1, 2_250_000), "<0.01 %"},
		{percent(1234, 2_250_000), "0.05 %"}, {percent(1, 3), "33.3 %"}, {percent(999_999, 1_000_000), "99.9 %"}, {percent(1, 10), "10.0 %"},
		{micros(0), "0 ms"}, {micros(1), "0.0 ms"}, {micros(9_940), "9.9 ms"}, {micros(9_960), "10 ms"}, {micros(12_400), "12 ms"},
		{micros(999_600), "1.00 s"}, {micros(60_000_000), "60.0 s"}, {micros(4_000_000_000), "4000 s"},
		{byteCount(0), "0 B"}, {byteCount(1023), "1023 B"}, {byteCount(1024), "1.0 KiB"}, {byteCount(1_503_238_553), "1.4 GiB"}, {byteCount(1<<30 - 1), "1.0 GiB"},
		{span(90 * time.Second), "90 s"}, {span(time.Minute), "1 min"}, {span(30 * time.Minute), "30 min"}, {span(time.Hour), "1 h"}, {span(96 * time.Hour), "4 d"},
		{cut("abc", 3), "abc"}, {cut("abcd", 3), "ab…"}, {cut("日本語", 4), "日…"}, {cutLeft("abcd", 3), "…cd"}, {cutLeft("日本語", 4), "…語"}, {cutLeft("abc", 3), "abc"},
		{sparkline([]uint64{0, 1, 500, 1000}), " ▁▄█"}, {sparkline(nil), ""},
		{bar(0, 10, 4), ""}, {bar(10, 10, 4), "████"}, {bar(1, 1000, 4), "▏"}, {bar(5, 10, 4), "██"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestColumnWidth(t *testing.T) {
	for _, c := range []struct {
		n, columns int
		bucket     time.Duration
		want       int
	}{
		{30, 48, time.Minute, 1}, {60, 48, time.Minute, 2}, {1440, 48, time.Minute, 30}, {1440, 88, time.Minute, 20},
		{31 * 1440, 48, time.Minute, 24 * 60}, {100_000_000, 48, time.Minute, 2_083_334}, {100, 48, 7 * time.Minute, 3}, {49, 48, time.Second, 2},
	} {
		got := columnWidth(c.n, c.columns, c.bucket)
		if got != c.want || len(regroup(make([]uint64, min(c.n, 1<<20)), got)) > c.columns {
			t.Errorf("%d buckets of %v in %d columns: %d a column, want %d", c.n, c.bucket, c.columns, got, c.want)
		}
	}
}

// Sources are repeated only as words that a shell takes for what they are.
func TestSource(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "SOURCE"},
		{[]string{"logs"}, "logs"},
		{[]string{"s3://my-logs/AWSLogs/"}, "s3://my-logs/AWSLogs/"},
		{[]string{"a", "b"}, "a b"},
		{[]string{"logs/**/*.gz"}, "'logs/**/*.gz'"},
		{[]string{"it's $(here)"}, `'it'\''s $(here)'`},
		{[]string{"-rf"}, "SOURCE"},
		{[]string{"-"}, "SOURCE"},
		{[]string{"with\x1bescape"}, "SOURCE"},
		{[]string{strings.Repeat("long", 20)}, "SOURCE"},
	} {
		r := &Report{Run: Run{Sources: c.args}}
		if got := r.source(); got != c.want {
			t.Errorf("source of %q = %s, want %s", c.args, got, c.want)
		}
		r.Run.Flags = []string{"--profile=my own", "--raw-paths"}
		if got, want := r.source(), c.want+" --profile='my own' --raw-paths"; got != want {
			t.Errorf("source of %q = %s, want %s", c.args, got, want)
		}
		r.Options.TimeField = "created"
		if got, want := r.source(), c.want+" --profile='my own' --raw-paths --time-field created"; got != want {
			t.Errorf("source of %q = %s, want %s", c.args, got, want)
		}
	}
}

// The commands that come next read what the run read, of the time that it read, and can be pasted.
func TestNextCommands(t *testing.T) {
	r := incident(t)
	r.Run.Sources, r.Run.Flags = []string{"my logs"}, []string{"--profile=my own", "--endpoint-url=http://store.example:9000"}
	r.Options.Since, r.Options.Until = start.Add(time.Millisecond), start.Add(90*time.Minute-time.Millisecond)
	var b bytes.Buffer
	if err := Text(&b, r, TextOptions{Width: 80}); err != nil {
		t.Fatal(err)
	}
	_, next, _ := strings.Cut(b.String(), "\nNext\n")
	for l := range strings.Lines(next) {
		if displayWidth(strings.TrimSuffix(l, "\n")) > 80 {
			t.Errorf("wider than 80: %s", l)
		}
	}
	access := "'my logs' --profile='my own' --endpoint-url=http://store.example:9000 "
	window := "--since " + start.Format(time.RFC3339) + " --until " + start.Add(90*time.Minute).Format(time.RFC3339)
	pasted := strings.Join(strings.Fields(strings.ReplaceAll(next, "\\\n", "")), " ")
	for _, want := range []string{"alblens records " + access + window + " --status ", "alblens analyze " + access + window + " --by target+path", "alblens analyze " + access + "--around "} {
		if !strings.Contains(pasted, want) {
			t.Errorf("no %s in\n%s", want, next)
		}
	}
}

// Lines break at blanks, but not between a number and its unit or what it counts.
func TestWrap(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"it was silent for 60 s, and more", "it was silent for|  60 s, and more"},
		{"it is what it is (95 % sure)", "it is what it is|  (95 % sure)"},
		{"as many as 434 of these requests", "as many as 434 of|  these requests"},
		{"got a 5xx of which 7 × 502, 1,234 × 504", "got a 5xx of which|  7 × 502,|  1,234 × 504"},
		{"no number here: a s b c d", "no number here: a s|  b c d"},
		{"aVeryLongWordThatIsCutAtTheWidth x", "aVeryLongWordThatIs…|  x"},
	} {
		p := page{width: 20}
		if got := strings.Join(p.wrap(c.text, indent), "|"); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

// Commands break before flags where they can, never within a word, and a shell joins them again.
func TestShellLines(t *testing.T) {
	for _, c := range []struct{ command, want string }{
		{"aws x --query 'a b' --output text", `aws x --query 'a b' \|  --output text`},
		{"aws --a b --c d", "aws --a b --c d"},
		{"aws --name aVeryLongValueThatHasNoRoomHere --z", `aws --name \|  aVeryLongValueThatHasNoRoomHere \|  --z`},
		{`aws --q "it's all one" -x`, `aws --q "it's all one" \|  -x`},
		{`aws --q 'it'\''s all one' -x`, `aws \|  --q 'it'\''s all one' \|  -x`},
		{`aws --q "a \" b c d e" --longer`, `aws --q "a \" b c d e" \|  --longer`},
	} {
		if got := strings.Join(shellLines(c.command, 25), "|"); got != c.want {
			t.Errorf("%s:\n%s, want\n%s", c.command, got, c.want)
		}
	}
}

// Where findings go by another time than what stands beside them, the reports for people say so.
func TestTwoClocks(t *testing.T) {
	r := incident(t)
	r.Diagnosis = &diagnose.Diagnosis{Findings: []diagnose.Finding{{ID: "idle-timeout", Key: "idle-timeout/api", First: start, Last: start.Add(time.Minute)}}}
	for _, field := range []string{"response", "created"} {
		r.Options.TimeField = field
		for _, c := range []struct {
			format func(io.Writer, *Report) error
			says   string
		}{
			{func(w io.Writer, r *Report) error { return Text(w, r, TextOptions{}) }, "(UTC, by the response; findings by the request)"},
			{HTML, "UTC, by when requests were answered; findings go by when they came in."},
			{Markdown, "These are the times at which requests came in"},
		} {
			var b bytes.Buffer
			if err := c.format(&b, r); err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(b.String(), c.says); got != (field == "response") {
				t.Errorf("by %s: %q is there: %v", field, c.says, got)
			}
			found := r.Diagnosis
			r.Diagnosis = &diagnose.Diagnosis{}
			b.Reset()
			if err := c.format(&b, r); err != nil {
				t.Fatal(err)
			}
			r.Diagnosis = found
			if strings.Contains(b.String(), c.says) {
				t.Errorf("by %s, without findings: %q is there", field, c.says)
			}
		}
	}
}
