package export

import (
	"testing"

	"alblens/internal/cause"
	"alblens/parser"
)

func TestFilter(t *testing.T) {
	full := row(t, logLine(nil)) // target 10.0.1.9:8443, status 502, path /a/17
	full.Path, full.Cause = []byte("/a/{int}"), cause.BadResponse
	fine := row(t, logLine(map[int]string{9: "200", 10: "200", 5: "[2001:db8::1]:80", 13: `"GET http://h:80/static/js/app.js?v=/a/17 HTTP/1.1"`}))
	bare := row(t, absent)
	reset := row(t, logLine(map[int]string{9: "000", 10: "-", 13: `"- http://h:80- -"`}))
	reset.Cause = cause.StreamReset

	for _, tt := range []struct {
		name   string
		filter Filter
		want   string // of F(ull), f(ine), b(are), r(eset)
	}{
		{"everything", Filter{}, "Ffbr"},
		{"any cause", Filter{AnyCause: true}, "Fr"},
		{"a cause", Filter{Causes: []cause.Cause{cause.BadResponse}}, "F"},
		{"causes", Filter{Causes: []cause.Cause{cause.StreamReset, cause.BadResponse}}, "Fr"},
		{"another cause", Filter{Causes: []cause.Cause{cause.IdleTimeout}}, ""},
		{"status", Filter{Statuses: []parser.Status{502}}, "F"},
		{"statuses", Filter{Statuses: []parser.Status{200, 502}}, "Ff"},
		{"status 000", Filter{Statuses: []parser.Status{0}}, "r"},
		{"the target's status does not count", Filter{Statuses: []parser.Status{201}}, ""},
		{"target", Filter{Target: "10.0.1.9:8443"}, "Fr"},
		{"target's address", Filter{Target: "10.0.1.9"}, "Fr"},
		{"half an address", Filter{Target: "10.0.1"}, ""},
		{"other port", Filter{Target: "10.0.1.9:84"}, ""},
		{"target as logged, with brackets", Filter{Target: "[2001:db8::1]:80"}, "f"},
		{"target without brackets", Filter{Target: "2001:db8::1"}, "f"},
		{"no target", Filter{Target: "-"}, "b"},
		{"template", Filter{Path: "/a/{int}"}, "F"},
		{"path", Filter{Path: "/a/17"}, "F"},
		{"glob", Filter{Path: "/a/*"}, "F"},
		{"a star does not cross a slash", Filter{Path: "/static/*"}, ""},
		{"two stars do", Filter{Path: "/static/**"}, "f"},
		{"alternatives", Filter{Path: "/{a,static/js}/*"}, "Ff"},
		{"the query does not count", Filter{Path: "**/17"}, "F"},
		{"every path", Filter{Path: "**"}, "Ff"},
		{"trace", Filter{Trace: "Root=1-691f1f4b-23a8c76965a2ef7629b185e3"}, "Ffr"},
		{"part of a trace", Filter{Trace: "1f4b-23a8"}, "Ffr"},
		{"other trace", Filter{Trace: "1f4b-23a9"}, ""},
		{"all conditions", Filter{AnyCause: true, Statuses: []parser.Status{0, 502}, Target: "10.0.1.9", Path: "/a/*", Trace: "691f"}, "F"},
		{"all but one", Filter{AnyCause: true, Statuses: []parser.Status{0}, Target: "10.0.1.9", Path: "/a/*", Trace: "691f"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.filter.Validate(); err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, c := range []struct {
				name string
				row  *Row
			}{{"F", full}, {"f", fine}, {"b", bare}, {"r", reset}} {
				if tt.filter.Wants(c.row) {
					got += c.name
				}
			}
			if got != tt.want {
				t.Errorf("wants %q, want %q", got, tt.want)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	for path, ok := range map[string]bool{"": true, "/a/{int}": true, "/a/**": true, "/a/[b": false, "/a/{b": false, `/a/\[b`: true} {
		if err := (&Filter{Path: path}).Validate(); (err == nil) != ok {
			t.Errorf("%q: %v", path, err)
		}
	}
}
