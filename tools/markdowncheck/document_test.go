package markdowncheck

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// flavours are what people paste Markdown into: plain CommonMark, and what GitHub and others add to it, which makes links
// of bare addresses too.
var flavours = map[string]goldmark.Markdown{
	"CommonMark": goldmark.New(),
	"GFM":        goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote, extension.DefinitionList)),
}

// A document is Markdown as a parser understands it.
type document struct {
	source []byte
	root   ast.Node
}

func parse(flavour string, source []byte) *document {
	return &document{source, flavours[flavour].Parser().Parse(text.NewReader(source))}
}

// harmless fails the test for every part that only markup of the log's own can have made.
func (d *document) harmless(t *testing.T) {
	t.Helper()
	d.walk(func(n ast.Node) {
		switch n := n.(type) {
		case *ast.RawHTML, *ast.HTMLBlock, *ast.Link, *ast.Image, *ast.AutoLink, *ast.LinkReferenceDefinition, *ast.Blockquote,
			*ast.ThematicBreak, *ast.CodeBlock, *east.Strikethrough, *east.FootnoteLink, *east.Footnote, *east.DefinitionList:
			t.Errorf("a %s: %q", n.Kind(), d.text(n))
		case *ast.Emphasis:
			if n.Level != 2 {
				t.Errorf("emphasis: %q", d.text(n))
			}
		}
	})
	if !utf8.Valid(d.source) {
		t.Error("it is no UTF-8")
	}
	for i, r := range string(d.source) {
		if r < ' ' && r != '\n' || r == '\u007f' || r >= '\u0080' && r <= '\u009f' || strings.ContainsRune("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029\ufeff", r) {
			t.Errorf("%U at byte %d", r, i)
		}
	}
}

func (d *document) walk(visit func(ast.Node)) {
	_ = ast.Walk(d.root, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // visit returns no error
		if entering {
			visit(n)
		}
		return ast.WalkContinue, nil
	})
}

// text is what a reader sees of a node.
func (d *document) text(n ast.Node) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.CodeSpan:
			for c := n.FirstChild(); c != nil; c = c.NextSibling() {
				b.Write(c.(*ast.Text).Value(d.source))
			}
			return ast.WalkSkipChildren, nil
		case *ast.FencedCodeBlock:
			b.Write(n.Lines().Value(d.source))
			return ast.WalkSkipChildren, nil
		case *ast.Text:
			b.Write(unescaped(n.Value(d.source)))
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte('\n')
			}
		case *ast.String:
			b.Write(n.Value)
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// unescaped takes off the backslashes of the escapes that the program writes: goldmark leaves them to the renderer.
func unescaped(text []byte) []byte {
	var out []byte
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) && strings.IndexByte("-+=:.)", text[i+1]) >= 0 {
			i++
		}
		out = append(out, text[i])
	}
	return out
}

// blocks are the texts of a kind of node.
func (d *document) blocks(kind ast.NodeKind) (list []string) {
	d.walk(func(n ast.Node) {
		if n.Kind() == kind {
			list = append(list, d.text(n))
		}
	})
	return list
}

// headings are those of the first and second level, which no log can add to.
func (d *document) headings() (list []string) {
	d.walk(func(n ast.Node) {
		if h, ok := n.(*ast.Heading); ok && h.Level <= 2 {
			list = append(list, fmt.Sprintf("%s %s", strings.Repeat("#", h.Level), d.text(h)))
		}
	})
	return list
}

// tables fails the test for every row that has not as many cells as its table has columns. The parser hides that: it cuts
// rows and fills them up.
func (d *document) tables(t *testing.T) (n int) {
	t.Helper()
	columns := 0
	fence := ""
	for line := range strings.Lines(string(d.source)) {
		line = strings.TrimSuffix(line, "\n")
		ticks := line[:len(line)-len(strings.TrimLeft(line, "`"))]
		switch {
		case fence != "":
			if ticks == fence && line == ticks {
				fence = ""
			}
			continue
		case len(ticks) >= 3:
			fence = ticks
			continue
		case !strings.HasPrefix(line, "|"):
			columns = 0
			continue
		case columns == 0:
			n++
			columns = strings.Count(line, "|") - 1
		}
		if got := strings.Count(line, "|") - 1; got != columns {
			t.Errorf("%d cells of %d: %s", got, columns, line)
		}
	}
	found := 0
	d.walk(func(node ast.Node) {
		if _, ok := node.(*east.Table); ok {
			found++
		}
	})
	if found != n {
		t.Errorf("the parser finds %d tables, %d were written", found, n)
	}
	return n
}
