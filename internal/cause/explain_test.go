package cause

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// What design/contract.md lists beside the causes, and the rules that came later.
const findingSlugs = `one-bad-target one-bad-path one-bad-node one-bad-zone deploy shutdown-early fail-open saturation near-timeout
	cold-start log-gaps format-drift setting-keepalive setting-deregistration setting-health-check setting-security-group
	setting-nacl setting-idle-timeout setting-stop-timeout setting-route setting-subnet setting-access-logs`

func TestEverySlugIsExplained(t *testing.T) {
	var want, got []string
	for c := None + 1; int(c) < Count; c++ {
		want = append(want, c.String())
	}
	want = append(want, strings.Fields(findingSlugs)...)
	for _, d := range AllDocs() {
		got = append(got, d.Slug)
		if d.Cause.String() != d.Slug && d.Cause != None {
			t.Errorf("%s explains the cause %s", d.Slug, d.Cause)
		}
		if (d.Alone == "") != (d.Cause == None) {
			t.Errorf("%s: what a record alone tells is said of causes only", d.Slug)
		}
		if !slices.IsSorted(d.Statuses) {
			t.Errorf("%s: statuses %v do not ascend", d.Slug, d.Statuses)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("explained\n%q, want\n%q", got, want)
	}
}

// Every text is said, as sentences that end, in printable ASCII but for the ellipsis.
func TestTexts(t *testing.T) {
	for _, d := range AllDocs() {
		v := reflect.ValueOf(d)
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			text, ok := v.Field(i).Interface().(string)
			if !ok || name == "Slug" || name == "Alone" && d.Cause == None {
				continue
			}
			if text == "" || strings.TrimSpace(text) != text || strings.Contains(text, "  ") {
				t.Errorf("%s: %s is %q", d.Slug, name, text)
			}
			if strings.HasSuffix(text, ".") == (name == "Title") {
				t.Errorf("%s: %s has its full stop wrong: %q", d.Slug, name, text)
			}
			if i := strings.IndexFunc(text, func(r rune) bool { return (r < ' ' || r > '~') && r != '…' }); i >= 0 {
				t.Errorf("%s: %s holds %q", d.Slug, name, text[i:])
			}
		}
	}
}

// What shows as a status is found by it, in the order of the causes.
func TestStatuses(t *testing.T) {
	for status, slugs := range map[int]string{
		0:   "stream-reset",
		403: "waf-block",
		408: "client-error",
		460: "client-abandoned",
		502: "target-5xx connect-refused keepalive-race target-crash worker-timeout deregistration-cut bad-response lambda-error",
		503: "target-5xx no-target",
		504: "target-5xx connect-timeout idle-timeout short-body lambda-error",
		561: "auth-error",
	} {
		var got []string
		for _, d := range Docs() {
			if slices.Contains(d.Statuses, status) {
				got = append(got, d.Slug)
			}
		}
		if want := strings.Fields(slugs); !slices.Equal(got, want) {
			t.Errorf("%d: %q, want %q", status, got, want)
		}
	}
}

// The best known checklist is wrong here; whoever looks it up has to be told.
func TestKeepaliveIs502(t *testing.T) {
	for _, d := range AllDocs() {
		if d.Slug != "keepalive-race" && d.Slug != "setting-keepalive" {
			continue
		}
		if !strings.Contains(d.Shows, "504") || !strings.Contains(d.Shows, "502") || !slices.Equal(d.Statuses, []int{502}) {
			t.Errorf("%s does not say that the log shows 502 where checklists say 504: %v %q", d.Slug, d.Statuses, d.Shows)
		}
	}
}
