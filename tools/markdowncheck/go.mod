// Holds Markdown against a parser, apart from the root module so that the parser never becomes alblens's.
module alblens/tools/markdowncheck

go 1.26.0

require (
	alblens v0.0.0
	github.com/yuin/goldmark v1.8.7
)

require (
	github.com/jedib0t/go-pretty/v6 v6.8.3 // indirect
	github.com/mattn/go-runewidth v0.0.16 // indirect
	github.com/rivo/uniseg v0.4.7 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace alblens => ../..
