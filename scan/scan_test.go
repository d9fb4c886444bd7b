package scan

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"alblens/internal/logname"
	"alblens/parser"
	"alblens/partial"
	"alblens/plan"
	"alblens/sources"
)

// logLine is a record of a second after 2026-11-20 14:00, with a 504 every tenth second.
func logLine(second int) string {
	at := time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC).Add(time.Duration(second) * time.Second)
	status, times := "200 200", "0.000 0.021 0.000"
	if second%10 == 0 {
		status, times = "504 -", "0.000 -1 -1"
	}
	return fmt.Sprintf(`https %s app/shop/50dc6c495c0c9188 192.0.2.10:41802 10.0.1.%d:8080 %s %s 412 18231 `+
		`"GET https://www.example.com:443/p%d HTTP/1.1" "curl/8.9.1" - - arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/6d0ecf831eec9f09 `+
		`"Root=1-6b00538c-%024x" "-" "-" 0 %s "forward" "-" "-"`,
		at.Format("2006-01-02T15:04:05.000000Z"), second%7, times, status, second%13, second, at.Add(-30*time.Millisecond).Format("2006-01-02T15:04:05.000000Z"))
}

// logText is the records of the seconds from first up to, not including, end.
func logText(first, end int) string {
	var b strings.Builder
	for s := first; s < end; s++ {
		b.WriteString(logLine(s))
		b.WriteByte('\n')
	}
	return b.String()
}

// stored is gzip without compression, in which a cut or a flipped bit hits what it is meant to.
func stored(text string) string {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.NoCompression)
	io.WriteString(w, text)
	w.Close()
	return b.String()
}

// An object is what a memory source holds under a name, and how it fails.
type object struct {
	name   string
	body   string
	walked bool  // met by walking, not named outright
	open   error // instead of the body
	fail   error // behind the body, instead of its end
	onRead func(read int)
}

// memory is a source that counts what it opens.
type memory struct {
	objects      []object
	opened, shut atomic.Int64
}

func (m *memory) List(context.Context, sources.Selection) iter.Seq2[sources.Ref, error] {
	return func(yield func(sources.Ref, error) bool) {
		for _, o := range m.objects {
			ref := sources.Ref{Name: o.name, Size: int64(len(o.body)), Log: logname.Parse(o.name), Named: !o.walked}
			if !yield(ref, nil) {
				return
			}
		}
	}
}

func (m *memory) Open(ctx context.Context, ref sources.Ref) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for i := range m.objects {
		if o := &m.objects[i]; o.name == ref.Name {
			if o.open != nil {
				return nil, o.open
			}
			m.opened.Add(1)
			return &body{object: o, rest: o.body, shut: &m.shut}, nil
		}
	}
	return nil, &sources.Problem{Name: ref.Name, Kind: sources.NotFound, Err: errors.New("no such object")}
}

type body struct {
	*object
	rest string
	shut *atomic.Int64
}

func (b *body) Read(p []byte) (int, error) {
	if b.onRead != nil {
		b.onRead(len(b.body) - len(b.rest))
	}
	if b.rest == "" {
		if b.fail != nil {
			return 0, b.fail
		}
		return 0, io.EOF
	}
	n := copy(p, b.rest[:min(len(b.rest), 4096)])
	b.rest = b.rest[n:]
	return n, nil
}

func (b *body) Close() error {
	b.shut.Add(1)
	return nil
}

