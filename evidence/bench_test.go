package evidence

import (
	"fmt"
	"testing"

	"alblens/parser"
)

// BenchmarkAdd is what a success costs, settled in chunks as in an object.
func BenchmarkAdd(b *testing.B) {
	for _, targets := range []int{1, 24, 1000} {
		b.Run(fmt.Sprintf("success/targets=%d", targets), func(b *testing.B) {
			records := make([]parser.Record, targets)
			for i := range records {
				c := call{node: "10.0.0.1", target: fmt.Sprintf("10.0.%d.%d:80", i/250, i%250), group: "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/6d0ecf831eec9f09", at: 37 * i, took: 20, path: "/"}
				if err := records[i].Parse([]byte(c.line())); err != nil {
					b.Fatal(err)
				}
			}
			place := &Place{Source: "x.log", Line: 1, Path: (*parser.Record).Path}
			s := NewSet(Options{}, &Scratch{})
			b.ReportAllocs()
			for i := range b.N {
				s.Add(&records[i%targets], place)
			}
			s.Close()
		})
	}
}
