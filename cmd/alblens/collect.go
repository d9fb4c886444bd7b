package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"alblens/compare"
	"alblens/settings"
)

// collectScript is all of the script but its shebang and what it asks for.
//
//go:embed collect.sh
var collectScript string

// What fits these patterns is one word to a shell, and no option to a command.
var (
	balancerName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,31}$`)
	awsRegion    = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]+$`)
)

type collectFlags struct {
	from         string
	balancers    []string
	region       string
	since, until string
	now          time.Time
}

func newCollect(std streams) *cobra.Command {
	var x collectFlags
	c := &cobra.Command{
		Use:   "collect",
		Short: "Print the read-only AWS CLI commands whose JSON --aws-config reads",
		Long: `Collect prints a shell script that asks AWS how load balancers and their targets are set, and what CloudWatch
counted: describe, get and list calls only. Run it where the AWS CLI has credentials; it writes JSON files to
the folder that is its argument, alblens-aws if none, and goes on where a call is denied.

What it asks for comes from a summary (analyze -f json), from --load-balancer, or both.`,
		Example: `  alblens analyze ./logs -f json -o summary.json
  alblens collect --from summary.json > collect.sh
  sh collect.sh aws-config
  alblens analyze ./logs --aws-config aws-config`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			x.now = time.Now()
			return printCollect(x, std)
		},
	}
	f := c.Flags()
	f.StringVar(&x.from, "from", "", "`SUMMARY` (JSON) whose load balancers, target groups, targets and time to ask for; - is standard input")
	f.StringArrayVar(&x.balancers, "load-balancer", nil, "`NAME|ARN` of a load balancer; repeatable")
	f.StringVar(&x.region, "region", "", "`REGION` of load balancers known by name; the AWS CLI's own if none")
	f.StringVar(&x.since, "since", "", "`TIME` from which to ask CloudWatch; the summary's, or -3h")
	f.StringVar(&x.until, "until", "", "`TIME` up to which; the summary's, or now")
	return c
}

// A collection is what the script asks for. All of it fits strict patterns: much comes from logs.
type collection struct {
	names, balancers, groups []string
	addresses, addresses6    []string
	since, until             time.Time
	period                   int // seconds
	region                   string
}

func printCollect(x collectFlags, std streams) error {
	if x.from == "" && len(x.balancers) == 0 {
		return usagef("--from SUMMARY or --load-balancer NAME says what to collect")
	}
	if x.region != "" && !awsRegion.MatchString(x.region) {
		return usagef("--region: %q is not a region such as eu-west-1", x.region)
	}
	c := collection{region: x.region}
	for _, b := range x.balancers {
		if !c.addBalancer(b) {
			return usagef("--load-balancer: %q is no name and no ARN of an Application Load Balancer", b)
		}
	}
	if x.from != "" {
		s, err := readCollectSummary(x.from, std.in)
		if err != nil {
			return err
		}
		if refused := c.addSummary(s); len(refused) > 0 {
			std.say("left out names that AWS would not give: %d in %s, the first %.100q", len(refused), x.from, refused[0])
		}
	}
	if len(c.names)+len(c.balancers)+len(c.groups) == 0 {
		return fmt.Errorf("%s names no load balancer and no target group; --load-balancer does", x.from)
	}
	if err := c.setTime(x); err != nil {
		return err
	}
	_, err := io.WriteString(std.out, c.script())
	return err
}

// addBalancer takes a name, app/name/id or an ARN.
func (c *collection) addBalancer(text string) bool {
	if arn, ok := settings.ParseARN(text); ok && settings.IsLoadBalancer(arn.Resource) {
		c.balancers = appendNew(c.balancers, text)
		return true
	}
	if settings.IsLoadBalancer(text) {
		text = strings.Split(text, "/")[1]
	}
	if !balancerName.MatchString(text) {
		return false
	}
	c.names = appendNew(c.names, text)
	return true
}

