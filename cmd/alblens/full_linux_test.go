package main

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A fullDisk is what a run left that had its working directory on a file system of 48 KiB.
type fullDisk struct {
	code           int
	stdout, stderr string
	left           map[string]string // files by name, with what is in them
}

// onFullDisk runs the program where there is little room, after a script that prepares the directory.
func onFullDisk(t *testing.T, prepare string, args ...string) fullDisk {
	t.Helper()
	disk, after := t.TempDir(), t.TempDir()
	const script = `disk=$1 after=$2; shift 2
mount -t tmpfs -o size=48k none "$disk" || exit 99
cd "$disk" && eval "$PREPARE" || exit 98
alblens "$@"
code=$?
cp -a . "$after" || exit 97
exit $code`
	c := exec.Command("sh", append([]string{"-c", script, "sh", disk, after}, args...)...)
	c.SysProcAttr = &syscall.SysProcAttr{ // may mount where nobody else sees it
		Cloneflags:  syscall.CLONE_NEWNS | syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
	}
	var out, err bytes.Buffer
	c.Env, c.Stdout, c.Stderr = append(os.Environ(), "PREPARE="+prepare), &out, &err
	if e := c.Run(); e != nil && c.ProcessState == nil || c.ProcessState.ExitCode() == 99 {
		t.Skipf("no file system can be mounted here: %v %s", e, &err)
	}
	d := fullDisk{c.ProcessState.ExitCode(), out.String(), err.String(), map[string]string{}}
	if e := filepath.WalkDir(after, func(name string, x fs.DirEntry, err error) error {
		if err != nil || x.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		d.left[strings.TrimPrefix(name, after+"/")] = string(text)
		return err
	}); e != nil {
		t.Fatal(e)
	}
	return d
}

// widely is a log whose reports take more than 48 KiB: each of its records has a path of its own.
func widely(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for i, line := range strings.Split(strings.TrimSpace(exampleLines(t, 1500)), "\n") {
		head, rest, ok := strings.Cut(line, " HTTP/")
		if !ok {
			t.Fatalf("line %d has no request", i)
		}
		method := head[:strings.LastIndexByte(head, ' ')]
		b.WriteString(method + " https://www.example.com:443/" + letters(i) + " HTTP/" + rest + "\n")
	}
	name := filepath.Join(t.TempDir(), "x.log")
	if err := os.WriteFile(name, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

// letters is a number in letters, which no path template takes for one.
func letters(n int) string {
	text := ""
	for ; n > 0 || text == ""; n /= 26 {
		text += string(rune('a' + n%26))
	}
	return text
}

// TestFullDisk shows that what has no room is told, with the exit code of a job that could not be done, and that no file
// under its final name is a part of one: what stood there stays.
func TestFullDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	log := widely(t)
	const full = "no space left on device"
	for _, c := range []struct {
		what, prepare string
		args          []string
		says          string
		left          map[string]string
	}{
		{"a summary", "", []string{"analyze", log, "-o", "out.json"}, "write out.json: " + full, nil},
		{"a summary in place of another", "echo old >out.json", []string{"analyze", log, "-o", "out.json"}, "write out.json: " + full, map[string]string{"out.json": "old\n"}},
		{"a page", "", []string{"analyze", log, "-o", "out.html"}, "write out.html: " + full, nil},
		{"records", "echo old >out.ndjson", []string{"records", log, "-o", "out.ndjson"}, "write out.ndjson: " + full, map[string]string{"out.ndjson": "old\n"}},
		{"a bundle", "", []string{"analyze", log, "-q", "--bundle", "b"}, "write b/report.html: " + full, nil},
	} {
		d := onFullDisk(t, c.prepare, c.args...)
		if d.code != exitFailed || !strings.Contains(d.stderr, "alblens: "+c.says) {
			t.Errorf("%s: exit code %d: %s", c.what, d.code, d.stderr)
		}
		if len(d.left) != len(c.left) {
			t.Errorf("%s: %d files are left", c.what, len(d.left))
		}
		for name, want := range c.left {
			if d.left[name] != want {
				t.Errorf("%s: %s is now %q", c.what, name, d.left[name])
			}
		}
	}
}

// TestFullDiskFolder shows that of a folder of tables those are there that had room, whole.
func TestFullDiskFolder(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	log := widely(t)
	whole := t.TempDir()
	args := []string{"analyze", log, "--by", "host,path,node", "-o"}
	if out, err := exec.Command("alblens", append(args, whole+"/")...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	d := onFullDisk(t, "", append(args, "csv/")...)
	if want := "write csv/path.csv: no space left on device"; d.code != exitFailed || !strings.Contains(d.stderr, want) {
		t.Errorf("exit code %d: %s", d.code, d.stderr)
	}
	var names []string
	for name, text := range d.left {
		names = append(names, name)
		want, err := os.ReadFile(filepath.Join(whole, filepath.Base(name)))
		if err != nil || text != string(want) {
			t.Errorf("%s is not what it is where there is room: %v", name, err)
		}
	}
	if slices.Contains(names, "csv/path.csv") {
		t.Error("what had no room is there")
	}
}

// TestFullDiskCache shows that a cache without room costs a warning, and that what had room can be used.
func TestFullDiskCache(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	log, old := widely(t), time.Now().Add(-time.Hour)
	if err := os.Chtimes(log, old, old); err != nil {
		t.Fatal(err)
	}
	want, err := exec.Command("alblens", "analyze", log, "-f", "json").Output()
	if err != nil {
		t.Fatal(err)
	}
	for what, prepare := range map[string]string{
		"nearly full": "head -c 40000 /dev/zero >ballast",
		"full":        "mkdir c; head -c 1000000 /dev/zero 2>/dev/null >ballast || true",
	} {
		d := onFullDisk(t, prepare, "analyze", log, "-f", "json", "--cache", "c")
		if d.code != exitDone || strings.Count(d.stderr, "\n") != 1 || !strings.Contains(d.stderr, "alblens: --cache c: no space left on device") {
			t.Errorf("%s: exit code %d: %s", what, d.code, d.stderr)
		}
		if got := reported(d.stdout); got != reported(string(want)) {
			t.Errorf("%s: another summary", what)
		}
		for name := range d.left {
			if strings.HasSuffix(name, ".tmp") {
				t.Errorf("%s: %s is left", what, name)
			}
		}
	}
}

// reported is a summary but for how the run went.
func reported(summary string) string {
	var b strings.Builder
	for line := range strings.Lines(summary) {
		if !strings.HasPrefix(line, `  "run": {`) {
			b.WriteString(line)
		}
	}
	return b.String()
}
