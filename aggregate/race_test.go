//go:build race

package aggregate

// underRace: the race detector allocates on its own.
const underRace = true
