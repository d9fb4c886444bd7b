package parser

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"
)

// mustParse is the record of a good line that the oracle agrees about.
func mustParse(t *testing.T, line string) *Record {
	t.Helper()
	if !checkLine(t, line) {
		t.Fatalf("not a record: %s", line)
	}
	r := new(Record)
	if err := r.Parse([]byte(line)); err != nil {
		t.Fatal(err)
	}
	return r
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %#v, want %#v", what, got, want)
	}
}

func equalText(t *testing.T, what string, got []byte, want string) {
	t.Helper()
	equal(t, what, show(got), want)
}

// none stands for a nil slice in the tables.
const none = "<nil>"

func TestParseDecodes(t *testing.T) {
	r := mustParse(t, logLine())
	equal(t, "Type", r.Type, HTTPS)
	equal(t, "Time", r.Time, 1795183500_123456)                 // µs
	equal(t, "CreationTime", r.CreationTime, 1795183499_456000) // µs
	equal(t, "Duration", r.Duration(), 667456)                  // µs
	equal(t, "RequestTime", r.RequestTime, 1_000)               // µs
	equal(t, "TargetTime", r.TargetTime, 22_000)                // µs
	equal(t, "ResponseTime", r.ResponseTime, 333_000)           // µs
	equal(t, "ELBStatus", r.ELBStatus, 200)
	equal(t, "TargetStatus", r.TargetStatus, 201)
	equal(t, "ReceivedBytes", r.ReceivedBytes, 1234)
	equal(t, "SentBytes", r.SentBytes, 56789)
	equal(t, "RulePriority", r.RulePriority, 7)
	equal(t, "Fields", r.Fields, 36)
	equal(t, "HasTarget", r.HasTarget(), true)
	equalText(t, "Extra", r.Extra(), none)
	equalText(t, "LastAction", r.LastAction(), "forward")
	equalText(t, "Host", r.Host(), "shop.sni.example")
}

func TestParseText(t *testing.T) {
	r := mustParse(t, logLine())
	for field, want := range map[Field]string{
		FieldType:                 "https",
		FieldTime:                 "2026-11-20T14:05:00.123456Z",
		FieldELB:                  "app/shop/50dc6c495c0c9188",
		FieldClient:               "203.0.113.7:50123",
		FieldTarget:               "10.0.1.9:8443",
		FieldRequestTime:          "0.001",
		FieldTargetTime:           "0.022",
		FieldResponseTime:         "0.333",
		FieldELBStatus:            "200",
		FieldTargetStatus:         "201",
		FieldReceivedBytes:        "1234",
		FieldSentBytes:            "56789",
		FieldRequest:              "GET https://shop.example:443/a/b?c=d HTTP/1.1",
		FieldUserAgent:            "curl/8.9.1",
		FieldSSLCipher:            "ECDHE-RSA-AES128-GCM-SHA256",
		FieldSSLProtocol:          "TLSv1.2",
		FieldTargetGroupARN:       "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/73e2d6bc24d8a067",
		FieldTraceID:              "Root=1-691f1f4b-23a8c76965a2ef7629b185e3",
		FieldDomainName:           "shop.sni.example",
		FieldChosenCertARN:        "arn:aws:acm:eu-west-1:123456789012:certificate/1277e7c7",
		FieldRulePriority:         "7",
		FieldCreationTime:         "2026-11-20T14:04:59.456000Z",
		FieldActions:              "waf,forward",
		FieldRedirectURL:          "https://r.example:443/to",
		FieldErrorReason:          "LambdaInvalidResponse",
		FieldTargetList:           "10.0.1.9:8444",
		FieldTargetStatusList:     "202",
		FieldClassification:       "Ambiguous",
		FieldClassificationReason: "EmptyHeader",
		FieldConnTraceID:          "TID_b33932fc40603344",
		FieldTransformedHost:      "t.example",
		FieldTransformedURI:       "/t?u",
		FieldTransformStatus:      "TransformSuccess",
		FieldNodeIP:               "10.0.0.5",
		FieldTargetErrorCode:      "0x2",
		FieldELBErrorCode:         "0x8",
	} {
		equalText(t, field.String(), r.Text(field), want)
	}
	for _, f := range []Field{Field(KnownFields), 37, 255} {
		equalText(t, f.String(), r.Text(f), none)
	}
}

// The counts of fields that AWS has written since 2016, and the others, which other tools write.
func TestParseEras(t *testing.T) {
	last := map[int]string{
		12: "56789", 15: "ECDHE-RSA-AES128-GCM-SHA256",
		17: "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/73e2d6bc24d8a067",
		18: "Root=1-691f1f4b-23a8c76965a2ef7629b185e3",
		20: "arn:aws:acm:eu-west-1:123456789012:certificate/1277e7c7",
		23: "waf,forward", 24: "https://r.example:443/to", 25: "LambdaInvalidResponse", 27: "202", 29: "EmptyHeader",
		30: "TID_b33932fc40603344", 33: "TransformSuccess", 34: "10.0.0.5", 36: "0x8",
	}
	for n := MinFields; n <= KnownFields; n++ {
		r := mustParse(t, logLine(first(n)))
		what := fmt.Sprintf("%d fields: ", n)
		equal(t, what+"Fields", r.Fields, n)
		equal(t, what+"SentBytes", r.SentBytes, 56789)
		equalText(t, what+"Extra", r.Extra(), none)
		if want, ok := last[n]; ok {
			equalText(t, what+"the last one", r.Text(Field(n-1)), want)
		}
		for f := n; f < KnownFields; f++ {
			equalText(t, what+Field(f).String(), r.Text(Field(f)), none)
		}
		priority, creation, duration := NoRule, NoTimestamp, NoMicros
		if n >= 21 {
			priority = 7
		}
		if n >= 22 {
			creation, duration = 1795183499_456000, 667456
		}
		equal(t, what+"RulePriority", r.RulePriority, priority)
		equal(t, what+"CreationTime", r.CreationTime, creation)
		equal(t, what+"Duration", r.Duration(), duration)
	}
}

