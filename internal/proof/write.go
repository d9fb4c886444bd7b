package proof

import (
	"fmt"
	"io"
	"strings"

	"alblens/internal/cause"
	"alblens/internal/simulate"
)

// What is asked of the diagnosis.
const (
	LeastRight   = 0.97 // of the records of each cause
	leastMacro   = 0.98 // on average over the causes
	mostAlone    = 0.85 // of single rows on the days of the five 502 causes, or these are too easy
	leastSure    = 0.97 // of records judged with confidence 0.9 and more
	leastUnsure  = 0.40 // of records judged with 0.5 to 0.7
	leastRecords = 50   // for a statement about confidence
)

// meets502 are the days on which all five causes of a 502 meet.
func meets502(day *simulate.Day) bool { return strings.HasPrefix(day.Name, "five-502") }

// Problems are what was asked and is not so. leastRight is the share of the records of each cause that has to be judged
// right.
func Problems(scores []*Score, leastRight float64) []string {
	var all Score
	for _, s := range scores {
		all.Add(s)
	}
	list := append([]string(nil), all.Misses...)
	for _, c := range all.Judged.Causes() {
		if n, right := all.Judged.Of(c); n > 0 && float64(right) < leastRight*float64(n) {
			list = append(list, fmt.Sprintf("%s: %d of %d records are judged right", c, right, n))
		}
	}
	if m := all.Judged.Macro(); m < leastMacro {
		list = append(list, fmt.Sprintf("macro average %.4f", m))
	}
	if b := all.Bins[9]; b.All >= leastRecords && float64(b.Right) < leastSure*float64(b.All) {
		list = append(list, fmt.Sprintf("of %d records judged with confidence 0.9 and more %d are right", b.All, b.Right))
	}
	if n, right := all.Bins[5].All+all.Bins[6].All, all.Bins[5].Right+all.Bins[6].Right; n >= leastRecords && float64(right) < leastUnsure*float64(n) {
		list = append(list, fmt.Sprintf("of %d records judged with confidence 0.5 to 0.7 %d are right", n, right))
	}
	return list
}

// Write prints how the diagnosis did, as Markdown.
func Write(w io.Writer, days []simulate.Day, scores []*Score) {
	var all, five Score
	faulty := 0
	for i, s := range scores {
		all.Add(s)
		if meets502(&days[i]) {
			five.Add(s)
		}
		if days[i].Faulty {
			faulty++
		}
	}
	fmt.Fprintf(w, "# Accuracy\n\nWritten by `make proof`. %d simulated days with faults and %d without, %s records, %s of them failed. The simulator\n"+
		"(internal/simulate) models nodes, targets and clients and shares no code with the diagnosis; the truth is by trace id.\n"+
		"\"Alone\" is what a single row suggests, without what stands around it.\n", faulty, len(days)-faulty, thousands(all.Records), thousands(all.Failed))
	fmt.Fprintf(w, "\n## By cause\n\nMacro average %.2f %%, alone %.2f %%.\n\n| cause | records | right | alone | taken for |\n|---|---|---|---|---|\n", 100*all.Judged.Macro(), 100*all.Alone.Macro())
	writeCauses(w, &all)
	fmt.Fprintf(w, "\n## The days on which five causes of a 502 meet\n\nMacro average over the causes of a 502: %.2f %%, alone %.2f %%.\n\n| cause | records | right | alone | taken for |\n|---|---|---|---|---|\n",
		100*of502(five.Judged).Macro(), 100*of502(five.Alone).Macro())
	five.Judged, five.Alone = of502(five.Judged), of502(five.Alone)
	writeCauses(w, &five)
	writeMatrix(w, all.Judged)
	fmt.Fprintf(w, "\n## Confidence\n\n| confidence | records | right |\n|---|---|---|\n")
	for i, b := range all.Bins {
		if b.All > 0 {
			fmt.Fprintf(w, "| %.1f%s | %d | %.1f %% |\n", float64(i)/10, map[bool]string{true: " and more", false: ""}[i == 9], b.All, 100*float64(b.Right)/float64(b.All))
		}
	}
	fmt.Fprintf(w, "\n## Findings\n\nEvery injected fault has to have its finding, with its estimates within 2 %% (the server's keep-alive within 0.5 s) and,\n"+
		"but for what harms nobody, with severity medium or more; nothing else may be above low, nor above info on a clean day.\n\n")
	if len(all.Misses) == 0 {
		fmt.Fprintf(w, "All are as they have to be.\n")
	}
	for _, m := range all.Misses {
		fmt.Fprintf(w, "- %s\n", m)
	}
	fmt.Fprintf(w, "\n## By day\n\n| day | records | failed | right | alone |\n|---|---|---|---|---|\n")
	for i, s := range scores {
		fmt.Fprintf(w, "| %s | %d | %d | %s | %s |\n", days[i].Name, s.Records, s.Failed, s.Judged.total(), s.Alone.total())
	}
}

func of502(c Confusion) Confusion {
	out := Confusion{}
	for _, truth := range []cause.Cause{cause.KeepaliveRace, cause.TargetCrash, cause.WorkerTimeout, cause.DeregistrationCut, cause.BadResponse} {
		if row := c[truth]; row != nil {
			out[truth] = row
		}
	}
	return out
}

func (c Confusion) total() string {
	all, right := 0, 0
	for truth := range c {
		n, r := c.Of(truth)
		all, right = all+n, right+r
	}
	if all == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f %%", 100*float64(right)/float64(all))
}

func writeCauses(w io.Writer, s *Score) {
	for _, truth := range s.Judged.Causes() {
		n, right := s.Judged.Of(truth)
		if n == 0 {
			continue
		}
		_, alone := s.Alone.Of(truth)
		var others []string
		for _, found := range s.Judged.Causes() {
			if k := s.Judged[truth][found]; k > 0 && found != truth {
				others = append(others, fmt.Sprintf("%s %d", name(found), k))
			}
		}
		fmt.Fprintf(w, "| %s | %d | %.2f %% | %.2f %% | %s |\n", name(truth), n, 100*float64(right)/float64(n), 100*float64(alone)/float64(n), strings.Join(others, ", "))
	}
}

// writeMatrix prints the causes that are confused with others at all: the rest has nothing off the diagonal.
func writeMatrix(w io.Writer, c Confusion) {
	var mixed []cause.Cause
	in := map[cause.Cause]bool{}
	for truth, row := range c {
		for found, n := range row {
			if truth != found && n > 0 {
				in[truth], in[found] = true, true
			}
		}
	}
	for _, x := range c.Causes() {
		if in[x] {
			mixed = append(mixed, x)
		}
	}
	fmt.Fprintf(w, "\n## Confusion matrix\n\nRows are the truth, columns what was found. Causes that are never confused are left out.\n\n| |")
	for _, found := range mixed {
		fmt.Fprintf(w, " %s |", name(found))
	}
	fmt.Fprintf(w, "\n|---|%s\n", strings.Repeat("---|", len(mixed)))
	for _, truth := range mixed {
		fmt.Fprintf(w, "| %s |", name(truth))
		for _, found := range mixed {
			fmt.Fprintf(w, " %d |", c[truth][found])
		}
		fmt.Fprintln(w)
	}
}

func name(c cause.Cause) string {
	if c == cause.None {
		return "none"
	}
	return c.String()
}

func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}
