// Package redact takes out of log text what tells of people, and keeps the rest as it is.
//
//   - Client addresses, values of queries and user agents become pseudonyms: the same value always the same one under
//     one key, so that what belongs together stays together. Without the key a pseudonym cannot be turned back; with it,
//     guesses can be checked.
//   - Secrets become a mask that says of which kind they were, such as {jwt}. They are recognised by their form or by
//     the name in front of them, so it is the obvious ones that are found.
//
// A value is found however often it was escaped, as \xHH by the load balancer or as %HH by the client. What is not a
// value stays byte for byte, and a record that is redacted is still a record.
//
// Addresses of targets and of load balancer nodes are no clients' and stay.
package redact

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
)

// Options say what is taken out.
type Options struct {
	IP        bool // addresses of clients, and whatever else is an address in what clients sent
	Query     bool // values of queries; their names stay
	UserAgent bool
	Secrets   bool // passwords, tokens, keys, e-mail addresses
}

// Words are what ParseOptions takes, but for all and none.
var Words = []string{"ip", "query", "user-agent", "secrets"}

// ParseOptions reads the words of a list; all and none stand alone.
func ParseOptions(words []string) (o Options, err error) {
	for _, word := range words {
		switch word {
		case "ip":
			o.IP = true
		case "query":
			o.Query = true
		case "user-agent":
			o.UserAgent = true
		case "secrets":
			o.Secrets = true
		case "all", "none":
			if len(words) > 1 {
				return Options{}, fmt.Errorf("%s stands alone", word)
			}
			all := word == "all"
			return Options{all, all, all, all}, nil
		default:
			return Options{}, fmt.Errorf("%q is not one of %s, all, none", word, strings.Join(Words, ", "))
		}
	}
	return o, nil
}

// Words are the options as ParseOptions reads them; none are an empty list.
func (o Options) Words() []string {
	list := []string{}
	for i, on := range []bool{o.IP, o.Query, o.UserAgent, o.Secrets} {
		if on {
			list = append(list, Words[i])
		}
	}
	return list
}

// MinKey is the shortest key that New takes, in bytes.
const MinKey = 16

// NewKey returns a random key.
func NewKey() []byte {
	key := make([]byte, 32)
	rand.Read(key) // never fails
	return key
}

// A Redactor redacts. A nil one leaves all as it is. Its methods may be called from several goroutines at once.
type Redactor struct {
	hide Options
	key  []byte
}

// New returns a Redactor whose pseudonyms hang on the key; nil if there is nothing to take out. It panics on a key
// shorter than MinKey.
func New(o Options, key []byte) *Redactor {
	if o == (Options{}) {
		return nil
	}
	if len(key) < MinKey {
		panic("BUG: a key of " + fmt.Sprint(len(key)) + " bytes")
	}
	return &Redactor{o, key}
}

// sum is a keyed hash of a value. Kinds keep a value of two kinds from showing that it is one.
func (r *Redactor) sum(kind, value string) []byte {
	h := hmac.New(sha256.New, r.key)
	h.Write([]byte(kind + "\x00" + value))
	return h.Sum(nil)
}

// pseudonym is 40 bits: of a million values the chance that any two share one is a third, and two out of ten thousand
// hardly ever do.
func (r *Redactor) pseudonym(prefix, value string) string {
	return prefix + hex.EncodeToString(r.sum(prefix, value)[:5])
}

// UserAgent redacts a user agent, the field's whole text.
func (r *Redactor) UserAgent(text string) string {
	switch {
	case r == nil || text == "" || text == "-":
		return text
	case r.hide.UserAgent:
		return r.pseudonym("ua-", decode(text).plain)
	}
	return r.Text(text)
}

// Text redacts a URL or a part of one, or other text of a client's. What is behind a question mark is a query.
func (r *Redactor) Text(text string) string {
	if r == nil {
		return text
	}
	if r.hide.Query {
		v := decode(text)
		if i := strings.IndexAny(v.plain, "?#"); i >= 0 {
			at := v.offset(i + 1)
			return r.plain(text[:at]) + r.query(text[at:])
		}
	}
	return r.plain(text)
}

// plain is Text without regard to queries.
func (r *Redactor) plain(text string) string {
	if r.hide.IP {
		text = r.addresses(text, func(netip.Addr, string) bool { return false })
	}
	if r.hide.Secrets {
		text = secrets(text)
	}
	return text
}
