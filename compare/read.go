package compare

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// SummarySchema is the form that Read takes.
const SummarySchema = "alblens/summary/v1"

// A Summary is what a comparison needs of a summary.
type Summary struct {
	Name          string // what to call it; Read leaves it empty
	Complete      bool   // all that was asked for was read
	First, Last   time.Time
	Span          time.Duration // that was asked for, else from First to Last; above 0
	TimeField     string
	PathTemplates []string
	RawPaths      bool
	Totals        Cell
	Bucket        time.Duration // of Times
	Times         []Cell        // buckets of time, empty ones too
	Tables        []Table
	Series        map[string]map[string]Series // by dimension and key, of the worst keys
	Attribution   map[string]uint64            // requests by cause
	Findings      []Finding
}

// A Table is one dimension's rows by key.
type Table struct {
	By   string // as --by has it: target+path
	Rows map[string]Row
}

// lost is, for each of byCode, how many failures are of keys that have no row of their own: these were cut by --top, or
// dropped when memory was full.
func (t *Table) lost(totals *Cell) []uint64 {
	lost := make([]uint64, len(byCode))
	for i, m := range byCode {
		var known uint64
		for _, r := range t.Rows {
			if !slices.Contains(r.Key, other) {
				known += m.of(&r.Cell)
			}
		}
		lost[i] = max(m.of(totals), known) - known
	}
	return lost
}

// A Row is one key's counts.
type Row struct {
	Key        []string // a value for each part of the dimension
	LowerBound bool
	Cell
}

// A Cell is the counts that everything has.
type Cell struct {
	Requests   uint64            `json:"requests"`
	Status     map[string]uint64 `json:"status"`
	ELB5xx     uint64            `json:"elb_5xx"`
	ELB500     uint64            `json:"elb_500"`
	ELB502     uint64            `json:"elb_502"`
	ELB503     uint64            `json:"elb_503"`
	ELB504     uint64            `json:"elb_504"`
	ELB460     uint64            `json:"elb_460"`
	Target5xx  uint64            `json:"target_5xx"`
	TargetTime *Quantiles        `json:"target_time_ms"` // nil: none
	Duration   *Quantiles        `json:"duration_ms"`
}

