package advice

import (
	"strings"
	"unicode"

	"alblens/internal/shelltext"
)

// script is text of a POSIX shell. Literals become one by themselves; a value has to go through word, or be known to
// hold nothing that a shell would act on.
type script string

// sh joins parts with blanks, and leaves out empty ones.
func sh(parts ...script) script {
	var words []string
	for _, p := range parts {
		if p != "" {
			words = append(words, string(p))
		}
	}
	return script(strings.Join(words, " "))
}

// word quotes a value so that a shell takes it for one word. What is not printable is left out.
func word(value string) script {
	return script(shelltext.Word(printable(value)))
}

func words(values []string) script {
	var all []script
	for _, v := range values {
		all = append(all, word(v))
	}
	return sh(all...)
}

// output is the output of a command as one word.
func output(command script) script { return `"$(` + command + `)"` }

// printable leaves out what is not a printable character of UTF-8: controls, line ends of any kind, what turns the
// direction of writing.
func printable(value string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, value)
}