func TestParseExtra(t *testing.T) {
	for _, c := range []struct {
		add    []string
		fields int
		extra  string
		values []string
	}{
		{nil, 36, none, nil},
		{[]string{`-`}, 37, `-`, []string{`-`}},
		{[]string{`"-"`}, 37, `"-"`, []string{`-`}},
		{[]string{`""`}, 37, `""`, []string{``}},
		{[]string{`"a b"`, `c`}, 38, `"a b" c`, []string{`a b`, `c`}},
		{[]string{`c`, `"a b"`, `"\x22"`, `7`}, 40, `c "a b" "\x22" 7`, []string{`c`, `a b`, `\x22`, `7`}},
		{[]string{`"\" "`, `longer-than-a-word`}, 38, `"\" " longer-than-a-word`, []string{`\" `, `longer-than-a-word`}},
	} {
		r := mustParse(t, logLine(add(c.add...)))
		equal(t, c.extra+" Fields", r.Fields, c.fields)
		equalText(t, "Extra", r.Extra(), c.extra)
		var values []string
		for rest := r.Extra(); len(rest) > 0; {
			var value []byte
			value, rest = NextField(rest)
			values = append(values, string(value))
		}
		equal(t, c.extra+" values", fmt.Sprintf("%q", values), fmt.Sprintf("%q", c.values))
	}
	r := mustParse(t, logLine(add("a", `"b"`))+" \r")
	equalText(t, "Extra of a line with blanks behind", r.Extra(), `a "b"`)
	equalText(t, "Text of the first unknown field", r.Text(Field(KnownFields)), none)
	r = mustParse(t, logLine(add(strings.Fields(strings.Repeat("x ", 300))...)))
	equal(t, "Fields of a line with 336", r.Fields, 336)
}

func TestNextField(t *testing.T) {
	for _, c := range []struct{ text, value, rest string }{
		{`a b`, `a`, `b`},
		{`a`, `a`, none},
		{`"a b" c d`, `a b`, `c d`},
		{`"a"`, `a`, none},
		{`"" b`, ``, `b`},
		{`"a`, `"a`, none}, // never in Extra
		{`- -`, `-`, `-`},
		{`0123456789 b`, `0123456789`, `b`},
		{``, ``, none},
	} {
		value, rest := NextField([]byte(c.text))
		equalText(t, c.text+" value", value, c.value)
		equalText(t, c.text+" rest", rest, c.rest)
	}
}

// AWS has written some fields both with quotes and without, other tools do it with all.
func TestParseQuotedOrBare(t *testing.T) {
	want := plainOf(mustParse(t, logLine()))
	for f := range Field(KnownFields) {
		raw := tokens[f]
		other := `"` + raw + `"`
		if raw[0] == '"' {
			other = strings.Trim(raw, `"`)
		}
		if f == FieldRequest { // cannot do without
			continue
		}
		if got := plainOf(mustParse(t, logLine(set(f, other)))); got != want {
			t.Errorf("%s as %s:\n%s", f, other, differences(got, want))
		}
	}
}

func TestAbsent(t *testing.T) {
	for _, raw := range []string{`-`, `"-"`} {
		for f := range Field(KnownFields) {
			if f == FieldType || f == FieldTime {
				continue
			}
			r := mustParse(t, logLine(set(f, raw)))
			equalText(t, f.String(), r.Text(f), none)
		}
		r := mustParse(t, logLine(
			set(FieldTarget, raw), set(FieldRequestTime, raw), set(FieldTargetTime, raw), set(FieldResponseTime, raw),
			set(FieldELBStatus, raw), set(FieldTargetStatus, raw), set(FieldReceivedBytes, raw), set(FieldSentBytes, raw),
			set(FieldRulePriority, raw), set(FieldCreationTime, raw)))
		equal(t, "HasTarget", r.HasTarget(), false)
		equal(t, "RequestTime", r.RequestTime, NoMicros)
		equal(t, "TargetTime", r.TargetTime, NoMicros)
		equal(t, "ResponseTime", r.ResponseTime, NoMicros)
		equal(t, "ELBStatus", r.ELBStatus, NoStatus)
		equal(t, "TargetStatus", r.TargetStatus, NoStatus)
		equal(t, "ReceivedBytes", r.ReceivedBytes, NoBytes)
		equal(t, "SentBytes", r.SentBytes, NoBytes)
		equal(t, "RulePriority", r.RulePriority, NoRule)
		equal(t, "CreationTime", r.CreationTime, NoTimestamp)
		equal(t, "Duration", r.Duration(), NoMicros)
	}
}

// Text gives what is between the quotes, untouched.
func TestText(t *testing.T) {
	for _, c := range []struct{ raw, want string }{
		{`bare`, `bare`},
		{`"quoted"`, `quoted`},
		{`""`, ``},
		{`"-"`, none},
		{`-`, none},
		{`"--"`, `--`},
		{`"a b  c "`, `a b  c `},
		{`" leading"`, ` leading`},
		{`"*"`, `*`},
		{`"\x22quoted\x22 \x5C \xEC\x97\x90"`, `\x22quoted\x22 \x5C \xEC\x97\x90`},
		{`"\x00000022"`, `\x00000022`},
		{`"Optional(\"Mozilla/5.0 (iPhone)\") (app)"`, `Optional(\"Mozilla/5.0 (iPhone)\") (app)`},
		{`"\""`, `\"`},
		{`"\\"`, `\\`},
		{`"a\\\" b"`, `a\\\" b`},
		{`"a+b%20c"`, `a+b%20c`},
		{"\"\xff\xfe \xe9\"", "\xff\xfe \xe9"},
		{"\"tab\there\"", "tab\there"},
		{`mid"dle`, `mid"dle`},
		{`back\slash`, `back\slash`},
		{"cr\rinside", "cr\rinside"},
	} {
		for _, f := range []Field{FieldUserAgent, FieldDomainName, FieldELBErrorCode} {
			r := mustParse(t, logLine(set(f, c.raw)))
			equalText(t, f.String()+" "+c.raw, r.Text(f), c.want)
			equalText(t, "the field before", r.Text(f-1), strings.Trim(tokens[f-1], `"`))
			if int(f) < KnownFields-1 {
				equalText(t, "the field behind", r.Text(f+1), strings.Trim(tokens[f+1], `"`))
			}
		}
	}
}

// Bare fields of every length around the eight bytes that are looked at at once, in the middle and at the end.
func TestBareLengths(t *testing.T) {
	for n := 1; n <= 40; n++ {
		word := strings.Repeat("w", n)
		r := mustParse(t, logLine(set(FieldELB, word), set(FieldELBErrorCode, word)))
		equalText(t, "elb", r.Text(FieldELB), word)
		equalText(t, "elb_error_code", r.Text(FieldELBErrorCode), word)
	}
	for _, c := range []string{"\x21", "\x1f", "\x00", "\xa0", "\x7f", "!!!!!!!!", "\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0"} {
		r := mustParse(t, logLine(set(FieldELB, c)))
		equalText(t, fmt.Sprintf("elb %q", c), r.Text(FieldELB), c)
	}
}

func TestLineEnds(t *testing.T) {
	for _, end := range []string{"\r", " ", "  ", " \r", "\r\r", " \r \r "} {
		for _, n := range []int{12, 15, 18, 36} {
			line := logLine(first(n))
			r := mustParse(t, line+end)
			equal(t, fmt.Sprintf("Fields before %q", end), r.Fields, n)
			equalText(t, "the last one", r.Text(Field(n-1)), strings.Trim(tokens[n-1], `"`))
			equal(t, "Line", string(r.Line), line+end)
		}
	}
}

