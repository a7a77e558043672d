#!/usr/bin/env bash
# Counts the tokens of the same texts with Pulse, npm gpt-tokenizer and npm tiktoken, interleaved on one core, and prints MB/s and
# ratios: the table of docs/performance.md. The texts are taken from this machine's own files.
#   bench/tokens.sh [--rounds N]
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
source tools/packages.sh
source tools/build.sh
source tools/testing.sh

install_packages "${PULSE_PACKAGES_BUILD[@]}" "${PULSE_PACKAGES_BENCH[@]}"
build_preset bench pulse_bench_tokens
[ -d tests/e2e/node_modules/tiktoken ] || install_npm_packages
exec "$(e2e_node)" bench/tokens.mjs --program build/bench/pulse_bench_tokens "$@"
