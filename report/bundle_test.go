package report

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// writeBundle makes a bundle of two files, one of them in a folder.
func writeBundle(t *testing.T, dir string) (sum string) {
	t.Helper()
	b, err := CreateBundle(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Discard()
	for name, text := range map[string]string{"summary.json": "{}", "trace-ids/no-target.txt": "abc"} {
		if err := b.Write(name, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	sum, err = b.Commit(&Manifest{Schema: BundleSchema, Created: start})
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func faults(t *testing.T, dir string) (list []string) {
	t.Helper()
	_, _, found, err := VerifyBundle(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		list = append(list, f.Name+" "+f.What)
	}
	return list
}

func TestBundle(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out", "..", "bundle")
	sum := writeBundle(t, dir)
	m, got, found, err := VerifyBundle(os.DirFS(dir))
	if err != nil || len(found) > 0 || got != sum {
		t.Fatalf("%v, %v, %s and %s", err, found, got, sum)
	}
	// By sha256sum: of "{}" and of "abc".
	want := []BundleFile{
		{"summary.json", 2, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},
		{"trace-ids/no-target.txt", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	}
	if !slices.Equal(m.Files, want) {
		t.Errorf("%+v", m.Files)
	}
	text, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
	if lines := sum + "  manifest.json\n" + want[0].SHA256 + "  summary.json\n" + want[1].SHA256 + "  trace-ids/no-target.txt\n"; err != nil || string(text) != lines {
		t.Errorf("%v: %s", err, text)
	}
	entries, err := os.ReadDir(filepath.Dir(dir))
	if err != nil || len(entries) != 1 {
		t.Errorf("beside the bundle: %v, %v", entries, err)
	}
}

// Every bit of every file matters.
func TestVerifyNoticesEveryBit(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bundle")
	writeBundle(t, dir)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		for i := range text {
			changed := slices.Clone(text)
			changed[i] ^= 1 << (i % 8)
			if err := os.WriteFile(path, changed, 0o666); err != nil {
				return err
			}
			found := faults(t, dir)
			// A change of the manifest shows as a difference from SHA256SUMS, if it does not make it something else.
			blamed := func(f string) bool {
				return strings.HasPrefix(f, filepath.ToSlash(name)+" ") || name == manifestName && strings.HasPrefix(f, "SHA256SUMS is not what follows from manifest.json")
			}
			if !slices.ContainsFunc(found, blamed) {
				t.Fatalf("%s, byte %d: %q", name, i, found)
			}
		}
		return os.WriteFile(path, text, 0o666)
	})
	if err != nil {
		t.Fatal(err)
	}
	if found := faults(t, dir); len(found) > 0 {
		t.Errorf("restored, and still %q", found)
	}
}

func TestVerifyNames(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(dir string) error
		want   []string
	}{
		{"missing", func(dir string) error { return os.Remove(filepath.Join(dir, "summary.json")) }, []string{"summary.json is missing"}},
		{"missing folder", func(dir string) error { return os.RemoveAll(filepath.Join(dir, "trace-ids")) }, []string{"trace-ids/no-target.txt is missing"}},
		{"added", func(dir string) error { return os.WriteFile(filepath.Join(dir, "trace-ids", "x"), nil, 0o666) }, []string{"trace-ids/x was added"}},
		{"renamed", func(dir string) error {
			return os.Rename(filepath.Join(dir, "summary.json"), filepath.Join(dir, "a.json"))
		}, []string{"a.json was added", "summary.json is missing"}},
		{"longer", func(dir string) error { return os.WriteFile(filepath.Join(dir, "summary.json"), []byte("{} "), 0o666) },
			[]string{"summary.json has 3 bytes, not 2"}},
		{"no sums", func(dir string) error { return os.Remove(filepath.Join(dir, "SHA256SUMS")) }, []string{"SHA256SUMS is missing"}},
		{"link", func(dir string) error {
			name := filepath.Join(dir, "summary.json")
			return errors.Join(os.Remove(name), os.Symlink("/etc/hostname", name))
		}, []string{"summary.json is no regular file", "summary.json is missing"}},
		{"no manifest to read", func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "manifest.json"), []byte(`{"schema": "x"}`), 0o666)
		}, []string{"manifest.json is not a manifest that this version can read"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "bundle")
			writeBundle(t, dir)
			if err := tt.change(dir); err != nil {
				t.Fatal(err)
			}
			if got := faults(t, dir); !slices.Equal(got, tt.want) {
				t.Errorf("%q", got)
			}
		})
	}
	if _, _, _, err := VerifyBundle(fstest.MapFS{"x": {}}); err == nil || err.Error() != "no bundle: it has no manifest.json" {
		t.Errorf("%v", err)
	}
}

// What stands there stays, and a bundle that was not committed leaves nothing.
func TestBundleReplacesNothing(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "bundle")
	b, err := CreateBundle(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Write("../x", nil); err == nil {
		t.Error("a file outside")
	}
	if err := os.WriteFile(dir, []byte("in the way"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Commit(&Manifest{}); err == nil || !strings.Contains(err.Error(), "it is there already") {
		t.Errorf("commit over a file: %v", err)
	}
	b.Discard()
	if _, err := CreateBundle(dir); err == nil {
		t.Error("a bundle where something is")
	}
	entries, err := os.ReadDir(parent)
	if err != nil || len(entries) != 1 || entries[0].Name() != "bundle" {
		t.Errorf("left: %v, %v", entries, err)
	}
}
