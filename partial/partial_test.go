package partial

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"alblens/aggregate"
	"alblens/evidence"
	"alblens/parser"
)

const layout = "2006-01-02T15:04:05.000000Z"

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// line is a 504 of the load balancer at a time, created at another ("-" for none), with 22 fields and more.
func line(at, created string, more ...string) string {
	return strings.TrimSpace(fmt.Sprintf(`http %s app/shop/50dc6c495c0c9188 203.0.113.7:50123 10.0.1.9:80 0.001 -1 -1 504 - 321 456 `+
		`"GET http://shop.example:80/cart HTTP/1.1" "curl/8.9.1" - - arn:web "-" "-" "-" 0 %s %s`, at, created, strings.Join(more, " ")))
}

func micros(t time.Time) parser.Timestamp { return parser.Timestamp(t.UnixMicro()) }

func TestSelects(t *testing.T) {
	const since, until = "2026-11-20T12:00:00.000000Z", "2026-11-20T13:00:00.000000Z"
	const before, inside, lastInside = "2026-11-20T11:59:59.999999Z", "2026-11-20T12:30:00.000000Z", "2026-11-20T12:59:59.999999Z"
	both := Options{Since: micros(noon), Until: micros(noon.Add(time.Hour))}
	from, to, all := both, both, DefaultOptions()
	from.Until, to.Since = parser.NoTimestamp, parser.NoTimestamp
	for _, c := range []struct {
		at, created          string
		both, from, to       bool // by the time of the response
		bothC, fromC, toThen bool // by that of creation
	}{
		{before, before, false, false, true, false, false, true},
		{since, before, true, true, true, false, false, true},
		{inside, since, true, true, true, true, true, true},
		{lastInside, inside, true, true, true, true, true, true},
		{until, inside, false, true, false, true, true, true},
		{until, lastInside, false, true, false, true, true, true},
		{until, until, false, true, false, false, true, false},
		// A line without a creation time is selected by its only one.
		{before, "-", false, false, true, false, false, true},
		{since, "-", true, true, true, true, true, true},
		{until, "-", false, true, false, false, true, false},
	} {
		var r parser.Record
		if err := r.Parse([]byte(line(c.at, c.created))); err != nil {
			t.Fatal(err)
		}
		for _, x := range []struct {
			name            string
			o               Options
			response, onset bool
		}{
			{"[since, until)", both, c.both, c.bothC},
			{"[since, …", from, c.from, c.fromC},
			{"…, until)", to, c.to, c.toThen},
			{"all", all, true, true},
		} {
			for _, want := range []bool{x.response, x.onset} {
				if got := x.o.Selects(&r); got != want {
					t.Errorf("%s, by creation %v: at %s, created %s: selected %v", x.name, x.o.Aggregate.ByCreation, c.at, c.created, got)
				}
				x.o.Aggregate.ByCreation = true
			}
		}
	}
}

// An object is one as a test makes it up, with the ledger that it must have.
type object struct {
	name    string
	lines   []string
	errs    []error // of reading each line
	stored  int64   // its bytes
	text    int64
	problem *Problem
	want    Ledger
}

var malformed = []struct {
	line, field, err string
	column           int
}{
	{"", "type", "the line ends here, want at least 12 fields", 1},
	{"not a log", "client:port", "the line ends here, want at least 12 fields", 10},
	{"http yesterday a 1.1.1.1:1 - 1 1 1 200 200 1 1", "time", "not a time like 2026-11-20T14:05:00.123456Z", 6},
	{"http 2026-11-20T14:05:00Z a 1.1.1.1:1 - 1 1 1 2000 200 1 1", "elb_status_code", "not a status of three digits or -", 47},
}

