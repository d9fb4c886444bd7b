package evidence

import "math/bits"

// Bits is a set of time slots. The zero value is empty.
type Bits struct {
	first int64 // word: slots from 64*first on
	words []uint64
}

// set adds a slot.
func (b *Bits) set(slot int64) {
	i := slot>>6 - b.first
	if uint64(i) >= uint64(len(b.words)) {
		i = b.reach(slot >> 6)
	}
	b.words[i] |= 1 << (slot & 63)
}

// reach makes room for a word and returns its index.
func (b *Bits) reach(word int64) int64 {
	switch n := int64(len(b.words)); {
	case n == 0:
		b.first, b.words = word, make([]uint64, 1, 8)
	case word < b.first:
		words := make([]uint64, n+b.first-word)
		copy(words[b.first-word:], b.words)
		b.first, b.words = word, words
	case word >= b.first+n:
		b.words = append(b.words, make([]uint64, word-b.first-n+1)...)
	}
	return word - b.first
}

// growth is how many words more it takes to reach from one word to another.
func (b *Bits) growth(from, to int64) int {
	n := int64(len(b.words))
	if n == 0 {
		return int(to - from + 1)
	}
	return int(max(b.first+n-1, to) - min(b.first, from) + 1 - n)
}

// merge adds the slots of o.
func (b *Bits) merge(o *Bits) {
	if len(o.words) == 0 {
		return
	}
	b.reach(o.first + int64(len(o.words)) - 1)
	at := b.reach(o.first)
	for i, w := range o.words {
		b.words[at+int64(i)] |= w
	}
}

// trim cuts the empty ends off, so that equal sets are equal.
func (b *Bits) trim() {
	for len(b.words) > 0 && b.words[0] == 0 {
		b.first, b.words = b.first+1, b.words[1:]
	}
	for len(b.words) > 0 && b.words[len(b.words)-1] == 0 {
		b.words = b.words[:len(b.words)-1]
	}
	if len(b.words) == 0 {
		*b = Bits{}
	}
}

// widen makes slots twice as wide.
func (b *Bits) widen() {
	var wide Bits
	for slot, ok := b.Next(minSlot); ok; slot, ok = b.Next(slot + 1) {
		wide.set(slot >> 1)
	}
	*b = wide
}

const (
	minSlot = -1 << 60
	maxSlot = 1 << 60
)

// Next returns the first slot at or after the given one.
func (b *Bits) Next(slot int64) (int64, bool) {
	slot = max(slot, b.first<<6)
	for i := slot>>6 - b.first; i < int64(len(b.words)); i++ {
		w := b.words[i]
		if i == slot>>6-b.first {
			w &= ^uint64(0) << (slot & 63)
		}
		if w != 0 {
			return (b.first+i)<<6 + int64(bits.TrailingZeros64(w)), true
		}
	}
	return 0, false
}

// Previous returns the last slot at or before the given one.
func (b *Bits) Previous(slot int64) (int64, bool) {
	slot = min(slot, (b.first+int64(len(b.words)))<<6-1)
	for i := slot>>6 - b.first; i >= 0; i-- {
		w := b.words[i]
		if i == slot>>6-b.first {
			w &= ^uint64(0) >> (63 - slot&63)
		}
		if w != 0 {
			return (b.first+i)<<6 + 63 - int64(bits.LeadingZeros64(w)), true
		}
	}
	return 0, false
}

// Any reports whether there is a slot from first to last.
func (b *Bits) Any(first, last int64) bool {
	slot, ok := b.Next(first)
	return ok && slot <= last
}

// Count is how many slots there are from first to last.
func (b *Bits) Count(first, last int64) int {
	first, last = max(first, b.first<<6), min(last, (b.first+int64(len(b.words)))<<6-1)
	if first > last {
		return 0
	}
	n := 0
	for word := first >> 6; word <= last>>6; word++ {
		w := b.words[word-b.first]
		if word == first>>6 {
			w &= ^uint64(0) << (first & 63)
		}
		if word == last>>6 {
			w &= ^uint64(0) >> (63 - last&63)
		}
		n += bits.OnesCount64(w)
	}
	return n
}
