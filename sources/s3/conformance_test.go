package s3_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"alblens/internal/logname"
	"alblens/internal/s3test"
	"alblens/sources"
	"alblens/sources/s3"
)

// place is somewhere objects can lie.
type place interface {
	put(t *testing.T, key, content string)
	remove(t *testing.T, key string)
	arg(key string) string // the SOURCE argument for a key or, ending in "/", a prefix
	stores() map[string]sources.Store
}

type folder struct{ dir string }

func (f folder) arg(key string) string            { return filepath.Join(f.dir, filepath.FromSlash(key)) }
func (f folder) stores() map[string]sources.Store { return nil }
func (f folder) put(t *testing.T, key, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(f.arg(key)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f.arg(key), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
func (f folder) remove(t *testing.T, key string) {
	t.Helper()
	if err := os.Remove(f.arg(key)); err != nil {
		t.Fatal(err)
	}
}

type bucket struct {
	server *s3test.Server
	name   string
	store  *s3.Store
}

func (b bucket) arg(key string) string { return "s3://" + b.name + "/" + key }
func (b bucket) stores() map[string]sources.Store {
	return map[string]sources.Store{s3.Scheme: b.store}
}
func (b bucket) put(t *testing.T, key, content string) { b.server.Put(t, b.name, key, []byte(content)) }
func (b bucket) remove(t *testing.T, key string)       { b.server.Delete(t, b.name, key) }

func TestConformance(t *testing.T) {
	t.Run("local", func(t *testing.T) {
		conform(t, func(t *testing.T) place { return folder{t.TempDir()} })
	})
	t.Run("s3", func(t *testing.T) {
		server := s3test.Start(t)
		server.Setenv(t, server.Root)
		conform(t, func(t *testing.T) place {
			return bucket{server, server.Bucket(t), s3.New(s3.Options{Concurrency: 4})}
		})
	})
}

// listed is what a listing amounts to, in any order.
type listed struct {
	refs     []sources.Ref
	problems []string // kind, key and text
}

func list(t *testing.T, p place, sel sources.Selection, keys ...string) (listed, sources.Source) {
	t.Helper()
	var args []string
	for _, key := range keys {
		args = append(args, p.arg(key))
	}
	src, err := sources.Parse(args, sources.Options{Stores: p.stores()})
	if err != nil {
		t.Fatal(err)
	}
	var got listed
	for ref, err := range src.List(t.Context(), sel) {
		if problem, ok := errors.AsType[*sources.Problem](err); ok {
			got.problems = append(got.problems, fmt.Sprintf("%s %s: %v", problem.Kind, key(p, problem.Name), problem.Err))
		} else if err != nil {
			t.Fatal(err)
		} else {
			got.refs = append(got.refs, ref)
		}
	}
	slices.SortFunc(got.refs, func(a, b sources.Ref) int { return strings.Compare(a.Name, b.Name) })
	slices.Sort(got.problems)
	return got, src
}

// key undoes arg.
func key(p place, name string) string {
	return strings.TrimPrefix(filepath.ToSlash(strings.TrimPrefix(name, p.arg(""))), "/")
}

func keys(p place, refs []sources.Ref) []string {
	var all []string
	for _, ref := range refs {
		all = append(all, key(p, ref.Name))
	}
	return all
}

func read(t *testing.T, src sources.Source, ref sources.Ref) string {
	t.Helper()
	r, err := src.Open(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

const awsFolder = "pre fix/AWSLogs/123456789012/elasticloadbalancing/eu-west-3/"

func awsFile(lb string, end time.Time, node, random string) string {
	return "123456789012_elasticloadbalancing_eu-west-3_app." + lb + ".0123456789abcdef_" + end.Format("20060102T1504Z") + "_" + node + "_" + random + ".log.gz"
}

// conform holds a kind of place to what package sources promises.
func conform(t *testing.T, make func(*testing.T) place) {
	t.Run("content", func(t *testing.T) {
		p := make(t)
		want := map[string]string{
			"logs/a.log":                       "a",
			"logs/sub/with space+plus.gz":      "not really gzip",
			"logs/sub/unicode é 日本 %41 #?.log": "u",
			"logs/sub/deep/er/x":               strings.Repeat("0123456789abcdef", 1<<16),
		}
		for key, content := range want {
			p.put(t, key, content)
		}
		p.put(t, "other/x.log", "not below the prefix")

		got, src := list(t, p, sources.Selection{}, "logs/")
		if len(got.refs) != len(want) || len(got.problems) != 0 {
			t.Fatalf("listed %v and problems %v", keys(p, got.refs), got.problems)
		}
		for _, ref := range got.refs {
			key := key(p, ref.Name)
			content, ok := want[key]
			if !ok {
				t.Errorf("listed %q", ref.Name)
				continue
			}
			if read(t, src, ref) != content {
				t.Errorf("%s: other content", key)
			}
			if ref.Size != int64(len(content)) {
				t.Errorf("%s: size %d, want %d", key, ref.Size, len(content))
			}
			if age := time.Since(ref.Modified); age < -time.Minute || age > time.Hour || ref.Modified.Location() != time.UTC {
				t.Errorf("%s: modified %v", key, ref.Modified)
			}
			if ref.Named || ref.Log.Base != key[strings.LastIndexByte(key, '/')+1:] {
				t.Errorf("%s: %+v", key, ref)
			}
		}
	})

	t.Run("kinds", func(t *testing.T) {
		p := make(t)
		end := time.Date(2026, 11, 20, 14, 5, 0, 0, time.UTC)
		access := awsFile("web", end, "10.0.0.1", "r1")
		day := awsFolder + "2026/11/20/"
		for _, key := range []string{day + access, day + "conn_log_" + access, day + "health_check_log_" + access,
			day + strings.Replace(access, "app.", "net.", 1), "pre fix/AWSLogs/123456789012/ELBAccessLogTestFile", day + "notes.txt"} {
			p.put(t, key, "x")
		}
		p.put(t, day+"zero.log", "")

		got, _ := list(t, p, sources.Selection{}, "pre fix/")
		if diff := cmp.Diff([]string{day + access, day + "notes.txt"}, keys(p, got.refs)); diff != "" {
			t.Fatalf("problems %v, refs (-want +got):\n%s", got.problems, diff)
		}
		problems := []string{
			"skipped " + day + strings.Replace(access, "app.", "net.", 1) + ": Network Load Balancer log by its name",
			"skipped " + day + "conn_log_" + access + ": connection log by its name",
			"skipped " + day + "health_check_log_" + access + ": health check log by its name",
			"skipped " + day + "zero.log: empty file",
			"skipped pre fix/AWSLogs/123456789012/ELBAccessLogTestFile: test file by its name",
		}
		slices.Sort(problems)
		if diff := cmp.Diff(problems, got.problems); diff != "" {
			t.Errorf("problems (-want +got):\n%s", diff)
		}
		if log := got.refs[0].Log; log.Kind != logname.Access || log.LoadBalancer != "app/web/0123456789abcdef" ||
			log.Node != "10.0.0.1" || !log.End.Equal(end) || !log.Day.Equal(end.Truncate(24*time.Hour)) {
			t.Errorf("name read as %+v", log)
		}

		// Out of the window, even what would be skipped goes unsaid; what its
		// name does not date stays.
		got, _ = list(t, p, sources.Selection{Since: end.Add(time.Hour), Until: end.Add(2 * time.Hour)}, "pre fix/")
		if diff := cmp.Diff([]string{day + "notes.txt"}, keys(p, got.refs)); diff != "" || len(got.problems) != 2 {
			t.Errorf("problems %v, refs (-want +got):\n%s", got.problems, diff)
		}
		// Named outright, all is read.
		named := []string{day + "conn_log_" + access, day + "zero.log", day + access}
		got, src := list(t, p, sources.Selection{Since: end.Add(time.Hour)}, named...)
		slices.Sort(named)
		if diff := cmp.Diff(named, keys(p, got.refs)); diff != "" || len(got.problems) != 0 {
			t.Fatalf("named: problems %v, refs (-want +got):\n%s", got.problems, diff)
		}
		for _, ref := range got.refs {
			if !ref.Named || int64(len(read(t, src, ref))) != ref.Size {
				t.Errorf("named: %+v", ref)
			}
		}
	})

	t.Run("window", func(t *testing.T) {
		p := make(t)
		// Two load balancers, three days of one file a slot and one node more
		// for the first: 2 592 objects, so that S3 needs pages.
		first := time.Date(2026, 11, 19, 0, 0, 0, 0, time.UTC)
		total := 0
		for slot := range 3 * 288 {
			end := first.Add(time.Duration(slot+1) * 5 * time.Minute)
			day := awsFolder + end.Format("2006/01/02") + "/"
			for _, file := range []string{awsFile("web", end, "10.0.0.1", "r1"), awsFile("web", end, "10.0.0.2", "r2"), awsFile("api", end, "10.0.0.3", "r3")} {
				p.put(t, day+file, "x")
				total++
			}
		}
		at := func(s string) time.Time {
			when, err := time.Parse("2006-01-02T15:04", s)
			if err != nil {
				t.Fatal(err)
			}
			return when
		}
		for _, tt := range []struct {
			name         string
			sel          sources.Selection
			prefix       string
			want         int
			first, final string // end times
		}{
			{"all", sources.Selection{}, "", total, "2026-11-19T00:05", "2026-11-22T00:00"},
			// 13:50 to 14:40 are 11 slots of 3 files.
			{"half an hour", sources.Selection{Since: at("2026-11-20T14:00"), Until: at("2026-11-20T14:30")}, "pre fix/", 33, "2026-11-20T13:50", "2026-11-20T14:40"},
			// 4000 s later still: 15:50; 14 slots more.
			{"created", sources.Selection{Since: at("2026-11-20T14:00"), Until: at("2026-11-20T14:30"), Late: 4000 * time.Second}, awsFolder, 75, "2026-11-20T13:50", "2026-11-20T15:50"},
			// 23:50 to 00:10 are 5 slots.
			{"midnight", sources.Selection{Since: at("2026-11-21T00:00"), Until: at("2026-11-21T00:00")}, awsFolder, 15, "2026-11-20T23:50", "2026-11-21T00:10"},
			// 288 slots of the 21st from 00:05 on, and 23:50, 23:55, 00:00.
			{"open end", sources.Selection{Since: at("2026-11-21T00:00")}, "", 3 * 291, "2026-11-20T23:50", "2026-11-22T00:00"},
			{"open start", sources.Selection{Until: at("2026-11-19T00:10")}, "", 3 * 4, "2026-11-19T00:05", "2026-11-19T00:20"},
			{"one day's folder", sources.Selection{Since: at("2026-11-20T14:00"), Until: at("2026-11-20T14:30")}, awsFolder + "2026/11/20/", 33, "2026-11-20T13:50", "2026-11-20T14:40"},
			{"other day's folder", sources.Selection{Since: at("2026-11-20T14:00"), Until: at("2026-11-20T14:30")}, awsFolder + "2026/11/19/", 0, "", ""},
		} {
			t.Run(tt.name, func(t *testing.T) {
				got, _ := list(t, p, tt.sel, tt.prefix)
				if len(got.refs) != tt.want || len(got.problems) != 0 {
					t.Fatalf("%d objects, want %d; problems %v", len(got.refs), tt.want, got.problems)
				}
				if tt.want == 0 {
					return
				}
				var ends []time.Time
				for _, ref := range got.refs {
					ends = append(ends, ref.Log.End)
				}
				slices.SortFunc(ends, time.Time.Compare)
				if !ends[0].Equal(at(tt.first)) || !ends[len(ends)-1].Equal(at(tt.final)) {
					t.Errorf("from %v to %v, want %s to %s", ends[0], ends[len(ends)-1], tt.first, tt.final)
				}
			})
		}
	})

	t.Run("missing", func(t *testing.T) {
		p := make(t)
		p.put(t, "logs/a.log", "a")
		p.put(t, "logs/b.log", "b")
		got, src := list(t, p, sources.Selection{}, "nowhere/x.log", "logs/", "logs/a.log")
		if len(got.problems) != 1 || !strings.HasPrefix(got.problems[0], "not-found nowhere/x.log: ") {
			t.Errorf("problems %v", got.problems)
		}
		if diff := cmp.Diff([]string{"logs/a.log", "logs/b.log"}, keys(p, got.refs)); diff != "" {
			t.Fatalf("refs (-want +got):\n%s", diff)
		}
		p.remove(t, "logs/a.log")
		_, err := src.Open(t.Context(), got.refs[0])
		if problem, ok := errors.AsType[*sources.Problem](err); !ok || problem.Kind != sources.NotFound || !strings.HasPrefix(err.Error(), p.arg("logs/a.log")+": ") {
			t.Errorf("vanished: %v", err)
		}
		if read(t, src, got.refs[1]) != "b" {
			t.Error("the other object is lost")
		}
	})

	t.Run("canceled", func(t *testing.T) {
		p := make(t)
		p.put(t, "logs/a.log", "a")
		src, err := sources.Parse([]string{p.arg("logs/")}, sources.Options{Stores: p.stores()})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for ref, err := range src.List(ctx, sources.Selection{}) {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("listed %v, %v", ref, err)
			}
		}
		if _, err := src.Open(ctx, sources.Ref{Name: p.arg("logs/a.log")}); !errors.Is(err, context.Canceled) {
			t.Errorf("opened: %v", err)
		}
	})
}
