package markdowncheck

import (
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/yuin/goldmark/ast"
)

const root = "../.."

// Every link and picture of every page that leads into this project leads to a file that is there, and to a heading of it.
func TestLinksLeadSomewhere(t *testing.T) {
	links := 0
	files := os.DirFS(root)
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata" || entry.Name() == "out"):
			return fs.SkipDir
		case path.Ext(name) != ".md":
			return nil
		}
		d := page(t, name)
		for _, to := range d.links() {
			u, err := url.Parse(to)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if u.IsAbs() {
				continue
			}
			links++
			target := name
			if u.Path != "" {
				target = path.Join(path.Dir(name), u.Path)
			}
			if _, err := fs.Stat(files, target); err != nil {
				t.Errorf("%s: %s: %v", name, to, err)
				continue
			}
			if u.Fragment != "" && !page(t, target).anchors()[u.Fragment] {
				t.Errorf("%s: %s: no such heading", name, to)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if links < 50 {
		t.Errorf("only %d links found", links)
	}
}

func page(t *testing.T, name string) *document {
	t.Helper()
	return parse("GFM", read(t, filepath.Join(root, filepath.FromSlash(name))))
}

func (d *document) links() (list []string) {
	d.walk(func(n ast.Node) {
		switch n := n.(type) {
		case *ast.Link:
			list = append(list, string(n.Destination))
		case *ast.Image:
			list = append(list, string(n.Destination))
		}
	})
	return list
}

// anchors are the names that sites give to headings: in small letters, without punctuation, blanks as hyphens.
func (d *document) anchors() map[string]bool {
	names := map[string]bool{}
	for _, h := range d.blocks(ast.KindHeading) {
		names[strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, h)] = true
	}
	return names
}
