package parser

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// outcome reads what anyOutcome reads, and takes all that it is made for.
func TestOutcome(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const others = "-19.:/ 0\x00\x2f\x3a\xff"
	for range 200_000 {
		text := fmt.Sprintf("%d.%03d %d.%03d %d.%03d %03d %03d", random.IntN(10), random.IntN(1000), random.IntN(10),
			random.IntN(1000), random.IntN(10), random.IntN(1000), random.IntN(1000), random.IntN(1000))
		usual := random.IntN(2) == 0
		if !usual {
			i := random.IntN(len(text))
			text = text[:i] + others[random.IntN(len(others)):][:1] + text[i+1:]
		}
		line := []byte(strings.Replace(logLine(), "0.001 0.022 0.333 200 201", text, 1))
		var fast, slow Record
		if fast.Line = line; !fast.splitFast(line) {
			continue
		}
		slow.Line, slow.begin, slow.Fields = line, fast.begin, fast.Fields
		taken, err := fast.outcome(line), slow.anyOutcome(line)
		switch {
		case !taken && usual && vectored()["AVX-512"] != nil:
			t.Fatalf("%q is not taken", text)
		case taken && err != nil:
			t.Fatalf("%q is taken, but %v", text, err)
		case taken && outcomeOf(&fast) != outcomeOf(&slow):
			t.Fatalf("%q: got %v, want %v", text, outcomeOf(&fast), outcomeOf(&slow))
		}
	}
}

func outcomeOf(r *Record) [5]int64 {
	return [5]int64{int64(r.RequestTime), int64(r.TargetTime), int64(r.ResponseTime), int64(r.ELBStatus), int64(r.TargetStatus)}
}
