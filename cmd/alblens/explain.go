package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"alblens/internal/cause"
)

func newExplain(std streams) *cobra.Command {
	return &cobra.Command{
		Use:   "explain [CAUSE|STATUS]",
		Short: "What a cause is, how it shows, how to verify and fix it",
		Long: `Explain lists the causes that records are attributed to and the findings beyond these, or tells of one of them how it
shows, what looks alike, how to verify it, how to fix it and what that does not cure. A status lists what shows as it.`,
		Example: `  alblens explain keepalive-race
  alblens explain 504`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var list []string
			for _, d := range cause.AllDocs() {
				list = append(list, d.Slug+"\t"+d.Title)
			}
			return list, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			switch len(args) {
			case 0:
				return listDocs(cause.AllDocs(), std)
			case 1:
				if status, err := strconv.ParseUint(args[0], 10, 16); err == nil {
					return explainStatus(int(status), std)
				}
				return explainSlug(args[0], std)
			}
			return usagef("explain takes one cause or status at most")
		},
	}
}

func listDocs(docs []cause.Doc, std streams) error {
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	for _, d := range docs {
		fmt.Fprintf(w, "%s\t%s\n", d.Slug, d.Title)
	}
	return w.Flush()
}

func explainStatus(status int, std streams) error {
	docs := slices.DeleteFunc(cause.AllDocs(), func(d cause.Doc) bool { return !slices.Contains(d.Statuses, status) })
	if len(docs) == 0 {
		return usagef("no cause shows as status %03d; alblens explain lists them", status)
	}
	return listDocs(docs, std)
}

func explainSlug(slug string, std streams) error {
	docs := cause.AllDocs()
	for _, d := range docs {
		if d.Slug == slug {
			_, err := std.out.Write(appendDoc(nil, d))
			return err
		}
	}
	if slug == "" {
		return usagef("CAUSE is empty; there are %s", strings.Join(slugs(docs), ", "))
	}
	return usagef("no cause %q; %s", slug, nearest(slug, docs))
}

// nearest says which slugs are like one that is none.
func nearest(slug string, docs []cause.Doc) string {
	var near []string
	for _, d := range docs {
		if strings.Contains(d.Slug, slug) || distance(slug, d.Slug) <= 3 {
			near = append(near, d.Slug)
		}
	}
	if len(near) == 0 {
		return "alblens explain lists them"
	}
	return "did you mean " + strings.Join(near, " or ") + "?"
}

func slugs(docs []cause.Doc) []string {
	var list []string
	for _, d := range docs {
		list = append(list, d.Slug)
	}
	return list
}

// appendDoc appends d as a terminal shows it, at most 80 columns wide where its words allow.
func appendDoc(dst []byte, d cause.Doc) []byte {
	dst = fmt.Appendf(dst, "%s: %s.\n", d.Slug, d.Title)
	for _, s := range sections(d) {
		dst = fmt.Appendf(dst, "\n%s:\n", s.heading)
		for _, paragraph := range s.paragraphs {
			dst = appendWrapped(dst, paragraph)
		}
	}
	return dst
}

// A section is one of the questions that an explanation answers.
type section struct {
	heading    string
	paragraphs []string
}

// sections returns what is said of d, in the order of reading.
func sections(d cause.Doc) []section {
	all := []section{
		{"How it shows", []string{d.Shows}},
		{"What a record alone tells", []string{d.Alone}},
		{"What looks alike", []string{d.Alike}},
		{"How to verify", []string{d.Verify}},
		{"How to fix", []string{d.Fix}},
		{"What that does not cure", []string{d.NotCured}},
		{"Sources", d.Sources},
	}
	return slices.DeleteFunc(all, func(s section) bool { return len(s.paragraphs) == 0 || s.paragraphs[0] == "" })
}

func appendWrapped(dst []byte, text string) []byte {
	const indent, width = "  ", 80
	column := 0
	for _, word := range strings.Fields(text) {
		switch {
		case column == 0:
			dst = append(dst, indent...)
			column = len(indent)
		case column+1+len(word) > width:
			dst = append(append(dst, '\n'), indent...)
			column = len(indent)
		default:
			dst = append(dst, ' ')
			column++
		}
		dst = append(dst, word...)
		column += len(word)
	}
	return append(dst, '\n')
}