func appendNew(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// collectSummary is what of a summary names AWS's resources.
type collectSummary struct {
	Schema string
	Inputs struct{ Gaps []struct{ LB string } }
	Window struct{ First, Last *time.Time }
	Groups []struct {
		ARN *string `json:"target_group_arn"`
	} `json:"by_target_group"`
	Targets []struct{ Target *string } `json:"by_target"`
	LBs     []struct{ LB *string }     `json:"by_lb"`

	Findings []struct {
		Scope struct {
			LBs     []string
			Groups  []string `json:"target_groups"`
			Targets []string
		}
	}
}

func readCollectSummary(name string, stdin io.Reader) (s collectSummary, err error) {
	r, err := openSummary(name, stdin)
	if err != nil {
		return s, err
	}
	defer r.Close()
	if err := json.NewDecoder(r).Decode(&s); err != nil {
		return s, fmt.Errorf("%s: %w", name, compare.NotSummary(err))
	}
	if s.Schema != compare.SummarySchema {
		return s, fmt.Errorf("%s: not a summary: its schema is %.40q; write one with alblens analyze -f json", name, s.Schema)
	}
	return s, nil
}

// addSummary returns the names that it refused.
func (c *collection) addSummary(s collectSummary) (refused []string) {
	balancer := func(text string) {
		if !settings.IsLoadBalancer(text) || !c.addBalancer(text) {
			refused = appendNew(refused, text)
		}
	}
	group := func(text string) {
		if arn, ok := settings.ParseARN(text); ok && !settings.IsLoadBalancer(arn.Resource) {
			c.groups = appendNew(c.groups, text)
		} else {
			refused = appendNew(refused, text)
		}
	}
	target := func(text string) {
		if a, err := netip.ParseAddrPort(text); err == nil && a.Addr().Is4() {
			c.addresses = appendNew(c.addresses, a.Addr().String())
		} else if err == nil && a.Addr().Zone() == "" {
			c.addresses6 = appendNew(c.addresses6, a.Addr().String())
		}
	}
	for _, g := range s.Groups {
		if g.ARN != nil && *g.ARN != "-" {
			group(*g.ARN)
		}
	}
	for _, b := range s.LBs {
		if b.LB != nil && *b.LB != "(other)" {
			balancer(*b.LB)
		}
	}
	for _, g := range s.Inputs.Gaps {
		balancer(g.LB)
	}
	for _, t := range s.Targets {
		if t.Target != nil {
			target(*t.Target)
		}
	}
	for _, f := range s.Findings {
		for _, b := range f.Scope.LBs {
			balancer(b)
		}
		for _, g := range f.Scope.Groups {
			group(g)
		}
		for _, t := range f.Scope.Targets {
			target(t)
		}
	}
	if s.Window.First != nil && s.Window.Last != nil {
		// A margin shows whether something began before, and fills the minutes at the ends.
		const margin = 5 * time.Minute
		c.since = s.Window.First.UTC().Truncate(time.Minute).Add(-margin)
		c.until = s.Window.Last.UTC().Truncate(time.Minute).Add(margin)
	}
	if c.region == "" {
		c.region = onlyRegion(c.groups)
	}
	return refused
}

// onlyRegion is that of all target groups, if they have one.
func onlyRegion(groups []string) string {
	region := ""
	for _, g := range groups {
		arn, _ := settings.ParseARN(g)
		if region != "" && arn.Region != region {
			return ""
		}
		region = arn.Region
	}
	return region
}

// setTime lets flags overrule the summary, and takes the shortest period that CloudWatch still has. See
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#metrics-retention
func (c *collection) setTime(x collectFlags) (err error) {
	if c.until.IsZero() {
		c.until = x.now.UTC()
	}
	if c.since.IsZero() {
		c.since = x.now.UTC().Add(-3 * time.Hour)
	}
	if x.since != "" {
		if c.since, err = parseInstant(x.since, x.now); err != nil {
			return usagef("--since: %w", err)
		}
	}
	if x.until != "" {
		if c.until, err = parseInstant(x.until, x.now); err != nil {
			return usagef("--until: %w", err)
		}
	}
	if !c.since.Before(c.until) {
		return usagef("--since %s is not before --until %s", c.since.Format(time.RFC3339), c.until.Format(time.RFC3339))
	}
	const day = 24 * time.Hour
	switch age := x.now.Sub(c.since); {
	case age < 15*day:
		c.period = 60
	case age < 63*day:
		c.period = 300
	default:
		c.period = 3600
	}
	// CloudWatch's points begin at whole periods.
	period := time.Duration(c.period) * time.Second
	c.since = c.since.Truncate(period)
	if whole := c.until.Truncate(period); whole.Before(c.until) {
		c.until = whole.Add(period)
	}
	return nil
}

func (c *collection) script() string {
	var b strings.Builder
	b.WriteString(`#!/bin/sh
# Written by alblens collect. Asks AWS by describe, get and list calls only, and changes nothing there.
# Run as: sh collect.sh [FOLDER], then: alblens analyze SOURCE --aws-config FOLDER
set -eu
set -f

`)
	assign := func(name string, words ...string) {
		fmt.Fprintf(&b, "%s='%s'\n", name, strings.Join(words, " "))
	}
	assign("since", c.since.UTC().Format(time.RFC3339))
	assign("until", c.until.UTC().Format(time.RFC3339))
	assign("period", fmt.Sprint(c.period))
	region := ""
	if c.region != "" {
		region = "--region " + c.region
	}
	assign("region", region)
	assign("names", c.names...)
	assign("balancers", c.balancers...)
	assign("groups", c.groups...)
	assign("addresses", c.addresses...)
	assign("addresses6", c.addresses6...)
	assign("instances")
	b.WriteString(collectScript)
	return b.String()
}
