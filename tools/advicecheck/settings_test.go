package advicecheck

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
)

// settingsCommands are the commands of all breaches of settings' rules, which a test there holds to the rules.
func settingsCommands(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../settings/testdata/advice.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for line := range bytes.Lines(text) {
		var piece struct{ ID, Kind, Text string }
		if err := json.Unmarshal(line, &piece); err != nil {
			t.Fatal(err)
		}
		switch piece.Kind {
		case "cli":
			list = append(list, piece.Text)
		case "ecs": // part of a container definition
			if !json.Valid([]byte("{" + piece.Text + "}")) {
				t.Errorf("%s: %s is no JSON", piece.ID, piece.Text)
			}
		}
	}
	return list
}

func TestSettingsShell(t *testing.T) {
	list := settingsCommands(t)
	for _, command := range list {
		programs, err := calls(command)
		if err != nil {
			t.Error(err)
		} else if len(programs) != 1 || programs[0][0] != "aws" {
			t.Errorf("%s runs %q", command, programs)
		}
	}
	if len(list) < 25 {
		t.Errorf("only %d commands seen", len(list))
	}
}
