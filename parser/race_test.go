//go:build race

package parser

// underRace: the race detector allocates on its own.
const underRace = true
