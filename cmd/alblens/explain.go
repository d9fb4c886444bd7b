package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"alblens/internal/cause"
)

func newExplain(std streams) *cobra.Command {
	return &cobra.Command{
		Use:   "explain [CAUSE]",
		Short: "What a cause is and how it shows",
		Long:  "Explain lists the causes that records are attributed to, or tells how one of them shows.",
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var slugs []string
			for _, d := range cause.Docs() {
				slugs = append(slugs, d.Cause.String()+"\t"+d.Title)
			}
			return slugs, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			switch len(args) {
			case 0:
				return listCauses(std)
			case 1:
				return explainCause(args[0], std)
			}
			return usagef("explain takes one cause at most")
		},
	}
}

func listCauses(std streams) error {
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	for _, d := range cause.Docs() {
		fmt.Fprintf(w, "%s\t%s\n", d.Cause, d.Title)
	}
	return w.Flush()
}

func explainCause(slug string, std streams) error {
	for _, d := range cause.Docs() {
		if d.Cause.String() == slug {
			_, err := fmt.Fprintf(std.out, "%s: %s.\n\nHow it shows:\n  %s\n\nWhat a record alone tells:\n  %s\n", slug, d.Title, d.Shows, d.Alone)
			return err
		}
	}
	var near []string
	for _, d := range cause.Docs() {
		if name := d.Cause.String(); strings.Contains(name, slug) || distance(slug, name) <= 3 {
			near = append(near, name)
		}
	}
	if len(near) > 0 {
		return usagef("no cause %q; did you mean %s?", slug, strings.Join(near, " or "))
	}
	return usagef("no cause %q; alblens explain lists them", slug)
}
