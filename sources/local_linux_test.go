package sources

import (
	"context"
	"errors"
	"net"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestIrregularFiles(t *testing.T) {
	tree(t, map[string]string{"logs/a.log": "a"})
	if err := syscall.Mkfifo("logs/fifo", 0o644); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", "logs/socket")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	symlink(t, os.DevNull, "logs/null")

	want := []string{"! skipped logs/fifo: named pipe", "! skipped logs/null: device", "! skipped logs/socket: socket"}
	if diff := cmp.Diff(append([]string{"logs/a.log"}, want...), lines(t, "logs")); diff != "" {
		t.Errorf("met (-want +got):\n%s", diff)
	}
	// As the shell's <(…) gives them.
	if diff := cmp.Diff([]string{"logs/fifo"}, lines(t, "logs/fifo")); diff != "" {
		t.Errorf("named (-want +got):\n%s", diff)
	}
}

// A pipe that nobody writes to keeps nobody waiting once the run is over.
func TestPipeWithoutWriter(t *testing.T) {
	tree(t, nil)
	if err := syscall.Mkfifo("fifo", 0o644); err != nil {
		t.Fatal(err)
	}
	src, err := Parse([]string{"fifo"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := src.Open(ctx, Ref{Name: "fifo", Size: -1}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("opened: %v", err)
	}
}

// unprivileged runs f as a user who owns nothing: root may read everything.
func unprivileged(t *testing.T, f func()) {
	t.Helper()
	if os.Geteuid() == 0 {
		// Holds for this thread alone.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := syscall.Setfsuid(65534); err != nil {
			t.Fatal(err)
		}
		defer syscall.Setfsuid(0)
	}
	f()
}

func TestDenied(t *testing.T) {
	tree(t, map[string]string{"logs/a.log": "a", "logs/closed/b.log": "b", "logs/secret.log": "s"})
	if err := os.Chmod("logs/closed", 0); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod("logs/closed", 0o755)
	if err := os.Chmod("logs/secret.log", 0); err != nil {
		t.Fatal(err)
	}
	// The temporary folder itself must be open to others.
	for _, dir := range []string{".", ".."} {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	unprivileged(t, func() {
		want := []string{"logs/a.log", "! denied logs/closed: permission denied", "logs/secret.log"}
		if diff := cmp.Diff(want, lines(t, "logs")); diff != "" {
			t.Errorf("directory (-want +got):\n%s", diff)
		}
		want = []string{"! denied logs/closed: permission denied"}
		if diff := cmp.Diff(want, lines(t, "logs/closed/*.log")); diff != "" {
			t.Errorf("glob (-want +got):\n%s", diff)
		}
		src, err := Parse(nil, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := src.Open(t.Context(), Ref{Name: "logs/secret.log"}); err == nil || err.Error() != "logs/secret.log: permission denied" {
			t.Errorf("open: %v", err)
		}
	})
}
