// Package shelltext writes values so that a POSIX shell takes them for what they are.
package shelltext

import "strings"

// Word is a value as one word, quoted where it has to be. Control characters stay as they are: whoever shows the word has
// to see to them before.
func Word(value string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-"
	if value != "" && strings.Trim(value, plain) == "" && value[0] != '-' && value[0] != '=' { // of =ls zsh makes a path
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}

// Words are values as the words of a command.
func Words(values []string) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = Word(v)
	}
	return strings.Join(words, " ")
}

// Args are the arguments of a command as words. Of a flag, --name or --name=value, the value alone is quoted.
func Args(args []string) string {
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = arg(a)
	}
	return strings.Join(words, " ")
}

func arg(a string) string {
	name, value, hasValue := strings.Cut(a, "=")
	bare, long := strings.CutPrefix(name, "--")
	if !long || bare == "" || strings.Trim(bare, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return Word(a)
	}
	if !hasValue {
		return name
	}
	return name + "=" + Word(value)
}
