package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"alblens/internal/wire"
	"alblens/parser"
	"alblens/partial"
	"alblens/sources"
)

// Config says what a Cache keeps.
type Config struct {
	Dir string
	// MaxBytes is how much it may take on disk. More may be there until Tidy.
	MaxBytes int64
	// Program is whose Partials they are: what differs in it may read the same logs differently.
	Program string
	// Options are those of all Partials.
	Options *partial.Options
	// WriteOnly makes it seem empty.
	WriteOnly bool
}

// A Cache keeps Partials of objects, and of objects folded in their order. Its methods may be called from several
// goroutines at once.
type Cache struct {
	Config
	cwd    string
	prefix [2][]byte // of the keys of single objects, and of folded ones

	loaded, saved atomic.Int64 // objects; a folded Partial counts as none
	wrote, full   atomic.Bool  // something was written; writing failed

	mu      sync.Mutex
	corrupt []string
	err     error
	told    string // the err that a Summary had last
}

// ErrForeign says that a name is in use for something else.
var ErrForeign = errors.New("a cache needs a directory of its own")

// Open makes a directory, which may be missing, a cache.
func Open(c Config) (*Cache, error) {
	if err := claim(c.Dir); err != nil {
		return nil, err
	}
	cwd, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	cache := &Cache{Config: c, cwd: cwd}
	for i, folded := range []bool{false, true} {
		var e wire.Encoder
		e.String(c.Program)
		e.Uint(partial.EncodingVersion)
		c.Options.EncodeKey(&e, folded)
		cache.prefix[i] = e.Bytes()
	}
	return cache, nil
}

// unchangedFor is how old a file has to be, or else what is written to it now may leave its time as it is.
const unchangedFor = 2 * time.Second

// keepable reports whether what was read of an object is what its name, size and version stand for.
func keepable(ref *sources.Ref) bool {
	if ref.Size < 0 || ref.ETag != "" {
		return ref.Size >= 0
	}
	info, err := os.Stat(ref.Name)
	return err == nil && info.Size() == ref.Size && info.ModTime().Equal(ref.Modified) && time.Since(ref.Modified) > unchangedFor
}

// keys are those of the Partial of some objects: whatever the window, for when it selects all records, and for this one.
func (c *Cache) keys(refs []sources.Ref) (whole, window key) {
	e := wire.From(c.prefix[folded(refs)])
	for i := range refs {
		ref := &refs[i]
		e.String(ref.Name)
		e.String(c.place(ref.Name))
		e.Int(ref.Size)
		e.String(ref.ETag)
		if ref.ETag == "" {
			e.Int(ref.Modified.UnixNano())
		}
		e.Bool(ref.Named)
	}
	whole = sha256.Sum256(e.Bytes())
	e.Int(int64(c.Options.Since))
	e.Int(int64(c.Options.Until))
	return whole, sha256.Sum256(e.Bytes())
}

func folded(refs []sources.Ref) int {
	if len(refs) > 1 {
		return 1
	}
	return 0
}

// place is where an object is, whatever the working directory.
func (c *Cache) place(name string) string {
	if strings.Contains(name, "://") || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(c.cwd, name)
}

// suffix ends the names of entries.
const suffix = ".partial"

func (c *Cache) path(k key) string {
	name := hex.EncodeToString(k[:])
	return filepath.Join(c.Dir, name[:2], name[2:]+suffix)
}

// find opens the entry of some objects, if there is one. Its error is one of nobody's fault.
func (c *Cache) find(refs []sources.Ref) (*os.File, key, error) {
	if c.WriteOnly {
		return nil, key{}, fs.ErrNotExist
	}
	for i := range refs {
		if refs[i].Size < 0 {
			return nil, key{}, fs.ErrNotExist
		}
	}
	whole, window := c.keys(refs)
	f, err := os.Open(c.path(whole))
	if err == nil {
		header := make([]byte, headerSize)
		n, _ := f.ReadAt(header, 0)
		if span, err := decodeHeader(header[:n], whole); err != nil || span.within(c.Options.Since, c.Options.Until) {
			return f, whole, nil // Load says what is wrong with it
		}
		f.Close()
	}
	if c.Options.Since == parser.NoTimestamp && c.Options.Until == parser.NoTimestamp {
		return nil, key{}, fs.ErrNotExist
	}
	f, err = os.Open(c.path(window))
	return f, window, err
}

// Has implements scan.Cache.
func (c *Cache) Has(refs []sources.Ref) bool {
	f, _, err := c.find(refs)
	if err != nil {
		return false
	}
	f.Close()
	return true
}

// Load implements scan.Cache.
func (c *Cache) Load(refs []sources.Ref) *partial.Partial {
	f, k, err := c.find(refs)
	if err != nil {
		return nil
	}
	defer f.Close()
	p, used, err := c.load(f, k, refs)
	if err != nil {
		what := refs[0].Name
		if len(refs) > 1 {
			what = fmt.Sprintf("%s to %s", what, refs[len(refs)-1].Name)
		}
		c.mu.Lock()
		c.corrupt = append(c.corrupt, fmt.Sprintf("%s, of %s: %v", f.Name(), what, err))
		c.mu.Unlock()
		return nil
	}
	if len(refs) == 1 {
		c.loaded.Add(1)
	}
	if time.Since(used) > touchAfter {
		c.touch(refs)
	}
	return p
}

// load also returns when the entry was last used.
func (c *Cache) load(f *os.File, k key, refs []sources.Ref) (*partial.Partial, time.Time, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, time.Time{}, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxEntry {
		return nil, time.Time{}, errCorrupt
	}
	file := make([]byte, info.Size())
	if _, err := io.ReadFull(f, file); err != nil {
		return nil, time.Time{}, err
	}
	p, err := decodeEntry(file, k, c.Options, len(refs) > 1)
	return p, info.ModTime(), err
}

// Save implements scan.Cache.
func (c *Cache) Save(refs []sources.Ref, p *partial.Partial) bool {
	if c.full.Load() || !p.Whole() || len(refs) == 1 && !keepable(&refs[0]) {
		return false
	}
	k, window := c.keys(refs)
	if p.Ledger.Filtered > 0 {
		k = window
	}
	file, err := encodeEntry(k, p)
	if err != nil {
		return false
	}
	if err := write(c.path(k), file); err != nil {
		c.fail(err)
		return false
	}
	c.wrote.Store(true)
	if len(refs) == 1 {
		c.saved.Add(1)
	}
	return true
}

// fail ends the writing. Only the first fault is told.
func (c *Cache) fail(err error) {
	if c.full.Swap(true) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = err
}

// A Summary is what became of a Cache.
type Summary struct {
	Loaded, Saved int64    // single objects
	Corrupt       []string // entries that could not be used, and why
	Err           error    // why not all that was read could be kept, or what is there not be bounded; nil if it could
}

// Tidy brings the cache to its size, and returns what became of it since it was last called. Whoever saved something has
// to call it in the end.
func (c *Cache) Tidy() Summary {
	if c.wrote.Swap(false) || c.full.Swap(false) { // what was full may have room again
		if err := evict(c.Dir, c.MaxBytes); err != nil {
			c.fail(err)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := Summary{c.loaded.Swap(0), c.saved.Swap(0), c.corrupt, c.err}
	c.corrupt, c.err = nil, nil
	if s.Err != nil && s.Err.Error() == c.told {
		s.Err = nil
	} else if s.Err != nil || s.Saved > 0 {
		c.told = fmt.Sprint(s.Err)
	}
	return s
}
