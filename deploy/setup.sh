#!/usr/bin/env bash
# Installs what a build needs from the system and says what it does. Safe to run again and again.
# Only a missing C compiler ends it: everything else means less (no live capture, no browser test).
#   deploy/setup.sh             install what is missing
#   deploy/setup.sh --has-pcap  print yes when libpcap's header is there
#   deploy/setup.sh --features  print the cargo flags that fit this machine
set -u

has_pcap() {
  local dir
  for dir in /usr/include /usr/local/include; do
    [ -e "$dir/pcap.h" ] || [ -e "$dir/pcap/pcap.h" ] && return 0
  done
  return 1
}

case "${1:-}" in
  --has-pcap) has_pcap && echo yes; exit 0 ;;
  --features) has_pcap || echo "--no-default-features"; exit 0 ;;
esac

say() { echo "setup: $*"; }

missing=()
command -v cc >/dev/null || missing+=(build-essential)
has_pcap || missing+=(libpcap-dev)
# Only `make test` asks for a browser.
if [ "${WITH_BROWSER:-0}" = 1 ]; then
  command -v chromium >/dev/null || missing+=(chromium)
fi

install() {
  if ! command -v apt-get >/dev/null; then
    say "no apt-get here; install by hand: $*"
    return 1
  fi
  local as=()
  if [ "$(id -u)" != 0 ]; then
    if sudo -n true 2>/dev/null; then
      as=(sudo -n)
    else
      say "not root; run this once:  sudo apt-get install -y $*"
      return 1
    fi
  fi
  say "installing $*"
  if ! DEBIAN_FRONTEND=noninteractive "${as[@]}" apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1; then
    "${as[@]}" apt-get update -qq >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive "${as[@]}" apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1 || {
      say "could not install $*"
      return 1
    }
  fi
}

if [ "${#missing[@]}" -gt 0 ]; then
  # One after another: a package that cannot be had must not cost the others.
  for package in "${missing[@]}"; do install "$package"; done
fi

if ! command -v cc >/dev/null; then
  say "there is no C compiler; install build-essential and try again" >&2
  exit 1
fi
if ! command -v cargo >/dev/null; then
  say "there is no cargo; install Rust 1.95 and try again" >&2
  exit 1
fi
has_pcap || say "no pcap.h: the build leaves out live capture (package libpcap-dev); files still work"
command -v npm >/dev/null || say "no npm: the build leaves out the console (Node 20)"
exit 0
