package redact

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// A form tells a secret. One of need is in every secret of that form, and quick to look for.
type form struct {
	mask  string
	need  []string
	match *regexp.Regexp // its first group, if any, is the secret
}

func newForm(mask, match string, need ...string) form {
	return form{mask, need, regexp.MustCompile(match)}
}

var forms = []form{
	newForm("{credentials}", `//([^/@\s]+)@`, "@"),
	newForm("{email}", `[\w.%+'-]+@[\w-]+(?:\.[\w-]+)+`, "@"),
	newForm("{jwt}", `eyJ[\w-]{8,}(?:\.[\w-]*){0,4}`, "eyJ"),
	newForm("{secret}", `(?i)\b(?:bearer|basic)[\s+]+([\w.~+/=-]{16,})`, "earer", "EARER", "asic", "ASIC"),
	newForm("{key}", `(?:AKIA|ASIA)[A-Z0-9]{16}`, "AKIA", "ASIA"),         // Amazon
	newForm("{key}", `AIza[\w-]{30,}|ya29\.[\w.-]{20,}`, "AIza", "ya29."), // Google
	newForm("{key}", `gh[opsur]_\w{20,}|github_pat_\w{20,}`, "ghp_", "gho_", "ghs_", "ghu_", "ghr_", "github_pat_"),
	newForm("{key}", `glpat-[\w-]{16,}`, "glpat-"),                                           // GitLab
	newForm("{key}", `xox[a-z]-[\w-]{10,}`, "xox"),                                           // Slack
	newForm("{key}", `(?:[prs]k_(?:live|test)|whsec)_\w{10,}`, "_live_", "_test_", "whsec_"), // Stripe
	newForm("{key}", `SG\.[\w-]{16,}\.[\w-]{16,}`, "SG."),                                    // SendGrid
	newForm("{key}", `npm_\w{30,}`, "npm_"),
	newForm("{key}", `\bsk-[\w-]{20,}`, "sk-"), // several
}

// secretForms masks what is a secret by its form.
func secretForms(text string) string {
	v := decode(text)
	return v.apply(text, joined(byForm(&v)))
}

// secrets masks, besides, what stands behind a name that says so, and long words that only a machine can have made.
func secrets(text string) string {
	v := decode(text)
	return v.apply(text, joined(slices.Concat(byForm(&v), byName(&v), opaque(&v))))
}

func byForm(v *view) (edits []edit) {
	for _, f := range forms {
		if !containsAny(v.plain, f.need) {
			continue
		}
		for _, at := range f.match.FindAllStringSubmatchIndex(v.plain, -1) {
			edits = append(edits, edit{at[len(at)-2], at[len(at)-1], f.mask})
		}
	}
	return edits
}

// A pair is a name and what separates it from its value, in a query, a path, JSON or a header. A mere colon would take
// token.example.com:443 for one.
var pair = regexp.MustCompile(`([\w.\[\]-]+)(?:["']*\s*=\s*|["']+ ?:\s*|:\s+)`)

func containsAny(s string, list []string) bool {
	return slices.ContainsFunc(list, func(part string) bool { return strings.Contains(s, part) })
}

func byName(v *view) (edits []edit) {
	if !containsAny(v.plain, []string{"=", ": ", `":`, `':`, `" :`, `' :`}) {
		return nil
	}
	end := 0
	for _, at := range pair.FindAllStringSubmatchIndex(v.plain, -1) {
		if at[0] < end || !isSecretName(v.plain[at[2]:at[3]]) {
			continue
		}
		if end = valueEnd(v, at[1]); end > at[1] {
			edits = append(edits, edit{at[1], end, "{secret}"})
		}
	}
	return edits
}

// valueEnd is where the value that begins at i ends: at its closing quote, or else at a separator that nobody escaped. An
// escaped one may belong to the value.
func valueEnd(v *view, i int) int {
	if i < len(v.plain) && (v.plain[i] == '"' || v.plain[i] == '\'') {
		if n := strings.IndexByte(v.plain[i+1:], v.plain[i]); n >= 0 {
			return i + 1 + n + 1
		}
		return len(v.plain)
	}
	for ; i < len(v.plain); i++ {
		if strings.IndexByte("&;# \"'", v.plain[i]) >= 0 && v.raw(i) {
			break
		}
	}
	return i
}

var (
	secretParts = []string{"passw", "passphrase", "secret", "token", "credential", "signature", "session", "apikey", "api_key", "api-key",
		"accesskey", "access_key", "access-key", "privatekey", "private_key", "jwt", "assertion", "samlresponse"}
	secretNames = []string{"pass", "pwd", "pw", "psw", "sid", "sig", "auth", "authorization", "key", "code", "otp", "pin", "cvv", "ssn"}
)

func isSecretName(name string) bool {
	name = strings.ToLower(name)
	return containsAny(name, secretParts) ||
		slices.Contains(secretNames, strings.Trim(name[strings.LastIndexByte(name, '[')+1:], "[]"))
}

const (
	minOpaque = 28 // longer than the ids of MongoDB (24), ULIDs (26) and KSUIDs (27), shorter than hashes and most tokens
)

// opaque masks words of letters and digits that are too long and too mixed for a word.
func opaque(v *view) (edits []edit) {
	for i := 0; i < len(v.plain); {
		end := i
		for end < len(v.plain) && (isWord(v.plain[end]) || v.plain[end] == '-') {
			end++
		}
		if end-i >= minOpaque && isOpaque(v.plain[i:end]) {
			edits = append(edits, edit{i, end, "{token}"})
		}
		i = max(end, i+1)
	}
	return edits
}

// isOpaque tells tokens from a-title-of-2026-in-words and from UUIDs.
func isOpaque(word string) bool {
	if strings.ContainsAny(word, digits) && strings.ContainsAny(word, upper) && strings.ContainsAny(word, lower) {
		return true
	}
	for _, part := range strings.FieldsFunc(word, func(r rune) bool { return r == '-' || r == '_' }) {
		if len(part) >= minOpaque && strings.ContainsAny(part, digits) && strings.ContainsAny(part, upper+lower) {
			return true
		}
	}
	return false
}

const (
	digits = "0123456789"
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lower  = "abcdefghijklmnopqrstuvwxyz"
)

func isWord(c byte) bool {
	return c-'0' <= 9 || c|0x20-'a' <= 25 || c == '_'
}

// joined sorts edits, and makes one of those that overlap, by the mask of the first.
func joined(edits []edit) []edit {
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Or(cmp.Compare(a.from, b.from), -cmp.Compare(a.to, b.to)) })
	out := edits[:0]
	for _, e := range edits {
		if n := len(out); n > 0 && e.from < out[n-1].to {
			out[n-1].to = max(out[n-1].to, e.to)
			continue
		}
		out = append(out, e)
	}
	return out
}
