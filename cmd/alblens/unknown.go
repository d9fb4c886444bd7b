package main

import (
	"os"
	"strings"

	"github.com/spf13/cobra"

	"alblens/internal/shelltext"
	"alblens/sources/s3"
)

// parent makes a command that is there for those below it tell what they are, and complain of others.
func parent(c *cobra.Command) {
	c.SuggestionsMinimumDistance = 2
	c.Args = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return unknownCommand(c, args[0])
	}
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
}

// refuseUnknown makes the commands that cobra adds to root complain where by themselves they would help, and end well.
// What root writes to has to be set: the completion command keeps it when it is added.
func refuseUnknown(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "completion":
			parent(c)
		case "help":
			c.Args = func(_ *cobra.Command, args []string) error {
				if found, rest, _ := root.Find(args); len(rest) > 0 {
					return unknownCommand(found, rest[0])
				}
				return nil
			}
		}
	}
}

// namesSource reports whether a name is of something that can be read.
func namesSource(name string) bool {
	if strings.HasPrefix(name, s3.Scheme+"://") {
		return true
	}
	_, err := os.Stat(name)
	return err == nil
}

// unknownCommand is the error of a name that no command below c has.
func unknownCommand(c *cobra.Command, name string) error {
	if near := c.SuggestionsFor(name); len(near) > 0 {
		return usagef("unknown command %q; did you mean %s?", name, strings.Join(near, " or "))
	}
	if c == c.Root() && namesSource(name) {
		return usagef("unknown command %q; did you mean alblens analyze %s?", name, shelltext.Word(name))
	}
	return usagef("unknown command %q; see %s --help", name, c.CommandPath())
}
