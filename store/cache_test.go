package store

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"alblens/internal/wire"
	"alblens/parser"
	"alblens/partial"
	"alblens/sources"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func micros(t time.Time) parser.Timestamp { return parser.Timestamp(t.UnixMicro()) }

// partialOf is what an object of so many records yields, a second apart from noon on.
func partialOf(t testing.TB, o *partial.Options, name string, records int) *partial.Partial {
	t.Helper()
	b := partial.NewBuilder(o)
	b.Begin(name, "")
	for i := range records {
		line := fmt.Sprintf(`http %s app/shop/50dc6c495c0c9188 203.0.113.7:50123 10.0.1.9:80 0.001 0.020 0.000 200 200 321 456 "GET http://shop.example:80/cart HTTP/1.1"`,
			noon.Add(time.Duration(i)*time.Second).Format("2006-01-02T15:04:05.000000Z"))
		if err := b.Line([]byte(line), i+1, nil); err != nil {
			t.Fatal(err)
		}
	}
	return b.End(int64(records), int64(records), nil)
}

func encoded(p *partial.Partial) []byte {
	var e wire.Encoder
	p.Encode(&e)
	return e.Bytes()
}

func window(since, until time.Time) *partial.Options {
	o := partial.DefaultOptions()
	if !since.IsZero() {
		o.Since = micros(since)
	}
	if !until.IsZero() {
		o.Until = micros(until)
	}
	return &o
}

