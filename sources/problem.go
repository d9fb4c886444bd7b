package sources

import (
	"context"
	"errors"
	"io/fs"
)

// Kind says what became of an object. Its values stand in the JSON summary as
// problems[].kind; none is ever renamed.
type Kind string

const (
	Truncated   Kind = "truncated"   // ends early; what came before the cut was read
	Unreadable  Kind = "unreadable"  // could not be read, for none of the reasons below
	Unreachable Kind = "unreachable" // the network, or nobody at its other end
	Throttled   Kind = "throttled"   // the store wants fewer requests, and was waited for
	Denied      Kind = "denied"      // credentials or permissions do not reach it
	Expired     Kind = "expired"     // the credentials were good once
	NotFound    Kind = "not-found"   // does not exist, or no longer
	Changed     Kind = "changed"     // replaced between listing and reading
	Archived    Kind = "archived"    // in cold storage, to be restored first
	Skipped     Kind = "skipped"     // passed over on purpose: not an error of the run
)

// Problem is an object, or a whole argument, that was not read in full.
type Problem struct {
	Name string // as in Ref.Name, or the SOURCE argument
	Kind Kind
	Err  error  // what happened, without the name; never nil
	Hint string // what to run or which permission is missing; may be empty
}

// Nothing is the Err of a NotFound Problem of a place that is there, and that may hold objects later.
type Nothing string

func (n Nothing) Error() string { return string(n) }

// Error says all of it, as one line for people.
func (p *Problem) Error() string { return p.Name + ": " + p.Reason() }

// Reason is Error without the name, for places that show the name apart.
func (p *Problem) Reason() string {
	if p.Hint == "" {
		return p.Err.Error()
	}
	return p.Err.Error() + " (" + p.Hint + ")"
}

func (p *Problem) Unwrap() error { return p.Err }

// local turns an error of the file system into a Problem. The path that
// *fs.PathError repeats is dropped: Name already says it.
func local(name string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	kind := Unreadable
	switch {
	case errors.Is(err, fs.ErrNotExist):
		kind = NotFound
	case errors.Is(err, fs.ErrPermission):
		kind = Denied
	}
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err
	}
	return &Problem{Name: name, Kind: kind, Err: err}
}
