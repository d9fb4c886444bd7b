package csvtext

import "testing"

func TestIsFormula(t *testing.T) {
	for text, want := range map[string]bool{
		"=1+1": true, "+1": true, "-1": true, "@SUM(1)": true, "|calc": true, "\t=1": true, "\tx": true, "\rx": true, "\nx": true,
		"＝1": true, "＋1": true, "－1": true, "＠x": true, "｜x": true,
		" =1": true, "  \u00a0\u2003\u3000=1": true, `"=1`: true, `'=1`: true, `" '=1`: true, "\ufeff=1": true, "\u200b=1": true, "\x00=1": true, "\x1b=1": true,
		"": false, " ": false, "a=1": false, "/=1": false, "1-1": false, "(=1": false, `"x=1"`: false, "–1": false, "\xff=1": false, "日=1": false, "\ufffd": false,
	} {
		if got := IsFormula([]byte(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
