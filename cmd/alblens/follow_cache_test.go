package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"alblens/internal/simulate"
)

// Following tells the same with a cache as without, and reads what is in it no second time.
func TestFollowCache(t *testing.T) {
	if testing.Short() { // slow with -race
		t.Skip("-short")
	}
	logs, cache := t.TempDir(), filepath.Join(t.TempDir(), "cache")
	follow := func(args ...string) (stdout string, read, took int) {
		b := incident(t)
		if err := os.RemoveAll(logs); err != nil {
			t.Fatal(err)
		}
		old := time.Now().Add(-time.Hour).Truncate(time.Hour)
		b.put = func(o simulate.Object) {
			name := filepath.Join(logs, filepath.FromSlash(o.Key))
			if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, o.Body, 0o666); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(name, old, old); err != nil {
				t.Fatal(err)
			}
		}
		code, stdout, stderr := b.follow(append(args, logs, "-v")...)
		if code != exitInterrupted {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
		return stdout, strings.Count(stderr, "alblens: read "+logs), strings.Count(stderr, "alblens: took from the cache "+logs)
	}
	want, objects, _ := follow()
	for i, expected := range [][2]int{{objects, 0}, {0, objects}} {
		stdout, read, took := follow("--cache", cache)
		if stdout != want {
			t.Errorf("run %d tells something else:\n%s\nwant\n%s", i, stdout, want)
		}
		if got := [2]int{read, took}; got != expected {
			t.Errorf("run %d: %v objects read, and taken from the cache; want %v", i, got, expected)
		}
	}
	if objects == 0 {
		t.Error("nothing is read at all")
	}
}
