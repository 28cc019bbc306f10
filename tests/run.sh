#!/usr/bin/env bash
# What `make test` runs, in order; the last line counts what passed, failed and was skipped.
set -uo pipefail
cd "$(dirname "$0")/.."
read -ra features <<<"$(deploy/setup.sh --features)"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=0

step() {
  echo "== $*"
  "$@" || { echo "failed: $*"; failed=$((failed + 1)); }
}

skip() { echo "skipped: $*" | tee -a "$log"; }

# A runner whose own lines are counted below; of what it prints, what passed is told in one line each.
counted() {
  echo "== $*"
  "$@" 2>&1 | tee -a "$log" | grep -vE '^(   Compiling|successes:|---- .* stdout ----|    [a-z_:]+|)$'
  [ "${PIPESTATUS[0]}" = 0 ] || { echo "failed: $*"; failed=$((failed + 1)); }
}

step cargo fmt --all --check
step cargo clippy --workspace --all-targets "${features[@]}" -- -D warnings
if command -v cargo-deny >/dev/null; then
  step cargo deny --log-level error check
else
  skip "licences and advisories, for there is no cargo-deny"
fi
if command -v npm >/dev/null; then
  (cd web/console && npm ci --no-audit --no-fund --loglevel=error) || failed=$((failed + 1))
  step npm --prefix web/console run --silent check
else
  skip "the console's checks, for there is no npm"
fi
# The end-to-end tests run the binary itself.
step cargo build --workspace "${features[@]}"
counted cargo test --workspace --no-fail-fast "${features[@]}" -- --show-output
if ! command -v npm >/dev/null; then
  skip "the browser story, for there is no npm"
elif ! command -v chromium >/dev/null; then
  skip "the browser story, for there is no chromium"
else
  counted npm --prefix web/console run --silent e2e
fi

sum() { grep -oE "$1" "$log" | grep -oE '[0-9]+' | awk '{sum += $1} END {print sum + 0}'; }
passed=$(($(sum '[0-9]+ passed;') + $(sum '^# pass [0-9]+')))
broken=$(($(sum '[0-9]+ failed;') + $(sum '^# fail [0-9]+')))
skipped=$(grep -c '^skipped:' "$log" || true)
grep '^skipped:' "$log" || true
echo "$passed passed, $((broken > failed ? broken : failed)) failed, $skipped skipped"
[ "$failed" = 0 ]
