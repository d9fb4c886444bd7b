// Package archtest holds every import of this module to one table. Only imports of files that are not tests are held to
// it; files of all operating systems and build tags are.
package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

const module = "alblens"

// A row tells what a package may import of this project, beside the standard library, and what it never does. Lists are
// words; "*" is every package. "never os" is os and all below it; "never time.Now" is the function.
type row struct {
	pkg    string
	may    string
	never  string
	but    map[string]string // what is never, in files of this pattern all the same
	tests  bool              // only test files import it
	nobody bool              // nothing imports it
}

var table = []row{
	{pkg: "parser", never: "os log sync regexp"},
	{pkg: "inflate"},
	{pkg: "internal/logname"},
	{pkg: "internal/cause", may: "parser"},
	{pkg: "internal/wire"},
	{pkg: "internal/sketch", may: "internal/wire"},
	{pkg: "internal/pathtemplate"},
	{pkg: "internal/albtext"},
	{pkg: "internal/shelltext"},
	{pkg: "internal/jsontext"},
	{pkg: "internal/csvtext", may: "internal/jsontext"},
	{pkg: "internal/terminal", may: "internal/jsontext"},
	{pkg: "internal/redact", may: "parser"},
	{pkg: "internal/faultproxy", tests: true},
	{pkg: "internal/mdtext", may: "internal/jsontext internal/terminal"},
	{pkg: "internal/simulate"},
	{pkg: "sources", may: "internal/logname", never: "parser inflate"},
	{pkg: "sources/s3", may: "sources internal/logname internal/shelltext", never: "parser inflate"},
	{pkg: "aggregate", may: "parser internal/cause internal/sketch internal/pathtemplate internal/wire", never: "os sync io"},
	{pkg: "evidence", may: "parser internal/cause internal/wire", never: "os sync io"},
	{pkg: "partial", may: "aggregate evidence parser internal/logname internal/wire", never: "os sync"},
	{pkg: "plan", may: "sources internal/logname"},
	{pkg: "scan", may: "plan sources inflate parser partial internal/logname", never: "diagnose report export"},
	{pkg: "follow", may: "plan scan sources partial internal/logname", never: "diagnose report export os"},
	{pkg: "settings"},
	{pkg: "store", may: "partial parser sources internal/wire", never: "diagnose report"},
	{pkg: "store/s3", may: "store partial plan sources/s3", never: "diagnose report"},
	{pkg: "compare", may: "report internal/jsontext internal/mdtext internal/redact internal/terminal"},
	{pkg: "diagnose", may: "partial aggregate parser evidence internal/cause settings diagnose/advice", never: "sources scan report os net time.Now"},
	{pkg: "diagnose/advice", may: "internal/shelltext", never: "os net time.Now"},
	{pkg: "report", may: "diagnose settings partial aggregate evidence internal/albtext internal/cause internal/csvtext internal/jsontext internal/mdtext internal/redact internal/shelltext internal/terminal", never: "parser scan sources os", but: map[string]string{"os": "bundle*.go"}},
	{pkg: "export", may: "parser internal/albtext internal/cause internal/csvtext internal/jsontext", never: "sources scan diagnose"},
	{pkg: "cmd/alblens", may: "*", nobody: true},
	{pkg: "bench", may: "*", nobody: true},
	{pkg: "bench/rig", nobody: true},
	{pkg: "bench/rig/goserver", nobody: true},
	{pkg: "internal/s3test", tests: true},
	{pkg: "internal/schematest", tests: true},
	{pkg: "internal/archtest", nobody: true},
	{pkg: "internal/proof", may: "*"},
	{pkg: "internal/tools/accuracy", may: "*", nobody: true},
	{pkg: "internal/tools/testsum", nobody: true},
}

// libraries tells which packages may import what the project did not write. Tests and bench import what they like.
var libraries = []struct{ module, in string }{
	{"github.com/aws", "sources/s3 store/s3 internal/s3test"},
	{"github.com/klauspost/compress", "inflate internal/simulate store"},
	{"github.com/apache/arrow", "export"},
	{"github.com/spf13/cobra", "cmd/alblens"},
	{"github.com/spf13/pflag", "cmd/alblens"},
	{"github.com/schollz/progressbar", "cmd/alblens"},
	{"github.com/vbauerster/mpb", "cmd/alblens"},
	{"github.com/bmatcuk/doublestar", "sources export"},
	{"github.com/santhosh-tekuri/jsonschema", "internal/schematest"},
	{"github.com/jedib0t/go-pretty", "report"},
	{"golang.org/x/sys", "internal/pathtemplate"},
	{"golang.org/x/term", "cmd/alblens"},
	{"C", ""}, // the binary is static
}

