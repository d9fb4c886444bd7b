package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"

	"github.com/spf13/pflag"

	"alblens/partial"
	"alblens/scan"
	"alblens/sources"
	"alblens/store"
)

// caching is the flags of the cache.
type caching struct {
	dir     string
	maxSize size
}

const defaultCacheSize size = 2 << 30

func (c *caching) flags(f *pflag.FlagSet) {
	c.maxSize = defaultCacheSize
	f.StringVar(&c.dir, "cache", "", "keep what is read of each object in `DIR`, so that the next run reads only what is new")
	f.Var(&c.maxSize, "cache-max-size", "what the cache may take on disk; what was used least recently goes first")
}

func (c *caching) check(changed func(string) bool) error {
	switch {
	case c.dir == "" && changed("cache"):
		return usagef("--cache takes a directory")
	case c.dir == "" && changed("cache-max-size"):
		return usagef("--cache-max-size goes with --cache")
	}
	return nil
}

func (c *caching) config(o *partial.Options) store.Config {
	return store.Config{Dir: c.dir, MaxBytes: int64(c.maxSize), Program: program(), Options: o}
}

// open returns the cache for Partials with these options; nil where there is none. A cache that cannot be had is no
// reason not to read the logs, but the name of something else is a mistake. writeOnly makes it seem empty.
func (c *caching) open(o *partial.Options, writeOnly bool, std streams) (*store.Cache, error) {
	if c.dir == "" {
		return nil, nil
	}
	config := c.config(o)
	config.WriteOnly = writeOnly
	cache, err := store.Open(config)
	if errors.Is(err, store.ErrForeign) {
		return nil, fmt.Errorf("--cache %s: %w", c.dir, err)
	}
	if err != nil {
		std.say("--cache %s: %v; this run goes on without", c.dir, err)
		return nil, nil
	}
	return cache, nil
}

// peek returns whether a run would take an object from the cache: one that makes a bundle takes none. It makes no cache.
func (c *caching) peek(o *partial.Options, bundle bool) (has func(sources.Ref) bool) {
	has = func(sources.Ref) bool { return false }
	if bundle || c.dir == "" || !sources.IsCache(c.dir) {
		return has
	}
	if cache, err := store.Open(c.config(o)); err == nil {
		has = func(ref sources.Ref) bool { return cache.Has([]sources.Ref{ref}) }
	}
	return has
}

// released is what versions of releases look like. All that stands behind one may be of a tree with changes.
var released = regexp.MustCompile(`^v?\d+\.\d+\.\d+$`)

// program tells builds of this program apart that may read the same logs differently. Those between releases are told
// by their file.
func program() string {
	text := strings.Join([]string{version, runtime.Version(), runtime.GOARCH}, " ")
	if released.MatchString(version) {
		return text
	}
	if name, err := os.Executable(); err == nil {
		if info, err := os.Stat(name); err == nil {
			text += fmt.Sprintf(" %d %d", info.Size(), info.ModTime().UnixNano())
		}
	}
	return text
}

// use makes a run read through the cache, if there is one, until the returned function is called.
func (c *caching) use(cache *store.Cache, run *scan.Config, verbose bool, say func(string, ...any)) (stop func()) {
	if cache == nil {
		return func() {}
	}
	run.Cache = cache
	return func() {
		s := cache.Tidy()
		if s.Err != nil {
			say("--cache %s: %v; not all that was read is kept", c.dir, s.Err)
		}
		if !verbose {
			return
		}
		for _, what := range s.Corrupt {
			say("read anew instead of %s", what)
		}
		say("the cache had %s, and now has %d more", counted(s.Loaded, "object"), s.Saved)
	}
}
