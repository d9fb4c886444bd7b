package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"alblens/aggregate"
	"alblens/internal/cause"
	"alblens/internal/schematest"
)

func renderJSON(t testing.TB, r *Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := JSON(&b, r); err != nil {
		t.Fatal(err)
	}
	schematest.Check(t, b.Bytes())
	noKeyTwice(t, b.Bytes())
	return b.Bytes()
}

// noKeyTwice fails the test if an object has a key twice, of which readers keep one, or any.
func noKeyTwice(t testing.TB, doc []byte) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(doc))
	var walk func(path string) error
	walk = func(path string) error {
		token, err := d.Token()
		if err != nil {
			return err
		}
		open, ok := token.(json.Delim)
		if !ok {
			return nil
		}
		seen := map[string]bool{}
		for i := 0; d.More(); i++ {
			at := fmt.Sprintf("%s[%d]", path, i)
			if open == '{' {
				key, err := d.Token()
				if err != nil {
					return err
				}
				at = path + "." + key.(string)
				if seen[at] {
					t.Errorf("%s stands twice", at)
				}
				seen[at] = true
			}
			if err := walk(at); err != nil {
				return err
			}
		}
		_, err = d.Token()
		return err
	}
	if err := walk(""); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		t.Error("something follows the document")
	}
}

// keys are the keys of the outermost object, in their order.
func keys(t testing.TB, doc []byte) []string {
	t.Helper()
	var list []string
	for _, line := range strings.Split(string(doc), "\n") {
		if rest, ok := strings.CutPrefix(line, `  "`); ok {
			key, _, _ := strings.Cut(rest, `"`)
			list = append(list, key)
		}
	}
	return list
}

type summary struct {
	Inputs struct {
		Complete         bool
		FieldCounts      map[string]int64 `json:"field_counts"`
		MalformedSamples []struct {
			Line, Column int
			Field        string
		} `json:"malformed_samples"`
	}
	Window      struct{ First, Last *string }
	Totals      map[string]any
	ByTarget    []map[string]any `json:"by_target"`
	ByPath      []map[string]any `json:"by_path"`
	ByTime      []map[string]any `json:"by_time"`
	ByStatus    []map[string]any `json:"by_status"`
	ByCombined  []map[string]any `json:"by_target_group_rule"`
	Series      map[string][]struct{ Points [][]any }
	Overflow    map[string]map[string]uint64
	Omitted     map[string]omitted
	Attribution map[string]uint64
}

