//go:build linux

package rig

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"alblens/parser"
)

// TestRig plays all cases that this machine has the servers for, and holds each log against its truth. With
// -artifacts the logs stay.
func TestRig(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	var cases []Case
	for _, c := range Cases() {
		if err := c.Missing(); err != nil {
			t.Run(c.Name, func(t *testing.T) { t.Skip(err) })
			continue
		}
		cases = append(cases, c)
	}
	truths, err := Run(t.Context(), t.ArtifactDir(), cases...)
	var stall *StallError
	for tries := 1; errors.As(err, &stall); tries++ {
		if tries == 3 {
			t.Skipf("%d times: %v", tries, err)
		}
		t.Log(err)
		truths, err = Run(t.Context(), t.ArtifactDir(), cases...)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(truths) != len(cases)+1 || truths[len(cases)].Case != Mixed {
		t.Fatalf("%d truths of %d cases", len(truths), len(cases))
	}
	union := map[string]string{}
	for i, c := range cases {
		truth := &truths[i]
		t.Run(c.Name, func(t *testing.T) { checkCase(t, truth) })
		t.Run("diagnosis of "+c.Name, func(t *testing.T) { checkDiagnosis(t, truth) })
		maps.Copy(union, truth.Causes)
	}
	t.Run(Mixed, func(t *testing.T) {
		mixed := &truths[len(cases)]
		if wrong := mixed.Mismatches(union); wrong != nil {
			t.Error(wrong)
		}
		checkDiagnosis(t, mixed)
		if n := len(readLog(t, mixed.Dir)); n != mixed.Requests {
			t.Errorf("%d lines of %d requests", n, mixed.Requests)
		}
	})
}

// checkCase holds the lines to the shapes that AWS documents, which know nothing of endings.
func checkCase(t *testing.T, truth *Truth) {
	counts := truth.Counts()
	t.Logf("%d requests, %v, %v", truth.Requests, counts, truth.Estimates)
	cause := strings.TrimSuffix(strings.TrimSuffix(truth.Case, "-nginx"), "-node")
	if counts[cause] < 20 {
		t.Errorf("%d failures of %s, want 20", counts[cause], cause)
	}
	log := readLog(t, truth.Dir)
	if len(log) != truth.Requests {
		t.Errorf("%d lines of %d requests", len(log), truth.Requests)
	}
	if answered := len(log) - len(truth.Causes); answered < 200 {
		t.Errorf("%d requests were answered, want 200", answered)
	}
	for trace := range truth.Causes {
		if _, ok := log[trace]; !ok {
			t.Errorf("%s is not in the log", trace)
		}
	}
	for trace, r := range log {
		is, ok := shapes[truth.Causes[trace]]
		if !ok || !is(r) {
			t.Errorf("%q does not look like this: %s", truth.Causes[trace], r.Line)
		}
	}
}

// shapes are the rows of section 3.3 of the format's reference: which times are -1, and the wall.
var shapes = map[string]func(*parser.Record) bool{
	"": func(r *parser.Record) bool {
		sum := r.RequestTime + r.TargetTime + r.ResponseTime
		return r.ELBStatus == 200 && r.TargetStatus == 200 && r.HasTarget() && mask(r) == "rtp" &&
			r.Duration() >= sum-2000 && r.Duration() < sum+100_000
	},
	"keepalive-race": func(r *parser.Record) bool {
		return own(r, 502) && mask(r) == "rt-" && r.TargetTime < 100_000
	},
	"idle-timeout": func(r *parser.Record) bool {
		return own(r, 504) && mask(r) == "r--" && wall(r, 4*time.Second)
	},
	"connect-timeout": func(r *parser.Record) bool {
		return own(r, 504) && (mask(r) == "---" && wall(r, 10*time.Second) || mask(r) == "r--" && wall(r, 4*time.Second))
	},
	"connect-refused": func(r *parser.Record) bool {
		return own(r, 502) && mask(r) == "---" && wall(r, 0)
	},
	"target-crash": func(r *parser.Record) bool {
		return own(r, 502) && mask(r) == "rt-" && r.Duration() < 2_500_000
	},
	"bad-response": func(r *parser.Record) bool {
		return own(r, 502) && mask(r) == "rt-" && r.TargetTime >= 20_000
	},
	"short-body": func(r *parser.Record) bool {
		return r.ELBStatus == 504 && r.TargetStatus == 200 && mask(r) == "rtp" && r.TargetTime >= 20_000 && wall(r, 4*time.Second)
	},
	"worker-timeout": func(r *parser.Record) bool {
		return own(r, 502) && mask(r) == "rt-" && wall(r, 2*time.Second)
	},
	"deregistration-cut": func(r *parser.Record) bool {
		return own(r, 502) && mask(r) == "rt-" && r.TargetTime >= 1_990_000 && r.TargetTime < 4_000_000
	},
	"no-target": func(r *parser.Record) bool {
		return r.ELBStatus == 503 && !r.HasTarget() && mask(r) == "---" && wall(r, 0) && r.Text(parser.FieldTargetGroupARN) != nil
	},
	"client-abandoned": func(r *parser.Record) bool {
		// A client's patience begins before the node has its request.
		return own(r, 460) && mask(r) == "r--" && r.Duration() > 1_250_000 && r.Duration() < 2_000_000
	},
}

// own reports a status of the load balancer's own beside a target.
func own(r *parser.Record, status parser.Status) bool {
	return r.ELBStatus == status && r.TargetStatus < 0 && r.HasTarget()
}

// mask names the times that were measured.
func mask(r *parser.Record) string {
	m := []byte("rtp")
	for i, d := range []parser.Micros{r.RequestTime, r.TargetTime, r.ResponseTime} {
		if d == parser.NoMicros {
			m[i] = '-'
		}
	}
	return string(m)
}

// wall allows half a second for a slow machine.
func wall(r *parser.Record, want time.Duration) bool {
	d := time.Duration(r.Duration()) * time.Microsecond
	return d >= want-10*time.Millisecond && d < want+500*time.Millisecond
}

// readLog returns the records below a folder by their trace ids.
func readLog(t *testing.T, dir string) map[string]*parser.Record {
	t.Helper()
	log := map[string]*parser.Record{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			return err
		}
		lines := bufio.NewScanner(z)
		for lines.Scan() {
			var r parser.Record
			if err := r.Parse(lines.Bytes()); err != nil {
				return fmt.Errorf("%w: %s", err, lines.Text())
			}
			trace := string(r.Text(parser.FieldTraceID))
			if r.Fields != 36 || log[trace] != nil || !strings.Contains(name, "_"+string(r.Text(parser.FieldNodeIP))+"_") {
				return fmt.Errorf("%s: %d fields, a second of its trace id, or another node's: %s", name, r.Fields, lines.Text())
			}
			log[trace] = r.Clone()
		}
		return lines.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return log
}
