package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"alblens/plan"
	"alblens/scan"
)

// isTerminal reports whether w is a terminal, and how many columns it has.
func isTerminal(w io.Writer) (columns int, ok bool) {
	f, isFile := w.(*os.File)
	if !isFile || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil || columns <= 0 {
		columns = 80
	}
	return columns, true
}

// patience is how long work goes on before it is worth a progress bar.
const patience = time.Second

// showProgress shows a bar on standard error until the returned function is called.
func (in *input) showProgress(m *scan.Meter, p *plan.Plan, std streams) (stop func()) {
	_, terminal := isTerminal(std.err)
	if in.progress == "off" || in.quiet || in.progress == "auto" && !terminal {
		return func() {}
	}
	total := p.Bytes
	for _, ref := range p.Objects {
		if ref.Size < 0 {
			total = -1 // standard input has no end in sight
		}
	}
	bar := progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(std.err),
		progressbar.OptionShowBytes(true),
		progressbar.OptionUseIECUnits(true),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionSetElapsedTime(true),
		progressbar.OptionSetWidth(20),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetRenderBlankState(false),
	)
	began := time.Now()
	shown := false
	end := m.Watch(200*time.Millisecond, func(objects, stored, _ int64) {
		if time.Since(began) < patience {
			return
		}
		shown = true
		bar.Describe(fmt.Sprintf("alblens: %d of %d objects", objects, len(p.Objects)))
		bar.Set64(stored)
	})
	return func() {
		end()
		if shown {
			bar.Clear()
		}
	}
}