// pure packages do no I/O, though they stand below one that does.
var pure = []string{"net/netip", "net/url"}

// elsewhere names modules that live in a go.mod of their own, so that a user of this one never downloads them.
var elsewhere = []string{"beam", "staticcheck", "honnef.co", "versitygw", "chromedp", "goldmark"}

func TestImports(t *testing.T) {
	for _, v := range violations(t, os.DirFS("../..")) {
		t.Error(v)
	}
}

// The root of the module asks for nothing that only a nested module needs.
func TestRootModuleIsLean(t *testing.T) {
	text, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range elsewhere {
		if strings.Contains(string(text), name) {
			t.Errorf("go.mod names %s", name)
		}
	}
}

// A check that cannot fail is none.
func TestViolationsAreSeen(t *testing.T) {
	for _, c := range []struct{ file, source, want string }{
		{"parser/a.go", `import "log/slog"`, "parser/a.go imports log/slog: parser never does"},
		{"parser/a.go", `import "alblens/internal/cause"`, "parser/a.go imports internal/cause: parser may not"},
		{"parser/a_windows.go", `import "os"`, "parser/a_windows.go imports os: parser never does"},
		{"parser/a_test.go", `import "os"`, ""},
		{"parser/testdata/a.go", `import "os"`, ""},
		{"inflate/a.go", `import "alblens/parser"`, "inflate/a.go imports parser: inflate may not"},
		{"inflate/a.go", `import "unsafe"; var p unsafe.Pointer`, ""},
		{"inflate/a.go", `import "github.com/klauspost/compress/gzip"`, ""},
		{"scan/a.go", `import "github.com/klauspost/compress/gzip"`,
			"scan/a.go imports github.com/klauspost/compress/gzip: only inflate, internal/simulate, store may"},
		{"scan/a.go", `import "unsafe"; var p unsafe.Pointer`, "scan/a.go uses unsafe.Pointer: only inflate may"},
		{"scan/a.go", `import "unsafe"; const size = unsafe.Sizeof(0)`, ""},
		{"scan/a.go", `import "example.com/x"`, "scan/a.go imports example.com/x: libraries does not list it"},
		{"cmd/alblens/a.go", `import "github.com/aws/aws-sdk-go-v2/aws"`,
			"cmd/alblens/a.go imports github.com/aws/aws-sdk-go-v2/aws: only sources/s3, store/s3, internal/s3test may"},
		{"aggregate/a.go", `import "io/fs"`, "aggregate/a.go imports io/fs: aggregate never does"},
		{"report/bundle.go", `import "os"`, ""},
		{"report/text.go", `import "os"`, "report/text.go imports os: report never does"},
		{"report/text.go", `import "github.com/spf13/cobra"`, "report/text.go imports github.com/spf13/cobra: only cmd/alblens may"},
		{"diagnose/a.go", `import "net/netip"`, ""},
		{"diagnose/a.go", `import "net/http"`, "diagnose/a.go imports net/http: diagnose never does"},
		{"diagnose/a.go", `import t "time"; var now = t.Now()`, "diagnose/a.go uses time.Now: diagnose never does"},
		{"diagnose/a.go", `import "time"; var day = 24 * time.Hour`, ""},
		{"helpers/a.go", `import "fmt"`, "helpers/a.go: the table does not list helpers"},
		{"a.go", ``, "a.go: the table does not list ."},
		{"cmd/alblens/a.go", `import "alblens/internal/s3test"`, "cmd/alblens/a.go imports internal/s3test: only tests may"},
		{"cmd/alblens/a.go", `import "alblens/bench"`, "cmd/alblens/a.go imports bench: nobody may"},
		{"cmd/alblens/a.go", `import "alblens/beam"`, "cmd/alblens/a.go imports beam: the table does not list it"},
	} {
		files := fstest.MapFS{
			"go.mod":      {Data: []byte("module alblens")},
			c.file:        {Data: []byte("package p; " + c.source)},
			"beam/go.mod": {Data: []byte("module alblens/beam")},
			"beam/a.go":   {Data: []byte(`package p; import "github.com/apache/beam/sdks/v2/go/pkg/beam"`)},
		}
		var want []string
		if c.want != "" {
			want = []string{c.want}
		}
		if got := violations(t, files); !slices.Equal(got, want) {
			t.Errorf("%s: %s\n got %q\nwant %q", c.file, c.source, got, want)
		}
	}
}

