package parser

import "encoding/binary"

const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

// The decoders below take a field's text and report whether it is of the field's form.

// A minuteMemo is the minute of the timestamp read last. Nearly all timestamps of a log share theirs with the one
// before, so that only seconds and what is behind them are left to read.
type minuteMemo struct {
	date, clock uint64 // YYYY-MM- and DDThh:mm as they stand in the log
	start       Timestamp
}

// parse is parseTimestamp, faster where b is in the minute of the one before and has six decimals.
func (m *minuteMemo) parse(b []byte) (Timestamp, bool) {
	if len(b) != 27 {
		return parseTimestamp(b)
	}
	date, clock := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
	if date != m.date || clock != m.clock {
		t, ok := parseTimestamp(b)
		if ok {
			m.date, m.clock, m.start = date, clock, t-t%60e6
			if t < 0 { // before 1970 the remainder is negative
				m.date = 0
			}
		}
		return t, ok
	}
	const form = '.' | '0'<<8 | '0'<<16 | '0'<<24 | '0'<<32 | '0'<<40 | '0'<<48 | 'Z'<<56
	tens, ones, micros := b[17]-'0', b[18]-'0', binary.LittleEndian.Uint64(b[19:])^form
	if b[16] != ':' || tens > 5 || ones > 9 || aboveNine(micros) || micros&0xff != 0 || micros>>56 != 0 {
		return 0, false
	}
	return m.start + (Timestamp(tens)*10+Timestamp(ones))*1e6 + Timestamp(decimal(micros<<8)), true
}

// parseTimestamp reads YYYY-MM-DDThh:mm:ss[.f…]Z with up to 9 decimals, of which 6 are kept.
func parseTimestamp(b []byte) (Timestamp, bool) {
	if len(b) < 20 || b[len(b)-1] != 'Z' || b[4] != '-' || b[7] != '-' || b[10] != 'T' || b[13] != ':' || b[16] != ':' {
		return 0, false
	}
	var bad byte
	two := func(i int) int {
		tens, ones := b[i]-'0', b[i+1]-'0'
		if tens > 9 || ones > 9 {
			bad = 1
		}
		return int(tens)*10 + int(ones)
	}
	year := two(0)*100 + two(2)
	month, day := two(5), two(8)
	hour, minute, second := two(11), two(14), two(17)
	if bad != 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	micros, ok := parseFraction(b[19 : len(b)-1])
	if !ok {
		return 0, false
	}
	secs := int64(daysSince1970(year, month, day))*86400 + int64(hour*3600+minute*60+second)
	return Timestamp(secs*1e6 + micros), true
}

// parseFraction reads "" or "." and 1 to 9 digits as millionths; finer digits are cut.
func parseFraction(b []byte) (int64, bool) {
	if len(b) == 0 {
		return 0, true
	}
	if b[0] != '.' || len(b) == 1 || len(b) > 10 {
		return 0, false
	}
	var v int64
	for i := 1; i < 7; i++ {
		v *= 10
		if i < len(b) {
			d := b[i] - '0'
			if d > 9 {
				return 0, false
			}
			v += int64(d)
		}
	}
	for _, c := range b[min(7, len(b)):] {
		if c-'0' > 9 {
			return 0, false
		}
	}
	return v, true
}

func daysIn(year, month int) int {
	switch {
	case month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0):
		return 29
	case month == 2:
		return 28
	case month == 4 || month == 6 || month == 9 || month == 11:
		return 30
	}
	return 31
}

// daysSince1970 counts days in the proleptic Gregorian calendar, with years that begin in March so that
// the leap day is the last of its year. It counts from the year -400, so that no division is of a negative number.
func daysSince1970(year, month, day int) int {
	year += 400
	if month <= 2 {
		year--
		month += 12
	}
	return 365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - (719468 + 146097)
}

