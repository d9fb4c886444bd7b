package sources

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
)

// deep makes directories within each other, of names of one letter, and a file in the last one.
func deep(t *testing.T, depth int) {
	t.Helper()
	at, err := os.OpenRoot(".")
	if err != nil {
		t.Fatal(err)
	}
	for range depth {
		if err := at.Mkdir("d", 0o755); err != nil {
			t.Fatal(err)
		}
		down, err := at.OpenRoot("d")
		if err != nil {
			t.Fatal(err)
		}
		at.Close()
		at = down
	}
	defer at.Close()
	if err := at.WriteFile("x.log", []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Linux knows no path longer than 4096 bytes. What lies deeper is said to be out of reach, and the rest is read.
func TestDeepDirectories(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	tree(t, map[string]string{"a.log": "a", "z.log": "z"})
	// Deeper than what RemoveAll, which goes down as far as there are open files, can take away at the end.
	t.Cleanup(func() { flatten(t) })
	deep(t, 10_000)
	src, err := Parse([]string{"."}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	var problems []*Problem
	for ref, err := range src.List(t.Context(), Selection{}) {
		if p, ok := errors.AsType[*Problem](err); ok {
			problems = append(problems, p)
		} else if err != nil {
			t.Fatal(err)
		} else {
			names = append(names, ref.Name)
		}
	}
	if strings.Join(names, " ") != "a.log z.log" {
		t.Errorf("%d files, the first %.100q", len(names), names)
	}
	if len(problems) != 1 || problems[0].Kind != Unreadable || !errors.Is(problems[0], syscall.ENAMETOOLONG) || len(problems[0].Name) < 4000 {
		t.Errorf("%d problems: %.200v", len(problems), problems)
	}
}

// flatten takes the chain of directories d/d/d/… apart from the top, by moving what is below a directory beside it.
func flatten(t *testing.T) {
	t.Helper()
	for {
		switch err := os.Rename("d/d", "e"); {
		case errors.Is(err, os.ErrNotExist):
			return
		case err != nil:
			t.Fatal(err)
		}
		if err := os.Remove("d"); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename("e", "d"); err != nil {
			t.Fatal(err)
		}
	}
}

// A file may have any name but one with a slash, and links may lead in circles.
func TestHostileNames(t *testing.T) {
	names := []string{"a\nb.log", "a\x1b[31m.log", "\u202egol.log", "\xff\xfe.log", "--help", "-", "*.log", "~", strings.Repeat("n", 255)}
	files := map[string]string{}
	for _, name := range names {
		files["logs/"+name] = name
	}
	tree(t, files)
	for _, link := range [][2]string{{".", "logs/self"}, {"..", "logs/up"}, {"two", "logs/one"}, {"one", "logs/two"}} {
		symlink(t, link[0], link[1])
	}
	src, err := Parse([]string{"logs"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	read := map[string]bool{}
	var problems []string
	for ref, err := range src.List(t.Context(), Selection{}) {
		if err != nil {
			problems = append(problems, err.Error())
			continue
		}
		r, err := src.Open(t.Context(), ref)
		if err != nil {
			t.Errorf("%q: %v", ref.Name, err)
			continue
		}
		content := make([]byte, 300)
		n, _ := r.Read(content)
		r.Close()
		if read[string(content[:n])] {
			t.Errorf("%q is read twice", content[:n])
		}
		read[string(content[:n])] = true
	}
	if len(read) != len(names) {
		t.Errorf("read %d files, want %d", len(read), len(names))
	}
	// A link to its own directory, one to the directory above, which holds it, and two that lead nowhere.
	if len(problems) != 4 {
		t.Errorf("problems %q", problems)
	}
}
