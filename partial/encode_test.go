package partial

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"alblens/aggregate"
	"alblens/evidence"
	"alblens/internal/pathtemplate"
	"alblens/internal/simulate"
	"alblens/internal/wire"
)

// A text is an object of a simulated log, unpacked.
type text struct {
	name  string
	lines [][]byte
}

// incident is eight minutes of a log with failures of many kinds, and a few lines that are none.
func incident(t testing.TB, seed uint64) []text {
	t.Helper()
	config := simulate.Demo(seed)
	config.Duration = 8 * time.Minute
	objects, err := simulate.Generate(config)
	if err != nil {
		t.Fatal(err)
	}
	var list []text
	for o := range objects {
		z, err := gzip.NewReader(bytes.NewReader(o.Body))
		if err != nil {
			t.Fatal(err)
		}
		all, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		lines := slices.Collect(bytes.Lines(all))
		lines = slices.Insert(lines, len(lines)/2, []byte("no record "+o.Key))
		list = append(list, text{o.Key, lines})
	}
	return list
}

func (x text) build(b *Builder) *Partial {
	b.Begin(x.name, "10.0.0.7")
	size := int64(0)
	for i, line := range x.lines {
		b.Line(bytes.TrimSuffix(line, []byte("\n")), i+1, nil)
		size += int64(len(line))
	}
	return b.End(size/9, size, nil)
}

func dimensions(t testing.TB, words ...string) (by []aggregate.Dimension) {
	for _, word := range words {
		d, err := aggregate.ParseDimension(word)
		if err != nil {
			t.Fatal(err)
		}
		by = append(by, d)
	}
	return by
}

// variants are Options under which different things overflow.
func variants(t testing.TB) map[string]*Options {
	roomy, tight, tiny := DefaultOptions(), DefaultOptions(), DefaultOptions()
	templates, err := pathtemplate.New([]string{"^/assets/=/assets"})
	if err != nil {
		t.Fatal(err)
	}
	roomy.Aggregate.Paths = templates
	tight.Aggregate = aggregate.Options{
		By:     dimensions(t, "target", "path", "time", "client", "target+path", "user-agent", "lb", "status", "rule", "method", "node+time"),
		Bucket: 10 * time.Second, ByCreation: true, Limit: 3 << 20,
	}
	tight.FoldLimit = 6 << 20
	tight.Evidence = evidence.Options{Samples: 2, Failures: 15, Texts: 8 << 10, Lives: 8 << 10}
	tight.Since = micros(time.Date(2026, 11, 20, 14, 2, 0, 0, time.UTC))
	tiny.Aggregate = aggregate.Options{By: dimensions(t, "time", "path", "client+path"), Bucket: time.Second, Limit: 100 << 10}
	tiny.FoldLimit = 150 << 10
	tiny.Evidence = evidence.Options{Samples: 1, Failures: 5, Texts: 1, Lives: 1}
	return map[string]*Options{"roomy": &roomy, "tight": &tight, "tiny": &tiny}
}

func encoded(p *Partial) []byte {
	var e wire.Encoder
	p.Encode(&e)
	return e.Bytes()
}

// reborn is p, written and read.
func reborn(t testing.TB, p *Partial, o *Options, folded bool) *Partial {
	t.Helper()
	text := encoded(p)
	q, err := Decode(text, o, folded)
	if err != nil {
		t.Fatal(err)
	}
	if q.Bytes() != p.Bytes() {
		t.Errorf("%d bytes of memory became %d", p.Bytes(), q.Bytes())
	}
	if again := encoded(q); !bytes.Equal(again, text) {
		t.Errorf("%d bytes are written as %d others", len(text), len(again))
	}
	return q
}