func TestLongLines(t *testing.T) {
	long := strings.Repeat(`\xC3\xA4 `, MaxLine/9)
	agent := long[:MaxLine-len(logLine(set(FieldUserAgent, `""`)))]
	line := logLine(set(FieldUserAgent, `"`+agent+`"`))
	equal(t, "length", len(line), MaxLine)
	r := mustParse(t, line)
	equal(t, "user agent", string(r.Text(FieldUserAgent)), agent)
	equalText(t, "last field", r.Text(FieldELBErrorCode), "0x8")

	word := strings.Repeat("w", 100_000)
	equalText(t, "elb", mustParse(t, logLine(set(FieldELB, word))).Text(FieldELB), word)
	quotes := strings.Repeat(`\"`, 50_000)
	equalText(t, "quotes", mustParse(t, logLine(set(FieldUserAgent, `"`+quotes+`"`))).Text(FieldUserAgent), quotes)
	equal(t, "3000 fields", mustParse(t, logLine(add(strings.Repeat("- ", 2964)))).Fields, 3000)
}

func TestType(t *testing.T) {
	for _, c := range []struct {
		raw       string
		want      Type
		name      string
		webSocket bool
	}{
		{"http", HTTP, "http", false}, {"https", HTTPS, "https", false}, {"h2", H2, "h2", false},
		{"grpcs", GRPCS, "grpcs", false}, {"ws", WS, "ws", true}, {"wss", WSS, "wss", true},
		{"h3", TypeUnknown, "unknown", false}, {"HTTP", TypeUnknown, "unknown", false},
		{"-", TypeUnknown, "unknown", false}, {`""`, TypeUnknown, "unknown", false},
		{"httpss", TypeUnknown, "unknown", false}, {"unknown", TypeUnknown, "unknown", false},
	} {
		r := mustParse(t, logLine(set(FieldType, c.raw)))
		equal(t, c.raw, r.Type, c.want)
		equal(t, c.raw+" String", r.Type.String(), c.name)
		equal(t, c.raw+" WebSocket", r.Type.WebSocket(), c.webSocket)
	}
}

// bad stands for a defect in the tables of numbers.
const bad = math.MinInt64 + 1

// parsed is the number that number draws from the record with raw in a field, or bad if it is that field that is
// refused, with the error want.
func parsed(t *testing.T, f Field, raw string, want error, number func(*Record) int64) int64 {
	t.Helper()
	line := logLine(set(f, raw))
	if checkLine(t, line) {
		return number(mustParse(t, line))
	}
	var syntax *SyntaxError
	if err := new(Record).Parse([]byte(line)); !errors.As(err, &syntax) || syntax.Field != f || !errors.Is(err, want) {
		t.Errorf("%s %s: got error %v, want %v", f, raw, err, want)
	}
	return bad
}

func TestTimestamp(t *testing.T) {
	for _, c := range []struct {
		raw  string
		want int64 // µs
	}{
		{"1970-01-01T00:00:00Z", 0},
		{"1970-01-01T00:00:00.000001Z", 1},
		{"1970-01-01T00:00:01.000000Z", 1e6},
		{"1969-12-31T23:59:59.999999Z", -1},
		{"2026-01-02T03:04:05.678901Z", 1767323045_678901},
		{"2026-04-30T00:00:00Z", 1777507200e6},
		{"2026-12-31T23:59:59.999999Z", 1798761599_999999},
		{"2027-01-01T00:00:00.000000Z", 1798761600e6},
		// the decimals
		{"2026-11-20T14:05:00Z", 1795183500e6},
		{"2026-11-20T14:05:00.1Z", 1795183500_100000},
		{"2026-11-20T14:05:00.02Z", 1795183500_020000},
		{"2026-11-20T14:05:00.003Z", 1795183500_003000},
		{"2026-11-20T14:05:00.12345Z", 1795183500_123450},
		{"2026-11-20T14:05:00.1234569Z", 1795183500_123456},
		{"2026-11-20T14:05:00.123456999Z", 1795183500_123456},
		// leap years
		{"2000-02-29T12:00:00Z", 951825600e6},
		{"2024-02-29T23:59:59Z", 1709251199e6},
		{"2024-03-01T00:00:00Z", 1709251200e6},
		{"2023-02-28T23:59:59Z", 1677628799e6},
		{"2023-03-01T00:00:00Z", 1677628800e6},
		{"1900-02-28T00:00:00Z", -2203977600e6},
		{"1900-03-01T00:00:00Z", -2203891200e6},
		{"2100-03-01T00:00:00Z", 4107542400e6},
		{"0000-01-01T00:00:00Z", -62167219200e6},
		{"0000-02-29T00:00:00Z", -62162121600e6},
		{"0000-03-01T00:00:00Z", -62162035200e6},
		{"0001-01-01T00:00:00Z", -62135596800e6},
		{"9999-12-31T23:59:59.999999Z", 253402300799_999999},

		{"2023-02-29T00:00:00Z", bad}, {"1900-02-29T00:00:00Z", bad}, {"2100-02-29T00:00:00Z", bad},
		{"2024-02-30T00:00:00Z", bad}, {"2026-04-31T00:00:00Z", bad}, {"2026-06-31T00:00:00Z", bad},
		{"2026-09-31T00:00:00Z", bad}, {"2026-11-31T00:00:00Z", bad}, {"2026-01-32T00:00:00Z", bad},
		{"2026-00-01T00:00:00Z", bad}, {"2026-13-01T00:00:00Z", bad}, {"2026-01-00T00:00:00Z", bad},
		{"2026-11-20T24:00:00Z", bad}, {"2026-11-20T23:60:00Z", bad}, {"2026-11-20T23:59:60Z", bad},
		{"2026-11-20T14:05:00", bad}, {"2026-11-20T14:05:00.123456", bad}, {"2026-11-20T14:05:00.Z", bad},
		{"2026-11-20T14:05:00.1234567890Z", bad}, {"2026-11-20T14:05:00,123456Z", bad},
		{"2026-11-20T14:05:00.12x456Z", bad}, {"2026-11-20T14:05:00.123456xZ", bad}, {"2026-11-20T14:05:00.1234567x9Z", bad},
		{"2026-11-20T14:05:00.-1Z", bad}, {"2026-11-20T14:05:00123456Z", bad},
		{"2026-11-20T14:05:00+00:00", bad}, {"2026-11-20T14:05:00z", bad}, {"2026-11-20t14:05:00Z", bad},
		{"2026-11-20_14:05:00Z", bad}, {"2026/11/20T14:05:00Z", bad}, {"2026-11/20T14:05:00Z", bad},
		{"2026-11-20T14.05:00Z", bad}, {"2026-11-20T14:05.00Z", bad}, {"26-11-20T14:05:00.00Z", bad},
		{"x026-11-20T14:05:00Z", bad}, {"2x26-11-20T14:05:00Z", bad}, {"20x6-11-20T14:05:00Z", bad},
		{"202x-11-20T14:05:00Z", bad}, {"2026-x1-20T14:05:00Z", bad}, {"2026-1x-20T14:05:00Z", bad},
		{"2026-11-x0T14:05:00Z", bad}, {"2026-11-2xT14:05:00Z", bad}, {"2026-11-20Tx4:05:00Z", bad},
		{"2026-11-20T1x:05:00Z", bad}, {"2026-11-20T14:x5:00Z", bad}, {"2026-11-20T14:0x:00Z", bad},
		{"2026-11-20T14:05:x0Z", bad}, {"2026-11-20T14:05:0xZ", bad}, {"1795183500", bad}, {"Z", bad}, {`""`, bad},
	} {
		got := parsed(t, FieldTime, c.raw, ErrTime, func(r *Record) int64 { return int64(r.Time) })
		equal(t, "time "+c.raw, got, c.want)
		got = parsed(t, FieldCreationTime, c.raw, ErrTime, func(r *Record) int64 { return int64(r.CreationTime) })
		equal(t, "creation "+c.raw, got, c.want)
	}
	equal(t, "no time", parsed(t, FieldTime, "-", ErrTime, nil), bad)
}

