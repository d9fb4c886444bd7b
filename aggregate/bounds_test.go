package aggregate

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"alblens/parser"
)

// checkBounds holds the bytes that a Set thinks it takes to those of its entries, one by one, and to its limits.
// It is the one test that looks inside.
func checkBounds(t *testing.T, s *Set) {
	t.Helper()
	s.settle()
	check := func(what string, told, counted, limit int) {
		t.Helper()
		if told != counted {
			t.Fatalf("%s: %d bytes accounted, entries add up to %d", what, told, counted)
		}
		if told > limit {
			t.Fatalf("%s: %d bytes, limit %d", what, told, limit)
		}
	}
	whole := 0
	for _, table := range s.tables {
		bytes, series := 0, 0
		for _, e := range table.entries {
			bytes += e.size()
			series += len(e.series) * pointBytes
		}
		check("by "+table.dim.String(), table.bytes, bytes, table.limit)
		check("series of "+table.dim.String(), table.seriesBytes, series, table.seriesLimit)
		whole += table.bytes + table.seriesBytes
	}
	if s.timeline != nil {
		bytes := 0
		for _, c := range s.timeline.cells {
			bytes += timelineCellBytes + c.pageBytes()
		}
		check("time", s.timeline.bytes, bytes, s.timeline.limit)
		whole += bytes
	}
	check("all", whole, whole, s.opts.Limit)
}

func TestLimitIsKept(t *testing.T) {
	for seed := range seeds(3) {
		rows := manyKeys(rand.New(rand.NewPCG(seed, 6)), 4000)
		s, o := NewSet(tight), NewSet(tight)
		for i := 0; i < len(rows); i += 50 {
			addRows(t, s, rows[i:i+50])
			checkBounds(t, s)
			addRows(t, o, rows[i:i+50])
			if i%1000 == 950 {
				s.Merge(o)
				checkBounds(t, s)
				o = NewSet(tight)
			}
		}
		if got := s.Freeze(); got.Tables[0].KeysDropped == 0 || got.TimeBucket == time.Second || got.Series[0].Bucket == time.Second {
			t.Errorf("seed %d: not all limits were reached: %d keys dropped, time bucket %v, series %v",
				seed, got.Tables[0].KeysDropped, got.TimeBucket, got.Series[0].Bucket)
		}
	}
}

// A limit that no key fits in leaves the totals and (other), and nothing panics.
func TestNoRoomAtAll(t *testing.T) {
	rows := randomRows(rand.New(rand.NewPCG(1, 6)), 300)
	by := []Dimension{{Path}, {Client}, {Host}, {Target, Path}}
	s := setOf(t, Options{By: by, Limit: 1}, rows[:100])
	s.Merge(setOf(t, Options{By: by, Limit: 1}, rows[100:]))
	got := s.Freeze()
	for _, table := range got.Tables {
		checkAddsUp(t, table, got.Totals)
		if len(table.Rows) != 1 || !table.Rows[0].Other || table.RequestsDropped != 300 {
			t.Errorf("by %s: %d rows, %d requests dropped", table.By, len(table.Rows), table.RequestsDropped)
		}
	}
}

// Each of few failing keys outlives a flood of keys without a failure, be the failure the load balancer's or its own,
// and however often the others are asked for.
func TestFailuresSurviveAFlood(t *testing.T) {
	const failing = 60
	o := Options{By: []Dimension{{Path}, {Client}, {Path, Client}}, Limit: 600_000}
	s := NewSet(o)
	var all []row
	for i := range 6000 {
		r := plainRow(noon)
		r.path = fmt.Sprintf("/flood-%d", i/3)
		r.clientIP = fmt.Sprintf("198.51.%d.%d", i/3/256, i/3%256)
		if i%50 == 0 && i/50 < failing {
			r.path, r.clientIP = fmt.Sprintf("/failing-%d", i/50), fmt.Sprintf("203.0.113.%d", i/50)
			if r = r.failed("502", 0, 1000, -1); i/50%2 == 1 {
				r.elb, r.tgt = "503", "503"
			}
		}
		all = append(all, r)
	}
	addRows(t, s, all[:2000])
	rest := setOf(t, o, all[2000:])
	s.Merge(rest)
	for _, table := range s.Freeze().Tables {
		kept := 0
		for _, r := range table.Rows {
			if !r.Other && r.ELB5xx+r.Target5xx > 0 {
				kept++
			}
		}
		if kept != failing || table.KeysDropped == 0 {
			t.Errorf("by %s: %d failing keys kept of %d, %d keys dropped", table.By, kept, failing, table.KeysDropped)
		}
	}
}

