//go:build unix

package scan

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"alblens/internal/s3test"
)

// BenchmarkS3 has the program analyse objects of a real S3 server on loopback, which shares the cores, and the same
// objects as files, one after the other: -benchtime 5x takes the medians of five such pairs. Local-MiB and s3-MiB are the
// most memory that the program took.
func BenchmarkS3(b *testing.B) {
	program := filepath.Join(b.TempDir(), "alblens")
	if out, err := exec.Command("go", "build", "-o", program, "alblens/cmd/alblens").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	for _, c := range []struct{ objects, size int }{{2000, 100 << 10}, {100_000, 1 << 10}} {
		b.Run(fmt.Sprintf("objects=%d/size=%d", c.objects, c.size), func(b *testing.B) {
			dir, url := storeObjects(b, c.objects, c.size)
			var local, remote, ratio []float64 // µs an object
			var most [2]int64
			for b.Loop() {
				took, peak := analyze(b, program, dir, c.objects)
				local, most[0] = append(local, took), max(most[0], peak)
				took, peak = analyze(b, program, url, c.objects)
				remote, most[1] = append(remote, took), max(most[1], peak)
				ratio = append(ratio, remote[len(remote)-1]/local[len(local)-1])
			}
			b.ReportMetric(median(local), "local-µs/object")
			b.ReportMetric(median(remote), "s3-µs/object")
			b.ReportMetric(median(ratio), "s3/local")
			b.ReportMetric(float64(most[0])/1024, "local-MiB")
			b.ReportMetric(float64(most[1])/1024, "s3-MiB")
		})
	}
}

// analyze runs the program on a source, and returns how many µs an object took and the most memory it had, in KiB.
func analyze(b *testing.B, program, arg string, objects int) (took float64, peak int64) {
	b.Helper()
	c := exec.Command(program, "analyze", arg, "-f", "json")
	c.Stderr = b.Output()
	began := time.Now()
	out, err := c.Output()
	took = float64(time.Since(began).Microseconds()) / float64(objects)
	if err != nil {
		b.Fatal(err)
	}
	var summary struct {
		Inputs struct {
			Complete bool
			Objects  int
		}
	}
	if err := json.Unmarshal(out, &summary); err != nil || !summary.Inputs.Complete || summary.Inputs.Objects != objects {
		b.Fatalf("%v: %+v, want %d objects", err, summary, objects)
	}
	return took, c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

// storeObjects writes objects of about that many bytes as files and into a bucket: those of ten nodes, slot by slot.
func storeObjects(b *testing.B, objects, size int) (dir, url string) {
	b.Helper()
	server := s3test.Start(b)
	server.Setenv(b, server.Root)
	bucket := server.Bucket(b)
	dir = b.TempDir()
	var wg sync.WaitGroup
	turn := make(chan struct{}, 8)
	for i := range objects {
		turn <- struct{}{}
		wg.Go(func() {
			defer func() { <-turn }()
			key, content := slotObject(i, size)
			name := filepath.Join(dir, key)
			if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
				b.Error(err)
			}
			if err := os.WriteFile(name, content, 0o666); err != nil {
				b.Error(err)
			}
			server.Put(b, bucket, key, content)
		})
	}
	wg.Wait()
	if b.Failed() {
		b.FailNow()
	}
	return dir, "s3://" + bucket + "/"
}

// slotObject is object i of ten nodes since 2026-11-20: records at random times of its slot, a tenth of them 504s. The
// same number gives the same bytes.
func slotObject(i, size int) (key string, content []byte) {
	const slot = 300 // seconds
	r := rand.New(rand.NewPCG(1, uint64(i)))
	ends := time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC).Add(time.Duration(i/10+1) * slot * time.Second)
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	for b.Len() < size-100 { // a further line takes about 60 bytes, and the end some
		fmt.Fprintln(w, logLine(i/10*slot+r.IntN(slot)))
		w.Flush()
	}
	w.Close()
	return fmt.Sprintf("AWSLogs/111122223333/elasticloadbalancing/eu-west-3/%s/111122223333_elasticloadbalancing_eu-west-3_app.shop.50dc6c495c0c9188_%s_10.0.0.%d_x.log.gz",
		ends.Format("2006/01/02"), ends.Format("20060102T1504Z"), i%10), b.Bytes()
}
