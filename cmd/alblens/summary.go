package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// openSummary opens a summary that was written before; - is standard input. Of a folder it says where a summary comes from.
func openSummary(name string, stdin io.Reader) (io.ReadCloser, error) {
	if name == stdoutName {
		return io.NopCloser(stdin), nil
	}
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		inside := filepath.Join(name, "summary.json") // of a bundle
		if _, err := os.Stat(inside); err == nil {
			return nil, fmt.Errorf("%s is a folder; its summary is %s", name, inside)
		}
		return nil, fmt.Errorf("%s is a folder, not a summary; write one with alblens analyze -f json -o FILE", name)
	}
	return os.Open(name)
}