// A key that is dropped, comes back and is dropped again counts twice; its requests are all in (other).
func TestKeysDropped(t *testing.T) {
	o := Options{By: []Dimension{{UserAgent}}, Limit: 20_000}
	var rows []row
	add := func(agent string, times int) {
		for range times {
			r := plainRow(noon)
			r.agent = agent
			rows = append(rows, r)
		}
	}
	for round := range 3 {
		add("zz-comes-back", 1)
		for i := range 200 {
			add(fmt.Sprintf("once-%d-%d", round, i), 1)
		}
		add("often", 5)
	}
	got := setOf(t, o, rows).Freeze().Tables[0]
	checkAddsUp(t, got, oracle{bucket: time.Minute}.stats(rows))
	met := uint64(1 + 200 + 200 + 200 + 3) // each key once, zz-comes-back three times
	if kept := uint64(len(got.Rows) - 1); got.KeysDropped != met-kept {
		t.Errorf("%d keys dropped and %d kept of %d", got.KeysDropped, kept, met)
	}
	if got.Rows[0].Values[0].Text != "often" || got.Rows[0].Requests != 15 {
		t.Errorf("the key with most requests has %d of 15: %v", got.Rows[0].Requests, got.Rows[0].Values)
	}
}

// What each of two Sets dropped is dropped from both, though nothing is when they are folded.
func TestKeysDroppedBeforeAMerge(t *testing.T) {
	o := Options{By: []Dimension{{UserAgent}}, Limit: 20_000}
	agents := func(from, n int) (rows []row) {
		for i := range n {
			r := plainRow(noon)
			r.agent = fmt.Sprintf("agent-%d", from+i)
			rows = append(rows, r)
		}
		return rows
	}
	for _, sizes := range [][2]int{{200, 1}, {1, 200}, {200, 200}} {
		s := setOf(t, o, agents(0, sizes[0]))
		s.Merge(setOf(t, o, agents(sizes[0], sizes[1])))
		got := s.Freeze()
		checkAddsUp(t, got.Tables[0], got.Totals)
		if kept := len(got.Tables[0].Rows) - 1; got.Tables[0].KeysDropped != uint64(sizes[0]+sizes[1]-kept) {
			t.Errorf("%v keys: %d dropped and %d kept", sizes, got.Tables[0].KeysDropped, kept)
		}
	}
}

// Too many time slots make a series coarser, the same for all keys, and lose nothing.
func TestSeriesWiden(t *testing.T) {
	var rows []row
	for i := range 6000 {
		r := plainRow(noon.Add(time.Duration(i) * 20 * time.Second))
		r.target = fmt.Sprintf("10.0.1.%d:80", i%4)
		if i%10 == 0 {
			r = r.failed("504", 0, -1, -1)
		}
		rows = append(rows, r)
	}
	by := []Dimension{{Target}}
	for _, limit := range []int{100_000, 400_000, 1 << 30} {
		s := setOf(t, Options{By: by, Limit: limit}, rows)
		checkBounds(t, s)
		got := s.Freeze()
		// The buckets that the limit allows, or those that the picture does if they are wider.
		width := got.Series[0].Bucket
		if width%time.Minute != 0 || width <= time.Minute {
			t.Errorf("limit %d: series in buckets of %v", limit, width)
		}
		want := oracle{bucket: width}.series(Target, rows)
		if d := diff(got.Series[0], want); d != "" {
			t.Errorf("limit %d: got -, want +:\n%s", limit, d)
		}
	}
}

