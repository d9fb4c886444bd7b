package parser

var (
	vectors     = hasAVX2()
	wideVectors = vectors && hasAVX512()
)

// fields finds the fields of a line of at least 64 bytes and writes where they begin. n is how many there are, or 0 if the
// line is not of the form that splitFast takes, has more than maxFast fields, or the processor is not up to it. A quote behind
// a backslash is taken for one like others, and backslash tells that there is one somewhere.
func fields(line []byte, begin *begins) (n int, backslash bool) {
	switch {
	case wideVectors:
		return fieldsAVX512(line, begin)
	case vectors:
		return fieldsAVX2(line, begin)
	}
	return 0, false
}

// fieldsAVX2 looks at 64 bytes at a time: a line of 670 bytes takes it 90 ns, and split 300.
//
//go:noescape
func fieldsAVX2(line []byte, begin *begins) (n int, backslash bool)

// fieldsAVX512 does the same with 64 bytes in one register.
//
//go:noescape
func fieldsAVX512(line []byte, begin *begins) (n int, backslash bool)

// hasAVX512 reports, where hasAVX2 does, whether they have those of what is called AVX512 here: AVX-512 F, BW, VL, VBMI
// and VBMI2, and BMI2.
func hasAVX512() bool

// hasAVX2 reports whether processor and system have the instructions of fieldsAVX2: AVX2 and those that came with it.
func hasAVX2() bool
