#!/usr/bin/env bash
# What `make test` runs, in order; the last line counts. Tests that are left out for lack of
# something say `skipped: …`, and are counted.
set -uo pipefail
cd "$(dirname "$0")/.."
read -ra features <<<"$(deploy/setup.sh --features)"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
broken=0

# A step counts as one failure when it fails before any of its tests has.
step() {
  local before after status
  before=$(count_failed)
  echo "== $*"
  # Of what passed, one line each is enough on the screen; the log has it all.
  "$@" 2>&1 | tee -a "$log" |
    grep -vE '^(   Compiling .*|successes:|---- .* stdout ----|    [a-z_:]+|)$'
  status=${PIPESTATUS[0]}
  after=$(count_failed)
  if [ "$status" != 0 ]; then
    echo "failed: $*"
    [ "$after" -gt "$before" ] || broken=$((broken + 1))
  fi
  return "$status"
}

skip() { echo "skipped: $*" | tee -a "$log"; }

# Numbers in front of a word, in the summaries of cargo test, vitest and node.
count() {
  sed 's/\x1b\[[0-9;]*m//g' "$log" | grep -E "$1" | grep -oE "$2" | grep -oE '[0-9]+' |
    awk '{sum += $1} END {print sum + 0}'
}
count_failed() {
  echo $(($(count '^test result: ' '[0-9]+ failed') + $(count '^ +Tests  ' '[0-9]+ failed') \
    + $(count '^(ℹ|#) fail [0-9]+$' 'fail [0-9]+')))
}

step cargo fmt --all --check
step cargo clippy --workspace --all-targets "${features[@]}" -- -D warnings

if command -v npm >/dev/null; then
  step npm --prefix web/console ci --no-audit --no-fund --loglevel=error &&
    step npm --prefix web/console run check
else
  skip "the console's checks, for there is no npm"
fi

# The tests of the crate `tests` run the binary.
if step cargo build --workspace "${features[@]}"; then
  # What a passing test prints is shown, for it may say what it left out.
  step cargo test --workspace --no-fail-fast "${features[@]}" -- --show-output
  if [ "${WITH_BROWSER:-1}" = 0 ]; then
    skip "the browser story, for WITH_BROWSER is 0"
  elif ! grep -q '"e2e":' web/console/package.json || ! command -v npm >/dev/null; then
    skip "the browser story, for there is no npm"
  elif ! command -v chromium >/dev/null; then
    skip "the browser story, for there is no chromium"
  else
    step npm --prefix web/console run e2e
  fi
fi

if command -v cargo-deny >/dev/null; then
  step cargo deny --offline check bans licenses sources
else
  skip "licences and bans of dependencies, for there is no cargo-deny"
fi

passed=$(($(count '^test result: ' '[0-9]+ passed') + $(count '^ +Tests  ' '[0-9]+ passed') \
  + $(count '^(ℹ|#) pass [0-9]+$' 'pass [0-9]+')))
failed=$((broken + $(count_failed)))
skipped=$(($(grep -c '^skipped: ' "$log") + $(count '^test result: ' '[0-9]+ ignored') \
  + $(count '^ +Tests  ' '[0-9]+ skipped') + $(count '^(ℹ|#) skipped [0-9]+$' 'skipped [0-9]+')))
grep '^skipped: ' "$log"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
