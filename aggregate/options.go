package aggregate

import (
	"slices"
	"time"

	"alblens/internal/pathtemplate"
	"alblens/parser"
)

// Options say what a Set counts. Sets that are merged must share them.
type Options struct {
	// By lists the dimensions; one given twice counts once. Default: DefaultBy.
	By []Dimension
	// Bucket is the width of a time bucket, at least a second. Default: a minute.
	Bucket time.Duration
	// ByCreation buckets by the time that the request came in, where the line has it, instead of the time of the
	// response, by which CloudWatch counts.
	ByCreation bool
	// Paths turns paths into templates; nil keeps them as they are, but for the query.
	Paths *pathtemplate.Templates
	// Limit is how many bytes the keyed state of one Set may take. Default: 32 MiB.
	Limit int
}

// DefaultBy is what is counted when nothing else is asked for.
func DefaultBy() []Dimension {
	return []Dimension{{Target}, {Path}, {Time}, {TargetGroup}, {Host}, {Node}}
}

func (o Options) withDefaults() Options {
	if len(o.By) == 0 {
		o.By = DefaultBy()
	}
	o.By = distinct(o.By)
	if o.Bucket < time.Second {
		o.Bucket = time.Minute
	}
	if o.Limit <= 0 {
		o.Limit = 32 << 20
	}
	return o
}

func distinct(by []Dimension) []Dimension {
	var list []Dimension
	for _, d := range by {
		if !slices.ContainsFunc(list, func(e Dimension) bool { return slices.Equal(d, e) }) {
			list = append(list, d)
		}
	}
	return list
}

// Timestamp is the time by which a record is selected and bucketed.
func Timestamp(r *parser.Record, byCreation bool) parser.Timestamp {
	if byCreation && r.CreationTime != parser.NoTimestamp {
		return r.CreationTime
	}
	return r.Time
}
