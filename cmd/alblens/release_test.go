package main

import (
	"compress/gzip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every file that .goreleaser.yaml names is there once scripts/package.sh has run, in the folder that it is run for.
func TestReleaseHasItsFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	bash := needProgram(t, "bash")
	needProgram(t, "gzip")
	recipe, err := os.ReadFile("../../.goreleaser.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const folder = "out/package"
	if !strings.Contains(string(recipe), "bash scripts/package.sh "+folder+" ") {
		t.Fatalf("the recipe does not make %s", folder)
	}
	dir := t.TempDir()
	if out, err := exec.Command(bash, "../../scripts/package.sh", dir, "1.2.3", "2026-11-20").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	named := regexp.MustCompile(`(?m)^ *- (?:src|main): (\S+)$`).FindAllStringSubmatch(string(recipe), -1)
	if len(named) < 12 {
		t.Errorf("the recipe names %d files, want all of at least 12", len(named))
	}
	for _, n := range named {
		pattern := filepath.Join("../..", n[1])
		if below, ok := strings.CutPrefix(n[1], folder); ok {
			pattern = filepath.Join(dir, below)
		}
		if files, err := filepath.Glob(pattern); err != nil || len(files) == 0 {
			t.Errorf("the recipe names %s: %v", n[1], err)
		}
	}

	f, err := os.Open(filepath.Join(dir, "man", "alblens-analyze.1.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(z)
	if head := `.TH "ALBLENS\-ANALYZE" "1" "2026-11-20" "alblens 1.2.3" "alblens"`; err != nil || !strings.HasPrefix(string(page), head) {
		t.Errorf("%v: the manual begins %.100q", err, page)
	}
	licences, err := os.ReadFile(filepath.Join(dir, "LICENSES"))
	if err != nil {
		t.Fatal(err)
	}
	linked := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}@{{.Version}}{{end}}{{end}}", ".")
	out, err := linked.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, module := range strings.Fields(string(out)) {
		if !strings.Contains(string(licences), "\n== "+module+"\n") {
			t.Errorf("no licence of %s", module)
		}
	}
}
