package parser

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The oracle is the format as AWS describes it, written down a second time in the plainest way: regular expressions,
// strings and time.Parse. Whatever Record says about a line, the oracle must say too.

// plain is all that there is to know of a record. A text that the line does not have is "<nil>".
type plain struct {
	Type                                  string
	Time, CreationTime                    int64 // microseconds since 1970, math.MinInt64 if absent
	RequestTime, TargetTime, ResponseTime int64 // microseconds, -1 if absent
	Duration                              int64 // microseconds, -1 if absent
	ELBStatus, TargetStatus               int   // -1 if absent
	ReceivedBytes, SentBytes              int64 // -1 if absent
	RulePriority                          int   // -2 if absent
	Fields                                int
	Text                                  [36]string
	Extra                                 string
	ExtraValues                           string // quoted by Go's rules and joined
	Method, URL, Protocol                 string
	HostPort, Path, Host                  string
	ClientIP, ClientPort                  string
	TargetIP, TargetPort                  string
	LastAction                            string
	HasTarget, WebSocket                  bool
	MadeByLoadBalancer                    bool
}

// A defect is why a line is not a record: the field, what is wrong with it, and the column from 1.
type defect struct {
	Field  string
	Class  string
	Column int
}

var oracleNames = strings.Fields(`type time elb client:port target:port
	request_processing_time target_processing_time response_processing_time
	elb_status_code target_status_code received_bytes sent_bytes
	request user_agent ssl_cipher ssl_protocol target_group_arn trace_id domain_name chosen_cert_arn
	matched_rule_priority request_creation_time actions_executed redirect_url error_reason
	target:port_list target_status_code_list classification classification_reason conn_trace_id
	transformed_host transformed_uri request_transform_status ip_address target_error_code elb_error_code`)

// oracleName takes the position from 0. A Field holds 8 bits, so the names end at 256.
func oracleName(position int) string {
	if position < len(oracleNames) {
		return oracleNames[position]
	}
	return fmt.Sprintf("field %d", min(position+1, 256))
}

type oracleToken struct {
	raw, text string
	column    int // of the text, from 1
}

var (
	quotedToken = regexp.MustCompile(`(?s)^"((?:[^"\\]|\\.)*)"`)
	bareToken   = regexp.MustCompile(`^[^" ][^ ]*`)
)

func tokenise(line string) ([]oracleToken, *defect) {
	var all []oracleToken
	rest := strings.TrimRight(line, " \r")
	column := 1
	for rest != "" {
		name := oracleName(len(all))
		if len(all) > 0 {
			if rest[0] != ' ' {
				return nil, &defect{oracleName(len(all) - 1), "text after quote", column}
			}
			rest, column = rest[1:], column+1
		}
		var token oracleToken
		if quoted := quotedToken.FindStringSubmatch(rest); quoted != nil {
			token = oracleToken{raw: quoted[0], text: quoted[1], column: column + 1}
		} else if bare := bareToken.FindString(rest); bare != "" {
			token = oracleToken{raw: bare, text: bare, column: column}
		} else if rest[0] == '"' {
			return nil, &defect{name, "unclosed", column}
		} else {
			return nil, &defect{name, "empty", column}
		}
		all = append(all, token)
		rest, column = rest[len(token.raw):], column+len(token.raw)
	}
	if len(all) < 12 {
		return nil, &defect{oracleName(len(all)), "too few", column}
	}
	return all, nil
}

