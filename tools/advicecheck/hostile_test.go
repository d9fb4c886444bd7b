package advicecheck

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode"

	"alblens/diagnose/advice"
)

// hostile are values that try to get out of their quotes, or to be taken for more than one.
var hostile = []string{
	"'; rm -rf / #", "$(rm x)", "`rm x`", "\"; rm x; \"", "a\nrm x", "a\r\nrm x", "\x1b[31m", "\x00", "${aws_s3_bucket.x.arn}", "%{ if true }x%{ endif }",
	"--endpoint-url=http://evil.example", "-o/etc/passwd", "file:///etc/passwd", "a b", "a' 'b", `\`, `'\''`, "$IFS", "~", "*", "{a,b}", "a\u2028rm x", "\u202ecba",
	"/x'; rm x; '", "/$(rm x)", "/{a,b}", "/[a-z]", "/a b", "/../../etc", "10.0.0.1:80;rm", "10.0.0.1:80 ", "app/$(rm x)/50dc6c495c0c9188", "app/-x/50dc6c495c0c918",
	"app/web/50dc6c495c0c9188\n", "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/a'b/73e2d6bc24d8a067",
	"arn:aws:elasticloadbalancing:$(rm x):111122223333:targetgroup/web/73e2d6bc24d8a067", "Root=1-58337262-36d228ad5d99923122bbe354;$(rm x)", "www.example.com\r\nX: y",
	"LambdaThrottling; rm x", strings.Repeat("/long", 5000), "",
}

func TestHostile(t *testing.T) {
	for _, value := range hostile {
		holds(t, value)
	}
}

func FuzzHostile(f *testing.F) {
	for _, value := range hostile {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) { holds(t, value) })
}

// holds gives value in place of each kind of value, alone and beside good ones, and wants that commands remain the
// programs that advice runs, that sources come through as they are, and that Terraform's text parses.
func holds(t *testing.T, value string) {
	t.Helper()
	for _, slug := range slugs {
		all := advice.Facts{
			ID: slug, LoadBalancers: []string{value}, TargetGroups: []string{value}, Targets: []string{value}, Paths: []string{value}, Examples: []string{value},
			Nodes: []string{value}, Hosts: []string{value}, TraceIDs: []string{value}, Reasons: []string{value}, Partition: value, Account: value, Region: value,
			From: known.From, To: known.To, Access: advice.Access{Sources: []string{value}, Flags: []string{"--profile=" + value}, Profile: value, Region: value},
		}
		good := known
		good.ID = slug
		good.Paths, good.Examples, good.Hosts, good.Reasons = []string{value}, []string{value}, []string{value}, []string{value}
		good.TraceIDs = append([]string{value}, known.TraceIDs...)
		good.Access.Sources = []string{value, "logs"}
		for _, f := range []advice.Facts{all, good} {
			for _, command := range commands(f) {
				programs, err := calls(command)
				if err != nil {
					t.Errorf("%s: %v", slug, err)
					continue
				}
				for _, words := range programs {
					checkWords(t, f, words)
				}
			}
			verify, fix := advice.For(f)
			for _, v := range verify {
				checkPrintable(t, v.Why)
			}
			for _, c := range fix {
				checkPrintable(t, c.Why)
				switch c.Kind {
				case "terraform":
					checkTerraform(t, slug, c.Text, map[string]bool{})
				case "lambda", "ecs":
					if !json.Valid([]byte(c.Text)) {
						t.Errorf("%s is no JSON", c.Text)
					}
				}
			}
		}
	}
}

// checkWords looks where values stand: they are words of their own, or follow what announces them.
func checkWords(t *testing.T, f advice.Facts, words []string) {
	t.Helper()
	switch words[0] {
	case "alblens":
		input := slices.Concat(f.Access.Sources, f.Access.Flags)
		n := len(input)
		if len(words) < 4+n || words[1] != "records" || !slices.Equal(words[2:2+n], input) || words[2+n] != "--cause" {
			t.Errorf("%q does not repeat the sources and flags %q", words, input)
		}
		for _, w := range words[2+n:] {
			if path, ok := strings.CutPrefix(w, "--path="); ok && path != f.Paths[0] {
				t.Errorf("path %q became %q", f.Paths[0], path)
			}
		}
	case "curl":
		for i, w := range words[1:] {
			if strings.HasPrefix(w, "-") && !slices.Contains([]string{"-s", "-sv", "-o", "-w", "-D", "-", "-H", "--http1.1", "--globoff", "--path-as-is", "--max-time", "--connect-timeout"}, w) {
				t.Errorf("option %s of %q", w, words)
			}
			if host, ok := strings.CutPrefix(w, "Host: "); ok && (host != f.Hosts[0] || words[i] != "-H") {
				t.Errorf("host %q became %q", f.Hosts[0], host)
			}
		}
		url := words[len(words)-1]
		if !strings.HasPrefix(url, "http://") {
			t.Errorf("%q does not end in a URL", words)
		}
	case "aws":
		for i, w := range words[1:] {
			if words[i] == "--profile" { // the one thing here that no log tells
				continue
			}
			if strings.HasPrefix(w, "--endpoint") || strings.HasPrefix(w, "file:") || strings.Contains(w, "rm x") {
				t.Errorf("word %q of %q", w, words)
			}
		}
	}
}

func checkPrintable(t *testing.T, text string) {
	t.Helper()
	if i := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
		t.Errorf("%q in %q", text[i:], text)
	}
}
