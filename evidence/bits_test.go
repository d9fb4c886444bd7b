package evidence

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// slots lists a set by walking it from either end.
func slots(t *testing.T, b *Bits) []int64 {
	t.Helper()
	var up, down []int64
	for slot, ok := b.Next(minSlot); ok; slot, ok = b.Next(slot + 1) {
		up = append(up, slot)
	}
	for slot, ok := b.Previous(maxSlot); ok; slot, ok = b.Previous(slot - 1) {
		down = append(down, slot)
	}
	slices.Reverse(down)
	if !slices.Equal(up, down) {
		t.Fatalf("upwards %v, downwards %v", up, down)
	}
	return up
}

// A Bits does what a map of slots does.
func TestBitsAgainstMap(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		around := int64(rnd.IntN(4000) - 2000) // 1970 is nothing special
		random := func() int64 { return around + int64(rnd.IntN(1+rnd.IntN(900))) - 300 }
		build := func() (*Bits, map[int64]bool) {
			b, m := &Bits{}, map[int64]bool{}
			for range rnd.IntN(40) {
				slot := random()
				b.set(slot)
				m[slot] = true
			}
			return b, m
		}
		b, m := build()
		other, more := build()
		wanted := map[int64]bool{}
		maps.Copy(wanted, m)
		maps.Copy(wanted, more)
		if len(other.words) > 0 {
			grown := b.growth(other.first, other.first+int64(len(other.words))-1)
			before := len(b.words)
			b.merge(other)
			if len(b.words) != before+grown {
				t.Fatalf("seed %d: %d words and %d more make %d", seed, before, grown, len(b.words))
			}
		}
		if rnd.IntN(2) == 0 {
			b.widen()
			narrow := wanted
			wanted = map[int64]bool{}
			for slot := range narrow {
				if slot%2 != 0 {
					slot-- // -1 and -2 are a pair, as 0 and 1 are
				}
				wanted[slot/2] = true
			}
		}
		if rnd.IntN(2) == 0 {
			b.trim()
		}
		want := slices.Sorted(maps.Keys(wanted))
		if got := slots(t, b); !slices.Equal(got, want) {
			t.Fatalf("seed %d: %v, want %v", seed, got, want)
		}
		for range 50 {
			first := random()
			last := first + int64(rnd.IntN(300)) - 20
			count, next, previous := 0, []int64{}, []int64{}
			for _, slot := range want {
				if first <= slot && slot <= last {
					count++
				}
				if slot >= first {
					next = append(next, slot)
				}
				if slot <= first {
					previous = append(previous, slot)
				}
			}
			if got := b.Count(first, last); got != count {
				t.Fatalf("seed %d: %d slots in [%d, %d], want %d of %v", seed, got, first, last, count, want)
			}
			if got := b.Any(first, last); got != (count > 0) {
				t.Fatalf("seed %d: any in [%d, %d]: %v, want %d", seed, first, last, got, count)
			}
			if got, ok := b.Next(first); ok != (len(next) > 0) || ok && got != next[0] {
				t.Fatalf("seed %d: next to %d is %d %v, want %v", seed, first, got, ok, next)
			}
			if got, ok := b.Previous(first); ok != (len(previous) > 0) || ok && got != previous[len(previous)-1] {
				t.Fatalf("seed %d: previous to %d is %d %v, want %v", seed, first, got, ok, previous)
			}
		}
	}
}

// Nothing is in an empty set, wherever one looks.
func TestEmptyBits(t *testing.T) {
	var b Bits
	for _, slot := range []int64{minSlot, -65, -1, 0, 63, 64, maxSlot} {
		if got, ok := b.Next(slot); ok {
			t.Errorf("next to %d is %d", slot, got)
		}
		if got, ok := b.Previous(slot); ok {
			t.Errorf("previous to %d is %d", slot, got)
		}
	}
	if n := b.Count(minSlot, maxSlot); n != 0 {
		t.Errorf("%d slots", n)
	}
	b.set(5)
	b.words[0] = 0
	if b.trim(); b.words != nil || b.first != 0 {
		t.Errorf("not empty after trim: %+v", b)
	}
}
