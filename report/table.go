package report

import (
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// A grid is a table that gives way to the width of the page: it leaves columns out, then cuts keys.
type grid struct {
	columns []column
	rows    [][]string // a cell a column
}

type column struct {
	head  string
	key   bool // aligned to the left and cut to the room that is left
	left  bool // aligned to the left and never cut
	idle  bool // left out when all its cells are empty or zero
	spare int  // left out when there is too little room, the greatest first; 0: never
}

const (
	indent = "  "
	minKey = 24 // other columns give way before a key is cut to less
)

// lines renders the grid, its heads first. No line is wider than width.
func (g *grid) lines(width int) []string {
	shown := g.fit(width)
	widths := g.widths(shown, width)
	w := table.NewWriter()
	w.SetStyle(table.Style{Box: table.BoxStyle{PaddingLeft: indent}})
	w.SuppressTrailingSpaces()
	configs := make([]table.ColumnConfig, len(shown))
	heads := make(table.Row, len(shown))
	for i, c := range shown {
		heads[i] = g.columns[c].head
		configs[i] = table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight}
		if g.columns[c].key || g.columns[c].left {
			configs[i].Align, configs[i].AlignHeader = text.AlignLeft, text.AlignLeft
		}
	}
	w.SetColumnConfigs(configs)
	w.AppendHeader(heads)
	for _, cells := range g.rows {
		row := make(table.Row, len(shown))
		for i, c := range shown {
			row[i] = cells[c]
			if g.columns[c].key {
				row[i] = cut(cells[c], widths[i])
			}
		}
		w.AppendRow(row)
	}
	return strings.Split(w.Render(), "\n")
}

// fit returns the columns that are shown.
func (g *grid) fit(width int) []int {
	var shown []int
	for c := range g.columns {
		if !g.columns[c].idle || g.busy(c) {
			shown = append(shown, c)
		}
	}
	for {
		need, first := 0, -1
		for i, c := range shown {
			n := g.natural(c)
			if g.columns[c].key {
				n = min(n, minKey)
			}
			need += len(indent) + n
			if s := g.columns[c].spare; s > 0 && (first < 0 || s > g.columns[shown[first]].spare) {
				first = i
			}
		}
		if need <= width || first < 0 {
			return shown
		}
		shown = slices.Delete(shown, first, first+1)
	}
}

func (g *grid) busy(c int) bool {
	return slices.ContainsFunc(g.rows, func(row []string) bool { return !slices.Contains(zeros, row[c]) })
}

var zeros = []string{"", "0", "0 %"}

func (g *grid) natural(c int) int {
	n := displayWidth(g.columns[c].head)
	for _, row := range g.rows {
		n = max(n, displayWidth(row[c]))
	}
	return n
}

// widths shares what the other columns leave among the keys: the short ones get what they need.
func (g *grid) widths(shown []int, width int) []int {
	widths := make([]int, len(shown))
	left := width
	var keys []int
	for i, c := range shown {
		widths[i] = g.natural(c)
		left -= len(indent)
		if g.columns[c].key {
			keys = append(keys, i)
		} else {
			left -= widths[i]
		}
	}
	slices.SortStableFunc(keys, func(a, b int) int { return widths[a] - widths[b] })
	for n, i := range keys {
		widths[i] = max(1, min(widths[i], left/(len(keys)-n)))
		left -= widths[i]
	}
	return widths
}
