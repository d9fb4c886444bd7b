package main

import (
	"os"
	"sync"
)

// unfinished begins the names of files and directories that are not whole yet.
const unfinished = ".alblens-"

// begun is what this process has begun and not finished. It is the one thing here that is the process's own, as is the
// signal that ends it.
var begun litter

// A litter is files and directories that are to go when the process is ended before they are finished. Its methods may be
// called from any goroutine.
type litter struct {
	mu    sync.Mutex
	names map[string]bool
}

// begin makes something, and remembers what make calls it.
func (l *litter) begin(make func() (name string, err error)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	name, err := make()
	if err != nil {
		return err
	}
	if l.names == nil {
		l.names = map[string]bool{}
	}
	l.names[name] = true
	return nil
}

// end forgets what was begun under a name if finish, which renames or removes it, succeeds.
func (l *litter) end(name string, finish func() error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := finish()
	if err == nil {
		delete(l.names, name)
	}
	return err
}

// sweep removes all of it. From then on nothing is begun or ended any more: whoever wants to waits for the process to end.
func (l *litter) sweep() {
	l.mu.Lock()
	for name := range l.names {
		for range 3 { // somebody may just be adding to it
			os.RemoveAll(name)
		}
	}
}
