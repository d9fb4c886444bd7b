package report

import (
	"fmt"
	"strconv"
	"time"

	"alblens/internal/terminal"

	"github.com/jedib0t/go-pretty/v6/text"
)

// count groups the digits by commas, so that a number stays one word to awk and to a double click.
func count(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Count is a number as reports for people show it.
func Count(n int64) string { return count(uint64(n)) }

// counted is a number with its noun: one(1, "object") is "1 object", and "2 objects" for 2.
func counted(n uint64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return count(n) + " " + noun
}

// percent never rounds something to nothing, nor less than all to all.
func percent(part, whole uint64) string {
	share := 100 * float64(part) / float64(whole)
	switch {
	case whole == 0:
		return "–"
	case part == 0:
		return "0 %"
	case part == whole:
		return "100 %"
	case share < 0.01:
		return "<0.01 %"
	case share < 9.995:
		return fmt.Sprintf("%.2f %%", share)
	}
	return fmt.Sprintf("%.1f %%", min(share, 99.9))
}

// micros keeps about three digits.
func micros(us int64) string {
	ms := float64(us) / 1e3
	switch {
	case us == 0:
		return "0 ms"
	case ms < 9.95:
		return fmt.Sprintf("%.1f ms", ms)
	case ms < 999.5:
		return fmt.Sprintf("%.0f ms", ms)
	case ms < 9995:
		return fmt.Sprintf("%.2f s", ms/1e3)
	case ms < 99950:
		return fmt.Sprintf("%.1f s", ms/1e3)
	}
	return fmt.Sprintf("%.0f s", ms/1e3)
}

func byteCount(n int64) string {
	if n < 1024 {
		return strconv.FormatInt(n, 10) + " B"
	}
	v, unit := float64(n), 0
	for v >= 1023.95 {
		v, unit = v/1024, unit+1
	}
	return fmt.Sprintf("%.1f %ciB", v, " KMGTPE"[unit])
}

// span is a width of time in words: 90 s, 5 min, 36 h, 12 d.
func span(d time.Duration) string {
	switch {
	case d < 2*time.Minute && d%time.Minute != 0:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour && d%time.Hour != 0:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 72*time.Hour:
		return fmt.Sprintf("%.0f h", d.Hours())
	}
	return fmt.Sprintf("%.0f d", d.Hours()/24)
}

// displayWidth is how many columns s takes on a terminal, colours left out.
func displayWidth(s string) int { return text.StringWidthWithoutEscSequences(s) }

// cut shortens s to width columns. It bounds the characters too, as marks that combine take no column.
func cut(s string, width int) string { return text.Snip(terminal.Cut(s, width), width, "…") }

// cutLeft keeps the end of s: what tells one object's name from the next, and the line.
func cutLeft(s string, width int) string {
	if displayWidth(s) <= width && len([]rune(s)) <= width {
		return s
	}
	runes := []rune(s)
	from, left := len(runes), width-displayWidth("…")
	for n := 0; from > 0 && n < width; n++ {
		if left -= text.RuneWidth(runes[from-1]); left < 0 {
			break
		}
		from--
	}
	return "…" + string(runes[from:])
}
