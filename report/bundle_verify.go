package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// A Fault is a file of a bundle that is not as the manifest has it.
type Fault struct{ Name, What string }

// VerifyBundle checks every file below fsys against the bundle's manifest, and returns what is not as it was written, by
// name. sum is the manifest's own SHA-256. It opens only what stands in the directory, never what a manifest names. An
// error means that there is no bundle to check.
func VerifyBundle(fsys fs.FS) (m *Manifest, sum string, faults []Fault, err error) {
	found, faults, err := sumFiles(fsys)
	if err != nil {
		return nil, "", nil, plain(err)
	}
	if _, ok := found[manifestName]; !ok {
		return nil, "", nil, errors.New("no bundle: it has no " + manifestName)
	}
	text, err := fs.ReadFile(fsys, manifestName)
	if err != nil {
		return nil, "", nil, fmt.Errorf("%s: %w", manifestName, plain(err))
	}
	digest := sha256.Sum256(text)
	sum = hex.EncodeToString(digest[:])
	fault := func(name, format string, args ...any) {
		faults = append(faults, Fault{name, fmt.Sprintf(format, args...)})
	}
	m = &Manifest{}
	if err := json.Unmarshal(text, m); err != nil || m.Schema != BundleSchema {
		fault(manifestName, "is not a manifest that this version can read")
		return m, sum, faults, nil
	}
	listed := append(slices.Clone(m.Files), BundleFile{Name: manifestName, Size: int64(len(text)), SHA256: sum})
	for _, want := range listed {
		got, ok := found[want.Name]
		switch {
		case !ok:
			fault(want.Name, "is missing")
		case got.Size != want.Size:
			fault(want.Name, "has %d bytes, not %d", got.Size, want.Size)
		case got.SHA256 != want.SHA256:
			fault(want.Name, "has other content: its SHA-256 is %s, not %s", got.SHA256, want.SHA256)
		}
		delete(found, want.Name)
	}
	// What is listed, and not what is found, is what SHA256SUMS has to say: then a changed manifest shows there.
	switch text, err := fs.ReadFile(fsys, sumsName); {
	case err != nil:
		fault(sumsName, "is missing")
	case !bytes.Equal(text, sums(listed)):
		fault(sumsName, "is not what follows from %s: one of the two was changed", manifestName)
	}
	delete(found, sumsName)
	for name := range found {
		fault(name, "was added")
	}
	slices.SortFunc(faults, func(a, b Fault) int { return strings.Compare(a.Name, b.Name) })
	return m, sum, faults, nil
}

// sumFiles returns all regular files below fsys by name; anything else but a directory is a fault.
func sumFiles(fsys fs.FS) (found map[string]BundleFile, faults []Fault, err error) {
	found = map[string]BundleFile{}
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case name == "." && err != nil:
			return err
		case err != nil:
			faults = append(faults, Fault{name, "cannot be read: " + plain(err).Error()})
			return nil
		case d.IsDir():
			return nil
		case !d.Type().IsRegular():
			faults = append(faults, Fault{name, "is no regular file"})
			return nil
		}
		file, err := sumFile(fsys, name)
		if err != nil {
			faults = append(faults, Fault{name, "cannot be read: " + plain(err).Error()})
		}
		found[name] = file
		return nil
	})
	return found, faults, err
}

func sumFile(fsys fs.FS, name string) (BundleFile, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return BundleFile{Name: name}, err
	}
	defer f.Close()
	sum := sha256.New()
	size, err := io.Copy(sum, f)
	return BundleFile{name, size, hex.EncodeToString(sum.Sum(nil))}, err
}