func (m *memory) plan(t *testing.T) *plan.Plan {
	t.Helper()
	p, err := plan.Build(context.Background(), m, sources.Selection{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// check shows that everything opened was closed.
func (m *memory) check(t *testing.T) {
	t.Helper()
	if o, s := m.opened.Load(), m.shut.Load(); o != s {
		t.Errorf("%d objects opened, %d closed", o, s)
	}
}

func identities(t *testing.T, l *partial.Ledger) {
	t.Helper()
	if l == nil {
		t.Fatal("no ledger")
	}
	if l.Objects != l.Complete+l.Partial+l.Failed+l.Skipped {
		t.Errorf("%d objects are not %d complete, %d partial, %d failed, %d skipped", l.Objects, l.Complete, l.Partial, l.Failed, l.Skipped)
	}
	if l.Lines != l.Records+l.Malformed+l.Filtered {
		t.Errorf("%d lines are not %d records, %d malformed, %d filtered", l.Lines, l.Records, l.Malformed, l.Filtered)
	}
}

const awsName = "AWSLogs/111122223333/elasticloadbalancing/eu-west-1/2026/11/20/111122223333_elasticloadbalancing_eu-west-1_app.shop.50dc6c495c0c9188_20261120T1405Z_203.0.113.10_x7y8z9ab.log.gz"

const other = "this is a text of another kind, and so is every line of it\n"

// faulty is a source in which nearly everything is wrong that can be, and the ledger of it.
func faulty(t *testing.T) (*memory, partial.Ledger) {
	cut, flipped := stored(logText(30, 40)), []byte(stored(logText(40, 50)))
	const part = 100 // bytes of a line
	cut = cut[:10+5+len(logText(30, 34))+part]
	flipped[len(flipped)-8] ^= 1 // in the checksum
	torn := logText(50, 53)
	denied := &sources.Problem{Name: "e-denied.log", Kind: sources.Denied, Err: errors.New("AccessDenied"), Hint: "needs s3:GetObject"}
	changed := &sources.Problem{Name: "g-changed.log", Kind: sources.Changed, Err: errors.New("replaced while it was read")}
	long := logText(90, 91) + strings.Repeat("x", parser.MaxLine+1) + "\n" + logLine(91) // no line feed at its end
	junk := strings.Repeat(other, sniff/len(other)-1)                                    // a line short of 64 KiB
	m := &memory{objects: []object{
		{name: "a-plain.log", body: logText(0, 20)},
		{name: "b-members.log.gz", body: stored(logText(20, 25)) + stored(logText(25, 30))},
		{name: "c-cut.log.gz", body: cut},
		{name: "d-flipped.log.gz", body: string(flipped)},
		{name: "e-denied.log", open: denied},
		{name: "f-torn.log", body: torn + logLine(53)[:part], fail: errors.New("connection reset by peer")},
		{name: "g-changed.log", body: logText(54, 55), fail: changed},
		{name: "h-other.txt", body: other + other, walked: true},
		{name: "i-named.txt", body: other + other},
		{name: "j-late.log", body: junk + logText(60, 61) + junk, walked: true},
		{name: "k-too-late.log", body: junk + other + other + other + logText(70, 71), walked: true},
		{name: awsName, body: other, walked: true},
		{name: "l-long.log", body: long},
		{name: "m-empty.log", body: ""},
		{name: "n-header.log.gz", body: cut[:5]},
		{name: "o-broken.log", open: errors.New("input/output error")},
		{name: "p-garbage.log.gz", body: stored(logText(80, 82)) + "garbage"},
	}}
	junkLines := int64(strings.Count(junk, "\n"))
	want := partial.Ledger{
		Objects: 17, Complete: 6, Partial: 6, Failed: 3, Skipped: 2,
		Records:   20 + 10 + 4 + 10 + 3 + 1 + 1 + 2 + 2,
		Malformed: 2 + 2*junkLines + 1 + 1,
		Problems: []partial.Problem{
			{Name: awsName, Kind: "corrupt", Error: "no line is a record, though the name is that of an access log"},
			{Name: "c-cut.log.gz", Kind: "truncated", Error: "cut short: the gzip data ends in the middle; the last 100 bytes are part of a line, and left out", RecordsKept: 4},
			{Name: "d-flipped.log.gz", Kind: "corrupt", Error: "damaged gzip data: gzip: invalid checksum", RecordsKept: 10},
			{Name: "e-denied.log", Kind: "denied", Error: "AccessDenied (needs s3:GetObject)"},
			{Name: "f-torn.log", Kind: "unreadable", Error: "connection reset by peer; the last 100 bytes are part of a line, and left out", RecordsKept: 3},
			{Name: "g-changed.log", Kind: "changed", Error: "replaced while it was read", RecordsKept: 1},
			{Name: "n-header.log.gz", Kind: "truncated", Error: "cut short: the gzip data ends in the middle"},
			{Name: "o-broken.log", Kind: "unreadable", Error: "input/output error"},
			{Name: "p-garbage.log.gz", Kind: "corrupt", Error: "damaged gzip data: gzip: invalid header", RecordsKept: 2},
			{Name: "h-other.txt", Kind: "skipped", Error: "no access log: no line in its first 64 KiB is a record"},
			{Name: "k-too-late.log", Kind: "skipped", Error: "no access log: no line in its first 64 KiB is a record"},
		},
	}
	want.Lines = want.Records + want.Malformed
	want.FieldCounts[25] = want.Records
	for _, o := range m.objects {
		switch o.name[0] {
		case 'h', 'k', 'e', 'o': // skipped ones leave no trace, others were not opened
		case 'b', 'c', 'd', 'n', 'p':
			want.CompressedBytes += int64(len(o.body))
		default:
			want.CompressedBytes += int64(len(o.body))
			want.Bytes += int64(len(o.body))
		}
	}
	want.Bytes += int64(len(logText(20, 30)+logText(30, 34)+logText(40, 50)+logText(80, 82))) + part
	end := time.Date(2026, 11, 20, 14, 5, 0, 0, time.UTC) // in the one name that is AWS's
	want.Nodes = []partial.NodeDelivery{{LoadBalancer: "app/shop/50dc6c495c0c9188", Node: "203.0.113.10", First: end, Last: end, Slots: 1, Delivered: 1, Objects: 1, Delay: -1}}
	return m, want
}

// facts drops from a ledger what the cases do not hold.
func facts(l partial.Ledger) partial.Ledger {
	l.MalformedSamples = nil
	return l
}

func options() *partial.Options {
	o := partial.DefaultOptions()
	return &o
}

func TestSummarize(t *testing.T) {
	noLeak(t)
	var first *partial.Result
	for jobs := 1; jobs <= 8; jobs++ {
		m, want := faulty(t)
		c := Config{Jobs: jobs, Ahead: jobs * (jobs % 3), Meter: &Meter{}}
		whole, err := Summarize(context.Background(), m, m.plan(t), options(), c)
		if err != nil {
			t.Fatal(err)
		}
		m.check(t)
		identities(t, &whole.Ledger)
		result := whole.Freeze()
		if diff := cmp.Diff(want, facts(result.Ledger)); diff != "" {
			t.Fatalf("%d jobs (-want +got):\n%s", jobs, diff)
		}
		if n := result.Counts.Totals.Requests; int64(n) != want.Records {
			t.Errorf("%d jobs: %d requests, want %d", jobs, n, want.Records)
		}
		if n := result.Counts.Totals.ELB504; n != 9 { // seconds 0, 10, 20, 30, 40, 50, 60, 80 and 90
			t.Errorf("%d jobs: %d 504s, want 9", jobs, n)
		}
		if objects, _, _ := c.Meter.Read(); objects != int64(len(m.objects)) {
			t.Errorf("%d jobs: the meter shows %d objects", jobs, objects)
		}
		if first == nil {
			first = result
		} else if !reflect.DeepEqual(first, result) {
			t.Errorf("%d jobs: another Result than with 1", jobs)
		}
	}
	s := first.Ledger.MalformedSamples
	if len(s) != 10 || s[0].Name != "i-named.txt" || s[0].Line != 1 || s[0].Text != strings.TrimSpace(other) {
		t.Errorf("samples: %+v", s)
	}
}

// TestWindow selects records by their time: the rest are filtered, also in objects that are cut.
func TestWindow(t *testing.T) {
	for jobs := 1; jobs <= 3; jobs++ {
		m := &memory{objects: []object{
			{name: "a.log", body: logText(0, 100)},
			{name: "b.log", body: logText(100, 200) + "x\n", walked: true},
			{name: "c.log.gz", body: stored(logText(95, 105))[:3000]},
		}}
		o := options()
		start := time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)
		o.Since, o.Until = parser.Timestamp(start.Add(90*time.Second).UnixMicro()), parser.Timestamp(start.Add(101*time.Second).UnixMicro())
		whole, err := Summarize(context.Background(), m, m.plan(t), o, Config{Jobs: jobs})
		if err != nil {
			t.Fatal(err)
		}
		l := &whole.Ledger
		identities(t, l)
		if kept := l.Problems[0].RecordsKept; l.Records != 10+1+kept || kept != 6 || l.Malformed != 1 || l.Partial != 1 {
			t.Errorf("%+v", facts(*l))
		}
	}
}

func TestStrict(t *testing.T) {
	good := object{name: "a.log", body: logText(0, 5)}
	for _, tt := range []struct {
		name string
		bad  object
		want string
	}{
		{"line", object{name: "b.log", body: logText(0, 2) + other}, "b.log:3:6: time: not a time like 2026-11-20T14:05:00.123456Z"},
		{"cut", object{name: "b.log.gz", body: stored(logText(0, 2))[:100]}, "b.log.gz: cut short: the gzip data ends in the middle; the last 85 bytes are part of a line, and left out"},
		{"denied", object{name: "b.log", open: &sources.Problem{Name: "b.log", Kind: sources.Denied, Err: errors.New("AccessDenied")}}, "b.log: AccessDenied"},
		{"a skip is no fault", object{name: "b.txt", body: other, walked: true}, "c.log: told at last"},
		{"nor is a long one", object{name: "b.txt", body: strings.Repeat(other, 5000) + logText(0, 1), walked: true}, "c.log: told at last"},
		{"line before a record", object{name: "b.txt", body: other + other + logText(0, 1), walked: true}, "b.txt:1:6: time: not a time like 2026-11-20T14:05:00.123456Z"},
		{"nothing", object{name: "b.log", body: logText(5, 7)}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			noLeak(t)
			for jobs := 1; jobs <= 8; jobs++ {
				m := &memory{objects: []object{good, tt.bad, {name: "c.log", open: errors.New("told at last")}}}
				if tt.want == "" {
					m.objects = m.objects[:2]
				}
				p := m.plan(t)
				_, err := Summarize(context.Background(), m, p, options(), Config{Jobs: jobs, Strict: true})
				if fmt.Sprint(err) != tt.want && (err != nil || tt.want != "") {
					t.Errorf("Summarize: %v, want %s", err, tt.want)
				}
				_, err = Each(context.Background(), m, p, lines, io.Discard, Config{Jobs: jobs, Strict: true})
				if fmt.Sprint(err) != tt.want && (err != nil || tt.want != "") {
					t.Errorf("Each: %v, want %s", err, tt.want)
				}
				m.check(t)
			}
		})
	}
	m := &memory{objects: []object{good}}
	p := m.plan(t)
	p.Problems = []*sources.Problem{
		{Name: "conn_log_x.log", Kind: sources.Skipped, Err: errors.New("connection log by its name")},
		{Name: "s3://b/", Kind: sources.Denied, Err: errors.New("AccessDenied")},
	}
	for _, c := range []Config{{Strict: true}, {}} {
		_, err := Summarize(context.Background(), m, p, options(), c)
		_, err2 := Each(context.Background(), m, p, lines, io.Discard, c)
		if (err != nil) != c.Strict || (err2 != nil) != c.Strict {
			t.Errorf("strict %v: %v, %v", c.Strict, err, err2)
		}
	}
	if m.opened.Load() != 2 {
		t.Errorf("%d objects opened, want 2", m.opened.Load())
	}
}

// TestPlanProblems shows that what the plan knows is in the ledger.
func TestPlanProblems(t *testing.T) {
	m := &memory{objects: []object{{name: "a.log", body: logText(0, 5)}}}
	p := m.plan(t)
	p.Problems = []*sources.Problem{{Name: "b", Kind: sources.Denied, Err: errors.New("AccessDenied"), Hint: "needs s3:ListBucket"}}
	p.Duplicates = []plan.Duplicate{{Name: "c", SameAs: "a.log"}}
	p.Gaps = []plan.Gap{{LoadBalancer: "app/shop/1", Node: "203.0.113.10"}}
	p.Coverage = []plan.Coverage{{LoadBalancer: "app/shop/1", Node: "203.0.113.10", Late: 150}}
	end := time.Date(2026, 11, 20, 14, 5, 0, 0, time.UTC)
	for i := range 150 { // of which the latest hundred are named
		p.Late = append(p.Late, plan.Late{Name: fmt.Sprint(i), End: end, Arrived: end.Add(time.Duration(i) * time.Minute)})
	}
	whole, err := Summarize(context.Background(), m, p, options(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	each, err := Each(context.Background(), m, p, lines, io.Discard, Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []*partial.Ledger{&whole.Ledger, each} {
		identities(t, l)
		if l.Objects != 2 || l.Failed != 1 || len(l.Problems) != 1 || l.Problems[0] != (partial.Problem{Name: "b", Kind: "denied", Error: "AccessDenied (needs s3:ListBucket)"}) ||
			len(l.Duplicates) != 1 || l.Duplicates[0] != (partial.Duplicate{Name: "c", SameAs: "a.log"}) || len(l.Gaps) != 1 || l.Gaps[0].Node != "203.0.113.10" ||
			len(l.Nodes) != 1 || l.Nodes[0].Late != 150 || len(l.Late) != 100 || l.Late[0].Delay() != 149*time.Minute || l.Late[99].Name != "50" {
			t.Errorf("%+v", l)
		}
	}
}

// many is a source of objects whose reading ends the context when the one in the middle is half read.
func many(cancel func()) *memory {
	m := &memory{objects: slices.Clone(manyObjects())}
	m.objects[20].onRead = func(read int) {
		if read > len(m.objects[20].body)/2 {
			cancel()
		}
	}
	return m
}

var manyObjects = sync.OnceValue(func() (list []object) {
	for i := range 40 {
		o := object{name: fmt.Sprintf("%02d.log.gz", i), body: stored(logText(i*100, i*100+100))}
		if i == 20 {
			o.body = logText(0, 3000) // plain, so that it is not told as cut
		}
		list = append(list, o)
	}
	return list
})

func TestCancelled(t *testing.T) {
	noLeak(t)
	for jobs := 1; jobs <= 8; jobs++ {
		for _, strict := range []bool{false, true} {
			ctx, cancel := context.WithCancel(context.Background())
			m := many(cancel)
			p := m.plan(t)
			whole, err := Summarize(ctx, m, p, options(), Config{Jobs: jobs, Strict: strict})
			cancel()
			if err != nil {
				t.Fatalf("%d jobs, strict %v: %v", jobs, strict, err)
			}
			m.check(t)
			interruptedLedger(t, &whole.Ledger)
			records := whole.Ledger.Records
			if n := whole.Freeze().Counts.Totals.Requests; int64(n) != records {
				t.Errorf("%d jobs: %d requests, the ledger has %d", jobs, n, records)
			}

			ctx, cancel = context.WithCancel(context.Background())
			m = many(cancel)
			var out bytes.Buffer
			l, err := Each(ctx, m, p, lines, &out, Config{Jobs: jobs, Strict: strict})
			cancel()
			if err != nil {
				t.Fatalf("%d jobs, strict %v: %v", jobs, strict, err)
			}
			m.check(t)
			interruptedLedger(t, l)
			if n := bytes.Count(out.Bytes(), []byte("\n")); int64(n) != l.Records {
				t.Errorf("%d jobs: %d lines written, the ledger has %d", jobs, n, l.Records)
			}
		}
	}
}

// interruptedLedger holds the ledger of many.
func interruptedLedger(t *testing.T, l *partial.Ledger) {
	t.Helper()
	identities(t, l)
	if !l.Interrupted || l.Objects != 40 || l.Complete < 20-2*8 || l.Failed == 0 || l.Malformed > 0 {
		t.Errorf("%+v", facts(*l))
	}
	if int(l.Partial+l.Failed) != len(l.Problems) {
		t.Errorf("%d partial and %d failed, but %d problems", l.Partial, l.Failed, len(l.Problems))
	}
	for _, p := range l.Problems {
		if p.Kind != "interrupted" {
			t.Errorf("%+v", p)
		}
	}
	if last := l.Problems[len(l.Problems)-1]; last.Name != "39.log.gz" || last.Error != "not begun" {
		t.Errorf("last: %+v", last)
	}
}

// TestCancelledBefore begins nothing and still accounts for everything.
func TestCancelledBefore(t *testing.T) {
	noLeak(t)
	ctx, cancel := context.WithCancel(context.Background())
	m := many(cancel)
	p := m.plan(t)
	cancel()
	whole, err := Summarize(ctx, m, p, options(), Config{Jobs: 3})
	if err != nil {
		t.Fatal(err)
	}
	each, err := Each(ctx, m, p, lines, io.Discard, Config{Jobs: 3})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []*partial.Ledger{&whole.Ledger, each} {
		identities(t, l)
		if !l.Interrupted || l.Objects != 40 || l.Failed != 40 || l.Lines != 0 {
			t.Errorf("%+v", facts(*l))
		}
	}
}

// picker writes the place and the trace of every record whose status is 504, or of all.
type picker struct{ failed bool }

func (s picker) Append(dst []byte, r *parser.Record, ref *sources.Ref, line int) ([]byte, bool) {
	if s.failed && r.ELBStatus != 504 {
		return append(dst, "what is not wanted"...), false
	}
	return fmt.Appendf(dst, "%s:%d %s\n", ref.Name, line, r.Text(parser.FieldTraceID)), true
}

func lines() Selector { return picker{} }

func TestEach(t *testing.T) {
	noLeak(t)
	for jobs := 1; jobs <= 8; jobs++ {
		m, want := faulty(t)
		var out bytes.Buffer
		ledger, err := Each(context.Background(), m, m.plan(t), lines, &out, Config{Jobs: jobs, Ahead: jobs * (jobs % 3)})
		if err != nil {
			t.Fatal(err)
		}
		m.check(t)
		identities(t, ledger)
		want.FieldCounts = [partial.MaxFieldCount + 1]int64{} // nobody asks for them
		// Here they stand in the order of the plan, not sorted.
		for _, l := range []*partial.Ledger{&want, ledger} {
			slices.SortFunc(l.Problems, func(a, b partial.Problem) int { return strings.Compare(a.Name, b.Name) })
		}
		if diff := cmp.Diff(want, facts(*ledger)); diff != "" {
			t.Errorf("%d jobs (-want +got):\n%s", jobs, diff)
		}
		if diff := cmp.Diff(faultyRecords(), out.String()); diff != "" {
			t.Errorf("%d jobs (-want +got):\n%s", jobs, diff)
		}
	}
}

// faultyRecords is what Each writes of faulty, in the order of the plan.
func faultyRecords() string {
	var b strings.Builder
	add := func(name string, line int, seconds ...int) {
		for i, s := range seconds {
			fmt.Fprintf(&b, "%s:%d Root=1-6b00538c-%024x\n", name, line+i, s)
		}
	}
	count := func(first, end int) (list []int) {
		for s := first; s < end; s++ {
			list = append(list, s)
		}
		return list
	}
	add("a-plain.log", 1, count(0, 20)...)
	add("b-members.log.gz", 1, count(20, 30)...)
	add("c-cut.log.gz", 1, count(30, 34)...)
	add("d-flipped.log.gz", 1, count(40, 50)...)
	add("f-torn.log", 1, count(50, 53)...)
	add("g-changed.log", 1, 54)
	add("j-late.log", sniff/len(other), 60)
	add("l-long.log", 1, 90)
	add("l-long.log", 3, 91)
	add("p-garbage.log.gz", 1, 80, 81)
	return b.String()
}

// A recorder keeps what is written by the write.
type recorder struct {
	writes []int
	bytes.Buffer
}

func (r *recorder) Write(p []byte) (int, error) {
	r.writes = append(r.writes, len(p))
	return r.Buffer.Write(p)
}

// TestEachChunks writes an object that makes more text than is gathered, between others.
func TestEachChunks(t *testing.T) {
	const big = 20_000
	m := &memory{objects: []object{
		{name: "a.log", body: logText(0, 7)},
		{name: "b.log.gz", body: stored(logText(0, big))},
		{name: "c.log", body: logText(0, 7)},
	}}
	var want string
	for jobs := 1; jobs <= 4; jobs++ {
		var out recorder
		l, err := Each(context.Background(), m, m.plan(t), lines, &out, Config{Jobs: jobs})
		if err != nil {
			t.Fatal(err)
		}
		if l.Records != big+14 || l.Filtered != 0 {
			t.Errorf("%d records, %d filtered", l.Records, l.Filtered)
		}
		if n := strings.Count(out.String(), "\n"); n != big+14 {
			t.Errorf("%d jobs: %d lines", jobs, n)
		}
		for _, n := range out.writes {
			if n > chunk+100 {
				t.Errorf("%d jobs: %d bytes at once", jobs, n)
			}
		}
		if len(out.writes) < 3+out.Len()/(chunk+100) {
			t.Errorf("%d jobs: %d writes", jobs, len(out.writes))
		}
		if want == "" {
			want = out.String()
		}
		if out.String() != want {
			t.Errorf("%d jobs: other text than with 1", jobs)
		}
	}
}

func TestEachFilters(t *testing.T) {
	m := &memory{objects: []object{{name: "a.log", body: logText(0, 50) + other}}}
	var out bytes.Buffer
	l, err := Each(context.Background(), m, m.plan(t), func() Selector { return picker{failed: true} }, &out, Config{})
	if err != nil {
		t.Fatal(err)
	}
	identities(t, l)
	if l.Records != 5 || l.Filtered != 45 || l.Malformed != 1 || strings.Count(out.String(), "\n") != 5 || strings.Contains(out.String(), "not wanted") {
		t.Errorf("%+v\n%s", facts(*l), &out)
	}
}

// full is a writer with room for some bytes.
type full struct{ room int }

var errFull = errors.New("no space left on device")

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.room {
		return 0, errFull
	}
	f.room -= len(p)
	return len(p), nil
}

func TestEachOutputFails(t *testing.T) {
	noLeak(t)
	big := object{name: "00-big.log", body: logText(0, 10_000)}
	for jobs := 1; jobs <= 8; jobs++ {
		for _, room := range []int{0, 1000, 3 * chunk} {
			m := many(func() {})
			m.objects = append(m.objects, big)
			l, err := Each(context.Background(), m, m.plan(t), lines, &full{room}, Config{Jobs: jobs})
			if err != errFull || l != nil {
				t.Errorf("%d jobs, room for %d: %v", jobs, room, err)
			}
			m.check(t)
		}
	}
}

func TestMeter(t *testing.T) {
	noLeak(t)
	text := logText(0, 50)
	m := &memory{objects: []object{{name: "a.log", body: text}, {name: "b.log.gz", body: stored(text)}}}
	meter := &Meter{}
	called := make(chan bool, 1)
	stop := meter.Watch(time.Microsecond, func(int64, int64, int64) {
		select {
		case called <- true:
		default:
		}
	})
	if _, err := Summarize(context.Background(), m, m.plan(t), options(), Config{Meter: meter}); err != nil {
		t.Fatal(err)
	}
	<-called
	stop()
	objects, compressed, all := meter.Read()
	if objects != 2 || compressed != int64(len(text)+len(stored(text))) || all != int64(2*len(text)) {
		t.Errorf("%d objects, %d bytes stored, %d of text", objects, compressed, all)
	}
}

// Done is told of every object once, in the order of the plan, and its ledgers add up to the whole.
func TestDone(t *testing.T) {
	m, want := faulty(t)
	p := m.plan(t)
	for _, jobs := range []int{1, 4} {
		var names []string
		var sum partial.Ledger
		c := Config{Jobs: jobs, Done: func(ref *sources.Ref, l *partial.Ledger, _ bool) {
			names = append(names, ref.Name)
			sum.Fold(l)
		}}
		if _, err := Summarize(t.Context(), m, p, options(), c); err != nil {
			t.Fatal(err)
		}
		if _, err := Each(t.Context(), m, p, lines, io.Discard, c); err != nil {
			t.Fatal(err)
		}
		for i, name := range names {
			if name != p.Objects[i%len(p.Objects)].Name {
				t.Fatalf("%d jobs: %s at %d", jobs, name, i)
			}
		}
		if len(names) != 2*len(p.Objects) || sum.Lines != 2*want.Lines || sum.Objects != 2*want.Objects || len(sum.Problems) != 2*len(want.Problems) {
			t.Errorf("%d jobs: %d objects, %+v", jobs, len(names), facts(sum))
		}
	}
}

// stalled is a source one of whose objects is never opened, another never read: until the context ends.
type stalled struct{ *memory }

func (s stalled) Open(ctx context.Context, ref sources.Ref) (io.ReadCloser, error) {
	switch ref.Name {
	case "silent.log":
		<-ctx.Done()
		return nil, ctx.Err()
	case "slow.log":
		return silentBody{ctx}, nil
	}
	return s.memory.Open(ctx, ref)
}

type silentBody struct{ ctx context.Context }

func (b silentBody) Read([]byte) (int, error) {
	<-b.ctx.Done()
	return 0, b.ctx.Err()
}

func (silentBody) Close() error { return nil }

// TestEndsWithoutWaiting shows that a run that an error ends does not wait for objects that it wants no more.
func TestEndsWithoutWaiting(t *testing.T) {
	noLeak(t)
	m := stalled{&memory{objects: []object{
		{name: "a.log", body: logText(0, 2) + other}, {name: "silent.log", body: "1"}, {name: "slow.log", body: "1"},
	}}}
	p := m.plan(t)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for jobs := 1; jobs <= 3; jobs++ {
		c := Config{Jobs: jobs, Ahead: 3, Strict: true}
		if _, err := Summarize(ctx, m, p, options(), c); err == nil || !strings.HasPrefix(err.Error(), "a.log:3:") {
			t.Errorf("Summarize: %v", err)
		}
		c.Strict = false
		if _, err := Each(ctx, m, p, lines, &full{0}, c); err != errFull {
			t.Errorf("Each: %v", err)
		}
	}
	if ctx.Err() != nil {
		t.Error("it was waited for what was not wanted any more")
	}
}
