package proof

import (
	"strings"
	"testing"

	"alblens/internal/simulate"
)

// A few of the proof days, among them one on which all causes of a 502 meet and a clean one; make proof runs them all. A cause may have
// few records on so few days, so a little less is asked.
func TestDays(t *testing.T) {
	var scores []*Score
	var five Score
	for _, day := range simulate.ProofDays() {
		name, seed, _ := strings.Cut(day.Name, "-1")
		if seed != "" || testing.Short() && name != "five-502" && name != "clean" && name != "keepalive-race" && name != "deregistration-cut" {
			continue
		}
		s, err := Run(day)
		if err != nil {
			t.Fatal(day.Name, err)
		}
		scores = append(scores, s)
		if meets502(&day) {
			five.Add(s)
		}
	}
	for _, p := range Problems(scores, LeastRight-0.04) {
		t.Error(p)
	}
	if alone := of502(five.Alone).Macro(); alone >= mostAlone {
		t.Errorf("single rows tell %.3f of the causes of a 502, want less than %.2f: the day is too easy", alone, mostAlone)
	}
	if five.Failed < 500 {
		t.Errorf("only %d records failed", five.Failed)
	}
}
