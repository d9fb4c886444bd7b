package store

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"alblens/sources"
)

// claim makes a directory a cache, unless it holds something else. The tag keeps backups, and listings of logs, out of it.
func claim(dir string) error {
	tag := filepath.Join(dir, sources.CacheTag)
	if sources.IsCache(dir) {
		return nil
	}
	err := os.MkdirAll(dir, 0o700)
	if errors.Is(err, syscall.ENOTDIR) {
		return fmt.Errorf("%w: %w", syscall.ENOTDIR, ErrForeign)
	}
	if err != nil {
		return bare(err)
	}
	names, err := os.ReadDir(dir)
	if err != nil {
		return bare(err)
	}
	if slices.ContainsFunc(names, func(e fs.DirEntry) bool { return !strings.HasPrefix(e.Name(), sources.CacheTag) }) {
		if sources.IsCache(dir) { // another run has claimed it just now, and begun to fill it
			return nil
		}
		return fmt.Errorf("not empty, and no cache of alblens: %w", ErrForeign)
	}
	return write(tag, []byte(sources.CacheSignature))
}

// temporary ends the names of files that are being written.
const temporary = ".tmp"

// write writes a file that appears under its name whole or not at all. What is in it is for its owner only: it holds
// lines of the log.
func write(name string, data []byte) error {
	beside := name + "." + rand.Text() + temporary
	err := os.WriteFile(beside, data, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.Mkdir(filepath.Dir(name), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		err = os.WriteFile(beside, data, 0o600)
	}
	if err == nil {
		err = os.Rename(beside, name)
	}
	if err != nil {
		os.Remove(beside)
	}
	return bare(err)
}

// bare takes the name of a file out of an error, which says nothing to whoever named the directory.
func bare(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}

const (
	// touchAfter is how long an entry may be used without its time telling so.
	touchAfter = time.Hour
	// abandonedAfter is when nobody writes a temporary file any more.
	abandonedAfter = time.Hour
)

// touch says that the entries of some objects were used: the one of all of them, and those of each. What does not
// exist, or may not be touched, is not.
func (c *Cache) touch(refs []sources.Ref) {
	now := time.Now()
	of := func(refs []sources.Ref) {
		whole, window := c.keys(refs)
		os.Chtimes(c.path(whole), now, now)
		if whole != window {
			os.Chtimes(c.path(window), now, now)
		}
	}
	of(refs)
	if len(refs) > 1 {
		for i := range refs {
			of(refs[i : i+1])
		}
	}
}

// evict deletes the entries that were used least recently until the others take no more than so many bytes. What is not
// of the cache stays.
func evict(dir string, most int64) error {
	type file struct {
		name string
		size int64
		used time.Time
	}
	var files []file
	var total int64
	folders, failed := os.ReadDir(dir)
	for _, folder := range folders {
		if _, err := hex.DecodeString(folder.Name()); err != nil || len(folder.Name()) != 2 {
			continue
		}
		folder := filepath.Join(dir, folder.Name())
		entries, err := os.ReadDir(folder)
		if err != nil {
			failed = err
		}
		for _, e := range entries {
			name := filepath.Join(folder, e.Name())
			info, err := e.Info()
			if err != nil || !info.Mode().IsRegular() { // somebody else evicts too
				continue
			}
			switch {
			case strings.HasSuffix(name, suffix):
				files = append(files, file{name, info.Size(), info.ModTime()})
				total += info.Size()
			case strings.HasSuffix(name, temporary) && time.Since(info.ModTime()) > abandonedAfter:
				os.Remove(name)
			}
		}
	}
	slices.SortFunc(files, func(a, b file) int { return a.used.Compare(b.used) })
	for _, f := range files {
		if total <= most {
			break
		}
		if err := os.Remove(f.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = err
		}
		total -= f.size
	}
	return failed
}
