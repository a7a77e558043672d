# Configure and build steps that ./run and ./test share. Sourced.
# shellcheck shell=bash

# A file of ours takes up to 1.5 GB to compile: fewer jobs than cores where memory is short.
build_jobs() {
    local cores memory_gb by_memory
    cores=$(nproc)
    memory_gb=$(awk '/^MemAvailable:/ {print int($2 / 1048576)}' /proc/meminfo)
    by_memory=$((memory_gb * 2 / 3))
    [ "$by_memory" -ge 1 ] || by_memory=1
    echo $((cores < by_memory ? cores : by_memory))
}

# build_preset PRESET TARGET... [-- CMAKE-OPTION...]: configures when needed (Ninja notices changed CMake files itself, but not a
# changed preset), then builds the targets into build/PRESET.
build_preset() {
    local preset=$1 targets=() options=()
    shift
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        targets+=("$1")
        shift
    done
    [ $# -eq 0 ] || options=("${@:2}")
    tools/tokens/fetch.sh || return
    tools/console_docs/fetch.sh || return
    if [ ! -f "build/$preset/build.ninja" ] || [ CMakePresets.json -nt "build/$preset/CMakeCache.txt" ]; then
        cmake --preset "$preset" "${options[@]}" >"/tmp/pulse-configure.$$" 2>&1 || {
            cat "/tmp/pulse-configure.$$" >&2
            rm -f "/tmp/pulse-configure.$$"
            return 1
        }
        rm -f "/tmp/pulse-configure.$$"
        touch "build/$preset/CMakeCache.txt"
    fi
    cmake --build "build/$preset" -j "$(build_jobs)" --target "${targets[@]}"
}
