#!/usr/bin/env bash
# package.sh DIR VERSION DATE: what a package holds beside the program goes to DIR, which is made anew: man/*.1.gz,
# completions/, and LICENSES, the licences of all that is linked into it. The same arguments give the same bytes.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

out=${1:?usage: package.sh DIR VERSION DATE} version=${2:?} date=${3:?}
rm -rf "$out"
mkdir -p "$out/man" "$out/completions"
out=$(cd "$out" && pwd)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
CGO_ENABLED=0 go build -pgo=off -ldflags "-X main.version=$version" -o "$work/alblens" ./cmd/alblens

"$work/alblens" man "$out/man" --date "$date"
gzip -9 -n "$out"/man/*.1
"$work/alblens" completion bash >"$out/completions/alblens.bash"
"$work/alblens" completion zsh >"$out/completions/_alblens"
"$work/alblens" completion fish >"$out/completions/alblens.fish"

# "module@version folder" of what is linked on any system.
linked() {
  local os
  for os in linux darwin windows; do
    GOOS=$os CGO_ENABLED=0 go list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}}@{{.Version}} {{.Dir}}{{end}}{{end}}' ./cmd/alblens
  done | LC_ALL=C sort -u
}

licence() { # NAME FILE...
  printf '\n== %s\n\n' "$1"
  shift
  cat "$@"
}

{
  printf 'alblens is under the Apache License 2.0, see LICENSE. Linked into it are:\n'
  licence 'Go, its standard library and runtime' "$(go env GOROOT)/LICENSE"
  licence 'uPlot, in HTML reports' report/html/uplot/LICENSE
  linked >"$work/linked"
  while read -r module dir; do
    files=()
    for file in "$dir"/LICEN[CS]E* "$dir"/COPYING* "$dir"/NOTICE*; do
      if [ -f "$file" ]; then files+=("$file"); fi
    done
    if [ "${#files[@]}" -eq 0 ]; then
      printf 'package.sh: no licence in %s\n' "$module" >&2
      exit 1
    fi
    licence "$module" "${files[@]}"
  done <"$work/linked"
} >"$out/LICENSES"
