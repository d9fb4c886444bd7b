// Command accuracy holds the diagnosis to the simulated days whose truth is known, and writes how it did as Markdown:
//
//	go run ./internal/tools/accuracy -o docs/accuracy.md
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"

	"alblens/internal/proof"
	"alblens/internal/simulate"
)

func main() {
	match := flag.String("day", "", "only the days whose name matches")
	verbose := flag.Bool("v", false, "print each day's findings")
	wrong := flag.Bool("wrong", false, "print the records that were judged wrongly")
	output := flag.String("o", "", "write the tables to `FILE`; standard output if none")
	flag.Parse()
	pattern, err := regexp.Compile(*match)
	if err != nil {
		fail(err)
	}
	days := matching(simulate.ProofDays(), pattern)
	scores := run(days)
	further := matching(proof.DelayDays(), pattern)
	delays := run(further)
	for i, s := range scores {
		if *wrong {
			fmt.Println(strings.Join(s.Wrong, "\n"))
		}
		if *verbose {
			fmt.Println(days[i].Name)
			for _, f := range s.Findings {
				fmt.Printf("    %-8s %.2f %s  %s  %v\n", f.Severity, f.Confidence, f.Key, f.Summary, f.Estimates)
			}
		}
	}
	var b bytes.Buffer
	proof.Write(&b, days, scores)
	if len(further) > 0 {
		proof.WriteDelays(&b, further, delays)
	}
	if *output == "" {
		os.Stdout.Write(b.Bytes())
	} else if err := os.WriteFile(*output, b.Bytes(), 0o666); err != nil {
		fail(err)
	}
	problems := append(proof.Problems(scores, proof.LeastRight), proof.DelayProblems(further, delays)...)
	if len(problems) > 0 {
		fail(fmt.Errorf("not proven:\n%s", strings.Join(problems, "\n")))
	}
}

func matching(days []simulate.Day, pattern *regexp.Regexp) []simulate.Day {
	return slices.DeleteFunc(days, func(d simulate.Day) bool { return !pattern.MatchString(d.Name) })
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "accuracy:", err)
	os.Exit(1)
}

// run diagnoses the days, as many at a time as there are processors.
func run(days []simulate.Day) []*proof.Score {
	scores := make([]*proof.Score, len(days))
	var wait sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := range next {
				s, err := proof.Run(days[i])
				if err != nil {
					fail(fmt.Errorf("%s: %w", days[i].Name, err))
				}
				scores[i] = s
			}
		})
	}
	for i := range days {
		next <- i
	}
	close(next)
	wait.Wait()
	return scores
}
