// Package store keeps Partials on disk, so that what was read once need not be read again.
//
//  1. Open makes a directory a cache.
//  2. Has, Load and Save are scan.Cache: an entry is found by all that shapes a Partial, so that one that is found is the
//     very Partial that reading would yield.
//  3. Tidy keeps the cache within its size, by what was used least recently.
//
// Entries appear under their names whole, and say what they are of and by a checksum that they are whole. So several
// programs may use one cache at once, and one that dies leaves nothing that matters.
package store
