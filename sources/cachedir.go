package sources

import (
	"io"
	"os"
	"path/filepath"
	"strings"
)

// CacheTag is the name of the file by which a directory is known to be a cache, to backup programs too: see
// bford.info/cachedir. CacheSignature is what is in it where the cache is one of alblens.
const (
	CacheTag       = "CACHEDIR.TAG"
	CacheSignature = "Signature: 8a477f597d28d172789f06886806bc55\n# This directory is a cache of alblens: docs/cache.md tells of it.\n"
)

// IsCache reports whether a directory is a cache of alblens. Listings pass over it: what is in it is no log.
func IsCache(dir string) bool {
	f, err := os.Open(filepath.Join(dir, CacheTag))
	if err != nil {
		return false
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, int64(len(CacheSignature))))
	return err == nil && strings.HasPrefix(CacheSignature, string(text)) && strings.Contains(string(text), "alblens")
}
