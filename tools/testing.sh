# How ./test runs the suites and adds up their results. Sourced; functions return non-zero only when going on makes no sense
# (a build that failed), and have then counted it.
# shellcheck shell=bash

passed=0
failed=0
skipped=0
results=build/test-results
launcher=()  # what test processes are started under, e.g. setarch -R

begin_results() {
    mkdir -p "$results"
    rm -rf "${results:?}"/*
}

end_results() {
    if [ "$((passed + failed))" -eq 0 ]; then
        echo "no test ran" >&2
        failed=1
    fi
    printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    [ "$failed" -eq 0 ]
    exit
}

# step TITLE COMMAND...: one thing that must work and counts as one test only when it does not.
step() {
    local title=$1 started=$SECONDS
    shift
    echo "== $title"
    if "$@"; then
        echo "== $title: $((SECONDS - started)) s"
        return 0
    fi
    echo "== $title: FAILED" >&2
    failed=$((failed + 1))
    return 1
}

# count_ctest FILE: adds the numbers of ctest's JUnit file.
count_ctest() {
    local total bad quiet
    total=$(junit_number tests "$1") bad=$(junit_number failures "$1")
    quiet=$(($(junit_number skipped "$1") + $(junit_number disabled "$1")))
    passed=$((passed + total - bad - quiet)) failed=$((failed + bad)) skipped=$((skipped + quiet))
}
junit_number() { sed -n "s/^[[:space:]]*$1=\"\([0-9]*\)\".*/\1/p;s/.*<testsuite[^>]* $1=\"\([0-9]*\)\".*/\1/p" "$2" | head -1; }

# run_ctest PRESET NAME CTEST-ARGUMENT...
run_ctest() {
    local preset=$1 report="$PWD/$results/$2.xml"
    shift 2
    "${launcher[@]}" ctest --test-dir "build/$preset" -j "$(nproc)" --timeout 300 --output-on-failure --no-tests=ignore \
        --output-junit "$report" "$@" 2>&1 | tee "${report%.xml}.log" | grep -vE '^ *(Start +[0-9]+:|[0-9]+/[0-9]+ Test +#.* Passed +[0-9.]+ sec$)'
    if [ ! -s "$report" ]; then
        echo "ctest wrote no report" >&2
        failed=$((failed + 1))
        return 1
    fi
    count_ctest "$report"
}

run_unit() {
    step "Debian packages" install_packages "${PULSE_PACKAGES_BUILD[@]}" "${PULSE_PACKAGES_TEST[@]}" &&
        step "build dev" build_preset dev all || return
    echo "== unit tests"
    run_ctest dev unit "$@"
}

e2e_node() { echo tests/e2e/node_modules/node-linux-*/bin/node; }

prepare_e2e() {
    step "Debian packages" install_packages "${PULSE_PACKAGES_BUILD[@]}" "${PULSE_PACKAGES_TEST[@]}" || return
    if [ -z "${PULSE_BIN:-}" ]; then
        step "build release" build_preset release pulse || return
        PULSE_BIN=$PWD/build/release/pulse
    fi
    export PULSE_BIN
    if [ ! -x "$(e2e_node)" ] || ! cmp -s tests/e2e/package-lock.json tests/e2e/node_modules/.pulse-lock; then
        step "npm packages" install_npm_packages || return
    fi
}
install_npm_packages() {
    install_node && (cd tests/e2e && npm ci --no-audit --no-fund --loglevel=error) &&
        cp tests/e2e/package-lock.json tests/e2e/node_modules/.pulse-lock
}

# run_node NAME FILE... [--ARGUMENT...]: Node's test runner, one file at a time, so that timings mean something.
run_node() {
    local tap="$results/$1.tap"
    shift
    "${launcher[@]}" "$(e2e_node)" --disable-warning=ExperimentalWarning --test --test-concurrency=1 --test-timeout=600000 \
        --test-reporter=spec --test-reporter-destination=stdout --test-reporter=tap --test-reporter-destination="$tap" "$@" |
        sed '/^ℹ /d'
    if ! grep -q '^# tests ' "$tap" 2>/dev/null; then
        echo "Node's test runner wrote no report" >&2
        failed=$((failed + 1))
        return 1
    fi
    passed=$((passed + $(tap_number pass "$tap")))
    failed=$((failed + $(tap_number fail "$tap") + $(tap_number cancelled "$tap")))
    skipped=$((skipped + $(tap_number skipped "$tap") + $(tap_number todo "$tap")))
}
tap_number() { sed -n "s/^# $1 \([0-9]*\)$/\1/p" "$2" | tail -1; }

run_e2e() {
    prepare_e2e || return
    echo "== end to end with $PULSE_BIN"
    run_node e2e tests/e2e/*.test.mjs
}

# run_named NAME...: a NAME may be part of a C++ test's name, of an end-to-end file's name, or of a case in one.
run_named() {
    local name files arguments before
    for name in "$@"; do
        before=$((passed + failed + skipped))
        run_unit -R "$name" || return
        mapfile -t files < <(find tests/e2e -maxdepth 1 -name "*$name*.test.mjs" | sort)
        arguments=()
        if [ "${#files[@]}" -eq 0 ]; then
            mapfile -t files < <(grep -lF -- "$name" tests/e2e/*.test.mjs)
            arguments=(--test-name-pattern "$name")
        fi
        if [ "${#files[@]}" -gt 0 ]; then
            prepare_e2e || return
            run_node "e2e-$name" "${arguments[@]}" "${files[@]}"
        fi
        if [ "$((passed + failed + skipped))" -eq "$before" ]; then
            echo "no test has \"$name\" in its name" >&2
            failed=$((failed + 1))
        fi
    done
}
