package main

import (
	"path/filepath"
	"slices"
	"strings"
)

var formatByExtension = map[string]string{".json": "json", ".html": "html", ".htm": "html", ".md": "markdown", ".csv": "csv", ".txt": "text", ".text": "text", ".log": "text"}

// formatOfFile is the format of an output: that of its extension, or that of -f where it is given and the extension says
// nothing else. can are the formats that the command writes.
func formatOfFile(name, format string, given bool, can []string) (string, error) {
	ext := strings.ToLower(filepath.Ext(name))
	own, known := formatByExtension[ext]
	switch {
	case given && (!known || own == format):
		return format, nil
	case given:
		return "", usagef("--output %s is a name for %s, but -f says %s", name, own, format)
	case slices.Contains(can, own):
		return own, nil
	case known:
		return "", usagef("--output %s: this command writes no %s; use %s", name, own, extensionsOf(can))
	}
	return "", usagef("--output %s: no format goes by the extension %q; use %s, or say -f", name, ext, extensionsOf(can))
}

// extensionsOf offers an extension for each format.
func extensionsOf(formats []string) string {
	var list []string
	for _, ext := range []string{".json", ".html", ".md", ".csv", ".txt"} {
		if slices.Contains(formats, formatByExtension[ext]) {
			list = append(list, ext)
		}
	}
	return either(list)
}
