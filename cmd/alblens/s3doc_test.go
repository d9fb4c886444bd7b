package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"alblens/internal/s3test"
)

// A policy is one of IAM, or of a bucket.
type policy struct {
	Version   string
	Statement []struct {
		Effect, Action, Resource string
		Principal                map[string]string
		Condition                map[string]map[string]string
	}
}

// policies are those of docs/s3.md, in their order.
func policies(t *testing.T) (text string, list []policy) {
	t.Helper()
	content, err := os.ReadFile("../../docs/s3.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(string(content), -1) {
		var p policy
		d := json.NewDecoder(strings.NewReader(block[1]))
		d.DisallowUnknownFields()
		if err := d.Decode(&p); err != nil {
			t.Fatalf("%v in\n%s", err, block[1])
		}
		list = append(list, p)
	}
	return string(content), list
}

// The policies of the documentation are well formed, and grant reading alone: an action on a bucket names no object, and
// one on objects does.
func TestDocumentedPolicies(t *testing.T) {
	_, list := policies(t)
	if len(list) != 3 {
		t.Fatalf("%d policies, want 3", len(list))
	}
	for i, p := range list {
		if p.Version != "2012-10-17" || len(p.Statement) != 2 {
			t.Errorf("policy %d: version %q, %d statements", i, p.Version, len(p.Statement))
			continue
		}
		for k, want := range []struct {
			action   string
			resource string
		}{{"s3:ListBucket", `^arn:aws:s3:::[a-z0-9.-]+$`}, {"s3:GetObject", `^arn:aws:s3:::[a-z0-9.-]+/(.+/)?\*$`}} {
			s := p.Statement[k]
			if s.Effect != "Allow" || s.Action != want.action || !regexp.MustCompile(want.resource).MatchString(s.Resource) {
				t.Errorf("policy %d: %+v", i, s)
			}
		}
	}
	listed, read := list[1].Statement[0].Condition["StringLike"]["s3:prefix"], list[1].Statement[1].Resource
	if listed == "" || read != list[1].Statement[0].Resource+"/"+listed {
		t.Errorf("what may be listed, %q, is not what may be read, %q", listed, read)
	}
}

// What the documentation calls enough is enough, and no more than is needed.
func TestLeastPrivilege(t *testing.T) {
	server := s3test.Start(t)
	bucket, reader := server.Bucket(t), server.User(t, "least")
	server.Put(t, bucket, "a.log", []byte(exampleLines(t, 3)))
	server.Setenv(t, reader)
	_, list := policies(t)
	var actions []string
	for _, s := range list[0].Statement {
		actions = append(actions, s.Action)
	}
	for _, c := range []struct {
		actions []string
		code    int
	}{{actions, exitDone}, {actions[:1], exitFailed}, {actions[1:], exitFailed}} {
		server.Allow(t, bucket, reader.AccessKey, c.actions...)
		if code, _, stderr := runFor(t.Context(), nil, "analyze", "s3://"+bucket+"/", "-f", "json"); code != c.code {
			t.Errorf("with %v: exit code %d, want %d: %s", c.actions, code, c.code, stderr)
		}
	}
}

// The commands of docs/s3.md print what stands below them, with the logs of two nodes in a bucket of that name.
func TestDocumentedS3Commands(t *testing.T) {
	server := s3test.Start(t)
	server.Setenv(t, server.Root)
	bucket := "my-logs"
	if _, err := server.Client(server.Root).CreateBucket(context.Background(), &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
		t.Fatal(err)
	}
	for i := range 24 {
		end := time.Date(2026, 11, 20, 14, 5+i/2*5, 0, 0, time.UTC)
		key := fmt.Sprintf("AWSLogs/111122223333/elasticloadbalancing/eu-west-3/2026/11/20/111122223333_elasticloadbalancing_eu-west-3_app.shop.50dc6c495c0c9188_%s_203.0.113.%d_%04d.log",
			end.Format("20060102T1504Z"), 10+i%2, i)
		server.Put(t, bucket, key, []byte(exampleLines(t, 2)))
	}
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", filepath.Join(bin, "alblens"), ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	text, _ := policies(t)
	commands := 0
	for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(text, -1) {
		for _, session := range strings.Split(block[1], "$ ")[1:] {
			line, want, _ := strings.Cut(session, "\n")
			commands++
			cmd := exec.Command("sh", "-c", line)
			cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
			out, err := cmd.Output()
			if err != nil || !matches(want, string(out)) {
				t.Errorf("$ %s\n%v, got:\n%s\ndocs/s3.md has:\n%s", line, err, out, want)
			}
		}
	}
	if commands != 3 {
		t.Errorf("%d commands, want 3", commands)
	}
}
