package main

import (
	"os"
	"runtime/debug"
)

// Of many objects the listing and what is kept of all of them live to the end, and Go's default doubles that: above
// manyObjects the heap may grow by garbage, in percent of what lives, before it is collected. That costs an eighth of the
// time of 100 000 objects of 1 KB; where objects are large and few there is less to gain, and these keep the default.
const (
	manyObjects = 10_000
	garbage     = 25
)

// tightenMemory fits the collector to the number of objects, unless the user has.
func tightenMemory(objects int) {
	if objects > manyObjects && os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
}
