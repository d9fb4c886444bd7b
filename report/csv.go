package report

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"time"

	"alblens/aggregate"
	"alblens/internal/albtext"
	"alblens/internal/csvtext"
	"alblens/internal/jsontext"
)

// A CSVFile is one dimension as a table.
type CSVFile struct {
	Name string // target_path.csv: the dimension's name in the summary's keys
	Data []byte // RFC 4180
}

// CSV returns a file for each dimension, in the order of the report, each with a header line. The columns are the key, a
// column a part, and then the counts of the JSON summary, under the same names: statuses that occur in columns of their own,
// status_200 and so on; times in milliseconds. Absent values are empty fields. Top applies.
//
// A text that a spreadsheet would take for a formula has an apostrophe in front; characters that steer terminals or turn
// the direction of text stand as \xHH.
func CSV(r *Report) ([]CSVFile, error) {
	var files []CSVFile
	for i := range r.Result.Counts.Tables {
		t := &r.Result.Counts.Tables[i]
		data, err := r.table(t)
		if err != nil {
			return nil, err
		}
		files = append(files, CSVFile{keyName(t.By) + ".csv", data})
	}
	return files, nil
}

func (r *Report) table(t *aggregate.Table) ([]byte, error) {
	rows, _ := r.rows(t)
	statuses := statusesOf(rows)
	columns := csvColumns(t.By, statuses)
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	record := make([]string, len(columns))
	for i, c := range columns {
		record[i] = c.name
	}
	w.Write(record) // its errors stay with w
	for i := range rows {
		for j, c := range columns {
			record[j] = c.of(&rows[i])
		}
		w.Write(record)
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

func statusesOf(rows []aggregate.Row) []int {
	var list []int
	for i := range rows {
		for _, n := range rows[i].Status {
			list = append(list, n.Status)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

type csvColumn struct {
	name string
	of   func(*aggregate.Row) string
}

func csvColumns(by aggregate.Dimension, statuses []int) []csvColumn {
	var columns []csvColumn
	add := func(name string, of func(*aggregate.Row) string) { columns = append(columns, csvColumn{name, of}) }
	number := func(name string, of func(*aggregate.Stats) uint64) {
		add(name, func(row *aggregate.Row) string { return strconv.FormatUint(of(&row.Stats), 10) })
	}
	moment := func(name string, of func(*aggregate.Stats) time.Time) {
		add(name, func(row *aggregate.Row) string {
			if t := of(&row.Stats); !t.IsZero() {
				return t.UTC().Format(microsLayout)
			}
			return ""
		})
	}
	for i, p := range by {
		for _, c := range keyColumns(p) {
			add(c.name, func(row *aggregate.Row) string {
				if row.Other {
					return otherKey
				}
				if row.Values[i].Absent {
					return ""
				}
				return c.text(row.Values[i].Text)
			})
		}
	}
	if by.Is(aggregate.Target) {
		add("target_group", func(row *aggregate.Row) string {
			if row.Other || row.Group.Absent {
				return ""
			}
			return csvText(aggregate.GroupName(row.Group.Text))
		})
	}
	add("lower_bound", func(row *aggregate.Row) string { return strconv.FormatBool(row.LowerBound) })
	moment("first_seen", func(s *aggregate.Stats) time.Time { return s.First })
	moment("last_seen", func(s *aggregate.Stats) time.Time { return s.Last })
	number("requests", func(s *aggregate.Stats) uint64 { return s.Requests })
	number("elb_5xx", func(s *aggregate.Stats) uint64 { return s.ELB5xx })
	number("elb_500", func(s *aggregate.Stats) uint64 { return s.ELB500 })
	number("elb_502", func(s *aggregate.Stats) uint64 { return s.ELB502 })
	number("elb_503", func(s *aggregate.Stats) uint64 { return s.ELB503 })
	number("elb_504", func(s *aggregate.Stats) uint64 { return s.ELB504 })
	number("elb_460", func(s *aggregate.Stats) uint64 { return s.ELB460 })
	number("target_5xx", func(s *aggregate.Stats) uint64 { return s.Target5xx })
	add("elb_5xx_rate", func(row *aggregate.Row) string { return decimalText(millionths(row.ELB5xx, row.Requests), 6) })
	number("missing_time_request", func(s *aggregate.Stats) uint64 { return s.MissingRequestTime })
	number("missing_time_target", func(s *aggregate.Stats) uint64 { return s.MissingTargetTime })
	number("missing_time_response", func(s *aggregate.Stats) uint64 { return s.MissingResponseTime })
	number("received_bytes", func(s *aggregate.Stats) uint64 { return s.ReceivedBytes })
	number("sent_bytes", func(s *aggregate.Stats) uint64 { return s.SentBytes })
	for _, clock := range []struct {
		name string
		of   func(*aggregate.Stats) aggregate.Quantiles
	}{
		{"target_time_ms", func(s *aggregate.Stats) aggregate.Quantiles { return s.TargetTime }},
		{"duration_ms", func(s *aggregate.Stats) aggregate.Quantiles { return s.Duration }},
	} {
		number(clock.name+"_count", func(s *aggregate.Stats) uint64 { return clock.of(s).Count })
		for _, q := range []struct {
			name string
			of   func(aggregate.Quantiles) int64
		}{
			{"p50", func(q aggregate.Quantiles) int64 { return q.P50 }}, {"p90", func(q aggregate.Quantiles) int64 { return q.P90 }},
			{"p99", func(q aggregate.Quantiles) int64 { return q.P99 }}, {"max", func(q aggregate.Quantiles) int64 { return q.Max }},
		} {
			add(clock.name+"_"+q.name, func(row *aggregate.Row) string {
				all := clock.of(&row.Stats)
				if all.Count == 0 {
					return ""
				}
				return decimalText(q.of(all), 3)
			})
		}
	}
	for _, status := range statuses {
		number("status_"+statusText(status), func(s *aggregate.Stats) uint64 {
			i := slices.IndexFunc(s.Status, func(n aggregate.StatusCount) bool { return n.Status == status })
			if i < 0 {
				return 0
			}
			return s.Status[i].Requests
		})
	}
	return columns
}

type keyColumn struct {
	name string
	text func(string) string
}

// keyColumns are those of one part of a key, named as in the summary.
func keyColumns(p aggregate.Part) []keyColumn {
	switch name := strings.ReplaceAll(p.String(), "-", "_"); p {
	case aggregate.Time:
		return []keyColumn{{"start", csvText}}
	case aggregate.Status:
		return []keyColumn{{"elb_status_code", csvNumber}}
	case aggregate.Rule:
		return []keyColumn{{name, csvNumber}}
	case aggregate.TargetGroup:
		return []keyColumn{{name, func(arn string) string { return csvText(aggregate.GroupName(arn)) }}, {"target_group_arn", csvText}}
	default:
		return []keyColumn{{name, csvText}}
	}
}

// csvNumber leaves what is a number as it is, for -1 is a rule and no formula.
func csvNumber(text string) string {
	if _, err := strconv.ParseInt(text, 10, 64); err == nil {
		return text
	}
	return csvText(text)
}

// csvText is a text of the log, decoded, clean, and no formula.
func csvText(text string) string {
	text = albtext.Decode(text)
	if csvtext.IsFormula([]byte(text)) {
		return "'" + clean(text)
	}
	return clean(text)
}

func decimalText(value int64, places int) string {
	return string(jsontext.AppendDecimal(nil, value, places))
}