// Every day of four centuries, against the time package.
func TestTimestampDays(t *testing.T) {
	day := time.Date(1799, 12, 31, 1, 2, 3, 0, time.UTC)
	for range 2 * 146097 {
		day = day.AddDate(0, 0, 1)
		got, ok := parseTimestamp([]byte(day.Format(time.RFC3339)))
		if !ok || !got.Time().Equal(day) {
			t.Fatalf("%v: got %v, %v", day, got.Time(), ok)
		}
	}
}

func TestTimestampTime(t *testing.T) {
	want := time.Date(2026, 11, 20, 14, 5, 0, 123456000, time.UTC)
	equal(t, "Time", Timestamp(1795183500_123456).Time(), want)
	equal(t, "NoTimestamp", NoTimestamp.Time(), time.Time{})
}

func TestSeconds(t *testing.T) {
	for _, c := range []struct {
		raw  string
		want int64 // µs
	}{
		{"0.000", 0}, {"0.001", 1_000}, {"0.020", 20_000}, {"0.300", 300_000}, {"4.000", 4_000_000},
		{"9.876", 9_876_000}, {"60.001", 60_001_000}, {"123.456", 123_456_000}, {"4000.000", 4_000_000_000},
		{"-1", -1}, {"-", -1},
		{"0.000036", 36}, {"0.0003", 300}, {"0.1", 100_000}, {"0.12", 120_000}, {"12345.678901", 12_345_678_901},
		{"0.0000019", 1}, {"0.123456789", 123_456}, {"1.414000000", 1_414_000},
		{"0", 0}, {"7", 7_000_000}, {"00.001", 1_000}, {"12345", 12_345_000_000},
		{"999999999", 999_999_999_000_000}, {"999999999.999999999", 999_999_999_999_999},

		{"1000000000", bad}, {"0.1234567890", bad}, {"0.", bad}, {".5", bad}, {".", bad}, {"-2", bad}, {"-1.0", bad},
		{"-0.001", bad}, {"+0.001", bad}, {"0,001", bad}, {"1e-05", bad}, {"0.00x", bad}, {"0.0x0", bad}, {"0.x00", bad},
		{"x.000", bad}, {"0x001", bad}, {"0.0000x", bad}, {"0.123456x", bad}, {"0.1234567x", bad}, {"NaN", bad}, {"1:000", bad}, {"0.001s", bad},
		{"0.0.0", bad}, {`""`, bad}, {`"0.001 "`, bad},
	} {
		for f, number := range map[Field]func(*Record) int64{
			FieldRequestTime:  func(r *Record) int64 { return int64(r.RequestTime) },
			FieldTargetTime:   func(r *Record) int64 { return int64(r.TargetTime) },
			FieldResponseTime: func(r *Record) int64 { return int64(r.ResponseTime) },
		} {
			equal(t, f.String()+" "+c.raw, parsed(t, f, c.raw, ErrSeconds, number), c.want)
		}
	}
}

func TestStatus(t *testing.T) {
	for _, c := range []struct {
		raw  string
		want int64
	}{
		{"200", 200}, {"502", 502}, {"460", 460}, {"561", 561}, {"000", 0}, {"099", 99}, {"999", 999}, {"-", -1},
		{"0", bad}, {"20", bad}, {"2000", bad}, {"2x0", bad}, {"x00", bad}, {"20x", bad}, {"-1", bad}, {"-20", bad},
		{`"2 0"`, bad}, {`""`, bad}, {"+20", bad}, {"/00", bad}, {"0:0", bad},
	} {
		got := parsed(t, FieldELBStatus, c.raw, ErrStatus, func(r *Record) int64 { return int64(r.ELBStatus) })
		equal(t, "elb status "+c.raw, got, c.want)
		got = parsed(t, FieldTargetStatus, c.raw, ErrStatus, func(r *Record) int64 { return int64(r.TargetStatus) })
		equal(t, "target status "+c.raw, got, c.want)
	}
}

func TestBytes(t *testing.T) {
	for _, c := range []struct {
		raw  string
		want int64
	}{
		{"0", 0}, {"7", 7}, {"1371849", 1371849}, {"4294967296", 1 << 32}, {"007", 7}, {"-", -1},
		{"999999999999999999", 999999999999999999}, {"000000000000000000", 0},
		{"1000000000000000000", bad}, {"-1", bad}, {"1.5", bad}, {"1x", bad}, {"x", bad}, {"+1", bad}, {`""`, bad},
	} {
		got := parsed(t, FieldReceivedBytes, c.raw, ErrBytes, func(r *Record) int64 { return r.ReceivedBytes })
		equal(t, "received "+c.raw, got, c.want)
		got = parsed(t, FieldSentBytes, c.raw, ErrBytes, func(r *Record) int64 { return r.SentBytes })
		equal(t, "sent "+c.raw, got, c.want)
	}
}

func TestRulePriority(t *testing.T) {
	for _, c := range []struct {
		raw  string
		want int64
	}{
		{"0", 0}, {"1", 1}, {"50000", 50000}, {"999999999", 999999999},
		{"-1", int64(RuleError)}, {"-", int64(NoRule)},
		{"1000000000", bad}, {"-2", bad}, {"1x", bad}, {"default", bad}, {`""`, bad},
	} {
		got := parsed(t, FieldRulePriority, c.raw, ErrRule, func(r *Record) int64 { return int64(r.RulePriority) })
		equal(t, "rule "+c.raw, got, c.want)
	}
}

