#!/usr/bin/env bash
# Fetches what the token tables are made from, pinned in package-lock.json beside this file, into build/token-data. Does nothing
# when it is there. ./run, ./test and bench/run.sh call it; who calls cmake does so once.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
data=$here/../../build/token-data
if cmp -s "$here/package-lock.json" "$data/fetched-lock.json"; then
    exit 0
fi
# shellcheck source=tools/packages.sh
source "$here/../packages.sh"
echo "fetching the ranks of tokens from npm" >&2
install_node
mkdir -p "$data"
rm -f "$data/fetched-lock.json"
cp "$here/package.json" "$here/package-lock.json" "$data/"
(cd "$data" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
cp "$here/package-lock.json" "$data/fetched-lock.json"
