// Package follow reads objects as they arrive, and keeps what those of a window of time that slides yielded.
//
//  1. Poll lists the sources from the window's beginning on and reads what is new, each object once.
//  2. What an object yielded stays until the five minutes that it covers leave the window.
//  3. Whole folds what the window holds: the same as if its objects were read at once.
//
// What goes wrong on the way is told once, and tried again.
package follow