// Folding what was written and read gives the Result of folding what was built, at every step, whatever overflows.
func TestReborn(t *testing.T) {
	for name, o := range variants(t) {
		objects := incident(t, 3)
		b := NewBuilder(o)
		rnd := rand.New(rand.NewPCG(1, 9))
		want, got := Empty(o), reborn(t, Empty(o), o, true)
		for _, x := range objects {
			want.Fold(x.build(b))
			got.Fold(reborn(t, x.build(b), o, false))
			if rnd.IntN(3) == 0 {
				got = reborn(t, got, o, true)
			}
			if !bytes.Equal(encoded(got), encoded(want)) {
				t.Fatalf("%s: not the same after %s", name, x.name)
			}
		}
		if n := want.Ledger.Malformed; n != int64(len(objects)) {
			t.Errorf("%s: %d malformed lines of %d", name, n, len(objects))
		}
		if d := gocmp.Diff(reborn(t, got, o, true).Freeze(), want.Freeze(), gocmp.AllowUnexported(evidence.Sample{}, evidence.Bits{})); d != "" {
			t.Errorf("%s: got -, want +:\n%s", name, d)
		}
	}
}

// The variants do what they are for.
func TestVariantsOverflow(t *testing.T) {
	for name, want := range map[string]bool{"roomy": false, "tight": true, "tiny": true} {
		o := variants(t)[name]
		whole, b := Empty(o), NewBuilder(o)
		dropped := uint64(0)
		for _, x := range incident(t, 3) {
			whole.Fold(x.build(b))
		}
		r := whole.Freeze()
		for _, table := range r.Counts.Tables {
			dropped += table.KeysDropped
		}
		failed := uint64(0)
		for _, c := range r.Evidence.Causes {
			failed += c.Requests
		}
		if (dropped > 0) != want || (failed > uint64(len(r.Evidence.Failures))) != want {
			t.Errorf("%s: %d keys dropped, %d of %d failures kept", name, dropped, len(r.Evidence.Failures), failed)
		}
	}
}

// Every field of the Options makes another key, but for what a window selects, and for the bound of folds where nothing
// is folded. A field that is added is held to it.
func TestEncodeKey(t *testing.T) {
	key := func(o *Options, folded bool) string {
		var e wire.Encoder
		o.EncodeKey(&e, folded)
		return string(e.Bytes())
	}
	base := DefaultOptions()
	seen := map[string]string{key(&base, false): "single", key(&base, true): "folded"}
	if len(seen) != 2 {
		t.Error("a folded Partial has the key of a single one")
	}
	var walk func(path string, v reflect.Value, o *Options)
	walk = func(path string, v reflect.Value, o *Options) {
		for i := range v.NumField() {
			f := v.Field(i)
			name := path + v.Type().Field(i).Name
			if f.Kind() == reflect.Struct {
				walk(name+".", f, o)
				continue
			}
			old := reflect.ValueOf(f.Interface())
			switch x := f.Addr().Interface().(type) {
			case *int:
				*x = 1234567
			case *bool:
				*x = !*x
			case *time.Duration:
				*x = 17 * time.Second
			case *[]aggregate.Dimension:
				*x = dimensions(t, "target+path", "time")
			case **pathtemplate.Templates:
				*x, _ = pathtemplate.New([]string{"a=b"})
			default:
				if name != "Since" && name != "Until" {
					t.Fatalf("%s is of a new kind", name)
				}
				f.SetInt(5)
			}
			for _, folded := range []bool{false, true} {
				k := key(o, folded)
				unchanged := name == "Since" || name == "Until" || name == "FoldLimit" && !folded
				if other, met := seen[k]; met != unchanged {
					t.Errorf("%s, folded %v: met %v, as %s", name, folded, met, other)
				}
				seen[k] = fmt.Sprint(name, folded)
			}
			f.Set(old)
		}
	}
	o := base
	walk("", reflect.ValueOf(&o).Elem(), &o)
	withTemplates := func(specs ...string) *Options {
		o := base
		var err error
		if o.Aggregate.Paths, err = pathtemplate.New(specs); err != nil {
			t.Fatal(err)
		}
		return &o
	}
	for _, specs := range [][]string{{}, {"a=c"}, {"a=b", "c=d"}, {"c=d", "a=b"}} {
		k := key(withTemplates(specs...), false)
		if other, met := seen[k]; met {
			t.Errorf("templates %q have the key of %s", specs, other)
		}
		seen[k] = fmt.Sprint(specs)
	}
}

