#!/usr/bin/env bash
# What a reviewer would say first: format, layers and house rules; with --tidy also clang-tidy on what differs from a base.
#   tools/check.sh            format and layers of the whole tree, shell scripts when shellcheck is there
#   tools/check.sh --fix      formats the C++ files in place
#   tools/check.sh --tidy [BASE]   clang-tidy on the sources that differ from BASE (default: the commit before HEAD and the
#                             work tree); needs build/dev
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

cpp_files() { git ls-files --cached --others --exclude-standard -- '*.h' '*.cpp'; }
status=0

case ${1:-} in
    --fix)
        cpp_files | xargs clang-format -i
        exit 0
        ;;
    --tidy)
        base=${2:-HEAD~1}
        changed=$({ git diff --name-only --diff-filter=d "$base" -- '*.cpp'; git ls-files --others --exclude-standard -- '*.cpp'; } |
            sort -u)
        [ -z "$changed" ] || xargs -r -n 1 -P "$(nproc)" clang-tidy --quiet -p build/dev <<<"$changed" || status=1
        ;;
    "") ;;
    *)
        echo "usage: tools/check.sh [--fix | --tidy [BASE]]" >&2
        exit 2
        ;;
esac

if command -v clang-format >/dev/null; then
    cpp_files | xargs clang-format --dry-run -Werror || status=1
else
    echo "clang-format is not installed: format not checked" >&2
fi
if command -v shellcheck >/dev/null; then
    shellcheck run test .ci/run tools/*.sh bench/*.sh || status=1
fi
tools/check_layers.py --self-test >/dev/null || { tools/check_layers.py --self-test; status=1; }
tools/check_layers.py || status=1
exit "$status"
