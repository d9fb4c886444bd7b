package simulate

import (
	"strconv"
	"time"
)

// notMeasured is what the three processing times say when there is none.
const notMeasured = -1

// A record is one line, before it is written. Text is as the log has it, with
// "-" for what is absent.
type record struct {
	typ     string
	end     int64 // response, microseconds since 1970
	client  []byte
	target  string
	reqMS   int64 // the three times in milliseconds, or notMeasured
	tgtMS   int64
	respMS  int64
	elb     int    // status, 0: "000"
	answer  int    // the target's status, 0: "-"
	in, out int64  // bytes
	request []byte // method, URL, protocol
	agent   string
	tls     tlsParameters
	group   string // ARN
	trace   []byte // Root=…
	domain  string
	rule    int
	created int64 // milliseconds since 1970
	actions string
	forward []byte // redirect URL
	reason  string // error_reason, "": "-"
	conn    []byte
	node    string
	reset   string // target_error_code, "": "-"

	cause Cause  // "" where nothing failed
	shows Cause  // what the row alone looks like, "" where that is the cause
	fault Kind   // what was injected, "" where it is everyday noise or a setting
	path  string // name of the route
}

// appendLine appends the record as the 36 fields of the format and a newline.
func (w *lineWriter) appendLine(b []byte, r *record) []byte {
	b = append(b, r.typ...)
	b = append(b, ' ')
	b = w.appendTime(b, r.end)
	b = append(b, ' ')
	b = append(b, w.elb...)
	b = append(b, ' ')
	b = append(b, r.client...)
	b = append(b, ' ')
	b = append(b, r.target...)
	b = append(b, ' ')
	b = appendSeconds(b, r.reqMS)
	b = append(b, ' ')
	b = appendSeconds(b, r.tgtMS)
	b = append(b, ' ')
	b = appendSeconds(b, r.respMS)
	b = append(b, ' ')
	if r.elb == 0 {
		b = append(b, "000"...)
	} else {
		b = strconv.AppendInt(b, int64(r.elb), 10)
	}
	b = append(b, ' ')
	b = appendStatus(b, r.answer)
	b = append(b, ' ')
	b = strconv.AppendInt(b, r.in, 10)
	b = append(b, ' ')
	b = strconv.AppendInt(b, r.out, 10)
	b = append(b, ` "`...)
	b = append(b, r.request...)
	b = append(b, `" "`...)
	b = append(b, r.agent...)
	b = append(b, `" `...)
	b = append(b, r.tls.cipher...)
	b = append(b, ' ')
	b = append(b, r.tls.protocol...)
	b = append(b, ' ')
	b = append(b, r.group...)
	b = append(b, ` "`...)
	b = append(b, r.trace...)
	b = append(b, `" "`...)
	b = append(b, r.domain...)
	b = append(b, `" "`...)
	b = append(b, r.tls.certificate...)
	b = append(b, `" `...)
	if r.rule == ruleAbsent {
		b = append(b, '-')
	} else {
		b = strconv.AppendInt(b, int64(r.rule), 10)
	}
	b = append(b, ' ')
	b = w.appendTime(b, r.created*1000)
	b = append(b, ` "`...)
	b = append(b, r.actions...)
	b = append(b, `" "`...)
	b = append(b, r.forward...)
	b = append(b, `" "`...)
	b = appendText(b, r.reason)
	b = append(b, `" "`...)
	b = append(b, r.target...)
	b = append(b, `" "`...)
	b = appendStatus(b, r.answer)
	b = append(b, `" "-" "-" `...) // classification and its reason
	b = append(b, r.conn...)
	b = append(b, ` "-" "-" "-" `...) // transforms
	b = append(b, r.node...)
	b = append(b, ` "`...)
	b = appendText(b, r.reset)
	return append(b, "\" \"-\"\n"...) // elb_error_code
}

// A lineWriter keeps what lines have in common.
type lineWriter struct {
	elb    string // app/name/id
	minute int64  // of the prefix, since 1970
	prefix []byte // 2006-01-02T15:04:
}

func newLineWriter(cfg Config) lineWriter {
	return lineWriter{elb: "app/" + cfg.LoadBalancer + "/" + cfg.LoadBalancerID}
}

// appendTime appends microseconds since 1970. Neighbouring records share the
// minute, so the calendar is asked once a minute.
func (w *lineWriter) appendTime(b []byte, micros int64) []byte {
	const perMinute = 60_000_000
	if minute := micros / perMinute; minute != w.minute || len(w.prefix) == 0 {
		w.minute = minute
		w.prefix = time.UnixMicro(micros).UTC().AppendFormat(w.prefix[:0], "2006-01-02T15:04:")
	}
	b = append(b, w.prefix...)
	rest := micros % perMinute
	b = appendPadded(b, rest/1_000_000, 2)
	b = append(b, '.')
	b = appendPadded(b, rest%1_000_000, 6)
	return append(b, 'Z')
}

func appendSeconds(b []byte, ms int64) []byte {
	if ms == notMeasured {
		return append(b, "-1"...)
	}
	b = strconv.AppendInt(b, ms/1000, 10)
	b = append(b, '.')
	return appendPadded(b, ms%1000, 3)
}

func appendText(b []byte, text string) []byte {
	if text == "" {
		return append(b, '-')
	}
	return append(b, text...)
}

func appendStatus(b []byte, status int) []byte {
	if status == 0 {
		return append(b, '-')
	}
	return strconv.AppendInt(b, int64(status), 10)
}

func appendPadded(b []byte, v int64, digits int) []byte {
	n := len(b) + digits
	for range digits {
		b = append(b, '0')
	}
	for i := n - 1; v > 0; i-- {
		b[i] = byte('0' + v%10)
		v /= 10
	}
	return b
}
