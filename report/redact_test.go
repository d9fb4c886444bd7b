package report

import (
	"bytes"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"alblens/aggregate"
	"alblens/diagnose"
	"alblens/evidence"
	"alblens/internal/cause"
	"alblens/internal/redact"
	"alblens/partial"
	"alblens/settings"
)

func redactor(words ...string) *redact.Redactor {
	o, err := redact.ParseOptions(words)
	if err != nil {
		panic(err)
	}
	return redact.New(o, []byte("0123456789abcdef"))
}

// planted is a path of somebody's, escaped here and there; what must be found of it nowhere are its parts.
const planted = `/u/203.0.113.77/%32%303.0.113.77/\x32\x303.0.113.77/jane@example.com/2001:db8:77::5?q=needle%20one`

var plantedParts = []string{"203.0.113.77", "%32%303", "x32", "jane@", "2001:db8:77:", "needle"}

// record is one of a planted request, with more in it that tells of somebody.
const record = `https 2026-11-20T14:05:00.123456Z app/shop/50dc6c495c0c9188 203.0.113.77:50123 10.0.32.4:8080 0.001 -1 -1 504 - 1 2 ` +
	`"GET https://shop.example:443` + planted + ` HTTP/1.1" "needle/1.0" - - ` + webARN + ` "Root=1-691f1f4b-23a8c76965a2ef7629b185e3;User=needle" ` +
	`"203.0.113.77" "-" 0 2026-11-20T14:04:00.100000Z "forward" "https://r.example` + planted + `" "-" "10.0.32.4:8080" "-" "-" "-" TID_1 "-" "-" "-" 203.0.113.9 "-" "-"`

// personal is a report in which all that a client can have a hand in is planted.
func personal(t testing.TB) *Report {
	r := incident(t)
	counts := r.Result.Counts
	counts.Tables = counts.Tables[:3]
	for _, by := range []string{"host", "method", "client", "user-agent", "path+client"} {
		table := aggregate.Table{By: dimension(t, by)}
		table.Rows = append(table.Rows, row(stats(9, 0, 9, 0), slices.Repeat([]string{planted}, len(table.By))...))
		counts.Tables = append(counts.Tables, table)
	}
	counts.Tables[1].Rows = append([]aggregate.Row{row(stats(99, 0, 99, 0), planted)}, counts.Tables[1].Rows...)
	counts.Series = append(counts.Series, aggregate.Series{Part: aggregate.Path, Bucket: time.Minute, Keys: []aggregate.KeySeries{
		{Key: aggregate.Value{Text: planted}, Points: []aggregate.Point{{Start: start, Requests: 7, ELB504: 7}}}}})
	r.Result.Ledger.Malformed = 1
	r.Result.Ledger.MalformedSamples = []partial.MalformedSample{{Name: object, Line: 3, Column: 7, Field: "time", Error: "not a time", Text: "https " + planted}}
	r.Result.Evidence.Failures = []*evidence.Failure{{Route: &evidence.Route{}, Resource: &evidence.Resource{Path: planted}, Text: record}}
	for i := range r.Result.Evidence.Causes {
		r.Result.Evidence.Causes[i].Samples[0].Text = record
	}
	quote := []string{"for: on " + planted + ", of 10.0.32.4:8080 in 10.0.0.0/16"}
	r.Diagnosis = &diagnose.Diagnosis{
		Attribution: map[cause.Cause]uint64{cause.IdleTimeout: 384},
		Findings: []diagnose.Finding{{
			ID: "one-bad-path", Key: "one-bad-path/" + planted, Severity: diagnose.High, Title: quote[0], Summary: quote[0], Requests: 9, Of: 9, First: start, Last: start,
			Scope:   diagnose.Scope{Paths: []string{planted}, Hosts: []string{planted}, Targets: []string{"10.0.32.4:8080"}, Nodes: []string{"203.0.113.9"}},
			Reasons: quote, Caveats: quote,
			Evidence: []diagnose.Line{{Source: object, Number: 1204, TraceID: "Root=1-691f1f4b-23a8c76965a2ef7629b185e3;User=needle", Text: record}},
			Verify:   []diagnose.Verification{{Why: quote[0], Command: "alblens records x --path '" + planted + "' --target 10.0.32.4:8080"}},
			Fix:      []diagnose.Change{{Why: quote[0], Kind: "cli", Text: "curl 'https://shop.example" + planted + "'"}},
		}},
		Unchecked:      []settings.Unchecked{{Rule: "setting-nacl", Why: quote[0]}},
		Reconciliation: &settings.Reconciliation{Unchecked: quote},
	}
	r.Run.Args = append(r.Run.Args, "--path-template="+planted)
	r.Options.PathTemplate = []string{planted}
	return r
}

