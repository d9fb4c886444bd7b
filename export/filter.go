package export

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/bmatcuk/doublestar/v4"

	"alblens/internal/albtext"
	"alblens/internal/cause"
	"alblens/parser"
)

// A Filter says which records are wanted: those that meet every condition that is set. The zero value wants all.
type Filter struct {
	AnyCause bool          // only failures
	Causes   []cause.Cause // only these
	Statuses []parser.Status
	Target   string // as logged, or its address without the port
	Path     string // a template as reports show it, or a glob over the path without its query
	Trace    string // a part of the trace id
}

// Validate reports a glob that cannot be.
func (f *Filter) Validate() error {
	if !doublestar.ValidatePattern(f.Path) {
		return fmt.Errorf("malformed glob %q", f.Path)
	}
	return nil
}

// Wants reports whether a row is wanted.
func (f *Filter) Wants(r *Row) bool {
	switch {
	case f.AnyCause && r.Cause == cause.None:
		return false
	case len(f.Causes) > 0 && !slices.Contains(f.Causes, r.Cause):
		return false
	case len(f.Statuses) > 0 && !slices.Contains(f.Statuses, r.ELBStatus):
		return false
	case f.Target != "" && !f.isTarget(r.Text(parser.FieldTarget)):
		return false
	case f.Trace != "" && !bytes.Contains(r.Text(parser.FieldTraceID), []byte(f.Trace)):
		return false
	case f.Path != "" && !f.isPath(r):
		return false
	}
	return true
}

func (f *Filter) isTarget(target []byte) bool {
	if target == nil {
		return f.Target == "-"
	}
	ip, _ := parser.SplitAddress(target)
	return string(target) == f.Target || string(ip) == f.Target
}

func (f *Filter) isPath(r *Row) bool {
	if string(r.Path) == f.Path || albtext.Decode(string(r.Path)) == f.Path {
		return true
	}
	path := r.Record.Path()
	return path != nil && doublestar.MatchUnvalidated(f.Path, string(path))
}
