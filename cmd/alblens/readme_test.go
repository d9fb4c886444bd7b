package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every command of the README's console blocks is run, in one folder and in order, and must print what stands below it.
// A line "…" stands for any lines.
func TestReadme(t *testing.T) {
	if _, err := exec.LookPath("jq"); err != nil {
		if os.Getenv("ALBLENS_REQUIRE_ALL") == "1" {
			t.Fatal(err)
		}
		t.Skip("jq is not installed")
	}
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", filepath.Join(bin, "alblens"), ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	dir := t.TempDir()
	commands := 0
	for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		for _, session := range strings.Split(block[1], "$ ")[1:] {
			line, want, _ := strings.Cut(session, "\n")
			commands++
			cmd := exec.Command("sh", "-c", line)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "COLUMNS=95", "NO_COLOR=1")
			var stderr strings.Builder
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if err != nil {
				t.Errorf("$ %s\n%v\n%s", line, err, stderr.String())
			}
			if want != "" && !matches(want, string(out)) {
				t.Errorf("$ %s\ngot:\n%s\nthe README has:\n%s", line, out, want)
			}
		}
	}
	if commands < 7 {
		t.Errorf("%d commands found in the README, want all of at least 7", commands)
	}
}

func matches(want, got string) bool {
	pattern := regexp.QuoteMeta(strings.TrimRight(want, "\n"))
	pattern = strings.ReplaceAll(pattern, "\n…", "(?s:.*)")
	return regexp.MustCompile(`^` + pattern + `\n*$`).MatchString(got)
}
