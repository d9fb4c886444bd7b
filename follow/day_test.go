package follow

import (
	"bytes"
	"compress/gzip"
	"os"
	"runtime"
	"testing"
	"time"

	"alblens/diagnose"
	"alblens/internal/logname"
	"alblens/internal/simulate"
)

func compress(t *testing.T, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(text)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func config(span time.Duration, rate float64, start time.Time) simulate.Config {
	return simulate.Config{
		Seed: 7, Start: start, Duration: span, RequestsPerSecond: rate, Nodes: 2,
		Faults: []simulate.Fault{
			{Cause: simulate.IdleTimeout, Path: "/api/reports/{int}", Median: 50 * time.Second},
			{Cause: simulate.ConnectTimeout, Group: "web", Target: 1, Share: 0.02},
		},
	}
}

func simulated(t *testing.T, span time.Duration, rate float64, start time.Time) []simulate.Object {
	t.Helper()
	objects, err := simulate.Generate(config(span, rate, start))
	if err != nil {
		t.Fatal(err)
	}
	var list []simulate.Object
	for o := range objects {
		list = append(list, o)
	}
	return list
}

// A day of objects arrives, each three minutes after its time, some late. What the heap holds at the end of each hour is
// what it held at the end of the first, when the window had filled: within 1.2 times.
func TestMemoryOfADay(t *testing.T) {
	hours, rate := 4, 4.0
	if os.Getenv("ALBLENS_PROOF") == "1" {
		hours, rate = 24, 20
	} else if testing.Short() {
		t.Skip("-short")
	}
	r := newRig(t, nil)
	start := noon
	objects, err := simulate.Generate(config(time.Duration(hours)*time.Hour, rate, start))
	if err != nil {
		t.Fatal(err)
	}
	var tracker diagnose.Tracker
	var heaps []uint64
	var held []string
	news, read := 0, 0
	var latest *diagnose.Diagnosis // as whoever tells the news keeps it
	settle := func() {             // polls up to now, and notes the heap on the hour
		if r.poll(0) {
			d := r.Whole().Freeze()
			latest = diagnose.Run(d, diagnose.Options{})
			for _, e := range tracker.Update(r.now, d.Counts.Totals.Last, latest.Findings) {
				news++
				t.Logf("%s %s %s %v: %s", r.now.Format(time.TimeOnly), e.Kind, e.Finding.Key, e.What, e.Finding.Summary)
			}
		}
		for _, name := range held { // the store forgets what was read, so that only the Follower's memory is measured
			if r.store.opened[name] > 0 {
				o := r.store.objects[name]
				o.body = nil
				delete(r.store.objects, name)
				delete(r.store.opened, name)
				read++
			}
		}
		held = held[:0]
		if since := r.now.Sub(start); since > 0 && since%time.Hour == 0 {
			runtime.GC()
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			runtime.KeepAlive(latest)
			heaps = append(heaps, m.HeapAlloc)
		}
	}
	total := 0
	for o := range objects {
		n := logname.Parse(o.Key)
		for r.now.Before(n.End) {
			r.now = r.now.Add(logname.Slot)
			settle()
		}
		total++
		r.store.objects[o.Key] = stored{body: o.Body, etag: `"` + n.Random + `"`, modified: n.End.Add(3 * time.Minute)}
		held = append(held, o.Key)
	}
	r.now = r.now.Add(logname.Slot)
	settle()
	if read != total || total != hours*12*2 {
		t.Fatalf("%d of %d objects were read, want %d", read, total, hours*24)
	}
	if news == 0 {
		t.Error("nothing was found")
	}
	highest := heaps[0]
	for hour, bytes := range heaps {
		highest = max(highest, bytes)
		t.Logf("hour %2d: %6.2f MiB", hour+1, float64(bytes)/(1<<20))
		if float64(bytes) > 1.2*float64(heaps[0]) {
			t.Errorf("after hour %d the heap holds %d bytes, more than 1.2 times the %d of the first", hour+1, bytes, heaps[0])
		}
	}
	t.Logf("at most %.3f times the first hour's; %d objects, %d events, %d bytes in the window",
		float64(highest)/float64(heaps[0]), total, news, r.window.bytes)
}