// randomObject is one of a few lines of all kinds, in full, cut short, or skipped.
func randomObject(rnd *rand.Rand, name string) object {
	o := object{name: name, stored: 1 + rnd.Int64N(1000), text: 1 + rnd.Int64N(1000)}
	w := &o.want
	w.Objects, w.CompressedBytes, w.Bytes = 1, o.stored, o.text
	for n := range rnd.IntN(30) {
		w.Lines++
		text, err := "", error(nil)
		bad := func(field, message string, column int) {
			w.Malformed++
			if w.Malformed <= 10 {
				w.MalformedSamples = append(w.MalformedSamples, MalformedSample{
					Name: name, Line: n + 1, Column: column, Field: field, Error: message, Text: text[:min(len(text), 300)],
				})
			}
		}
		switch rnd.IntN(6) {
		case 0:
			m := malformed[rnd.IntN(len(malformed))]
			text = m.line
			bad(m.field, m.err, m.column)
		case 1:
			text, err = strings.Repeat("x", 299+rnd.IntN(3)), parser.ErrTooLong
			bad("type", "line longer than 1 MiB", 1)
		case 2:
			text = line(noon.Add(-time.Second).Format(layout), "-")
			w.Filtered++
		default:
			more := make([]string, rnd.IntN(50))
			for i := range more {
				more[i] = "-"
			}
			text = line(noon.Add(time.Second).Format(layout), "-", more...)
			w.Records++
			w.FieldCounts[min(22+len(more), 63)]++
		}
		o.lines, o.errs = append(o.lines, text), append(o.errs, err)
	}
	switch rnd.IntN(4) {
	case 0: // a fault
		o.problem = &Problem{Name: name, Kind: "truncated", Error: "unexpected end"}
		w.Problems = []Problem{{Name: name, Kind: "truncated", Error: "unexpected end", RecordsKept: w.Records}}
		if w.Lines > 0 {
			w.Partial = 1
		} else {
			w.Failed = 1
		}
	case 1: // no log at all: its lines do not count
		o.problem = &Problem{Name: name, Kind: "skipped", Error: "no access log"}
		*w = Ledger{Objects: 1, Skipped: 1, Problems: []Problem{*o.problem}}
	default:
		w.Complete = 1
	}
	return o
}

// window selects what comes at noon and later.
func window() *Options {
	o := DefaultOptions()
	o.Since = micros(noon)
	return &o
}

// build has a Builder read an object whose lines are overwritten behind it.
func (o object) build(t *testing.T, b *Builder) *Partial {
	t.Helper()
	b.Begin(o.name, "10.0.0.7")
	records, bad := 0, 0
	for i, text := range o.lines {
		buffer := []byte(text)
		err := b.Line(buffer, i+1, o.errs[i])
		for k := range buffer {
			buffer[k] = 0xCC
		}
		if err == nil {
			records++
		} else if syntax, ok := errors.AsType[*parser.SyntaxError](err); !ok || syntax.Name != o.name || syntax.Line != i+1 {
			t.Errorf("%s:%d: error without its place: %v", o.name, i+1, err)
		} else {
			bad++
		}
		if b.Empty() != (records == 0) {
			t.Errorf("%s: after %d records, Empty() = %v", o.name, records, b.Empty())
		}
	}
	if records+bad != len(o.lines) {
		t.Errorf("%s: %d records and %d bad lines of %d", o.name, records, bad, len(o.lines))
	}
	return b.End(o.stored, o.text, o.problem)
}

// checkIdentities holds what a Ledger promises.
func checkIdentities(t *testing.T, l *Ledger) {
	t.Helper()
	if l.Objects != l.Complete+l.Partial+l.Failed+l.Skipped {
		t.Errorf("%d objects, but %d complete, %d partial, %d failed and %d skipped", l.Objects, l.Complete, l.Partial, l.Failed, l.Skipped)
	}
	if l.Lines != l.Records+l.Malformed+l.Filtered {
		t.Errorf("%d lines, but %d records, %d malformed and %d filtered", l.Lines, l.Records, l.Malformed, l.Filtered)
	}
	var records int64
	for _, n := range l.FieldCounts {
		records += n
	}
	if records != l.Records {
		t.Errorf("fields of %d records are counted, of %d", records, l.Records)
	}
	if int64(len(l.Problems)) != l.Partial+l.Failed+l.Skipped {
		t.Errorf("%d problems, but %d partial, %d failed and %d skipped", len(l.Problems), l.Partial, l.Failed, l.Skipped)
	}
	if want := min(l.Malformed, 10); int64(len(l.MalformedSamples)) != want {
		t.Errorf("%d malformed samples of %d, want %d", len(l.MalformedSamples), l.Malformed, want)
	}
}

