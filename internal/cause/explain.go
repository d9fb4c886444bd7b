package cause

// A Doc explains a cause to whoever has to act on it.
type Doc struct {
	Cause Cause
	Title string // what happened, as a sentence without its full stop
	Shows string // how a record of it looks
	Alone string // how much the record alone tells
}

// Docs explains every cause but None, in their order.
func Docs() []Doc { return docs[:] }

var docs = [...]Doc{
	{Target5xx, "The target itself answered 5xx",
		"Status and target status are both numeric and 5xx.",
		"Certain. A 502 or 504 here comes from a proxy or mesh in front of the application, not from the load balancer."},
	{ConnectTimeout, "No TCP or TLS connection to the target within 10 s",
		"504 with a target, all three times -1, and 9.9 to 10.5 s between creation and response.",
		"Nearly certain. With an idle timeout of 10 s a silent target looks the same."},
	{IdleTimeout, "The target took the request and was silent for the idle timeout",
		"504 with a request time and no target time, the duration close to the idle timeout (60 s unless set).",
		"Likely. Packets dropped on a pooled connection look the same."},
	{ShortBody, "The target sent fewer bytes than its Content-Length promised",
		"504 although a response had begun.",
		"A guess: AWS documents the cause, not the times it leaves in the log."},
	{ConnectRefused, "The target refused or reset the connection attempt, or the TLS handshake failed",
		"502 with a target and all three times -1, in less than a second.",
		"Likely. A connection that closes just before dispatch looks the same."},
	{KeepaliveRace, "The target closed an idle connection just as the load balancer reused it",
		"502 with a request time, a target time of 0 to 50 ms, and no response time.",
		"A guess: a fast malformed response and a crash a moment after the start look the same."},
	{TargetCrash, "The target died or was killed with requests in flight",
		"502 with a target time of 0.1 s and more, and no response time.",
		"A guess: worker timeouts, the end of the deregistration delay and malformed responses look the same."},
	{WorkerTimeout, "The application server ends requests at a fixed time",
		"As target-crash; many records share one target time, such as 30 s.",
		"Never told by one record."},
	{DeregistrationCut, "The deregistration delay ran out with requests in flight",
		"As target-crash; all at one instant on a target that had no new requests any more.",
		"Never told by one record."},
	{BadResponse, "The target's response was malformed or its headers too large",
		"502 with a target time like the path's normal latency; certain paths nearly always.",
		"Told by one record only where the target's status was logged beside the 502."},
	{LambdaError, "The Lambda function failed, was throttled, or answered something unusable",
		"5xx with an error reason that begins with Lambda.",
		"Certain: the error reason names it."},
	{NoTarget, "The target group was empty or unused",
		"503 with a target group, without a target, forwarded, all three times -1.",
		"Nearly certain. That all targets are unhealthy gives no 503: the load balancer then sends to all of them."},
	{AuthError, "An authentication or JWT action failed",
		"An error reason that begins with Auth, JWT or JWKS, or status 401, 561 or 562.",
		"Certain where there is an error reason."},
	{WAFBlock, "AWS WAF blocked the request",
		"waf is the last action; the status is 403 or what the rule says.",
		"Certain."},
	{WAFError, "AWS WAF could not be asked",
		"waf-failed is the last action, or an error reason that begins with WAF.",
		"Certain."},
	{FixedResponse, "A listener rule answered 4xx or 5xx on purpose",
		"fixed-response is the last action.",
		"Certain, and no failure of anything."},
	{ClientAbandoned, "The client closed the connection before it had an answer",
		"460.",
		"Certain. With all three times -1 and less than 10 s it may hide a connect timeout."},
	{ClientError, "The load balancer would not forward what the client sent",
		"400, 405, 408, 413, 414, 463, 464, 501, 505 or 507 without a target status.",
		"Certain as to the side, not as to the client's reason."},
	{StreamReset, "The target reset an HTTP/2 stream and the load balancer passed that on",
		"000.",
		"Certain."},
	{Unattributed, "None of these, or nothing that tells which",
		"A failure whose record fits no cause.",
		"An honest answer. alblens records --cause unattributed -f raw shows them."},
}