var (
	timeForm    = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$`)
	addressForm = regexp.MustCompile(`(?s)^(-|.+:\d{1,5})$`)
	targetForm  = regexp.MustCompile(`(?s)^(-|.+:\d{1,5}|arn:.*)$`)
	secondsForm = regexp.MustCompile(`^(-|-1|\d{1,9}(\.\d{1,9})?)$`)
	statusForm  = regexp.MustCompile(`^(-|\d\d\d)$`)
	bytesForm   = regexp.MustCompile(`^(-|\d{1,18})$`)
	ruleForm    = regexp.MustCompile(`^(-|-1|\d{1,9})$`)
)

func isTime(s string) bool {
	_, err := time.Parse(time.RFC3339, s)
	return timeForm.MatchString(s) && err == nil
}

var oracleForms = []struct {
	number int // of the field, from 1
	class  string
	ok     func(string) bool
}{
	{2, "time", isTime},
	{4, "address", addressForm.MatchString},
	{5, "address", targetForm.MatchString},
	{6, "seconds", secondsForm.MatchString},
	{7, "seconds", secondsForm.MatchString},
	{8, "seconds", secondsForm.MatchString},
	{9, "status", statusForm.MatchString},
	{10, "status", statusForm.MatchString},
	{11, "bytes", bytesForm.MatchString},
	{12, "bytes", bytesForm.MatchString},
	{21, "rule", ruleForm.MatchString},
	{22, "time", func(s string) bool { return s == "-" || isTime(s) }},
}

// oracle parses a line: what it holds, or what is wrong with it.
func oracle(line string) (plain, *defect) {
	all, bad := tokenise(line)
	if bad != nil {
		return plain{}, bad
	}
	text := func(number int) string { // "-" where the line ends before the field
		if number > len(all) {
			return "-"
		}
		return all[number-1].text
	}
	for _, form := range oracleForms {
		if !form.ok(text(form.number)) {
			token := all[form.number-1]
			return plain{}, &defect{oracleName(form.number - 1), form.class, token.column}
		}
	}

	p := plain{
		Type:          oracleType(text(1)),
		Time:          oracleMicros(text(2)),
		RequestTime:   oracleSeconds(text(6)),
		TargetTime:    oracleSeconds(text(7)),
		ResponseTime:  oracleSeconds(text(8)),
		ELBStatus:     int(oracleNumber(text(9), -1)),
		TargetStatus:  int(oracleNumber(text(10), -1)),
		ReceivedBytes: oracleNumber(text(11), -1),
		SentBytes:     oracleNumber(text(12), -1),
		RulePriority:  int(oracleNumber(text(21), -2)),
		CreationTime:  oracleMicros(text(22)),
		Duration:      -1,
		Fields:        len(all),
		Extra:         "<nil>",
		HasTarget:     text(5) != "-" && !strings.HasPrefix(text(5), "arn:"),
	}
	for i := range p.Text {
		p.Text[i] = orNil(text(i + 1))
	}
	if len(all) > 36 {
		var raw []string
		for _, token := range all[36:] {
			raw = append(raw, token.raw)
			p.ExtraValues += strconv.Quote(token.text)
		}
		p.Extra = strings.Join(raw, " ")
	}
	if p.CreationTime != math.MinInt64 && p.CreationTime <= p.Time {
		p.Duration = p.Time - p.CreationTime
	}
	p.WebSocket = p.Type == "ws" || p.Type == "wss"
	p.ClientIP, p.ClientPort = oracleAddress(text(4))
	p.TargetIP, p.TargetPort = oracleAddress(text(5))

	actions := strings.Split(text(23), ",")
	last := actions[len(actions)-1]
	p.LastAction = last
	if text(23) == "-" {
		p.LastAction = "<nil>"
	}
	failed := p.ELBStatus/100 == 5 && p.TargetStatus < 500
	p.MadeByLoadBalancer = failed && last != "fixed-response" && last != "waf"

	p.Method, p.URL, p.Protocol = oracleRequest(text(13))
	var hostPort string
	hostPort, p.HostPort, p.Path = oracleURL(p.URL)
	p.Host = text(19)
	if p.Host == "-" || p.Host == "" {
		p.Host = orNil(regexp.MustCompile(`:[^:\]]*$`).ReplaceAllString(hostPort, ""))
		if p.Host == "" {
			p.Host = "<nil>"
		}
	}
	return p, nil
}

func orNil(s string) string {
	if s == "-" {
		return "<nil>"
	}
	return s
}

func oracleType(s string) string {
	for _, known := range []string{"http", "https", "h2", "grpcs", "ws", "wss"} {
		if s == known {
			return s
		}
	}
	return "unknown"
}

func oracleMicros(s string) int64 {
	if s == "-" {
		return math.MinInt64
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t.UnixMicro()
}

func oracleSeconds(s string) int64 {
	if s == "-" || s == "-1" {
		return -1
	}
	d, err := time.ParseDuration(s + "s")
	if err != nil {
		panic(err)
	}
	return d.Microseconds()
}

func oracleNumber(s string, absent int64) int64 {
	if s == "-" {
		return absent
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

func oracleAddress(s string) (ip, port string) {
	parts := regexp.MustCompile(`(?s)^(.*):([^:]*)$`).FindStringSubmatch(s)
	if parts == nil || strings.HasPrefix(s, "arn:") {
		return "<nil>", "<nil>"
	}
	ip = parts[1]
	if strings.HasPrefix(ip, "[") && strings.HasSuffix(ip, "]") {
		ip = ip[1 : len(ip)-1]
	}
	return ip, parts[2]
}

func oracleRequest(s string) (method, url, protocol string) {
	if s == "-" {
		s = ""
	}
	words := strings.Split(strings.TrimRight(s, " "), " ")
	method = words[0]
	if len(words) == 2 {
		url = words[1]
	}
	if len(words) > 2 {
		last := len(words) - 1
		url, protocol = strings.Join(words[1:last], " "), words[last]
	}
	none := func(part string) string {
		if part == "" {
			return "<nil>"
		}
		return orNil(part)
	}
	return none(method), none(url), none(protocol)
}

// oracleURL returns the authority twice: as text, and as what HostPort is to give.
func oracleURL(url string) (host, hostPort, path string) {
	if url == "<nil>" {
		return "", "<nil>", "<nil>"
	}
	hostPort, path = "<nil>", url
	if absolute := regexp.MustCompile(`(?s)^[^/]*?://([^/?]*)(.*)$`).FindStringSubmatch(url); absolute != nil {
		host, path = absolute[1], absolute[2]
		hostPort = host
	}
	path, _, _ = strings.Cut(path, "?")
	if path == "" {
		path = "<nil>"
	}
	return host, hostPort, path
}

