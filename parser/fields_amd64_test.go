package parser

// vectored are the ways of fields that the processor is up to.
func vectored() map[string]func([]byte, *begins) (int, bool) {
	ways := map[string]func([]byte, *begins) (int, bool){}
	if vectors {
		ways["AVX2"] = fieldsAVX2
	}
	if wideVectors {
		ways["AVX-512"] = fieldsAVX512
	}
	return ways
}
