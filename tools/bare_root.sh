#!/usr/bin/env bash
# Proves the promise of the README: in a fresh Debian 12 made by debootstrap, `./run --build-only` ends with a binary that
# starts, within ten minutes, and a second one within five seconds. Root only. Uses the machine's own apt sources.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

root=$(mktemp -d "${TMPDIR:-/tmp}/pulse-bare-XXXXXX")
release_root() {
    for inner in proc dev sys; do
        mountpoint -q "$root/$inner" && umount -l "$root/$inner"
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
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --make-rslave "$root/dev"

mkdir "$root/pulse"
git ls-files -z --cached --others --exclude-standard | tar --null -T - -cf - | tar -xf - -C "$root/pulse"

in_root() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 chroot "$root" "$@"; }
started=$SECONDS
in_root /pulse/run --build-only
cold=$((SECONDS - started))
started=$SECONDS
in_root /pulse/run --build-only
warm=$((SECONDS - started))
in_root /pulse/build/release/pulse version
echo "bare Debian 12: cold build with package installation $cold s, unchanged $warm s"
[ "$cold" -le 600 ] && [ "$warm" -le 5 ]
