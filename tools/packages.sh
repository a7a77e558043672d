# Debian 12 packages that Pulse needs, by purpose, and the one function that installs what is missing.
# Sourced by ./run, ./test and bench/run.sh. What each library is for: docs/dependencies.md.
# shellcheck shell=bash disable=SC2034

# curl is not for the build: ./run prints a curl line that must work where nothing else is installed.
# Boost is always named with its version: the unversioned -dev packages are 1.74 and conflict with 1.81.
PULSE_PACKAGES_BUILD=(
    g++ cmake ninja-build pkg-config ccache mold ca-certificates
    libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev
    libssl-dev libsimdjson-dev libfmt-dev libspdlog-dev libyaml-cpp-dev libcli11-dev
    libcurl4-openssl-dev libsqlite3-dev libpq-dev prometheus-cpp-dev libsodium-dev libhiredis-dev zlib1g-dev libbrotli-dev libzstd-dev
    curl
)
PULSE_PACKAGES_TEST=(libgtest-dev libgmock-dev python3 postgresql-15 pgbouncer redis-server openssl chromium)
PULSE_PACKAGES_LONG=(clang libclang-rt-14-dev debootstrap util-linux)
PULSE_PACKAGES_BENCH=(nginx-light haproxy libbenchmark-dev curl util-linux)

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "this step needs root: $*" >&2
        echo "run it as root, or install sudo, or install these packages yourself" >&2
        return 1
    fi
}

# missing_packages NAME...: prints those that are not installed, one a line.
missing_packages() {
    local installed
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' || true)
    printf '%s\n' "$@" | grep -vxF -f <(printf '%s\n' "$installed") || true
}

# install_packages NAME...: installs what is missing. Asks the archive only when something is.
install_packages() {
    local missing
    command -v dpkg-query >/dev/null || { echo "Pulse builds on Debian 12; found no dpkg here" >&2; return 1; }
    mapfile -t missing < <(missing_packages "$@")
    [ "${#missing[@]}" -gt 0 ] || return 0
    echo "installing Debian packages: ${missing[*]}" >&2
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

# fetch_npm_packages FOLDER DATA WHAT: what FOLDER/package-lock.json pins, into DATA; nothing when it is there. No code of
# these packages runs.
fetch_npm_packages() {
    local folder=$1 data=$2 what=$3
    if cmp -s "$folder/package-lock.json" "$data/fetched-lock.json"; then
        return 0
    fi
    echo "fetching $what from npm" >&2
    install_node || return
    mkdir -p "$data"
    rm -f "$data/fetched-lock.json"
    cp "$folder/package.json" "$folder/package-lock.json" "$data/"
    (cd "$data" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) || return
    cp "$folder/package-lock.json" "$data/fetched-lock.json"
}

# A Node only to run npm with; the tests themselves use the pinned one of tests/e2e/package-lock.json. A Node that is on
# the PATH already is used as it is: Debian's npm conflicts with packages of other origin.
install_node() {
    if command -v node >/dev/null && command -v npm >/dev/null; then
        return 0
    fi
    install_packages nodejs npm
}
