package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"alblens/aggregate"
	"alblens/diagnose"
	"alblens/internal/cause"
	"alblens/internal/redact"
)

// The words of flags that take one of a few.
var (
	colorWords     = []string{"auto", "always", "never"}
	progressWords  = []string{"auto", "on", "off"}
	timeFieldWords = []string{"response", "created"}
)

// oneOf reports a flag whose value is none of its words.
func oneOf(name, value string, words []string) error {
	if slices.Contains(words, value) {
		return nil
	}
	return usagef("--%s is %s, not %q", name, either(words), value)
}

// either is "a, b or c"; there are two at least.
func either(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// completeFlags lets the shell complete the values of a command's flags.
func completeFlags(c *cobra.Command, formats []string) {
	var dimensions []string
	for p := aggregate.Target; p <= aggregate.UserAgent; p++ {
		dimensions = append(dimensions, p.String())
	}
	causes := []string{"any\twhatever failed"}
	for _, d := range cause.Docs() {
		causes = append(causes, d.Cause.String()+"\t"+d.Title)
	}
	var severities []string
	for s := diagnose.Info; s <= diagnose.Critical; s++ {
		severities = append(severities, s.String())
	}
	for name, words := range map[string][]string{
		"by": dimensions, "cause": causes, "format": formats, "color": colorWords, "progress": progressWords,
		"time-field": timeFieldWords, "request-payer": {"requester"},
		"fail-on": severities, "redact": append(slices.Clone(redact.Words), "all", "none"),
	} {
		f := c.Flags().Lookup(name)
		if f == nil {
			continue
		}
		separators := ""
		if _, several := f.Value.(pflag.SliceValue); several {
			separators = ",+"
		}
		if err := c.RegisterFlagCompletionFunc(name, completeWords(words, separators)); err != nil {
			panic("BUG: " + err.Error())
		}
	}
	for _, name := range []string{"aws-config", "bundle", "cache"} {
		if c.Flags().Lookup(name) != nil {
			if err := c.MarkFlagDirname(name); err != nil {
				panic("BUG: " + err.Error())
			}
		}
	}
}

// completeWords completes the last of several words. Only the first has a description: with one, cobra's script for bash
// quotes what it offers, comma and all, and finds that it does not begin with what was typed.
func completeWords(words []string, separators string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, text string) (list []string, _ cobra.ShellCompDirective) {
		before := text[:strings.LastIndexAny(text, separators)+1]
		for _, word := range words {
			if before != "" {
				word, _, _ = strings.Cut(word, "\t")
			}
			list = append(list, before+word)
		}
		return list, cobra.ShellCompDirectiveNoFileComp
	}
}
