package partial

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"reflect"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"alblens/internal/simulate"
)

// simulated are the Partials of a log with many failures, an object each.
func simulated(t *testing.T) []*Partial {
	t.Helper()
	o := DefaultOptions()
	objects, err := simulate.Generate(simulate.Config{
		Duration: 20 * time.Minute, RequestsPerSecond: 20,
		System: &simulate.System{
			API: simulate.Server{KeepAlive: 2 * time.Second},
			Incidents: []simulate.Incident{
				{Kind: simulate.Crash, From: 5 * time.Minute, For: 2 * time.Minute, Group: "web"},
				{Kind: simulate.Malformed, Group: "api", Path: "/api/reports/{int}", Share: 0.5},
			},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	b := NewBuilder(&o)
	var list []*Partial
	for x := range objects {
		b.Begin(x.Key, "203.0.113.10")
		z, err := gzip.NewReader(bytes.NewReader(x.Body))
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(z)
		lines.Buffer(nil, 1<<20)
		for n := 1; lines.Scan(); n++ {
			if n == 7 {
				b.Line([]byte("not a record"), n, nil)
			}
			b.Line(lines.Bytes(), n, nil)
		}
		list = append(list, b.End(1, 1, &Problem{Name: x.Key, Kind: "truncated", Error: "cut"}))
	}
	return list
}

// A clone is folded and frozen; what it was made of stays what it was.
func TestClone(t *testing.T) {
	kept, control := simulated(t), simulated(t)
	o := DefaultOptions()
	fold := func(list []*Partial, take func(*Partial) *Partial) *Result {
		whole := Empty(&o)
		for _, p := range list {
			whole.Fold(take(p))
		}
		return whole.Freeze()
	}
	first := fold(kept, (*Partial).Clone)
	again := fold(kept, (*Partial).Clone)
	want := fold(control, func(p *Partial) *Partial { return p })
	if want.Counts.Totals.ELB5xx < 100 || len(want.Evidence.Idle) == 0 || want.Ledger.Malformed == 0 {
		t.Fatalf("the log shows too little: %+v", want.Ledger)
	}
	for name, got := range map[string]*Result{"first": first, "second": again} {
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s fold of clones: got -, want +:\n%s", name, gocmp.Diff(got, want, gocmp.Exporter(func(reflect.Type) bool { return true })))
		}
	}
}

// A clone shares no memory that is written to. Options are not, nor what failures have in common.
func TestCloneSharesNothing(t *testing.T) {
	p := simulated(t)[1]
	c := p.Clone()
	mine := map[uintptr]string{}
	references(reflect.ValueOf(p), "p", func(at uintptr, path string) { mine[at] = path })
	if len(mine) < 1000 {
		t.Fatalf("only %d references were found", len(mine))
	}
	references(reflect.ValueOf(c), "p", func(at uintptr, path string) {
		if other, shared := mine[at]; shared {
			t.Errorf("%s is %s of the original", path, other)
		}
	})
}

// references calls f for every pointer, map and slice below v. Strings are never written to.
func references(v reflect.Value, path string, f func(at uintptr, path string)) {
	switch v.Kind() {
	case reflect.Pointer:
		if name := v.Type().Elem().Name(); !v.IsNil() && name != "Route" && name != "Resource" {
			f(v.Pointer(), path)
			references(v.Elem(), path, f)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; name != "opts" && name != "dim" {
				references(v.Field(i), path+"."+name, f)
			}
		}
	case reflect.Slice:
		if v.Cap() > 0 {
			f(v.Pointer(), path)
		}
		for i := range v.Len() {
			references(v.Index(i), path+"[]", f)
		}
	case reflect.Array:
		if k := v.Type().Elem().Kind(); k == reflect.Pointer || k == reflect.Struct || k == reflect.Slice || k == reflect.Map {
			for i := range v.Len() {
				references(v.Index(i), path+"[]", f)
			}
		}
	case reflect.Map:
		if !v.IsNil() {
			f(v.Pointer(), path)
		}
		for it := v.MapRange(); it.Next(); {
			references(it.Value(), path+"{}", f)
		}
	}
}
