// Package report renders what is known of a run: Report in, bytes out.
//
//   - JSON is the summary that scripts read, of the form alblens/summary/v1.
//   - Text is what an engineer reads first, fitted to the terminal and clean when piped.
//
// Text of log lines is attacker-controlled. It reaches each format only through that format's own escaping.
package report
