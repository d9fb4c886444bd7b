// Package simulate writes the access logs that an Application Load Balancer
// would have written, with known faults in them, and says which records the
// faults made.
//
// In goes a Config: a seed, a span of time, a rate, the size of the load
// balancer and the faults. Out come Objects as AWS delivers them to S3, named
// as AWS names them, in the current format of 36 fields, and with each the
// Truth of its failed records. The same Config gives the same bytes.
//
//  1. traffic.go: connections of browsers, programs, monitors and scanners
//     arrive and ask for the routes of a small shop (site.go).
//  2. model.go: the load balancer picks a target and the outcome is drawn,
//     faults included. This is the part that a discrete-event model replaces;
//     what stands before and behind it can stay.
//  3. record.go: the outcome becomes a line.
//  4. object.go: lines are collected by node and by the five minutes of their
//     response, put in about the order of their responses, and compressed.
//
// The package shares no code with the parser or the diagnosis: it is what they
// are tested against. What it knows of the format and of how causes show comes
// from AWS's documentation and from real lines:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html
//
// Every name and address is one reserved for documentation (example.com,
// RFC 5737, RFC 3849), but for the targets, which are in 10.0.0.0/8.
//
// What this first form leaves out: nodes keep no pools of connections to
// targets, so a dead host does not first fail the pooled ones; health checks
// take no target out; clients do not retry or give up.
package simulate
