// Peers times alblens beside what people use today, on the same files, and prints the table of bench/README.md.
//
//	go -C bench/peers run . -alblens ../../bin/alblens -n 5 DIR
//
// DIR holds gzipped logs. Each contender that is installed runs in turn, round after round, after one that warms the
// page cache; what is printed are medians over the rounds, and ratios to alblens taken round by round. Every run of
// alblens must count as many records as the first one.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// A contender is a command that does its job on the files, or on a part of them.
type contender struct {
	name  string
	needs string // a command that must be installed
	shell string
	share float64 // of the bytes that it reads
}

// A run is what one run took.
type run struct {
	wall, cpu time.Duration
	peak      int64 // bytes
}

func main() {
	alblens := flag.String("alblens", "alblens", "the `program` under test")
	rounds := flag.Int("n", 5, "rounds")
	jobs := flag.Int("j", runtime.NumCPU(), "processes, threads or workers")
	slow := flag.Bool("slow", false, "also what takes a minute a round: GoAccess on a tenth of the files, zcat | awk")
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := compare(*alblens, flag.Arg(0), *rounds, *jobs, *slow); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func compare(alblens, dir string, rounds, jobs int, slow bool) error {
	files, sizes, err := find(dir)
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "peers")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	summary := filepath.Join(tmp, "summary.json")
	list := contenders(alblens, dir, summary, tmp, files, sizes, jobs, slow)

	results := make([][]run, len(list))
	records := -1
	for round := range rounds + 1 {
		for i, c := range list {
			r, err := c.run()
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			if i == 0 {
				n, err := countRecords(summary)
				if err != nil {
					return err
				}
				if records >= 0 && n != records {
					return fmt.Errorf("alblens counted %d records, and %d before", n, records)
				}
				records = n
			}
			if round > 0 {
				results[i] = append(results[i], r)
			}
		}
	}
	fmt.Printf("%d files, %d records, %d jobs, %d rounds\n\n", len(files), records, jobs, rounds)
	fmt.Println("| | wall s | min..max | CPU s | peak MiB | wall ÷ alblens | alblens ÷ wall |")
	fmt.Println("|---|---|---|---|---|---|---|")
	for i, c := range list {
		fmt.Println(row(c, results[i], results[0]))
	}
	return nil
}

func find(dir string) (files []string, sizes []int64, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".gz" {
			return err
		}
		info, err := d.Info()
		files, sizes = append(files, path), append(sizes, info.Size())
		return err
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("no .gz below %s", dir)
	}
	return files, sizes, err
}

// contenders are those that are installed, alblens first.
func contenders(alblens, dir, summary, tmp string, files []string, sizes []int64, jobs int, slow bool) []contender {
	each := func(command string) string {
		return fmt.Sprintf("printf '%%s\\0' %s | xargs -0 -P %d -n %d %s >/dev/null", quoted(files), jobs, (len(files)+jobs-1)/jobs, command)
	}
	var tenth []string
	var part, whole int64
	for i, f := range files {
		if whole += sizes[i]; i%10 == 0 {
			tenth, part = append(tenth, f), part+sizes[i]
		}
	}
	query := filepath.Join(tmp, "query.sql")
	os.WriteFile(query, []byte(groupBy(files)), 0o600)
	list := []contender{
		{"alblens analyze", alblens, fmt.Sprintf("%s analyze --format json --jobs %d %s >%s", quote(alblens), jobs, quote(dir), quote(summary)), 1},
		{"igzip to nowhere", "igzip", each("igzip -dc"), 1},
		{"libdeflate to nowhere", "libdeflate-gunzip", each("libdeflate-gunzip -c"), 1},
		{"gzip to nowhere", "gzip", each("gzip -dc"), 1},
		{"DuckDB, one GROUP BY", "python3", fmt.Sprintf("python3 -c \"import duckdb; duckdb.sql('set threads=%d'); duckdb.sql(open('%s').read()).fetchall()\"", jobs, query), 1},
	}
	if slow {
		share := float64(part) / float64(whole)
		list = append(list,
			contender{"zcat \\| awk, 5xx by target (a tenth, scaled)", "awk", fmt.Sprintf("zcat %s | awk '$9>=500{n[$5]++} END{for(t in n) print n[t],t}' >/dev/null", quoted(tenth)), share},
			contender{"GoAccess (a tenth, scaled)", "goaccess", fmt.Sprintf("zcat %s | goaccess - --log-format=AWSALB --no-progress -o %s/goaccess.json >/dev/null 2>&1", quoted(tenth), tmp), share})
	}
	return slices.DeleteFunc(list, func(c contender) bool {
		_, err := exec.LookPath(c.needs)
		if err == nil && strings.HasPrefix(c.name, "DuckDB") {
			err = exec.Command("python3", "-c", "import duckdb").Run()
		}
		if err != nil {
			fmt.Printf("not installed: %s\n", c.name)
		}
		return err != nil
	})
}

