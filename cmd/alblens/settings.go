package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"alblens/diagnose"
	"alblens/settings"
	"alblens/sources"
	"alblens/sources/s3"
)

// loadSettings reads what alblens collect gathered, and says which files are of no use; nil for "".
func loadSettings(dir string, std streams) (*settings.Settings, error) {
	if dir == "" {
		return nil, nil
	}
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is not a folder", dir)
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = fmt.Errorf("%s: %w", dir, e.Err)
	}
	if err != nil {
		return nil, fmt.Errorf("--aws-config: %w", err)
	}
	known, problems, err := settings.Load(os.DirFS(dir))
	if err != nil {
		return nil, fmt.Errorf("--aws-config %s: %w", dir, err)
	}
	for _, p := range problems {
		if p.File == "" {
			p.File = dir
		}
		std.say("--aws-config: %s: %s", p.File, p.What)
	}
	return known, nil
}

// buckets are those of S3 that objects are in; nil where that is not known of all.
func buckets(objects []sources.Ref) []string {
	var list []string
	for _, ref := range objects {
		if !strings.HasPrefix(ref.Name, s3.Scheme+"://") {
			continue
		}
		bucket := s3.Bucket(ref.Name)
		if bucket == "" {
			return nil
		}
		if !slices.Contains(list, bucket) {
			list = append(list, bucket)
		}
	}
	return list
}

// severity is that of --fail-on, which reports write in capitals.
func (a *analysis) severity() (diagnose.Severity, bool) {
	return diagnose.ParseSeverity(strings.ToLower(a.failOn))
}

// reaches reports whether a finding is as severe as --fail-on says.
func (a *analysis) reaches(findings []diagnose.Finding) bool {
	least, ok := a.severity()
	return ok && slices.ContainsFunc(findings, func(f diagnose.Finding) bool { return f.Severity >= least })
}
