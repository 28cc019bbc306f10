#!/usr/bin/env bash
# Makes the packages haidang (the centre) and haidang-sensor: .deb files in target/package that install without network.
#   deploy/package.sh              build the program, then pack it twice
#   BINARY=FILE deploy/package.sh  pack that program as it is
#   OUT=DIR                        put them there
# The same commit and the same tools give the same bytes: every time stamp is that of the commit. Needs cargo-deb
# (cargo install cargo-deb --locked) and, for a libpcap inside the program, flex and bison; without these the packages
# depend on libpcap0.8.
set -euo pipefail
cd "$(dirname "$0")/.."
say() { echo "package: $*" >&2; }
command -v cargo-deb >/dev/null || { say "there is no cargo-deb; run: cargo install cargo-deb --locked"; exit 1; }

# Packages are for any x86-64: what is faster on newer ones is chosen at run time.
case "${RUSTFLAGS:-} ${CARGO_ENCODED_RUSTFLAGS:-} ${CARGO_BUILD_RUSTFLAGS:-}" in
  *target-cpu* | *target-feature*) say "unset the target-cpu of RUSTFLAGS: a package is for any machine"; exit 1 ;;
esac

out=${OUT:-target/package}
mkdir -p "$out"
out=$(cd "$out" && pwd)
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
# Not for the compilers of C: they would begin anew with each commit, and put no time into what they make.
unset SOURCE_DATE_EPOCH
# Later commits are later versions, also between two releases.
version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
version=$version+$(date -u -d "@$epoch" +%Y%m%d.%H%M%S)

binary=${BINARY:-}
if [ -z "$binary" ]; then
  if deploy/package/libpcap.sh "$out/libpcap"; then
    LIBPCAP_LIBDIR=$out/libpcap LIBPCAP_VER=$(cat "$out/libpcap/version")
    export LIBPCAP_LIBDIR LIBPCAP_VER
  else
    say "no libpcap of our own: the packages will depend on libpcap0.8"
  fi
  read -ra features <<<"$(deploy/setup.sh --features)"
  cargo fetch --locked --quiet
  cargo build --release --locked -p daemon "${features[@]}"
  binary=${CARGO_TARGET_DIR:-target}/release/haidang
fi

# A target folder of its own: what is packed is this program and no other, without the names of its inside.
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir -p "$stage/release"
strip --strip-all -o "$stage/release/haidang" "$binary"
python3 deploy/package/third-party.py >"$stage/release/THIRD-PARTY"
rm -f "$out"/haidang_*.deb "$out"/haidang-sensor_*.deb
for variant in "" sensor; do
  SOURCE_DATE_EPOCH=$epoch CARGO_TARGET_DIR=$stage cargo deb --quiet --no-build --no-strip --offline --locked -p daemon \
    ${variant:+--variant "$variant"} --deb-version "$version" --output "$out/"
done
(cd "$out" && sha256sum -- *.deb | tee SHA256SUMS)