// rendered are a report's bytes in every format.
func rendered(t testing.TB, r *Report) map[string][]byte {
	t.Helper()
	out := map[string][]byte{"json": renderJSON(t, r), "html": []byte(renderHTML(t, r)), "text": []byte(render(t, r, TextOptions{Width: 1000}))}
	var b bytes.Buffer
	if err := Markdown(&b, r); err != nil {
		t.Fatal(err)
	}
	out["markdown"] = b.Bytes()
	files, err := CSV(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		out[f.Name] = f.Data
	}
	return out
}

// No client address, value of a query or user agent occurs anywhere in any format.
func TestRedactedReport(t *testing.T) {
	r := personal(t)
	before := rendered(t, r)
	after := rendered(t, r.Redacted(redactor("all")))
	for format, text := range after {
		for _, part := range plantedParts {
			if i := bytes.Index(text, []byte(part)); i >= 0 {
				t.Errorf("%s: %s stands in …%s…", format, part, text[max(0, i-100):min(len(text), i+100)])
			}
		}
		if format == "json" && (!bytes.Contains(text, []byte("10.0.32.4:8080")) || !bytes.Contains(text, []byte("10.0.0.0/16")) || !bytes.Contains(text, []byte(`"203.0.113.9"`))) {
			t.Errorf("%s: targets, networks and nodes are gone", format)
		}
	}
	// They were there, and still are: the report itself is left as it was.
	for format, text := range before {
		if found := bytes.Contains(text, []byte("203.0.113.77")) || bytes.Contains(text, []byte("needle")); !found && strings.Contains("json html text markdown path.csv client.csv", format) {
			t.Errorf("%s shows nothing of what was planted", format)
		}
	}
	if again := rendered(t, r); !reflect.DeepEqual(before, again) {
		t.Error("the report was changed")
	}
	if r.Redacted(nil) != r {
		t.Error("nothing to take out, and another report")
	}
}

// Whatever a report holds, it can be redacted, and is a report of the same form.
func TestRedactedReportOfAnyKind(t *testing.T) {
	for _, x := range reports {
		t.Run(x.name, func(t *testing.T) { rendered(t, x.make(t).Redacted(redactor("all"))) })
	}
}

// One pseudonym stands for one address, wherever it occurs.
func TestRedactedReportIsConsistent(t *testing.T) {
	by := redactor("ip")
	out := personal(t).Redacted(by)
	ip := by.Client("203.0.113.77")
	if !netip.MustParsePrefix("240.0.0.0/4").Contains(netip.MustParseAddr(ip)) {
		t.Fatalf("203.0.113.77 is %s", ip)
	}
	f := out.Diagnosis.Findings[0]
	for name, text := range map[string]string{
		"title": f.Title, "key": f.Key, "scope": f.Scope.Paths[0], "line": f.Evidence[0].Text, "command": f.Verify[0].Command,
		"table": out.Result.Counts.Tables[1].Rows[0].Values[0].Text, "sample": out.Result.Evidence.Causes[0].Samples[0].Text,
	} {
		if !strings.Contains(text, "/u/"+ip+"/"+ip+"/"+ip+"/jane@example.com/") {
			t.Errorf("%s: %s", name, text)
		}
	}
	if out.Diagnosis.Findings[0].Scope.Targets[0] != "10.0.32.4:8080" {
		t.Errorf("target %s", out.Diagnosis.Findings[0].Scope.Targets[0])
	}
}

