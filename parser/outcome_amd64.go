package parser

// outcome reads the three processing times and the two statuses at once, and reports whether they are of the form that
// nearly all have: 0.001 0.022 0.000 200 200. If not, it leaves them as they are.
func (r *Record) outcome(line []byte) bool {
	const width = 32 // of what is loaded
	i := int(r.begin[FieldRequestTime])
	if !wideVectors || i+width > len(line) {
		return false
	}
	var n [8]uint32 // times in milliseconds, statuses, and what does not matter
	if !outcomeAVX512(&line[i], &n) {
		return false
	}
	r.RequestTime, r.TargetTime, r.ResponseTime = Micros(n[0])*1000, Micros(n[1])*1000, Micros(n[2])*1000
	r.ELBStatus, r.TargetStatus = Status(n[3]), Status(n[4])
	return true
}

// outcomeAVX512 reads 32 bytes.
//
//go:noescape
func outcomeAVX512(text *byte, numbers *[8]uint32) bool
