package main

import (
	"slices"
	"testing"

	"alblens/sources"
)

// Behind an access point is a bucket that nobody knows: then a load balancer's own is not held against the others.
func TestBuckets(t *testing.T) {
	const accessPoint = "s3://arn:aws:s3:eu-west-1:111122223333:accesspoint/logs/x.log.gz"
	for _, c := range []struct{ names, want []string }{
		{[]string{"s3://a/x.gz", "s3://b/x.gz", "s3://a/y.gz", "x.log"}, []string{"a", "b"}},
		{[]string{"x.log"}, nil},
		{[]string{"s3://a/x.gz", accessPoint}, nil},
	} {
		var refs []sources.Ref
		for _, name := range c.names {
			refs = append(refs, sources.Ref{Name: name})
		}
		if got := buckets(refs); !slices.Equal(got, c.want) {
			t.Errorf("%q are in %q, want %q", c.names, got, c.want)
		}
	}
}
