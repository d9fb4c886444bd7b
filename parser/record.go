package parser

import (
	"bytes"
	"errors"
	"fmt"
)

// A Record is one parsed line.
//
// Its text is borrowed: every slice that a Record or its methods give out is a view of the line it was parsed from,
// and valid only as long as that line is. Use Clone to keep it.
type Record struct {
	// Line is the line as it stands in the log, without its line end.
	Line []byte

	Type Type
	// Time is when the load balancer made the response; for a web socket, when the connection closed.
	Time Timestamp
	// RequestTime, TargetTime and ResponseTime are the three processing times, NoMicros where AWS writes -1.
	RequestTime, TargetTime, ResponseTime Micros
	// ELBStatus is the status sent to the client, TargetStatus the target's. NoStatus for the target beside a 5xx
	// means that the load balancer made it.
	ELBStatus, TargetStatus Status
	// ReceivedBytes and SentBytes are sizes with headers, NoBytes where absent.
	ReceivedBytes, SentBytes int64
	RulePriority             RulePriority
	// CreationTime is when the request came in, in whole milliseconds. NoTimestamp in lines from before 2018.
	CreationTime Timestamp
	// Fields is how many fields the line has, those beyond KnownFields included.
	Fields int

	begin  begins
	minute minuteMemo
	err    SyntaxError
}

// MaxLine is the longest line taken, in bytes. The longest that AWS can write is about 150 KB: a request line of
// 16 K with every byte escaped as \xHH, the same as redirect and transform, and a user agent of 8 KB.
const MaxLine = 1 << 20

// A SyntaxError says where and why a line is not a record.
type SyntaxError struct {
	Name   string // the object, if known
	Line   int    // from 1, 0 if unknown
	Column int    // in bytes, from 1
	Field  Field
	Err    error
}

func (e *SyntaxError) Error() string {
	where := ""
	if e.Name != "" {
		where = e.Name + ":"
	}
	if e.Line > 0 {
		where += fmt.Sprintf("%d:", e.Line)
	}
	return fmt.Sprintf("%s%d: %s: %v", where, e.Column, e.Field, e.Err)
}

func (e *SyntaxError) Unwrap() error { return e.Err }

// Clone returns a copy, to keep.
func (e *SyntaxError) Clone() *SyntaxError {
	c := *e
	return &c
}

// What can be wrong with a line.
var (
	ErrTooFewFields = errors.New("the line ends here, want at least 12 fields")
	ErrEmptyField   = errors.New("empty field, want a value or -")
	ErrUnclosed     = errors.New("no closing quote")
	ErrAfterQuote   = errors.New("text after the closing quote")
	ErrTooLong      = errors.New("line longer than 1 MiB")
	ErrTime         = errors.New("not a time like 2026-11-20T14:05:00.123456Z")
	ErrSeconds      = errors.New("not a number of seconds or -1")
	ErrStatus       = errors.New("not a status of three digits or -")
	ErrBytes        = errors.New("not a number of bytes")
	ErrRule         = errors.New("not a rule priority, -1 or -")
	ErrAddress      = errors.New("not an address and port")
)

// Parse makes r the record of line, which must not hold a line feed; a carriage return or blanks at its end are
// ignored. It keeps views of line. After an error only r.Line may be used. The error is always a *SyntaxError, and valid
// until the next Parse; use its Clone to keep it.
func (r *Record) Parse(line []byte) error {
	r.Line = line
	line = trimEnd(line)
	if !r.splitFast(line) {
		if err := r.split(line); err != nil {
			return err
		}
	}
	return r.decode(line)
}

func trimEnd(line []byte) []byte {
	for n := len(line); n > 0; n-- {
		if c := line[n-1]; c != ' ' && c != '\r' {
			return line[:n]
		}
	}
	return nil
}

func (r *Record) decode(line []byte) error {
	r.Type = parseType(r.text(FieldType))
	var ok bool
	if r.Time, ok = r.minute.parse(r.text(FieldTime)); !ok {
		return r.bad(FieldTime, ErrTime)
	}
	if !validAddress(r.text(FieldClient)) {
		return r.bad(FieldClient, ErrAddress)
	}
	if b := r.text(FieldTarget); !validAddress(b) && !bytes.HasPrefix(b, arnPrefix) {
		return r.bad(FieldTarget, ErrAddress)
	}
	if !r.outcome(line) {
		if err := r.anyOutcome(line); err != nil {
			return err
		}
	}
	if r.ReceivedBytes, ok = r.number(line, FieldReceivedBytes); !ok {
		return r.bad(FieldReceivedBytes, ErrBytes)
	}
	if r.SentBytes, ok = r.number(line, FieldSentBytes); !ok {
		return r.bad(FieldSentBytes, ErrBytes)
	}
	r.RulePriority, r.CreationTime = NoRule, NoTimestamp
	if r.Fields > int(FieldRulePriority) {
		if r.RulePriority, ok = parseRulePriority(r.text(FieldRulePriority)); !ok {
			return r.bad(FieldRulePriority, ErrRule)
		}
	}
	if r.Fields > int(FieldCreationTime) {
		if b := r.text(FieldCreationTime); !isAbsent(b) {
			if r.CreationTime, ok = r.minute.parse(b); !ok {
				return r.bad(FieldCreationTime, ErrTime)
			}
		}
	}
	return nil
}

