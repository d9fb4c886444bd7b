package diagnose

import (
	"bufio"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"alblens/partial"
)

// What the rows of real logs say, read with awk, without any of the project's code. Lines that are left out tell of no
// failure: the 400s of aws-waf-security-automations are the target's own.
var fixtures = map[string]string{
	// 388 and 267 of the 503s have a target group; the other 13 come of rule 2, whose last action is fixed-response.
	"yukinakanaka__falco-plugin-aws-elb__log-001.log.gz":          "no-target 388, fixed-response 13, client-error 48",
	"yukinakanaka__falco-plugin-aws-elb__log-002.log.gz":          "no-target 267, client-error 45",
	"devsbb__elb-logs-to-cloudwatch__logs.txt":                    "",
	"devsbb__elb-logs-to-cloudwatch__bad_logs.txt":                "client-error 13",
	"ozantunca__elb-log-analyzer__AppELBLog.log":                  "",
	"aws-solutions__aws-waf-security-automations__2023.log.gz":    "",
	"aws-solutions__centralized-logging-with-opensearch__elb.log": "client-abandoned 1",
	"nekrassov01__alpen__sample_alb.log":                          "lambda-error 1",
	// 502, no target, times 0.000 0.001 0.000 and no reason: what a function leaves, but nothing names it.
	"dpetzold__aws-log-parser__loadbalancer_cloudfront_forward.csv":         "unattributed 1",
	"dpetzold__aws-log-parser__loadbalancer_cloudfront_forward_h2.csv":      "unattributed 1",
	"dpetzold__aws-log-parser__loadbalancer_cloudfront_forward_refused.csv": "unattributed 1",
	"dpetzold__aws-log-parser__loadbalancer_lambda_failed_entry.csv":        "lambda-error 1",
	"dpetzold__aws-log-parser__loadbalancer_http2_entry_auth_error.csv":     "auth-error 1",
	"dpetzold__aws-log-parser__loadbalancer_http2_entry_auth_missing.csv":   "auth-error 1",
	"dpetzold__aws-log-parser__loadbalancer_secured_websockets_entry.csv":   "",
}

func TestFixtures(t *testing.T) {
	const dir = "../../shared/fixtures"
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the real logs are not part of the project: ", err)
	}
	for name, want := range fixtures {
		o := partial.DefaultOptions()
		b := partial.NewBuilder(&o)
		b.Begin(name, "")
		for i, line := range readLines(t, filepath.Join(dir, name)) {
			b.Line([]byte(line), i+1, nil) // some are no records, and counted
		}
		r := b.End(1, 1, nil).Freeze()
		d := Run(r, Options{})
		holds(t, r, d)
		j := judged{nil, d}
		if got := j.attributed(); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		for _, f := range d.Findings {
			if f.ID != "unattributed" && f.Confidence < 0.9 && f.Severity > Info {
				t.Errorf("%s: %s has confidence %v", name, f.Key, f.Confidence)
			}
		}
	}
}

func readLines(t *testing.T, path string) []string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var text io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if text, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	var lines []string
	s := bufio.NewScanner(text)
	for s.Scan() {
		lines = append(lines, s.Text())
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}
