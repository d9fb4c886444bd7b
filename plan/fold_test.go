package plan

import (
	"strconv"
	"strings"
	"testing"
)

// Values are strings here, and joining two puts brackets around them, so that the result shows the tree.
func bracket(into, next string) string { return "(" + into + " " + next + ")" }

func fold(n int) (string, bool) {
	f := Fold[string]{Join: bracket}
	for i := range n {
		f.Add(strconv.Itoa(i))
	}
	return f.Result()
}

// tree is the tree as it is documented, drawn level by level: eight neighbours become one of the level above, as long
// as there are eight. What is left on the levels is joined from the last value to the first.
func tree(n int) (string, bool) {
	level := make([]string, n)
	for i := range level {
		level[i] = strconv.Itoa(i)
	}
	var rest string // of the levels below, which comes after all of this one
	left := false
	for len(level) > 0 {
		var above []string
		for len(level) >= 8 {
			above = append(above, inOrder(level[:8]))
			level = level[8:]
		}
		switch {
		case len(level) > 0 && left:
			rest = bracket(inOrder(level), rest)
		case len(level) > 0:
			rest, left = inOrder(level), true
		}
		level = above
	}
	return rest, left
}

// inOrder joins the values one after the other: (((0 1) 2) 3).
func inOrder(values []string) string {
	joined := values[0]
	for _, v := range values[1:] {
		joined = bracket(joined, v)
	}
	return joined
}

func TestFold(t *testing.T) {
	for n := range 601 {
		got, ok := fold(n)
		want, wantOK := tree(n)
		if got != want || ok != wantOK {
			t.Fatalf("%d values:\n%s, %v; want\n%s, %v", n, got, ok, want, wantOK)
		}
		// Every value once, in order.
		flat := strings.Fields(strings.NewReplacer("(", "", ")", "").Replace(got))
		for i, v := range flat {
			if v != strconv.Itoa(i) {
				t.Fatalf("%d values: %s is number %d", n, v, i)
			}
		}
		if len(flat) != n {
			t.Fatalf("%d values: %d of them joined", n, len(flat))
		}
	}
}

// A few trees, written out.
func TestFoldTrees(t *testing.T) {
	const eight = "(((((((0 1) 2) 3) 4) 5) 6) 7)"
	for n, want := range map[int]string{
		0:  "",
		1:  "0",
		2:  "(0 1)",
		3:  "((0 1) 2)",
		8:  eight,
		9:  "(" + eight + " 8)",
		10: "(" + eight + " (8 9))",
		17: "((" + eight + " (((((((8 9) 10) 11) 12) 13) 14) 15)) 16)",
	} {
		if got, ok := fold(n); got != want || ok != (n > 0) {
			t.Errorf("%d values: %s, %v; want %s", n, got, ok, want)
		}
	}
}

// Of any number of values, one a level is held: five for 8⁴ and more.
func TestFoldHoldsOneValueALevel(t *testing.T) {
	held, most := 0, 0
	f := Fold[int]{Join: func(a, b int) int { held--; return a + b }}
	const n = 5000
	for range n {
		held++
		f.Add(1)
		most = max(most, held)
	}
	if sum, ok := f.Result(); sum != n || !ok || held != 1 {
		t.Errorf("%d, %v of %d values, %d held", sum, ok, n, held)
	}
	if most > 5+1 { // and the one that is being added
		t.Errorf("%d values held at once", most)
	}
}
