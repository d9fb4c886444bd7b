package s3

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"alblens/internal/logname"
	"alblens/sources"
)

// TestAfter lists random buckets page by page, with jumps, and expects just
// what asking for every key finds, in fewer pages on the whole.
func TestAfter(t *testing.T) {
	jumped, plain := 0, 0
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		keys := bucket(rnd)
		start := time.Date(2026, 11, 19, 0, 0, 0, 0, time.UTC).Add(time.Duration(rnd.IntN(3*24*60)) * time.Minute)
		sel := sources.Selection{Since: start, Until: start.Add(time.Duration(rnd.IntN(300)) * time.Minute)}
		switch rnd.IntN(4) {
		case 0:
			sel.Since = time.Time{}
		case 1:
			sel.Until = time.Time{}
		}
		size := 1 + rnd.IntN(20)

		var want []string
		for _, key := range keys {
			if sel.Wants(logname.Parse(key)) {
				want = append(want, key)
			}
		}
		got, pages := walk(keys, size, sel)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d, page size %d, %v to %v (-want +got):\n%s", seed, size, sel.Since, sel.Until, diff)
		}
		jumped += pages
		plain += (len(keys) + size - 1) / size
	}
	if jumped*2 > plain {
		t.Errorf("%d pages with jumps, %d without", jumped, plain)
	}
}

// walk does what List does, on keys in memory.
func walk(keys []string, size int, sel sources.Selection) (got []string, pages int) {
	for at := 0; at < len(keys); pages++ {
		page := keys[at:min(at+size, len(keys))]
		for _, key := range page {
			if sel.Wants(logname.Parse(key)) {
				got = append(got, key)
			}
		}
		at += len(page)
		if next := after(page[len(page)-1], sel); next > page[len(page)-1] {
			i, found := slices.BinarySearch(keys, next)
			if found {
				i++
			}
			at = max(at, i)
		}
	}
	return got, pages
}

// bucket makes the keys of a bucket as they come in practice: AWS's folders of
// several accounts and regions, flat copies, foreign files; some late.
func bucket(rnd *rand.Rand) []string {
	var keys []string
	first := time.Date(2026, 11, 18, 0, 0, 0, 0, time.UTC)
	for _, account := range []string{"AWSLogs/111111111111", "AWSLogs/o-ab/222222222222", "flat"} {
		for _, region := range []string{"eu-west-3", "us-east-1"} {
			for _, lb := range []string{"app.one.01", "app.two.02", "net.three.03"} {
				end := first
				for range rnd.IntN(60) {
					end = end.Add(time.Duration(1+rnd.IntN(40)) * logname.Slot)
					kind := []string{"", "", "conn_log_"}[rnd.IntN(3)]
					file := fmt.Sprintf("%s123_elasticloadbalancing_%s_%s_%s_10.0.0.%d_%x.log.gz", kind, region, lb, end.Format(logname.Stamp), rnd.IntN(3), rnd.Uint32())
					if account == "flat" {
						keys = append(keys, "flat/"+file)
						continue
					}
					delivered := end.Add(time.Duration(rnd.IntN(10)-1) * time.Minute)
					if rnd.IntN(20) == 0 {
						delivered = end.Add(20 * time.Hour)
					}
					root := fmt.Sprintf("%s/elasticloadbalancing/%s/", account, region)
					keys = append(keys, root+delivered.Format(logname.DayLayout)+"/"+file)
					if rnd.IntN(20) == 0 {
						keys = append(keys, root+delivered.Format(logname.DayLayout)+"/notes.txt", root+"README")
					}
				}
			}
		}
		keys = append(keys, account+"/ELBAccessLogTestFile")
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
