package simulate

import (
	"context"
	"fmt"
	"io"
)

// A Summary says what Write wrote.
type Summary struct {
	Objects    int
	Records    int
	Bytes      int64 // of text
	Compressed int64 // of gzip
	Failed     int   // records with a Truth
}

// Write saves the log, object by object under the name that AWS would give it, with slashes, and writes its truth to truth
// as NDJSON, unless that is nil. When it fails or ctx ends, what was saved stays, and the Summary counts it.
func Write(ctx context.Context, save func(name string, data []byte) error, truth io.Writer, cfg Config) (Summary, error) {
	var sum Summary
	objects, err := Generate(cfg)
	if err != nil {
		return sum, err
	}
	for o := range objects {
		if err := ctx.Err(); err != nil {
			return sum, err
		}
		if err := save(o.Key, o.Body); err != nil {
			return sum, err
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