func TestAddress(t *testing.T) {
	for _, c := range []struct{ raw, ip, port string }{
		{"203.0.113.7:50123", "203.0.113.7", "50123"},
		{"10.0.0.1:80", "10.0.0.1", "80"},
		{"10.0.0.1:0", "10.0.0.1", "0"},
		{"2a02:a33c:4538:1:bcf4:5264:e01c:f215:50718", "2a02:a33c:4538:1:bcf4:5264:e01c:f215", "50718"},
		{"[2a02:a33c::f215]:50718", "2a02:a33c::f215", "50718"},
		{"[::1]:80", "::1", "80"},
		{"::1:80", "::1", "80"},
		{"[]:80", "", "80"},
		{"[:80", "[", "80"},
		{"x.x.x.x:80", "x.x.x.x", "80"},
		{"X.X.X.X:99999", "X.X.X.X", "99999"},
		{"host.example:443", "host.example", "443"},
		{`"masked for us:1"`, "masked for us", "1"},
		{"-", none, none},
	} {
		for _, f := range []Field{FieldClient, FieldTarget} {
			r := mustParse(t, logLine(set(f, c.raw)))
			ip, port := SplitAddress(r.Text(f))
			equalText(t, f.String()+" "+c.raw+" ip", ip, c.ip)
			equalText(t, f.String()+" "+c.raw+" port", port, c.port)
			equal(t, "HasTarget", r.HasTarget(), f == FieldClient || c.raw != "-")
		}
	}
	for _, raw := range []string{"10.0.0.1", ":80", "80", "10.0.0.1:", "10.0.0.1:http", "10.0.0.1:123456", "10.0.0.1:8-0", `""`, "x", "[::1]"} {
		for _, f := range []Field{FieldClient, FieldTarget} {
			equal(t, f.String()+" "+raw, parsed(t, f, raw, ErrAddress, nil), bad)
		}
	}
	lambda := "arn:aws:lambda:eu-west-1:123456789012:function:shop"
	equal(t, "a Lambda function as target", mustParse(t, logLine(set(FieldTarget, lambda))).HasTarget(), false)
	equal(t, "a Lambda function as client", parsed(t, FieldClient, lambda, ErrAddress, nil), bad)
}

func TestRequest(t *testing.T) {
	for _, c := range []struct{ text, method, url, protocol, hostPort, path string }{
		{"GET https://h.example:443/a/b?c=d HTTP/1.1", "GET", "https://h.example:443/a/b?c=d", "HTTP/1.1", "h.example:443", "/a/b"},
		{"POST http://h:80/ HTTP/2.0", "POST", "http://h:80/", "HTTP/2.0", "h:80", "/"},
		{"GET http://h:80/ HTTP/1.0 ", "GET", "http://h:80/", "HTTP/1.0", "h:80", "/"},
		// raw blanks
		{"GET http://h:80/shell?cd+x;wget+ host/x HTTP/1.1", "GET", "http://h:80/shell?cd+x;wget+ host/x", "HTTP/1.1", "h:80", "/shell"},
		{"GET http://h:80/a b c HTTP/1.1", "GET", "http://h:80/a b c", "HTTP/1.1", "h:80", "/a b c"},
		{"GET  http://h:80/  HTTP/1.1", "GET", " http://h:80/ ", "HTTP/1.1", "h:80", "/ "},
		// malformed ones that AWS writes
		{"- http://h:80- -", none, "http://h:80-", none, "h:80-", none},
		{"- http://h:8080- ", none, "http://h:8080-", none, "h:8080-", none},
		{"- http://x:80-/ ", none, "http://x:80-/", none, "x:80-", "/"},
		{"- - -", none, none, none, none, none},
		{"- - - ", none, none, none, none, none},
		{"-", none, none, none, none, none},
		{"", none, none, none, none, none},
		{"   ", none, none, none, none, none},
		// odd methods, and no protocol
		{"--location http://h:80/ HTTP/1.1", "--location", "http://h:80/", "HTTP/1.1", "h:80", "/"},
		{"SSTP_DUPLEX_POST https://h:443/sra_%7BBA195980%7D/ HTTP/1.1", "SSTP_DUPLEX_POST", "https://h:443/sra_%7BBA195980%7D/", "HTTP/1.1", "h:443", "/sra_%7BBA195980%7D/"},
		{`\x16\x03 http://h:80/ HTTP/1.1`, `\x16\x03`, "http://h:80/", "HTTP/1.1", "h:80", "/"},
		{"GET", "GET", none, none, none, none},
		{"GET http://h:80/", "GET", "http://h:80/", none, "h:80", "/"},
		{"GET  HTTP/1.1", "GET", none, "HTTP/1.1", none, none},
		{" http://h/ HTTP/1.1", none, "http://h/", "HTTP/1.1", "h", "/"},
		// URLs
		{"GET http://h HTTP/1.1", "GET", "http://h", "HTTP/1.1", "h", none},
		{"GET http://h?x=/y HTTP/1.1", "GET", "http://h?x=/y", "HTTP/1.1", "h", none},
		{"GET http://h/?x HTTP/1.1", "GET", "http://h/?x", "HTTP/1.1", "h", "/"},
		{"GET http://h/a?b?c HTTP/1.1", "GET", "http://h/a?b?c", "HTTP/1.1", "h", "/a"},
		{"GET http://h//a//b HTTP/1.1", "GET", "http://h//a//b", "HTTP/1.1", "h", "//a//b"},
		{"GET http://h/a#b HTTP/1.1", "GET", "http://h/a#b", "HTTP/1.1", "h", "/a#b"},
		{`GET http://h/\x22\x5C HTTP/1.1`, "GET", `http://h/\x22\x5C`, "HTTP/1.1", "h", `/\x22\x5C`},
		{"GET http://h/to?u=https://e.example/ HTTP/1.1", "GET", "http://h/to?u=https://e.example/", "HTTP/1.1", "h", "/to"},
		{"GET http://h/https://e.example/ HTTP/1.1", "GET", "http://h/https://e.example/", "HTTP/1.1", "h", "/https://e.example/"},
		{"GET https://[2001:db8::1]:443/p HTTP/1.1", "GET", "https://[2001:db8::1]:443/p", "HTTP/1.1", "[2001:db8::1]:443", "/p"},
		{"GET wss://h:443/chat HTTP/1.1", "GET", "wss://h:443/chat", "HTTP/1.1", "h:443", "/chat"},
		{"GET http:///p HTTP/1.1", "GET", "http:///p", "HTTP/1.1", "", "/p"},
		{"OPTIONS * HTTP/1.1", "OPTIONS", "*", "HTTP/1.1", none, "*"},
		{"GET /p?u=http://e.example/ HTTP/1.1", "GET", "/p?u=http://e.example/", "HTTP/1.1", none, "/p"},
		{"GET /p HTTP/1.1", "GET", "/p", "HTTP/1.1", none, "/p"},
		{"GET ?x HTTP/1.1", "GET", "?x", "HTTP/1.1", none, none},
		{"CONNECT h:443 HTTP/1.1", "CONNECT", "h:443", "HTTP/1.1", none, "h:443"},
	} {
		q := mustParse(t, logLine(set(FieldRequest, `"`+c.text+`"`))).Request()
		equalText(t, c.text+" method", q.Method, c.method)
		equalText(t, c.text+" url", q.URL, c.url)
		equalText(t, c.text+" protocol", q.Protocol, c.protocol)
		equalText(t, c.text+" host", q.HostPort(), c.hostPort)
		equalText(t, c.text+" path", q.Path(), c.path)
	}
	equalText(t, "a line without request", mustParse(t, logLine(first(12))).Request().URL, none)
	equalText(t, "the path of no request", Request{}.Path(), none)
}

