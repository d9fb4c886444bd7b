package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"alblens/diagnose"
	"alblens/follow"
	"alblens/internal/logname"
	"alblens/partial"
	"alblens/plan"
	"alblens/report"
	"alblens/scan"
	"alblens/settings"
	"alblens/sources"
)

// following is the flags of --follow.
type following struct {
	interval, window span
	clock            follow.Clock
}

func (x *following) flags(f *pflag.FlagSet) {
	x.window = span(time.Hour)
	f.Var(&x.interval, "follow", "go on: look for new objects every `INTERVAL` and tell what is found, as it comes, changes and ends, until interrupted; -f text or json, a line each")
	f.Lookup("follow").DefValue = "0" // off: help says nothing
	f.Var(&x.window, "follow-window", "how long --follow looks back")
}

const (
	leastInterval = span(time.Second)
	// A record may be ten minutes old when its file comes.
	leastFollowWindow = span(15 * time.Minute)
)

// checkFollow reports wrong usage, and what makes no sense while logs are followed.
func (a *analysis) checkFollow(args []string) error {
	x := &a.following
	switch {
	case !a.changed("follow"):
		return usagef("--follow-window goes with --follow")
	case x.interval < leastInterval:
		return usagef("--follow %s is too short: poll once a second at most, every 30s or 1m as a rule", &x.interval)
	case x.window < leastFollowWindow:
		return usagef("--follow-window %s is too short: files come up to ten minutes after their first record; take 15m at least", &x.window)
	case x.interval > x.window:
		return usagef("--follow %s is longer than --follow-window %s: what comes between two polls would not be seen", &x.interval, &x.window)
	case slices.Contains(args, sources.Stdin):
		return usagef("standard input cannot be followed: name a directory or s3://bucket/prefix")
	}
	for _, name := range []string{"since", "until", "around", "window"} {
		if a.changed(name) {
			return usagef("--%s goes without --follow, which looks at what is new; --follow-window says how far back", name)
		}
	}
	for _, x := range []struct{ name, why string }{
		{"dry-run", ""},
		{"strict", ", which goes on whatever cannot be read"},
		{"bundle", "; analyze --around makes one of an incident afterwards"},
	} {
		if a.changed(x.name) {
			return usagef("--%s goes without --follow%s", x.name, x.why)
		}
	}
	if slices.Contains(a.outputs, stdoutName) {
		return usagef("-o - goes without --follow: standard output has what is found as it comes; -o FILE gets the report of the last window in the end")
	}
	switch a.format {
	case "ndjson":
		a.format = "json"
	case "text", "json":
	default:
		return usagef("--follow writes text or json, not %s; -o FILE gets the report of the last window in the end", a.format)
	}
	return a.check()
}

// inTheEnd are the outputs of the last window's report: their extensions tell their formats, for -f is that of the lines.
func (a *analysis) inTheEnd() ([]output, error) {
	if len(a.outputs) == 0 {
		return nil, nil
	}
	b := *a
	b.changed = func(flag string) bool { return flag != "format" && a.changed(flag) }
	return b.targets()
}

// follow is analyze --follow.
func (a *analysis) follow(ctx context.Context, args []string, std streams) error {
	started := time.Now()
	if err := a.checkFollow(args); err != nil {
		return err
	}
	if len(a.filesFrom) == 0 {
		a.sources = args
	}
	j, err := a.job(time.Time{}, time.Time{}, a.inTheEnd, std)
	if err != nil {
		return err
	}
	for _, arg := range args {
		if _, day := logname.Dated(strings.TrimRight(arg, "/") + "/"); !day.IsZero() {
			std.say("%s is a day's: what is delivered after it goes to another folder, and is not followed; name the folder above its year", arg)
		}
	}
	defer j.discard()
	src, err := a.begin(j, func() (sources.Source, error) { return a.source(args, std) })
	if err != nil {
		return err
	}
	cache, err := a.cache.open(j.options, false, std)
	if err != nil {
		return err
	}
	s := &session{analysis: a, std: std, known: j.settings, status: statusLine{w: std.err}}
	s.tracker.Least = diagnose.Low
	s.lines = report.Follow{JSON: a.format == "json", Text: textOptions(a.color, std.out)}
	_, node, window := shares(a.maxMemory)
	c := follow.Config{
		Interval: time.Duration(a.following.interval), Window: time.Duration(a.following.window), Memory: window,
		Options: j.options, Clock: a.following.clock, Say: s.say,
		Reading: func(p *plan.Plan) (scan.Config, func()) {
			c, shown := a.config(p, std)
			c.Memory = int64(node)
			tidy := a.cache.use(cache, &c, a.verbose, s.say)
			return c, func() {
				shown()
				tidy()
			}
		},
	}
	if a.verbose {
		c.Detail = s.say
	}
	if c.Clock.Now == nil {
		c.Clock.Now = time.Now
	}
	s.clock, s.follower = c.Clock, follow.New(src, c)
	err = s.follower.Run(ctx, s.tell)
	s.status.show("")
	why := ""
	switch {
	case errors.Is(err, errReached):
		why = "fail-on"
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		why = "interrupted"
	default:
		return err
	}
	r, err := s.stop(why)
	if r == nil || err != nil {
		return err
	}
	r.Run.Started, r.Run.Elapsed, r.Options.By = started, time.Since(started), j.by
	keepAsked(r.Result.Counts, j.by)
	if err := writeAll(j.outputs, a, r, std); err != nil {
		return err
	}
	switch {
	case why == "interrupted":
		return &exitError{code: exitInterrupted}
	case !r.Complete():
		return &exitError{code: exitIncomplete}
	}
	return &exitError{code: exitFinding}
}

