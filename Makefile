# The few commands of the project. `make help` lists them.

SHELL := /bin/bash
CONSOLE := web/console

.PHONY: help setup console demo build package test fuzz bench bench-detect bench-index soak lab line peers clean

help:
	@echo "make demo    build everything and open the demo"
	@echo "make test    formatting, lints, tests, end to end, browser"
	@echo "make build   the console and the release binary"
	@echo "make package the .deb files of centre and sensor, and their trial (TRY=0 leaves it out)"
	@echo "make fuzz    every fuzz target for 60 seconds (SECONDS=…)"
	@echo "make bench   the figures of ARCHITECTURE; make bench-detect: the Sigma matcher beside its peers,"
	@echo "             make bench-index: the index beside tantivy's JSON field"
	@echo "make lab     edges behind bad lines, kills, full disks, restores: 25 minutes, as root (ARGS=--help)"
	@echo "make line    how one bad line is used after a cut, beside a bulk stream: three minutes, as root (ARGS=--help)"
	@echo "make soak    two hours under load"
	@echo "make peers   clients and daemons of others (Elasticsearch, Splunk HEC, OpenTelemetry, rsyslogd, syslog-ng,"
	@echo "             softflowd) send to a real centre"

setup:
	@deploy/setup.sh

console: setup
	@if command -v npm >/dev/null; then \
	  cd $(CONSOLE) && npm ci --no-audit --no-fund --loglevel=error && npm run --silent build || \
	  { test -d dist || echo "make: the console cannot be built (is the registry of npm reachable?): the binary will serve a page that says so"; }; \
	else echo "make: no npm: the binary will serve a page that says so"; fi

build: console
	@cargo fetch --locked --quiet || { echo "make: the registry of crates cannot be reached and not everything is here already; connect this machine to it once and try again" >&2; exit 1; }
	cargo build --release -p daemon $$(deploy/setup.sh --features)

demo: build
	@exec target/release/haidang demo $(ARGS)

# TRY=0 leaves out what needs root and debootstrap: installed without network, run on a plain x86-64, purged; and the
# guide, typed on two machines of its own.
package: console
	@deploy/package.sh
	@[ "$(TRY)" = 0 ] || { deploy/try-package.sh && deploy/try-guide.sh; }

# WITH_BROWSER=0 leaves out Chromium and the story told in it.
test:
	@WITH_BROWSER=$(or $(WITH_BROWSER),1) deploy/setup.sh
	@WITH_BROWSER=$(or $(WITH_BROWSER),1) tests/run.sh

fuzz:
	@FUZZ_SECONDS=$(or $(SECONDS),60) tests/fuzz/run.sh

bench: build
	@cargo run --quiet -p tests --bin bench -- $(ARGS)

# The Sigma matcher beside its peers; ARGS: mix pc cores memory intel reload peers.
bench-detect:
	@cargo bench --quiet -p engine --bench detect -- $(ARGS)

# ARGS: --rounds N, --cut SECONDS, --seed N; sudo make lab where this is not root. HAIDANG_OLDER=FILE: a program of the
# version before, whose sensor must deliver too.
lab: build
	@if [ -n "$$HAIDANG_OLDER" ]; then cargo test --quiet --workspace --test edges -- --nocapture an_older_version; \
	  else echo "skipped: an older sensor, for HAIDANG_OLDER names no program"; fi
	@tests/lab/lab.py $(ARGS)

line: build
	@tests/lab/line.py $(ARGS)

# The index beside tantivy's own JSON field; ARGS: how many events.
bench-index:
	@cargo bench --quiet -p engine --bench index -- $(ARGS)

soak: build
	@tests/bench/soak.py $(ARGS)

# rsyslogd, syslog-ng and softflowd are looked for on PATH and in the folder HAIDANG_PEERS.
peers: build
	@tests/peers/agents.py $(ARGS)
	@tests/peers/syslog.py

clean:
	cargo clean
	rm -rf $(CONSOLE)/node_modules $(CONSOLE)/dist
