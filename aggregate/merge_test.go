package aggregate

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// cut cuts rows into k parts, some of them perhaps empty, as objects cut a log.
func cut(rnd *rand.Rand, rows []row, k int) [][]row {
	parts := make([][]row, 0, k)
	for ; k > 1; k-- {
		n := rnd.IntN(len(rows) + 1)
		parts, rows = append(parts, rows[:n]), rows[n:]
	}
	return append(parts, rows)
}

// A tree says in which order neighbours are folded: a leaf is the number of a part.
type tree struct {
	part        int
	left, right *tree
}

func leaf(part int) *tree { return &tree{part: part} }

func (t *tree) String() string {
	if t.left == nil {
		return fmt.Sprint(t.part)
	}
	return "(" + t.left.String() + " " + t.right.String() + ")"
}

// fold counts each part in a Set of its own and folds them as the tree says.
func (t *tree) fold(tb testing.TB, o Options, parts [][]row) *Set {
	tb.Helper()
	if t.left == nil {
		return setOf(tb, o, parts[t.part])
	}
	s := t.left.fold(tb, o, parts)
	s.Merge(t.right.fold(tb, o, parts))
	return s
}

// oneByOne is (((0 1) 2) 3) …
func oneByOne(k int) *tree {
	t := leaf(0)
	for i := 1; i < k; i++ {
		t = &tree{left: t, right: leaf(i)}
	}
	return t
}

// randomTree folds the parts from up to, not including, end.
func randomTree(rnd *rand.Rand, from, end int) *tree {
	if end-from == 1 {
		return leaf(from)
	}
	middle := from + 1 + rnd.IntN(end-from-1)
	return &tree{left: randomTree(rnd, from, middle), right: randomTree(rnd, middle, end)}
}

// However a log is cut into objects, and in whatever tree these are folded, the Result is that of the whole.
func TestSplitAndMerge(t *testing.T) {
	for seed := range seeds(20) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		rows := randomRows(rnd, 600)
		k := 1 + rnd.IntN(9)
		parts := cut(rnd, rows, k)
		o := Options{By: everything(), Paths: templates(t), ByCreation: seed%2 == 0}
		want := setOf(t, o, rows).Freeze()
		for _, tree := range []*tree{oneByOne(k), randomTree(rnd, 0, k)} {
			if d := diff(tree.fold(t, o, parts).Freeze(), want); d != "" {
				t.Fatalf("seed %d: parts folded as %v: got -, want +:\n%s", seed, tree, d)
			}
		}
	}
}

// An empty Set changes nothing, on either side.
func TestMergeWithNothing(t *testing.T) {
	rows := randomRows(rand.New(rand.NewPCG(1, 3)), 200)
	o := Options{By: everything()}
	want := setOf(t, o, rows).Freeze()
	for _, parts := range [][][]row{{rows, nil}, {nil, rows}, {nil, nil, rows}} {
		if d := diff(oneByOne(len(parts)).fold(t, o, parts).Freeze(), want); d != "" {
			t.Errorf("got -, want +:\n%s", d)
		}
	}
}

// A Set that was merged into may go on counting.
func TestAddAfterMerge(t *testing.T) {
	rows := randomRows(rand.New(rand.NewPCG(2, 3)), 300)
	o := Options{By: everything()}
	got := setOf(t, o, rows[:100])
	got.Merge(setOf(t, o, rows[100:200]))
	addRows(t, got, rows[200:])
	if d := diff(got.Freeze(), setOf(t, o, rows).Freeze()); d != "" {
		t.Errorf("got -, want +:\n%s", d)
	}
}

// manyKeys is n requests, nearly each of a client, path and agent of its own, over some hours. One in fifty fails.
func manyKeys(rnd *rand.Rand, n int) []row {
	rows := make([]row, n)
	for i := range rows {
		r := plainRow(noon.Add(time.Duration(i) * 300 * time.Millisecond))
		id := rnd.IntN(n)
		r.path = fmt.Sprintf("/item-%x", id*7919)
		r.clientIP = fmt.Sprintf("198.51.%d.%d", id/256, id%256)
		r.target = fmt.Sprintf("10.0.%d.%d:80", id%50, id%7)
		r.times[1] = int64(1+rnd.IntN(900)) * 1000
		r.received, r.sent = fmt.Sprint(rnd.IntN(1000)), fmt.Sprint(rnd.IntN(100_000))
		switch rnd.IntN(100) {
		case 0:
			r = r.failed("502", 0, 1000, -1)
		case 1:
			r.elb, r.tgt = "500", "500"
		}
		rows[i] = r
	}
	return rows
}

// tight are options under which manyKeys overflows every table, series and timeline.
var tight = Options{
	By:     []Dimension{{Path}, {Client}, {Time}, {Path, Method}, {Target}, {Client, Time}},
	Limit:  1 << 20,
	Bucket: time.Second,
}

// When tables overflow, the answer depends on the tree of folds, and on nothing else.
func TestSameTreeSameResult(t *testing.T) {
	for seed := range seeds(6) {
		rnd := rand.New(rand.NewPCG(seed, 4))
		rows := manyKeys(rnd, 3000)
		k := 1 + rnd.IntN(7)
		parts := cut(rnd, rows, k)
		tree := randomTree(rnd, 0, k)
		first := tree.fold(t, tight, parts).Freeze()
		if first.Tables[0].KeysDropped == 0 {
			t.Fatal("nothing overflows: the test shows nothing")
		}
		for range 3 {
			if d := diff(tree.fold(t, tight, parts).Freeze(), first); d != "" {
				t.Fatalf("seed %d: folded once more as %v: got -, want +:\n%s", seed, tree, d)
			}
		}
	}
}

