//go:build linux

package rig

import (
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// slot is the time that one file covers.
const slot = 5 * time.Minute

// writeLogs writes a node's lines below dir as AWS delivers them: a file for each five minutes, named by their end.
func writeLogs(dir, node string, log []entry) error {
	slots := map[time.Time][]byte{}
	for i := range log {
		end := log[i].at.UTC().Truncate(slot).Add(slot)
		slots[end] = log[i].appendLine(slots[end])
	}
	for end, text := range slots {
		folder := filepath.Join(dir, "AWSLogs", account, "elasticloadbalancing", region, end.Format("2006/01/02"))
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return err
		}
		name := fmt.Sprintf("%s_elasticloadbalancing_%s_%s_%s_%s_rig00001.log.gz", account, region,
			strings.ReplaceAll(loadBalancer, "/", "."), end.Format("20060102T1504Z"), node)
		if err := writeGzip(filepath.Join(folder, name), text); err != nil {
			return err
		}
	}
	return nil
}

func writeGzip(name string, text []byte) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	z := gzip.NewWriter(f)
	if _, err := z.Write(text); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return f.Close()
}
