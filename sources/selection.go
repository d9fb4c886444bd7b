package sources

import (
	"errors"
	"fmt"
	"time"

	"alblens/internal/logname"
)

// Selection is the window of time whose records are wanted: [Since, Until).
// The zero value wants everything.
type Selection struct {
	Since, Until time.Time     // zero: open
	Late         time.Duration // how much later than Until an object may still hold wanted records
}

// slack widens the window on both sides: nodes' clocks differ a little, and a
// record may be written one file late.
const slack = 2 * logname.Slot

// Ends returns which end times in objects' names are wanted: [from, to), zero
// where open. An object that ends at E covers [E-Slot, E].
func (s Selection) Ends() (from, to time.Time) {
	if !s.Since.IsZero() {
		from = s.Since.Add(-slack).UTC()
	}
	if !s.Until.IsZero() {
		to = s.Until.Add(s.Late + slack + logname.Slot).UTC()
	}
	return from, to
}

// Days returns which of AWS's dated folders, by their UTC midnight, can hold
// wanted objects: both included, zero where open. The folders go by delivery,
// so an object may lie a day after the one it ends on; and AWS does not say
// where one that ends at midnight goes.
func (s Selection) Days() (first, last time.Time) {
	const day = 24 * time.Hour
	from, to := s.Ends()
	if !from.IsZero() {
		first = from.Add(-logname.Slot).Truncate(day)
	}
	if !to.IsZero() {
		last = to.Truncate(day).Add(day)
	}
	return first, last
}

// Wants reports whether an object of this name can hold wanted records. A name
// that tells no time always can.
func (s Selection) Wants(n logname.Name) bool {
	if !n.Day.IsZero() {
		first, last := s.Days()
		if !first.IsZero() && n.Day.Before(first) || !last.IsZero() && n.Day.After(last) {
			return false
		}
	}
	if !n.End.IsZero() {
		from, to := s.Ends()
		if !from.IsZero() && n.End.Before(from) || !to.IsZero() && !n.End.Before(to) {
			return false
		}
	}
	return true
}

// Screen decides about an object met by listing, the same way in every Store:
// yield it (true), leave it out silently (false, nil), or report it as skipped
// (false and the *Problem).
func (s Selection) Screen(ref Ref) (bool, error) {
	switch {
	case ref.Named:
		return true, nil
	case !s.Wants(ref.Log):
		return false, nil
	case ref.Log.Kind != logname.Other && ref.Log.Kind != logname.Access:
		return false, skip(ref.Name, fmt.Errorf("%s by its name", ref.Log.Kind))
	case ref.Size == 0:
		return false, skip(ref.Name, errEmpty)
	}
	return true, nil
}

var errEmpty = errors.New("empty file")

func skip(name string, why error) *Problem {
	return &Problem{Name: name, Kind: Skipped, Err: why}
}
