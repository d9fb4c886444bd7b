package pathtemplate

import "golang.org/x/sys/cpu"

// vectors is whether the processor can classify: it has AVX-512 BW and VBMI.
var vectors = cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VBMI

// classify tells where each class occurs in a path of 1 to 64 bytes. Only where vectors is set.
func classify(path []byte, c *classes) { classifyAVX512(path, c) }

//go:noescape
func classifyAVX512(path []byte, c *classes)
