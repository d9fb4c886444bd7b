package parser

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The logs of real load balancers that the project does not ship. The counts below were made without any of its code,
// by a tokenizer in Python that toggles at each quote and, for the first two, by Python's csv module.
const fixtures = "../../shared/fixtures"

var fixtureCounts = []struct {
	file               string
	records, malformed int
	statuses           string // elb_status_code:records
	fields             string // fields:records
}{
	{"yukinakanaka__falco-plugin-aws-elb__log-001.log.gz", 453, 0, "200:4 400:48 503:401", "30:453"},
	{"yukinakanaka__falco-plugin-aws-elb__log-002.log.gz", 312, 0, "400:45 503:267", "30:312"},
	{"devsbb__elb-logs-to-cloudwatch__logs.txt", 10, 0, "200:10", "27:10"},
	{"devsbb__elb-logs-to-cloudwatch__bad_logs.txt", 13, 0, "400:13", "27:13"},
	// Python's tokenizer has 32 fields in the 16 lines with \" in the user agent.
	{"ozantunca__elb-log-analyzer__AppELBLog.log", 668, 0, "200:538 206:6 301:38 302:59 304:26 404:1", "16:2 18:666"},
	{"ozantunca__elb-log-analyzer__AppELBLogWithNewFields.log", 1, 0, "200:1", "29:1"},
	{"aws-solutions__aws-waf-security-automations__2023.log.gz", 100, 1, "400:100", "25:100"}, // line 1 is "#"
	{"aws-solutions__centralized-logging-with-opensearch__elb.log", 2, 0, "302:1 460:1", "29:2"},
	{"nekrassov01__alpen__sample_alb.log", 7, 0, "101:2 200:4 502:1", "29:7"},
	{"dpetzold__aws-log-parser__loadbalancer_cloudfront_forward.csv", 1, 0, "502:1", "25:1"},
	{"dpetzold__aws-log-parser__loadbalancer_cloudfront_forward_h2.csv", 1, 0, "502:1", "25:1"},
	{"dpetzold__aws-log-parser__loadbalancer_cloudfront_forward_refused.csv", 1, 0, "502:1", "25:1"},
	{"dpetzold__aws-log-parser__loadbalancer_http2_entry.csv", 1, 0, "200:1", "25:1"},
	{"dpetzold__aws-log-parser__loadbalancer_http2_entry_auth_error.csv", 1, 0, "401:1", "30:1"},
	{"dpetzold__aws-log-parser__loadbalancer_http2_entry_auth_missing.csv", 1, 0, "401:1", "30:1"},
	{"dpetzold__aws-log-parser__loadbalancer_http_entry.csv", 1, 0, "200:1", "25:1"},
	{"dpetzold__aws-log-parser__loadbalancer_https_entry.csv", 1, 0, "200:1", "25:1"},
	{"dpetzold__aws-log-parser__loadbalancer_lambda_entry.csv", 1, 0, "200:1", "25:1"},
	{"dpetzold__aws-log-parser__loadbalancer_lambda_failed_entry.csv", 1, 0, "502:1", "25:1"},
	{"dpetzold__aws-log-parser__loadbalancer_secured_websockets_entry.csv", 1, 0, "101:1", "25:1"},
	{"dpetzold__aws-log-parser__loadbalancer_websockets_entry.csv", 1, 0, "101:1", "25:1"},
}

func TestFixtures(t *testing.T) {
	if _, err := os.Stat(fixtures); err != nil {
		t.Skip("the real logs are not part of the project: ", err)
	}
	for _, c := range fixtureCounts {
		t.Run(c.file, func(t *testing.T) {
			text := readLog(t, filepath.Join(fixtures, c.file))
			statuses, fields := map[string]int{}, map[string]int{}
			records, malformed := 0, 0
			var l Lines
			l.Reset(&slicer{text: text, size: 4096, rounds: 1})
			var r Record
			for {
				line, err := l.Next()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				if !checkLine(t, string(line)) {
					malformed++
					continue
				}
				if err := r.Parse(line); err != nil {
					t.Fatal(err)
				}
				records++
				statuses[fmt.Sprintf("%03d", r.ELBStatus)]++
				fields[fmt.Sprint(r.Fields)]++
			}
			equal(t, "records", records, c.records)
			equal(t, "malformed", malformed, c.malformed)
			equal(t, "statuses", counts(statuses), c.statuses)
			equal(t, "fields", counts(fields), c.fields)
		})
	}
}

// TestFixturesAllCounted: a new file has a row above.
func TestFixturesAllCounted(t *testing.T) {
	entries, err := os.ReadDir(fixtures)
	if err != nil {
		t.Skip("the real logs are not part of the project: ", err)
	}
	var got, want []string
	for _, entry := range entries {
		if filepath.Ext(entry.Name()) != ".md" {
			got = append(got, entry.Name())
		}
	}
	for _, c := range fixtureCounts {
		want = append(want, c.file)
	}
	slices.Sort(want)
	equal(t, "files", strings.Join(got, "\n"), strings.Join(want, "\n"))
}

func readLog(t *testing.T, name string) []byte {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var in io.Reader = file
	if filepath.Ext(name) == ".gz" {
		if in, err = gzip.NewReader(file); err != nil {
			t.Fatal(err)
		}
	}
	text, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// counts lists a map in the order of its keys.
func counts(of map[string]int) string {
	var all []string
	for key, n := range of {
		all = append(all, fmt.Sprintf("%s:%d", key, n))
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}
