package main

import (
	"runtime"
	"runtime/debug"
	"syscall"
)

// hugeRoom is how much of the heap lies in huge pages: about what a run takes that has no more keys than most. The advice
// costs no memory before that is used.
const hugeRoom = 64 << 20

// adviseHugePages asks the system for huge pages where the heap is going to be: what is counted lies scattered over tens of
// megabytes, and without them the processor spends up to a twentieth of the time on finding pages. Most distributions give them only to
// whoever asks, which Go does not; advice stays with addresses, so it is given for memory that is then freed.
// https://docs.kernel.org/admin-guide/mm/transhuge.html
func adviseHugePages() {
	room := make([]byte, hugeRoom)
	_ = syscall.Madvise(room, syscall.MADV_HUGEPAGE) // a system that has none runs as before
	runtime.KeepAlive(room)
	debug.FreeOSMemory()
}