// groupBy is the work of analyze's three main tables in one statement.
func groupBy(files []string) string {
	var columns []string
	for i := range 40 {
		columns = append(columns, fmt.Sprintf("'column%02d':'VARCHAR'", i))
	}
	var names []string
	for _, f := range files {
		names = append(names, "'"+strings.ReplaceAll(f, "'", "''")+"'")
	}
	return `select target, path, date_trunc('minute', ts) b, count(*) n,
 count(*) filter (where st=502) e2, count(*) filter (where st=504) e4, quantile_cont(tpt, 0.99) p
from (select column04 as target, regexp_extract(column12, '^\S+ https?://[^/]+(/[^? ]*)', 1) as path,
 cast(column01 as timestamp) as ts, try_cast(column08 as int) st, cast(column06 as double) tpt
 from read_csv([` + strings.Join(names, ",") + `], delim=' ', quote='"', escape='"', header=false, auto_detect=false,
 null_padding=true, columns={` + strings.Join(columns, ",") + `}))
group by all order by e2+e4 desc limit 5`
}

func (c contender) run() (run, error) {
	cmd := exec.Command("bash", "-o", "pipefail", "-c", c.shell)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	var before, after syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_CHILDREN, &before)
	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start)
	if err != nil {
		return run{}, fmt.Errorf("%w: %s", err, stderr.String())
	}
	syscall.Getrusage(syscall.RUSAGE_CHILDREN, &after)
	cpu := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
	peak := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
	scale := func(d time.Duration) time.Duration { return time.Duration(float64(d) / c.share) }
	return run{scale(wall), scale(time.Duration(cpu)), peak}, nil
}

func countRecords(summary string) (int, error) {
	text, err := os.ReadFile(summary)
	if err != nil {
		return 0, err
	}
	var s struct{ Inputs struct{ Records int } }
	err = json.Unmarshal(text, &s)
	return s.Inputs.Records, err
}

func row(c contender, runs, base []run) string {
	var walls, cpus, ratios []float64
	peak := int64(0)
	for i, r := range runs {
		walls, cpus = append(walls, r.wall.Seconds()), append(cpus, r.cpu.Seconds())
		ratios = append(ratios, r.wall.Seconds()/base[i].wall.Seconds())
		peak = max(peak, r.peak)
	}
	slices.Sort(walls)
	slices.Sort(cpus)
	slices.Sort(ratios)
	ratio := median(ratios)
	return fmt.Sprintf("| %s | %.2f | %.2f..%.2f | %.2f | %d | %.2f (%.2f..%.2f) | %.2f |", c.name, median(walls), walls[0], walls[len(walls)-1],
		median(cpus), peak>>20, ratio, ratios[0], ratios[len(ratios)-1], 1/ratio)
}

// median is that of a sorted list.
func median(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func quoted(list []string) string {
	var b strings.Builder
	for _, s := range list {
		b.WriteString(quote(s) + " ")
	}
	return b.String()
}
