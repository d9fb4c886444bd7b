//go:build linux

package rig

import (
	"slices"
	"testing"
	"time"
)

// The line is written out by hand from AWS's list of fields.
func TestLine(t *testing.T) {
	created := time.Date(2026, 11, 20, 14, 5, 1, 234_567_000, time.UTC)
	r := record{
		at: created.Add(4_001_002 * time.Microsecond), created: created,
		times:  times{1_499_999 * time.Nanosecond, 4 * time.Second, notMeasured},
		status: 502, client: "127.100.1.2:4000", target: "127.0.1.3:80", received: 118, sent: 277,
		request: `GET http://a.example.com:80/"é HTTP/1.1`, agent: `rig\1`,
		group: "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/a/0000000000000001", rule: 3,
		trace: "Root=1-6b010b3d-beae1df5ad9a5945a31f667c", connection: "TID_0123", node: "127.200.1.10",
	}
	const want = `http 2026-11-20T14:05:05.235569Z app/rig/50dc6c495c0c9188 127.100.1.2:4000 127.0.1.3:80 0.001 4.000 -1 502 - ` +
		`118 277 "GET http://a.example.com:80/\x22\xC3\xA9 HTTP/1.1" "rig\x5C1" - - ` +
		`arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/a/0000000000000001 ` +
		`"Root=1-6b010b3d-beae1df5ad9a5945a31f667c" "-" "-" 3 2026-11-20T14:05:01.234000Z "forward" "-" "-" ` +
		`"127.0.1.3:80" "-" "-" "-" TID_0123 "-" "-" "-" 127.200.1.10 "-" "-"` + "\n"
	if got := string(r.appendLine(nil)); got != want {
		t.Errorf("got  %swant %s", got, want)
	}
}

func TestMismatches(t *testing.T) {
	truth := Truth{Case: "c", Causes: map[string]string{"a": "idle-timeout", "b": "idle-timeout", "c": "target-crash"}}
	for _, test := range []struct {
		diagnosis map[string]string
		want      []string
	}{
		{map[string]string{"a": "idle-timeout", "b": "idle-timeout", "c": "target-crash", "d": ""}, nil},
		{map[string]string{"a": "short-body", "b": "short-body", "d": "idle-timeout"}, []string{
			`c: "" taken for "idle-timeout": 1 requests, such as d`,
			`c: "idle-timeout" taken for "short-body": 2 requests, such as a`,
			`c: "target-crash" taken for "": 1 requests, such as c`,
		}},
	} {
		if got := truth.Mismatches(test.diagnosis); !slices.Equal(got, test.want) {
			t.Errorf("%v:\n%q, want\n%q", test.diagnosis, got, test.want)
		}
	}
}
