package markdowncheck

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"

	"alblens/internal/mdtext"
	"alblens/internal/terminal"
)

// Any text, in any place of a document, is that text and nothing else.
func TestAnyTextIsText(t *testing.T) {
	const seed = 1
	rng := rand.New(rand.NewPCG(seed, 0))
	words := []string{"word", "60 s", "(see", "that),", "14:05:09", "-1.5", " ", "  "}
	n := 3000
	if testing.Short() {
		n = 300
	}
	for i := range n {
		var s string
		if i < len(hostiles) {
			s = hostiles[i]
		} else {
			for range 1 + rng.IntN(4) {
				list := hostiles
				if rng.IntN(3) == 0 {
					list = words
				}
				s += list[rng.IntN(len(list))]
				if rng.IntN(2) == 0 {
					s += " "
				}
			}
		}
		sentence := strings.Fields(s)
		for i := range sentence {
			sentence[i] = terminal.Clean(sentence[i])
		}
		said, code, block := strings.Join(sentence, " "), terminal.Clean(s), strings.Split(strings.TrimRight(s, "\n"), "\n")
		if s == "" {
			code = `""`
		}
		for i, l := range block {
			block[i] = terminal.Clean(strings.ReplaceAll(l, "\t", "    "))
		}
		bars := func(s string) string { return strings.ReplaceAll(s, "|", `\x7C`) }
		table := mdtext.NewTable("a", " b")
		table.Row(mdtext.Code(s), mdtext.Prose(s))
		for _, c := range []struct {
			markdown string
			kind     ast.NodeKind
			want     []string
		}{
			{mdtext.Prose(s), ast.KindParagraph, some(said)},
			{"# " + mdtext.Prose(s), ast.KindHeading, []string{said}},
			{"- " + mdtext.Prose(s), ast.KindTextBlock, some(said)},
			{"x\n\n" + mdtext.Prose(s) + "\n\ny", ast.KindParagraph, append([]string{"x"}, append(some(said), "y")...)},
			{mdtext.Code(s), ast.KindCodeSpan, []string{code}},
			{"a " + mdtext.Code(s) + " b", ast.KindParagraph, []string{"a " + code + " b"}},
			{mdtext.Fence("sh", s), ast.KindFencedCodeBlock, []string{strings.Join(block, "\n") + "\n"}},
			{table.String(), east.KindTableCell, []string{"a", "b", bars(code), bars(said)}},
		} {
			d := parse("GFM", []byte(c.markdown))
			d.harmless(t)
			if got := d.blocks(c.kind); strings.Join(got, "\x00") != strings.Join(c.want, "\x00") {
				t.Errorf("%q in %s:\n%s\nhas %q, want %q", s, c.kind, c.markdown, got, c.want)
			}
			if t.Failed() {
				return
			}
		}
	}
}

// some is a list of one, or of none if it is empty.
func some(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}
