package diagnose

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"alblens/internal/cause"
)

// word writes title, summary, reasons and caveats.
func (s *scene) word(f *Finding, b *bundle) {
	where := s.names[b.where]
	// Titles that need no name tell findings of one cause apart by it.
	apart := func(preposition string) string {
		if slices.ContainsFunc(s.bundles, func(o *bundle) bool { return o != b && o.cause == b.cause }) {
			return preposition + where
		}
		return ""
	}
	n, of := count(f.Requests), count(f.Of)
	codes := statuses(b.list)
	estimate := func(name string) string {
		for _, e := range f.Estimates {
			if e.Name == name {
				return number(e.Seconds) + " s"
			}
		}
		return ""
	}
	orElse := func(text, other string) string {
		if text == "" {
			return other
		}
		return text
	}
	head := fmt.Sprintf("%s of %s %s", n, of, codes)
	switch b.cause {
	case cause.Target5xx:
		f.Title = "Targets of " + where + " answer 5xx themselves"
		f.Summary = head + " were made by the application or a proxy in front of it, not by the load balancer"
		if t := estimate("proxy_timeout_seconds"); t != "" {
			f.Summary += "; they crowd at " + t + ", as the time limit of a proxy would"
		}
	case cause.ConnectTimeout:
		f.Title = "Targets of " + where + " cannot be connected to within 10 s"
		f.Summary = head + ": no connection to the target came about, its packets go unanswered"
		f.Caveats = append(f.Caveats, "A security group, a NACL, a dead host and a full accept queue look alike in the log.")
	case cause.IdleTimeout:
		f.Title = "Targets of " + where + " are silent for the idle timeout of " + orElse(estimate("idle_timeout_seconds"), "the load balancer")
		f.Summary = head + ": the target took the request and did not answer in " + orElse(estimate("idle_timeout_seconds"), "time")
	case cause.ShortBody:
		f.Title = "Responses of " + where + " end before their Content-Length"
		f.Summary = head + ": a response had begun and did not end"
		f.Caveats = append(f.Caveats, "AWS documents this cause, not the times it leaves in the log: the shape is inferred.")
	case cause.ConnectRefused:
		f.Title = "Targets of " + where + " refuse connections"
		f.Summary = head + ": the target refused or reset the connection attempt, or its TLS handshake failed"
		f.Caveats = append(f.Caveats, "Where the target group speaks HTTPS, a failed TLS handshake looks the same; TargetTLSNegotiationErrorCount tells them apart.")
	case cause.KeepaliveRace:
		f.Title = "The servers of " + where + " close idle connections before the load balancer does"
		f.Summary = head + ": the target closed an idle connection just as the load balancer reused it"
		if t := estimate("server_keepalive_seconds"); t != "" {
			f.Summary += "; the server's keep-alive seems to be " + t
		}
		f.Caveats = append(f.Caveats, "The checklists file this under 504; what the log shows is 502.")
	case cause.TargetCrash:
		f.Title = "Targets of " + where + " die with requests in flight"
		f.Summary = fmt.Sprintf("%s: the target closed the connection while it was working on the request; %s", head, s.crashes(b))
	case cause.WorkerTimeout:
		f.Title = "The application server of " + where + " ends requests after " + orElse(estimate("worker_timeout_seconds"), "a fixed time")
		f.Summary = head + " broke after the same time: a limit on the application server, such as a worker timeout"
	case cause.DeregistrationCut:
		f.Title = "Deregistration of " + where + " targets cuts requests off"
		f.Summary = fmt.Sprintf("%s were in flight when the deregistration delay of %s ran out", head, orElse(estimate("deregistration_delay_seconds"), "their target group"))
		low, high := estimate("deregistration_delay_min_seconds"), estimate("deregistration_delay_max_seconds")
		if low != high {
			f.Caveats = append(f.Caveats, fmt.Sprintf("The log shows when nodes stopped sending to a target, not when it was deregistered: the delay may be anything from %s to %s.", low, high))
		}
	case cause.BadResponse:
		f.Title = "Responses of " + where + " are malformed or their headers too large"
		f.Summary = head + ": the target answered something that the load balancer could not pass on"
	case cause.LambdaError:
		f.Title = "The Lambda function behind " + where + " fails"
		f.Summary = head + " have " + reasons(b.list) + " as error reason"
	case cause.NoTarget:
		f.Title = "Target group " + where + " is empty"
		f.Summary = head + ": no target was registered, or none in use"
	case cause.AuthError:
		f.Title = "Authentication at the load balancer fails" + apart(" for ")
		f.Summary = head + " come from an authenticate or JWT action"
		if r := reasons(b.list); r != "" {
			f.Summary += ": " + r
		}
	case cause.WAFBlock:
		f.Title = "AWS WAF blocks requests" + apart(" to ")
		f.Summary = head + " were blocked by AWS WAF"
	case cause.WAFError:
		f.Title = "AWS WAF cannot be asked" + apart(" for ")
		f.Summary = head + " failed in the call of AWS WAF"
	case cause.FixedResponse:
		f.Title = "A listener rule" + apart(" of ") + " answers " + codes + " on purpose"
		f.Summary = head + " are fixed responses"
	case cause.ClientAbandoned:
		f.Title = "Clients" + apart(" of ") + " give up before they are answered"
		if t := estimate("client_timeout_seconds"); t != "" {
			f.Title = "Clients" + apart(" of ") + " give up after " + t
		}
		f.Summary = head + ": the client closed the connection first"
		if hidden := s.hiddenConnects(b.list); hidden > 0 {
			f.Caveats = append(f.Caveats, fmt.Sprintf("%s of them had no connection to a target yet: clients that wait for less than 10 s hide that targets cannot be connected to.", count(uint64(hidden))))
		}
	case cause.ClientError:
		f.Title = "The load balancer rejects malformed or unsupported requests" + apart(" to ")
		f.Summary = head + " were answered by the load balancer because of what the client sent"
	case cause.StreamReset:
		f.Title = "Targets" + apart(" of ") + " reset HTTP/2 streams"
		f.Summary = head + " ended in a reset that the target sent"
	case cause.Unattributed:
		f.Title = "Failures of " + where + " without a known cause"
		f.Summary = head + " fit no known cause, or more than one"
	}
	if text := tooFew(f, b); text != "" {
		f.Caveats = append(f.Caveats, text)
	}
	if names := f.Scope.Paths; len(names) == 1 && names[0] != "-" && b.cause != cause.NoTarget {
		f.Summary += ", all on " + names[0]
	} else if len(f.Scope.Targets) == 1 {
		f.Summary += ", all on " + f.Scope.Targets[0]
	}
	f.Summary += "."
	f.Reasons = append(commonReasons(b.list), f.Reasons...)
	if s.sampled {
		f.Caveats = append(f.Caveats, "More records failed than were kept: counts by cause are shares of a sample.")
	}
}

