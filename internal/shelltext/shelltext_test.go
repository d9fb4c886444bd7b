package shelltext

import (
	"os/exec"
	"strings"
	"testing"
)

func TestWord(t *testing.T) {
	for _, c := range []struct{ value, want string }{
		{"s3://my-logs/AWSLogs/", "s3://my-logs/AWSLogs/"},
		{"", "''"},
		{"my own", "'my own'"},
		{"it's", `'it'\''s'`},
		{"-rf", "'-rf'"},
		{"=ls", "'=ls'"},
		{"a;b", "'a;b'"},
		{"~root", "'~root'"},
		{"Straße", "'Straße'"},
	} {
		if got := Word(c.value); got != c.want {
			t.Errorf("Word(%q) = %s, want %s", c.value, got, c.want)
		}
	}
}

func TestArgs(t *testing.T) {
	args := []string{"analyze", "my logs", "--raw-paths", "--profile=prod", "--path-template=^/a b=x", "--region=", "-rf", "--", "--a;b=c", "--a b"}
	want := "analyze 'my logs' --raw-paths --profile=prod --path-template='^/a b=x' --region='' '-rf' '--' '--a;b=c' '--a b'"
	if got := Args(args); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A shell gives back each value as it was.
func TestShellAgrees(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh here")
	}
	values := []string{"plain", "", " ", "it's", "''", "$(id)", "`id`", "$HOME", "a\\", "*", "!", "#x", "~", "a|b&c;d<e>f", "\"", "{a,b}", "é"}
	out, err := exec.Command(sh, "-c", `printf '%s\n' `+Words(values)).Output()
	if want := strings.Join(values, "\n") + "\n"; err != nil || string(out) != want {
		t.Errorf("%q, %v; want %q", out, err, want)
	}
}
