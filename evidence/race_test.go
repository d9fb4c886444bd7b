//go:build race

package evidence

// underRace: the race detector allocates on its own.
const underRace = true
