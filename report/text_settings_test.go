package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"alblens/diagnose"
	"alblens/settings"
)

// That the two agree is seen in 80 columns too, and that CloudWatch has more than the log is not said to be the log's fault.
func TestAgreement(t *testing.T) {
	r := incident(t)
	differ := []settings.Difference{{Start: start, Log: 10, CloudWatch: 12}, {Start: start.Add(time.Minute), Log: 1, CloudWatch: 1600}}
	r.Diagnosis = &diagnose.Diagnosis{Reconciliation: &settings.Reconciliation{Counts: []settings.Count{
		{Metric: "RequestCount", Buckets: 478, Log: 67_702, CloudWatch: 66_209, Differ: differ, Reading: settings.AtMost},
		{Metric: "RequestCount", Buckets: 478, Log: 12_345_678, CloudWatch: 12_345_678, Reading: settings.AtMost},
		{Metric: "HTTPCode_ELB_5XX_Count", Buckets: 478, Differ: differ, Reading: settings.WithRules},
		{Metric: "HTTPCode_ELB_5XX_Count", Buckets: 478, Reading: settings.WithoutRules},
		{Metric: "HTTPCode_Target_5XX_Count", Buckets: 2, Log: 7, CloudWatch: 7},
	}}}
	var b bytes.Buffer
	if err := Text(&b, r, TextOptions{Width: 80}); err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(b.String(), "\nThe log and CloudWatch\n")
	text, _, _ = strings.Cut(text, "\n\n")
	const want = `  metric                            log  CloudWatch
  RequestCount                   67,702      66,209  more in 2 of 478 buckets
  RequestCount               12,345,678  12,345,678  at most the log's records
  HTTPCode_ELB_5XX_Count              0           0  2 of 478 buckets differ
  HTTPCode_ELB_5XX_Count              0           0  the same in all 478 buckets
  HTTPCode_Target_5XX_Count           7           7  the same in all 2 buckets
  RequestCount should be at most the log's records, and is 1,601 above them in
  these buckets: records are missing, or stand in another bucket, since the
  request ran on. A WebSocket is logged when it closes.
  HTTPCode_ELB_5XX_Count counts fixed responses and WAF too.
  HTTPCode_ELB_5XX_Count leaves fixed responses and WAF out.
`
	if text+"\n" != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}
