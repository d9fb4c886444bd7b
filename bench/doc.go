// Bench writes the corpora that the benchmarks read, from a seed and a shape:
//
//	go run ./bench -shape plain -records 2250000 -seed 1 -o DIR
//
// A corpus is never committed: the recipe is. See README.md for the method and the results.
package main
