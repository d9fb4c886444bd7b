package aggregate

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// What a Set was used for before changes nothing, not even what a full table drops, and nothing of what it was
// merged into changes when it is used again.
func TestReuseLeavesNoTrace(t *testing.T) {
	for _, limit := range []int{150_000, 1 << 20, 1 << 30} {
		rnd := rand.New(rand.NewPCG(1, 17))
		o := Options{Limit: limit, By: []Dimension{{Target}, {Path}, {Time}, {Host}, {Client}, {Target, Path}}}
		var scratch Scratch
		used, whole, want := NewReusable(o), NewSet(o), NewSet(o)
		for round := range 8 {
			rows := make([]row, 3000)
			for i := range rows {
				rows[i] = randomRow(rnd, noon.Add(time.Duration(round*3000+i)*20*time.Millisecond))
				rows[i].target = fmt.Sprintf("10.0.%d.1:80", rnd.IntN(1<<(2*(round%4)+1)))
			}
			used.Use(&scratch)
			addRows(t, used, rows)
			fresh := setOf(t, o, rows)
			checkAsFresh(t, fmt.Sprintf("limit %d, round %d", limit, round), used, fresh)
			whole.Merge(used)
			want.Merge(fresh)
			if whole.Bytes() != want.Bytes() {
				t.Errorf("limit %d, round %d: the sum takes %d bytes, want %d", limit, round, whole.Bytes(), want.Bytes())
			}
			if !used.Reset() {
				t.Fatalf("limit %d, round %d: a Set of %d bytes is not used again", limit, round, used.Bytes())
			}
		}
		if d := diff(whole.Freeze(), want.Freeze()); d != "" {
			t.Errorf("limit %d: got -, want +:\n%s", limit, d)
		}
	}
}

// A Set that grew beyond what is worth keeping is not used again.
func TestReuseIsBounded(t *testing.T) {
	o := Options{Limit: 1 << 30, By: []Dimension{{Path}}}
	s := NewReusable(o)
	rows := make([]row, 15_000) // of some 400 bytes each
	for i := range rows {
		rows[i] = plainRow(noon)
		rows[i].path = fmt.Sprintf("/%c%c%c%c", 'a'+i%26, 'a'+i/26%26, 'a'+i/676%26, 'a'+i/17576)
	}
	addRows(t, s, rows)
	NewSet(o).Merge(s)
	if s.Reset() {
		t.Errorf("a Set of %d bytes is used again", s.Bytes())
	}
	if NewSet(o).Reset() {
		t.Error("a Set whose parts were moved is used again")
	}
	uses := 1
	for s = NewReusable(o); s.Reset(); uses++ {
		NewSet(o).Merge(s)
	}
	if uses != 9 {
		t.Errorf("a Set is used %d times, want 9", uses)
	}
}
