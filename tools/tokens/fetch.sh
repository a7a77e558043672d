#!/usr/bin/env bash
# Fetches what the token tables are made from, pinned in package-lock.json beside this file, into build/token-data. Does nothing
# when it is there. ./run, ./test and bench/run.sh call it; who calls cmake does so once.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
# shellcheck source=tools/packages.sh
source "$here/../packages.sh"
fetch_npm_packages "$here" "$here/../../build/token-data" "the ranks of tokens"