// plainOf asks r for everything.
func plainOf(r *Record) plain {
	q := r.Request()
	clientIP, clientPort := SplitAddress(r.Text(FieldClient))
	targetIP, targetPort := SplitAddress(r.Text(FieldTarget))
	p := plain{
		Type: r.Type.String(), WebSocket: r.Type.WebSocket(),
		Time: int64(r.Time), CreationTime: int64(r.CreationTime), Duration: int64(r.Duration()),
		RequestTime: int64(r.RequestTime), TargetTime: int64(r.TargetTime), ResponseTime: int64(r.ResponseTime),
		ELBStatus: int(r.ELBStatus), TargetStatus: int(r.TargetStatus),
		ReceivedBytes: r.ReceivedBytes, SentBytes: r.SentBytes,
		RulePriority: int(r.RulePriority),
		Fields:       r.Fields,
		Extra:        show(r.Extra()),
		Method:       show(q.Method), URL: show(q.URL), Protocol: show(q.Protocol),
		HostPort: show(q.HostPort()), Path: bothPaths(r), Host: show(r.Host()),
		ClientIP: show(clientIP), ClientPort: show(clientPort),
		TargetIP: show(targetIP), TargetPort: show(targetPort),
		LastAction: show(r.LastAction()),
		HasTarget:  r.HasTarget(), MadeByLoadBalancer: r.MadeByLoadBalancer(),
	}
	for i := range p.Text {
		p.Text[i] = show(r.Text(Field(i)))
	}
	for rest := r.Extra(); len(rest) > 0; {
		var value []byte
		value, rest = NextField(rest)
		p.ExtraValues += strconv.Quote(string(value))
	}
	return p
}