// A series is kept for twenty keys, those with most failures.
func TestSeriesKeys(t *testing.T) {
	var rows []row
	for i := range 30 {
		for range i + 1 {
			r := plainRow(noon)
			r.target = fmt.Sprintf("10.0.1.%d:80", i)
			rows = append(rows, r.failed("502", 0, 1000, -1))
		}
	}
	got := setOf(t, Options{By: []Dimension{{Target}}}, rows).Freeze().Series[0]
	for i, k := range got.Keys {
		if want := fmt.Sprintf("10.0.1.%d:80", 29-i); k.Key.Text != want {
			t.Errorf("key %d is %s, want %s", i, k.Key.Text, want)
		}
	}
	if len(got.Keys) != 20 {
		t.Errorf("%d keys, want 20", len(got.Keys))
	}
}

// Too many time buckets make all of them wider: the rows are then those of the wider buckets, without a hole.
func TestTimelineWidens(t *testing.T) {
	for seed := range seeds(3) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		var rows []row
		at := noon
		for range 3000 {
			at = at.Add(time.Duration(rnd.IntN(4)) * time.Second)
			if rnd.IntN(200) == 0 {
				at = at.Add(time.Duration(rnd.IntN(3600)) * time.Second)
			}
			rows = append(rows, randomRow(rnd, at))
		}
		k := 1 + rnd.IntN(4)
		parts := cut(rnd, rows, k)
		o := Options{By: []Dimension{{Time}}, Bucket: time.Second, Limit: 400_000}
		s := randomTree(rnd, 0, k).fold(t, o, parts)
		checkBounds(t, s)
		got := s.Freeze()
		if !isDoubling(got.TimeBucket, time.Second) || got.TimeBucket == time.Second {
			t.Errorf("seed %d: buckets of %v", seed, got.TimeBucket)
		}
		want := oracle{bucket: got.TimeBucket}.timeline(rows)
		checkTable(t, got.Tables[0], Table{By: Dimension{Time}, Rows: want})
	}
}

// isDoubling reports whether wide is base doubled some times.
func isDoubling(wide, base time.Duration) bool {
	for base < wide {
		base *= 2
	}
	return base == wide
}

// Two records that lie half a century apart make neither a row for every minute of it, nor one that holds both.
func TestTimelineOfFarTimes(t *testing.T) {
	rows := []row{
		plainRow(time.Date(1970, 1, 1, 0, 0, 1, 0, time.UTC)),
		plainRow(time.Date(2026, 11, 20, 14, 5, 0, 0, time.UTC)),
		plainRow(time.Date(2026, 11, 20, 14, 5, 1, 0, time.UTC)),
	}
	for _, bucket := range []time.Duration{time.Second, time.Minute, 24 * time.Hour} {
		got := setOf(t, Options{By: []Dimension{{Time}, {Target}}, Bucket: bucket}, rows).Freeze()
		table := got.Tables[0]
		if n := len(table.Rows); n > maxRows || n < min(maxRows/2, 20_000) {
			t.Errorf("bucket %v: %d rows", bucket, n)
		}
		if !isDoubling(got.TimeBucket, bucket) {
			t.Errorf("bucket %v became %v", bucket, got.TimeBucket)
		}
		checkTable(t, table, Table{By: Dimension{Time}, Rows: oracle{bucket: got.TimeBucket}.timeline(rows)})
		if d := diff(got.Series[0], oracle{bucket: bucket}.series(Target, rows)); d != "" {
			t.Errorf("bucket %v: got -, want +:\n%s", bucket, d)
		}
	}
}

