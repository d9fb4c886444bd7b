package jsontext

import (
	"encoding/json"
	"strings"
	"testing"
)

func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "plain", `"quoted" \ `, "\x00\x1b[31m\x7f", "ünï", "\xff\xfe", "\u202e\u009b\u2028\ufeff", "😀", "\xe2\x80"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := AppendString(nil, s)
		var got string
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%q: %v in %s", s, err, text)
		}
		if want := strings.ToValidUTF8(s, "\ufffd"); strings.ReplaceAll(got, "\ufffd", "") != strings.ReplaceAll(want, "\ufffd", "") {
			t.Fatalf("%q came back as %q", s, got)
		}
		if string(AppendString(nil, []byte(s))) != string(text) {
			t.Fatalf("%q: bytes and string differ", s)
		}
		for _, r := range string(text) {
			if Steers(r) {
				t.Fatalf("%q: %U stands as it is in %s", s, r, text)
			}
		}
	})
}

func TestObject(t *testing.T) {
	got := string(Begin([]byte("x")).String("s", "a\"b").Null("n").Bool("b", true).Int("i", -7).Uint("u", 7).
		Decimal("d", 1_500_000).Key("k").Append(func(b []byte) []byte { return append(b, "[]"...) }).End())
	if want := `x{"s": "a\"b", "n": null, "b": true, "i": -7, "u": 7, "d": 1.5, "k": []}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAppendDecimal(t *testing.T) {
	for _, c := range []struct {
		value  int64
		places int
		want   string
	}{{0, 6, "0"}, {1, 6, "0.000001"}, {-1, 3, "-0.001"}, {1500, 3, "1.5"}, {60_000_000, 6, "60"}, {1_001_000, 6, "1.001"}} {
		if got := string(AppendDecimal(nil, c.value, c.places)); got != c.want {
			t.Errorf("%d of %d places = %s, want %s", c.value, c.places, got, c.want)
		}
	}
}
