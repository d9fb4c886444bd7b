package aggregate

import (
	"fmt"
	"strings"
)

// A Part is one thing to count by.
type Part uint8

const (
	Target Part = iota
	Path
	Time
	TargetGroup
	Host
	Method
	LoadBalancer
	Node
	Client
	Status
	Rule
	UserAgent

	numParts int = iota
)

// The words of --by, in the order of the constants.
var partNames = [numParts]string{
	"target", "path", "time", "target-group", "host", "method", "lb", "node", "client", "status", "rule", "user-agent",
}

func (p Part) String() string { return partNames[p] }

// A Dimension is a part, or several that are counted in combination.
type Dimension []Part

// ParseDimension reads a word of --by, or several joined by "+".
func ParseDimension(text string) (Dimension, error) {
	var d Dimension
	for _, word := range strings.Split(text, "+") {
		p, ok := parsePart(word)
		if !ok {
			return nil, fmt.Errorf("%q is not one of %s, or several of them joined by +", word, strings.Join(partNames[:], ", "))
		}
		for _, q := range d {
			if p == q {
				return nil, fmt.Errorf("%q twice in %q", word, text)
			}
		}
		d = append(d, p)
	}
	return d, nil
}

func parsePart(word string) (Part, bool) {
	for p, name := range partNames {
		if name == word {
			return Part(p), true
		}
	}
	return 0, false
}

// String returns the dimension as ParseDimension reads it.
func (d Dimension) String() string {
	words := make([]string, len(d))
	for i, p := range d {
		words[i] = p.String()
	}
	return strings.Join(words, "+")
}

// Is reports whether d is the single part p.
func (d Dimension) Is(p Part) bool { return len(d) == 1 && d[0] == p }
