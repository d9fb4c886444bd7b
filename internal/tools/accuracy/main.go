// Command accuracy runs the diagnosis over the proof days and prints how it did, as Markdown.
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"sync"

	"alblens/internal/proof"
	"alblens/internal/simulate"
)

func main() {
	match := flag.String("day", "", "only the days whose name matches")
	verbose := flag.Bool("v", false, "print each day's findings")
	wrong := flag.Bool("wrong", false, "print the records that were judged wrongly")
	flag.Parse()
	pattern := regexp.MustCompile(*match)
	var days []simulate.Day
	for _, day := range simulate.ProofDays() {
		if pattern.MatchString(day.Name) {
			days = append(days, day)
		}
	}
	scores := make([]*proof.Score, len(days))
	var wait sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := range next {
				s, err := proof.Run(days[i])
				if err != nil {
					fmt.Fprintln(os.Stderr, days[i].Name, err)
					os.Exit(1)
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
	var all proof.Score
	for i, s := range scores {
		all.Add(s)
		fmt.Printf("%-22s %7d records, %5d failed, %.2f %% right, alone %.2f %%\n", days[i].Name, s.Records, s.Failed, 100*right(s.Judged), 100*right(s.Alone))
		if *wrong {
			fmt.Println(strings.Join(s.Wrong, "\n"))
		}
		if *verbose {
			for _, f := range s.Findings {
				fmt.Printf("    %-8s %.2f %s  %s  %v\n", f.Severity, f.Confidence, f.Key, f.Summary, f.Estimates)
			}
			print(s.Judged)
		}
	}
	print(all.Judged)
	fmt.Printf("macro %.4f, alone %.4f\n", all.Judged.Macro(), all.Alone.Macro())
	for i, b := range all.Bins {
		if b.All > 0 {
			fmt.Printf("confidence %.1f: %d, right %.3f\n", float64(i)/10, b.All, float64(b.Right)/float64(b.All))
		}
	}
	fmt.Println(strings.Join(all.Misses, "\n"))
}

func right(c proof.Confusion) float64 {
	all, right := 0, 0
	for truth := range c {
		a, r := c.Of(truth)
		all, right = all+a, right+r
	}
	return float64(right) / float64(max(all, 1))
}

func print(c proof.Confusion) {
	for _, truth := range c.Causes() {
		all, right := c.Of(truth)
		if all == 0 {
			continue
		}
		fmt.Printf("      %-20s %6d  %.3f ", truth, all, float64(right)/float64(all))
		for _, found := range c.Causes() {
			if n := c[truth][found]; n > 0 && found != truth {
				fmt.Printf("  %s %d", found, n)
			}
		}
		fmt.Println()
	}
}