// bothPaths is the path, or what the two ways to it differ in.
func bothPaths(r *Record) string {
	fast, slow := show(r.Path()), show(r.Request().Path())
	if fast != slow {
		return fmt.Sprintf("%s by Record.Path, %s by Request.Path", fast, slow)
	}
	return slow
}

func show(b []byte) string {
	if b == nil {
		return "<nil>"
	}
	return string(b)
}

var classes = map[error]string{
	ErrTooFewFields: "too few", ErrEmptyField: "empty", ErrUnclosed: "unclosed", ErrAfterQuote: "text after quote",
	ErrTime: "time", ErrSeconds: "seconds", ErrStatus: "status", ErrBytes: "bytes", ErrRule: "rule",
	ErrAddress: "address",
}

// checkLine holds Parse against the oracle and returns whether the line is a record. The Record held another line
// before, as it does all the time outside of tests.
func checkLine(t *testing.T, line string) bool {
	t.Helper()
	checkAfter(t, line, line) // whose minute is known then
	return checkAfter(t, logLine(add(`left`, `"over"`)), line)
}

// checkAfter parses line with a Record that held another line before.
func checkAfter(t *testing.T, before, line string) bool {
	t.Helper()
	checkFields(t, line)
	var r Record
	_ = r.Parse([]byte(before))
	buffer := []byte(line)
	err := r.Parse(buffer)
	want, bad := oracle(line)

	if bad != nil {
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Fatalf("line %q\n got error %v\nwant %+v", line, err, *bad)
		}
		got := defect{syntax.Field.String(), classes[syntax.Err], syntax.Column}
		if got != *bad {
			t.Fatalf("line %q\n got %+v\nwant %+v", line, got, *bad)
		}
	} else {
		if err != nil {
			t.Fatalf("line %q\n got error %v\nwant a record", line, err)
		}
		if got := plainOf(&r); got != want {
			t.Fatalf("line %q\n%s", line, differences(got, want))
		}
	}
	if !bytes.Equal(r.Line, buffer) || string(buffer) != line {
		t.Fatalf("line %q\nwas changed to %q, r.Line is %q", line, buffer, r.Line)
	}
	return bad == nil
}

func differences(got, want plain) string {
	var out strings.Builder
	g, w := reflect.ValueOf(got), reflect.ValueOf(want)
	for i := range g.NumField() {
		name := g.Type().Field(i).Name
		if name == "Text" {
			for k := range got.Text {
				if got.Text[k] != want.Text[k] {
					fmt.Fprintf(&out, "%s: got %q, want %q\n", Field(k), got.Text[k], want.Text[k])
				}
			}
		} else if g.Field(i).Interface() != w.Field(i).Interface() {
			fmt.Fprintf(&out, "%s: got %#v, want %#v\n", name, g.Field(i), w.Field(i))
		}
	}
	return out.String()
}

// TestOracle: the oracle itself on one line of each kind, so that it is not wrong in the same way as the parser.
func TestOracle(t *testing.T) {
	p, bad := oracle(logLine())
	if bad != nil {
		t.Fatal(*bad)
	}
	if p.Time != 1795183500_123456 || p.CreationTime != 1795183499_456000 || p.Duration != 667456 {
		t.Errorf("times: %d %d %d", p.Time, p.CreationTime, p.Duration)
	}
	if p.RequestTime != 1000 || p.TargetTime != 22000 || p.ResponseTime != 333000 {
		t.Errorf("processing times: %d %d %d", p.RequestTime, p.TargetTime, p.ResponseTime)
	}
	if p.URL != "https://shop.example:443/a/b?c=d" || p.Path != "/a/b" || p.Host != "shop.sni.example" {
		t.Errorf("request: %s %s %s", p.URL, p.Path, p.Host)
	}
	if _, bad = oracle(logLine(set(FieldELBStatus, "20x"))); *bad != (defect{"elb_status_code", "status", 111}) {
		t.Errorf("status: %+v", *bad)
	}
}
