// Package advice turns what a finding knows into commands that would settle it, and into changes that would cure it,
// with the names and numbers of the log at hand.
//
// Names come from logs, and logs hold what anybody sent. So a value gets into a command or a text in two ways only: it
// matches the strict pattern of what it claims to be (scope.go), or it is quoted (shell.go). The types script and hcl
// keep these apart from plain strings.
package advice
