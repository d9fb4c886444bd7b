// Package simulate writes the access logs that an Application Load Balancer
// would have written, with known faults in them, and says which records the
// faults made.
//
// In goes a Config: a seed, a span of time, a rate, the size of the load
// balancer and what goes wrong. Out come Objects as AWS delivers them to S3,
// named as AWS names them, in the current format of 36 fields, and with each
// the Truth of its failed records. The same Config gives the same bytes.
//
// What clients ask for is the same in both of two models: connections of
// browsers, programs, monitors and scanners arrive (traffic.go) and ask for the
// routes of a small shop (site.go). Lines (record.go) are collected by node and
// by the five minutes of their response, put in about the order of their
// responses, and compressed (object.go).
//
//   - Without a System the outcome of a request is drawn as it comes (model.go).
//     That is quick, and what the corpus of the benchmarks and the demo need.
//   - With a System a discrete-event model runs (engine.go): nodes with a pool
//     of connections to each target and a mind of their own about its health
//     (balancer.go), servers with workers, a line of waiting requests and a
//     keep-alive of their own (server.go), clients that lose patience, ask again
//     or poll (visitors.go), and Incidents (incident.go, happen.go). Nothing of
//     it draws a failed line: the mechanism is set going, requests meet it
//     (exchange.go), and the log follows.
//
// What the second model holds to be so, from AWS's documentation: nodes open no
// connection ahead of need, send one request at a time over each, close those
// idle for the idle timeout, give up connecting after 10 s, take a target out
// after failed health checks and in after passed ones (a new one after one),
// send to all targets when none is healthy, send nothing new to a draining
// target and cut what it still has when the delay is over. From real lines:
// which of the three times are -1, that a connection timeout takes 10.001 s and
// a little, and the sizes of the node's own pages. From servers' sources: that a
// keep-alive timer fires late when the event loop is busy, and closes a socket
// whose next request has come but is not read. Inferred: that of several idle
// connections the one used last is taken; that nodes learn of a deregistration
// some seconds apart (AWS says "as soon as you deregister it", people see
// requests for seconds more); that a draining target's cut comes at one instant; that
// silence on an open connection to a dead host ends with the idle timeout; and
// the times of a body cut short. In reality a security group's change leaves
// tracked connections alone; Blocked is that of a network ACL, which does not.
//
// Scenarios are Configs by name; ProofDays are the days that the diagnosis is
// proved on, and say what it should find.
//
// The package shares no code with the parser or the diagnosis: it is what they
// are tested against. What it knows of the format and of how causes show comes
// from AWS's documentation and from real lines:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
//
// Every name and address is one reserved for documentation (example.com,
// RFC 5737, RFC 3849), but for the targets, which are in 10.0.0.0/8.
package simulate
