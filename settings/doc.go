// Package settings holds what AWS tells of a load balancer against what its log shows.
//
// In go the files that `alblens collect` gathers: the JSON that the AWS CLI prints. Out come findings confirmed or
// contradicted, settings that break a known rule, and the log's counts beside CloudWatch's.
//
//  1. load.go reads each file and tells by its content which command printed it. What it cannot use is a [Problem].
//  2. balancer.go, network.go, ecs.go and metric.go are the facts, as [Settings] keeps them.
//  3. observed.go is what the log shows, for the caller to fill in.
//  4. [Settings.Rules] checks the rules, rule_*.go.
//  5. [Settings.Judge] holds a finding against the facts, judge_*.go.
//  6. [Settings.Reconcile] compares counts, bucket by bucket.
//
// Commands that print what is set show what is set now, not what was set when the log was written; nothing of theirs
// confirms a state that has passed. CloudWatch's numbers have their time.
//
// The names of fields are those of the AWS CLI, version 2: https://docs.aws.amazon.com/cli/latest/reference/.
package settings
