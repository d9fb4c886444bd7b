package main

import (
	"runtime/debug"
	"time"

	"alblens/partial"
	"alblens/settings"
	"alblens/sources"
)

// A job is what the flags of analyze ask for.
type job struct {
	options  *partial.Options
	by       []string // dimensions to report
	outputs  []output
	settings *settings.Settings // nil without --aws-config
}

// job reports wrong usage before anything is read. targets are the outputs.
func (a *analysis) job(since, until time.Time, targets func() ([]output, error), std streams) (*job, error) {
	j := &job{}
	var err error
	if j.options, j.by, err = a.options(since, until); err != nil {
		return nil, err
	}
	if j.outputs, err = targets(); err != nil {
		return nil, err
	}
	j.settings, err = loadSettings(a.awsConfig, std)
	return j, err
}

// begin opens the source and makes sure that the outputs can be written. Whoever calls it has to call discard in the end.
func (a *analysis) begin(j *job, open func() (sources.Source, error)) (sources.Source, error) {
	debug.SetMemoryLimit(int64(a.maxMemory))
	adviseHugePages()
	src, err := open()
	if err != nil {
		return nil, err
	}
	for i := range j.outputs {
		if err := j.outputs[i].create(); err != nil {
			return nil, err
		}
	}
	return src, nil
}

// discard leaves no trace of outputs that were not written.
func (j *job) discard() {
	for i := range j.outputs {
		j.outputs[i].discard()
	}
}
