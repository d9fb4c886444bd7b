//go:build !race

package evidence

const underRace = false
