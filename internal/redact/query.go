package redact

import (
	"regexp"
	"strings"
)

// query redacts the values of a query. What is no pair of name and value is a value.
func (r *Redactor) query(text string) string {
	pairs := strings.Split(text, "&")
	for i, p := range pairs {
		name, value, ok := strings.Cut(p, "=")
		if !ok || !plainName.MatchString(name) {
			pairs[i] = r.value("", p)
			continue
		}
		pairs[i] = r.plain(name) + "=" + r.value(name, value)
	}
	return strings.Join(pairs, "&")
}

// plainName is a name as programmers give them. Anything else may be a value that stands where a name should.
var plainName = regexp.MustCompile(`^[A-Za-z_][\w.\-]{0,39}(\[\w{0,20}\])*$`)

func (r *Redactor) value(name, value string) string {
	switch {
	case value == "":
		return ""
	case r.hide.Secrets && isSecretName(name):
		return "{secret}"
	}
	return r.pseudonym("v-", decode(value).plain)
}

// request redacts the field of method, URL and protocol. Only a protocol that looks like one is taken for it, as a query
// may hold blanks.
func (r *Redactor) request(text string) string {
	end := len(text) - len(protocol.FindString(text))
	return r.Text(text[:end]) + text[end:]
}

var protocol = regexp.MustCompile(` (HTTP/[0-9.]{1,4}|-) *$`)

// TraceID redacts a trace id, to which a client may have added fields of its own.
func (r *Redactor) TraceID(text string) string {
	if r == nil {
		return text
	}
	parts := strings.Split(text, ";")
	for i, p := range parts {
		name, value, ok := strings.Cut(p, "=")
		switch {
		case traceField.MatchString(p):
		case ok && r.hide.Query && plainName.MatchString(name):
			parts[i] = r.plain(name) + "=" + r.value(name, value)
		case r.hide.Query:
			parts[i] = r.value("", p)
		default:
			parts[i] = r.Text(p)
		}
	}
	return strings.Join(parts, ";")
}

var traceField = regexp.MustCompile(`^(?:(?:Root|Self)=1-[0-9a-f]{8}-[0-9a-f]{24}|Parent=[0-9a-f]{16}|Sampled=[01?]|Lineage=[0-9a-f:|]{1,64}|-|)$`)
