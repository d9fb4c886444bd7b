package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newMan writes the manual from the commands as --help has them. cobra/doc would do it by way of Markdown, where the ** of
// "a glob (** included)" means something else, and asks for modules that nothing else here needs.
func newMan() *cobra.Command {
	date := time.Now().UTC().Format(time.DateOnly)
	c := &cobra.Command{
		Use:    "man DIR",
		Short:  "Write the manual pages to DIR, one of each command",
		Hidden: true, // for those who make packages
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("man takes a folder")
			}
			if _, err := time.Parse(time.DateOnly, date); err != nil {
				return usagef("--date %q is not like 2026-11-20", date)
			}
			if err := os.MkdirAll(args[0], 0o777); err != nil {
				return err
			}
			for _, page := range manPages(c.Root(), date) {
				if err := os.WriteFile(filepath.Join(args[0], page.name), []byte(page.text), 0o666); err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.Flags().StringVar(&date, "date", date, "`DATE` of the pages")
	return c
}

// A manPage is a file of section 1.
type manPage struct{ name, text string }

// manPages are of root and all below it that --help lists, but for the commands that cobra adds.
func manPages(root *cobra.Command, date string) []manPage {
	pages := []manPage{{manName(root) + ".1", manText(root, date)}}
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() && c.Name() != "completion" {
			pages = append(pages, manPages(c, date)...)
		}
	}
	return pages
}

// manName is alblens-bundle-verify for alblens bundle verify.
func manName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// exitCodes are those of every command.
var exitCodes = []struct {
	code  int
	means string
}{
	{exitDone, "Done. A closed pipe is no failure."},
	{exitFailed, "The job could not be done."},
	{exitUsage, "Wrong usage."},
	{exitIncomplete, "Done, but the data is incomplete: an object could not be read or was cut short, or more lines than --max-malformed are malformed."},
	{exitFinding, "Done, the data is complete, and a finding reached --fail-on."},
	{exitInterrupted, "Interrupted. What was read is reported and marked incomplete."},
}

var environment = []struct{ names, means string }{
	{"AWS_*", "The usual variables of the AWS CLI: credentials, AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL and so on."},
	{"COLUMNS", "How wide a text report is; without it, as wide as the terminal."},
	{"NO_COLOR", "If set, a text report has no color unless --color asks for it."},
}

func manText(c *cobra.Command, date string) string {
	var m roff
	name := manName(c)
	m.line(fmt.Sprintf(`.TH "%s" "1" "%s" "%s" "alblens"`, escaped(strings.ToUpper(name)), date, escaped("alblens "+version)))
	m.macro("SH", "NAME")
	m.text(name + " - " + c.Short)
	m.macro("SH", "SYNOPSIS")
	for i, use := range strings.Split(strings.TrimPrefix(c.Use, c.Name()), " | "+c.Name()) {
		if i > 0 {
			m.macro("br")
		}
		switch {
		case c.HasAvailableSubCommands():
			use += " COMMAND"
		case c.HasAvailableFlags():
			use += " [flags]"
		}
		m.line(bold(c.CommandPath()) + escaped(use))
	}
	m.macro("SH", "DESCRIPTION")
	if c.Long != "" {
		m.prose(c.Long)
	} else {
		m.text(c.Short + ".")
	}
	if c.HasAvailableSubCommands() {
		m.macro("SH", "COMMANDS")
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() {
				m.item(bold(strings.TrimPrefix(sub.CommandPath(), "alblens ")), sub.Short+".")
			}
		}
	}
	if c.HasAvailableLocalFlags() {
		m.macro("SH", "OPTIONS")
		c.LocalFlags().VisitAll(m.flag)
	}
	if !c.HasParent() {
		m.macro("SH", "EXIT STATUS")
		for _, e := range exitCodes {
			m.item(bold(strconv.Itoa(e.code)), e.means)
		}
		m.macro("SH", "ENVIRONMENT")
		for _, e := range environment {
			m.item(bold(e.names), e.means)
		}
	}
	if c.Example != "" {
		m.macro("SH", "EXAMPLES")
		m.literal(c.Example)
	}
	m.macro("SH", "SEE ALSO")
	m.line(strings.Join(related(c), ",\n"))
	return m.String()
}

// related are the pages above and below a command's.
func related(c *cobra.Command) []string {
	var list []string
	if c.HasParent() {
		list = append(list, bold(manName(c.Parent()))+"(1)")
	}
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "completion" {
			list = append(list, bold(manName(sub))+"(1)")
		}
	}
	if c.Name() == "explain" || !c.HasParent() {
		list = append(list, bold("jq")+"(1)")
	}
	return list
}

// roff is a page in the language of man(7).
type roff struct{ strings.Builder }

// line writes what is roff already.
func (m *roff) line(s string) { m.WriteString(s + "\n") }

func (m *roff) text(s string) { m.line(escaped(s)) }

func (m *roff) macro(name string, args ...string) {
	for _, a := range args {
		name += ` "` + escaped(a) + `"`
	}
	m.line("." + name)
}

// item is a term, roff already, and what it means.
func (m *roff) item(term, means string) {
	m.macro("TP")
	m.line(term)
	m.text(means)
}

func (m *roff) literal(s string) {
	m.macro("EX")
	for l := range strings.Lines(strings.TrimRight(s, "\n") + "\n") {
		m.text(strings.TrimPrefix(strings.TrimRight(l, "\n"), "  "))
	}
	m.macro("EE")
}

// listed is a line of a list: indented, a term, at least two blanks, and what it means.
var listed = regexp.MustCompile(`^ {2,}(\S+) {2,}(.*)$`)

// prose writes paragraphs, and the lists in them.
func (m *roff) prose(s string) {
	for i, paragraph := range strings.Split(s, "\n\n") {
		if i > 0 {
			m.macro("PP")
		}
		for l := range strings.Lines(strings.TrimRight(paragraph, "\n") + "\n") {
			if x := listed.FindStringSubmatch(strings.TrimRight(l, "\n")); x != nil {
				m.item(bold(x[1]), x[2])
			} else {
				m.text(strings.TrimSpace(l))
			}
		}
	}
}

func (m *roff) flag(f *pflag.Flag) {
	if f.Hidden {
		return
	}
	value, usage := pflag.UnquoteUsage(f)
	term := bold("--" + f.Name)
	if f.Shorthand != "" {
		term = bold("-"+f.Shorthand) + ", " + term
	}
	if value != "" {
		term += " " + `\fI` + escaped(value) + `\fR`
	}
	if d := strings.Trim(f.DefValue, "[]"); d != "" && d != "false" && d != "0" {
		usage += " (default " + d + ")"
	}
	m.item(term, usage)
}

func bold(s string) string { return `\fB` + escaped(s) + `\fR` }

var roffEscapes = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, `"`, `\(dq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`)

// escaped is one line that roff shows as it stands: no character of it is a request, and a hyphen can be copied.
func escaped(s string) string {
	s = roffEscapes.Replace(strings.ReplaceAll(s, "\n", " "))
	if strings.HasPrefix(s, ".") {
		s = `\&` + s
	}
	var b strings.Builder
	for _, r := range s {
		if r < 0x80 {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\[u%04X]`, r)
		}
	}
	return b.String()
}
