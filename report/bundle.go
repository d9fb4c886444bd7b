package report

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// BundleSchema names the form of a bundle's manifest. Within it keys are added, never renamed.
const BundleSchema = "alblens/bundle/v1"

// A Manifest tells what a bundle of evidence was made from, and how each of its files can be checked.
type Manifest struct {
	Schema  string            `json:"schema"`
	Tool    BundleTool        `json:"tool"`
	Created time.Time         `json:"created"`
	Args    []string          `json:"args"`
	Notes   []string          `json:"notes"`
	Redact  map[string]string `json:"redacted"` // by file: what was taken out, as --redact has it
	// Complete says that all input was read to its end, and no more lines were malformed than allowed.
	Complete bool          `json:"complete"`
	Inputs   []BundleInput `json:"inputs"`
	NotRead  []NotRead     `json:"not_read"`       // what stands among the sources and is no input
	Failed   int64         `json:"failed_records"` // the records in records.*.gz
	Traces   []Traces      `json:"traces"`
	Files    []BundleFile  `json:"files"` // by name; all but the manifest and SHA256SUMS
}

// BundleTool is what made a bundle.
type BundleTool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// A BundleInput is an object that was read, in the order of the plan.
type BundleInput struct {
	Name     string     `json:"name"`
	Size     *int64     `json:"size"` // as listed; null when unknown
	ETag     string     `json:"etag,omitempty"`
	Modified *time.Time `json:"modified"`
	// SHA256 is of the bytes that were read, BytesRead of them. They are fewer than Size where reading ended early: see
	// Problem.
	SHA256    string `json:"sha256"`
	BytesRead int64  `json:"bytes_read"`
	Lines     int64  `json:"lines"`   // Records and Malformed
	Records   int64  `json:"records"` // of any time, not only the selected ones
	Malformed int64  `json:"malformed"`
	Problem   string `json:"problem,omitempty"` // why it was not read, or not to its end
	// Slot is what the name tells, and when it came; null where the name is not AWS's.
	Slot *BundleSlot `json:"slot"`
}

// A BundleSlot is the five minutes of a load balancer node that an object is of.
type BundleSlot struct {
	LoadBalancer string    `json:"lb"`
	Node         string    `json:"node"`
	End          time.Time `json:"end"`
	Part         int       `json:"part"` // from 1, of as many objects of the same slot as Parts
	Parts        int       `json:"parts"`
	Delay        *float64  `json:"delay_seconds"` // from the slot's end to the object's arrival; null when unknown
	Late         bool      `json:"late"`
	Filling      bool      `json:"filling"` // more objects may have come for it later
}

// NotRead is an object that was passed over, and why.
type NotRead struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Reason string `json:"reason"`
}

// Traces are how many trace ids the failed records of a cause have; the file holds the first of them.
type Traces struct {
	Cause string `json:"cause"`
	File  string `json:"file"`
	IDs   int    `json:"ids"`
	More  int64  `json:"more"` // that are not in the file, counted with repetitions
}

