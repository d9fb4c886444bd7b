// Package scan is the one place that starts goroutines: it takes the objects of a plan to workers, and what they yield
// back in the order of the plan.
//
//  1. Partials reads every object into a Partial; Summarize folds them.
//  2. Each hands every record to a function of the caller's and writes what it yields, in order.
//
// Where a worker has nothing left to do, the objects that others still read are decoded ahead of their parsing, so that
// a single large object takes two cores.
//
// All stop early when the context ends, and say so.
package scan
