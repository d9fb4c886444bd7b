package simulate

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// A Summary says what Write wrote.
type Summary struct {
	Objects    int
	Records    int
	Bytes      int64 // of text
	Compressed int64 // of gzip
	Failed     int   // records with a Truth
}

// Write writes the log below dir, in AWS's layout, and its truth to truth as
// NDJSON, unless that is nil. Files that exist are replaced. When it fails or
// ctx ends, what was written stays, each file whole, and the Summary counts it.
func Write(ctx context.Context, dir string, truth io.Writer, cfg Config) (Summary, error) {
	var sum Summary
	objects, err := Generate(cfg)
	if err != nil {
		return sum, err
	}
	for o := range objects {
		if err := ctx.Err(); err != nil {
			return sum, err
		}
		if err := writeFile(filepath.Join(dir, filepath.FromSlash(o.Key)), o.Body); err != nil {
			return sum, fmt.Errorf("write log: %w", err)
		}
		if truth != nil {
			if err := WriteTruth(truth, o.Truth); err != nil {
				return sum, fmt.Errorf("write truth: %w", err)
			}
		}
		sum.Objects++
		sum.Records += o.Records
		sum.Bytes += o.Bytes
		sum.Compressed += int64(len(o.Body))
		sum.Failed += len(o.Truth)
	}
	return sum, nil
}

// writeFile leaves either the whole file or none under its name.
func writeFile(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	part := name + ".part"
	if err := os.WriteFile(part, data, 0o666); err != nil {
		os.Remove(part)
		return err
	}
	return os.Rename(part, name)
}
