package plan

import (
	"fmt"
	"math"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"alblens/sources"
)

// at is a time of 2026-11-20.
func at(t *testing.T, clock string) time.Time {
	t.Helper()
	when, err := time.Parse("2006-01-02T15:04", "2026-11-20T"+clock)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

// delivered is an object of a store, which arrived at that time.
func delivered(t *testing.T, name, arrived string) sources.Ref {
	t.Helper()
	ref := object(name, 1)
	ref.ETag, ref.Modified = `"`+fmt.Sprintf("%032x", len(name))+"-2\"", at(t, arrived)
	return ref
}

func buildNow(t *testing.T, l listing, sel sources.Selection, now string) *Plan {
	t.Helper()
	p, err := buildAt(t.Context(), l, sel, at(t, now))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A node's slots run from its first to its last; a slot in two parts is one. What arrived more than 15 minutes after its
// slot is late; what arrived a day after it was copied; what arrived before it, by a clock that is wrong.
func TestCoverage(t *testing.T) {
	const web, api = "app/web/50dc6c495c0c9188", "app/api/50dc6c495c0c9188"
	old := delivered(t, "api 1405 10.0.0.7 a", "14:06")
	old.Modified = old.Modified.AddDate(0, 0, 2)
	early := delivered(t, "api 1430 10.0.0.7 a", "14:24") // before it can have been: by another clock
	p := buildNow(t, listing{
		delivered(t, "web 1405 10.0.0.5 a", "14:08"), delivered(t, "web 1405 10.0.0.5 b", "14:09"),
		delivered(t, "web 1410 10.0.0.5 a", "14:12"),
		delivered(t, "web 1425 10.0.0.5 a", "14:47"), // 22 minutes
		delivered(t, "web 1420 10.0.0.6 a", "14:21"), delivered(t, "web 1425 10.0.0.6 a", "14:26"),
		old, early, object("api 1410 10.0.0.8 a", 1), object("other.log", 1),
	}, sources.Selection{}, "20:00")
	want := []Coverage{
		{api, "10.0.0.7", at(t, "14:05"), at(t, "14:30"), 6, 2, 0, 2, 0, -1},
		{api, "10.0.0.8", at(t, "14:10"), at(t, "14:10"), 1, 1, 0, 1, 0, -1},
		{web, "10.0.0.5", at(t, "14:05"), at(t, "14:25"), 5, 3, 1, 4, 1, 22 * time.Minute},
		{web, "10.0.0.6", at(t, "14:20"), at(t, "14:25"), 2, 2, 0, 2, 0, time.Minute},
	}
	if d := gocmp.Diff(want, p.Coverage); d != "" {
		t.Errorf("want -, got +:\n%s", d)
	}
	late := []Late{{object("web 1425 10.0.0.5 a", 1).Name, web, "10.0.0.5", at(t, "14:25"), at(t, "14:47")}}
	if d := gocmp.Diff(late, p.Late); d != "" {
		t.Errorf("late: want -, got +:\n%s", d)
	}
	gaps := []Gap{{api, "10.0.0.7", at(t, "14:05"), at(t, "14:25"), 4, 1}, {web, "10.0.0.5", at(t, "14:10"), at(t, "14:20"), 2, 1}} // 10.0.0.6 delivered in the latter half
	if d := gocmp.Diff(gaps, p.Gaps); d != "" {
		t.Errorf("gaps: want -, got +:\n%s", d)
	}
	if !p.Filling.IsZero() {
		t.Errorf("still filling from %v on, hours later", p.Filling)
	}
	none := Delivery{Delay: -1}
	deliveries := []Delivery{ // other.log, the api's, then the web's, by end
		none, {1, 1, -1, false, false}, {1, 1, -1, false, false}, {1, 1, -1, false, false},
		{1, 2, 3 * time.Minute, false, false}, {2, 2, 4 * time.Minute, false, false}, {1, 1, 2 * time.Minute, false, false},
		{1, 1, time.Minute, false, false}, {1, 1, 22 * time.Minute, true, false}, {1, 1, time.Minute, false, false},
	}
	for i, want := range deliveries {
		if got := p.Delivery(i); got != want {
			t.Errorf("%s: %+v, want %+v", p.Objects[i].Name, got, want)
		}
	}
}

// Slots that ended less than the longest delay ago may not be complete, as long as something is to come and wanted.
func TestFilling(t *testing.T) {
	web := func(slot, arrived string) sources.Ref { return delivered(t, "web "+slot+" 10.0.0.5 a", arrived) }
	local := object("web 1405 10.0.0.5 a", 1)
	local.Modified = at(t, "14:06")
	for _, c := range []struct {
		name string
		l    listing
		sel  sources.Selection
		now  string
		want string
	}{
		{"prompt: five minutes are allowed for", listing{web("1405", "14:06"), web("1410", "14:11")}, sources.Selection{}, "14:13", "14:08"},
		{"as slow as the slowest", listing{web("1405", "14:14"), web("1410", "14:11")}, sources.Selection{}, "14:13", "14:04"},
		{"the slot behind the newest", listing{web("1405", "14:06")}, sources.Selection{}, "14:12", "14:07"},
		{"nothing came for three slots", listing{web("1405", "14:06")}, sources.Selection{}, "14:25", ""},
		{"nobody wants the newest", listing{web("1405", "14:06"), web("1410", "14:11")}, sources.Selection{Until: at(t, "14:05")}, "14:13", ""},
		{"but their end", listing{web("1405", "14:06"), web("1410", "14:11")}, sources.Selection{Until: at(t, "14:05"), Late: time.Hour}, "14:13", "14:08"},
		{"files tell nothing", listing{local}, sources.Selection{}, "14:07", ""},
	} {
		p := buildNow(t, c.l, c.sel, c.now)
		got := ""
		if !p.Filling.IsZero() {
			got = p.Filling.Format("15:04")
		}
		if got != c.want {
			t.Errorf("%s: from %q on, want %q", c.name, got, c.want)
		}
		for i, ref := range p.Objects {
			if want := c.want != "" && ref.Log.End.Format("15:04") > c.want; p.Delivery(i).Filling != want {
				t.Errorf("%s: the slot that ends at %v is filling: %v", c.name, ref.Log.End, !want)
			}
		}
	}
}

// Where most objects came late they were copied, and their times tell nothing; where half of them did, they tell.
func TestCopiedBuckets(t *testing.T) {
	late := listing{delivered(t, "web 1405 10.0.0.5 a", "14:47"), delivered(t, "web 1410 10.0.0.5 a", "14:47")}
	for prompt, want := range []int{0, 0, 2} { // objects that are not late beside these two
		l := append(listing{}, late...)
		for i := range prompt {
			l = append(l, delivered(t, fmt.Sprintf("web 1415 10.0.0.%d a", i+6), "14:17"))
		}
		p := buildNow(t, l, sources.Selection{}, "14:48")
		if known := p.Coverage[0].Delay >= 0; len(p.Late) != want || p.Coverage[0].Late != want || known != (want > 0) || p.Filling.IsZero() != (want == 0) {
			t.Errorf("%d prompt ones: late %v, coverage %+v, filling %v; want %d late", prompt, p.Late, p.Coverage[0], p.Filling, want)
		}
	}
}

// An ETag that is an MD5 tells copies under names that are not AWS's from what AWS delivered.
func TestDuplicatesByContent(t *testing.T) {
	const one, two = `"0123456789abcdef0123456789abcdef"`, `"ffffffffffffffffffffffffffffffff"`
	parts := one[:33] + `-2"` // uploaded in parts: no MD5
	with := func(name, etag string, size int64) sources.Ref {
		ref := object(name, size)
		ref.ETag = etag
		return ref
	}
	p := build(t, listing{
		with("web 1405 10.0.0.5 r", one, 5), with("web 1410 10.0.0.5 s", parts, 5), with("web 1415 10.0.0.5 t", "", 5),
		with("a.log", one, 5), with("b.log", one, 6), // b is of another size
		with("c.log", two, 5), with("d.log", two, 5), // nobody knows what they are
		with("e.log", parts, 5), with("f.log", "", 5),
	})
	want := []Duplicate{{"a.log", object("web 1405 10.0.0.5 r", 5).Name, true}}
	if d := gocmp.Diff(want, p.Duplicates); d != "" {
		t.Errorf("want -, got +:\n%s", d)
	}
	if len(p.Objects) != 8 {
		t.Errorf("%d objects, want 8:\n%s", len(p.Objects), names(p.Objects))
	}
}

// A listing may claim any size.
func TestAbsurdSizes(t *testing.T) {
	p := build(t, listing{object("a.log", math.MaxInt64), object("b.log", 1<<40), object("c.log", math.MaxInt64), object("d.log", math.MinInt64)})
	if len(p.Shards) != 4 && len(p.Shards) != 3 || p.Bytes != math.MaxInt64 {
		t.Errorf("shards %v of %d bytes", p.Shards, p.Bytes)
	}
	for _, s := range p.Shards[:len(p.Shards)-1] {
		if s.End-s.First != 1 {
			t.Errorf("shard %+v holds more than one of the large objects", s)
		}
	}
}
