// Package browsercheck has tests only: the HTML report opens in Chromium from disk, with the network off, does what its
// controls say, and shows text of the log as text whatever it holds.
package browsercheck