// tooFew says what would be needed to say more.
func tooFew(f *Finding, b *bundle) string {
	switch b.cause {
	case cause.KeepaliveRace:
		if !slices.ContainsFunc(f.Estimates, func(e Estimate) bool { return e.Name == "server_keepalive_seconds" }) {
			return "Too few to tell the server's keep-alive: that takes three and more after the same idle time, with the requests before them. Read more of the log."
		}
	case cause.IdleTimeout:
		if len(b.list) < 3 {
			return "Too few to tell the idle timeout from the log: that takes three and more that end after the same time."
		}
	case cause.TargetCrash:
		if len(b.list) < 3 && f.Confidence < 0.7 {
			return "Too few to be sure: what happened on the target in that second would tell, as its stop reason or the application's log."
		}
	}
	return ""
}

// crashes says how many targets were hit how often.
func (s *scene) crashes(b *bundle) string {
	times, targets := 0, map[string]bool{}
	for _, c := range s.cuts {
		if c.cause == cause.TargetCrash && c.group == b.where {
			times++
			targets[c.target] = true
		}
	}
	switch {
	case times == 0:
		return "no instant stands out"
	case times == 1:
		return "at one instant on one target"
	}
	return fmt.Sprintf("at %d instants on %d targets", times, len(targets))
}

// hiddenConnects counts those that gave up while the load balancer was still connecting.
func (s *scene) hiddenConnects(list []*suspect) int {
	n := 0
	for _, x := range list {
		if x.Target != "" && x.RequestTime < 0 && wallOf(x) < 10 {
			n++
		}
	}
	return n
}

// commonReasons are the reasons of most records, those that differ in their numbers only once.
func commonReasons(list []*suspect) []string {
	type entry struct {
		text   string
		weight float64
	}
	total := 0.0
	byText := map[string]*entry{} // of equal text first: few texts differ at all
	var texts []*entry
	for _, x := range list {
		total += x.weight
		for _, text := range x.Reasons {
			e := byText[text]
			if e == nil {
				e = &entry{text: text}
				byText[text] = e
				texts = append(texts, e)
			}
			e.weight += x.weight
		}
	}
	byShape := map[string]*entry{}
	var order []*entry
	for _, e := range texts {
		shape := strings.Map(withoutNumber, e.text)
		if same := byShape[shape]; same != nil {
			same.weight += e.weight
			continue
		}
		byShape[shape] = e
		order = append(order, e)
	}
	// Weights are sums of what is no whole number, and reasons of the same records are to stay in order.
	millionths := func(e *entry) float64 { return math.Round(1e6 * e.weight) }
	slices.SortStableFunc(order, func(a, b *entry) int { return -cmp.Compare(millionths(a), millionths(b)) })
	var out []string
	for _, e := range order[:min(len(order), 5)] {
		if share := e.weight / total; share < 0.995 && len(list) > 1 {
			out = append(out, fmt.Sprintf("%s (%.0f %% of them)", e.text, 100*share))
		} else {
			out = append(out, e.text)
		}
	}
	return out
}

// withoutNumber is for strings.Map.
func withoutNumber(r rune) rune {
	if r >= '0' && r <= '9' || r == '.' || r == ',' {
		return -1
	}
	return r
}

// statuses are the codes of the load balancer, as "502s" or "502s and 504s".
func statuses(list []*suspect) string {
	seen := map[int]int{}
	for _, x := range list {
		seen[int(x.ELBStatus)]++
	}
	var codes []int
	for c := range seen {
		codes = append(codes, c)
	}
	slices.Sort(codes)
	var words []string
	for _, c := range codes[:min(len(codes), 4)] {
		if c < 0 {
			words = append(words, "without status")
			continue
		}
		words = append(words, fmt.Sprintf("%03ds", c))
	}
	if len(codes) > 4 {
		return "failures"
	}
	return strings.Join(words, " and ")
}

// reasons are the error reasons, the most frequent first.
func reasons(list []*suspect) string {
	seen := map[string]int{}
	for _, x := range list {
		if x.Reason != "" {
			seen[x.Reason]++
		}
	}
	var names []string
	for name := range seen {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(-cmp.Compare(seen[a], seen[b]), strings.Compare(a, b)) })
	return strings.Join(names[:min(len(names), 3)], ", ")
}

// count groups digits by three.
func count(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
