#!/usr/bin/env bash
# gofmt, go vet, staticcheck and `go mod tidy -diff`, in every module. Shows all it finds before it fails.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

failed=0
fail() {
  printf 'lint: %s\n' "$*" >&2
  failed=1
}

# The files in git's index, and new ones about to be.
mapfile -d '' -t sources < <(git ls-files -z --cached --others --exclude-standard '*.go' 2>/dev/null ||
  find . -name '*.go' -print0)
existing=()
for file in "${sources[@]}"; do
  if [ -f "$file" ]; then existing+=("$file"); fi
done
if [ "${#existing[@]}" -gt 0 ]; then
  gofmt -d "${existing[@]}" || fail "not formatted as gofmt does"
fi

while read -r dir; do
  (cd "$dir" && go mod tidy -diff) || fail "$dir: go.mod or go.sum is not tidy"
  found=$(packages "$dir") || { fail "$dir: go list"; continue; }
  if [ -z "$found" ]; then continue; fi
  (cd "$dir" && go vet ./...) || fail "$dir: go vet"
  (cd "$dir" && go tool -modfile="$root/tools/staticcheck/go.mod" staticcheck ./...) || fail "$dir: staticcheck"
done < <(modules)

exit "$failed"
