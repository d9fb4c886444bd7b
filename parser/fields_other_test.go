//go:build !amd64

package parser

func vectored() map[string]func([]byte, *begins) (int, bool) { return nil }
