//go:build linux

package rig

import (
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"
)

// A process that is stopped for a second stood still for a second, and one that only sleeps did not.
func TestWatchStalls(t *testing.T) {
	stalled := watchStalls()
	time.Sleep(100 * time.Millisecond)
	pid := strconv.Itoa(os.Getpid())
	if err := exec.Command("sh", "-c", "kill -STOP "+pid+"; sleep 1; kill -CONT "+pid).Run(); err != nil {
		t.Fatal(err)
	}
	if longest := stalled(); longest < 900*time.Millisecond {
		t.Errorf("stood still for %v, want a second", longest)
	}
}