// anyOutcome is outcome, one field after the other and of whatever form.
func (r *Record) anyOutcome(line []byte) error {
	var ok bool
	if r.RequestTime, ok = r.seconds(line, FieldRequestTime); !ok {
		return r.bad(FieldRequestTime, ErrSeconds)
	}
	if r.TargetTime, ok = r.seconds(line, FieldTargetTime); !ok {
		return r.bad(FieldTargetTime, ErrSeconds)
	}
	if r.ResponseTime, ok = r.seconds(line, FieldResponseTime); !ok {
		return r.bad(FieldResponseTime, ErrSeconds)
	}
	if r.ELBStatus, ok = parseStatus(r.text(FieldELBStatus)); !ok {
		return r.bad(FieldELBStatus, ErrStatus)
	}
	if r.TargetStatus, ok = parseStatus(r.text(FieldTargetStatus)); !ok {
		return r.bad(FieldTargetStatus, ErrStatus)
	}
	return nil
}

// A target is an address; a Lambda function is "-" today, and an ARN is taken too.
var arnPrefix = []byte("arn:")

func (r *Record) bad(f Field, err error) error {
	column := int(r.begin[f]) + 1
	if r.Line[r.begin[f]] == '"' {
		column++
	}
	return r.fail(column, f, err)
}

// fail returns the error of Parse, for which nothing is allocated: an object may have nothing but malformed lines.
func (r *Record) fail(column int, f Field, err error) error {
	r.err = SyntaxError{Column: column, Field: f, Err: err}
	return &r.err
}

// text is a field that the line has, without its quotes.
func (r *Record) text(f Field) []byte {
	i, j := r.begin[f], r.begin[f+1]-1
	if r.Line[i] == '"' {
		i, j = i+1, j-1
	}
	return r.Line[i:j:j]
}

func isAbsent(b []byte) bool { return len(b) == 1 && b[0] == '-' }

// Text returns a field as it stands in the log, without quotes and with \xHH escapes as they are. It is nil where
// the log has "-" or the line ends before the field, and empty but not nil for "". It is a view of the line. For the
// fields beyond KnownFields, see Extra.
func (r *Record) Text(f Field) []byte {
	if int(f) >= r.Fields || int(f) >= KnownFields {
		return nil
	}
	if b := r.text(f); !isAbsent(b) {
		return b
	}
	return nil
}

// Extra returns the fields beyond KnownFields, quoted where the log quotes them and joined by blanks, or nil. It
// is a view of the line.
func (r *Record) Extra() []byte {
	if r.Fields <= KnownFields {
		return nil
	}
	end := len(trimEnd(r.Line))
	return r.Line[r.begin[KnownFields]:end:end]
}

// NextField cuts the first field off text such as Extra returns: its value without quotes, and what is behind it.
func NextField(text []byte) (value, rest []byte) {
	end := 0
	if len(text) > 0 && text[0] == '"' {
		if end = quoteEnd(text, 1); end < 0 {
			return text, nil
		}
		value, end = text[1:end:end], end+1
	} else {
		end = bareEnd(text, 0)
		value = text[:end:end]
	}
	if end < len(text) {
		return value, text[end+1:]
	}
	return value, nil
}

// Duration is the time from the request's creation to the response, the only one that a record whose processing
// times are -1 has. NoMicros in lines from before 2018, and where the clock ran backwards.
func (r *Record) Duration() Micros {
	if r.CreationTime == NoTimestamp || r.Time < r.CreationTime {
		return NoMicros
	}
	return Micros(r.Time - r.CreationTime)
}

// HasTarget reports whether the load balancer chose a target with an address. It has none for Lambda functions,
// empty target groups, and requests that it answered itself.
func (r *Record) HasTarget() bool {
	target := r.text(FieldTarget)
	return !isAbsent(target) && !bytes.HasPrefix(target, arnPrefix)
}

// MadeByLoadBalancer reports whether the status is a 5xx that the load balancer made because something failed: the
// target gave no status, or one below 500, and no rule answered on purpose.
func (r *Record) MadeByLoadBalancer() bool {
	if r.ELBStatus < 500 || r.ELBStatus > 599 || r.TargetStatus >= 500 {
		return false
	}
	action := r.LastAction()
	return string(action) != "fixed-response" && string(action) != "waf"
}

// MadeByTarget reports whether the status is a 5xx that the target made and the load balancer passed on.
func (r *Record) MadeByTarget() bool {
	return r.TargetStatus >= 500 && r.TargetStatus <= 599 && r.ELBStatus >= 500 && r.ELBStatus <= 599
}

// LastAction returns the last of the actions executed, the one that answered, or nil. It is a view of the line.
func (r *Record) LastAction() []byte {
	actions := r.Text(FieldActions)
	return actions[bytes.LastIndexByte(actions, ',')+1:]
}

// Clone returns a copy of r that owns its line.
func (r *Record) Clone() *Record {
	c := *r
	c.Line = bytes.Clone(r.Line)
	return &c
}