// What was asked for in full and by default is the same.
func TestEncodeKeyOfDefaults(t *testing.T) {
	a, b := DefaultOptions(), DefaultOptions()
	b.Aggregate = aggregate.Options{By: aggregate.DefaultBy(), Bucket: time.Minute, Limit: 32 << 20}
	b.Evidence = evidence.Options{Samples: 3, Failures: 20_000, Texts: 512 << 10, Lives: 4 << 20}
	var x, y wire.Encoder
	a.EncodeKey(&x, false)
	b.EncodeKey(&y, false)
	if !bytes.Equal(x.Bytes(), y.Bytes()) {
		t.Errorf("%q and %q", x.Bytes(), y.Bytes())
	}
}

func TestSpanAndWhole(t *testing.T) {
	o := window()
	b := NewBuilder(o)
	b.Begin("x.log", "")
	for i, at := range []time.Duration{3 * time.Second, time.Second, 9 * time.Second, -time.Second} {
		if err := b.Line([]byte(line(noon.Add(at).Format(layout), "-")), i+1, nil); err != nil {
			t.Fatal(err)
		}
	}
	p := b.End(1, 1, nil)
	if first, last, ok := p.Span(); first != micros(noon.Add(time.Second)) || last != micros(noon.Add(9*time.Second)) || !ok {
		t.Errorf("from %v to %v, %v", first.Time(), last.Time(), ok)
	}
	if !p.Whole() {
		t.Error("it is whole")
	}
	b.Begin("x.log", "")
	if p = b.End(1, 1, nil); !p.Whole() {
		t.Error("an empty one is whole")
	}
	if _, _, ok := p.Span(); ok {
		t.Error("an empty one has a span")
	}
	b.Begin("x.log", "")
	b.Line([]byte(line(noon.Format(layout), "-")), 1, nil)
	if p := b.End(1, 1, &Problem{Name: "x.log", Kind: "truncated"}); p.Whole() {
		t.Error("one that was cut is whole")
	}
	b.Begin("x.log", "")
	if p := b.End(1, 1, &Problem{Name: "x.log", Kind: Skipped}); p.Whole() {
		t.Error("one that was skipped is whole")
	}
}

// Bytes that nobody wrote are refused, or decoded to what can be written again, folded and frozen, in memory that they
// are in proportion to.
func FuzzDecode(f *testing.F) {
	all := variants(f)
	names := slices.Sorted(func(yield func(string) bool) {
		for name := range all {
			if !yield(name) {
				return
			}
		}
	})
	for i, name := range names {
		o := all[name]
		b, whole := NewBuilder(o), Empty(o)
		for _, x := range incident(f, 3)[:2] {
			x.lines = x.lines[:min(len(x.lines), 8)]
			p := x.build(b)
			f.Add(encoded(p), byte(i))
			whole.Fold(p)
		}
		f.Add(encoded(whole), byte(i+len(names)))
		f.Add(encoded(Empty(o)), byte(i+len(names)))
	}
	f.Fuzz(func(t *testing.T, text []byte, as byte) {
		o := all[names[int(as)%len(names)]]
		folded := int(as) >= len(names)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		p, err := Decode(text, o, folded)
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 200*uint64(len(text))+1<<20 {
			t.Errorf("%d bytes take %d", len(text), took)
		}
		if err != nil {
			return
		}
		again, err := Decode(encoded(p), o, folded)
		if err != nil {
			t.Fatal("what was decoded and written cannot be read")
		}
		whole := Empty(o)
		whole.Fold(p)
		whole.Fold(again)
		whole.Freeze()
	})
}
