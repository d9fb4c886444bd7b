// Package rig puts a small load balancer in front of real servers (nginx, Node, Go) on loopback, breaks them in known
// ways, and keeps the access log and the truth. Its timings are the world's: timers of real servers, signals, resets and
// SYNs of a real kernel. Nothing in a line is drawn or made up but names.
//
//  1. server.go starts the servers, relay.go delays what passes between them and the load balancer as a network does.
//  2. balancer.go takes requests as an Application Load Balancer does: connections to targets in a pool, last in first
//     out (pool.go), groups of targets and their draining (group.go), one exchange after the other on a connection
//     (exchange.go).
//  3. traffic.go asks, cases.go breaks.
//  4. record.go writes the lines, files.go the files as AWS names them, truth.go what every failure really was.
//
// The truth of a failure is what the case did, told by how the exchange ended on the load balancer's own sockets
// (Ending), which the log does not have. An ending that a case does not explain fails the run.
//
// What it cannot show: how AWS's own nodes schedule and what they log where AWS documents nothing. The rows follow
// AWS's field definitions; for a short body and a lapsed deregistration delay these leave room (see exchange.go).
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html
//
// Linux only: it needs all of 127.0.0.0/8 and the kernel's way with a full accept queue. All traffic stays there.
package rig