// Whatever is dropped, and in whatever tree: the totals are exact, the rows of every table add up to them, and (other)
// is what they lack.
func TestOverflowLosesNoRequest(t *testing.T) {
	for seed := range seeds(6) {
		rnd := rand.New(rand.NewPCG(seed, 5))
		rows := manyKeys(rnd, 3000)
		k := 1 + rnd.IntN(7)
		parts := cut(rnd, rows, k)
		for _, tree := range []*tree{oneByOne(k), randomTree(rnd, 0, k)} {
			t.Run(fmt.Sprintf("seed=%d/tree=%v", seed, strings.ReplaceAll(tree.String(), " ", ",")), func(t *testing.T) {
				got := tree.fold(t, tight, parts).Freeze()
				checkStats(t, "totals", got.Totals, oracle{bucket: time.Second}.stats(rows))
				for _, table := range got.Tables {
					checkAddsUp(t, table, got.Totals)
				}
			})
		}
	}
}

// checkAddsUp adds up the rows of a table, which must give the totals, in every field that can be added up.
func checkAddsUp(t *testing.T, table Table, totals Stats) {
	t.Helper()
	sum := Stats{First: totals.First, Last: totals.Last}
	status := map[int]uint64{}
	for i, r := range table.Rows {
		sum.Requests += r.Requests
		sum.ELB5xx += r.ELB5xx
		sum.ELB500 += r.ELB500
		sum.ELB502 += r.ELB502
		sum.ELB503 += r.ELB503
		sum.ELB504 += r.ELB504
		sum.ELB460 += r.ELB460
		sum.Target5xx += r.Target5xx
		sum.MissingRequestTime += r.MissingRequestTime
		sum.MissingTargetTime += r.MissingTargetTime
		sum.MissingResponseTime += r.MissingResponseTime
		sum.ReceivedBytes += r.ReceivedBytes
		sum.SentBytes += r.SentBytes
		sum.TargetTime.Count += r.TargetTime.Count
		sum.Duration.Count += r.Duration.Count
		for _, s := range r.Status {
			status[s.Status] += s.Requests
		}
		switch last := i == len(table.Rows)-1; {
		case r.Other && (!last || r.Requests != table.RequestsDropped || table.KeysDropped == 0 || r.Values != nil):
			t.Errorf("by %s: row %d of %d is (other): %+v", table.By, i, len(table.Rows), r)
		case last && !r.Other && table.RequestsDropped > 0:
			t.Errorf("by %s: %d requests dropped and no row for them", table.By, table.RequestsDropped)
		}
	}
	for _, s := range totals.Status {
		sum.Status = append(sum.Status, StatusCount{s.Status, status[s.Status]})
		delete(status, s.Status)
	}
	if len(status) > 0 {
		t.Errorf("by %s: statuses that no record has: %v", table.By, status)
	}
	want := totals
	want.TargetTime, want.Duration = Quantiles{Count: totals.TargetTime.Count}, Quantiles{Count: totals.Duration.Count}
	if d := diff(sum, want); d != "" {
		t.Errorf("by %s: rows add up to -, totals are +:\n%s", table.By, d)
	}
}

// (other) is counted as if it were a key: all that the rows before it do not have, quantiles included. Only its first,
// last and largest are those of the totals.
func TestOtherIsWhatIsNotKept(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 5))
	const failing = 20 // of these every request fails, so that none is ever dropped and begun anew
	var rows []row
	for i := range 4000 {
		at := noon.Add(time.Duration(i) * time.Millisecond)
		r := randomRow(rnd, at)
		for madeByLB(r) || madeByTarget(r) {
			r = randomRow(rnd, at)
		}
		r.clientIP = fmt.Sprintf("198.51.%d.%d", i/256, i%256)
		if i%10 == 0 {
			r = r.failed("502", 0, 60_000, -1)
			r.actions = "forward"
			r.clientIP = fmt.Sprintf("203.0.113.%d", i/10%failing)
		}
		rows = append(rows, r)
	}
	k := 5
	parts := cut(rnd, rows, k)
	for _, d := range []Dimension{{Client}, {Client, LoadBalancer}} {
		got := randomTree(rnd, 0, k).fold(t, Options{By: []Dimension{d}, Limit: 300_000}, parts).Freeze()
		o := oracle{bucket: time.Minute}
		keys, byKey := o.groups(d, rows)
		table := got.Tables[0]
		kept, other := table.Rows[:len(table.Rows)-1], table.Rows[len(table.Rows)-1]
		seen := map[string]bool{}
		for _, r := range kept {
			key := fmt.Sprint(r.Values)
			seen[key] = true
			checkStats(t, key, r.Stats, o.stats(byKey[key]))
		}
		var rest []row
		for _, key := range keys {
			if !seen[key] {
				rest = append(rest, byKey[key]...)
			}
		}
		want := o.stats(rest)
		want.First, want.Last = time.Time{}, time.Time{}
		for _, max := range [][2]*int64{{&other.TargetTime.Max, &want.TargetTime.Max}, {&other.Duration.Max, &want.Duration.Max}} {
			if diff := *max[0] - *max[1]; diff*100 > *max[1] || -diff*100 > *max[1] {
				t.Errorf("(other): max %d µs, want %d within 1 %%", *max[0], *max[1])
			}
			*max[1] = *max[0]
		}
		checkStats(t, "(other)", other.Stats, want)
		if dropped := len(keys) - len(kept); !other.Other || table.KeysDropped != uint64(dropped) || len(kept) < failing {
			t.Errorf("by %s: %d keys kept and %d dropped of %d; (other) is %v", d, len(kept), table.KeysDropped, len(keys), other.Other)
		}
	}
}
