// Package parser turns lines of an Application Load Balancer access log into Records.
//
//  1. Lines cuts a stream of text blocks into lines, however the blocks fall.
//  2. Record.Parse splits one line into its fields and decodes the numbers and times among them.
//  3. The Record's methods give the rest: text fields, the parts of the request, the addresses.
//
// The format is AWS's, https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html:
// fields are told by position, new ones are only ever appended, and "-" and "-1" mean that there is no value.
// So any line with at least the first 12 fields is a record, and fields beyond those known are kept.
//
// Everything a Record gives out is borrowed from the line it was parsed from. Nothing here allocates for a
// line once the buffers have grown, does I/O, or may be used by two goroutines at once.
package parser