func TestHost(t *testing.T) {
	for _, c := range []struct{ domain, url, want string }{
		{`"sni.example"`, "https://h.example:443/", "sni.example"},
		{`sni.example`, "https://h.example:443/", "sni.example"},
		{`"*"`, "https://h.example:443/", "*"},
		{`" lead ing"`, "https://h.example:443/", " lead ing"},
		{`"-"`, "https://h.example:443/", "h.example"},
		{`""`, "https://h.example:443/", "h.example"},
		{`-`, "https://h.example/", "h.example"},
		{`-`, "http://10.0.0.1:8080/", "10.0.0.1"},
		{`-`, "http://h:80-", "h"},
		{`-`, "http://[2001:db8::1]:443/", "[2001:db8::1]"},
		{`-`, "http://[2001:db8::1]/", "[2001:db8::1]"},
		{`-`, "http://:80/", none},
		{`-`, "http://-:80/", none},
		{`-`, "http:///p", none},
		{`-`, "/p", none},
		{`-`, "*", none},
		{`-`, "-", none},
	} {
		r := mustParse(t, logLine(set(FieldDomainName, c.domain), set(FieldRequest, `"GET `+c.url+` HTTP/1.1"`)))
		equalText(t, c.domain+" "+c.url, r.Host(), c.want)
	}
	equalText(t, "before SNI", mustParse(t, logLine(first(18))).Host(), "shop.example")
	equalText(t, "without request", mustParse(t, logLine(first(12))).Host(), none)
}

func TestDuration(t *testing.T) {
	for _, c := range []struct {
		created, answered string
		want              Micros
	}{
		{"2026-11-20T14:04:59.456000Z", "2026-11-20T14:05:00.123456Z", 667_456},
		{"2026-11-20T14:05:00.000000Z", "2026-11-20T14:05:00.000090Z", 90},
		{"2026-11-20T14:04:00.123000Z", "2026-11-20T14:05:00.123456Z", 60_000_456},
		{"2026-11-19T14:05:00.000000Z", "2026-11-20T14:05:00.000000Z", 86_400_000_000},
		{"2026-11-20T14:05:00.123456Z", "2026-11-20T14:05:00.123456Z", 0},
		{"2026-11-20T14:05:00.124000Z", "2026-11-20T14:05:00.123456Z", NoMicros}, // the clock went back
		{"-", "2026-11-20T14:05:00.123456Z", NoMicros},
	} {
		r := mustParse(t, logLine(set(FieldCreationTime, c.created), set(FieldTime, c.answered)))
		equal(t, c.created+" to "+c.answered, r.Duration(), c.want)
	}
	equal(t, "before 2018", mustParse(t, logLine(first(20))).Duration(), NoMicros)
}

func TestMadeByLoadBalancer(t *testing.T) {
	for _, c := range []struct {
		elb, target, actions string
		want                 bool
	}{
		{"502", "-", `"forward"`, true},
		{"503", "-", `"waf,forward"`, true},
		{"504", "-", `"-"`, true},
		{"500", "-", `""`, true},
		{"500", "-", `"waf-failed"`, true},
		{"561", "-", `"authenticate"`, true},
		{"599", "-", `forward`, true},
		{"502", "200", `"forward"`, true},
		{"504", "499", `"forward"`, true},
		{"502", "000", `"forward"`, true},
		{"503", "-", `"fixed-response"`, false},
		{"503", "-", `"waf,fixed-response"`, false},
		{"503", "-", `fixed-response`, false},
		{"503", "-", `"waf"`, false},
		{"503", "-", `"authenticate,waf"`, false},
		{"502", "500", `"forward"`, false},
		{"502", "502", `"forward"`, false},
		{"502", "600", `"forward"`, false},
		{"499", "-", `"forward"`, false},
		{"600", "-", `"forward"`, false},
		{"460", "-", `"forward"`, false},
		{"200", "502", `"forward"`, false},
		{"200", "200", `"forward"`, false},
		{"000", "-", `"forward"`, false},
		{"-", "-", `"forward"`, false},
	} {
		r := mustParse(t, logLine(set(FieldELBStatus, c.elb), set(FieldTargetStatus, c.target), set(FieldActions, c.actions)))
		equal(t, c.elb+" "+c.target+" "+c.actions, r.MadeByLoadBalancer(), c.want)
	}
	old := mustParse(t, logLine(set(FieldELBStatus, "502"), set(FieldTargetStatus, "-"), first(18)))
	equal(t, "before the actions were written", old.MadeByLoadBalancer(), true)
}

func TestLastAction(t *testing.T) {
	for _, c := range []struct{ actions, want string }{
		{`"forward"`, "forward"}, {`forward`, "forward"}, {`"waf,forward"`, "forward"}, {`"waf,authenticate,redirect"`, "redirect"},
		{`"waf"`, "waf"}, {`"waf,"`, ""}, {`""`, ""}, {`"-"`, none}, {`-`, none},
	} {
		equalText(t, c.actions, mustParse(t, logLine(set(FieldActions, c.actions))).LastAction(), c.want)
	}
	equalText(t, "before the actions were written", mustParse(t, logLine(first(20))).LastAction(), none)
}

