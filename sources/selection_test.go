package sources

import (
	"testing"
	"time"

	"alblens/internal/logname"
)

func utc(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestWants(t *testing.T) {
	window := Selection{Since: utc("2026-11-20 14:00"), Until: utc("2026-11-20 14:30")}
	created := window
	created.Late = 4000 * time.Second // 1:06:40

	tests := []struct {
		name     string
		sel      Selection
		end, day string
		want     bool
	}{
		{"everything", Selection{}, "2020-01-01 00:05", "", true},
		{"inside", window, "2026-11-20 14:15", "", true},
		// A record of 14:00 may stand two files early, in the one ending 13:50.
		{"first", window, "2026-11-20 13:50", "", true},
		{"before first", window, "2026-11-20 13:45", "", false},
		// A record of 14:29 belongs to the file ending 14:30, or two later.
		{"last", window, "2026-11-20 14:40", "", true},
		{"after last", window, "2026-11-20 14:45", "", false},
		{"late", created, "2026-11-20 15:50", "", true}, // 14:45 + 1:06:40 = 15:51:40
		{"too late", created, "2026-11-20 15:55", "", false},
		{"open end", Selection{Since: window.Since}, "2030-01-01 00:00", "", true},
		{"open start", Selection{Until: window.Until}, "2010-01-01 00:00", "", true},
		{"no time told", window, "", "", true},
		{"only the day told", window, "", "2026-11-20 00:00", true},
		{"delivered a day late", window, "2026-11-20 14:15", "2026-11-21 00:00", true},
		{"a folder too late", window, "", "2026-11-22 00:00", false},
		{"a folder too early", window, "", "2026-11-19 00:00", false},
		// The file ending at midnight may lie in the old day's folder.
		{"midnight", Selection{Since: utc("2026-11-20 00:10")}, "2026-11-20 00:00", "2026-11-19 00:00", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var n logname.Name
			if tt.end != "" {
				n.End = utc(tt.end)
			}
			if tt.day != "" {
				n.Day = utc(tt.day)
			}
			if got := tt.sel.Wants(n); got != tt.want {
				t.Errorf("Wants = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestSelectionInOtherZone(t *testing.T) {
	tokyo := time.FixedZone("JST", 9*3600)
	sel := Selection{Since: time.Date(2026, 11, 20, 8, 0, 0, 0, tokyo)} // 23:00 UTC the day before
	first, _ := sel.Days()
	if want := utc("2026-11-19 00:00"); !first.Equal(want) {
		t.Errorf("first day %v, want %v", first, want)
	}
}
