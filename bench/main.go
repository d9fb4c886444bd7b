package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

func main() {
	shape := flag.String("shape", "plain", "one of "+strings.Join(shapeNames(), ", "))
	records := flag.Int("records", 2_250_000, "about how many lines")
	seed := flag.Uint64("seed", 1, "the same seed gives the same bytes")
	dir := flag.String("o", "", "directory to write to")
	flag.Parse()
	if *dir == "" {
		fmt.Fprintln(os.Stderr, "bench: -o DIR says where to write")
		os.Exit(2)
	}
	sum, err := Write(*dir, *shape, *records, *seed)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	fmt.Printf("%d lines, %d of them malformed, in %d objects: %d bytes of text, %d compressed\n",
		sum.Lines, sum.Malformed, sum.Objects, sum.Text, sum.Compressed)
}
