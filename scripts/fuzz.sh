#!/usr/bin/env bash
# fuzz.sh TIME [REGEXP]: every fuzz target of every module, or those whose name REGEXP matches, for TIME (30s) or a count
# (100000x) each. An input that fails is written to the package's testdata/fuzz, where `go test` finds it from then on.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

budget=${1:?usage: fuzz.sh TIME [REGEXP]}
only=${2:-.}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# "package target", a line each. `go test -list` prints a package's targets, then the package.
targets() {
  go test -list '^Fuzz' ./... >"$log" || { cat "$log" >&2; return 1; }
  awk '/^Fuzz/ { names[n++] = $1 } /^ok/ { for (i = 0; i < n; i++) print $2, names[i]; n = 0 }' "$log"
}

failed=0
ran=0
while read -r dir; do
  found=$(packages "$dir")
  if [ -z "$found" ]; then continue; fi
  list=$(cd "$dir" && targets) || { failed=$((failed + 1)); continue; }
  while read -r package target; do
    if [ -z "$target" ] || ! [[ $target =~ $only ]]; then continue; fi
    ran=$((ran + 1))
    printf '== %s %s\n' "$package" "$target"
    # Long inputs of which the coverage varies, as with maps, would be made shorter for a minute each.
    if (cd "$dir" && go test -run '^$' -fuzz "^$target\$" -fuzztime "$budget" -fuzzminimizetime 2s "$package") >"$log" 2>&1; then
      grep '^fuzz: elapsed' "$log" | tail -n 1
      continue
    fi
    # golang/go#75804, in all of Go 1.26: the end of the time is now and then taken for a failure. No input is written
    # then, and nothing else is said.
    if grep -q '^    context deadline exceeded$' "$log" && ! grep -qE 'Failing input|panic:|_test\.go:' "$log"; then
      printf 'ended at its deadline (golang/go#75804)\n'
      continue
    fi
    cat "$log"
    failed=$((failed + 1))
  done <<<"$list"
done < <(modules)

printf 'fuzz: %d targets, %d failed\n' "$ran" "$failed"
[ "$failed" -eq 0 ]
