package diagnose

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"alblens/internal/cause"
	"alblens/parser"
	"alblens/partial"
)

// A request is a line of a log that a test makes up.
type request struct {
	at, took        time.Duration // creation after noon, and from there to the response
	outcome                       // how it ended
	target, group   string        // "-" for none
	path, node      string
	client          string
	balancer        string
	action, reason  string
	kind            string
	skew            time.Duration // of the node's clock
	line            int           // where it ended up, from 1
	number          int
	withoutCreation bool
}

// An outcome is the three times and the two statuses.
type outcome string

const (
	ok       outcome = "" // as long as it took
	missing  outcome = "404"
	failing  outcome = "500" // of the target's own
	noSYN    outcome = "-1 -1 -1 504 -"
	refused  outcome = "-1 -1 -1 502 -"
	silent   outcome = "0.001 -1 -1 504 -"
	broken   outcome = "broken" // 502, the target time is as long as it took
	empty    outcome = "-1 -1 -1 503 -"
	gone     outcome = "0.001 -1 -1 460 -"
	redirect outcome = "-1 -1 -1 301 -"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

const (
	shop    = "app/shop/50dc6c495c0c9188"
	groups  = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/"
	web     = groups + "web/73e2d6bc24d8a067"
	seconds = time.Second
)

func (r *request) text() string {
	const layout = "2006-01-02T15:04:05.000000Z"
	waited := fmt.Sprintf("0.000 %.3f", max(r.took, 0).Seconds())
	times := string(r.outcome)
	switch r.outcome {
	case ok:
		times = waited + " 0.000 200 200"
	case missing:
		times = waited + " 0.000 404 404"
	case failing:
		times = waited + " 0.000 500 500"
	case broken:
		times = waited + " -1 502 -"
	}
	created := noon.Add(r.at + r.skew)
	creation := created.Format(layout)
	if r.withoutCreation {
		creation = "-"
	}
	return fmt.Sprintf(`%s %s %s %s:50123 %s %s 321 456 "GET https://shop.example:443%s HTTP/1.1" "curl/8.9.1" - - %s "Root=1-%08x-0" `+
		`"shop.example" "-" 0 %s "%s" "-" "%s" "-" "-" "-" "-" "TID_1" "-" "-" "-" "%s" "-" "-"`,
		r.kind, created.Add(r.took).Format(layout), r.balancer, r.client, r.target, times, r.path, r.group, r.number, creation, r.action, r.reason, r.node)
}

// A day is a log in the making.
type day struct{ requests []*request }

// add fills in what is not said.
func (d *day) add(r request) *request {
	set := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	r.number = len(d.requests)
	set(&r.group, web)
	set(&r.balancer, shop)
	set(&r.path, "/")
	set(&r.node, []string{"10.0.0.1", "10.0.0.2"}[r.number%2])
	set(&r.client, fmt.Sprintf("203.0.113.%d", r.number%97))
	set(&r.action, "forward")
	set(&r.reason, "-")
	set(&r.kind, "https")
	d.requests = append(d.requests, &r)
	return &r
}

// addAll adds requests of one kind.
func (d *day) addAll(list ...request) []*request {
	var out []*request
	for _, r := range list {
		out = append(out, d.add(r))
	}
	return out
}

// traffic is successes that targets take in turn.
func (d *day) traffic(from, to, every time.Duration, targets ...string) {
	paths := []string{"/", "/cart", "/items", "/search", "/login"}
	for i, at := 0, from; at < to; i, at = i+1, at+every {
		d.add(request{at: at, took: time.Duration(15+i*7%31) * time.Millisecond, target: targets[i%len(targets)], path: paths[i/len(targets)%len(paths)]})
	}
}

// result reads the log, in the order of the responses, as one object or several.
func (d *day) result(t testing.TB, o partial.Options, objects int) *partial.Result {
	t.Helper()
	slices.SortStableFunc(d.requests, func(a, b *request) int { return cmp.Compare(a.at+a.skew+a.took, b.at+b.skew+b.took) })
	b := partial.NewBuilder(&o)
	whole := partial.Empty(&o)
	size := max((len(d.requests)+objects-1)/objects, 1)
	for i, r := range d.requests {
		if i%size == 0 {
			b.Begin(source(i/size), "")
		}
		r.line = i%size + 1
		if err := b.Line([]byte(r.text()), r.line, nil); err != nil {
			t.Fatalf("%v\n%s", err, r.text())
		}
		if i%size == size-1 || i == len(d.requests)-1 {
			whole.Fold(b.End(1, 1, nil))
		}
	}
	return whole.Freeze()
}

func source(i int) string { return fmt.Sprintf("%03d.log", i) }

// A judged is a day with its diagnosis.
type judged struct {
	*day
	*Diagnosis
}

// judge reads the day as one object, and holds the diagnosis to what has to be so whatever the log.
func (d *day) judge(t testing.TB) judged {
	t.Helper()
	r := d.result(t, partial.DefaultOptions(), 1)
	diagnosis := Run(r, Options{})
	holds(t, r, diagnosis)
	return judged{d, diagnosis}
}

// holds checks what is so for every log: each failed record has one cause, and keys of findings are unique.
func holds(t testing.TB, r *partial.Result, d *Diagnosis) {
	t.Helper()
	var failed, attributed, found uint64
	for _, c := range r.Evidence.Causes {
		failed += c.Requests
	}
	for c, n := range d.Attribution {
		attributed += n
		if c == cause.None || n == 0 {
			t.Errorf("%d records are attributed to %q", n, c)
		}
	}
	if attributed != failed {
		t.Errorf("%d records are attributed, %d failed", attributed, failed)
	}
	keys := map[string]bool{}
	for i, f := range d.Findings {
		if keys[f.Key] {
			t.Errorf("two findings are called %s", f.Key)
		}
		keys[f.Key] = true
		if !strings.HasPrefix(f.Key, f.ID) || f.Confidence < 0 || f.Confidence > 1 || f.Title == "" || !strings.HasSuffix(f.Summary, ".") {
			t.Errorf("odd finding %+v", f)
		}
		if strings.Contains(f.Summary+f.Title, "NaN") || strings.Contains(f.Summary+f.Title, "Inf") {
			t.Errorf("%s: %s", f.Key, f.Summary)
		}
		if i > 0 && f.Severity > d.Findings[i-1].Severity {
			t.Errorf("%s (%v) comes after %s (%v)", f.Key, f.Severity, d.Findings[i-1].Key, d.Findings[i-1].Severity)
		}
		if _, ok := cause.Parse(f.ID); ok {
			found += f.Requests
			var within uint64
			for k, e := range f.Episodes {
				within += e.Requests
				if e.To.Before(e.From) || k > 0 && !e.From.After(f.Episodes[k-1].To.Add(5*time.Minute)) {
					t.Errorf("%s: episodes %v", f.Key, f.Episodes)
				}
			}
			if !d.Sampled && within != f.Requests {
				t.Errorf("%s: %d records in episodes, %d in all", f.Key, within, f.Requests)
			}
		}
		for _, reason := range f.Reasons {
			if !strings.HasPrefix(reason, "for") && !strings.HasPrefix(reason, "against") {
				t.Errorf("%s: reason %q", f.Key, reason)
			}
		}
	}
	if !d.Sampled && found != failed {
		t.Errorf("findings of causes have %d records, %d failed", found, failed)
	}
}

// verdict is the one on a request.
func (j judged) verdict(t testing.TB, r *request) *Verdict {
	t.Helper()
	var record parser.Record
	if err := record.Parse([]byte(r.text())); err != nil {
		t.Fatal(err)
	}
	row, _ := cause.OfRow(&record)
	v := j.Of(source(0), r.line, row)
	if v == nil {
		t.Fatalf("no verdict on\n%s", r.text())
	}
	return v
}

// all checks that requests have a cause, with a confidence in [low, high].
func (j judged) all(t testing.TB, list []*request, want cause.Cause, low, high float64) {
	t.Helper()
	for _, r := range list {
		if v := j.verdict(t, r); v.Cause != want || v.Confidence < low || v.Confidence > high {
			t.Errorf("%s at %v: %v (%.3f), want %v in [%v, %v]: %q", r.path, r.at, v.Cause, v.Confidence, want, low, high, v.Reasons)
			return
		}
	}
}

// finding returns the finding of a key, and fails the test without it.
func (j judged) finding(t testing.TB, key string) *Finding {
	t.Helper()
	for i := range j.Findings {
		if j.Findings[i].Key == key {
			return &j.Findings[i]
		}
	}
	t.Fatalf("no finding %s: %s", key, j.keys())
	return nil
}

// keys lists the findings with their severities.
func (j judged) keys() string {
	var list []string
	for _, f := range j.Findings {
		list = append(list, fmt.Sprintf("%s (%v)", f.Key, f.Severity))
	}
	return strings.Join(list, ", ")
}

// only checks that there are these findings and no others, each as KEY (SEVERITY).
func (j judged) only(t testing.TB, want ...string) {
	t.Helper()
	if got := j.keys(); got != strings.Join(want, ", ") {
		t.Errorf("findings are\n%s, want\n%s", got, strings.Join(want, ", "))
	}
}

func (f *Finding) estimates() string {
	var list []string
	for _, e := range f.Estimates {
		list = append(list, fmt.Sprintf("%s %s", e.Name, number(e.Seconds)))
	}
	return strings.Join(list, ", ")
}

func (j judged) attributed() string {
	var list []string
	for _, c := range slices.Sorted(maps.Keys(j.Attribution)) {
		list = append(list, fmt.Sprintf("%v %d", c, j.Attribution[c]))
	}
	return strings.Join(list, ", ")
}