// The two columns do not contradict each other, and name packages that the table has.
func TestTable(t *testing.T) {
	for _, r := range table {
		for _, may := range strings.Fields(r.may) {
			if slices.Contains(strings.Fields(r.never), may) {
				t.Errorf("%s may and never does import %s", r.pkg, may)
			}
			if may != "*" && rowOf(may) == nil {
				t.Errorf("%s may import %s, which has no row", r.pkg, may)
			}
		}
	}
}

// violations walks the module in fsys, but no nested one, and says where a file breaks the table.
func violations(t *testing.T, fsys fs.FS) []string {
	t.Helper()
	var found []string
	files := token.NewFileSet()
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := path.Base(name)
		if d.IsDir() {
			if name == "." {
				return nil
			}
			_, err := fs.Stat(fsys, path.Join(name, "go.mod"))
			if err == nil || base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
				return fs.SkipDir
			}
			return nil
		}
		pkg := path.Dir(name)
		if !strings.HasSuffix(base, ".go") {
			return nil
		}
		r := rowOf(pkg)
		if r == nil {
			found = append(found, fmt.Sprintf("%s: the table does not list %s", name, pkg))
			return nil
		}
		if strings.HasSuffix(base, "_test.go") {
			return nil
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(files, name, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, fault := range r.faults(file, base) {
			found = append(found, name+" "+fault)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func rowOf(pkg string) *row {
	i := slices.IndexFunc(table, func(r row) bool { return r.pkg == pkg })
	if i < 0 {
		return nil
	}
	return &table[i]
}

func (r *row) faults(file *ast.File, base string) []string {
	var found []string
	local := map[string]string{} // what the file calls an import, to its path
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			panic("BUG: the parser let a bad import path through: " + spec.Path.Value)
		}
		name := path.Base(imported)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		local[name] = imported
		own := imported == module || strings.HasPrefix(imported, module+"/")
		imported = strings.TrimPrefix(imported, module+"/")
		if fault := r.fault(imported, base, own); fault != "" {
			found = append(found, "imports "+imported+": "+fault)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && local[x.Name] != "" {
				used := local[x.Name] + "." + sel.Sel.Name
				switch {
				case slices.Contains(strings.Fields(r.never), used):
					found = append(found, "uses "+used+": "+r.pkg+" never does")
				case local[x.Name] == "unsafe" && sel.Sel.Name != "Sizeof" && r.pkg != "inflate":
					found = append(found, "uses "+used+": only inflate may")
				}
			}
		}
		return true
	})
	return found
}

// fault says why a file of r's package, named base, is not to import what it does; "" when it may.
func (r *row) fault(imported, base string, own bool) string {
	for _, never := range strings.Fields(r.never) {
		below := strings.HasPrefix(imported, never+"/") && !slices.Contains(pure, imported)
		if imported != never && !below {
			continue
		}
		if but, _ := path.Match(r.but[never], base); !but {
			return r.pkg + " never does"
		}
	}
	if own {
		target := rowOf(imported)
		may := strings.Fields(r.may)
		switch {
		case target == nil:
			return "the table does not list it"
		case target.nobody:
			return "nobody may"
		case target.tests:
			return "only tests may"
		case !slices.Contains(may, imported) && r.may != "*":
			return r.pkg + " may not"
		}
		return ""
	}
	if r.pkg == "bench" {
		return ""
	}
	for _, lib := range libraries {
		if imported != lib.module && !strings.HasPrefix(imported, lib.module+"/") {
			continue
		}
		in := strings.Fields(lib.in)
		switch {
		case slices.Contains(in, r.pkg):
			return ""
		case len(in) == 0:
			return "nobody may"
		}
		return "only " + strings.Join(in, ", ") + " may"
	}
	if first, _, _ := strings.Cut(imported, "/"); strings.Contains(first, ".") {
		return "libraries does not list it"
	}
	return ""
}
