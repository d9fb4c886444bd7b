package albtext

import "testing"

func TestDecode(t *testing.T) {
	for in, want := range map[string]string{
		"":                     "",
		"/api/users":           "/api/users",
		`\x22quoted\x22`:       `"quoted"`,
		`a\x5Cb`:               `a\b`,
		`caf\xC3\xA9`:          "caf\u00e9",
		`lower \xc3\xa9`:       "lower \u00e9",
		`\x00000022long form`:  `"long form`,
		`\x00000a1`:            "\x00" + "000a1", // no long form: it has ten characters
		`\"other tools\"`:      `"other tools"`,
		`\x5Cx41`:              `\x41`, // decoded once
		`C:\logs\x`:            `C:\logs\x`,
		`cut \x2`:              `cut \x2`,
		`no hex \xZZ`:          `no hex \xZZ`,
		`at the end \`:         `at the end \`,
		"control \\x1B[31mred": "control \x1b[31mred",
	} {
		if got := Decode(in); got != want {
			t.Errorf("Decode(%q) = %q, want %q", in, got, want)
		}
		if got := string(AppendDecoded([]byte("x"), []byte(in))); got != "x"+want {
			t.Errorf("AppendDecoded of %q = %q, want %q", in, got, "x"+want)
		}
	}
}
