package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"alblens/plan"
	"alblens/sources"
)

// asked is a source that has made requests.
type asked struct {
	sources.Source
	lists int64
}

func (a asked) Requests() sources.Requests { return sources.Requests{List: a.lists} }

func TestDryRun(t *testing.T) {
	p := &plan.Plan{Bytes: 600e6, Duplicates: []plan.Duplicate{{Name: "a", SameAs: "b"}}}
	for range 200_000 {
		p.Objects = append(p.Objects, sources.Ref{Name: "s3://b/k", Size: 3000})
	}
	p.Objects = append(p.Objects, sources.Ref{Name: "-", Size: -1})
	p.Problems = []*sources.Problem{{Name: "s3://b/conn_log", Kind: sources.Skipped, Err: errors.New("connection log by its name")}}
	a := &analysis{input: input{jobs: 2, s3Concurrency: 40}, format: "json"}

	var out, err bytes.Buffer
	if e := a.dryRun(asked{lists: 201}, p, func(sources.Ref) bool { return false }, streams{nil, &out, &err}); e != nil || err.Len() > 0 {
		t.Fatalf("%v: %s", e, &err)
	}
	var f map[string]any
	if e := json.Unmarshal(out.Bytes(), &f); e != nil {
		t.Fatal(e)
	}
	for key, want := range map[string]any{
		"schema": "alblens/dry-run/v1", "objects": 200_001., "compressed_bytes": 600e6, "objects_of_unknown_size": 1.,
		"objects_skipped": 1., "objects_failed": 0., "duplicates": 1., "list_requests": 201., "get_requests": 200_000.,
		"dollars": 0.081005, // 201 × $0.000005 + 200 000 × $0.0000004
		"seconds": 150.,     // 5000 rounds of 30 ms; 600 MB are 10 s of two workers
	} {
		if f[key] != want {
			t.Errorf("%s is %v, want %v", key, f[key], want)
		}
	}

	// A bundle takes a second reading.
	a.bundle = "evidence"
	out.Reset()
	if e := a.dryRun(asked{lists: 201}, p, func(sources.Ref) bool { return false }, streams{nil, &out, &err}); e != nil {
		t.Fatal(e)
	}
	if e := json.Unmarshal(out.Bytes(), &f); e != nil {
		t.Fatal(e)
	}
	for key, want := range map[string]any{
		"objects": 200_001., "compressed_bytes": 600e6, "get_requests": 400_000.,
		"dollars": 0.161005, // 201 × $0.000005 + 400 000 × $0.0000004
		"seconds": 300.,
	} {
		if f[key] != want {
			t.Errorf("with a bundle %s is %v, want %v", key, f[key], want)
		}
	}
	if err.String() != "alblens: --dry-run: evidence is not written\n" {
		t.Errorf("it says %q", &err)
	}
	a.bundle = ""
	err.Reset()

	// What could not be listed makes the exit code of the run.
	a.format = "text"
	out.Reset()
	p.Problems = append(p.Problems, &sources.Problem{Name: "s3://c/", Kind: sources.Denied, Err: errors.New("AccessDenied")})
	e, ok := errors.AsType[*exitError](a.dryRun(asked{lists: 201}, p, func(sources.Ref) bool { return false }, streams{nil, &out, &err}))
	if !ok || e.code != exitIncomplete || err.String() != "alblens: s3://c/: AccessDenied\n" {
		t.Errorf("%v: %s", e, &err)
	}
	for _, want := range []string{"objects       200,001\n", "bytes         600,000,000 as stored", "S3 requests   201 LIST, made already, and 200,000 GET\n", "about $0.0810 ", "1 object of unknown size"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
}
