#!/usr/bin/env bash
# cover.sh PERCENT PACKAGE...: coverage of each package by its own tests; fails when one is below PERCENT of its lines.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

least=${1:?usage: cover.sh PERCENT PACKAGE...}
shift
mkdir -p out
failed=0
for package in "$@"; do
  profile=out/cover-${package//\//-}.out
  go test -count=1 -coverprofile="$profile" "./$package"
  go tool cover -func="$profile" | awk '$3 != "100.0%" && $1 != "total:" { print "  " $0 }'
  # A profile's row: file:line.column,line.column statements count. A line is covered when a block that touches it ran.
  awk -v package="$package" -v least="$least" '
    NR > 1 {
      n = split($1, at, /[:.,]/) # …file . go : line . column , line . column
      file = $1; sub(/:[^:]*$/, "", file)
      for (line = at[n-3]; line <= at[n-1]; line++) {
        key = file ":" line
        seen[key] = 1
        if ($3 > 0) hit[key] = 1
      }
      statements += $2
      if ($3 > 0) ran += $2
    }
    END {
      for (key in seen) { lines++; if (key in hit) covered++ }
      if (!lines) { print package ": nothing to cover"; exit 1 }
      share = 100 * covered / lines
      printf "%s: %.1f %% of lines, %.1f %% of statements\n", package, share, 100 * ran / statements
      if (share < least) { printf "%s: below %s %% of lines\n", package, least; exit 1 }
    }' "$profile" || failed=1
done
exit "$failed"
