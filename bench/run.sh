#!/usr/bin/env bash
# Puts the same work through nginx, HAProxy, Pulse's bare relay and Pulse with everything on, interleaved on one core of this
# machine, and prints what each costs as ratios to nginx: the tables of docs/performance.md.
#   bench/run.sh [--quick] [--rounds N] [--cases NAME,...] [--only PROXY,...]
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
source tools/packages.sh
source tools/build.sh

install_packages "${PULSE_PACKAGES_BUILD[@]}" "${PULSE_PACKAGES_BENCH[@]}" python3
build_preset release pulse
bench_targets=(pulse_bench_loadgen pulse_bench_upstream)
[ ! -f bench/relay/CMakeLists.txt ] || bench_targets+=(pulse_bare_relay)
build_preset bench "${bench_targets[@]}"
PATH=$PATH:/usr/sbin exec python3 -B bench/compare.py "$@"
