package advice

import (
	"fmt"
	"math"
)

func target5xx(a *adviser) {
	a.groupMetric("Does CloudWatch count as many?", "HTTPCode_Target_5XX_Count", "Sum")
	if traces := a.traces(); len(traces) > 0 {
		a.check("What did the application do? For applications that report to X-Ray; else look these ids up in its own log.",
			a.aws("xray batch-get-traces --trace-ids", words(traces)))
	}
	a.curl("What does the target answer?", "--max-time 75")
	a.records("The records.", "target-5xx")

	if limit := a.estimate("proxy_timeout_seconds"); limit > 0 {
		a.proxyTimeout(limit)
	}
	a.change("text", "The load balancer passed these on.",
		"Repair the application, or what it depends on. No setting of the load balancer changes these.")
}

// proxyTimeout advises where a proxy between load balancer and application gives up after limit seconds.
func (a *adviser) proxyTimeout(limit float64) {
	idle, _ := a.idleTimeout()
	raised := idle - 5
	if float64(raised) <= limit {
		raised = int(math.Ceil(2 * limit))
	}
	why := fmt.Sprintf("Many 504s of the target share %s: a proxy in front of the application gives up then; %s. A longer limit hides a slow application.", span(limit), a.idleTimeoutText())
	a.change("nginx", why+" nginx waits 60 s unless set.", fmt.Sprintf("proxy_read_timeout %ds;", raised))
	a.change("envoy", why+" A route of Envoy waits 15 s unless set.", fmt.Sprintf("timeout: %ds", raised))
	a.change("haproxy", why, fmt.Sprintf("timeout server %ds", raised))
}

func targetCrash(a *adviser) {
	a.stoppedTasks("On ECS: why did tasks stop? Exit code 137 and OutOfMemoryError say that memory ran out. ECS tells for an hour.")
	for _, target := range a.targets {
		a.check("On Kubernetes: which pod has the address, and how often did it restart?",
			"kubectl get pods --all-namespaces -o wide --field-selector "+word("status.podIP="+target.Addr().String()))
	}
	a.owner("What is behind the address now?")
	a.health("Is the target back, and healthy?")
	a.events("Was it deregistered before, and by whom? Then it was stopped on purpose.", "DeregisterTargets")
	a.records("The records: those of one target end together.", "target-crash")

	a.change("text", "What ended the process is unknown until these answer.",
		"Memory ran out: more memory or fewer workers, and find the leak. An uncaught error: catch it per request. "+
			"Killed by its own health check: give the check a path and a timeout that hold under load. "+
			"More targets spread the damage; each crash still fails what was in flight.")
}

func badResponse(a *adviser) {
	const what = "Two Content-Length headers, Content-Length beside Transfer-Encoding, a line that is no header, a body after 204 or 304?"
	path := a.request()
	if path != "" {
		a.curlPath(what, path, "-o /dev/null --max-time 75")
		a.headerSize(path)
	}
	a.metric("Does the load balancer count 502s at the same minutes?", "HTTPCode_ELB_502_Count", "Sum")
	a.records("The records: certain paths, all targets.", "bad-response")

	a.change("text", "The load balancer cannot use the response.",
		"Repair the response of the path. Headers above 32 KB in all are most often cookies or a debug header; that limit is fixed. No timeout has to do with it.")
}

// headerSize counts the bytes of a response's headers.
func (a *adviser) headerSize(path string) {
	for _, target := range a.targets {
		a.check("How many bytes are the headers? 32768 is the limit.",
			sh("curl -s --http1.1 --globoff --path-as-is -D - -o /dev/null --max-time 75", a.hostHeader(), word("http://"+target.String()+path), "| wc -c"))
	}
}

func shortBody(a *adviser) {
	if path := a.request(); path != "" {
		a.curlPath("Does curl say that the transfer closed with bytes outstanding, or wait for them?", path, "-o /dev/null --max-time 75")
	}
	a.records("The records.", "short-body")

	a.change("text", "Fewer bytes came than Content-Length promised.",
		"Let the server compute Content-Length, or send the body chunked. Look at what rewrites the body after its length was set: compression, templates, a proxy. "+
			"A longer idle timeout only makes the client wait for bytes that do not come.")
}

func streamReset(a *adviser) {
	a.groupSettings("Is the protocol version HTTP2 or GRPC?")
	a.records("The records; target_error_code says why: 0x2 an internal error, 0x7 refused, 0x8 cancelled, 0xb too much of something.", "stream-reset")
	a.change("text", "The target reset these streams.",
		"See why: its limit of concurrent streams, a deadline, a restart. Whether the load balancer passes the reset on only changes what the client sees.")
}
