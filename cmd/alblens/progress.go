package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"alblens/internal/terminal"
	"alblens/plan"
	"alblens/scan"
)

// asFile returns the file that w is, if any.
func asFile(w io.Writer) (f *os.File, ok bool) {
	if out, isOutput := w.(standardOutput); isOutput {
		w = out.Writer
	}
	f, ok = w.(*os.File)
	return f, ok
}

// isTerminal reports whether w is a terminal, and how many columns it has.
func isTerminal(w io.Writer) (columns int, ok bool) {
	f, ok := asFile(w)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil || columns <= 0 {
		columns = 80
	}
	return columns, true
}

// isFile reports whether w is a file on disk.
func isFile(w io.Writer) bool {
	f, ok := asFile(w)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode().IsRegular()
}

// patience is how long work goes on before it is worth a progress bar.
const patience = time.Second

// showProgress shows a bar on standard error until the returned function is called.
func (in *input) showProgress(m *scan.Meter, p *plan.Plan, std streams) (stop func()) {
	_, screen := isTerminal(std.err)
	if in.progress == "off" || in.quiet || in.progress == "auto" && !screen {
		return func() {}
	}
	total := p.Bytes
	for _, ref := range p.Objects {
		if ref.Size < 0 {
			total = -1 // standard input has no end in sight
		}
	}
	// The bar does the sums and writes nothing itself: it would wrap at the edge of a narrow terminal.
	bar := progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(io.Discard),
		progressbar.OptionShowBytes(true),
		progressbar.OptionUseIECUnits(true),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionSetElapsedTime(true),
		progressbar.OptionSetWidth(10),
		progressbar.OptionSetSpinnerChangeInterval(0), // else a goroutine draws beside String, which does not lock
	)
	bar.StartWithoutRender()
	began := time.Now()
	line := statusLine{w: std.err}
	end := m.Watch(200*time.Millisecond, func(objects, stored, _ int64) {
		bar.Set64(stored)
		if time.Since(began) < patience {
			return
		}
		bar.Describe(fmt.Sprintf("alblens: %d of %d objects", objects, len(p.Objects)))
		line.show(strings.TrimSpace(bar.String()))
	})
	return func() {
		end()
		line.show("")
	}
}

// A statusLine is a line of a terminal that is written again and again.
type statusLine struct {
	w     io.Writer
	shown int // characters
}

// show replaces the line, cut to fit.
func (l *statusLine) show(text string) {
	if columns, ok := isTerminal(l.w); ok {
		text = terminal.Cut(text, columns-1)
		l.shown = min(l.shown, columns-1)
	}
	if text == "" && l.shown == 0 {
		return
	}
	fmt.Fprintf(l.w, "\r%-*s", l.shown, text)
	if l.shown = utf8.RuneCountInString(text); l.shown == 0 {
		fmt.Fprint(l.w, "\r")
	}
}
