package sources

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"alblens/internal/logname"
)

// known is the local files and directories that were listed, for whatever argument: by their paths without symbolic links,
// the names under which they were first met. Records read twice would count twice.
type known map[string]string

// path lists a file or, recursively, a directory.
func path(arg string) lister {
	return func(ctx context.Context, sel Selection, seen known) iter.Seq2[Ref, error] {
		return func(yield func(Ref, error) bool) {
			name := clean(arg)
			info, err := os.Stat(name)
			switch {
			case err != nil:
				yield(Ref{}, local(arg, err))
			case info.IsDir():
				w := walk{ctx: ctx, sel: sel, seen: seen, yield: yield}
				w.run(name, arg, Nothing("the directory holds no files"))
			default:
				ref := refer(name, info)
				ref.Named = true
				if first := seen.meet(name, info); first != name {
					yield(Ref{}, skip(name, fmt.Errorf("same file as %s", first)))
					return
				}
				yield(ref, nil)
			}
		}
	}
}

// meet returns the name under which a file was first met, which is its own if it was not. Pipes and devices are met anew
// each time.
func (k known) meet(name string, info fs.FileInfo) (first string) {
	real, err := resolve(name)
	if err != nil || !info.Mode().IsRegular() {
		return name
	}
	if first, again := k[real]; again {
		return first
	}
	k[real] = name
	return name
}

// resolve returns the absolute path without symbolic links.
func resolve(name string) (string, error) {
	real, err := filepath.EvalSymlinks(name)
	if err != nil {
		return "", err
	}
	return filepath.Abs(real)
}

// glob lists what a pattern matches. A directory that matches is walked, as it
// would be if the shell had expanded the pattern.
//
// Note: doublestar's own walk would do, but it either ends at the first
// directory that may not be read or passes over all of them silently.
func glob(pattern string) lister {
	return func(ctx context.Context, sel Selection, seen known) iter.Seq2[Ref, error] {
		return func(yield func(Ref, error) bool) {
			base, rest := doublestar.SplitPattern(filepath.ToSlash(pattern))
			w := walk{ctx: ctx, sel: sel, seen: seen, yield: yield, pattern: rest}
			w.run(clean(base), pattern, Nothing("no file matches"))
		}
	}
}

// clean is filepath.Clean, but keeps a file called "-" apart from Stdin.
func clean(name string) string {
	if name = filepath.Clean(name); name == Stdin {
		return "." + string(filepath.Separator) + Stdin
	}
	return name
}

func refer(name string, info fs.FileInfo) Ref {
	ref := Ref{Name: name, Size: -1, Modified: info.ModTime().UTC(), Log: logname.Parse(filepath.ToSlash(name))}
	if info.Mode().IsRegular() {
		ref.Size = info.Size()
	}
	return ref
}

func open(ctx context.Context, ref Ref) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if ref.Size < 0 {
		return openPipe(ctx, ref)
	}
	f, err := os.Open(ref.Name)
	if err != nil {
		return nil, local(ref.Name, err)
	}
	return f, nil
}

