package parser

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzParse holds Parse against the oracle on any line.
func FuzzParse(f *testing.F) {
	for _, n := range []int{11, 12, 15, 17, 18, 20, 23, 24, 25, 27, 29, 30, 33, 34, 36} {
		f.Add(logLine(first(n)))
	}
	for _, e := range [][]edit{
		{add("-")},
		{add(`"a b"`, "c", `"\""`)},
		{set(FieldRequest, `"- http://h:80- -"`), set(FieldRequestTime, "-1"), set(FieldRulePriority, "-")},
		{set(FieldRequest, `"GET http://h:80/shell?cd+x;wget+ host/x HTTP/1.1"`), set(FieldDomainName, `" a b"`)},
		{set(FieldRequest, `"GET https://[::1]:443?x HTTP/1.1 "`), set(FieldDomainName, "-")},
		{set(FieldUserAgent, `"\"a\" \x22 \\"`), set(FieldActions, `""`)},
		{set(FieldClient, "2001:db8::1:443"), set(FieldTarget, "[::1]:80")},
		{set(FieldTarget, "arn:aws:lambda"), set(FieldELBStatus, "000")},
		{set(FieldELBStatus, "503"), set(FieldTargetStatus, "-"), set(FieldActions, `"waf,fixed-response"`)},
		{set(FieldTime, "2024-02-29T23:59:59.1Z"), set(FieldCreationTime, "-")},
		{set(FieldTime, "2023-02-29T23:59:59.1Z")},
		{set(FieldUserAgent, `"unclosed`)}, {set(FieldUserAgent, `"a"b`)}, {set(FieldUserAgent, ``)},
	} {
		f.Add(logLine(e...))
	}
	for _, text := range logsUnder(f, "../testdata/lines") {
		for line := range strings.SplitSeq(text, "\n") {
			if !strings.HasPrefix(line, "#") { // a comment
				f.Add(line)
			}
		}
	}
	f.Fuzz(func(t *testing.T, line string) {
		if line, _, cut := strings.Cut(line, "\n"); !cut { // as Lines cuts them
			checkLine(t, line)
		}
	})
}

// FuzzAfter holds Parse against the oracle on a line that differs from the one before, which the Record still
// holds, in a token and some bytes.
func FuzzAfter(f *testing.F) {
	for _, n := range []int{30, 33, 34, 36} {
		f.Add(n, "10.0.1.9:8443", "200", uint16(0), "", uint16(0), byte('x'))
		f.Add(n, "-", "-", uint16(25), `"-"`, uint16(0), byte('x'))
		f.Add(n, "10.0.1.9:8443", "200", uint16(4), "-", uint16(600), byte('"'))
		f.Add(n, `10"0:1`, "200", uint16(29), `"TID"`, uint16(500), byte(' '))
		f.Add(n, `10\0:1`, "502", uint16(29), `TID_b33932fc40603344`, uint16(700), byte('\\'))
	}
	f.Fuzz(func(t *testing.T, n int, target, status string, field uint16, raw string, at uint16, c byte) {
		if strings.Contains(target+status+raw, "\n") || c == '\n' {
			return
		}
		// A line as AWS writes it: the lists repeat the target and its status.
		usual := func(target, status string) []edit {
			return []edit{set(FieldTarget, target), set(FieldTargetList, `"`+target+`"`),
				set(FieldTargetStatus, status), set(FieldTargetStatusList, `"`+status+`"`), first(30 + (n&0xff)%7)}
		}
		before := logLine(usual("10.0.0.7:80", "200")...)
		line := []byte(logLine(append(usual(target, status), func(l []string) []string {
			if raw != "" {
				l[int(field)%len(l)] = raw
			}
			return l
		})...))
		checkAfter(t, before, string(line))
		line[int(at)%len(line)] = c
		checkAfter(t, before, string(line))
		checkAfter(t, string(line), before)
	})
}

// FuzzField holds Parse against the oracle on lines that are good but for one token.
func FuzzField(f *testing.F) {
	for field, token := range tokens {
		f.Add(uint8(field), token)
	}
	for _, raw := range []string{"-", "-1", `""`, `"-"`, `"\""`, "0.0000019", "2024-02-29T23:59:59Z", "0000-02-29T00:00:00Z", "::1:80"} {
		for field := range tokens {
			f.Add(uint8(field), raw)
		}
	}
	f.Fuzz(func(t *testing.T, field uint8, raw string) {
		if !strings.Contains(raw, "\n") {
			checkLine(t, logLine(set(Field(int(field)%KnownFields), raw)))
		}
	})
}

// FuzzLines holds Lines against strings.Split on any text, in blocks of any lengths, with any end.
func FuzzLines(f *testing.F) {
	f.Add("", []byte{})
	f.Add("\n", []byte{0, 1})
	f.Add("a\n\nbc\r\nd", []byte{1, 0, 2, 3})
	f.Add("no line feed", []byte{3, 3, 3})
	f.Add(logLine()+"\n"+logLine(first(12))+"\n", []byte{255, 255, 143, 1, 1, 255})
	for _, text := range logsUnder(f, "../testdata/lines") {
		f.Add(text, []byte{200, 0, 90, 1, 1, 255, 255, 7})
	}
	f.Fuzz(func(t *testing.T, text string, cuts []byte) {
		var lengths []int
		for _, n := range cuts {
			lengths = append(lengths, int(n))
		}
		checkLines(t, cut(text, lengths...))
	})
}

// logsUnder reads the logs of a folder, which need not be there.
func logsUnder(f *testing.F, dir string) []string {
	names, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil {
		f.Fatal(err)
	}
	var texts []string
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	return texts
}