// Whole lines as AWS writes them, of the kinds that differ most from a plain request.
func TestKinds(t *testing.T) {
	const tail = ` "Root=1-58337364-23a8c76965a2ef7629b185e3" "-" "-" 1 2018-07-02T22:22:48.364000Z "forward" "-" "-" "-" "-" "-" "-"`
	t.Run("lambda", func(t *testing.T) {
		r := mustParse(t, `http 2018-11-30T22:23:00.186641Z app/lb/50dc6c495c0c9188 192.168.131.39:2817 - 0.000 0.001 0.000 502 - 34 366 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.46.0" - - arn:aws:tg`+tail)
		equal(t, "HasTarget", r.HasTarget(), false)
		equal(t, "TargetStatus", r.TargetStatus, NoStatus)
		equal(t, "TargetTime", r.TargetTime, 1000) // µs
		equalText(t, "target group", r.Text(FieldTargetGroupARN), "arn:aws:tg")
	})
	t.Run("web socket", func(t *testing.T) {
		r := mustParse(t, `wss 2018-07-02T22:23:00.186641Z app/lb/50dc6c495c0c9188 10.0.0.140:44244 10.0.0.171:8010 0.000 0.001 0.003 101 101 218 786 "GET https://10.0.0.30:443/ HTTP/1.1" "-" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:tg`+tail)
		equal(t, "WebSocket", r.Type.WebSocket(), true)
		equal(t, "Duration", r.Duration(), 11_822_641) // µs, the connection's life
		equalText(t, "user agent", r.Text(FieldUserAgent), none)
	})
	t.Run("malformed request", func(t *testing.T) {
		r := mustParse(t, `http 2025-07-15T09:36:19.360332Z app/lb/2fe4c0e35f856bf8 127.0.0.10:26461 - -1 -1 -1 400 - 0 288 "- http://lb.example:80- -" "-" - - - "-" "-" "-" - 2025-07-15T09:36:16.388000Z "-" "-" "-" "-" "-" "-" "-" TID_1`)
		equal(t, "times", [3]Micros{r.RequestTime, r.TargetTime, r.ResponseTime}, [3]Micros{NoMicros, NoMicros, NoMicros})
		equal(t, "Duration", r.Duration(), 2_972_332) // µs
		equal(t, "RulePriority", r.RulePriority, NoRule)
		equal(t, "bytes", [2]int64{r.ReceivedBytes, r.SentBytes}, [2]int64{0, 288})
		equalText(t, "Host", r.Host(), "lb.example")
		equalText(t, "connection", r.Text(FieldConnTraceID), "TID_1")
	})
	t.Run("reset stream", func(t *testing.T) {
		r := mustParse(t, logLine(set(FieldType, "grpcs"), set(FieldELBStatus, "000"), set(FieldTargetStatus, "-")))
		equal(t, "Type", r.Type, GRPCS)
		equal(t, "ELBStatus", r.ELBStatus, 0)
		equal(t, "TargetStatus", r.TargetStatus, NoStatus)
		equal(t, "MadeByLoadBalancer", r.MadeByLoadBalancer(), false)
	})
	t.Run("announced", func(t *testing.T) { // a "-" may stand at the end before AWS says what it is
		r := mustParse(t, logLine(first(30), add("-")))
		equal(t, "Fields", r.Fields, 31)
		equalText(t, "transformed_host", r.Text(FieldTransformedHost), none)
	})
}

func TestSyntaxErrors(t *testing.T) {
	twelve := strings.Join(tokens[:12], " ")
	for _, c := range []struct {
		line   string
		column int // from 1
		field  Field
		err    error
	}{
		{"", 1, FieldType, ErrTooFewFields},
		{"   \r", 1, FieldType, ErrTooFewFields},
		{"#", 2, FieldTime, ErrTooFewFields},
		{"#Version: 1.0", 14, FieldELB, ErrTooFewFields},
		{"Enable AccessLog for ELB: app/a/1 at 2026-11-20T14:05:00.123Z", 62, FieldResponseTime, ErrTooFewFields},
		{logLine(first(11)), 123, FieldSentBytes, ErrTooFewFields},
		{logLine(first(11)) + "  ", 123, FieldSentBytes, ErrTooFewFields},
		{" " + logLine(), 1, FieldType, ErrEmptyField},
		{"https  2026", 7, FieldTime, ErrEmptyField},
		{twelve + "  -", 130, FieldRequest, ErrEmptyField},
		{logLine() + "  -", 655, 36, ErrEmptyField},
		{`"`, 1, FieldType, ErrUnclosed},
		{`https "-`, 7, FieldTime, ErrUnclosed},
		{twelve + ` "GET http://h/`, 130, FieldRequest, ErrUnclosed},
		{twelve + ` "GET http://h/\"`, 130, FieldRequest, ErrUnclosed},
		{logLine() + ` "`, 655, 36, ErrUnclosed},
		{logLine(add(strings.Repeat(" -", 300)[1:])) + ` "`, 1255, 255, ErrUnclosed}, // 8 bits of field
		{`"https"x`, 8, FieldType, ErrAfterQuote},
		{`"-"x`, 4, FieldType, ErrAfterQuote},
		{twelve + ` "a""b"`, 133, FieldRequest, ErrAfterQuote},
		{twelve + ` "a" "b"c`, 137, FieldUserAgent, ErrAfterQuote},
		{logLine() + ` "a"b`, 658, 36, ErrAfterQuote},
		{logLine(set(FieldTime, "yesterday")), 7, FieldTime, ErrTime},
		{logLine(set(FieldTime, "-")), 7, FieldTime, ErrTime},
		{logLine(set(FieldClient, "here")), 61, FieldClient, ErrAddress},
		{logLine(set(FieldTarget, "there")), 79, FieldTarget, ErrAddress},
		{logLine(set(FieldRequestTime, "fast")), 93, FieldRequestTime, ErrSeconds},
		{logLine(set(FieldTargetTime, "slow")), 99, FieldTargetTime, ErrSeconds},
		{logLine(set(FieldResponseTime, "-2")), 105, FieldResponseTime, ErrSeconds},
		{logLine(set(FieldELBStatus, "OK")), 111, FieldELBStatus, ErrStatus},
		{logLine(set(FieldELBStatus, `"OK"`)), 112, FieldELBStatus, ErrStatus},
		{logLine(set(FieldTargetStatus, "2xx")), 115, FieldTargetStatus, ErrStatus},
		{logLine(set(FieldReceivedBytes, "-1")), 119, FieldReceivedBytes, ErrBytes},
		{logLine(set(FieldSentBytes, "1K")), 124, FieldSentBytes, ErrBytes},
		{logLine(set(FieldRulePriority, "-3")), 432, FieldRulePriority, ErrRule},
		{logLine(set(FieldCreationTime, "2026")), 434, FieldCreationTime, ErrTime},
		// Of two defects, one of the line's shape is told first, else the first one.
		{logLine(set(FieldSentBytes, "x"), set(FieldELBStatus, "x")), 111, FieldELBStatus, ErrStatus},
		{logLine(set(FieldTime, "x")) + ` "`, 655 - 26, 36, ErrUnclosed},
		// Other logs of AWS.
		{`tls 2.0 2018-12-20T02:59:40 net/my-nlb/c6 g3d4b5e8 72.21.218.154:51341 172.100.100.185:443 5 2 98 246 - -`, 5, FieldTime, ErrTime},
		{`2015-05-13T23:39:43.945958Z my-loadbalancer 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" - -`, 29, FieldTime, ErrTime},
		{`http 2025-10-31T12:44:58.901409Z 1.121980746 172.31.31.9:80 HCLogsTestIPs FAIL 502 TargetError`, 95, FieldELBStatus, ErrTooFewFields},
		{`2024-11-29T13:45:24.599544Z 172.31.43.26 58206 80 - - - "-" - - - TID_16132ed0b4112148`, 29, FieldTime, ErrTime},
	} {
		if checkLine(t, c.line) {
			t.Errorf("%q is a record, want an error in %s", c.line, c.field)
			continue
		}
		err := new(Record).Parse([]byte(c.line))
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || !errors.Is(err, c.err) {
			t.Errorf("%q: got error %v, want %v", c.line, err, c.err)
			continue
		}
		equal(t, c.line+" Column", syntax.Column, c.column)
		equal(t, c.line+" Field", syntax.Field, c.field)
		equal(t, c.line+" Name, Line", fmt.Sprint(syntax.Name, syntax.Line), "0")
	}
}