// Quantiles are in milliseconds, within 1 %.
type Quantiles struct {
	Count uint64  `json:"count"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P99   float64 `json:"p99"`
}

// A Series is one key over time: the buckets in which it had requests.
type Series struct {
	Bucket time.Duration
	Points []Point
}

// A Point is one bucket of a Series.
type Point struct {
	Start                                       time.Time
	Requests, ELB502, ELB503, ELB504, Target5xx uint64
}

// UnmarshalJSON reads [start, requests, elb_502, elb_503, elb_504, target_5xx, …].
func (p *Point) UnmarshalJSON(text []byte) error {
	var all []json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	counts := []*uint64{&p.Requests, &p.ELB502, &p.ELB503, &p.ELB504, &p.Target5xx}
	if len(all) < 1+len(counts) {
		return fmt.Errorf("a point of %d values", len(all))
	}
	for i, n := range counts {
		if err := json.Unmarshal(all[1+i], n); err != nil {
			return err
		}
	}
	return json.Unmarshal(all[0], &p.Start)
}

// A Finding is what a comparison needs of one.
type Finding struct {
	ID       string `json:"id"`
	Key      string `json:"key"`
	PartOf   string `json:"part_of"` // the key of another that it says more of; "" for none
	Severity string `json:"severity"`
	Title    string `json:"title"`
	Requests uint64 `json:"requests"`
}

// Read reads a summary, and nothing may follow it. The error says what is wrong with what is none.
func Read(r io.Reader) (*Summary, error) {
	d := json.NewDecoder(r)
	var members map[string]json.RawMessage
	if err := d.Decode(&members); err != nil {
		return nil, NotSummary(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("not a summary: more follows behind the JSON object; give one summary a file")
	}
	var schema string
	if json.Unmarshal(members["schema"], &schema) != nil || schema == "" {
		return nil, fmt.Errorf("not a summary: it has no %q; write one with alblens analyze -f json", "schema")
	}
	if schema != SummarySchema {
		return nil, fmt.Errorf("not a summary: its schema is %q, not %q", schema, SummarySchema)
	}
	return readMembers(members)
}

// NotSummary says what an error of encoding/json tells of a text that was taken for a summary.
func NotSummary(err error) error {
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("not a summary: it is empty")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("not a summary: the JSON ends too early")
	case errors.As(err, &syntax) && syntax.Offset <= 1:
		return errors.New("not a summary, and no JSON; write one with alblens analyze -f json")
	case errors.As(err, &syntax):
		return fmt.Errorf("not a summary: no JSON at byte %d: %w", syntax.Offset, err)
	}
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind) && kind.Field != "":
		return fmt.Errorf("broken summary: %q is a %s", kind.Field, kind.Value)
	case kind != nil:
		return fmt.Errorf("not a summary: the JSON is of kind %s, not an object", kind.Value)
	}
	return err // of the reader
}

func readMembers(members map[string]json.RawMessage) (*Summary, error) {
	s := &Summary{}
	var inputs struct {
		Complete bool `json:"complete"`
	}
	var window struct {
		First, Last *time.Time
	}
	var options struct {
		Since, Until  *time.Time
		TimeField     string   `json:"time_field"`
		By            []string `json:"by"`
		PathTemplates []string `json:"path_templates"`
		RawPaths      bool     `json:"raw_paths"`
		TimeBucket    float64  `json:"time_bucket_seconds"`
	}
	for _, m := range []struct {
		name string
		to   any
	}{
		{"options", &options}, {"inputs", &inputs}, {"window", &window}, {"totals", &s.Totals},
		{"attribution", &s.Attribution}, {"findings", &s.Findings},
	} {
		if err := member(members, m.name, m.to); err != nil {
			return nil, err
		}
	}
	if s.Totals.Requests == 0 {
		return nil, errors.New("it counts no requests, so there is nothing to compare")
	}
	if window.First == nil || window.Last == nil || window.Last.Before(*window.First) {
		return nil, errors.New(`broken summary: "window" has no span of time`)
	}
	s.Complete, s.TimeField, s.PathTemplates, s.RawPaths = inputs.Complete, options.TimeField, options.PathTemplates, options.RawPaths
	s.First, s.Last = window.First.UTC(), window.Last.UTC()
	s.Span = max(s.Last.Sub(s.First), time.Second)
	if options.Since != nil && options.Until != nil && options.Until.After(*options.Since) {
		s.Span = options.Until.Sub(*options.Since)
	}
	var err error
	if s.Bucket, err = width(options.TimeBucket); err != nil {
		return nil, err
	}
	if err := s.readSeries(members); err != nil {
		return nil, err
	}
	for _, by := range options.By {
		if err := s.readTable(members, by); err != nil {
			return nil, err
		}
	}
	return s, s.check()
}

func member(members map[string]json.RawMessage, name string, to any) error {
	text, ok := members[name]
	if !ok {
		return fmt.Errorf("broken summary: it has no %q", name)
	}
	if err := json.Unmarshal(text, to); err != nil {
		return fmt.Errorf("broken summary: %q: %w", name, err)
	}
	return nil
}

func (s *Summary) readSeries(members map[string]json.RawMessage) error {
	var series map[string][]struct {
		Key    *string `json:"key"`
		Bucket float64 `json:"bucket_seconds"`
		Points []Point `json:"points"`
	}
	if err := member(members, "series", &series); err != nil {
		return err
	}
	s.Series = map[string]map[string]Series{}
	for by, keys := range series {
		s.Series[by] = map[string]Series{}
		seen := map[string]bool{}
		for _, k := range keys {
			bucket, err := width(k.Bucket)
			if err != nil {
				return err
			}
			key := join([]string{text(k.Key)})
			if seen[key] { // of two that read alike neither is what the row is over time
				delete(s.Series[by], key)
				continue
			}
			seen[key], s.Series[by][key] = true, Series{bucket, k.Points}
		}
	}
	return nil
}

// width is that of a bucket.
func width(seconds float64) (time.Duration, error) {
	const year = 366 * 24 * 3600
	if !(seconds >= 0.001 && seconds <= year) {
		return 0, fmt.Errorf("broken summary: a bucket of %g seconds", seconds)
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

// none stands for a key that is absent, other for the keys that did not fit in memory.
const (
	none  = "(none)"
	other = "(other)"
)

func text(key *string) string {
	if key == nil {
		return none
	}
	return *key
}

// join makes one key of several, and keeps ("a", "b c") from ("a b", "c").
func join(values []string) string {
	b := ""
	for _, v := range values {
		b += strconv.Itoa(len(v)) + ":" + v
	}
	return b
}

// columns are the members of a row that hold the parts of its key, where they are not named as the part is. A target
// group is known by its name: one that was created anew has another ARN.
var columns = map[string]string{"time": "start", "status": "elb_status_code", "target-group": "target_group", "user-agent": "user_agent"}

func (s *Summary) readTable(members map[string]json.RawMessage, by string) error {
	name := strings.NewReplacer("+", "_", "-", "_").Replace(by)
	var rows []json.RawMessage
	if err := member(members, "by_"+name, &rows); err != nil {
		return err
	}
	t := Table{By: by, Rows: map[string]Row{}}
	for _, text := range rows {
		row, err := readRow(text, strings.Split(by, "+"))
		if err != nil {
			return fmt.Errorf("broken summary: %q: %w", "by_"+name, err)
		}
		if by == "time" {
			s.Times = append(s.Times, row.Cell)
			continue
		}
		key := join(row.Key)
		if same, ok := t.Rows[key]; ok { // groups of one name, or keys that redaction made alike
			row = same.plus(&row)
		}
		t.Rows[key] = row
	}
	if by != "time" {
		s.Tables = append(s.Tables, t)
	}
	return nil
}

// plus is two rows that read alike as one, without times: quantiles cannot be added.
func (r Row) plus(o *Row) Row {
	r.LowerBound = r.LowerBound || o.LowerBound
	r.Requests += o.Requests
	r.ELB5xx += o.ELB5xx
	r.ELB500 += o.ELB500
	r.ELB502 += o.ELB502
	r.ELB503 += o.ELB503
	r.ELB504 += o.ELB504
	r.ELB460 += o.ELB460
	r.Target5xx += o.Target5xx
	r.Status = maps.Clone(r.Status)
	if r.Status == nil {
		r.Status = map[string]uint64{}
	}
	for status, n := range o.Status {
		r.Status[status] += n
	}
	r.TargetTime, r.Duration = nil, nil
	return r
}

func readRow(row []byte, parts []string) (Row, error) {
	var r Row
	var members map[string]json.RawMessage
	if err := json.Unmarshal(row, &members); err != nil {
		return r, err
	}
	if err := json.Unmarshal(row, &r.Cell); err != nil {
		return r, err
	}
	if text, ok := members["lower_bound"]; ok {
		if err := json.Unmarshal(text, &r.LowerBound); err != nil {
			return r, err
		}
	}
	for _, part := range parts {
		name, ok := columns[part]
		if !ok {
			name = part
		}
		value, ok := members[name]
		if !ok {
			return r, fmt.Errorf("a row has no %q", name)
		}
		var key *string
		if json.Unmarshal(value, &key) == nil {
			r.Key = append(r.Key, text(key))
		} else { // a status or a rule
			r.Key = append(r.Key, string(value))
		}
	}
	return r, nil
}

// check holds counts to what they are counts of, so that rates are rates.
func (s *Summary) check() error {
	if err := s.Totals.check(); err != nil {
		return fmt.Errorf(`broken summary: "totals": %w`, err)
	}
	for _, c := range s.Times {
		if err := c.check(); err != nil {
			return fmt.Errorf(`broken summary: "by_time": %w`, err)
		}
	}
	for _, t := range s.Tables {
		for _, r := range t.Rows {
			if err := r.check(); err != nil {
				return fmt.Errorf("broken summary: by %s: %w", t.By, err)
			}
		}
	}
	for cause, n := range s.Attribution {
		if n > s.Totals.Requests {
			return fmt.Errorf("broken summary: %q has %d of %d requests", cause, n, s.Totals.Requests)
		}
	}
	for _, f := range s.Findings {
		if f.Requests > s.Totals.Requests {
			return fmt.Errorf("broken summary: finding %q has %d of %d requests", f.Key, f.Requests, s.Totals.Requests)
		}
	}
	return nil
}

// mostRequests keeps products and sums of counts exact.
const mostRequests = 1 << 50

func (c *Cell) check() error {
	if c.Requests > mostRequests {
		return fmt.Errorf("%d requests are more than can be", c.Requests)
	}
	for _, m := range metrics {
		if n := m.of(c); n > c.Requests {
			return fmt.Errorf("%s is %d of %d requests", m.name, n, c.Requests)
		}
	}
	return nil
}
