package inflate

const (
	// The fast loop goes round while 24 bytes are left in front of where the next word begins. A round loads one there,
	// and another up to 7 bytes behind it, which ends within 7 + 8 = 15 of them. The first word is loaded before the
	// first round, and 7 + 24 bytes see to it that there is one.
	inMargin = 32
	inRound  = 24

	// A round begins with pos < full. It writes three entries of up to two literals and a match of up to 258 bytes, 64
	// at a time: 6 + 258 + 63 = 327 bytes at most. It reads nothing behind what it writes.
	outSize = full + 336
)

// symbols decodes what is left of a block, as far as there is room.
func (r *Reader) symbols() error {
	for r.pos < full {
		var done, valid bool
		if r.in.fill(inMargin) {
			done, valid = r.fast()
		} else {
			done, valid = r.slow()
		}
		switch {
		case r.in.overrun():
			return r.in.short()
		case !valid:
			return errDeflate
		case done:
			r.blockEnd()
			return nil
		}
	}
	return nil
}

// fast decodes until the window has no bytes, or the block no room, for another round. It never overruns.
//
// A round begins with 56 bits or more, and with the entry that the first of them are. Two entries of literals take up to
// 11 bits each; then a third takes 11 too, a literal by way of a subtable 15, or a length 15 and 5 extra: 22 + 20 = 42
// at most. A distance takes up to 15 and 13 extra, and there are more bits loaded where fewer than 28 are left.
//
// Note: what is here by its worth on the simulated corpus, in MB/s: entries of two literals 16 %, the arrays in the Reader
// instead of behind pointers 6 % (buf went to memory and back for every literal), the next entry loaded before a match is
// copied 5 %, 64 bytes of a match copied without asking 4 %, no bounds checks 15 %. Not better, or worse by up to 4 %:
// 10 or 12 bits in litBits, 7 or 9 in distBits, four entries of literals a round, the extra bits' mask in the entry,
// blocks of 128 or 512 KiB, windows of 32 or 256 KiB; memmove for matches above 64 bytes cost 9 %.
func (r *Reader) fast() (done, valid bool) {
	const litMask, distMask = 1<<litBits - 1, 1<<distBits - 1
	in, out := &r.in, r.out[:]
	last := in.end - inRound
	pos := r.pos
	buf, n, next := in.refilled(in.bits, in.count, in.pos)
	e := r.codes.lit[buf&litMask]
	valid = true
	for next <= last && pos < full {
		// Only the low 6 bits of n count: what an entry has above its length does no harm there.
		if e&literal != 0 {
			buf >>= e & 63
			n -= uint(e)
			store16(out, pos, uint16(e>>16))
			pos += e.literals()
			e = r.codes.lit[buf&litMask]
			if e&literal != 0 {
				buf >>= e & 63
				n -= uint(e)
				store16(out, pos, uint16(e>>16))
				pos += e.literals()
				e = r.codes.lit[buf&litMask]
				if e&literal != 0 {
					buf >>= e & 63
					n -= uint(e)
					store16(out, pos, uint16(e>>16))
					pos += e.literals()
					buf, n, next = in.refilled(buf, n, next)
					e = r.codes.lit[buf&litMask]
					continue
				}
			}
		}
		if e&special != 0 {
			if e&pointer == pointer {
				buf >>= litBits
				n -= litBits
				e = r.codes.lit[e.sub(buf)]
				if e&literal != 0 {
					buf >>= e & 63
					n -= uint(e)
					r.out[pos] = byte(e >> 16)
					pos++
					buf, n, next = in.refilled(buf, n, next)
					e = r.codes.lit[buf&litMask]
					continue
				}
			}
			if e&special != 0 {
				buf >>= e & 63
				n -= uint(e)
				done = e&endmark == endmark
				valid = done
				break
			}
		}
		length := e.value(buf)
		buf >>= e & 63
		n -= uint(e)

		if n&63 < maxLength+13 {
			buf, n, next = in.refilled(buf, n, next)
		}
		e = r.codes.dist[buf&distMask]
		if e&special != 0 {
			if e&pointer == pointer {
				buf >>= distBits
				n -= distBits
				e = r.codes.dist[e.sub(buf)]
			}
			if e&special != 0 {
				valid = false
				break
			}
		}
		dist := e.value(buf)
		if dist > pos-r.begin {
			valid = false
			break
		}
		buf >>= e & 63
		n -= uint(e)

		// The next entry is loaded while the match is copied.
		buf, n, next = in.refilled(buf, n, next)
		e = r.codes.lit[buf&litMask]

		from, to := pos-dist, pos
		pos += length
		if dist >= 16 {
			// Matches of a log are long, 40 bytes on average, and a branch in front of 64 costs more than it saves.
			copy16(out, to, from)
			copy16(out, to+16, from+16)
			copy16(out, to+32, from+32)
			copy16(out, to+48, from+48)
			for to += 64; to < pos; to += 64 {
				from += 64
				copy16(out, to, from)
				copy16(out, to+16, from+16)
				copy16(out, to+32, from+32)
				copy16(out, to+48, from+48)
			}
		} else if dist == 1 {
			v := uint64(r.out[from]) * 0x0101010101010101
			for ; to < pos; to += 8 {
				store64(out, to, v)
			}
		} else {
			// Of each word as many bytes are right as it is ahead of the one it comes from.
			step := min(dist, 8)
			for ; to < pos; to += step {
				store64(out, to, load64(out, from))
				from += step
			}
		}
	}
	in.bits, in.count, in.pos, r.pos = buf, n&63, next, pos
	return done, valid
}

// slow decodes symbol by symbol up to the end of the object: those of which every bit is there. When it overruns, that
// is all there is to tell.
func (r *Reader) slow() (done, valid bool) {
	in := &r.in
	for r.pos < full {
		in.refill()
		e := r.codes.lit[in.bits&(1<<litBits-1)]
		if e&pointer == pointer {
			in.take(litBits)
			e = r.codes.lit[e.sub(in.bits)]
		}
		if e&literal != 0 {
			in.take(e.codeUses()) // the first of two is one of them by itself
			if in.overrun() {
				return false, false
			}
			r.out[r.pos] = byte(e >> 16)
			r.pos++
			continue
		}
		if e&special != 0 {
			in.take(e.uses())
			done = e&endmark == endmark
			return done, done
		}
		length := e.value(in.bits)
		in.take(e.uses())

		in.refill()
		e = r.codes.dist[in.bits&(1<<distBits-1)]
		if e&pointer == pointer {
			in.take(distBits)
			e = r.codes.dist[e.sub(in.bits)]
		}
		dist := e.value(in.bits)
		in.take(e.uses())
		if in.overrun() || e&special != 0 || dist > r.pos-r.begin {
			return false, false
		}
		for range length {
			r.out[r.pos] = r.out[r.pos-dist]
			r.pos++
		}
	}
	return false, true
}
