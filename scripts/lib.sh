# Sourced by the scripts beside it.
# shellcheck shell=bash

export GOTOOLCHAIN=local GOWORK=off GOFLAGS="${GOFLAGS-} -buildvcs=false"
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1

# Every module's folder, the root first: `./...` does not enter nested ones.
modules() {
  find . \( -name testdata -o -name '.?*' \) -prune -o -name go.mod -print |
    sed 's|/go.mod$||' | LC_ALL=C sort
}

# A module may hold a tool's version and no package of its own.
packages() {
  (cd "$1" && go list ./... 2> >(grep -v 'matched no packages' >&2))
}
