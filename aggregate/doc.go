// Package aggregate counts records by target, path, minute and whatever else is asked for, in bounded memory.
//
//  1. A Set takes records one by one, those of one object in their order.
//  2. Sets are folded with Merge, in the order of their objects.
//  3. Freeze turns the last one into a Result: plain, sorted rows.
//
// A Set's numbers are integers and its state depends only on the records and the order of folds, so the same tree of
// folds gives the same Result whoever computed its leaves. Fold is associative only in that order: the keys that a
// full table drops depend on what was in it.
package aggregate
