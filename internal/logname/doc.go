// Package logname reads what the name of an access log object tells.
//
// In goes an S3 key or a slash-separated path; out comes a [Name]: which kind
// of log it is, whose, from which load balancer and node, and the five minutes
// it covers. A name that is not AWS's is [Other] and tells nothing, which is no
// error: archives rename files.
//
// The layout is AWS's:
//
//	[prefix/]AWSLogs/<account>/elasticloadbalancing/<region>/<yyyy>/<mm>/<dd>/<file>
//	<account>_elasticloadbalancing_<region>_app.<name>.<id>_<end>_<node>_<random>.log.gz
//
// See https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html#access-log-file-format
package logname
