// Package csvtext tells which texts must not stand in a cell of CSV as they are.
package csvtext

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"alblens/internal/jsontext"
)

// formulas begin with one of these or its wide twin, which some programs take for the same; tabs and ends of lines begin
// a cell anew where a text is pasted.
const formulas = "=+-@|\t\r\n＝＋－＠｜"

// IsFormula reports whether a spreadsheet may take a text for a formula, or for a command to another program, so that an
// apostrophe has to stand in front of it. Spreadsheets look behind blanks and quotes too.
func IsFormula(text []byte) bool {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case strings.ContainsRune(formulas, r):
			return true
		case !unicode.IsSpace(r) && r != '"' && r != '\'' && !jsontext.Steers(r):
			return false
		}
		text = text[size:]
	}
	return false
}
