// Package compare says what changed between two runs, beyond noise.
//
//  1. Read reads a summary, the JSON of alblens/summary/v1.
//  2. Diff counts each kind of failure on both sides: over all requests, by cause, by finding, and by each key of each
//     dimension that both summaries have.
//  3. A change counts as noise unless an exact test of the two rates rejects chance. Failures come in bursts, so the test
//     weighs them by how unevenly they fall over the buckets of time (dispersion.go); and as there are many comparisons,
//     the rate of false discoveries is held at 5 % over all of them (Benjamini and Hochberg).
//  4. A cause that was high or critical on one side only is named though no test can tell it, with the rates that it explains.
//  5. Quantiles of all requests are compared over the buckets of time, where both sides have them of like requests (times.go).
//  6. What is left is ranked by harm: how many requests more fail in an hour than would at the old rate.
//
// Text, JSON and Markdown render the Result. Summaries may come from anywhere, and keys in them from clients: no text of
// them reaches an output but through its escaping.
package compare