// A blend that is full is added up and begun anew; records too far apart to share a bucket fill it soonest.
func TestManyBuckets(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 8))
	rows := make([]row, 2000)
	for i := range rows {
		rows[i] = randomRow(rnd, noon.Add(time.Duration(rnd.IntN(1000))*time.Minute))
	}
	o := oracle{bucket: time.Minute}
	by := []Dimension{{Time}, {Node}, {TargetGroup, Time}, {LoadBalancer}, {Host}}
	checkResult(t, setOf(t, Options{By: by}, rows).Freeze(), o.result(by, rows))
}

// Sets that use one scratch after the other count as if each had its own, whether their records share few combinations of
// targets and the like, many, or so many that the blend is given up.
func TestScratch(t *testing.T) {
	var scratch Scratch
	rnd := rand.New(rand.NewPCG(1, 12))
	by := []Dimension{{Target}, {Time}, {TargetGroup}, {Host}, {Node}}
	for _, targets := range []int{3, 5000, 24, 2} {
		for _, minutes := range []int{1, 700} {
			rows := make([]row, 3*maxBlend)
			for i := range rows {
				rows[i] = randomRow(rnd, noon.Add(time.Duration(rnd.IntN(minutes))*time.Minute))
				rows[i].target = fmt.Sprintf("10.0.%d.%d:80", rnd.IntN(targets)/256, rnd.IntN(targets)%256)
			}
			s := NewSet(Options{By: by, Limit: 1 << 30})
			s.Use(&scratch)
			addRows(t, s, rows)
			if targets == 5000 && (s.apart == 0 || (s.direct == 0) != (minutes == 1)) {
				t.Errorf("%d targets, %d minutes: apart %d, direct %d", targets, minutes, s.apart, s.direct)
			}
			s.Close()
			o := oracle{bucket: time.Minute}
			checkResult(t, s.Freeze(), o.result(by, rows))
		}
	}
}

// Records that are said to have the same route have it, in Sets that use one scratch after the other, and where targets are
// few most are said to.
func TestRoutes(t *testing.T) {
	var scratch Scratch
	rnd := rand.New(rand.NewPCG(1, 14))
	routes := map[uint64]string{}
	for _, targets := range []int{3, 5000, 24, 2} {
		before, known := len(routes), 0
		s := NewSet(Options{})
		s.Use(&scratch)
		for range 3 * maxBlend {
			r := randomRow(rnd, noon)
			r.target = fmt.Sprintf("10.0.%d.%d:80", rnd.IntN(targets)/256, rnd.IntN(targets)%256)
			r.objectsNode = ""
			route := s.Add(r.record(t), nil)
			if route == 0 {
				continue
			}
			known++
			node := r.node
			if r.fields <= int(parser.FieldNodeIP) {
				node = "-"
			}
			group := r.group
			if r.fields <= int(parser.FieldTargetGroupARN) {
				group = "-"
			}
			want := r.target + " " + group + " " + node
			if got, ok := routes[route]; ok && got != want {
				t.Fatalf("route %d is %q and %q", route, got, want)
			}
			routes[route] = want
		}
		s.Close()
		if made := len(routes) - before; targets < 10 && (known < 2*maxBlend || made > known/4) {
			t.Errorf("%d targets: %d routes of %d records", targets, made, known)
		}
	}
}

// Where targets or nodes are not told apart, nor are routes.
func TestNoRoutes(t *testing.T) {
	for _, by := range [][]Dimension{{{Target}, {TargetGroup}}, {{TargetGroup}, {Node}}, {{Target, Node}}} {
		s := NewSet(Options{By: by})
		if route := s.Add(plainRow(noon).record(t), nil); route != 0 {
			t.Errorf("by %v: route %d", by, route)
		}
	}
}

// checkAsFresh holds a Set that counts in memory from before against one of the same records that does not. It leaves both
// closed, and otherwise as they are.
func checkAsFresh(t *testing.T, name string, used, fresh *Set) {
	t.Helper()
	used.Close()
	fresh.Close()
	if used.Bytes() != fresh.Bytes() {
		t.Errorf("%s: %d bytes, want %d", name, used.Bytes(), fresh.Bytes())
	}
	if d := diff(used.Clone().Freeze(), fresh.Clone().Freeze()); d != "" {
		t.Errorf("%s: got -, want +:\n%s", name, d)
	}
}

