package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// completeBash has bash complete the words after the first as it does when Tab is pressed behind the last.
const completeBash = `
. "$BASH_COMPLETION"
. <(alblens completion bash)
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=$((${#COMP_LINE})) COMP_TYPE=9
__start_alblens 2>/dev/null # compopt says that this is no completion
eval "printf '%s\n' ${COMPREPLY[*]}" # as the shell reads what is put into the line
`

func TestBashCompletes(t *testing.T) {
	bash := needProgram(t, "bash")
	library := "/usr/share/bash-completion/bash_completion"
	if _, err := os.Stat(library); err != nil {
		if os.Getenv("ALBLENS_REQUIRE_ALL") == "1" {
			t.Fatal(err)
		}
		t.Skip("bash-completion is not installed")
	}
	bin := alblensBinary(t)
	for _, c := range []struct{ words, want string }{
		{"exp", "explain"},
		{"analyze --form", "--format"},
		{"analyze --format m", "markdown"},
		{"analyze --by target,us", "target,user-agent"},
		{"analyze --by target+pat", "target+path"},
		{"records --cause idle-timeout,keep", "idle-timeout,keepalive-race"},
		{"explain keep", "keepalive-race"},
		{"simulate dem", "demo"},
		{"demo --fail-on cr", "critical"},
		{"analyze --redact ip,us", "ip,user-agent"},
	} {
		cmd := exec.Command(bash, append([]string{"-c", completeBash, "bash", "alblens"}, strings.Fields(c.words)...)...)
		cmd.Env = append(os.Environ(), "BASH_COMPLETION="+library, "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
		var stderr strings.Builder
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if got := strings.TrimSpace(string(out)); err != nil || got != c.want {
			t.Errorf("alblens %s is completed with %q, want %q: %v\n%s", c.words, got, c.want, err, &stderr)
		}
	}
}

// The other shells at least read what is made for them; and fish completes.
func TestShellsReadCompletions(t *testing.T) {
	bin := alblensBinary(t)
	for _, shell := range []string{"zsh", "fish"} {
		t.Run(shell, func(t *testing.T) {
			path := needProgram(t, shell)
			script, err := exec.Command(filepath.Join(bin, "alblens"), "completion", shell).Output()
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "completion")
			if err := os.WriteFile(file, script, 0o600); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command(path, "-n", file).CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("%v\n%s", err, out)
			}
			if shell != "fish" {
				return
			}
			cmd := exec.Command(path, "--no-config", "-c", "source "+file+"; complete -C 'alblens analyze --format '")
			cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "HOME="+t.TempDir())
			out, err := cmd.Output()
			if got := strings.Fields(string(out)); err != nil || !slices.Equal(slices.Sorted(slices.Values(got)), []string{"csv", "html", "json", "markdown", "text"}) {
				t.Errorf("fish completes with %q: %v", got, err)
			}
		})
	}
}
