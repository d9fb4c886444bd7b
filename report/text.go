package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"alblens/aggregate"
	"alblens/internal/cause"
	"alblens/internal/shelltext"
)

// TextOptions say what the text is written for.
type TextOptions struct {
	Width int  // columns; 0: 120; below 80: 80
	Color bool // with ANSI escapes; nothing is said by colour alone
}

const (
	defaultWidth = 120
	minWidth     = 80
)

// Text writes the report as an engineer reads it: what failed and where on the first screen, then tables, then what
// was not read and what to look at next. All times are UTC. No line is wider than the width, and but for colours and
// line feeds there are no control characters.
func Text(w io.Writer, r *Report, t TextOptions) error {
	if t.Width == 0 {
		t.Width = defaultWidth
	}
	p := &page{width: max(t.Width, minWidth), color: t.Color}
	totals := &r.Result.Counts.Totals
	if from, to := totals.First.UTC().Format(dayLayout), totals.Last.UTC().Format(dayLayout); from == to {
		p.day = from
	}
	r.writeTitle(p)
	r.writeVerdict(p)
	r.writeRead(p)
	if totals.Requests > 0 {
		r.writeFindings(p)
		r.writeOverview(p)
		r.writeWhere(p)
		r.writeWho(p)
		r.writeCauses(p)
		r.writeTimes(p)
		r.writeWorstBuckets(p)
		r.writeTables(p)
	}
	r.writeSettings(p)
	r.writeNotRead(p)
	r.writeNext(p)
	_, err := w.Write(p.b.Bytes())
	return err
}

func (r *Report) writeTitle(p *page) {
	title := "alblens"
	if r.Version != "" {
		title += " " + clean(r.Version)
	}
	title += ", ALB access logs"
	if t := &r.Result.Counts.Totals; t.Requests > 0 {
		title += " of " + t.First.UTC().Format(time.DateTime) + " – " + p.clock(t.Last) + " UTC"
	}
	p.prose("", title, indent)
}

func (r *Report) writeVerdict(p *page) {
	if !r.Complete() {
		p.prose(loud, "INCOMPLETE: "+strings.Join(r.missing(), ", ")+`. The numbers cover a part of the logs; see "Not read" below.`, indent)
	}
	p.prose(bold, r.verdict(), indent)
}

// missing says in words why the report is not complete.
func (r *Report) missing() []string {
	l := &r.Result.Ledger
	var list []string
	if l.Interrupted {
		list = append(list, "interrupted")
	}
	if l.Failed > 0 {
		list = append(list, counted(uint64(l.Failed), "object")+" not read")
	}
	if l.Partial > 0 {
		list = append(list, counted(uint64(l.Partial), "object")+" read in part")
	}
	if l.MalformedShare() > r.Options.MaxMalformed {
		list = append(list, percent(uint64(l.Malformed), uint64(l.Lines))+" of the lines malformed")
	}
	return list
}

// verdict is the answer in a sentence.
func (r *Report) verdict() string {
	t := &r.Result.Counts.Totals
	switch {
	case t.Requests == 0:
		return "No records: " + r.whyEmpty()
	case t.ELB5xx > 0:
		s := fmt.Sprintf("%s of %s (%s) got a 5xx made by the load balancer: %s", count(t.ELB5xx), counted(t.Requests, "request"),
			percent(t.ELB5xx, t.Requests), byCode(t))
		if t.Target5xx > 0 {
			s += "; " + count(t.Target5xx) + " more from targets"
		}
		return s + "."
	case t.Target5xx > 0:
		return fmt.Sprintf("%s of %s (%s) got a 5xx from a target; the load balancer made none.", count(t.Target5xx),
			counted(t.Requests, "request"), percent(t.Target5xx, t.Requests))
	}
	return "No 5xx among " + counted(t.Requests, "request") + ", neither from the load balancer nor from targets."
}

func (r *Report) whyEmpty() string {
	l := &r.Result.Ledger
	switch {
	case l.Objects == 0:
		return "there was no object to read."
	case l.Skipped == l.Objects:
		return "all objects were skipped, as they hold no access log."
	case l.Failed+l.Skipped == l.Objects:
		return "no object could be read."
	case l.Lines == 0:
		return "the objects hold no lines."
	case l.Malformed == l.Lines:
		return "all " + counted(uint64(l.Lines), "line") + " are malformed, so this may be no ALB access log."
	case l.Filtered == l.Lines:
		return "all " + counted(uint64(l.Lines), "record") + " lie outside the window."
	}
	return fmt.Sprintf("of %s, %s lie outside the window and %s are malformed.", counted(uint64(l.Lines), "line"),
		count(uint64(l.Filtered)), count(uint64(l.Malformed)))
}

