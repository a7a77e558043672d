#!/usr/bin/env bash
# Proves the promise of the README for what is committed: in a fresh Debian 12 made by debootstrap, `./run --build-only` ends
# within ten minutes and a second one within five seconds; `./run` starts, and the curl line it prints, run as printed, brings an
# answer with its cost, which the look-up by id repeats. With --test, `./test` then runs there too. Root only. Uses the machine's own apt and npm sources.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

root=$(mktemp -d "${TMPDIR:-/tmp}/pulse-bare-XXXXXX")
server=
release_root() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    for inner in proc dev sys; do
        ! mountpoint -q "$root/$inner" || umount -l "$root/$inner"
    done
    rm -rf --one-file-system "$root"
}
trap release_root EXIT

# shellcheck disable=SC2016  # apt's own placeholder
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' 'Created-By: Packages' | head -1)
# shellcheck disable=SC2086  # no mirror: debootstrap's own default
debootstrap --variant=minbase bookworm "$root" $mirror >"$root.log" 2>&1 || { tail -20 "$root.log"; rm -f "$root.log"; exit 1; }
rm -f "$root.log"
cp -a /etc/apt/apt.conf.d "$root/etc/apt/"
[ ! -f /etc/apt/apt.conf ] || cp /etc/apt/apt.conf "$root/etc/apt/"
cp /etc/resolv.conf /etc/hosts "$root/etc/"
# A network that inspects TLS is trusted where this machine trusts it.
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/outside-ca.crt"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --make-rslave "$root/dev"

mkdir "$root/pulse"
git archive HEAD | tar -xf - -C "$root/pulse"

# An array and no function: in the background it is then the server's own process.
in_root=(env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
    NODE_EXTRA_CA_CERTS=/etc/outside-ca.crt chroot "$root")

started=$SECONDS
"${in_root[@]}" /pulse/run --build-only
cold=$((SECONDS - started))
started=$SECONDS
"${in_root[@]}" /pulse/run --build-only
warm=$((SECONDS - started))
echo "bare Debian 12: cold build with package installation $cold s, unchanged $warm s"
if [ "$cold" -gt 600 ] || [ "$warm" -gt 5 ]; then
    echo "slower than promised: 600 s cold, 5 s unchanged" >&2
    exit 1
fi

"${in_root[@]}" /pulse/run >"$root/run.log" 2>"$root/run.err" &
server=$!
for _ in $(seq 100); do
    line=$(sed -n 's/^  \(curl -i .*\)/\1/p' "$root/run.log")
    [ -z "$line" ] || break
    sleep 0.1
done
echo "printed: ${line//sk-pulse-[0-9A-Za-z]*\'/sk-pulse-…\'}"
"${in_root[@]}" sh -c "$line" >"$root/answer" 2>/dev/null
header() { tr -d '\r' <"$root/answer" | sed -n "s/^$1: //ip"; }
id=$(header x-pulse-request-id) cost=$(header x-pulse-cost)
origin=$(grep -oE 'http://[^/ ]+' <<<"$line" | head -1)
bearer=$(grep -oE 'sk-pulse-[0-9A-Za-z]+' <<<"$line")
sleep 2
looked_up=$("${in_root[@]}" curl -s -H "authorization: Bearer $bearer" "$origin/v1/pulse/requests/$id")
kill -TERM "$server"
wait "$server"
server=
echo "x-pulse-cost: $cost; by id: $(grep -oE '"cost": *"[^"]*"' <<<"$looked_up" | head -1)"
if [ -z "$cost" ] || ! grep -qE "\"cost\": *\"$cost\"" <<<"$looked_up"; then
    echo "the answer or its cost by id is not there" >&2
    exit 1
fi

[ "${1:-}" != --test ] || "${in_root[@]}" /pulse/test
