#!/usr/bin/env bash
# Builds a static libpcap that opens network interfaces and nothing else, from Debian's own source package, so that our
# packages need no other: Debian's libpcap brings D-Bus along, which a small box does not have.
#   deploy/package/libpcap.sh DIR    leaves DIR/libpcap.a and DIR/version; does nothing when they are there
set -euo pipefail
out=$(mkdir -p "$1" && cd "$1" && pwd)
[ -e "$out/libpcap.a" ] && [ -e "$out/version" ] && exit 0
for tool in apt-get dpkg-source cc make flex bison; do
  command -v "$tool" >/dev/null || { echo "libpcap: there is no $tool here" >&2; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial"
# The sources of the archives that this machine takes its packages from; its own lists stay as they are.
{ cat /etc/apt/sources.list.d/*.sources 2>/dev/null || true; } | sed 's/^Types:.*/Types: deb-src/' >"$work/all.sources"
{ cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null || true; } | sed -n 's/^deb /deb-src /p' >"$work/all.list"
if [ -s "$work/all.sources" ]; then list=$work/all.sources; else list=$work/all.list; fi
apt=(apt-get -qq -o "Dir::Etc::sourcelist=$list" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::lists=$work/lists"
  -o APT::Sandbox::User=root)
cd "$work"
"${apt[@]}" update
"${apt[@]}" source --download-only libpcap
# apt has compared its sums with those of the signed archive.
dpkg-source --no-check -x ./*.dsc source >/dev/null
cd source
./configure --disable-shared --disable-dbus --disable-usb --disable-bluetooth --disable-rdma --disable-netmap \
  --without-libnl --without-dag --without-septel --without-snf --without-turbocap --without-dpdk \
  CFLAGS="-O2 -fPIC -ffile-prefix-map=$work=." >"$work/log" 2>&1 && make -j2 libpcap.a >>"$work/log" 2>&1 || {
  tail -20 "$work/log" >&2
  exit 1
}
cp libpcap.a "$out/libpcap.a"
cat VERSION >"$out/version"