// Objects of every fate, built by one Builder and folded one after the other.
func TestLedger(t *testing.T) {
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		b := NewBuilder(window())
		whole, want := Empty(window()), Ledger{}
		for i := range rnd.IntN(15) {
			o := randomObject(rnd, fmt.Sprintf("object-%02d", rnd.IntN(5)*10+i))
			p := o.build(t, b)
			checkIdentities(t, &p.Ledger)
			if d := gocmp.Diff(p.Ledger, o.want); d != "" {
				t.Fatalf("seed %d: %s: got -, want +:\n%s", seed, o.name, d)
			}
			whole.Fold(p)
			addLedger(&want, o.want)
			checkIdentities(t, &whole.Ledger)
			if d := gocmp.Diff(whole.Ledger, want); d != "" {
				t.Fatalf("seed %d: folded: got -, want +:\n%s", seed, d)
			}
		}
		got := whole.Freeze()
		if got.Counts.Totals.Requests != uint64(want.Records) {
			t.Errorf("seed %d: %d requests counted, want %d", seed, got.Counts.Totals.Requests, want.Records)
		}
		failures := uint64(0)
		for _, c := range got.Evidence.Causes {
			failures += c.Requests
		}
		if failures != got.Counts.Totals.ELB5xx || failures != got.Counts.Totals.Requests {
			t.Errorf("seed %d: all of %d requests failed; the evidence has %d, the counts %d", seed, got.Counts.Totals.Requests,
				failures, got.Counts.Totals.ELB5xx)
		}
	}
}

// addLedger adds b to a by going over all fields: numbers are added, lists joined.
func addLedger(a *Ledger, b Ledger) {
	sum, next := reflect.ValueOf(a).Elem(), reflect.ValueOf(b)
	for i := range sum.NumField() {
		switch f, g := sum.Field(i), next.Field(i); f.Kind() {
		case reflect.Int64:
			f.SetInt(f.Int() + g.Int())
		case reflect.Array:
			for k := range f.Len() {
				f.Index(k).SetInt(f.Index(k).Int() + g.Index(k).Int())
			}
		case reflect.Bool:
			f.SetBool(f.Bool() || g.Bool())
		case reflect.Slice:
			f.Set(reflect.AppendSlice(f, g))
		}
	}
	a.MalformedSamples = a.MalformedSamples[:min(len(a.MalformedSamples), 10)]
}

// What a fold joins, field by field: no two of them have the same number, so that none can take another's place.
func TestFoldTakesEveryField(t *testing.T) {
	a, b := Ledger{}, Ledger{}
	for i, l := range []*Ledger{&a, &b} {
		v := reflect.ValueOf(l).Elem()
		for k := range v.NumField() {
			if f := v.Field(k); f.Kind() == reflect.Int64 {
				f.SetInt(int64((k + 1) * (1 + i*1000)))
			}
		}
		name := fmt.Sprint(i)
		for k := range l.FieldCounts {
			l.FieldCounts[k] = int64((k + 1) * (1 + i*1000))
		}
		l.Problems = []Problem{{Name: "z" + name}, {Name: "a" + name}}
		for k := range 7 {
			l.MalformedSamples = append(l.MalformedSamples, MalformedSample{Name: name, Line: k})
		}
		l.Duplicates = []Duplicate{{Name: name, SameAs: "x"}}
		l.Gaps = []Gap{{LoadBalancer: name, Node: "n", From: noon, To: noon.Add(time.Hour)}}
		l.Nodes = []NodeDelivery{{LoadBalancer: name, Node: "n", Objects: 7}}
		l.Late = []LateObject{{Name: name, End: noon, Arrived: noon.Add(time.Hour)}}
	}
	b.Interrupted = true
	want := Ledger{}
	addLedger(&want, a)
	addLedger(&want, b)
	a.Fold(&b)
	if d := gocmp.Diff(a, want); d != "" {
		t.Errorf("got -, want +:\n%s", d)
	}
	b.Interrupted = false
	a.Fold(&b)
	if !a.Interrupted {
		t.Error("a run that was interrupted stays so")
	}
}

