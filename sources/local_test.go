package sources

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tree writes files, by path with their content, and works in their folder.
func tree(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, content := range files {
		name = filepath.FromSlash(name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func symlink(t *testing.T, target, name string) {
	t.Helper()
	if err := os.Symlink(target, name); err != nil {
		t.Fatal(err)
	}
}

// lines lists the arguments in words: a name for each object, "!" and the kind
// and text for each problem.
func lines(t *testing.T, args ...string) []string {
	t.Helper()
	src, err := Parse(args, Options{Stdin: strings.NewReader("")})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for ref, err := range src.List(context.Background(), Selection{}) {
		if p, ok := errors.AsType[*Problem](err); ok {
			got = append(got, "! "+string(p.Kind)+" "+filepath.ToSlash(p.Error()))
		} else if err != nil {
			t.Fatal(err)
		} else {
			got = append(got, filepath.ToSlash(ref.Name))
		}
	}
	return got
}

func TestListLocal(t *testing.T) {
	tree(t, map[string]string{
		"logs/b.log":         "b",
		"logs/a.log.gz":      "a",
		"logs/day/c.log.gz":  "c",
		"logs/day/c.txt":     "c",
		"logs/day/e/f.log":   "f",
		"logs/.hidden":       "h",
		"logs/a[1].log":      "1",
		"logs/a1.log":        "not meant by a[1].log",
		"logs/{x}/y.log":     "y",
		"logs/-":             "dash",
		"empty/zero.log":     "",
		"logs2/conn_log_x":   "not AWS's name, so for content to tell",
		"logs2/d1/x/1.log":   "1",
		"logs2/d2/x/2.log":   "2",
		"logs2/d3/z/x/3.log": "3",
	})
	if err := os.Mkdir("bare", 0o755); err != nil {
		t.Fatal(err)
	}
	all := []string{"logs/-", "logs/.hidden", "logs/a.log.gz", "logs/a1.log", "logs/a[1].log", "logs/b.log",
		"logs/day/c.log.gz", "logs/day/c.txt", "logs/day/e/f.log", "logs/{x}/y.log"}
	tests := []struct {
		name string
		args []string
		want []string
	}{
		{"directory", []string{"logs"}, all},
		{"directory with slash", []string{"./logs/"}, all},
		{"file", []string{"logs/b.log"}, []string{"logs/b.log"}},
		{"file named twice", []string{"logs/b.log", "./logs/b.log"}, []string{"logs/b.log"}},
		{"file and its directory", []string{"logs/day/c.txt", "logs/day"}, []string{"logs/day/c.txt", "logs/day/c.log.gz", "logs/day/e/f.log"}},
		{"file called like a glob", []string{"logs/a[1].log"}, []string{"logs/a[1].log"}},
		{"directory called like a glob", []string{"logs/{x}"}, []string{"logs/{x}/y.log"}},
		{"file called like standard input", []string{"./logs/../logs/-"}, []string{"logs/-"}},
		{"standard input", []string{"-"}, []string{"-"}},
		{"glob", []string{"logs/*.gz"}, []string{"logs/a.log.gz"}},
		{"glob on directories", []string{"logs/d*"}, []string{"logs/day/c.log.gz", "logs/day/c.txt", "logs/day/e/f.log"}},
		{"glob deep", []string{"logs/**/*.log"}, []string{"logs/a1.log", "logs/a[1].log", "logs/b.log", "logs/day/e/f.log", "logs/{x}/y.log"}},
		{"glob everything", []string{"logs/**"}, all},
		{"glob alternatives", []string{"logs/{b,day/c}.{log,txt}"}, []string{"logs/b.log", "logs/day/c.txt"}},
		{"glob in the middle", []string{"logs2/d?/x/*"}, []string{"logs2/d1/x/1.log", "logs2/d2/x/2.log"}},
		{"glob deep in the middle", []string{"logs2/**/x/*.log"}, []string{"logs2/d1/x/1.log", "logs2/d2/x/2.log", "logs2/d3/z/x/3.log"}},
		{"glob deep then fixed", []string{"l*/**/z/x"}, []string{"logs2/d3/z/x/3.log"}},
		{"unknown name of its own", []string{"logs2/*"}, []string{"logs2/conn_log_x", "logs2/d1/x/1.log", "logs2/d2/x/2.log", "logs2/d3/z/x/3.log"}},
		{"missing", []string{"nowhere.log"}, []string{"! not-found nowhere.log: no such file or directory"}},
		{"missing, then there", []string{"nowhere", "logs/b.log"}, []string{"! not-found nowhere: no such file or directory", "logs/b.log"}},
		{"no match", []string{"logs/*.zst"}, []string{"! not-found logs/*.zst: no file matches"}},
		{"no directory to match in", []string{"nowhere/*.log"}, []string{"! not-found nowhere/*.log: no file matches"}},
		{"bare directory", []string{"bare"}, []string{"! not-found bare: the directory holds no files"}},
		{"empty file met", []string{"empty"}, []string{"! skipped empty/zero.log: empty file"}},
		{"empty file named", []string{"empty/zero.log"}, []string{"empty/zero.log"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, lines(t, tt.args...)); diff != "" {
				t.Errorf("%q (-want +got):\n%s", tt.args, diff)
			}
		})
	}
}

// Days outside the window are not even looked into: what is wrong there is nobody's business.
func TestListPassesOverDays(t *testing.T) {
	const region = "AWSLogs/111122223333/elasticloadbalancing/eu-west-3/"
	tree(t, map[string]string{region + "2026/11/01/x.log": "x", region + "2026/11/20/y.log": "y", region + "2026/11/21/z.log": "z"})
	symlink(t, "nowhere", region+"2026/11/01/dangling")
	list := func(arg string, sel Selection) (names, problems []string) {
		src, err := Parse([]string{arg}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for ref, err := range src.List(context.Background(), sel) {
			if err != nil {
				problems = append(problems, filepath.ToSlash(err.Error()))
			} else {
				names = append(names, ref.Log.Base)
			}
		}
		return names, problems
	}
	for _, arg := range []string{".", "AWSLogs/**/*"} {
		names, problems := list(arg, Selection{Since: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)})
		if want := []string{"y.log", "z.log"}; !slices.Equal(names, want) || len(problems) > 0 {
			t.Errorf("%s: %q, want %q, and problems %q", arg, names, want, problems)
		}
		if names, problems = list(arg, Selection{}); len(names) != 3 || len(problems) != 1 {
			t.Errorf("%s: %q and problems %q", arg, names, problems)
		}
	}
	// Where all days are outside, there is nothing wrong either.
	if names, problems := list(".", Selection{Since: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}); len(names)+len(problems) > 0 {
		t.Errorf("%q and problems %q", names, problems)
	}
}

func TestListCurrentDirectory(t *testing.T) {
	tree(t, map[string]string{"-": "dash", "a.log": "a"})
	want := []string{"./-", "a.log"}
	if diff := cmp.Diff(want, lines(t, ".")); diff != "" {
		t.Errorf("directory (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, lines(t, "*")); diff != "" {
		t.Errorf("glob (-want +got):\n%s", diff)
	}
}

func TestSymlinks(t *testing.T) {
	tree(t, map[string]string{"logs/a.log": "a", "logs/day/b.log": "b", "elsewhere/c.log": "c"})
	symlink(t, "..", "logs/day/loop")
	symlink(t, "a.log", "logs/latest.log")
	symlink(t, "../elsewhere", "logs/more")
	symlink(t, "gone.log", "logs/dangling.log")

	want := []string{
		"logs/a.log",
		"! not-found logs/dangling.log: no such file or directory",
		"logs/day/b.log",
		"! skipped logs/day/loop: same directory as logs",
		"! skipped logs/latest.log: same file as logs/a.log",
		"logs/more/c.log",
	}
	if diff := cmp.Diff(want, lines(t, "logs")); diff != "" {
		t.Errorf("directory (-want +got):\n%s", diff)
	}
	// The pattern is met by a name inside the loop's directory, and only there.
	if diff := cmp.Diff([]string{"logs/day/b.log"}, lines(t, "logs/**/b.log")); diff != "" {
		t.Errorf("glob (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"logs/latest.log"}, lines(t, "logs/latest.log")); diff != "" {
		t.Errorf("named (-want +got):\n%s", diff)
	}
}

// However arguments name them, files and directories are listed once.
func TestSeveralArguments(t *testing.T) {
	tree(t, map[string]string{"logs/a.log": "a", "logs/day/b.log": "b", "c.log": "c"})
	symlink(t, "a.log", "logs/latest.log")
	symlink(t, "logs", "twin")
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	here = filepath.ToSlash(here)
	for _, tt := range []struct {
		args, want []string
	}{
		{[]string{"logs/a.log", "logs/latest.log"}, []string{"logs/a.log", "! skipped logs/latest.log: same file as logs/a.log"}},
		{[]string{"c.log", here + "/c.log"}, []string{"c.log", "! skipped " + here + "/c.log: same file as c.log"}},
		{[]string{"twin/day/b.log", "logs/day"}, []string{"twin/day/b.log", "! skipped logs/day/b.log: same file as twin/day/b.log"}},
		{[]string{"logs/day", "twin/day"}, []string{"logs/day/b.log", "! skipped twin/day: same directory as logs/day"}},
		{[]string{"logs/*.log", "twin/*.log"}, []string{"logs/a.log", "! skipped logs/latest.log: same file as logs/a.log",
			"! skipped twin/a.log: same file as logs/a.log", "! skipped twin/latest.log: same file as logs/a.log"}},
		{[]string{"logs/day", "logs"}, []string{"logs/day/b.log", "logs/a.log", "! skipped logs/latest.log: same file as logs/a.log"}},
		{[]string{"logs/day/", "logs/day", "logs/day/*"}, []string{"logs/day/b.log"}},
	} {
		if diff := cmp.Diff(tt.want, lines(t, tt.args...)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.args, diff)
		}
	}
}

// A directory met first by a name that does not match the pattern is still
// found by the one that does.
func TestGlobThroughSymlinkedTwin(t *testing.T) {
	tree(t, map[string]string{"logs/x/day/b.log": "b"})
	symlink(t, "x/day", "logs/alias")
	if diff := cmp.Diff([]string{"logs/x/day/b.log"}, lines(t, "logs/**/day/*.log")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParseUsage(t *testing.T) {
	tree(t, map[string]string{"a.log": "a"})
	opt := Options{Stdin: strings.NewReader(""), Stores: map[string]Store{"s3": struct{ Store }{}}}
	for arg, want := range map[string]string{
		"":               "a source is empty",
		"gs://bucket/x":  `gs://bucket/x: unknown scheme; a source is a file, a directory, a glob, s3://… or "-"`,
		"s3://":          "s3:// names no bucket",
		"s3:///key":      "s3:///key names no bucket",
		"nowhere/[a.log": "nowhere/[a.log: malformed glob",
	} {
		if _, err := Parse([]string{"a.log", arg}, opt); err == nil || err.Error() != want {
			t.Errorf("Parse(%q) = %v, want %s", arg, err, want)
		}
	}
	if _, err := Parse([]string{"-", "a.log", "-"}, opt); err == nil {
		t.Error("standard input taken twice")
	}
	if _, err := Parse([]string{"-"}, Options{}); err == nil {
		t.Error("standard input taken where there is none")
	}
}

func TestOpen(t *testing.T) {
	tree(t, map[string]string{"a.log": "content"})
	ctx := context.Background()
	src, err := Parse(nil, Options{Stdin: strings.NewReader("piped")})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a.log": "content", Stdin: "piped"} {
		r, err := src.Open(ctx, Ref{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		r.Close()
		if err != nil || string(got) != want {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	if _, err := src.Open(ctx, Ref{Name: Stdin}); err == nil {
		t.Error("standard input opened twice")
	}
	_, err = src.Open(ctx, Ref{Name: "gone.log"})
	if p, ok := errors.AsType[*Problem](err); !ok || p.Kind != NotFound || p.Name != "gone.log" || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("vanished file: %v", err)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := src.Open(canceled, Ref{Name: "a.log"}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

func TestListStops(t *testing.T) {
	tree(t, map[string]string{"logs/a.log": "a", "logs/b.log": "b", "logs/day/c.log": "c"})
	src, err := Parse([]string{"logs", "logs/*", "logs/day/c.log"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range src.List(context.Background(), Selection{}) {
		break // a yield after this panics
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var got []string
	for ref, err := range src.List(ctx, Selection{}) {
		got = append(got, ref.Name)
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		cancel()
	}
	if diff := cmp.Diff([]string{filepath.Join("logs", "a.log"), ""}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLeads(t *testing.T) {
	for _, tt := range []struct {
		pattern, rel string
		want         bool
	}{
		{"*.gz", "sub", false},
		{"*/x.gz", "sub", true},
		{"*/x.gz", "sub/sub", false},
		{"a*/b/*.gz", "b", false},
		{"a*/b/*.gz", "a1", true},
		{"a*/b/*.gz", "a1/c", false},
		{"a*/b/*.gz", "a1/b", true},
		{"**/x", "any/depth/at/all", true},
		{"a/**/x", "b", false},
		{"a/**/x", "a/any/depth", true},
		{"{a/b,c}/x", "whatever", true},
	} {
		if got := leads(tt.pattern, tt.rel); got != tt.want {
			t.Errorf("leads(%q, %q) = %v", tt.pattern, tt.rel, got)
		}
	}
}

func TestProblemText(t *testing.T) {
	p := &Problem{Name: "s3://b/k", Kind: Denied, Err: errors.New("AccessDenied"), Hint: "needs s3:GetObject"}
	if got, want := p.Error(), "s3://b/k: AccessDenied (needs s3:GetObject)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	kinds := []Kind{Truncated, Unreadable, Denied, Expired, NotFound, Changed, Archived, Skipped}
	if slices.Sort(kinds); len(slices.Compact(kinds)) != 8 {
		t.Error("two kinds are the same")
	}
}
