package redact

import (
	"regexp"
	"strings"

	"alblens/parser"
)

// Line redacts a line as it stands in the log, field by field. What is a record before is one after.
func (r *Redactor) Line(line string) string {
	if r == nil {
		return line
	}
	var record parser.Record
	if record.Parse([]byte(line)) != nil {
		return r.Broken(line)
	}
	var b strings.Builder
	rest := []byte(strings.TrimRight(line, " \r"))
	for f := parser.FieldType; rest != nil; f++ {
		if f > parser.FieldType {
			b.WriteByte(' ')
		}
		quoted := len(rest) > 0 && rest[0] == '"'
		var value []byte
		value, rest = parser.NextField(rest)
		text := r.field(f, string(value))
		if quoted {
			text = `"` + text + `"`
		}
		b.WriteString(text)
	}
	return b.String()
}

// field redacts what a client may have had a hand in. Fields that this version does not know may hold anything.
func (r *Redactor) field(f parser.Field, text string) string {
	switch {
	case f == parser.FieldClient:
		return r.clientPort(text)
	case f == parser.FieldRequest:
		return r.request(text)
	case f == parser.FieldUserAgent:
		return r.UserAgent(text)
	case f == parser.FieldTraceID:
		return r.TraceID(text)
	case f == parser.FieldDomainName, f == parser.FieldRedirectURL, f == parser.FieldTransformedHost, f == parser.FieldTransformedURI,
		int(f) >= parser.KnownFields:
		return r.Text(text)
	}
	return text
}

func (r *Redactor) clientPort(text string) string {
	i := strings.LastIndexByte(text, ':')
	if i < 0 {
		return text
	}
	if ip, ok := strings.CutPrefix(text[:i], "["); ok {
		return "[" + r.Client(strings.TrimSuffix(ip, "]")) + "]" + text[i:]
	}
	return r.Client(text[:i]) + text[i:]
}

// Broken redacts text that should be a record and is none, or only a part of one, of which nobody can say what it holds:
// all behind the fields that a load balancer begins a line with is masked, unless it is for secrets only.
func (r *Redactor) Broken(text string) string {
	switch {
	case r == nil:
		return text
	case !r.hide.IP && !r.hide.Query && !r.hide.UserAgent:
		return r.Text(text)
	}
	begin := beginning.FindString(text)
	if begin == text {
		return text
	}
	return begin + "{masked}"
}

var beginning = regexp.MustCompile(`^(?:(?:https?|h2|grpcs|wss?) (?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z (?:app/[A-Za-z0-9-]{1,32}/[0-9a-f]{16} )?)?)?`)
