//go:build linux && kept

package rig

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// TestKept diagnoses logs of an earlier run, which RIG_LOGS names, for work on the diagnosis: go test -tags kept.
func TestKept(t *testing.T) {
	dir := os.Getenv("RIG_LOGS")
	names, err := filepath.Glob(filepath.Join(dir, "*.truth.json"))
	if err != nil || len(names) == 0 {
		t.Fatal("no truth in", dir, err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var truth Truth
		if err := json.Unmarshal(text, &truth); err != nil {
			t.Fatal(err)
		}
		truth.Dir = filepath.Join(dir, truth.Case)
		t.Run(truth.Case, func(t *testing.T) { checkDiagnosis(t, &truth) })
	}
}