// Every text of a report is redacted, or listed here as one in which no client has a hand: a field added to a report has
// to be one or the other.
func TestEveryTextIsRedacted(t *testing.T) {
	const needle = "jane@example.com"
	spared := []string{
		"Version", "Run.Sources", "Options.TimeField", "Options.By",
		"Result.Ledger.Problems.Name", "Result.Ledger.Problems.Kind", "Result.Ledger.Problems.Error",
		"Result.Ledger.MalformedSamples.Name", "Result.Ledger.MalformedSamples.Field", "Result.Ledger.MalformedSamples.Error",
		"Result.Ledger.Duplicates.Name", "Result.Ledger.Duplicates.SameAs", "Result.Ledger.Gaps.LoadBalancer", "Result.Ledger.Gaps.Node",
		"Result.Ledger.Nodes.LoadBalancer", "Result.Ledger.Nodes.Node", "Result.Ledger.Late.Name", "Result.Ledger.Late.LoadBalancer", "Result.Ledger.Late.Node",
		"Result.Counts.Tables.Rows.Group.Text",
		"Result.Evidence.Causes.Samples.Source", "Result.Evidence.Failures.Source", "Result.Evidence.Lives.Target", "Result.Evidence.Lives.TargetGroup", "Result.Evidence.Lives.LoadBalancer",
		"Result.Evidence.Loads.TargetGroup", "Result.Evidence.Idle.TargetGroup", "Result.Evidence.Stops.Node", "Result.Evidence.Stops.Target",
		"Diagnosis.Findings.ID", "Diagnosis.Findings.Scope.LoadBalancers", "Diagnosis.Findings.Scope.TargetGroups",
		"Diagnosis.Findings.Scope.Targets", "Diagnosis.Findings.Scope.Nodes", "Diagnosis.Findings.Estimates.Name",
		"Diagnosis.Findings.Evidence.Source", "Diagnosis.Findings.Fix.Kind", "Diagnosis.Unchecked.Rule",
		"Diagnosis.Reconciliation.Counts.Metric",
	}
	r := &Report{Result: &partial.Result{Counts: &aggregate.Result{}, Evidence: &evidence.Result{}}, Diagnosis: &diagnose.Diagnosis{Reconciliation: &settings.Reconciliation{}}}
	everyText(t, "", reflect.ValueOf(r), func(path string, v reflect.Value) { v.SetString(needle) })
	for i := range r.Result.Counts.Tables {
		r.Result.Counts.Tables[i].By = dimension(t, "path")
	}
	r.Result.Counts.Series[0].Part = aggregate.Path
	kept := map[string]bool{}
	everyText(t, "", reflect.ValueOf(r.Redacted(redactor("all"))), func(path string, v reflect.Value) {
		if strings.Contains(v.String(), needle) {
			kept[path] = true
		}
	})
	for path := range kept {
		if !slices.Contains(spared, path) {
			t.Errorf("%s is not redacted", path)
		}
	}
	for _, path := range spared {
		if !kept[path] {
			t.Errorf("%s is redacted, or is no more", path)
		}
	}
}

// everyText calls f with every text below v that can be set, and gives each empty list an element.
func everyText(t *testing.T, path string, v reflect.Value, f func(string, reflect.Value)) {
	t.Helper()
	switch v.Kind() {
	case reflect.String:
		f(path, v)
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		everyText(t, path, v.Elem(), f)
	case reflect.Slice:
		if v.Len() == 0 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		}
		for i := range v.Len() {
			everyText(t, path, v.Index(i), f)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() {
				everyText(t, strings.TrimPrefix(path+"."+field.Name, "."), v.Field(i), f)
			}
		}
	case reflect.Map:
		if v.Type() != reflect.TypeFor[map[cause.Cause]uint64]() {
			t.Fatalf("%s: maps are not looked into", path)
		}
	}
}
