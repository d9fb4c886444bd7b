package scan

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"alblens/internal/s3test"
	"alblens/parser"
	"alblens/partial"
	"alblens/plan"
	"alblens/sources"
	"alblens/sources/s3"
	"alblens/store"
)

// versioned is a memory that tells the version of its objects, and remembers which were opened.
type versioned struct {
	*memory
	mu    sync.Mutex
	names []string
}

func (v *versioned) List(ctx context.Context, sel sources.Selection) iter.Seq2[sources.Ref, error] {
	return func(yield func(sources.Ref, error) bool) {
		for ref, err := range v.memory.List(ctx, sel) {
			ref.ETag = fmt.Sprintf(`"%x-1"`, len(ref.Name)) // not of the kind that tells duplicates
			if !yield(ref, err) {
				return
			}
		}
	}
}

func (v *versioned) Open(ctx context.Context, ref sources.Ref) (io.ReadCloser, error) {
	v.mu.Lock()
	v.names = append(v.names, ref.Name)
	v.mu.Unlock()
	return v.memory.Open(ctx, ref)
}

// opens returns what was opened since the last call.
func (v *versioned) opens() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	names := v.names
	v.names = nil
	slices.Sort(names)
	return names
}

func (v *versioned) plan(t *testing.T) *plan.Plan {
	t.Helper()
	p, err := plan.Build(t.Context(), v, sources.Selection{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func openCache(t *testing.T, dir string, o *partial.Options) *store.Cache {
	t.Helper()
	c, err := store.Open(store.Config{Dir: dir, MaxBytes: 1 << 30, Program: "test", Options: o})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// summarize summarizes with the cache in dir, "" for none.
func (v *versioned) summarize(t *testing.T, dir string, o *partial.Options, c Config) (*partial.Result, store.Summary) {
	t.Helper()
	var cache *store.Cache
	if dir != "" {
		cache = openCache(t, dir, o)
		c.Cache = cache
	}
	whole, err := Summarize(t.Context(), v, v.plan(t), o, c)
	if err != nil {
		t.Fatal(err)
	}
	v.check(t)
	identities(t, &whole.Ledger)
	if cache == nil {
		return whole.Freeze(), store.Summary{}
	}
	s := cache.Tidy()
	if s.Err != nil {
		t.Error(s.Err)
	}
	return whole.Freeze(), s
}

// tight are options under which what is kept overflows, in objects and in folds.
func tight() *partial.Options {
	o := options()
	o.Aggregate.Limit, o.FoldLimit = 60<<10, 120<<10
	o.Evidence.Failures, o.Evidence.Texts, o.Evidence.Lives = 10, 1000, 2000
	return o
}

// The result is the same without a cache, with an empty one, with a full one, and when each object is asked for; but for
// what went wrong, nothing is read a second time.
func TestCacheSame(t *testing.T) {
	noLeak(t)
	for name, o := range map[string]*partial.Options{"roomy": options(), "tight": tight()} {
		for jobs := 1; jobs <= 8; jobs *= 2 {
			m, _ := faulty(t)
			m.objects = append(m.objects, manyObjects()...)
			v := &versioned{memory: m}
			dir := t.TempDir()
			want, _ := v.summarize(t, "", o, Config{Jobs: jobs})
			all := v.opens()
			var bad []string
			for _, p := range want.Ledger.Problems {
				bad = append(bad, p.Name)
			}
			slices.Sort(bad)
			told := map[bool]int{}
			for i, c := range []Config{
				{Jobs: jobs}, {Jobs: jobs, Meter: &Meter{}}, {Jobs: 9 - jobs, Ahead: 20},
				{Jobs: jobs, Done: func(_ *sources.Ref, _ *partial.Ledger, cached bool) { told[cached]++ }},
			} {
				got, s := v.summarize(t, dir, o, c)
				if !reflect.DeepEqual(got, want) {
					t.Errorf("%s, %d jobs, run %d: another Result than without a cache\n%s", name, jobs, i, cmp.Diff(want.Ledger, got.Ledger))
				}
				opened, kept := v.opens(), int64(len(all)-len(bad))
				switch {
				case i == 0 && (s.Saved != kept || s.Loaded != 0 || !slices.Equal(opened, all)):
					t.Errorf("%s, %d jobs: %+v of %d objects, %d opened", name, jobs, s, len(all), len(opened))
				case i > 0 && (s.Loaded != kept || s.Saved != 0 || !slices.Equal(opened, bad)):
					t.Errorf("%s, %d jobs, run %d: %+v of %d objects, opened %v", name, jobs, i, s, len(all), opened)
				}
				if c.Meter != nil {
					if objects, _, text := c.Meter.Read(); objects != int64(len(all)) || text < want.Ledger.Bytes {
						t.Errorf("%s, %d jobs: the meter shows %d objects, %d bytes", name, jobs, objects, text)
					}
				}
			}
			if want := map[bool]int{false: len(bad), true: len(all) - len(bad)}; !cmp.Equal(told, want) {
				t.Errorf("%s, %d jobs: told of %v, want %v", name, jobs, told, want)
			}
		}
	}
}

// tiny are so many objects of a few lines, in the order of their names.
func tiny(n int) *versioned {
	m := &memory{}
	for i := range n {
		m.objects = append(m.objects, object{name: fmt.Sprintf("%05d.log", i), body: logText(3*i, 3*i+3)})
	}
	return &versioned{memory: m}
}

// A day of three shards is read back by the shard, and after something changed only that is read, in the shards where it
// is; and what was damaged.
func TestCacheShards(t *testing.T) {
	if testing.Short() { // as with -race: it reads 2500 objects eleven times
		t.Skip("-short")
	}
	noLeak(t)
	v, dir := tiny(2500), t.TempDir()
	o := tight()
	round := func(what string, opened, loaded int, corrupt int) {
		t.Helper()
		want, _ := v.summarize(t, "", o, Config{Jobs: 2})
		v.opens()
		got, s := v.summarize(t, dir, o, Config{Jobs: 2, Ahead: 5, Memory: 1 << 16})
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: another Result than without a cache", what)
		}
		if n := len(v.opens()); n != opened || s.Loaded != int64(loaded) || s.Saved != int64(opened) || len(s.Corrupt) != corrupt {
			t.Errorf("%s: %d opened, want %d; %d loaded, want %d; %d corrupt, want %d", what, n, opened, s.Loaded, loaded, len(s.Corrupt), corrupt)
		}
	}
	round("at first", 2500, 0, 0)
	round("again", 0, 0, 0)
	v.objects = append(v.objects, object{name: "99999.log", body: logText(1, 4)})
	round("one more behind the others", 1, 500, 0)
	round("again", 0, 0, 0)
	v.objects[1500].body = logText(5, 9)
	round("one in the middle", 1, 999, 0)
	v.objects = slices.Insert(v.objects, 1, object{name: "00000-b.log", body: logText(2, 3)})
	round("one at the beginning", 1, 2501, 0)
	round("again", 0, 0, 0)
	spoil(t, dir, v.plan(t).Objects[1000:2000], o, 0)
	round("a damaged shard", 0, 1000, 1)
	round("again", 0, 0, 0)
	spoil(t, dir, v.plan(t).Objects[:1000], o, 0)
	spoil(t, dir, v.plan(t).Objects[7:8], o, 100)
	round("a damaged shard, and an object of it", 1, 999, 2)
	round("again", 0, 0, 0)
	spoil(t, dir, v.plan(t).Objects[:1000], o, -1)
	spoil(t, dir, v.plan(t).Objects[2000:], o, -1)
	spoil(t, dir, v.plan(t).Objects[2100:2101], o, -1)
	round("entries that are gone", 1, 1000+500+1, 0)
}

// spoil flips a bit of the entry of some objects, near a place, or deletes it for -1.
func spoil(t *testing.T, dir string, refs []sources.Ref, o *partial.Options, place int) {
	t.Helper()
	before := files(t, dir)
	cache := openCache(t, dir, o)
	p := cache.Load(refs)
	if p == nil {
		t.Fatal("there is no entry to spoil")
	}
	// Which one it is shows by being written again.
	time.Sleep(10 * time.Millisecond)
	if !cache.Save(refs, p) {
		t.Fatal("not saved")
	}
	for name, info := range files(t, dir) {
		if before[name].ModTime().Equal(info.ModTime()) {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if place < 0 {
			os.Remove(name)
			return
		}
		text[min(place, len(text)-1)] ^= 0x10
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Fatal("no entry was written")
}

func files(t *testing.T, dir string) map[string]fs.FileInfo {
	t.Helper()
	all := map[string]fs.FileInfo{}
	if err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(name, ".partial") {
			all[name], err = d.Info()
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// Where nothing may be wrong, a malformed line is found though its object is kept.
func TestCacheStrict(t *testing.T) {
	v := tiny(5)
	v.objects[3].body = logText(0, 2) + "oops\n" + logText(2, 4)
	dir := t.TempDir()
	v.summarize(t, dir, options(), Config{Jobs: 2})
	for range 2 {
		_, err := Summarize(t.Context(), v, v.plan(t), options(), Config{Jobs: 2, Strict: true, Cache: openCache(t, dir, options())})
		if err == nil || !strings.HasPrefix(err.Error(), "00003.log:3:") {
			t.Errorf("error %v", err)
		}
	}
	v.check(t)
}

// A run that ended early keeps what it read in full, and nothing of the rest.
func TestCacheInterrupted(t *testing.T) {
	for jobs := 1; jobs <= 4; jobs++ {
		ctx, cancel := context.WithCancel(t.Context())
		v, dir := &versioned{memory: many(cancel)}, t.TempDir()
		whole, err := Summarize(ctx, v, v.plan(t), options(), Config{Jobs: jobs, Cache: openCache(t, dir, options())})
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		interruptedLedger(t, &whole.Ledger)
		complete := whole.Ledger.Complete
		v.opens()
		v.objects[20].onRead = nil
		want, _ := v.summarize(t, "", options(), Config{Jobs: jobs})
		v.opens()
		got, s := v.summarize(t, dir, options(), Config{Jobs: jobs})
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%d jobs: another Result than without a cache", jobs)
		}
		if n := int64(len(v.opens())); s.Loaded != complete || n != 40-complete {
			t.Errorf("%d jobs: %d were complete, %d loaded, %d opened", jobs, complete, s.Loaded, n)
		}
	}
}

// A window that moves on reads again only what it cuts.
func TestCacheWindowMoves(t *testing.T) {
	v, dir := tiny(100), t.TempDir() // 3 s an object
	start := time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)
	at := func(second int) parser.Timestamp {
		return parser.Timestamp(start.Add(time.Duration(second) * time.Second).UnixMicro())
	}
	for i, c := range []struct{ since, until, opened int }{
		{100, 200, 100},      // whole: the objects from 102 to 198
		{110, 210, 100 - 29}, // of these, those from 111 on
		{110, 210, 0},
		{120, 180, 100 - 20},
	} {
		o := options()
		o.Since, o.Until = at(c.since), at(c.until)
		want, _ := v.summarize(t, "", o, Config{Jobs: 2})
		v.opens()
		got, _ := v.summarize(t, dir, o, Config{Jobs: 2})
		if !reflect.DeepEqual(got, want) {
			t.Errorf("run %d: another Result than without a cache", i)
		}
		if n := len(v.opens()); n != c.opened {
			t.Errorf("run %d: %d opened, want %d", i, n, c.opened)
		}
	}
}

// Two runs at once, and a third behind them.
func TestCacheAtOnce(t *testing.T) {
	v, dir := tiny(300), t.TempDir()
	want, _ := v.summarize(t, "", options(), Config{Jobs: 2})
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			cache := openCache(t, dir, options())
			whole, err := Summarize(t.Context(), v, v.plan(t), options(), Config{Jobs: 2, Cache: cache})
			if err != nil || !reflect.DeepEqual(whole.Freeze(), want) {
				t.Errorf("another Result than without a cache, error %v", err)
			}
			if s := cache.Tidy(); s.Err != nil || len(s.Corrupt) > 0 {
				t.Errorf("%+v", s)
			}
		})
	}
	all.Wait()
	v.opens()
	if got, _ := v.summarize(t, dir, options(), Config{Jobs: 2}); !reflect.DeepEqual(got, want) || len(v.opens()) > 0 {
		t.Error("the next one is not the same, or reads something")
	}
}

// From a real S3 server, GETs are made for new objects alone.
func TestCacheS3(t *testing.T) {
	server := s3test.Start(t)
	server.Setenv(t, server.Root)
	bucket, dir := server.Bucket(t), t.TempDir()
	var texts [30]string
	put := func(i int) {
		server.Put(t, bucket, fmt.Sprintf("logs/%02d.log.gz", i), []byte(stored(texts[i])))
	}
	for i := range 28 {
		texts[i] = logText(i*50, i*50+50)
		put(i)
	}
	run := func(what string, gets int64) {
		t.Helper()
		results := map[string]*partial.Result{}
		for _, cached := range []string{"", dir} {
			st := s3.New(s3.Options{Concurrency: 6})
			src, err := sources.Parse([]string{"s3://" + bucket + "/logs/"}, sources.Options{Stores: map[string]sources.Store{s3.Scheme: st}})
			if err != nil {
				t.Fatal(err)
			}
			p, err := plan.Build(t.Context(), src, sources.Selection{})
			if err != nil {
				t.Fatal(err)
			}
			c := Config{Jobs: 2, Ahead: 6}
			if cached != "" {
				c.Cache = openCache(t, cached, options())
			}
			whole, err := Summarize(t.Context(), src, p, options(), c)
			if err != nil {
				t.Fatal(err)
			}
			results[cached] = whole.Freeze()
			if n := st.Requests().Get; cached != "" && n != gets || cached == "" && n != int64(len(p.Objects)) {
				t.Errorf("%s, cache %v: %d GETs of %d objects, want %d", what, cached != "", n, len(p.Objects), gets)
			}
		}
		if !reflect.DeepEqual(results[dir], results[""]) {
			t.Errorf("%s: another Result than without a cache", what)
		}
	}
	run("at first", 28)
	run("again", 0)
	texts[28] = logText(5000, 5050)
	put(28)
	run("one new object", 1)
	run("again", 0)
	texts[3] = strings.Replace(texts[3], "10.0.1.1", "10.0.1.2", 1)
	put(3)
	run("one of the same size replaced", 1)
	for name := range files(t, dir) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, bytes.ToUpper(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run("all damaged", 29)
	run("again", 0)
}
