package parser

import "bytes"

// A Request is the parts of the request field, nil where the log has "-" or nothing. They are views of the line.
type Request struct {
	Method   []byte
	URL      []byte // exactly as the client sent it, raw blanks included
	Protocol []byte
}

// Request splits the request field: the first blank ends the method, the last one starts the protocol.
func (r *Record) Request() Request {
	var q Request
	text := r.Text(FieldRequest)
	for len(text) > 0 && text[len(text)-1] == ' ' {
		text = text[: len(text)-1 : len(text)-1]
	}
	method, url := text, []byte(nil)
	if i := bareEnd(text, 0); i < len(text) {
		method, url = text[:i:i], text[i+1:]
	}
	q.Method = present(method)
	if i := lastBlank(url); i >= 0 {
		q.Protocol = present(url[i+1:])
		url = url[:i:i]
	}
	q.URL = present(url)
	return q
}

// lastBlank is LastIndexByte, faster where a protocol such as HTTP/1.1 ends the text.
func lastBlank(b []byte) int {
	n := len(b)
	if n >= 9 && b[n-9] == ' ' && string(b[n-8:n-3]) == "HTTP/" && b[n-3] != ' ' && b[n-2] != ' ' && b[n-1] != ' ' {
		return n - 9
	}
	return bytes.LastIndexByte(b, ' ')
}

func present(b []byte) []byte {
	if len(b) == 0 || isAbsent(b) {
		return nil
	}
	return b
}

// Path returns the path of the request's URL as Request.Path does, which it is faster than for the requests that nearly
// all are. It is a view of the line.
func (r *Record) Path() []byte {
	text := r.Text(FieldRequest)
	url := bareEnd(text, 0) + 1
	end := len(text) - 9
	if end <= url || text[end] != ' ' || string(text[end+1:end+6]) != "HTTP/" || text[end+6] == ' ' || text[end+7] == ' ' || text[end+8] == ' ' {
		return r.Request().Path()
	}
	rest := text[url:end:end]
	switch {
	case len(rest) > 8 && string(rest[:8]) == "https://":
		rest = rest[8:]
	case len(rest) > 7 && string(rest[:7]) == "http://":
		rest = rest[7:]
	default:
		return r.Request().Path()
	}
	slash, query := slashAndQuery(rest)
	switch {
	case slash < 0 || query >= 0 && query < slash:
		return r.Request().Path()
	case query >= 0:
		return rest[slash:query:query]
	}
	return rest[slash:]
}

// HostPort returns the authority of an absolute URL, port included, or nil.
func (q Request) HostPort() []byte {
	host, _ := q.split()
	return host
}

// Path returns the path without the query, or nil if the URL has none. A request for "*" or one without a scheme
// is taken whole.
func (q Request) Path() []byte {
	_, path := q.split()
	if i := bytes.IndexByte(path, '?'); i >= 0 {
		path = path[:i:i]
	}
	if len(path) == 0 {
		return nil
	}
	return path
}

func (q Request) split() (host, path []byte) {
	rest := q.URL
	switch {
	case len(rest) > 8 && string(rest[:8]) == "https://":
		rest = rest[8:]
	case len(rest) > 7 && string(rest[:7]) == "http://":
		rest = rest[7:]
	default:
		i := bytes.Index(rest, schemeEnd)
		if i < 0 || bytes.IndexByte(rest[:i], '/') >= 0 {
			return nil, rest
		}
		rest = rest[i+len(schemeEnd):]
	}
	end := len(rest)
	if i := bytes.IndexByte(rest, '/'); i >= 0 {
		end = i
	}
	if i := bytes.IndexByte(rest[:end], '?'); i >= 0 {
		end = i
	}
	if end == len(rest) {
		return rest, nil
	}
	return rest[:end:end], rest[end:]
}

var schemeEnd = []byte("://")

// Host returns the name that the request was for: the one of the TLS handshake, or else that of the URL without its
// port; nil if there is neither. It is a view of the line.
func (r *Record) Host() []byte {
	if name := r.Text(FieldDomainName); len(name) > 0 {
		return name
	}
	host := r.Request().HostPort()
	if i := bytes.LastIndexByte(host, ':'); i >= 0 && bytes.IndexByte(host[i:], ']') < 0 {
		host = host[:i:i]
	}
	return present(host)
}