// byCode splits the 5xx made by the load balancer, the most frequent status first.
func byCode(s *aggregate.Stats) string {
	type part struct {
		name string
		n    uint64
	}
	parts := []part{{"504", s.ELB504}, {"502", s.ELB502}, {"503", s.ELB503}, {"500", s.ELB500}}
	parts = append(parts, part{"others", s.ELB5xx - s.ELB500 - s.ELB502 - s.ELB503 - s.ELB504})
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(b.n, a.n) })
	var words []string
	for _, x := range parts {
		if x.n > 0 {
			words = append(words, count(x.n)+" × "+x.name)
		}
	}
	return strings.Join(words, ", ")
}

// writeRead is the ledger: what was read and how it adds up.
func (r *Report) writeRead(p *page) {
	l := &r.Result.Ledger
	if l.Objects == 0 {
		return
	}
	s := counted(uint64(l.Objects), "object")
	if l.Complete == l.Objects {
		s += " read"
	} else {
		s += fmt.Sprintf(": %s read", count(uint64(l.Complete)))
		for _, x := range []struct {
			n    int64
			what string
		}{{l.Partial, "in part"}, {l.Failed, "not read"}, {l.Skipped, "skipped"}} {
			if x.n > 0 {
				s += ", " + count(uint64(x.n)) + " " + x.what
			}
		}
	}
	s += fmt.Sprintf("; %s as stored, %s of text; %s", byteCount(l.CompressedBytes), byteCount(l.Bytes), counted(uint64(l.Lines), "line"))
	if l.Lines != l.Records {
		s += " = " + counted(uint64(l.Records), "record") + " + " + count(uint64(l.Malformed)) + " malformed"
		if l.Filtered > 0 {
			s += " + " + count(uint64(l.Filtered)) + " outside the window"
		}
	}
	if n := len(l.Gaps); n > 0 {
		s += "; " + counted(uint64(n), "gap")
	}
	if n := len(l.Duplicates); n > 0 {
		s += "; " + counted(uint64(n), "duplicate")
	}
	p.prose(faint, s+".", indent)
	var eras []string
	for fields, n := range l.FieldCounts {
		if n > 0 {
			eras = append(eras, fmt.Sprintf("%d in %s", fields, counted(uint64(n), "record")))
		}
	}
	if len(eras) > 1 {
		p.prose(faint, "Fields: "+strings.Join(eras, ", ")+".", indent)
	}
	if window := r.window(); window != "" {
		p.prose(faint, "Window: "+window+".", indent)
	}
}

// window is the selection that was asked for; "" for all.
func (r *Report) window() string {
	o := &r.Options
	var words []string
	if !o.Since.IsZero() {
		words = append(words, "since "+o.Since.UTC().Format(time.DateTime))
	}
	if !o.Until.IsZero() {
		words = append(words, "until "+o.Until.UTC().Format(time.DateTime))
	}
	if words == nil {
		return ""
	}
	by := "of the response"
	if o.TimeField == "created" {
		by = "of the request's creation"
	}
	return strings.Join(words, " ") + " UTC, by the time " + by
}

// writeWho splits the failures by who made them.
func (r *Report) writeWho(p *page) {
	t := &r.Result.Counts.Totals
	g := grid{columns: []column{{head: "", key: true}, {head: "requests"}, {head: "of all"}, {head: "", key: true}}}
	add := func(who string, n uint64, what string) {
		if n > 0 {
			g.rows = append(g.rows, []string{who, count(n), percent(n, t.Requests), what})
		}
	}
	add("load balancer, 5xx", t.ELB5xx, byCode(t))
	add("targets, 5xx", t.Target5xx, "passed on")
	for _, x := range []struct {
		who, what string
		causes    []cause.Cause
	}{
		{"rules and WAF", "on purpose; not in the numbers above", []cause.Cause{cause.FixedResponse, cause.WAFBlock}},
		{"load balancer, 4xx", "for requests that it would not forward", []cause.Cause{cause.ClientError}},
		{"clients, 460", "gave up before the answer", []cause.Cause{cause.ClientAbandoned}},
		{"streams, 000", "reset", []cause.Cause{cause.StreamReset}},
	} {
		var n uint64
		for _, c := range x.causes {
			n += r.attribution(c)
		}
		add(x.who, n, x.what)
	}
	if g.rows == nil {
		p.heading("Answers", "")
	} else {
		p.heading("Who made the failures", "")
		p.table(&g, nil)
	}
	var parts []string
	for class, n := range statusClasses(t) {
		if n > 0 {
			parts = append(parts, classNames[class]+" "+count(n))
		}
	}
	p.prose(faint, indent+"All answers: "+strings.Join(parts, ", ")+".", indent)
}

