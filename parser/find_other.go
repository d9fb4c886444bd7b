//go:build !amd64

package parser

func (f *lineFeeds) find(text []byte) (n, searched int) { return f.findSlowly(text) }

func slashAndQuery(text []byte) (slash, query int) { return slashAndQuerySlowly(text) }
