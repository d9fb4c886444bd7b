package aggregate

import (
	"strings"
	"testing"
)

func TestParseDimension(t *testing.T) {
	for text, want := range map[string]Dimension{
		"target": {Target}, "path": {Path}, "time": {Time}, "target-group": {TargetGroup}, "host": {Host},
		"method": {Method}, "lb": {LoadBalancer}, "node": {Node}, "client": {Client}, "status": {Status},
		"rule": {Rule}, "user-agent": {UserAgent},
		"target+path": {Target, Path}, "path+target": {Path, Target}, "target+path+time": {Target, Path, Time},
	} {
		d, err := ParseDimension(text)
		if err != nil || d.String() != want.String() || len(d) != len(want) {
			t.Errorf("ParseDimension(%q) = %v, %v; want %v", text, d, err, want)
		}
		if d.String() != text {
			t.Errorf("%q is written %q", text, d.String())
		}
	}
}

func TestParseDimensionErrors(t *testing.T) {
	const words = "target, path, time, target-group, host, method, lb, node, client, status, rule, user-agent"
	for text, want := range map[string]string{
		"":                 `"" is not one of ` + words + `, or several of them joined by +`,
		"Target":           `"Target" is not one of ` + words + `, or several of them joined by +`,
		"target,path":      `"target,path" is not one of ` + words + `, or several of them joined by +`,
		"target+":          `"" is not one of ` + words + `, or several of them joined by +`,
		"target + path":    `"target " is not one of ` + words + `, or several of them joined by +`,
		"path+target+path": `"path" twice in "path+target+path"`,
	} {
		if d, err := ParseDimension(text); err == nil || err.Error() != want {
			t.Errorf("ParseDimension(%q) = %v, %v; want error %s", text, d, err, want)
		}
	}
}

func TestDefaultBy(t *testing.T) {
	var words []string
	for _, d := range DefaultBy() {
		words = append(words, d.String())
	}
	if got := strings.Join(words, ","); got != "target,path,time,target-group,host,node" {
		t.Errorf("the contract's default is target,path,time,target-group,host,node, not %s", got)
	}
}

func TestIs(t *testing.T) {
	if !(Dimension{Path}).Is(Path) || (Dimension{Path}).Is(Target) || (Dimension{Path, Time}).Is(Path) || (Dimension{}).Is(Target) {
		t.Error("only the single part is it")
	}
}
