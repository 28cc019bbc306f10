#!/usr/bin/env bash
# Tries the packages of deploy/package.sh as a technician gets them: each on a minimal Debian of its own, without
# network. Needs root, debootstrap (and the network once, for the minimal Debian), and for its last step qemu-user-static.
#   deploy/try-package.sh [DIR]    DIR holds the packages; target/package without it
#   BASE=DIR                       where the minimal Debian is kept; target/package/base without it
set -euo pipefail
cd "$(dirname "$0")/.."
packages=$(cd "${1:-target/package}" && pwd)
base=${BASE:-$packages/base}
say() { echo "try: $*"; }
fail() { echo "try: $*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || fail "needs root, for a minimal Debian of its own; run: sudo $0"
if [ ! -e "$base/bin/sh" ]; then
  command -v debootstrap >/dev/null || fail "there is no debootstrap; run: apt-get install debootstrap"
  say "making a minimal Debian in $base"
  debootstrap --variant=minbase bookworm "$base" >"$packages/debootstrap.log" 2>&1 || fail "see $packages/debootstrap.log"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Every file below the root but what the package system itself writes down.
files() {
  (cd "$1" && find . -mindepth 1 \( -path ./proc -o -path ./tmp -o -path ./dev -o -path ./var/lib/dpkg \
    -o -path ./var/log -o -path ./var/cache \) -prune -o -print | sort)
}

for name in haidang haidang-sensor; do
  package=$(ls "$packages/${name}"_*.deb)
  root=$work/$name
  cp -a "$base" "$root"
  files "$root" >"$work/before"
  cp "$package" "$root/tmp/"
  # No network inside: nothing can be fetched, nothing else is installed.
  inside() { unshare --net chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "$@"; }
  inside dpkg --install "/tmp/${package##*/}" >"$work/log" 2>&1 ||
    { cat "$work/log"; fail "$name does not install without network"; }
  inside haidang --help >"$work/help"
  inside haidang --version
  [ -s "$root/usr/lib/systemd/system/$name.service" ] || fail "$name: no unit"
  [ -L "$root/etc/systemd/system/multi-user.target.wants/$name.service" ] || fail "$name: not enabled"
  inside test -s /etc/haidang/config.toml || fail "$name: no configuration"
  [ "$(stat -c %a "$root/etc/haidang/secrets")" = 700 ] || fail "$name: secrets are open"
  # The configuration is read: what ends the command is that nothing runs here (1), not a bad file (3).
  status=0
  inside haidang status >"$work/log" 2>&1 || status=$?
  [ "$status" = 1 ] || { cat "$work/log"; fail "$name: its configuration is refused"; }
  echo '{"EventID":4625}' >"$root/tmp/one.ndjson"
  inside haidang read /tmp/one.ndjson >/dev/null || fail "$name: cannot read a line"
  mkdir -p "$root/var/lib/haidang"
  echo kept >"$root/var/lib/haidang/data"
  inside dpkg --purge "$name" >"$work/log" 2>&1 || { cat "$work/log"; fail "$name cannot be purged"; }
  files "$root" >"$work/after"
  left=$(comm -13 "$work/before" "$work/after" | grep -vE '^\./var/lib/haidang(/data)?$|^\./var/lib/systemd(/|$)' || true)
  [ -z "$left" ] || fail "$name leaves behind: $left"
  say "$name: installed without network, runs, purged; its data stayed ($(stat -c %s "$package") bytes," \
    "needs $(dpkg-deb --field "$package" Depends))"
done

if command -v systemd-analyze >/dev/null; then
  for unit in deploy/systemd/*.service; do
    # Who replaces programs is root: more exposed than who takes a stranger's packets, and it listens to nobody.
    # The centre alone may set priorities, which costs it a tenth.
    case $unit in
      *update* | *settle*) threshold=30 ;;
      */haidang.service) threshold=21 ;;
      *) threshold=20 ;;
    esac
    systemd-analyze security --offline=true --threshold=$threshold "$unit" >"$work/log" ||
      { cat "$work/log"; fail "$unit: exposed more than $threshold tenths"; }
    say "$unit: $(tail -1 "$work/log")"
  done
fi

# Any x86-64 will do: the oldest one that qemu knows has SSE2 and nothing newer. SIMD beyond it is chosen at run time.
qemu=$(command -v qemu-x86_64-static || true)
if [ -z "$qemu" ]; then
  say "skipped: a plain x86-64, for there is no qemu-x86_64-static"
else
  dpkg-deb --extract "$(ls "$packages"/haidang_*.deb)" "$work/plain"
  plain() { "$qemu" -cpu qemu64,-sse3,-svm,-cx16 -L "$base" "$work/plain/usr/bin/haidang" "$@"; }
  plain --help >/dev/null
  plain read deploy/demo/port-scan.pcapng >"$work/plain.ndjson"
  plain detect --format json deploy/demo/encoded-powershell.ndjson deploy/demo/sql-injection.pcap >"$work/plain.found"
  "$work/plain/usr/bin/haidang" read deploy/demo/port-scan.pcapng >"$work/here.ndjson"
  cmp "$work/plain.ndjson" "$work/here.ndjson" || fail "a plain x86-64 reads otherwise than this machine"
  [ -s "$work/plain.found" ] || fail "a plain x86-64 detects nothing"
  say "a plain x86-64 (qemu64 without SSE3): $(wc -l <"$work/plain.ndjson") events read as here," \
    "$(wc -l <"$work/plain.found") detections"
fi
