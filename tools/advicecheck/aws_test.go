package advicecheck

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Every aws command names an operation that there is, with parameters that it has and needs, in the shape that it wants;
// and asks for parts of the answer that there are. The AWS CLI itself says so.
func TestAWS(t *testing.T) {
	python := pythonWithCLI(t)
	var lines [][]string
	seen := map[string]bool{}
	all := settingsCommands(t)
	for _, f := range cases() {
		all = append(all, commands(f)...)
	}
	for _, command := range all {
		words, err := calls(command)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range words {
			if key := strings.Join(w, "\x00"); w[0] == "aws" && !seen[key] {
				seen[key] = true
				lines = append(lines, w[1:])
			}
		}
	}
	if len(lines) < 100 {
		t.Errorf("only %d aws commands seen", len(lines))
	}
	good := len(lines)
	lines = append(lines, // these are wrong
		[]string{"elbv2", "describe-target-helth", "--target-group-arn", "x"},
		[]string{"elbv2", "describe-target-health"},
		[]string{"elbv2", "describe-target-health", "--target-group-arn", "x", "--query", "Targets[0].Id"},
		[]string{"elbv2", "describe-target-health", "--target-group-arn", "x", "--query", "TargetHealthDescriptions[].Target.IP"},
		[]string{"cloudwatch", "get-metric-statistics", "--namespace", "x", "--metric-name", "y", "--start-time", "0", "--end-time", "1", "--period", "minute"},
		[]string{"elbv2", "modify-load-balancer-attributes", "--load-balancer-arn", "x", "--attributes", "Name=a,Value=b"},
	)
	input, err := json.Marshal(lines)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "testdata/awscheck.py")
	cmd.Stdin = bytes.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.Bytes())
	}
	var complaints []*string
	if err := json.Unmarshal(output, &complaints); err != nil || len(complaints) != len(lines) {
		t.Fatalf("%d complaints on %d commands: %v", len(complaints), len(lines), err)
	}
	for i, complaint := range complaints {
		switch {
		case i < good && complaint != nil:
			t.Errorf("aws %s\n%s", strings.Join(lines[i], " "), *complaint)
		case i >= good && complaint == nil:
			t.Errorf("aws %s passes", strings.Join(lines[i], " "))
		}
	}
}

// pythonWithCLI finds a Python that has the AWS CLI, of version 1 or 2, as a package.
func pythonWithCLI(t *testing.T) string {
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(python, "-c", "import awscli.clidriver").Run() == nil {
			return python
		}
	}
	if os.Getenv("ALBLENS_REQUIRE_ALL") == "1" {
		t.Fatal("no python3 has the AWS CLI (Debian: awscli)")
	}
	t.Skip("no python3 has the AWS CLI")
	return ""
}
