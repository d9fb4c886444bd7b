package follow

import (
	"maps"
	"slices"
)

// troubles are what goes wrong from poll to poll: each is told when it comes, and when it is over.
type troubles struct {
	say      func(format string, args ...any)
	now, was map[string]string // what to say when it is over, by what it is
}

// met notes a trouble, and tells of it unless it was there at the last poll. over is what to say when it is no more; ""
// for nothing.
func (t *troubles) met(what, text, over string) {
	if t.now == nil {
		t.now = map[string]string{}
	}
	if _, again := t.was[what]; !again {
		if _, twice := t.now[what]; !twice {
			t.say("%s", text)
		}
	}
	t.now[what] = over
}

// next ends a poll.
func (t *troubles) next() {
	for _, what := range slices.Sorted(maps.Keys(t.was)) {
		if _, still := t.now[what]; !still && t.was[what] != "" {
			t.say("%s", t.was[what])
		}
	}
	t.was, t.now = t.now, nil
}
