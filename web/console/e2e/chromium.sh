#!/usr/bin/env bash
# Debian's Chromium for the browser story. It refuses to work as root: then it runs as nobody, in the
# profile folder that the caller made for it.
set -eu
if [ "$(id -u)" != 0 ]; then exec chromium "$@"; fi
home=$(mktemp -d)
for argument in "$@"; do
  case "$argument" in --user-data-dir=*) home=${argument#--user-data-dir=} ;; esac
done
chown -R nobody "$home"
exec setpriv --reuid=nobody --regid=nogroup --clear-groups env HOME="$home" chromium "$@"
