package compare

import (
	"maps"
	"net/netip"
	"slices"
	"strings"

	"alblens/internal/redact"
)

// Redacted returns a copy of r without what the Redactor takes out of keys, titles and notes; with a nil one, r itself.
// Keys that become the same stay apart.
func (r *Result) Redacted(by *redact.Redactor) *Result {
	if by == nil {
		return r
	}
	own, values := map[netip.Addr]bool{}, map[string]string{}
	key := func(c *Change) {
		if c.Dimension == AFinding {
			return
		}
		c.Key = slices.Clone(c.Key)
		for i, part := range strings.Split(c.Dimension, "+") {
			if i >= len(c.Key) {
				return // of all requests
			}
			was := c.Key[i]
			switch part {
			case "path", "host", "method":
				c.Key[i] = by.Text(was)
			case "client":
				c.Key[i] = by.Client(was)
			case "user-agent":
				c.Key[i] = by.UserAgent(was)
			case "target", "node":
				note(own, was)
			}
			if c.Key[i] != was {
				values[was] = c.Key[i]
			}
		}
	}
	out := *r
	out.Changes = slices.Clone(r.Changes)
	for i := range out.Changes {
		key(&out.Changes[i])
	}
	var pairs []string // the longest first, for one may be a part of another
	for _, was := range slices.SortedFunc(maps.Keys(values), func(a, b string) int { return len(b) - len(a) }) {
		pairs = append(pairs, was, values[was])
	}
	quoted := strings.NewReplacer(pairs...)
	text := func(s string) string {
		return by.Own(quoted.Replace(s), func(a netip.Addr) bool { return own[a] })
	}
	finding := func(c *Change) {
		c.Key = []string{text(c.Key[0])}
	}
	for i := range out.Changes {
		if c := &out.Changes[i]; c.Dimension == AFinding {
			finding(c)
		}
	}
	out.Findings = slices.Clone(r.Findings)
	for i := range out.Findings {
		f := &out.Findings[i]
		finding(&f.Change)
		f.Title = text(f.Title)
	}
	return &out
}

// note adds the address of a target or a node, which is no client's.
func note(own map[netip.Addr]bool, key string) {
	host := key
	if i := strings.LastIndexByte(key, ':'); i > 0 { // AWS writes no brackets
		host = strings.Trim(key[:i], "[]")
	}
	for _, text := range []string{key, host} {
		if a, err := netip.ParseAddr(text); err == nil {
			own[a.Unmap()] = true
		}
	}
}
