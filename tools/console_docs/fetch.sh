#!/usr/bin/env bash
# Fetches the viewer of /api/docs, pinned in package-lock.json beside this file, into build/console-docs. Does nothing when it is
# there. ./run, ./test and bench/run.sh call it; who calls cmake does so once.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
# shellcheck source=tools/packages.sh
source "$here/../packages.sh"
fetch_npm_packages "$here" "$here/../../build/console-docs" "the viewer of the API's documentation"
