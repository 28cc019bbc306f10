#!/usr/bin/env bash
# What `make test` runs, in order; the last line counts.
set -uo pipefail
cd "$(dirname "$0")/.."
features=$(deploy/setup.sh --features)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=0
skipped=0

step() {
  echo "== $*"
  "$@" || { echo "failed: $*"; failed=$((failed + 1)); }
}

step cargo fmt --all --check
# shellcheck disable=SC2086  # the flags are words
step cargo clippy --workspace --all-targets $features -- -D warnings
if command -v npm >/dev/null; then
  (cd web/console && npm ci --no-audit --no-fund --loglevel=error) || failed=$((failed + 1))
  step npm --prefix web/console run check
else
  echo "skipped: the console's checks, for there is no npm"
  skipped=$((skipped + 1))
fi
# shellcheck disable=SC2086  # the flags are words
echo "== cargo test --workspace $features"
cargo test --workspace --no-fail-fast $features 2>&1 | tee "$log"
[ "${PIPESTATUS[0]}" = 0 ] || failed=$((failed + 1))
passed=$(grep -oE '[0-9]+ passed' "$log" | awk '{sum += $1} END {print sum + 0}')
broken=$(grep -oE '[0-9]+ failed' "$log" | awk '{sum += $1} END {print sum + 0}')
skipped=$((skipped + $(grep -c '^skipped:' "$log" || true)))
echo "$passed passed, $((broken + failed)) failed, $skipped skipped"
[ "$failed" = 0 ]
