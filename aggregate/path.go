package aggregate

import "alblens/parser"

// PathOf returns the path of a record as the path dimension counts it. It is valid until the next call of s.
func (s *Set) PathOf(r *parser.Record) []byte {
	s.path = s.path[:0]
	s.path = s.template(r)
	return s.path
}
