package parser

import (
	"math"
	"time"
)

// A Timestamp is a point in time in microseconds since 1970-01-01T00:00:00Z.
type Timestamp int64

// NoTimestamp stands for a time that the line does not have.
const NoTimestamp Timestamp = math.MinInt64

// Time returns t in UTC, and the zero time for NoTimestamp.
func (t Timestamp) Time() time.Time {
	if t == NoTimestamp {
		return time.Time{}
	}
	return time.UnixMicro(int64(t)).UTC()
}

// Micros is a duration in microseconds, the finest unit that AWS has written.
type Micros int64

// NoMicros stands for "-1", a duration that was not measured. It is not a zero.
const NoMicros Micros = -1

// A Status is an HTTP status as logged: three digits, so "000" is 0.
type Status int16

// NoStatus stands for "-".
const NoStatus Status = -1

// NoBytes stands for a byte count of "-".
const NoBytes int64 = -1

// A RulePriority is the listener rule that matched: 0 is the default rule, 1 to 50000 a rule, and
// RuleError a failure while the rules were evaluated.
type RulePriority int32

const (
	RuleError RulePriority = -1
	NoRule    RulePriority = -2 // "-": none was evaluated, or the line is older than the field
)

// A Type is the kind of request or connection.
type Type uint8

const (
	TypeUnknown Type = iota // a type that AWS has not documented; Text(FieldType) has it
	HTTP
	HTTPS
	H2
	GRPCS
	WS
	WSS
)

var typeNames = [...]string{"unknown", "http", "https", "h2", "grpcs", "ws", "wss"}

func (t Type) String() string { return typeNames[t] }

// WebSocket reports whether the line stands for a whole connection, so that its times are its life, not a latency.
func (t Type) WebSocket() bool { return t == WS || t == WSS }

func parseType(b []byte) Type {
	switch string(b) {
	case "http":
		return HTTP
	case "https":
		return HTTPS
	case "h2":
		return H2
	case "grpcs":
		return GRPCS
	case "ws":
		return WS
	case "wss":
		return WSS
	}
	return TypeUnknown
}
