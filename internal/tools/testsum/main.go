// Testsum runs `go test -json` in every module below the current folder, with the flags it is given, and prints one line a
// package, the output of what failed, and last a count over all modules:
//
//	412 passed, 0 failed
//
// A test, a subtest, an example and a fuzz target's seed count once each. A test that began and never ended counts as
// failed, and so does a package that failed without naming a test (it did not build, or its process died). A skipped test
// is neither passed nor failed; with ALBLENS_REQUIRE_ALL=1 it is failed, unless what it says names ../shared, which a
// clone of the project need not have beside it.
//
// The exit code is 1 when anything failed or nothing ran.
package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	os.Exit(run(".", os.Args[1:], os.Stdout, os.Stderr))
}

func run(root string, flags []string, stdout, stderr io.Writer) int {
	dirs, err := modules(root)
	if err != nil {
		fmt.Fprintf(stderr, "testsum: %v\n", err)
		return 1
	}
	sum := newSummary(stdout, os.Getenv("ALBLENS_REQUIRE_ALL") == "1")
	for _, dir := range dirs {
		if err := test(dir, flags, sum, stderr); err != nil {
			sum.broken("module "+dir, err)
		}
	}
	return sum.close()
}

// modules lists the folders of root that hold a go.mod, root itself first. Patterns like ./... do not enter nested ones.
func modules(root string) ([]string, error) {
	var dirs []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch name := d.Name(); {
		case d.IsDir() && path != root && (name == "testdata" || strings.HasPrefix(name, ".")):
			return filepath.SkipDir
		case name == "go.mod" && !d.IsDir():
			dirs = append(dirs, filepath.Dir(path))
		}
		return nil
	})
	return dirs, err
}

// test runs the tests of the module in dir. Failing tests are in sum; an error is one that sum does not have.
func test(dir string, flags []string, sum *summary, stderr io.Writer) error {
	list := exec.Command("go", "list", "./...")
	list.Dir = dir
	var said strings.Builder
	list.Stderr = &said
	packages, err := list.Output()
	if err != nil {
		return fmt.Errorf("go list: %w\n%s", err, said.String())
	}
	if len(packages) == 0 {
		return nil // it pins a tool and has no package of its own
	}

	cmd := exec.Command("go", append(append([]string{"test", "-json"}, flags...), "./...")...)
	cmd.Dir = dir
	cmd.Stderr = stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	failed := sum.failed
	readErr := sum.read(out)
	waitErr := cmd.Wait()
	if readErr != nil {
		return readErr
	}
	if exit := (*exec.ExitError)(nil); errors.As(waitErr, &exit) && sum.failed > failed {
		return nil // it failed for what sum has counted
	}
	if waitErr != nil {
		return fmt.Errorf("go test: %w", waitErr)
	}
	return nil
}
