package settings

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// What the files of testdata/shop are about: a load balancer, a target group of two tasks and their network, which break
// no rule. They are what collect gathers.
const (
	shopLB  = "app/shop/50dc6c495c0c9188"
	shopTG  = "targetgroup/web/6d0ecf831eec9f09"
	shopARN = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:" + shopTG
)

// An edit changes the files of the shop.
type edit func(testing.TB, fstest.MapFS)

// in replaces old by new in the file whose name begins so; old has to be there.
func in(file, old, new string) edit {
	return func(t testing.TB, files fstest.MapFS) {
		t.Helper()
		for name, f := range files {
			if strings.HasPrefix(name, file) {
				if !strings.Contains(string(f.Data), old) {
					t.Fatalf("%s has no %q", name, old)
				}
				files[name] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(string(f.Data), old, new))}
				return
			}
		}
		t.Fatalf("no file %s", file)
	}
}

// without drops the files whose names begin so.
func without(file string) edit {
	return func(t testing.TB, files fstest.MapFS) {
		t.Helper()
		before := len(files)
		for name := range files {
			if strings.HasPrefix(name, file) {
				delete(files, name)
			}
		}
		if len(files) == before {
			t.Fatalf("no file %s", file)
		}
	}
}

// with adds a file.
func with(name, text string) edit {
	return func(_ testing.TB, files fstest.MapFS) { files[name] = &fstest.MapFile{Data: []byte(text)} }
}

func shopFiles(t testing.TB, edits ...edit) fstest.MapFS {
	t.Helper()
	dir := os.DirFS("testdata/shop")
	names, err := fs.Glob(dir, "*.json")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, name := range names {
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: text}
	}
	for _, e := range edits {
		e(t, files)
	}
	return files
}

// shop loads the files, of which none may be a problem.
func shop(t testing.TB, edits ...edit) *Settings {
	t.Helper()
	s, problems, err := Load(shopFiles(t, edits...))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Fatalf("%s %s", p.File, p.What)
	}
	return s
}

// at is a time of 20 November 2026.
func at(clock string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", "2026-11-20 "+clock)
	if err != nil {
		panic(err)
	}
	return t
}

// shopLog is a log that suits the shop.
func shopLog(changes ...func(*Observed)) *Observed {
	o := &Observed{
		LoadBalancers: []string{shopLB},
		Groups: []Group{{
			ARN:            shopARN,
			Targets:        []string{"10.0.10.7:8080", "10.0.11.8:8080"},
			LongestSuccess: 20,
			Causes:         map[string]uint64{},
			Estimates:      Estimates{"server_keepalive_seconds": 75, "idle_timeout_seconds": 60.2},
		}},
		Buckets: []string{"shop-logs"},
		From:    at("14:00:00"),
		To:      at("14:10:00"),
	}
	for _, c := range changes {
		c(o)
	}
	return o
}
