package main

import (
	"bufio"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The advice stays with the addresses once the memory is free again.
func TestAdviseHugePages(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		t.Log("this system has no huge pages")
		return
	}
	adviseHugePages()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	size := regexp.MustCompile(`^Size: +(\d+) kB`)
	last, advised := 0, 0 // kB
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if m := size.FindStringSubmatch(lines.Text()); m != nil {
			last, _ = strconv.Atoi(m[1])
		}
		if flags, ok := strings.CutPrefix(lines.Text(), "VmFlags:"); ok && strings.Contains(flags+" ", " hg ") {
			advised += last
		}
	}
	if advised < 60<<10 {
		t.Errorf("%d kB are to be in huge pages, want about 64 MB", advised)
	}
}
