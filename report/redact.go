package report

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"alblens/aggregate"
	"alblens/diagnose"
	"alblens/evidence"
	"alblens/internal/albtext"
	"alblens/internal/redact"
	"alblens/partial"
	"alblens/settings"
)

// Redacted returns a copy of r without what the Redactor takes out, to be rendered in any format; with a nil one, r
// itself. Its rows stay in their order, and rows whose keys become the same stay apart. It is of no use to a diagnosis:
// of the failed records only when they failed and where they stand is kept.
func (r *Report) Redacted(by *redact.Redactor) *Report {
	if by == nil {
		return r
	}
	x := &redaction{by: by, own: r.addresses(), values: map[string]string{}}
	out, result := *r, *r.Result
	result.Ledger = x.ledger(result.Ledger)
	result.Counts = x.counts(result.Counts)
	result.Evidence = x.evidence(result.Evidence)
	out.Result = &result
	if r.Diagnosis != nil {
		d := *r.Diagnosis
		scopes := make([]diagnose.Scope, len(d.Findings)) // first of all: later texts quote them
		for i := range d.Findings {
			scopes[i] = x.scope(d.Findings[i].Scope)
		}
		x.quote()
		d.Findings = each(d.Findings, x.finding)
		for i := range d.Findings {
			d.Findings[i].Scope = scopes[i]
		}
		d.Unchecked = each(d.Unchecked, func(u settings.Unchecked) settings.Unchecked {
			return settings.Unchecked{Rule: u.Rule, Why: x.text(u.Why)}
		})
		if d.Reconciliation != nil {
			c := *d.Reconciliation
			c.Unchecked = each(c.Unchecked, x.text)
			d.Reconciliation = &c
		}
		out.Diagnosis = &d
	}
	x.quote()
	out.Run.Args = each(r.Run.Args, x.text)
	out.Run.Flags = each(r.Run.Flags, x.text)
	out.Options.PathTemplate = each(r.Options.PathTemplate, x.text)
	return &out
}

// A redaction is how far a report is redacted.
type redaction struct {
	by     *redact.Redactor
	own    map[netip.Addr]bool // of targets and nodes, and in the names of sources
	values map[string]string   // what clients sent and what became of it, where it is not the same
	// hide and show replace values in a text by what became of them, in two steps; see quote.
	hide, show *strings.Replacer
}

// addresses are those that the report names and that are no client's.
func (r *Report) addresses() map[netip.Addr]bool {
	own := map[netip.Addr]bool{}
	add := func(texts ...string) {
		for _, text := range texts {
			if a, err := netip.ParseAddrPort(text); err == nil {
				own[a.Addr().Unmap()] = true
			} else if a, err := netip.ParseAddr(text); err == nil {
				own[a.Unmap()] = true
			} else if i := strings.LastIndexByte(text, ':'); i > 0 { // AWS writes no brackets
				if a, err := netip.ParseAddr(text[:i]); err == nil {
					own[a.Unmap()] = true
				}
			}
		}
	}
	for i := range r.Result.Counts.Tables {
		t := &r.Result.Counts.Tables[i]
		for part, p := range t.By {
			if p != aggregate.Target && p != aggregate.Node {
				continue
			}
			for j := range t.Rows {
				if !t.Rows[j].Other {
					add(t.Rows[j].Values[part].Text)
				}
			}
		}
	}
	for _, l := range r.Result.Evidence.Lives {
		add(l.Target)
	}
	for _, n := range r.Result.Ledger.Nodes {
		add(n.Node)
	}
	for _, g := range r.Result.Ledger.Gaps {
		add(g.Node)
	}
	for _, f := range r.findings() {
		add(f.Scope.Targets...)
		add(f.Scope.Nodes...)
	}
	for _, s := range r.Run.Sources {
		add(strings.FieldsFunc(s, func(c rune) bool { return strings.ContainsRune("/_ ", c) })...)
	}
	return own
}

// value redacts a value that a client sent, and notes what became of it, for texts that quote it as it stands or as
// reports show it.
func (x *redaction) value(text string) string {
	redacted := x.by.Text(text)
	if text != redacted {
		x.values[text] = redacted
		x.values[albtext.Decode(text)] = redacted
	}
	return redacted
}

