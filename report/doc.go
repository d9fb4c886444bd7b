// Package report renders what is known of a run: Report in, bytes out.
//
//   - JSON is the summary that scripts read, of the form alblens/summary/v1.
//   - HTML is one page that needs no network: charts, tables, findings.
//   - Text is what an engineer reads first, fitted to the terminal and clean when piped.
//
// Text of log lines is attacker-controlled. It reaches each format only through that format's own escaping.
package report