// openPipe opens what may be a pipe. That waits for whoever writes to it, perhaps for ever, and nothing ends it but the
// program: so it is done on a goroutine of its own.
func openPipe(ctx context.Context, ref Ref) (io.ReadCloser, error) {
	type opened struct {
		f   *os.File
		err error
	}
	done := make(chan opened, 1)
	go func() {
		f, err := os.Open(ref.Name)
		done <- opened{f, err}
	}()
	select {
	case o := <-done:
		if o.err != nil {
			return nil, local(ref.Name, o.err)
		}
		return o.f, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// walk yields the files below a directory, sorted within each directory. It
// follows symbolic links and yields what can be reached in several ways once.
type walk struct {
	ctx     context.Context
	sel     Selection
	seen    known
	yield   func(Ref, error) bool
	pattern string // relative to the root; "": everything

	met bool // a file was met, whatever became of it
}

// run walks root; when there is no file, it reports none under the name arg.
func (w *walk) run(root, arg string, none error) {
	real, err := resolve(root)
	switch {
	case w.pattern != "" && errors.Is(err, fs.ErrNotExist):
	case err != nil:
		w.yield(Ref{}, local(arg, err))
		return
	case !w.dir(folder{name: root, real: real, all: w.pattern == ""}):
		return
	}
	if !w.met {
		w.yield(Ref{}, &Problem{Name: arg, Kind: NotFound, Err: none})
	}
}

// folder is a directory on the way down.
type folder struct {
	name string  // as shown
	rel  string  // relative to the root, with forward slashes; "" for the root
	real string  // free of symbolic links
	all  bool    // the pattern is satisfied: everything below is meant
	up   *folder // the directory above; nil for the root
}

// dir walks one directory and reports whether to go on.
func (w *walk) dir(d folder) bool {
	if d.all {
		if first, ok := w.seen[d.real]; ok {
			w.met = true // what is in it was listed then
			return first == d.name || w.yield(Ref{}, skip(d.name, fmt.Errorf("same directory as %s", first)))
		}
		w.seen[d.real] = d.name
	} else {
		// A directory may match the pattern by another of its names, so only
		// loops end here.
		for up := d.up; up != nil; up = up.up {
			if up.real == d.real {
				return true
			}
		}
	}
	if _, day := logname.Dated(filepath.ToSlash(d.name) + "/"); !w.sel.Wants(logname.Name{Day: day}) {
		w.met = true // there may be files, none of them wanted
		return true
	}
	entries, err := os.ReadDir(d.name)
	if err != nil {
		w.met = true // there may be files: saying that there are none would mislead
		if !w.yield(Ref{}, local(d.name, err)) {
			return false
		}
	}
	if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == CacheTag }) && IsCache(d.name) {
		return true
	}
	for _, e := range entries {
		if err := w.ctx.Err(); err != nil {
			w.yield(Ref{}, err)
			return false
		}
		if !w.entry(d, e) {
			return false
		}
	}
	return true
}

func (w *walk) entry(d folder, e fs.DirEntry) bool {
	name := clean(filepath.Join(d.name, e.Name()))
	rel := strings.TrimPrefix(d.rel+"/"+e.Name(), "/")
	all := d.all || doublestar.MatchUnvalidated(w.pattern, rel)
	link := e.Type()&fs.ModeSymlink != 0
	if !all && (!e.IsDir() && !link || !leads(w.pattern, rel)) {
		return true
	}

	real := filepath.Join(d.real, e.Name())
	var info fs.FileInfo
	var err error
	if link {
		if real, err = filepath.EvalSymlinks(real); err == nil {
			info, err = os.Stat(name)
		}
	} else {
		info, err = e.Info()
	}
	switch {
	case err != nil && !all:
		return true
	case err != nil:
		// A dangling link is told as not found, not as skipped: what it
		// pointed to may have been logs on a disk that is not mounted.
		w.met = true
		return w.yield(Ref{}, local(name, err))
	case info.IsDir():
		return w.dir(folder{name: name, rel: rel, real: real, all: all, up: &d})
	case !all:
		return true
	}

	w.met = true
	ref := refer(name, info)
	if !info.Mode().IsRegular() {
		return w.yield(Ref{}, skip(name, errors.New(irregular(info.Mode()))))
	}
	ok, err := w.sel.Screen(ref)
	if err != nil {
		return w.yield(Ref{}, err)
	}
	if !ok {
		return true
	}
	if first, again := w.seen[real]; again {
		return first == name || w.yield(Ref{}, skip(name, fmt.Errorf("same file as %s", first)))
	}
	w.seen[real] = name
	return w.yield(ref, nil)
}

// leads reports whether something below the directory rel may match pattern,
// so that "/var/log/*.gz" does not walk all of /var/log.
func leads(pattern, rel string) bool {
	if i, j := strings.IndexByte(pattern, '{'), strings.LastIndexByte(pattern, '}'); i >= 0 && i < j && strings.Contains(pattern[i:j], "/") {
		return true // cannot be cut at slashes
	}
	want, have := strings.Split(pattern, "/"), strings.Split(rel, "/")
	depth := len(have)
	if deep := slices.Index(want, "**"); deep >= 0 && deep < depth {
		depth = deep
	} else if depth >= len(want) {
		return false
	}
	return depth == 0 || doublestar.MatchUnvalidated(strings.Join(want[:depth], "/"), strings.Join(have[:depth], "/"))
}

func irregular(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "named pipe"
	case mode&fs.ModeSocket != 0:
		return "socket"
	case mode&fs.ModeDevice != 0:
		return "device"
	}
	return "not a regular file"
}