func open(t testing.TB, dir string, o *partial.Options) *Cache {
	t.Helper()
	c, err := Open(Config{Dir: dir, MaxBytes: 1 << 30, Program: "test", Options: o})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// remote is an object that a store tells the version of.
func remote(name string) sources.Ref {
	return sources.Ref{Name: "s3://logs/" + name, Size: 1000, ETag: `"33a64df551425fcc55e4d42a148795d9"`, Modified: noon}
}

func one(ref sources.Ref) []sources.Ref { return []sources.Ref{ref} }

// entries are the files of a cache, but for its tag.
func entries(t testing.TB, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() != sources.CacheTag {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// What was saved is found again by a later run, as it was, and by nothing that differs in what matters.
func TestKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "cache")
	o := window(time.Time{}, time.Time{})
	ref := remote("a.log")
	p := partialOf(t, o, ref.Name, 10)
	want := encoded(p)
	first := open(t, dir, o)
	if first.Has(one(ref)) || first.Load(one(ref)) != nil {
		t.Error("an empty cache has it")
	}
	if !first.Save(one(ref), p) {
		t.Fatal("not saved")
	}
	if !bytes.Equal(encoded(p), want) {
		t.Error("it was changed by being saved")
	}
	if s := first.Tidy(); s.Loaded != 0 || s.Saved != 1 || s.Err != nil || len(s.Corrupt) > 0 {
		t.Errorf("%+v", s)
	}
	second := open(t, dir, o)
	if !second.Has(one(ref)) {
		t.Fatal("a later run does not have it")
	}
	if got := second.Load(one(ref)); got == nil || !bytes.Equal(encoded(got), want) {
		t.Error("a later run does not load it as it was")
	}
	if s := second.Tidy(); s.Loaded != 1 || s.Saved != 0 || s.Err != nil || len(s.Corrupt) > 0 {
		t.Errorf("%+v", s)
	}

	other := func(change func(*sources.Ref)) []sources.Ref {
		r := ref
		change(&r)
		return one(r)
	}
	for what, refs := range map[string][]sources.Ref{
		"another name":      other(func(r *sources.Ref) { r.Name += "x" }),
		"another bucket":    other(func(r *sources.Ref) { r.Name = "s3://other/a.log" }),
		"another size":      other(func(r *sources.Ref) { r.Size++ }),
		"an unknown size":   other(func(r *sources.Ref) { r.Size = -1 }),
		"another ETag":      other(func(r *sources.Ref) { r.ETag = `"x"` }),
		"named outright":    other(func(r *sources.Ref) { r.Named = true }),
		"twice":             {ref, ref},
		"with another":      {ref, remote("b.log")},
		"with one before":   {remote("b.log"), ref},
		"no object of this": one(remote("b.log")),
	} {
		if second.Has(refs) || second.Load(refs) != nil {
			t.Errorf("%s: it has that", what)
		}
	}
	again := ref
	again.Modified = noon.Add(time.Hour)
	if !second.Has(one(again)) {
		t.Error("the same content, put there again, is not found")
	}
	templates := *o
	templates.Aggregate.Bucket = time.Hour
	for what, c := range map[string]Config{
		"another program":    {Dir: dir, Program: "test2", Options: o},
		"other options":      {Dir: dir, Program: "test", Options: &templates},
		"for writing only":   {Dir: dir, Program: "test", Options: o, WriteOnly: true},
		"a window before it": {Dir: dir, Program: "test", Options: window(time.Time{}, noon)},
	} {
		cache, err := Open(c)
		if err != nil {
			t.Fatal(err)
		}
		if cache.Has(one(ref)) || cache.Load(one(ref)) != nil {
			t.Errorf("%s: it has it", what)
		}
	}
}

// A folded Partial is apart from those it was folded from, and depends on their order.
func TestFolded(t *testing.T) {
	dir, o := t.TempDir(), window(time.Time{}, time.Time{})
	a, b := remote("a.log"), remote("b.log")
	whole := partial.Empty(o)
	whole.Fold(partialOf(t, o, a.Name, 3))
	whole.Fold(partialOf(t, o, b.Name, 4))
	c := open(t, dir, o)
	if !c.Save([]sources.Ref{a, b}, whole) {
		t.Fatal("not saved")
	}
	if c.Has(one(a)) || c.Has(one(b)) || c.Has([]sources.Ref{b, a}) {
		t.Error("it has what was not saved")
	}
	got := c.Load([]sources.Ref{a, b})
	if got == nil || !bytes.Equal(encoded(got), encoded(whole)) {
		t.Error("not as it was")
	}
	if s := c.Tidy(); s.Loaded != 0 || s.Saved != 0 {
		t.Errorf("%+v counts no single object", s)
	}
}

// An object all of whose records are selected is found under every window that selects them all; another one only under
// the same window.
func TestWindows(t *testing.T) {
	at := func(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }
	never := time.Time{}
	dir, ref := t.TempDir(), remote("a.log") // records from 0 to 9 s
	selects := func(since, until time.Time) bool {
		return open(t, dir, window(since, until)).Has(one(ref))
	}
	save := func(since, until time.Time) {
		t.Helper()
		o := window(since, until)
		if !open(t, dir, o).Save(one(ref), partialOf(t, o, ref.Name, 10)) {
			t.Fatal("not saved")
		}
	}
	save(at(2), at(7)) // part of it
	for _, c := range []struct {
		since, until time.Time
		want         bool
	}{{at(2), at(7), true}, {at(2), at(8), false}, {at(1), at(7), false}, {never, never, false}, {at(0), at(10), false}} {
		if got := selects(c.since, c.until); got != c.want {
			t.Errorf("of a part, from %v to %v: %v", c.since, c.until, got)
		}
	}
	save(at(-1), at(100)) // all of it
	for _, c := range []struct {
		since, until time.Time
		want         bool
	}{
		{never, never, true}, {at(0), at(10), true}, {at(-50), never, true}, {never, at(10), true}, {at(0), at(10).Add(-time.Microsecond), true},
		{at(0).Add(time.Microsecond), never, false}, {never, at(9), false}, {at(1), at(9), false}, {at(2), at(7), true},
	} {
		if got := selects(c.since, c.until); got != c.want {
			t.Errorf("of all, from %v to %v: %v", c.since, c.until, got)
		}
	}
	if got := open(t, dir, window(at(2), at(7))).Load(one(ref)); got == nil || got.Ledger.Records != 5 || got.Ledger.Filtered != 5 {
		t.Errorf("of the part there is %+v", got)
	}
	if n := len(entries(t, dir)); n != 2 {
		t.Errorf("%d entries", n)
	}
	// An object without a record is the same under every window.
	ref = remote("empty.log")
	o := window(at(5), at(6))
	if !open(t, dir, o).Save(one(ref), partialOf(t, o, ref.Name, 0)) || !selects(never, never) || !selects(at(1), at(2)) {
		t.Error("an object without a record is not found")
	}
}

// A file has to be what was listed, and for so long that it cannot have changed without a trace.
func TestFiles(t *testing.T) {
	o := window(time.Time{}, time.Time{})
	c := open(t, filepath.Join(t.TempDir(), "cache"), o)
	dir := t.TempDir()
	t.Chdir(dir)
	write := func(name string, age time.Duration) sources.Ref {
		t.Helper()
		if err := os.WriteFile(name, []byte("0123456789"), 0o600); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(-age)
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		return sources.Ref{Name: name, Size: info.Size(), Modified: info.ModTime().UTC()}
	}
	old, fresh, grown, touched, gone := write("old", time.Minute), write("fresh", time.Second/10), write("grown", time.Minute), write("touched", time.Minute), write("gone", time.Minute)
	future := write("future", -time.Hour)
	if err := os.WriteFile("grown", []byte("01234567890"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes("grown", grown.Modified, grown.Modified); err != nil {
		t.Fatal(err)
	}
	write("touched", 30*time.Second)
	os.Remove("gone")
	pipe := old
	pipe.Size = -1
	untold := sources.Ref{Name: "s3://logs/x", Size: 10, Modified: noon} // a store that tells no version
	for _, x := range []struct {
		what string
		ref  sources.Ref
		want bool
	}{{"old", old, true}, {"fresh", fresh, false}, {"grown", grown, false}, {"touched", touched, false}, {"gone", gone, false},
		{"of the future", future, false}, {"a pipe", pipe, false}, {"without a version", untold, false}} {
		if got := c.Save(one(x.ref), partialOf(t, o, x.ref.Name, 1)); got != x.want {
			t.Errorf("%s: saved %v", x.what, got)
		}
	}
	later := old
	later.Modified = old.Modified.Add(1)
	if !c.Has(one(old)) || c.Has(one(later)) {
		t.Error("the entry is not there, or not of this time alone")
	}
	// The same name elsewhere is another file.
	t.Chdir(t.TempDir())
	if open(t, c.Dir, o).Has(one(old)) {
		t.Error("a relative name is found from another directory")
	}
	if s := c.Tidy(); s.Err != nil { // none of that is a fault of the cache
		t.Error(s.Err)
	}
}

// Objects that were not read to their end are not kept.
func TestProblems(t *testing.T) {
	o := window(time.Time{}, time.Time{})
	c := open(t, t.TempDir(), o)
	b := partial.NewBuilder(o)
	for _, kind := range []string{"truncated", partial.Skipped, "interrupted"} {
		b.Begin("s3://logs/a.log", "")
		if c.Save(one(remote("a.log")), b.End(1, 1, &partial.Problem{Name: "s3://logs/a.log", Kind: kind})) {
			t.Errorf("%s: it is kept", kind)
		}
	}
	if n := entries(t, c.Dir); len(n) > 0 {
		t.Errorf("%v are left", n)
	}
}

// Whatever happens to an entry, it is noticed, nothing is loaded, and what is read anew takes its place.
func TestCorrupt(t *testing.T) {
	dir, o, ref := t.TempDir(), window(time.Time{}, time.Time{}), remote("a.log")
	other := remote("b.log")
	c := open(t, dir, o)
	p := partialOf(t, o, ref.Name, 20)
	if !c.Save(one(other), partialOf(t, o, other.Name, 3)) {
		t.Fatal("not saved")
	}
	foreign, err := os.ReadFile(entries(t, dir)[0])
	if err != nil {
		t.Fatal(err)
	}
	if !c.Save(one(ref), p) {
		t.Fatal("not saved")
	}
	whole, _ := c.keys(one(ref))
	name := c.path(whole)
	good, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string][]byte{"empty": nil, "another's": foreign, "longer": append(bytes.Clone(good), 0), "text": []byte("hello, world")}
	for i := range good {
		flipped := bytes.Clone(good)
		flipped[i] ^= 0x40
		cases[fmt.Sprintf("byte %d flipped", i)] = flipped
		if i%7 == 0 {
			cases[fmt.Sprintf("cut at %d", i)] = good[:i]
		}
	}
	for what, bad := range cases {
		if err := os.WriteFile(name, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		c := open(t, dir, o)
		if c.Load(one(ref)) != nil {
			t.Errorf("%s: it is loaded", what)
		}
		// A flipped time in the header may make it one of another window: that is no fault yet.
		if s := c.Tidy(); len(s.Corrupt) != 1 && c.Has(one(ref)) || s.Err != nil {
			t.Errorf("%s: %+v", what, s)
		} else if len(s.Corrupt) == 1 && !strings.Contains(s.Corrupt[0], ref.Name) {
			t.Errorf("%s: %q does not name the object", what, s.Corrupt[0])
		}
		if !c.Save(one(ref), p) || open(t, dir, o).Load(one(ref)) == nil {
			t.Errorf("%s: it is not replaced", what)
		}
	}
}

// A checksum that fits does not make an entry sound, nor a length that is promised.
func TestHostile(t *testing.T) {
	o := window(time.Time{}, time.Time{})
	c := open(t, t.TempDir(), o)
	k, _ := c.keys(one(remote("a.log")))
	for what, block := range map[string][]byte{
		"no block":       {},
		"a huge length":  {0xff, 0xff, 0xff, 0xff, 0x0f},
		"beyond a limit": append([]byte{0x80, 0x80, 0x80, 0x80, 0x01}, 0),
		"no Partial":     {4, 12, 'a', 'b', 'c', 'd'},
	} {
		file := append([]byte(magic), k[:]...)
		file = append(file, make([]byte, 20)...)
		file = append(file, block...)
		sum := checksum(file)
		for i := range 4 {
			file[headerSize-4+i] = byte(sum >> (8 * i))
		}
		if _, err := decodeEntry(file, k, o, false); err != errCorrupt {
			t.Errorf("%s: error %v", what, err)
		}
	}
}

// What was used least recently goes first, until the rest fits; what is not of the cache stays, but for what somebody
// began to write long ago.
func TestEvict(t *testing.T) {
	dir, o := t.TempDir(), window(time.Time{}, time.Time{})
	c := open(t, dir, o)
	path := func(i int) string {
		k, _ := c.keys(one(remote(fmt.Sprint(i))))
		return c.path(k)
	}
	var size int64
	for i := range 6 {
		if !c.Save(one(remote(fmt.Sprint(i))), partialOf(t, o, "s3://logs/x", 5)) {
			t.Fatal("not saved")
		}
		used := time.Now().Add(-time.Duration(10+(i+3)%6) * time.Hour) // 3, 4, 5, 0, 1, 2 from the latest on
		if err := os.Chtimes(path(i), used, used); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path(i))
		if err != nil {
			t.Fatal(err)
		}
		size = max(size, info.Size())
	}
	old := time.Now().Add(-2 * time.Hour)
	keep, drop := []string{filepath.Join(dir, "notes.txt"), filepath.Join(dir, "ab", "notes.txt"), path(1) + ".X" + temporary}, path(2)+".Y"+temporary
	for _, name := range append(keep, drop) {
		os.Mkdir(filepath.Dir(name), 0o700)
		if err := os.WriteFile(name, make([]byte, 1000), 0o600); err != nil {
			t.Fatal(err)
		}
		if name != keep[2] {
			if err := os.Chtimes(name, old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	// One that is used again, by a run that writes nothing, is the latest.
	reader := open(t, dir, o)
	if reader.Load(one(remote("2"))) == nil {
		t.Fatal("not loaded")
	}
	reader.Tidy()
	c.MaxBytes = 3*size + size/2
	if s := c.Tidy(); s.Err != nil {
		t.Fatal(s.Err)
	}
	for i, want := range []bool{false, false, true, true, true, false} {
		if _, err := os.Stat(path(i)); (err == nil) != want {
			t.Errorf("entry %d: %v", i, err)
		}
	}
	for _, name := range keep {
		if _, err := os.Stat(name); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(drop); !errors.Is(err, fs.ErrNotExist) {
		t.Error("what was begun long ago is still there")
	}
}

// Using a folded Partial uses those of its objects: they are needed when one of them changes.
func TestTouchFolded(t *testing.T) {
	dir, o := t.TempDir(), window(time.Time{}, time.Time{})
	c := open(t, dir, o)
	refs := []sources.Ref{remote("a"), remote("b")}
	whole := partial.Empty(o)
	for i := range refs {
		p := partialOf(t, o, refs[i].Name, 2)
		c.Save(refs[i:i+1], p)
		whole.Fold(p)
	}
	c.Save(refs, whole)
	old := time.Now().Add(-time.Hour - time.Minute)
	for _, name := range entries(t, dir) {
		if err := os.Chtimes(name, old, old); err != nil {
			t.Fatal(err)
		}
	}
	if c.Load(refs) == nil {
		t.Fatal("not loaded")
	}
	names := entries(t, dir)
	for _, name := range names {
		if info, err := os.Stat(name); err != nil || time.Since(info.ModTime()) > time.Minute {
			t.Errorf("%s: %v, %v", name, info.ModTime(), err)
		}
	}
	if len(names) != 3 {
		t.Errorf("%d entries", len(names))
	}
}

// What is in use for something else is left alone; a directory that a run before died in is not.
func TestClaim(t *testing.T) {
	dir, o := t.TempDir(), window(time.Time{}, time.Time{})
	config := Config{Dir: dir, Program: "test", Options: o}
	name := filepath.Join(dir, "thesis.txt")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(config); !errors.Is(err, ErrForeign) {
		t.Errorf("error %v", err)
	}
	if sources.IsCache(dir) {
		t.Error("it is claimed all the same")
	}
	os.Rename(name, filepath.Join(dir, sources.CacheTag+".X"+temporary))
	for range 2 {
		if _, err := Open(config); err != nil || !sources.IsCache(dir) {
			t.Errorf("error %v, a cache: %v", err, sources.IsCache(dir))
		}
	}
	os.WriteFile(name, nil, 0o600) // beside the tag it does not matter
	if _, err := Open(config); err != nil {
		t.Error(err)
	}
	config.Dir = name
	if _, err := Open(config); !errors.Is(err, ErrForeign) {
		t.Errorf("of a file: error %v", err)
	}
	config.Dir = filepath.Join(name, "below")
	if _, err := Open(config); !errors.Is(err, ErrForeign) {
		t.Errorf("below a file: error %v", err)
	}
}

// Runs that begin with a new directory at once all get it, however soon one of them fills it.
func TestClaimAtOnce(t *testing.T) {
	for range 100 {
		dir := filepath.Join(t.TempDir(), "cache")
		var runs sync.WaitGroup
		for range 8 {
			runs.Go(func() {
				if err := claim(dir); err != nil {
					t.Error(err)
				}
				os.Mkdir(filepath.Join(dir, "00"), 0o700)
			})
		}
		runs.Wait()
	}
}

// Entries hold lines of the log: nobody else may read them.
func TestModes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	o := window(time.Time{}, time.Time{})
	c := open(t, dir, o)
	c.Save(one(remote("a")), partialOf(t, o, "s3://logs/a", 1))
	name := entries(t, dir)[0]
	for _, name := range []string{dir, filepath.Dir(name), name} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if k, err := hex.DecodeString(filepath.Base(filepath.Dir(name)) + strings.TrimSuffix(filepath.Base(name), suffix)); err != nil || len(k) != len(key{}) {
		t.Errorf("%s is not named by its key", name)
	}
}

// Many use one cache at once, and evict what others are about to read.
func TestAtOnce(t *testing.T) {
	dir, o := t.TempDir(), window(time.Time{}, time.Time{})
	want := encoded(partialOf(t, o, "s3://logs/x", 5))
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			c, err := Open(Config{Dir: dir, MaxBytes: 4000, Program: "test", Options: o})
			if err != nil {
				t.Error(err)
				return
			}
			for i := range 60 {
				refs := one(remote(fmt.Sprint(i % 10)))
				if got := c.Load(refs); got != nil {
					if !bytes.Equal(encoded(got), want) {
						t.Error("not as it was")
					}
				} else if !c.Save(refs, partialOf(t, o, "s3://logs/x", 5)) {
					t.Error("not saved")
				}
				if i%20 == 19 {
					if s := c.Tidy(); s.Err != nil || len(s.Corrupt) > 0 {
						t.Errorf("%+v", s)
					}
				}
			}
		})
	}
	all.Wait()
	var total int64
	for _, name := range entries(t, dir) {
		if info, err := os.Stat(name); err == nil {
			total += info.Size()
		}
		if strings.HasSuffix(name, temporary) {
			t.Errorf("%s is left", name)
		}
	}
	if total > 4000 {
		t.Errorf("%d bytes of 4000", total)
	}
}

// A cache that cannot be written to says so once, and keeps out of the way.
func TestCannotWrite(t *testing.T) {
	dir, o := t.TempDir(), window(time.Time{}, time.Time{})
	c := open(t, dir, o)
	refs := one(remote("a"))
	k, _ := c.keys(refs)
	if err := os.WriteFile(filepath.Dir(c.path(k)), nil, 0o600); err != nil { // a file where its folder would be
		t.Fatal(err)
	}
	if c.Save(refs, partialOf(t, o, "s3://logs/a", 1)) {
		t.Error("saved")
	}
	if c.Save(one(remote("b")), partialOf(t, o, "s3://logs/b", 1)) {
		t.Error("it goes on after a fault")
	}
	if s := c.Tidy(); s.Err == nil || s.Saved != 0 {
		t.Errorf("%+v", s)
	}
}
