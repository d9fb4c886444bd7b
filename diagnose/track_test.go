package diagnose

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A watch feeds a Tracker, a diagnosis a minute.
type watch struct {
	Tracker
	t     *testing.T
	start time.Time
	lines []string
}

func newWatch(t *testing.T) *watch {
	w := &watch{t: t, start: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}
	w.Least = Low
	return w
}

func (w *watch) at(minute int) time.Time { return w.start.Add(time.Duration(minute) * time.Minute) }

// update is a diagnosis at a minute of a log that reaches up to it.
func (w *watch) update(minute int, findings ...Finding) {
	for _, e := range w.Update(w.at(minute), w.at(minute), findings) {
		line := fmt.Sprintf("%d %s %s %s %d", minute, e.Kind, e.Finding.Key, e.Finding.Severity, e.Finding.Requests)
		if e.Kind == Changed {
			line += " " + strings.Join(e.What, "+") + fmt.Sprintf(" was %s %d", e.Before.Severity, e.Before.Requests)
		}
		if e.Again {
			line += " again"
		}
		if e.Quiet {
			line += " quiet"
		}
		w.lines = append(w.lines, line)
	}
}

func (w *watch) told(want ...string) {
	w.t.Helper()
	if got := strings.Join(w.lines, "\n"); got != strings.Join(want, "\n") {
		w.t.Errorf("told\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

// finding failed n times up to a minute.
func (w *watch) finding(key string, severity Severity, n uint64, last int) Finding {
	id, _, _ := strings.Cut(key, "/")
	return Finding{ID: id, Key: key, Severity: severity, Confidence: 0.9, Requests: n, Of: n, First: w.at(0), Last: w.at(last)}
}

func TestTrackLife(t *testing.T) {
	w := newWatch(t)
	w.update(0)
	n := uint64(0)
	for minute := 1; minute <= 60; minute++ {
		last := min(minute, 30) // when it ends
		if minute <= 30 {
			n += 10
		}
		severity := High
		if minute >= 20 {
			severity = Critical
		}
		w.update(minute, w.finding("idle-timeout/web", severity, n, last))
	}
	for minute := 61; minute < 400; minute++ {
		w.update(minute)
	}
	w.told(
		"1 appeared idle-timeout/web high 10",
		"6 changed idle-timeout/web high 60 requests was high 10",
		"16 changed idle-timeout/web high 160 requests was high 60",
		"20 changed idle-timeout/web critical 200 severity was high 160",
		"40 ended idle-timeout/web critical 300 quiet",
	)
	if len(w.known) != 0 {
		t.Errorf("%d findings are remembered for ever", len(w.known))
	}
}

// What hovers about a threshold is not told of again and again.
func TestTrackHovering(t *testing.T) {
	w := newWatch(t)
	w.update(0)
	for minute := 1; minute <= 300; minute++ {
		severity := High
		if minute%3 == 0 {
			severity = Medium
		}
		w.update(minute, w.finding("idle-timeout/web", severity, 100, minute))
	}
	w.told("1 appeared idle-timeout/web high 100")

	// Found every other time only: above Low it is told of at once, below not at all.
	w = newWatch(t)
	w.update(0)
	for minute := 1; minute <= 300; minute++ {
		if minute%2 == 0 {
			w.update(minute, w.finding("idle-timeout/web", Medium, 100, minute), w.finding("one-bad-path//a", Low, 100, minute))
		} else {
			w.update(minute)
		}
	}
	w.told("2 appeared idle-timeout/web medium 100")

	// There for a quarter of an hour and gone for as long: less and less often. Gone for ten minutes it ends, then for
	// twenty it would have to be.
	w = newWatch(t)
	w.update(0)
	for minute := 1; minute <= 300; minute++ {
		if minute%30 < 15 {
			w.update(minute, w.finding("idle-timeout/web", Medium, 100, minute))
		} else {
			w.update(minute)
		}
	}
	w.told(
		"1 appeared idle-timeout/web medium 100",
		"25 ended idle-timeout/web medium 100",
		"30 appeared idle-timeout/web medium 100 again",
	)
}

// Single failures far apart: each end takes twice as long a silence as the last.
func TestTrackNowAndThen(t *testing.T) {
	w := newWatch(t)
	w.update(0)
	for minute := 1; minute <= 240; minute++ {
		last := minute / 15 * 15 // one every quarter of an hour
		if last > 0 {
			w.update(minute, w.finding("client-abandoned/web", Low, 3, last))
		} else {
			w.update(minute)
		}
	}
	w.told(
		"17 appeared client-abandoned/web low 3", // it settled for two minutes
		"25 ended client-abandoned/web low 3 quiet",
		"30 appeared client-abandoned/web low 3 again",
	)
}

// Better is told when it has lasted; worse at once.
func TestTrackSeverity(t *testing.T) {
	w := newWatch(t)
	w.update(0)
	for minute := 1; minute <= 60; minute++ {
		severity := Medium
		switch {
		case minute < 10 || minute >= 45:
			severity = Critical
		case minute == 15:
			severity = Critical // once more
		}
		w.update(minute, w.finding("idle-timeout/web", severity, 100, minute))
	}
	w.told(
		"1 appeared idle-timeout/web critical 100",
		"26 changed idle-timeout/web medium 100 severity was critical 100", // ten minutes after the last time
		"45 changed idle-timeout/web critical 100 severity was medium 100",
	)
}

// More of the log makes another cause likelier: that is a change of one finding, not the end of one and the beginning of
// another.
func TestTrackCause(t *testing.T) {
	w := newWatch(t)
	w.update(0)
	w.update(1, w.finding("connect-refused/web", High, 20, 1), w.finding("connect-refused/api", High, 5, 1))
	for minute := 2; minute <= 12; minute++ {
		w.update(minute, w.finding("target-crash/web", High, 25, minute), w.finding("connect-refused/api", High, 5, minute))
	}
	w.told(
		"1 appeared connect-refused/web high 20",
		"1 appeared connect-refused/api high 5",
		"6 changed target-crash/web high 25 cause was high 20",
	)
	// Of a finding that has left, another cause in the same place is none of its business.
	w = newWatch(t)
	w.update(0)
	w.update(1, w.finding("connect-refused/web", High, 20, 1))
	late := w.finding("target-crash/web", High, 25, 9)
	late.First = w.at(8)
	w.update(9, late)
	w.told("1 appeared connect-refused/web high 20", "9 appeared target-crash/web high 25")
}

// What was over before following began is told, and that it is over. What the settings show has no time, and ends when it
// is no longer found.
func TestTrackFirst(t *testing.T) {
	w := newWatch(t)
	rule := Finding{ID: "setting-keepalive", Key: "setting-keepalive/web", Severity: Medium}
	w.update(45, w.finding("client-abandoned/web", Low, 3, 20), rule, w.finding("deploy/web/1", Info, 0, 20))
	for minute := 46; minute <= 100; minute++ {
		w.update(minute, rule)
	}
	if open := w.Open(); len(open) != 1 || open[0].Key != rule.Key {
		t.Errorf("open: %v", open)
	}
	for minute := 101; minute <= 120; minute++ {
		w.update(minute)
	}
	w.told(
		"45 appeared client-abandoned/web low 3",
		"45 ended client-abandoned/web low 3 quiet",
		"45 appeared setting-keepalive/web medium 0",
		"111 ended setting-keepalive/web medium 0",
	)
}

// Requests that end long after they began keep a finding open: its times are of their beginning.
func TestTrackOngoing(t *testing.T) {
	w := newWatch(t)
	w.update(0)
	for minute := 1; minute <= 90; minute++ {
		f := w.finding("idle-timeout/web", High, 100, minute-66) // an idle timeout of 4000 s
		f.Ongoing = minute <= 40
		w.update(minute, f)
	}
	w.told("1 appeared idle-timeout/web high 100", "45 ended idle-timeout/web high 100 quiet")
}

func TestTrackConfidence(t *testing.T) {
	w := newWatch(t)
	w.update(0)
	for minute := 1; minute <= 240; minute++ {
		f := w.finding("keepalive-race/web", High, 100, minute)
		f.Confidence = 0.9
		if minute%7 < 3 {
			f.Confidence = 0.5
		}
		w.update(minute, f)
	}
	if len(w.lines) > 8 {
		t.Errorf("%d lines of a confidence that hovers:\n%s", len(w.lines), strings.Join(w.lines, "\n"))
	}
	if len(w.lines) < 2 || !strings.HasSuffix(w.lines[1], "confidence was high 100") {
		t.Errorf("told %q", w.lines)
	}
}