// A BundleFile is a file of a bundle.
type BundleFile struct {
	Name   string `json:"name"` // relative to the bundle, with slashes
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

const (
	manifestName = "manifest.json"
	sumsName     = "SHA256SUMS" // as sha256sum writes and checks it, so that it needs no alblens
)

// A Bundle is a directory of evidence that is being written. It appears under its name whole, by Commit, or not at all.
type Bundle struct {
	dir, temporary string
	committed      bool
	files          []BundleFile
}

// CreateBundle begins a bundle, beside where it is going to be. Nothing may be there: evidence is not replaced. Whoever
// calls it has to call Discard in the end.
func CreateBundle(dir string) (*Bundle, error) {
	dir = filepath.Clean(dir)
	if err := free(dir); err != nil {
		return nil, err
	}
	temporary := filepath.Join(filepath.Dir(dir), ".alblens-"+rand.Text())
	if err := os.Mkdir(temporary, 0o777); err != nil {
		return nil, fmt.Errorf("write %s: %w", dir, plain(err))
	}
	return &Bundle{dir: dir, temporary: temporary}, nil
}

// Temporary is the directory that it is written to until Commit.
func (b *Bundle) Temporary() string { return b.temporary }

func free(dir string) error {
	_, err := os.Lstat(dir)
	switch {
	case err == nil:
		return fmt.Errorf("write %s: it is there already, and evidence is not replaced; name another directory", dir)
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("write %s: %w", dir, plain(err))
	}
	return nil
}

// plain leaves the name out of an error, which may be a temporary one.
func plain(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}

// Create begins a file of the bundle, whose name is relative, with slashes. It is part of the bundle once it is closed.
func (b *Bundle) Create(name string) (io.WriteCloser, error) {
	path := filepath.Join(b.temporary, filepath.FromSlash(name))
	if !fs.ValidPath(name) {
		return nil, fmt.Errorf("write %s: %q is no name of a file in it", b.dir, name)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, b.failed(name, err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, b.failed(name, err)
	}
	return &bundleWriter{bundle: b, file: f, name: name, sum: sha256.New()}, nil
}

// Write writes a file of the bundle.
func (b *Bundle) Write(name string, content []byte) error {
	w, err := b.Create(name)
	if err != nil {
		return err
	}
	if _, err := w.Write(content); err != nil {
		w.Close()
		return err
	}
	return w.Close()
}

func (b *Bundle) failed(name string, err error) error {
	return fmt.Errorf("write %s/%s: %w", b.dir, name, plain(err))
}

type bundleWriter struct {
	bundle *Bundle
	file   *os.File
	name   string
	size   int64
	sum    hash.Hash
}

func (w *bundleWriter) Write(p []byte) (int, error) {
	n, err := w.file.Write(p)
	w.sum.Write(p[:n])
	w.size += int64(n)
	if err != nil {
		return n, w.bundle.failed(w.name, err)
	}
	return n, nil
}

func (w *bundleWriter) Close() error {
	if err := w.file.Close(); err != nil {
		return w.bundle.failed(w.name, err)
	}
	w.bundle.files = append(w.bundle.files, BundleFile{w.name, w.size, hex.EncodeToString(w.sum.Sum(nil))})
	return nil
}

// Commit writes the manifest, whose Files it fills in, and gives the bundle its name. It returns the manifest's SHA-256:
// who keeps it elsewhere can tell a bundle that was made anew from the one that it was.
func (b *Bundle) Commit(m *Manifest) (sum string, err error) {
	slices.SortFunc(b.files, func(x, y BundleFile) int { return strings.Compare(x.Name, y.Name) })
	m.Files = slices.Clone(b.files)
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return "", err
	}
	if err := b.Write(manifestName, append(text, '\n')); err != nil {
		return "", err
	}
	sum = b.files[len(b.files)-1].SHA256
	if err := b.Write(sumsName, sums(b.files)); err != nil {
		return "", err
	}
	if err := free(b.dir); err != nil { // somebody may have been faster
		return "", err
	}
	if err := os.Rename(b.temporary, b.dir); err != nil {
		return "", fmt.Errorf("write %s: %w", b.dir, plain(err))
	}
	b.committed = true
	return sum, nil
}

// Discard leaves no trace of a bundle that was not committed.
func (b *Bundle) Discard() error {
	if b.committed {
		return nil
	}
	return os.RemoveAll(b.temporary)
}

// sums is the text of SHA256SUMS, sorted by name.
func sums(files []BundleFile) []byte {
	files = slices.SortedFunc(slices.Values(files), func(x, y BundleFile) int { return strings.Compare(x.Name, y.Name) })
	var b bytes.Buffer
	for _, f := range files {
		fmt.Fprintf(&b, "%s  %s\n", f.SHA256, f.Name)
	}
	return b.Bytes()
}
