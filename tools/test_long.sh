# What `./test long` adds to the ordinary run. Sourced by ./test.
# shellcheck shell=bash disable=SC2034

run_long() {
    step "Debian packages" install_packages "${PULSE_PACKAGES_LONG[@]}" || return
    run_sanitized asan
    launcher=(setarch "$(uname -m)" -R)  # TSan needs a fixed address layout
    run_sanitized tsan
    launcher=()
    run_fuzzers
    run_ledger
    run_bare_root
}

# What takes minutes and room of the ledger: the console's questions over a million requests, a minute without the
# database, half a minute without the policy store, ten thousand calls that end in every way.
run_ledger() {
    if step "the console's questions, 1 million requests" env PULSE_BENCH_PLANS= bench/queries.sh 1000000; then
        passed=$((passed + 1))
    fi
    step "build bench" build_preset bench pulse_bench_loadgen pulse_bench_upstream || return
    echo "== outages, and ten thousand ends"
    PULSE_BENCH_PROGRAMS=$PWD/build/bench run_node e2e-long tests/e2e/long/*.test.mjs
}

# run_sanitized PRESET: the whole suite and the end-to-end tests, built with a sanitizer.
run_sanitized() {
    local preset=$1
    step "build $preset" build_preset "$preset" all || return
    echo "== unit tests, $preset"
    run_ctest "$preset" "unit-$preset"
    echo "== end to end, $preset"
    PULSE_BIN=$PWD/build/$preset/pulse PULSE_SLOW_BINARY=1 run_node "e2e-$preset" tests/e2e/*.test.mjs
}

# Each fuzz target for PULSE_FUZZ_SECONDS from its seeds; what it finds stays in build/fuzz-findings.
run_fuzzers() {
    local name names seconds=${PULSE_FUZZ_SECONDS:-60}
    mapfile -t names < <(basename -s .cpp -a tests/fuzz/fuzz_*.cpp)
    step "build fuzz" build_preset fuzz "${names[@]}" || return
    mkdir -p build/fuzz-findings
    for name in "${names[@]}"; do
        mkdir -p "build/fuzz-corpus/$name"
        if step "$name, $seconds s" "build/fuzz/tests/fuzz/$name" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 \
            -verbosity=0 -artifact_prefix="build/fuzz-findings/$name-" "build/fuzz-corpus/$name" \
            "tests/fuzz/corpus/${name#fuzz_}"; then
            passed=$((passed + 1))
        fi
    done
}

# `./run --build-only` in a fresh Debian 12 that has nothing but what debootstrap puts there.
run_bare_root() {
    if [ "$(id -u)" -ne 0 ] || ! command -v debootstrap >/dev/null; then
        echo "== bare Debian 12: skipped, needs root and debootstrap"
        skipped=$((skipped + 1))
        return
    fi
    if step "bare Debian 12" tools/bare_root.sh; then
        passed=$((passed + 1))
    fi
}
