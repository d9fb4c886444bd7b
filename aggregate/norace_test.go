//go:build !race

package aggregate

const underRace = false
