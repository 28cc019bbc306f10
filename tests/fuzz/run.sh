#!/usr/bin/env bash
# Runs every fuzz target from its seeds, two at a time: `make fuzz`, `make fuzz SECONDS=600`.
# The last lines are a table: target, seconds, executions, what was found.
set -uo pipefail
cd "$(dirname "$0")"
seconds=${FUZZ_SECONDS:-60}
# The fuzzer's flags are not for stable compilers; this one is pinned, so they may be asked for.
export RUSTC_BOOTSTRAP=1
if ! command -v cargo-fuzz >/dev/null; then
  echo "fuzz: installing cargo-fuzz"
  cargo install cargo-fuzz --locked --quiet || { echo "fuzz: cargo-fuzz cannot be installed" >&2; exit 1; }
fi
mapfile -t targets < <(cd targets && ls ./*.rs | sed 's|^\./||; s|\.rs$||')
# Without the address sanitizer: there is no unsafe code of ours, and the build takes a third.
cargo fuzz build --sanitizer none --fuzz-dir . || exit 1

one() {
  local target=$1
  mkdir -p "corpus/$target" logs
  cargo fuzz run --sanitizer none --fuzz-dir . "$target" "corpus/$target" "seeds/$target" -- \
    -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 \
    >"logs/$target" 2>&1
  local ended=$?
  local runs
  runs=$(grep -oE 'number_of_executed_units: [0-9]+' "logs/$target" | grep -oE '[0-9]+$')
  if [ "$ended" = 0 ]; then
    printf '%-14s %6s s %12s executions  nothing found\n' "$target" "$seconds" "${runs:-?}"
  else
    printf '%-14s FOUND SOMETHING, see tests/fuzz/logs/%s and tests/fuzz/artifacts\n' "$target" "$target"
  fi
  return "$ended"
}

failed=0
for ((at = 0; at < ${#targets[@]}; at += 2)); do
  pids=()
  for target in "${targets[@]:at:2}"; do
    one "$target" &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || failed=$((failed + 1)); done
done
exit $((failed > 0))
