package settings

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode/utf16"
)

// maxFile is more than the AWS CLI prints for any account: 10 000 security groups of 60 rules are 200 MB only where all
// are full.
const maxFile = 256 << 20

// Load reads all files below fsys but hidden ones. Files of one command add up; of two that tell different things of one
// resource the later name wins. A file that cannot be used is a Problem and costs no other; the error is of fsys itself.
func Load(fsys fs.FS) (*Settings, []Problem, error) {
	l := loader{s: newSettings()}
	files := 0
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if name == "." {
			return err
		}
		if strings.HasPrefix(d.Name(), ".") {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		l.file = name
		switch {
		case err != nil:
			l.problem("cannot be read: %v", plain(err))
		case !d.IsDir():
			files++
			l.load(fsys)
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if files == 0 && len(l.problems) == 0 {
		l.file = ""
		l.problem("holds no file; alblens collect prints the script that fills it")
	}
	l.s.finishMetrics()
	return l.s, l.problems, nil
}

type loader struct {
	s        *Settings
	problems []Problem
	file     string // the one being read
}

func (l *loader) problem(format string, args ...any) {
	l.problems = append(l.problems, Problem{l.file, fmt.Sprintf(format, args...)})
}

// plain leaves the name of the file out of an error, for a Problem has it.
func plain(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// A document is what one command printed.
type document map[string]json.RawMessage

// kinds tells by a key of the top level which command printed a document.
var kinds = []struct {
	key  string
	read func(*loader, document)
}{
	{"LoadBalancers", (*loader).loadBalancers},
	{"TargetGroups", (*loader).targetGroups},
	{"Attributes", (*loader).attributes},
	{"TargetHealthDescriptions", (*loader).targetHealth},
	{"Listeners", (*loader).listeners},
	{"Rules", (*loader).rules},
	{"SecurityGroups", (*loader).securityGroups},
	{"NetworkAcls", (*loader).networkACLs},
	{"Subnets", (*loader).subnets},
	{"RouteTables", (*loader).routeTables},
	{"NetworkInterfaces", (*loader).interfaces},
	{"InstanceStatuses", (*loader).instances},
	{"services", (*loader).services},
	{"tasks", (*loader).tasks},
	{"taskDefinition", (*loader).taskDefinition},
	{"MetricDataResults", (*loader).metrics},
	{"CollectedAt", (*loader).collected},
}

// load reads all documents of a file, for output may have been appended.
func (l *loader) load(fsys fs.FS) {
	text, err := l.text(fsys)
	if err != nil {
		l.problem("cannot be read: %v", plain(err))
		return
	}
	d := json.NewDecoder(bytes.NewReader(text))
	for n := 0; ; n++ {
		var doc document
		err := d.Decode(&doc)
		_, wrongType := errors.AsType[*json.UnmarshalTypeError](err)
		switch {
		case err == io.EOF && n > 0:
			return
		case err == io.EOF:
			l.problem("is empty: the command was denied or failed")
			return
		case errors.Is(err, io.ErrUnexpectedEOF):
			l.problem("is cut short")
			return
		case wrongType || err == nil && doc == nil:
			l.problem("holds JSON, but no object")
		case err != nil:
			l.problem("is not JSON: %.40q; run the command with --output json", bytes.TrimSpace(text[d.InputOffset():]))
			return
		default:
			l.document(doc)
		}
	}
}

func (l *loader) text(fsys fs.FS) ([]byte, error) {
	f, err := fsys.Open(l.file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // a pipe would never end
		return nil, errors.New("no regular file")
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if len(text) > maxFile {
		return nil, fmt.Errorf("larger than %d MiB", maxFile>>20)
	}
	return utf8Text(text), err
}

// utf8Text takes away a byte order mark, and is UTF-8 for the UTF-16 that PowerShell's > writes.
func utf8Text(text []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(text, []byte("\xff\xfe")):
		order = binary.LittleEndian
	case bytes.HasPrefix(text, []byte("\xfe\xff")):
		order = binary.BigEndian
	default:
		return bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	}
	units := make([]uint16, 0, len(text)/2)
	for i := 2; i+1 < len(text); i += 2 {
		units = append(units, order.Uint16(text[i:]))
	}
	return []byte(string(utf16.Decode(units)))
}

func (l *loader) document(doc document) {
	known := false
	for _, k := range kinds {
		if _, ok := doc[k.key]; ok {
			known = true
			k.read(l, doc)
		}
	}
	if !known {
		l.problem("holds %s, which no command prints that is read here", quoteKeys(doc))
		return
	}
	for _, key := range []string{"NextToken", "NextMarker", "nextToken"} {
		if token := doc[key]; len(token) > 0 && string(token) != "null" {
			l.problem("is one page of several: what is on the others is missing")
		}
	}
	var failures []struct{ Arn, Reason string }
	if json.Unmarshal(doc["failures"], &failures) == nil {
		for _, f := range failures {
			l.problem("says %q of %q", f.Reason, f.Arn)
		}
	}
}

func quoteKeys(doc document) string {
	keys := slices.Sorted(maps.Keys(doc))
	if len(keys) == 0 {
		return "an empty object"
	}
	more := ""
	if len(keys) > 3 {
		keys, more = keys[:3], ", …"
	}
	for i, k := range keys {
		keys[i] = fmt.Sprintf("%.40q", k)
	}
	return strings.Join(keys, ", ") + more
}

// items decodes a list item by item, so that a bad one costs no other.
func items[T any](l *loader, doc document, key string) []*T {
	var raw []json.RawMessage
	if err := json.Unmarshal(doc[key], &raw); err != nil {
		l.problem("%s is no list", key)
		return nil
	}
	var list []*T
	for i, r := range raw {
		v := new(T)
		if err := json.Unmarshal(r, v); err != nil {
			l.problem("%s[%d]%s", key, i, plainJSON(err))
			continue
		}
		list = append(list, v)
	}
	return list
}

// plainJSON says, behind the name of a value, why it could not be decoded.
func plainJSON(err error) string {
	e, ok := errors.AsType[*json.UnmarshalTypeError](err)
	if !ok {
		return ": " + err.Error()
	}
	kind, value, _ := strings.Cut(e.Value, " ") // "number 1.5" where another number would do
	kind = cmp.Or(value, map[string]string{"bool": "true or false", "array": "a list", "object": "an object"}[kind], "a "+kind)
	if e.Field == "" {
		return " must not be " + kind
	}
	return "." + e.Field + " must not be " + kind
}

// subject is whom attributes and target health are of, which the AWS CLI does not print: a key beside them says so, or
// the file's name: KIND.NAME.ID.json, as collect gives it.
func (l *loader) subject(doc document, kind, arnKey, prefix string) (string, bool) {
	var text string
	if raw, ok := doc[arnKey]; ok {
		if json.Unmarshal(raw, &text) == nil {
			if arn, ok := ParseARN(text); ok && strings.HasPrefix(arn.Resource, prefix) {
				return arn.Resource, true
			}
		}
		l.problem("%s is no ARN of a %s", arnKey, strings.TrimSuffix(prefix, "/"))
		return "", false
	}
	if part := strings.Split(path.Base(l.file), "."); len(part) == 4 && part[0] == kind {
		key := prefix + part[1] + "/" + part[2]
		if keyPattern.MatchString("app/" + part[1] + "/" + part[2]) {
			return key, true
		}
	}
	l.problem("does not tell whose it is: name it %s.NAME.ID.json", kind)
	return "", false
}

// An origin is what a file is about, to tell one that is about something else than the log.
type origin struct {
	file string
	what string // as a Problem would name it
	key  string // of a load balancer or target group; "" for what only a VPC tells
	vpc  string
}

func (l *loader) about(key string) {
	l.s.origins = append(l.s.origins, origin{file: l.file, what: key, key: key})
}

func (l *loader) inVPC(id, vpc string) {
	l.s.origins = append(l.s.origins, origin{file: l.file, what: cmp.Or(id, "a resource") + " in " + vpc, vpc: vpc})
}