// parseSeconds reads a processing time: "-1" and "-" are NoMicros.
func parseSeconds(b []byte) (Micros, bool) {
	if len(b) == 5 && b[1] == '.' { // 0.001, nearly always
		s, t, h, m := b[0]-'0', b[2]-'0', b[3]-'0', b[4]-'0'
		if s <= 9 && t <= 9 && h <= 9 && m <= 9 {
			return Micros(s)*1e6 + Micros(t)*1e5 + Micros(h)*1e4 + Micros(m)*1e3, true
		}
	}
	if string(b) == "-1" || string(b) == "-" {
		return NoMicros, true
	}
	digits := 0
	var secs int64
	for digits < len(b) && b[digits]-'0' <= 9 {
		secs = secs*10 + int64(b[digits]-'0')
		digits++
	}
	if digits == 0 || digits > 9 {
		return 0, false
	}
	micros, ok := parseFraction(b[digits:])
	return Micros(secs*1e6 + micros), ok
}

func parseStatus(b []byte) (Status, bool) {
	if len(b) == 3 {
		h, t, o := b[0]-'0', b[1]-'0', b[2]-'0'
		return Status(h)*100 + Status(t)*10 + Status(o), h <= 9 && t <= 9 && o <= 9
	}
	return NoStatus, len(b) == 1 && b[0] == '-'
}

func parseBytes(b []byte) (int64, bool) {
	if len(b) == 1 && b[0] == '-' {
		return NoBytes, true
	}
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	var v int64
	for _, c := range b {
		d := c - '0'
		if d > 9 {
			return 0, false
		}
		v = v*10 + int64(d)
	}
	return v, true
}

func parseRulePriority(b []byte) (RulePriority, bool) {
	switch string(b) {
	case "-":
		return NoRule, true
	case "-1":
		return RuleError, true
	}
	if len(b) > 9 {
		return 0, false
	}
	v, ok := parseBytes(b)
	return RulePriority(v), ok
}

// seconds is parseSeconds for a field, faster for "0.001".
func (r *Record) seconds(line []byte, f Field) (Micros, bool) {
	if i := int(r.begin[f]); i+8 <= len(line) {
		if v, short := shortSeconds(binary.LittleEndian.Uint64(line[i:])); short {
			return v, true
		}
	}
	return parseSeconds(r.text(f))
}

// shortSeconds reads "d.ddd " at the beginning of a word. With the expected characters taken away, digits are 0 to 9
// and the others 0; adding what is missing to 128 shows any that are more.
func shortSeconds(w uint64) (Micros, bool) {
	const (
		form  = '0' | '.'<<8 | '0'<<16 | '0'<<24 | '0'<<32 | ' '<<40
		limit = 0x76 | 0x7f<<8 | 0x76<<16 | 0x76<<24 | 0x76<<32 | 0x7f<<40
		mask  = 0xffffffffffff
	)
	y := w&mask ^ form
	if (y|(y+limit))&(highBits&mask) != 0 {
		return 0, false
	}
	return Micros(y&15*1_000_000 + y>>16&15*100_000 + y>>24&15*10_000 + y>>32&15*1_000), true
}

// number is parseBytes for a field, faster for up to eight digits.
func (r *Record) number(line []byte, f Field) (int64, bool) {
	i, n := int(r.begin[f]), int(r.begin[f+1]-r.begin[f])-1
	if n <= 8 && i+8 <= len(line) {
		y := (binary.LittleEndian.Uint64(line[i:]) ^ '0'*lowBits) << (64 - 8*n) // the digits before the first are 0
		if !aboveNine(y) {
			return decimal(y), true
		}
	}
	return parseBytes(r.text(f))
}

// aboveNine reports whether a byte of y is more than 9.
func aboveNine(y uint64) bool { return (y|(y+0x76*lowBits))&highBits != 0 }

// decimal is the number whose eight digits are the bytes of y, the highest first.
func decimal(y uint64) int64 {
	y = (y*10 + y>>8) & 0x00ff00ff00ff00ff
	y = (y*100 + y>>16) & 0x0000ffff0000ffff
	return int64((y*10000 + y>>32) & 0xffffffff)
}
