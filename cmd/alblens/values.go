package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"alblens/parser"
)

type flag = pflag.Flag

// A size is a flag's number of bytes: 700MiB, 1G, 500000.
type size int64

var units = []struct {
	name  string
	bytes float64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12},
	{"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {"T", 1 << 40}, {"B", 1}, {"", 1},
}

func (s *size) Set(text string) error {
	for _, u := range units {
		number, ok := strings.CutSuffix(text, u.name)
		if !ok {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || !(v > 0 && v*u.bytes < math.MaxInt64) {
			break
		}
		*s = size(v * u.bytes)
		return nil
	}
	return fmt.Errorf("%q is not a size such as 700MiB", text)
}

func (s *size) String() string {
	for i := 3; i >= 0; i-- {
		if unit := int64(units[i].bytes); int64(*s) >= unit && int64(*s)%unit == 0 {
			return fmt.Sprintf("%d%s", int64(*s)/unit, units[i].name)
		}
	}
	return strconv.FormatInt(int64(*s), 10)
}

func (*size) Type() string { return "SIZE" }

// A share is a flag's part of the whole: 1% or 0.01.
type share float64

func (s *share) Set(text string) error {
	number, percent := strings.CutSuffix(text, "%")
	v, err := strconv.ParseFloat(number, 64)
	if percent {
		v /= 100
	}
	if err != nil || !(v >= 0 && v <= 1) {
		return fmt.Errorf("%q is not a share such as 1%% or 0.01", text)
	}
	*s = share(v)
	return nil
}

func (s *share) String() string { return strconv.FormatFloat(float64(*s)*100, 'g', -1, 64) + "%" }

func (*share) Type() string { return "SHARE" }

// parseStatus reads what --status takes: 504, 5xx for all of its class, or - where there is none.
func parseStatus(text string) (list []parser.Status, err error) {
	if text == "-" {
		return []parser.Status{parser.NoStatus}, nil
	}
	if class, ok := strings.CutSuffix(strings.ToLower(text), "xx"); ok && len(class) == 1 && class >= "1" && class <= "5" {
		first := parser.Status(class[0]-'0') * 100
		for s := first; s < first+100; s++ {
			list = append(list, s)
		}
		return list, nil
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || len(text) != 3 {
		return nil, fmt.Errorf("%q is not a status of three digits, a class such as 5xx, or -", text)
	}
	return []parser.Status{parser.Status(n)}, nil
}

// parseInstant reads a point in time as --since takes it. What has no zone is UTC.
func parseInstant(text string, now time.Time) (time.Time, error) {
	now = now.UTC()
	today := now.Truncate(24 * time.Hour)
	switch text {
	case "now":
		return now, nil
	case "today":
		return today, nil
	case "yesterday":
		return today.AddDate(0, 0, -1), nil
	}
	if strings.HasPrefix(text, "-") {
		d, err := parseSpan(text[1:])
		if err != nil {
			return time.Time{}, fmt.Errorf("%q is not a time ago such as -3h or -2d", text)
		}
		return now.Add(-d), nil
	}
	for _, layout := range []string{
		time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04Z07:00",
		"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02",
	} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	if d, err := parseSpan(text); err == nil && d > 0 {
		return time.Time{}, fmt.Errorf("%q is a length of time; write -%s for as long ago", text, text)
	}
	for _, layout := range []string{"15:04Z07:00", "15:04:05Z07:00", "15:04", "15:04:05"} {
		if _, err := time.Parse(layout, text); err == nil {
			return time.Time{}, fmt.Errorf("%q lacks the date; write %sT%s for today's, in UTC if no zone is given", text, today.Format(time.DateOnly), text)
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time such as 2026-11-20T14:05:00Z, 2026-11-20 14:05, 2026-11-20, -3h or yesterday", text)
}

// parseSpan reads a length of time: what time.ParseDuration takes, and days.
func parseSpan(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseFloat(days, 64)
		if err != nil || !(n >= 0 && n < 36500) {
			return 0, fmt.Errorf("%q is not a length of time such as 30m or 2d", text)
		}
		return time.Duration(n * 24 * float64(time.Hour)), nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is not a length of time such as 30m or 2d", text)
	}
	return d, nil
}

// A span is a flag's length of time.
type span time.Duration

func (s *span) Set(text string) error {
	d, err := parseSpan(text)
	*s = span(d)
	return err
}

func (s *span) String() string {
	text := time.Duration(*s).String()
	text = strings.TrimSuffix(text, "m0s")
	if len(text) < len(time.Duration(*s).String()) {
		text += "m"
	}
	if h, ok := strings.CutSuffix(text, "h0m"); ok {
		text = h + "h"
	}
	return text
}

func (*span) Type() string { return "DURATION" }
