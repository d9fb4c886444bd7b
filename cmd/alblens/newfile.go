package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// A newFile appears under its name whole, by commit, or not at all. Its errors name it as the user did.
type newFile struct {
	name   string
	target string // what commit replaces; "" for a pipe or a device, whose place nothing can take
	file   *os.File
	done   bool
}

// create begins a file. Whoever calls it has to call discard in the end. What stands under the name stays until commit,
// and gives its mode.
func create(name string) (*newFile, error) {
	f := &newFile{name: name, target: name}
	old, err := os.Stat(name)
	switch {
	case err == nil && old.IsDir():
		return nil, f.failed(syscall.EISDIR)
	case err == nil && !old.Mode().IsRegular():
		f.target = ""
		f.file, err = os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return nil, f.failed(err)
		}
		return f, nil
	case err == nil:
		if f.target, err = filepath.EvalSymlinks(name); err != nil {
			return nil, f.failed(err)
		}
	}
	beside := filepath.Join(filepath.Dir(f.target), unfinished+rand.Text())
	err = begun.begin(func() (string, error) {
		f.file, err = os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		return beside, err
	})
	if err != nil {
		return nil, f.failed(err)
	}
	if old != nil {
		if err := f.file.Chmod(old.Mode().Perm()); err != nil {
			f.discard()
			return nil, f.failed(err)
		}
	}
	return f, nil
}

func (f *newFile) Write(p []byte) (int, error) {
	n, err := f.file.Write(p)
	if err != nil {
		err = f.failed(err)
	}
	return n, err
}

// commit gives the file its name.
func (f *newFile) commit() error {
	err := f.file.Close()
	if err == nil && f.target != "" {
		err = begun.end(f.file.Name(), func() error { return os.Rename(f.file.Name(), f.target) })
	}
	if err != nil {
		return f.failed(err)
	}
	f.done = true
	return nil
}

// discard leaves no trace of a file that was not committed.
func (f *newFile) discard() {
	if f.done {
		return
	}
	f.file.Close()
	if f.target != "" {
		begun.end(f.file.Name(), func() error { return os.Remove(f.file.Name()) })
	}
}

// failed leaves the name of the temporary file out of an error.
func (f *newFile) failed(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		err = e.Err
	}
	return fmt.Errorf("write %s: %w", f.name, err)
}

// createFile writes a file so that it appears under its name whole or not at all.
func createFile(name string, write func(io.Writer) error) error {
	f, err := create(name)
	if err != nil {
		return err
	}
	defer f.discard()
	if err := write(f); err != nil {
		return err
	}
	return f.commit()
}