// What a scratch was used for before changes nothing, not even what a full table drops.
func TestScratchLeavesNoTrace(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 13))
	var scratch Scratch
	for round := range 4 {
		rows := make([]row, 6000)
		for i := range rows {
			rows[i] = randomRow(rnd, noon.Add(time.Duration(i)*20*time.Millisecond))
			rows[i].target = fmt.Sprintf("10.0.%d.1:80", rnd.IntN(1<<(2*round+1)))
		}
		for _, limit := range []int{150_000, 1 << 20} {
			o := Options{Limit: limit}
			used := NewSet(o)
			used.Use(&scratch)
			addRows(t, used, rows)
			checkAsFresh(t, fmt.Sprintf("round %d, limit %d", round, limit), used, setOf(t, o, rows))
		}
	}
}

// Series and timelines of different widths are folded into the wider one, whichever comes first.
func TestMergeOfDifferentWidths(t *testing.T) {
	every := func(from time.Time, step time.Duration, n int) (rows []row) {
		for i := range n {
			r := plainRow(from.Add(time.Duration(i) * step))
			r.target = fmt.Sprintf("10.0.1.%d:80", i%3)
			rows = append(rows, r)
		}
		return rows
	}
	o := Options{By: []Dimension{{Target}, {Time}}, Bucket: time.Second, Limit: 400_000}
	dense, sparse := every(noon, time.Second, 4000), every(noon.Add(4000*time.Second), 10*time.Second, 30)
	for _, parts := range [][][]row{{dense, sparse}, {sparse, dense}} {
		s := setOf(t, o, parts[0])
		s.Merge(setOf(t, o, parts[1]))
		checkBounds(t, s)
		got := s.Freeze()
		if got.TimeBucket <= time.Second || got.Series[0].Bucket <= time.Second {
			t.Errorf("time buckets of %v, series of %v: the test shows nothing", got.TimeBucket, got.Series[0].Bucket)
		}
		rows := append(parts[0][:len(parts[0]):len(parts[0])], parts[1]...)
		checkTable(t, got.Tables[1], Table{By: Dimension{Time}, Rows: oracle{bucket: got.TimeBucket}.timeline(rows)})
		if d := diff(got.Series[0], oracle{bucket: got.Series[0].Bucket}.series(Target, rows)); d != "" {
			t.Errorf("series: got -, want +:\n%s", d)
		}
	}
}

// A key whose requests may partly be among the dropped ones says so; one of which all are known does not.
func TestLowerBound(t *testing.T) {
	var rows []row
	for i := range 3000 {
		r := randomRow(rand.New(rand.NewPCG(1, uint64(i))), noon)
		r.clientIP = fmt.Sprintf("198.51.%d.%d", i/256, i%256)
		if i%100 == 0 {
			r = r.failed("502", 0, 60_000, -1)
			r.actions = "forward"
			r.clientIP = "203.0.113.1" // from the first row on, and never dropped
		}
		if i == 2 || i == 2998 {
			r.clientIP = "203.0.113.2" // dropped in between
		}
		rows = append(rows, r)
	}
	s := NewSet(Options{By: []Dimension{{Client}}, Limit: 100_000})
	for _, r := range rows {
		s.Add(r.record(t), nil)
	}
	bounds := map[string]bool{}
	for _, r := range s.Freeze().Tables[0].Rows {
		if !r.Other {
			bounds[r.Values[0].Text] = r.LowerBound
		}
	}
	if got, ok := bounds["203.0.113.1"]; !ok || got {
		t.Errorf("the client that was never dropped: kept %v, lower bound %v", ok, got)
	}
	if got, ok := bounds["203.0.113.2"]; !ok || !got {
		t.Errorf("the client that came back: kept %v, lower bound %v", ok, got)
	}
}
