// Package markdowncheck has tests only: a CommonMark parser reads what alblens writes as Markdown and finds the document
// that was meant, whatever the logs hold, and the links between the pages of this project lead somewhere.
package markdowncheck
