package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSummary(t *testing.T) {
	const passing = `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"chatter\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
`
	const skipping = `{"Action":"run","Package":"p","Test":"TestS"}
{"Action":"output","Package":"p","Test":"TestS","Output":"    s_test.go:1: WHY\n"}
{"Action":"skip","Package":"p","Test":"TestS"}
`
	const end = `{"Action":"pass","Package":"p","Elapsed":0.1}
`
	const endFailed = `{"Action":"output","Package":"p","Output":"FAIL\n"}
{"Action":"fail","Package":"p","Elapsed":0.1}
`
	for name, c := range map[string]struct {
		events     string
		requireAll bool
		want       string // the last line
		code       int
		shows      []string
		hides      []string
	}{
		"a pass is silent": {
			events: passing + end, want: "1 passed, 0 failed", hides: []string{"chatter"},
		},
		"subtests and their parent count once each": {
			events: `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"run","Package":"p","Test":"TestA/x"}
{"Action":"output","Package":"p","Test":"TestA/x","Output":"got 1, want 2\n"}
{"Action":"fail","Package":"p","Test":"TestA/x"}
{"Action":"run","Package":"p","Test":"TestA/y"}
{"Action":"pass","Package":"p","Test":"TestA/y"}
{"Action":"fail","Package":"p","Test":"TestA"}
` + endFailed,
			want: "1 passed, 2 failed", code: 1, shows: []string{"p TestA/x", "got 1, want 2"},
		},
		"a skip is not a pass": {
			events: skipping + end, want: "0 passed, 0 failed, 1 skipped", code: 1,
		},
		"a skip beside a pass": {
			events: passing + skipping + end, want: "1 passed, 0 failed, 1 skipped",
		},
		"a skip where nothing may be": {
			events: passing + skipping + end, requireAll: true,
			want: "1 passed, 1 failed", code: 1, shows: []string{"p TestS: skipped", "WHY"},
		},
		"a skip for want of ../shared": {
			events:     passing + strings.Replace(skipping, "WHY", "no ../shared/fixtures", 1) + end,
			requireAll: true, want: "1 passed, 0 failed, 1 skipped",
		},
		"a package that does not build": {
			events: `{"ImportPath":"p","Action":"build-output","Output":"p.go:3:1: undefined: x\n"}
{"ImportPath":"p","Action":"build-fail"}
{"Action":"output","Package":"p","Output":"FAIL\tp [build failed]\n"}
{"Action":"fail","Package":"p","FailedBuild":"p"}
`,
			want: "0 passed, 1 failed", code: 1, shows: []string{"undefined: x"},
		},
		"a process that died": {
			events: passing + `{"Action":"run","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Test":"TestB","Output":"panic: boom\n"}
` + endFailed,
			want: "1 passed, 1 failed", code: 1, shows: []string{"TestB: did not end", "panic: boom"},
		},
		"a process that died of what stands after a pass": { // a time-out's stacks come so
			events: `{"Action":"run","Package":"p","Test":"TestB"}
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"chatter\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"--- PASS: TestA (0.00s)\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"panic: test timed out\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
` + endFailed,
			want: "1 passed, 1 failed", code: 1, shows: []string{"TestB: did not end", "panic: test timed out"}, hides: []string{"chatter"},
		},
		"a package that fails after its tests": {
			events: passing + `{"Action":"output","Package":"p","Output":"leaked a server\n"}
` + endFailed,
			want: "1 passed, 1 failed", code: 1, shows: []string{"leaked a server"},
		},
		"a run cut short": {
			events: passing, want: "1 passed, 1 failed", code: 1,
		},
		"no test": {
			events: `{"Action":"skip","Package":"p"}
`, want: "0 passed, 0 failed", code: 1,
		},
		"what is no event is passed on": {
			events: "go: something odd\n" + passing + end, want: "1 passed, 0 failed", shows: []string{"go: something odd"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			s := newSummary(&out, c.requireAll)
			if err := s.read(strings.NewReader(c.events)); err != nil {
				t.Fatal(err)
			}
			if code := s.close(); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
			if last := lines[len(lines)-1]; last != c.want {
				t.Errorf("last line %q, want %q", last, c.want)
			}
			for _, text := range c.shows {
				if !strings.Contains(out.String(), text) {
					t.Errorf("no %q in\n%s", text, &out)
				}
			}
			for _, text := range c.hides {
				if strings.Contains(out.String(), text) {
					t.Errorf("%q in\n%s", text, &out)
				}
			}
		})
	}
}

// TestRun runs real `go test`s: a root module, a nested one that fails, one without a package.
func TestRun(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":                 "module root\n\ngo 1.26.0\n",
		"a/a_test.go":            "package a\n\nimport \"testing\"\n\nfunc TestA(t *testing.T) { t.Run(\"x\", func(t *testing.T) {}) }\n",
		"nested/go.mod":          "module nested\n\ngo 1.26.0\n",
		"nested/n_test.go":       "package n\n\nimport \"testing\"\n\nfunc TestN(t *testing.T) { t.Error(\"seven is not eight\") }\n",
		"tool/go.mod":            "module tool\n\ngo 1.26.0\n",
		"a/testdata/m/go.mod":    "module never\n\ngo 1.26.0\n",
		"a/testdata/m/m_test.go": "package m\n\nneither built nor run\n",
	} {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GOWORK", "off")
	t.Setenv("ALBLENS_REQUIRE_ALL", "")

	var out, errs strings.Builder
	if code := run(root, []string{"-count=1"}, &out, &errs); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	if want := "\n2 passed, 1 failed\n"; !strings.HasSuffix(out.String(), want) {
		t.Errorf("does not end in %q:\n%s%s", want, &out, &errs)
	}
	if want := "seven is not eight"; !strings.Contains(out.String(), want) {
		t.Errorf("no %q in\n%s", want, &out)
	}
}