func decode(t testing.TB, doc []byte) (s summary) {
	t.Helper()
	if err := json.Unmarshal(doc, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestJSONFitsSchema(t *testing.T) {
	for _, c := range reports {
		t.Run(c.name, func(t *testing.T) {
			first := renderJSON(t, c.make(t))
			if again := renderJSON(t, c.make(t)); !bytes.Equal(first, again) {
				t.Error("the same report gave other bytes")
			}
		})
	}
}

// A schema that takes everything checks nothing.
func TestSchemaRejects(t *testing.T) {
	doc := string(renderJSON(t, incident(t)))
	for _, c := range []struct{ old, new string }{
		{`"schema": "alblens/summary/v1"`, `"schema": "alblens/summary/v2"`},
		{`"totals": {"requests": 70412`, `"totals": {"requests": "70412"`},
		{`"totals": {"requests"`, `"totals": {"request"`},
		{`"elb_504": 380`, `"elb_504": -1`},
		{`{"path": "/checkout"`, `{"Path": "/checkout"`},
		{`{"target": null`, `{"target": 7`},
		{`"start": "2026-11-20T14:07:00Z"`, `"start": "2026-11-20T14:07:00+01:00"`},
		{`["2026-11-20T14:00:00Z", 7, 1, 2, 3, 4]`, `["2026-11-20T14:00:00Z", 7, 1, 2, 3]`},
		{`"p99": 2608.3`, `"p99": "2608.3"`},
		{`"unattributed": 9`, `"other": 9`},
		{`"omitted": `, `"Omitted": `},
		{`"findings": []`, `"findings": [{}]`},
	} {
		if !strings.Contains(doc, c.old) {
			t.Errorf("the document has no %s", c.old)
		} else if err := schematest.Validate([]byte(strings.Replace(doc, c.old, c.new, 1))); err == nil {
			t.Errorf("%s passes", c.new)
		}
	}
}

func TestJSONKeys(t *testing.T) {
	got := keys(t, renderJSON(t, incident(t)))
	want := strings.Fields("schema tool run options inputs window totals by_target by_path by_time by_target_group by_host by_node " +
		"series overflow omitted attribution findings settings")
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestJSONNumbers(t *testing.T) {
	doc := renderJSON(t, incident(t))
	s := decode(t, doc)
	for key, want := range map[string]float64{
		"requests": 70412, "elb_5xx": 423, "elb_500": 0, "elb_502": 39, "elb_503": 0, "elb_504": 384, "target_5xx": 37, "elb_5xx_rate": 0.006007,
	} {
		if got := s.Totals[key]; got != want {
			t.Errorf("totals.%s = %v, want %v", key, got, want)
		}
	}
	for _, want := range []string{
		`"elapsed_seconds": 1.234567`, `"bucket_seconds": 60,`, `"max_malformed": 0.01`,
		`"window": {"first": "2026-11-20T14:00:00.043000Z", "last": "2026-11-20T14:59:59.999999Z"}`,
		`"p50": 17.023, "p90": 120.319, "p99": 2608.3, "max": 59998}`,
		`["2026-11-20T14:00:00Z", 7, 1, 2, 3, 4]`,
		`"missing_time_by_status": {"502": {"all": 0, "target_response": 0, "response": 39, "other": 0}, "504": {"all": 0, "target_response": 384, "response": 0, "other": 0}}`,
		`"attribution": {"fixed-response": 500, "idle-timeout": 384, "target-5xx": 37, "keepalive-race": 30, "unattributed": 9}`,
		`{"target": null, "target_group": null, `,
		`{"target_group": "web", "target_group_arn": "` + webARN + `", `,
	} {
		if !bytes.Contains(doc, []byte(want)) {
			t.Errorf("%s is missing in\n%.3000s", want, doc)
		}
	}
}

func TestJSONOfNothing(t *testing.T) {
	r := empty(t)
	r.Result.Counts.Tables = []aggregate.Table{{By: dimension(t, "target")}, {By: dimension(t, "time")}}
	doc := renderJSON(t, r)
	s := decode(t, doc)
	if s.Window.First != nil || s.Window.Last != nil || s.Totals["target_time_ms"] != nil || s.Totals["duration_ms"] != nil || s.Totals["elb_5xx_rate"] != 0.0 {
		t.Errorf("something is not null: %s", doc)
	}
	if s.ByTarget == nil || s.ByTime == nil || len(s.Attribution) != 1 || s.Inputs.Complete {
		t.Errorf("a table is missing, or the attribution has more than unattributed: %s", doc)
	}
}

// What is shown and what top cut off are the whole table.
func TestJSONOmitted(t *testing.T) {
	for _, top := range []int{0, 1, 3, 8, 9, 1000} {
		r := incident(t)
		r.Top = top
		s := decode(t, renderJSON(t, r))
		left := s.Omitted["path"]
		requests, elb := left.Requests, left.ELB5xx
		for _, row := range s.ByPath {
			requests += uint64(row["requests"].(float64))
			elb += uint64(row["elb_5xx"].(float64))
		}
		if requests != 70412 || elb != 423 || left.Keys+len(s.ByPath) != 9 {
			t.Errorf("top %d: %d requests, %d 5xx, %d rows and %d omitted", top, requests, elb, len(s.ByPath), left.Keys)
		}
		if last := s.ByPath[len(s.ByPath)-1]; last["path"] != "(other)" {
			t.Errorf("top %d: the last row is %v", top, last["path"])
		}
		if len(s.ByTime) != 60 {
			t.Errorf("top %d cut the time to %d rows", top, len(s.ByTime))
		}
	}
}

// A row of any dimension has keys of the same names, and none that a cell has too.
func TestJSONDimensions(t *testing.T) {
	r := incident(t)
	other := row(stats(3, 0, 0, 0))
	other.Other, other.Values = true, nil
	r.Result.Counts.Tables = []aggregate.Table{
		{By: dimension(t, "status"), Rows: []aggregate.Row{row(stats(2, 0, 2, 0), "504"), row(stats(1, 0, 0, 0), "000"), row(stats(1, 0, 0, 0), "-"), other}},
		{By: dimension(t, "target-group+rule"), Rows: []aggregate.Row{row(stats(2, 0, 2, 0), webARN, "-1"), row(stats(1, 0, 0, 0), "-", "-"), other}},
	}
	for _, by := range strings.Fields("target path time target-group host method lb node client rule user-agent") {
		table := aggregate.Table{By: dimension(t, by), Rows: []aggregate.Row{row(stats(2, 0, 2, 0), start.Format(time.RFC3339))}}
		r.Result.Counts.Tables = append(r.Result.Counts.Tables, table)
	}
	s := decode(t, renderJSON(t, r))
	for i, want := range []any{504.0, 0.0, nil, "(other)"} {
		if got := s.ByStatus[i]["elb_status_code"]; got != want {
			t.Errorf("status %d is %v, want %v", i, got, want)
		}
	}
	for i, want := range [][3]any{{"web", webARN, -1.0}, {nil, nil, nil}, {"(other)", nil, "(other)"}} {
		x := s.ByCombined[i]
		if got := [3]any{x["target_group"], x["target_group_arn"], x["rule"]}; got != want {
			t.Errorf("row %d is %v, want %v", i, got, want)
		}
	}
}

// Text of the logs comes back as it was, but for bytes that are no UTF-8, and nothing in the bytes steers a terminal.
func TestJSONHostile(t *testing.T) {
	doc := renderJSON(t, hostile(t))
	s := decode(t, doc)
	for i, want := range hostiles {
		want = string([]rune(want)) // each byte that is no UTF-8 is one U+FFFD
		if got := s.ByPath[i]["path"]; got != want {
			t.Errorf("%q came back as %q", want, got)
		}
	}
	for _, line := range strings.Split(string(doc), "\n") {
		if clean(line) != line {
			t.Errorf("%q would steer a terminal", line)
		}
	}
}

func TestJSONComplete(t *testing.T) {
	for want, change := range map[string]func(*Report){
		"none":        func(*Report) {},
		"failed":      func(r *Report) { r.Result.Ledger.Failed = 1 },
		"partial":     func(r *Report) { r.Result.Ledger.Partial = 1 },
		"interrupted": func(r *Report) { r.Result.Ledger.Interrupted = true },
		"malformed":   func(r *Report) { r.Result.Ledger.Malformed = r.Result.Ledger.Lines/100 + 1 },
	} {
		r := incident(t)
		change(r)
		if got := decode(t, renderJSON(t, r)).Inputs.Complete; got != (want == "none") {
			t.Errorf("%s: complete is %v", want, got)
		}
	}
}

// Large numbers are exact in the text, whatever a reader makes of them.
func TestJSONLargeNumbers(t *testing.T) {
	r := incident(t)
	r.Result.Counts.Totals.SentBytes = math.MaxUint64
	if want := `"sent_bytes": 18446744073709551615`; !bytes.Contains(renderJSON(t, r), []byte(want)) {
		t.Errorf("%s is missing", want)
	}
}

func TestJSONUnattributedIsAlwaysThere(t *testing.T) {
	r := incident(t)
	r.Result.Evidence.Causes = r.Result.Evidence.Causes[:1]
	got := decode(t, renderJSON(t, r)).Attribution
	if n, ok := got[cause.Unattributed.String()]; !ok || n != 0 || len(got) != 2 {
		t.Errorf("attribution is %v", got)
	}
}
