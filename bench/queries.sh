#!/usr/bin/env bash
# How long the console's questions take over a year of a made-up ledger, in both engines, with the plans.
#   bench/queries.sh [REQUESTS]     (1000000; 10000000 needs some 30 GB of PULSE_BENCH_FOLDER, or else of /tmp, and half an hour)
# Exits 1 where a question with a goal misses it, 2 where something fails. PULSE_BENCH_BIN: the program, where it is built;
# PULSE_BENCH_PLANS= (empty): without the plans.
set -uo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." || exit 2
requests=${1:-1000000}
folder=${PULSE_BENCH_FOLDER:-/tmp}
plans=${PULSE_BENCH_PLANS-1}
unset PULSE_BENCH_PLANS
[ -z "$plans" ] || export PULSE_BENCH_PLANS=1
program=${PULSE_BENCH_BIN:-build/bench/bench/pulse_bench_queries}
if [ -z "${PULSE_BENCH_BIN:-}" ]; then
    cmake -S . -B build/bench -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DPULSE_BUILD_BENCH=ON -DPULSE_BUILD_TESTS=ON \
        >/dev/null && ninja -C build/bench pulse_bench_queries || exit 2
fi
worst=0
for engine in sqlite postgresql; do
    TMPDIR=$folder "$program" "$engine" "$requests" "$folder"
    result=$?
    [ "$result" -gt "$worst" ] && worst=$result
done
exit "$worst"
