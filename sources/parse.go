package sources

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/bmatcuk/doublestar/v4"
)

// Stdin is the argument, and the Ref's name, that stands for standard input.
const Stdin = "-"

// Options says what arguments may reach beyond local files.
type Options struct {
	Stdin  io.Reader        // read by "-", once; nil: "-" is refused
	Stores map[string]Store // by scheme: "s3" reads "s3://…"
}

// Parse turns SOURCE arguments into one Source that lists them in their order
// and yields no name twice, nor a file under two. It reads nothing but whether a local file of an
// argument's name exists; its errors are all wrong usage. With no arguments
// the Source lists nothing and still opens any Ref.
func Parse(args []string, opt Options) (Source, error) {
	s := &source{stores: opt.Stores, stdin: opt.Stdin}
	for _, arg := range args {
		l, err := s.lister(arg)
		if err != nil {
			return nil, err
		}
		if arg == Stdin && slices.Contains(args[:len(s.listers)], Stdin) {
			return nil, errors.New("standard input can be read only once")
		}
		s.listers = append(s.listers, l)
	}
	return s, nil
}

type lister func(context.Context, Selection, known) iter.Seq2[Ref, error]

// source is what Parse makes of all arguments together.
type source struct {
	listers []lister // by argument
	stores  map[string]Store

	mu    sync.Mutex
	stdin io.Reader // nil once opened
}

func (s *source) lister(arg string) (lister, error) {
	if arg == Stdin {
		if s.stdin == nil {
			return nil, errors.New("there is no standard input to read")
		}
		return one(Ref{Name: Stdin, Size: -1, Named: true}), nil
	}
	if arg == "" {
		return nil, errors.New("a source is empty")
	}
	if scheme, rest, ok := strings.Cut(arg, "://"); ok {
		if store := s.stores[scheme]; store != nil {
			if bucket, _, _ := strings.Cut(rest, "/"); bucket == "" {
				return nil, fmt.Errorf("%s names no bucket", arg)
			}
			if checker, ok := store.(Checker); ok {
				if err := checker.Check(arg); err != nil {
					return nil, err
				}
			}
			return func(ctx context.Context, sel Selection, _ known) iter.Seq2[Ref, error] {
				return store.List(ctx, arg, sel)
			}, nil
		}
		if !exists(arg) {
			known := []string{"a file", "a directory", "a glob"}
			for _, scheme := range slices.Sorted(maps.Keys(s.stores)) {
				known = append(known, scheme+"://…")
			}
			return nil, fmt.Errorf("%s: unknown scheme; a source is %s or %q", arg, strings.Join(known, ", "), Stdin)
		}
	}
	if strings.ContainsAny(arg, "*?[{") && !exists(arg) {
		if !doublestar.ValidatePathPattern(arg) {
			return nil, fmt.Errorf("%s: malformed glob", arg)
		}
		return glob(arg), nil
	}
	return path(arg), nil
}

// exists reports whether a file goes by exactly this name, so that one with
// glob characters in it can be named.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func one(ref Ref) lister {
	return func(context.Context, Selection, known) iter.Seq2[Ref, error] {
		return func(yield func(Ref, error) bool) { yield(ref, nil) }
	}
}

func (s *source) List(ctx context.Context, sel Selection) iter.Seq2[Ref, error] {
	return func(yield func(Ref, error) bool) {
		seen := map[string]bool{}
		files := known{}
		for _, list := range s.listers {
			for ref, err := range list(ctx, sel, files) {
				if err == nil {
					if seen[ref.Name] {
						continue
					}
					seen[ref.Name] = true
				}
				if !yield(ref, err) {
					return
				}
			}
			if err := ctx.Err(); err != nil {
				return // the lister has said so
			}
		}
	}
}

func (s *source) Open(ctx context.Context, ref Ref) (io.ReadCloser, error) {
	if ref.Name == Stdin {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.stdin == nil {
			return nil, &Problem{Name: Stdin, Kind: Unreadable, Err: errors.New("standard input can be read only once")}
		}
		r := s.stdin
		s.stdin = nil
		return io.NopCloser(r), nil
	}
	if scheme, _, ok := strings.Cut(ref.Name, "://"); ok {
		if store := s.stores[scheme]; store != nil {
			return store.Open(ctx, ref)
		}
	}
	return open(ctx, ref)
}

// Requests implements Counter: it adds up those of the stores that count.
func (s *source) Requests() Requests {
	var sum Requests
	for _, store := range s.stores {
		if c, ok := store.(Counter); ok {
			r := c.Requests()
			sum.List, sum.Get = sum.List+r.List, sum.Get+r.Get
		}
	}
	return sum
}
