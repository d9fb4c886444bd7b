package report

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"io"
	"strings"
	"sync"
	"time"

	"alblens/internal/terminal"
)

// MaxHTML is more bytes than HTML ever writes.
const MaxHTML = 1_500_000

// HTML writes the report as one file that needs nothing but a browser: no network, no other file. Its policy allows the
// three scripts and the styles that are in it, by their hashes, and nothing else. Findings, tables and what was not read
// stand in it as text, so they can be read without scripts too. All times are UTC.
//
// What would not fit in MaxHTML is left out, and the page says so where it is.
func HTML(w io.Writer, r *Report) error {
	var b bytes.Buffer
	for _, room := range htmlRooms {
		b.Reset()
		if err := htmlTemplate().Execute(&b, r.htmlPage(&room)); err != nil {
			return err
		}
		if b.Len() < MaxHTML {
			break
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// An htmlRoom is how much of each kind a page has room for.
type htmlRoom struct {
	rows     int // of a table
	findings int
	items    int // of a list in a finding: reasons, commands, lines
	problems int // and gaps, duplicates
	text     int // characters of a text from the log; a command may be ten times as long
	columns  int // of the charts
	keys     int // of a heat map
}

// htmlRooms are tried in turn. Nearly every report fits the first; the last holds whatever comes.
var htmlRooms = []htmlRoom{
	{rows: 1000, findings: 100, items: 20, problems: 200, text: 4000, columns: 4320, keys: 20},
	{rows: 600, findings: 60, items: 6, problems: 100, text: 2000, columns: 2160, keys: 20},
	{rows: 250, findings: 40, items: 4, problems: 50, text: 1000, columns: 1440, keys: 12},
	{rows: 50, findings: 25, items: 3, problems: 20, text: 400, columns: 720, keys: 8},
	{rows: 10, findings: 12, items: 2, problems: 5, text: 120, columns: 240, keys: 4},
}

// The assets, in the order in which they stand in the page.
var (
	//go:embed html
	htmlFiles   embed.FS
	htmlStyles  = []string{"uplot/uPlot.min.css", "theme.css", "page.css", "finding.css", "chart.css", "table.css", "print.css"}
	htmlHead    = []string{"head.js"}
	htmlLibrary = []string{"uplot/uPlot.iife.min.js"}
	htmlScripts = []string{"begin.js", "format.js", "theme.js", "copy.js", "columns.js", "chart.js", "events.js", "heatmap.js", "table.js", "main.js"}
)

var htmlTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page.tmpl").ParseFS(htmlFiles, "html/*.tmpl"))
})

// An asset is a script or the styles, with the source expression that allows it.
type asset struct{ text, hash string }

func readAsset(names []string) asset {
	var b strings.Builder
	for _, name := range names {
		text, err := htmlFiles.ReadFile("html/" + name)
		if err != nil {
			panic("BUG: " + err.Error())
		}
		b.Write(bytes.TrimSpace(text))
		b.WriteByte('\n')
	}
	sum := sha256.Sum256([]byte(b.String()))
	return asset{b.String(), "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"}
}

func (a asset) CSS() template.CSS { return template.CSS(a.text) }
func (a asset) JS() template.JS   { return template.JS(a.text) }

type htmlAssets struct {
	Styles, Head, Library, Script asset
	Policy                        string
	Licence                       string // of the library
}

var htmlAsset = sync.OnceValue(func() *htmlAssets {
	a := &htmlAssets{Styles: readAsset(htmlStyles), Head: readAsset(htmlHead), Library: readAsset(htmlLibrary), Script: readAsset(htmlScripts)}
	a.Policy = "default-src 'none'; script-src " + a.Head.hash + " " + a.Library.hash + " " + a.Script.hash + "; style-src " + a.Styles.hash +
		"; img-src data:; base-uri 'none'; form-action 'none'"
	a.Licence = readAsset([]string{"uplot/LICENSE"}).text
	return a
})

// An htmlPage is what the template shows. Its texts are clean.
type htmlPage struct {
	*htmlAssets
	Version, Title, Window string
	Source                 string // what the logs were read from; "" where that is not known
	Verdict                string
	Missing                string // why the report is not complete; "" if it is
	Tiles                  []htmlTile
	Overview               *htmlOverview // nil where there is nothing to draw
	Findings               []htmlFinding
	MoreFindings           int
	Severities             []htmlSeverity
	Causes                 []htmlCause
	Sampled                bool
	TwoClocks              bool // findings go by another time than the charts
	Where                  []htmlWorst
	WhereOf                string // whose 5xx Where tells of
	Minutes                *htmlTable
	Tables                 []htmlTable
	Inputs                 htmlInputs
	Data                   htmlData
}

// htmlData is what the scripts draw.
type htmlData struct {
	Source string        `json:"source"` // arguments that name the logs in a command
	Time   *htmlTimeline `json:"time"`   // nil where nothing was counted by time
	Heat   []htmlHeat    `json:"heat"`
}

// An htmlTile is a number at the top.
type htmlTile struct {
	Name, Value, Note string
	Bad               bool
}

// Long says that the number needs smaller digits.
func (t htmlTile) Long() bool { return len(t.Value) > len("999,999,999") }

func (r *Report) htmlPage(room *htmlRoom) *htmlPage {
	p := &page{}
	totals := &r.Result.Counts.Totals
	if from, to := totals.First.UTC().Format(dayLayout), totals.Last.UTC().Format(dayLayout); from == to {
		p.day = from
	}
	h := &htmlPage{
		htmlAssets: htmlAsset(), Version: room.cut(r.Version), Title: "ALB access logs", Verdict: r.verdict(),
		Source: room.cut(strings.Join(r.Run.Sources, ", ")), Inputs: r.htmlInputs(p, room), Data: htmlData{Source: r.source(), Heat: []htmlHeat{}},
	}
	if !r.Complete() {
		h.Missing = strings.Join(r.missing(), ", ")
	}
	if totals.Requests == 0 {
		return h
	}
	h.Window = totals.First.UTC().Format(time.DateTime) + " – " + p.clock(totals.Last) + " UTC"
	h.Tiles = r.htmlTiles()
	h.Overview = r.htmlOverview(p)
	h.Findings, h.MoreFindings = r.htmlFindings(p, room)
	h.Severities = r.htmlSeverities()
	h.Causes, h.Sampled = r.htmlCauses(), r.Diagnosis != nil && r.Diagnosis.Sampled
	h.TwoClocks = r.twoClocks()
	h.Where, h.WhereOf = r.htmlWhere(p, room)
	h.Minutes, h.Tables = r.htmlMinutes(p), r.htmlTables(p, room)
	h.Data.Time, h.Data.Heat = r.htmlTimeline(room), r.htmlHeat(room)
	return h
}

// cut makes a text from the log clean, and as short as there is room for.
func (room *htmlRoom) cut(s string) string {
	if len(s) > 4*room.text { // the end cannot be seen: it need not be cleaned
		s = s[:4*room.text]
	}
	return terminal.Cut(clean(s), room.text)
}

// cleanLines makes each line of a text clean.
func cleanLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = clean(lines[i])
	}
	return strings.Join(lines, "\n")
}

// htmlTiles are the numbers that tell how bad it is.
func (r *Report) htmlTiles() []htmlTile {
	t := &r.Result.Counts.Totals
	tiles := []htmlTile{
		{Name: "Requests", Value: count(t.Requests), Note: byteCount(int64(t.SentBytes)) + " sent"},
		{Name: "5xx of the load balancer", Value: count(t.ELB5xx), Note: percent(t.ELB5xx, t.Requests) + " of the requests", Bad: t.ELB5xx > 0},
		{Name: "5xx of targets", Value: count(t.Target5xx), Note: percent(t.Target5xx, t.Requests) + " of the requests", Bad: t.Target5xx > 0},
	}
	if rows := r.timeRows(); len(rows) > 0 {
		var bad uint64
		for i := range rows {
			if rows[i].ELB5xx > 0 {
				bad++
			}
		}
		noun := "Minutes"
		if r.Result.Counts.TimeBucket != time.Minute {
			noun = "Spans of " + span(r.Result.Counts.TimeBucket)
		}
		tiles = append(tiles, htmlTile{Name: noun + " with an LB 5xx", Value: count(bad), Note: "of " + count(uint64(len(rows))) + " in the logs", Bad: bad > 0})
	}
	if q := t.TargetTime; q.Count > 0 {
		tiles = append(tiles, htmlTile{Name: "Target time, p99", Value: micros(q.P99), Note: "p50 " + micros(q.P50) + ", max " + micros(q.Max)})
	}
	if q := t.Duration; q.Count > 0 {
		tiles = append(tiles, htmlTile{Name: "Duration, p99", Value: micros(q.P99), Note: "p50 " + micros(q.P50) + ", max " + micros(q.Max)})
	}
	return tiles
}
