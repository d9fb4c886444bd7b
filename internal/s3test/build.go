package s3test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

const server = "github.com/versity/versitygw/cmd/versitygw"

// binary returns the path of the server's binary and builds it if need be.
var binary = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("ALBLENS_VERSITYGW"); path != "" {
		return exec.LookPath(path)
	}
	module, err := module()
	if err != nil {
		return "", err
	}
	dir, err := cache()
	if err != nil {
		return "", err
	}
	version, err := fingerprint(module)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "versitygw-"+version)
	// Test binaries of several packages run at once; one of them builds.
	unlock, err := lock(path + ".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	partial := path + ".partial"
	build := exec.Command("go", "build", "-C", module, "-ldflags=-s -w", "-o", partial, server)
	// Go alone must do: no C compiler, and no flags meant for alblens itself.
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=readonly", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build %s: %w: %s", server, err, strings.TrimSpace(string(out)))
	}
	return path, os.Rename(partial, path)
})

// module returns the folder of the module that pins the server.
func module() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	// Tests run in their package's folder; modules nested in the main one
	// reach the tools by going up.
	for dir := filepath.Dir(strings.TrimSpace(string(out))); ; dir = filepath.Dir(dir) {
		tools := filepath.Join(dir, "tools", "versitygw")
		if _, err := os.Stat(filepath.Join(tools, "go.mod")); err == nil {
			return tools, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("no folder tools/versitygw in or above this module")
		}
	}
}

func cache() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		base = os.TempDir()
	}
	dir := filepath.Join(base, "alblens-test")
	return dir, os.MkdirAll(dir, 0o755)
}

// fingerprint tells builds of the server apart.
func fingerprint(module string) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	for _, name := range []string{"go.mod", "go.sum"} {
		content, err := os.ReadFile(filepath.Join(module, name))
		if err != nil {
			return "", err
		}
		h.Write(content)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:6]), nil
}
