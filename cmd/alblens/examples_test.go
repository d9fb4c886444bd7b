package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/spf13/cobra"

	"alblens/internal/s3test"
)

// recentLog is a record that ended at each time.
func recentLog(times ...time.Time) string {
	const line = `https %s app/shop/50dc6c495c0c9188 192.0.2.10:41802 10.0.1.7:3000 0.000 -1 -1 504 - 412 1824 "GET https://www.example.com:443/ HTTP/1.1" ` +
		`"curl/8.9.1" TLS_AES_128_GCM_SHA256 TLSv1.3 arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/6d0ecf831eec9f09 ` +
		`"Root=1-67ebba2f-4fd3000000000000000000ff" "www.example.com" "-" 0 %s "forward" "-" "-" "10.0.1.7:3000" "-" "-" "-"` + "\n"
	var b strings.Builder
	for _, at := range times {
		fmt.Fprintf(&b, line, at.Format("2006-01-02T15:04:05.000000Z"), at.Add(-time.Minute).Format("2006-01-02T15:04:05.000000Z"))
	}
	return b.String()
}

// Every example of --help runs as it stands there: in a folder with the logs of demo, of the hour before and of today, with a bucket my-logs,
// and an AWS CLI that knows of nothing.
func TestExamples(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	bash := needProgram(t, "bash")
	needProgram(t, "jq")
	server := s3test.Start(t)
	bin := alblensBinary(t)
	dir := t.TempDir()
	now := time.Now().UTC()
	recent := recentLog(time.Date(2026, 11, 20, 13, 30, 0, 0, time.UTC), now.Add(-24*time.Hour), now.Add(-time.Second), now)
	write := func(name, text string, mode os.FileMode) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(bin, "aws"), "#!/bin/sh\necho '{}'\n", 0o755)
	if err := os.Mkdir(filepath.Join(dir, "logs"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(filepath.Join(dir, "logs", "recent.log"), recent, 0o644)
	bucket := "my-logs"
	if _, err := server.Client(server.Root).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
		t.Fatal(err)
	}
	server.Put(t, bucket, "AWSLogs/111122223333/elasticloadbalancing/eu-west-1/recent.log", []byte(recent))

	env := append(os.Environ(), server.Env(server.Root)...)
	env = append(env, "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "AWS_REGION="+s3test.Region)
	example := func(line string) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, bash, "-o", "pipefail", "-c", line)
		cmd.Dir, cmd.Env = dir, env
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("$ %s\n%v\n%s", line, err, out[max(0, len(out)-2000):])
		}
	}
	example("alblens simulate demo -o logs --force")
	ran := 0
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		for line := range strings.Lines(c.Example) {
			line = strings.TrimSpace(line)
			if line == "" || strings.HasPrefix(line, "#") || strings.Contains(line, "--follow") { // which ends by a signal
				continue
			}
			example(line)
			ran++
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(newRoot(streams{}))
	if ran < 15 {
		t.Errorf("%d examples, want all of at least 15", ran)
	}
}