func TestSyntaxErrorMessage(t *testing.T) {
	for _, c := range []struct {
		err  SyntaxError
		want string
	}{
		{SyntaxError{"x.log.gz", 1841, 111, FieldELBStatus, ErrStatus}, "x.log.gz:1841:111: elb_status_code: not a status of three digits or -"},
		{SyntaxError{"", 7, 1, FieldType, ErrTooFewFields}, "7:1: type: the line ends here, want at least 12 fields"},
		{SyntaxError{"s3://b/k", 0, 7, FieldTime, ErrTime}, "s3://b/k:7: time: not a time like 2026-11-20T14:05:00.123456Z"},
		{SyntaxError{"", 0, 61, FieldClient, ErrAddress}, "61: client:port: not an address and port"},
		{SyntaxError{"", 0, 93, FieldRequestTime, ErrSeconds}, "93: request_processing_time: not a number of seconds or -1"},
		{SyntaxError{"", 0, 119, FieldReceivedBytes, ErrBytes}, "119: received_bytes: not a number of bytes"},
		{SyntaxError{"", 0, 432, FieldRulePriority, ErrRule}, "432: matched_rule_priority: not a rule priority, -1 or -"},
		{SyntaxError{"", 0, 3, FieldTime, ErrEmptyField}, "3: time: empty field, want a value or -"},
		{SyntaxError{"", 0, 130, FieldRequest, ErrUnclosed}, "130: request: no closing quote"},
		{SyntaxError{"", 0, 655, 36, ErrAfterQuote}, "655: field 37: text after the closing quote"},
		{SyntaxError{"a", 2, 1, 0, ErrTooLong}, "a:2:1: type: line longer than 1 MiB"},
		{SyntaxError{"a", 2, 1, 0, io.ErrUnexpectedEOF}, "a:2:1: type: unexpected EOF"},
	} {
		equal(t, c.want, c.err.Error(), c.want)
		equal(t, c.want+" Unwrap", errors.Is(&c.err, c.err.Err), true)
	}
}

func TestFieldNames(t *testing.T) {
	for f, name := range oracleNames {
		equal(t, fmt.Sprintf("field %d", f+1), Field(f).String(), name)
	}
	equal(t, "fields", len(oracleNames), KnownFields)
	equal(t, "the first unknown one", Field(36).String(), "field 37")
	equal(t, "the last one", Field(255).String(), "field 256")
}

// A record that has been parsed into before keeps nothing of it.
func TestParseAgain(t *testing.T) {
	lines := []string{
		logLine(add("a", "b")), logLine(first(12)), "", logLine(), logLine(first(20)), `"`,
		logLine(first(18), set(FieldTarget, "-")), logLine(set(FieldTime, "x")), logLine(first(36), add("c")),
	}
	var again Record
	for _, before := range lines {
		for _, line := range lines {
			_ = again.Parse([]byte(before))
			var fresh Record
			want := fresh.Parse([]byte(line))
			got := again.Parse([]byte(line))
			equal(t, "error", fmt.Sprint(got), fmt.Sprint(want))
			if want == nil && plainOf(&again) != plainOf(&fresh) {
				t.Errorf("%q after %q:\n%s", line, before, differences(plainOf(&again), plainOf(&fresh)))
			}
		}
	}
}

func TestClone(t *testing.T) {
	line := []byte(logLine(add("extra")))
	var r Record
	if err := r.Parse(line); err != nil {
		t.Fatal(err)
	}
	want := plainOf(&r)
	clone := r.Clone()
	for i := range line {
		line[i] = 0xCC
	}
	if got := plainOf(clone); got != want {
		t.Errorf("the clone changed with its line:\n%s", differences(got, want))
	}
}

// What a record gives out is a view of the line: it changes with the line, and who appends to it does not write into
// what is behind it.
func TestViews(t *testing.T) {
	for _, line := range []string{
		logLine(add("extra", `"more"`)) + "  \r",
		logLine(set(FieldDomainName, "-"), set(FieldRequest, `"GET http://h:80/p HTTP/1.1  "`), set(FieldClient, "[::1]:80")),
		logLine(set(FieldRequest, `"GET  "`)), logLine(set(FieldRequest, `"GET http://h?x  "`)),
		logLine(set(FieldRequest, `"GET /p?x "`), set(FieldActions, `"waf,"`)),
	} {
		block := []byte(line + "\nthe next line")
		var r Record
		if err := r.Parse(block[:len(line)]); err != nil {
			t.Fatal(err)
		}
		for name, view := range views(&r) {
			_ = append(view, "overwritten"...)
			if string(block) != line+"\nthe next line" {
				t.Fatalf("%s of %q can be appended to", name, line)
			}
			if len(view) == 0 {
				continue
			}
			before := bytes.Clone(view)
			for i := range block {
				block[i] ^= 0xff
			}
			if bytes.Equal(view, before) {
				t.Errorf("%s of %q is a copy", name, line)
			}
			copy(block, line+"\nthe next line")
		}
	}
}

func views(r *Record) map[string][]byte {
	q := r.Request()
	ip, port := SplitAddress(r.Text(FieldClient))
	value, rest := NextField(r.Extra())
	all := map[string][]byte{
		"Extra": r.Extra(), "NextField value": value, "NextField rest": rest,
		"Method": q.Method, "URL": q.URL, "Protocol": q.Protocol, "HostPort": q.HostPort(), "Path": q.Path(),
		"Host": r.Host(), "LastAction": r.LastAction(), "ip": ip, "port": port,
	}
	for f := range Field(KnownFields) {
		all[f.String()] = r.Text(f)
	}
	return all
}