// quote makes the texts that come find the values so far, the longest first. Between the two steps nothing of a value
// stands in the text: it is not to be redacted twice.
func (x *redaction) quote() {
	var hide, show []string
	for i, from := range slices.SortedFunc(maps.Keys(x.values), func(a, b string) int {
		return cmp.Or(-cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	}) {
		mark := "\x00" + strconv.Itoa(i) + "\x00"
		hide, show = append(hide, from, mark), append(show, mark, x.values[from])
	}
	x.hide, x.show = strings.NewReplacer(hide...), strings.NewReplacer(show...)
}

// text redacts what the program wrote itself, and may quote values.
func (x *redaction) text(s string) string {
	return x.show.Replace(x.by.Own(x.hide.Replace(s), func(a netip.Addr) bool { return x.own[a] }))
}

// key redacts a part of a key by what it is.
func (x *redaction) key(p aggregate.Part, v aggregate.Value) aggregate.Value {
	switch {
	case v.Absent:
	case p == aggregate.Path, p == aggregate.Host, p == aggregate.Method:
		v.Text = x.value(v.Text)
	case p == aggregate.Client:
		v.Text = x.by.Client(v.Text)
	case p == aggregate.UserAgent:
		v.Text = x.by.UserAgent(v.Text)
	}
	return v
}

func (x *redaction) counts(r *aggregate.Result) *aggregate.Result {
	out := *r
	out.Tables = each(r.Tables, func(t aggregate.Table) aggregate.Table {
		t.Rows = each(t.Rows, func(row aggregate.Row) aggregate.Row {
			values := slices.Clone(row.Values)
			for i := range values {
				values[i] = x.key(t.By[i], values[i])
			}
			row.Values = values
			return row
		})
		return t
	})
	out.Series = each(r.Series, func(s aggregate.Series) aggregate.Series {
		s.Keys = each(s.Keys, func(k aggregate.KeySeries) aggregate.KeySeries {
			k.Key = x.key(s.Part, k.Key)
			return k
		})
		return s
	})
	return &out
}

func (x *redaction) ledger(l partial.Ledger) partial.Ledger {
	l.MalformedSamples = each(l.MalformedSamples, func(m partial.MalformedSample) partial.MalformedSample {
		m.Text = x.by.Broken(m.Text)
		return m
	})
	return l
}

// evidence leaves out the failures: no report shows them.
func (x *redaction) evidence(r *evidence.Result) *evidence.Result {
	out := *r
	out.Failures = each(r.Failures, func(f *evidence.Failure) *evidence.Failure {
		return &evidence.Failure{Row: f.Row, Start: f.Start, End: f.End, Source: f.Source, Line: f.Line}
	})
	out.Causes = each(r.Causes, func(c evidence.CauseCount) evidence.CauseCount {
		c.Samples = each(c.Samples, func(s evidence.Sample) evidence.Sample {
			s.Text = x.by.Line(s.Text)
			return s
		})
		return c
	})
	return &out
}

func (x *redaction) scope(s diagnose.Scope) diagnose.Scope {
	s.Paths, s.Hosts = each(s.Paths, x.value), each(s.Hosts, x.value)
	return s
}

// finding leaves its scope to scope.
func (x *redaction) finding(f diagnose.Finding) diagnose.Finding {
	f.Key, f.PartOf, f.Title, f.Summary = x.text(f.Key), x.text(f.PartOf), x.text(f.Title), x.text(f.Summary)
	f.Reasons, f.Caveats = each(f.Reasons, x.text), each(f.Caveats, x.text)
	f.Evidence = each(f.Evidence, func(l diagnose.Line) diagnose.Line {
		l.TraceID, l.Text = x.by.TraceID(l.TraceID), x.by.Line(l.Text)
		return l
	})
	f.Verify = each(f.Verify, func(v diagnose.Verification) diagnose.Verification {
		return diagnose.Verification{Why: x.text(v.Why), Command: x.text(v.Command)}
	})
	f.Fix = each(f.Fix, func(c diagnose.Change) diagnose.Change {
		return diagnose.Change{Why: x.text(c.Why), Kind: c.Kind, Text: x.text(c.Text)}
	})
	return f
}

// each is the list of what f makes of each; nil stays nil.
func each[T any](list []T, f func(T) T) []T {
	if list == nil {
		return nil
	}
	out := make([]T, len(list))
	for i, v := range list {
		out[i] = f(v)
	}
	return out
}