// A long malformed line is kept as far as it may be useful, and one that failed to be read is malformed for that reason.
func TestAddMalformed(t *testing.T) {
	var l Ledger
	err := l.AddMalformed("x.log", 7, []byte(strings.Repeat("é", 200)), parser.ErrTooLong)
	if want := "x.log:7:1: type: line longer than 1 MiB"; err.Error() != want || !errors.Is(err, parser.ErrTooLong) {
		t.Errorf("error %q, want %q", err, want)
	}
	if got := l.MalformedSamples[0]; len(got.Text) != 300 || got.Error != "line longer than 1 MiB" {
		t.Errorf("sample of %d bytes, %q", len(got.Text), got.Error)
	}
	var r parser.Record
	bad := "http 2026-11-20T14:05:00Z app/x 1.1.1.1:1 - 1 1 oops 200 200 1 1"
	err = l.AddMalformed("y.log", 8, []byte(bad), r.Parse([]byte(bad)))
	if want := "y.log:8:49: response_processing_time: not a number of seconds or -1"; err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
	if l.Malformed != 2 || l.Lines != 0 { // lines are counted by who reads them
		t.Errorf("%d malformed, %d lines", l.Malformed, l.Lines)
	}
}

func TestMalformedShare(t *testing.T) {
	for _, c := range []struct {
		l    Ledger
		want float64
	}{{Ledger{}, 0}, {Ledger{Lines: 8, Malformed: 2}, 0.25}, {Ledger{Lines: 3, Malformed: 3}, 1}} {
		if got := c.l.MalformedShare(); got != c.want {
			t.Errorf("%d of %d: %v, want %v", c.l.Malformed, c.l.Lines, got, c.want)
		}
	}
}

// Problems come with the real ones first, then by name, so that they do not tell when they were found.
func TestFreezeSortsProblems(t *testing.T) {
	p := Empty(window())
	for _, x := range []Problem{{Name: "c", Kind: Skipped}, {Name: "b", Kind: "denied"}, {Name: "a", Kind: Skipped}, {Name: "d", Kind: "truncated", RecordsKept: 1}} {
		p.Ledger.AddProblem(x)
	}
	got := p.Freeze()
	names := ""
	for _, x := range got.Ledger.Problems {
		names += x.Name
	}
	if names != "bdac" {
		t.Errorf("problems in the order of %s, want bdac", names)
	}
	checkIdentities(t, &got.Ledger)
}

// However objects are grouped before they are folded, in order, the Result is the same.
func TestFoldAnyTree(t *testing.T) {
	for seed := range uint64(10) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		var objects []object
		for i := range 1 + rnd.IntN(12) {
			objects = append(objects, randomObject(rnd, fmt.Sprintf("object-%02d", i)))
		}
		fold := func(pick func(n int) int) *Result {
			list := []*Partial{Empty(window())}
			b := NewBuilder(window())
			for _, o := range objects {
				list = append(list, o.build(t, b))
			}
			for len(list) > 1 {
				i := pick(len(list) - 1)
				list[i].Fold(list[i+1])
				list = append(list[:i+1], list[i+2:]...)
			}
			return list[0].Freeze()
		}
		want := fold(func(int) int { return 0 })
		got := fold(rnd.IntN)
		if d := gocmp.Diff(got, want, gocmp.AllowUnexported(evidence.Sample{}, evidence.Bits{})); d != "" {
			t.Errorf("seed %d: got -, want +:\n%s", seed, d)
		}
	}
}

// The node that the object's name tells is used for lines from before the node was logged, and forgotten with the object.
func TestNodeOfTheName(t *testing.T) {
	o := DefaultOptions()
	o.Aggregate.By = []aggregate.Dimension{{aggregate.Node}}
	b := NewBuilder(&o)
	whole := Empty(&o)
	for _, node := range []string{"10.0.0.7", "", "10.0.0.8"} {
		b.Begin("x.log", node)
		if err := b.Line([]byte(line(noon.Format(layout), "-")), 1, nil); err != nil {
			t.Fatal(err)
		}
		whole.Fold(b.End(1, 1, nil))
	}
	got := ""
	for _, r := range whole.Freeze().Counts.Tables[0].Rows {
		got += fmt.Sprint(r.Values[0], r.Requests, " ")
	}
	if want := "{ true} 1 {10.0.0.7 false} 1 {10.0.0.8 false} 1 "; got != want {
		t.Errorf("nodes %s, want %s", got, want)
	}
}