// A session is one run of --follow.
type session struct {
	*analysis
	std      streams
	known    *settings.Settings
	clock    follow.Clock
	follower *follow.Follower
	tracker  diagnose.Tracker
	lines    report.Follow
	status   statusLine
	latest   *report.Report // of the window; nil before the first poll
	garbled  bool           // it was told that too many lines are malformed
}

// errReached ends following: a finding is as severe as --fail-on says.
var errReached = errors.New("a finding reached --fail-on")

func (s *session) say(format string, args ...any) {
	s.status.show("")
	s.std.say(format, args...)
}

// tell says what there is to say after a poll.
func (s *session) tell(changed bool) error {
	s.status.show("")
	now := s.clock.Now()
	if changed || s.latest == nil {
		if err := s.look(s.follower.Whole(), now); err != nil {
			return err
		}
	}
	if err := s.news(now); err != nil {
		return err
	}
	open := s.tracker.Open()
	if s.reaches(open) {
		return errReached
	}
	s.showStatus(open, now)
	return nil
}

// look diagnoses what the window holds. The first time it says that following began.
func (s *session) look(whole *partial.Partial, now time.Time) error {
	first := s.latest == nil
	s.latest = s.report(whole, s.known, buckets(s.follower.Objects()))
	s.tellMalformed()
	if !first {
		return nil
	}
	return s.write(&report.Moment{
		Kind: report.Start, Version: version, Sources: s.sources,
		Interval: time.Duration(s.following.interval), Window: time.Duration(s.following.window),
	}, now)
}

// tellMalformed tells when too many lines of the window are no records.
func (s *session) tellMalformed() {
	l := &s.latest.Result.Ledger
	garbled := l.MalformedShare() > float64(s.maxMalformed)
	if garbled && !s.garbled {
		m := l.MalformedSamples[0]
		s.say("%d of %d lines are malformed, more than --max-malformed %s, the first: %s:%d:%d: %s: %s", l.Malformed, l.Lines, s.maxMalformed.String(), m.Name, m.Line, m.Column, m.Field, m.Error)
	}
	s.garbled = garbled
}

// news writes what is new since the last time.
func (s *session) news(now time.Time) error {
	d := s.latest.Diagnosis
	events := s.tracker.Update(now, s.latest.Result.Counts.Totals.Last, d.Findings)
	if len(events) == 0 {
		return nil
	}
	return s.write(&report.Moment{Kind: report.News, Events: events}, now)
}

// stop says what is open in the end and returns the report of the last window; nil if nothing was read.
func (s *session) stop(why string) (*report.Report, error) {
	whole := s.follower.Whole()
	whole.Ledger.Interrupted = why == "interrupted"
	if s.latest == nil && whole.Ledger.Complete+whole.Ledger.Partial == 0 {
		return nil, &exitError{code: exitInterrupted, err: errors.New("interrupted")}
	}
	now := s.clock.Now()
	if err := s.look(whole, now); err != nil {
		return nil, err
	}
	if err := s.news(now); err != nil {
		return nil, err
	}
	return s.latest, s.write(&report.Moment{Kind: report.Stop, Why: why, Open: s.tracker.Open()}, now)
}

func (s *session) write(m *report.Moment, now time.Time) error {
	m.At, m.Result, m.Complete = now, s.latest.Result, s.latest.Complete()
	return s.lines.Write(s.std.out, m.Redacted(s.redaction.of(s.format)))
}

// showStatus shows on a terminal that all is well, or how it stands.
func (s *session) showStatus(open []diagnose.Finding, now time.Time) {
	if _, screen := isTerminal(s.std.err); !screen || s.quiet || s.progress == "off" {
		return
	}
	text := fmt.Sprintf("alblens: %s open", counted(int64(len(open)), "finding"))
	if last := s.latest.Result.Counts.Totals.Last; !last.IsZero() {
		text += ", records up to " + last.UTC().Format("15:04:05Z")
	}
	s.status.show(text + ", polled " + now.UTC().Format("15:04:05Z"))
}
