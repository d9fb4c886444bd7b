//go:build !amd64

package parser

func (r *Record) outcome([]byte) bool { return false }
