// Holds Markdown against a parser, apart from the root module so that the parser never becomes alblens's.
module alblens/tools/markdowncheck

go 1.26.0

require (
	alblens v0.0.0
	github.com/yuin/goldmark v1.8.7
)

replace alblens => ../..
