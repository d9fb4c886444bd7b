package report

import (
	"fmt"
	"time"

	"alblens/partial"
)

// htmlInputs is what was read, how it adds up, and what is missing of it.
type htmlInputs struct {
	Facts      []htmlNamed
	Fields     []htmlCounted
	Problems   []htmlProblem
	Skipped    []htmlCounted // by reason
	Malformed  []htmlMalformed
	Gaps       []htmlGap
	Duplicates []partial.Duplicate
	Missing    []htmlMissing
	More       htmlMore
}

type htmlCounted struct{ Name, Count string }

type htmlProblem struct{ Kind, Name, Error, Kept string }

type htmlMalformed struct{ Place, Field, Error, Text string }

type htmlGap struct{ LoadBalancer, Node, When, Lasted string }

// An htmlMissing is which times the records of a status lack.
type htmlMissing struct{ Status, All, TargetResponse, Response, Other string }

// htmlMore is how many of each there was no room for.
type htmlMore struct{ Problems, Gaps, Duplicates, Skipped int }

func (r *Report) htmlInputs(p *page, room *htmlRoom) htmlInputs {
	l := &r.Result.Ledger
	h := htmlInputs{Facts: r.htmlFacts(room)}
	for fields, n := range l.FieldCounts {
		if n > 0 {
			h.Fields = append(h.Fields, htmlCounted{fmt.Sprint(fields), count(uint64(n))})
		}
	}
	reasons := map[string]int{}
	for _, x := range l.Problems {
		switch {
		case x.Kind == partial.Skipped:
			reasons[x.Error]++
		case len(h.Problems) == room.problems:
			h.More.Problems++
		default:
			kept := ""
			if x.RecordsKept > 0 {
				kept = count(uint64(x.RecordsKept))
			}
			h.Problems = append(h.Problems, htmlProblem{room.cut(x.Kind), room.cut(x.Name), room.cut(x.Error), kept})
		}
	}
	for _, reason := range byFrequency(reasons) {
		if len(h.Skipped) == room.problems {
			h.More.Skipped++
			continue
		}
		h.Skipped = append(h.Skipped, htmlCounted{room.cut(reason), count(uint64(reasons[reason]))})
	}
	for _, x := range l.MalformedSamples[:min(len(l.MalformedSamples), room.problems)] {
		h.Malformed = append(h.Malformed, htmlMalformed{fmt.Sprintf("%s:%d", room.cut(place(x.Name, x.Line)), x.Column),
			room.cut(x.Field), room.cut(x.Error), room.cut(x.Text)})
	}
	for _, x := range l.Gaps[:min(len(l.Gaps), room.problems)] {
		h.Gaps = append(h.Gaps, htmlGap{room.cut(x.LoadBalancer), room.cut(x.Node), p.between(x.From, x.To), span(x.To.Sub(x.From))})
	}
	for _, x := range l.Duplicates[:min(len(l.Duplicates), room.problems)] {
		h.Duplicates = append(h.Duplicates, partial.Duplicate{Name: room.cut(x.Name), SameAs: room.cut(x.SameAs)})
	}
	for _, m := range r.Result.Counts.Missing[:min(len(r.Result.Counts.Missing), 100)] {
		h.Missing = append(h.Missing, htmlMissing{statusText(m.Status), count(m.All), count(m.TargetResponse), count(m.Response), count(m.Other)})
	}
	h.More.Gaps, h.More.Duplicates = len(l.Gaps)-len(h.Gaps), len(l.Duplicates)-len(h.Duplicates)
	return h
}

func (r *Report) htmlFacts(room *htmlRoom) []htmlNamed {
	l := &r.Result.Ledger
	var facts []htmlNamed
	add := func(name, value string) {
		if value != "" {
			facts = append(facts, htmlNamed{name, []htmlValue{{Text: value}}})
		}
	}
	objects := counted(uint64(l.Objects), "object") + ", all read"
	if l.Objects == 0 {
		objects = "none"
	} else if l.Complete != l.Objects {
		objects = fmt.Sprintf("%s = %s read", counted(uint64(l.Objects), "object"), count(uint64(l.Complete)))
	}
	for _, x := range []struct {
		n    int64
		what string
	}{{l.Partial, "read in part"}, {l.Failed, "not read"}, {l.Skipped, "skipped"}} {
		if x.n > 0 {
			objects += " + " + count(uint64(x.n)) + " " + x.what
		}
	}
	add("Objects", objects)
	lines := counted(uint64(l.Lines), "line") + ", all of them records"
	if l.Lines == 0 {
		lines = "none"
	} else if l.Records != l.Lines {
		lines = fmt.Sprintf("%s = %s", counted(uint64(l.Lines), "line"), counted(uint64(l.Records), "record"))
	}
	if l.Malformed > 0 {
		lines += fmt.Sprintf(" + %s malformed (%s, the limit is %s)", count(uint64(l.Malformed)), percent(uint64(l.Malformed), uint64(l.Lines)),
			percent(uint64(r.Options.MaxMalformed*1e6), 1e6))
	}
	if l.Filtered > 0 {
		lines += " + " + count(uint64(l.Filtered)) + " outside the window"
	}
	add("Lines", lines)
	add("Bytes", byteCount(l.CompressedBytes)+" as stored, "+byteCount(l.Bytes)+" of text")
	add("Delivery", delivered(l))
	add("Still filling", sentence(r.filling()))
	add("Gaps", gapsTogether(l))
	add("Window", sentence(r.window()))
	add("Bucket", bucketWords(r))
	if !r.Run.Started.IsZero() {
		add("Run", fmt.Sprintf("%s UTC, %.1f s", r.Run.Started.UTC().Format(time.DateTime), r.Run.Elapsed.Seconds()))
	}
	if len(r.Run.Args) > 0 {
		add("Command", room.cut(clean(r.command())))
	}
	return facts
}

func bucketWords(r *Report) string {
	c := r.Result.Counts
	if c.TimeBucket > c.Bucket && c.Bucket > 0 {
		return fmt.Sprintf("%s, as there would be too many of %s", span(c.TimeBucket), span(c.Bucket))
	}
	if c.TimeBucket > 0 {
		return span(c.TimeBucket)
	}
	return ""
}