var classNames = [...]string{"000 or none", "1xx", "2xx", "3xx", "4xx", "5xx", "others"}

func statusClasses(s *aggregate.Stats) (n [len(classNames)]uint64) {
	for _, x := range s.Status {
		n[min(max(x.Status, 0)/100, len(n)-1)] += x.Requests
	}
	return n
}

func (r *Report) writeTimes(p *page) {
	t := &r.Result.Counts.Totals
	g := grid{columns: []column{{head: "", key: true}, {head: "p50"}, {head: "p90"}, {head: "p99"}, {head: "max"}, {head: "records"}, {left: true, spare: 1}}}
	for _, x := range []struct {
		name string
		q    aggregate.Quantiles
		what string
	}{
		{"target time (tgt)", t.TargetTime, "until it answered"},
		{"duration (dur)", t.Duration, "request to response, failures included"},
	} {
		if x.q.Count > 0 {
			g.rows = append(g.rows, []string{x.name, micros(x.q.P50), micros(x.q.P90), micros(x.q.P99), micros(x.q.Max), count(x.q.Count), x.what})
		}
	}
	if g.rows == nil {
		return
	}
	p.heading("Times", "")
	p.table(&g, nil)
}

// longestSource is how long the sources may be, in bytes, that are repeated in commands: the longest of these then has 80
// columns.
const longestSource = 22

// source is the arguments as a shell takes them, or SOURCE where they are too long to repeat, or cannot be, or none; and the
// flags by which they were read, of which --time-field decides what --since and the like select.
func (r *Report) source() string {
	source := shelltext.Words(r.Run.Sources)
	flag := func(arg string) bool { return strings.HasPrefix(arg, "-") } // or standard input
	if source == "" || len(source) > longestSource || clean(source) != source || slices.ContainsFunc(r.Run.Sources, flag) {
		source = "SOURCE"
	}
	if flags := shelltext.Args(r.Run.Flags); flags != "" {
		source += " " + clean(flags)
	}
	if r.Options.TimeField == "created" {
		source += " --time-field created"
	}
	return source
}

// writeNext names the commands that show more of the failures.
func (r *Report) writeNext(p *page) {
	t := &r.Result.Counts.Totals
	if t.ELB5xx+t.Target5xx == 0 {
		return
	}
	p.heading("Next", "")
	next := func(command, what string) {
		if line := indent + pad(command, 62) + "  "; displayWidth(line+what) <= p.width {
			p.line(line + p.paint(faint, what))
			return
		}
		for _, l := range shellLines(command, p.width-len(indent)) {
			p.line(indent + l)
		}
	}
	source := r.source()
	within := "" // to whole seconds: -3h has nanoseconds
	if since := r.Options.Since; !since.IsZero() {
		within += " --since " + since.UTC().Truncate(time.Second).Format(time.RFC3339)
	}
	if until := r.Options.Until; !until.IsZero() {
		within += " --until " + until.UTC().Add(time.Second-1).Truncate(time.Second).Format(time.RFC3339)
	}
	next("alblens records "+source+within+" --status "+strconv.Itoa(worstStatus(t))+" -f raw", "the lines")
	next("alblens analyze "+source+within+" --by target+path", "target by path")
	if row, _ := r.worstBucket(); row != nil {
		next("alblens analyze "+source+" --around "+row.Start.UTC().Format("2006-01-02T15:04Z")+" --window 10m", "the worst time")
	}
	if c := r.worstCause(); c != cause.None && c != cause.Unattributed {
		next("alblens explain "+c.String(), "how to fix it")
	}
}

// worstCause is that of the first finding that has one, or of most failures; None if nothing failed.
func (r *Report) worstCause() cause.Cause {
	if r.Diagnosis != nil {
		for i := range r.Diagnosis.Findings {
			if c, ok := cause.Parse(r.Diagnosis.Findings[i].ID); ok {
				return c
			}
		}
	}
	if causes := r.causes(); len(causes) > 0 {
		return causes[0].Cause
	}
	return cause.None
}

// worstStatus is the status of most 5xx of the load balancer, or if there are none, of most 5xx.
func worstStatus(t *aggregate.Stats) int {
	status, most := 500, uint64(0)
	for _, x := range []struct {
		status int
		n      uint64
	}{{504, t.ELB504}, {502, t.ELB502}, {503, t.ELB503}, {500, t.ELB500}} {
		if x.n > most {
			status, most = x.status, x.n
		}
	}
	for _, x := range t.Status {
		if t.ELB5xx == 0 && x.Status/100 == 5 && x.Requests > most {
			status, most = x.Status, x.Requests
		}
	}
	return status
}
