# Each target makes what it needs; `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
# uv, maturin, pytest, mypy and ruff are those of the local environment.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
FUZZ_TARGETS := vspec json query format condition broker_query wire
FUZZ_SECONDS ?= 60
WHEELS := x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu
# glibc 2.17, of 2012: the oldest that Rust itself supports.
MANYLINUX := manylinux_2_17
ZIG := ziglang==0.17.1
RUST := --workspace --exclude vehicle-signal-runtime

.PHONY: help setup build host-wheel wheel sdist docs demo run test check bench fuzz conformance clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

setup: $(READY) ## fetch the pinned tools into .venv (uv, maturin, pytest, mypy, ruff, kuksa-client)

$(READY): sdk-python/requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: make PYTHON=python3.x")'
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	touch $@

build: ## build vssc and vehicle-edge into target/debug
	cargo build --locked

# This machine's wheel lies where the runtime looks for it: in sdk/ beside the program. One of
# another version, or for another system, must not lie beside it.
host-wheel: $(READY) ## build the Python SDK's wheel for this machine
	rm -f target/wheels/*.whl
	maturin build --quiet --profile wheel --locked --manifest-path sdk-python/Cargo.toml --out target/wheels
	for profile in debug release; do \
	  mkdir -p target/$$profile/sdk && rm -f target/$$profile/sdk/*.whl && cp target/wheels/*.whl target/$$profile/sdk/; \
	done

# Linked by zig, which brings the C library of old systems and of the other processor.
wheel: $(READY) ## build the Python SDK's wheels for x86_64 and aarch64, into target/dist
	rm -rf target/dist
	uv venv --quiet --allow-existing target/tools/zig
	uv pip install --quiet --python target/tools/zig $(ZIG)
	for target in $(WHEELS); do \
	  if [ -d "$$(rustc --print sysroot)/lib/rustlib/$$target" ]; then \
	    PATH="$(CURDIR)/target/tools/zig/bin:$$PATH" maturin build --quiet --profile wheel --locked --zig --target $$target \
	      --compatibility $(MANYLINUX) --manifest-path sdk-python/Cargo.toml --out target/dist; \
	  else echo "no wheel for $$target: its standard library comes with \`rustup target add $$target\`"; fi; \
	done
	ls -l target/dist

sdist: $(READY) ## build the Python SDK's source package, and install it in a fresh environment
	rm -rf target/sdist
	maturin sdist --quiet --manifest-path sdk-python/Cargo.toml --out target/sdist
	cargo build --quiet --locked -p vehicle-edge-runtime --example broker
	tests/fresh_install.py target/sdist/*.tar.gz target/debug/examples/broker

docs: host-wheel build ## build the Python SDK's API reference, and a model's, into target/docs
	rm -rf target/docs
	uv pip install --quiet --reinstall --no-deps target/wheels/*.whl
	target/debug/vssc generate python -o target/docs/model
	PYTHONPATH=target/docs/model sdk-python/docs.py target/docs

demo: host-wheel build ## from a signal model to a running app, each step with its time
	tests/demo.sh target/debug

run: host-wheel build ## start the runtime in this terminal, with its state in target/state
	VEHICLE_EDGE_STATE=$(CURDIR)/target/state target/debug/vehicle-edge serve

test: host-wheel build ## all tests: Rust, Python, end to end
	cargo test --locked $(RUST)
	uv pip install --quiet --reinstall --no-deps target/wheels/*.whl
	pytest -q sdk-python/tests tests/kuksa_client
	tests/fresh_install.py target/wheels/*.whl target/debug/examples/broker

check: $(READY) ## what CI runs: formatting, lints, types, tests
	cargo fmt --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	ruff format --check sdk-python tests
	ruff check sdk-python tests
	$(MAKE) test
	cd sdk-python && mypy

bench: host-wheel ## measure, against the peers where they can be installed
	cargo build --locked --release
	cargo build --locked --release -p vehicle-edge-runtime --example flood --example load
	tests/bench.py target/release
	tests/bench_sdk.py target/release
	tests/bench_broker.py target/release
	tests/bench_apps.py target/release
	cargo bench --locked -p vehicle-edge-runtime --bench launch --bench broker --bench trace

# A fault that is found lies in tests/fuzz/artifacts; the corpus grows in target/fuzz.
fuzz: target/tools/bin/cargo-fuzz ## search for faults with random input, FUZZ_SECONDS for each target (60)
	for target in $(FUZZ_TARGETS); do \
	  mkdir -p target/fuzz/corpus/$$target; \
	  (cd tests && ../$< fuzz run -s none --fuzz-dir fuzz --target-dir ../target/fuzz $$target \
	    ../target/fuzz/corpus/$$target cases conformance -- -dict=fuzz/vspec.dict -max_len=4096 -timeout=120 \
	    -rss_limit_mb=6144 -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 -print_funcs=0 -verbosity=0); \
	done

target/tools/bin/cargo-fuzz:
	cargo install --quiet --locked --version 0.13.2 --root target/tools cargo-fuzz

conformance: $(READY) ## ask the reference tool anew about tests/conformance and the catalogue
	cargo build --locked -p vss-codegen
	tests/conformance.py --vssc target/debug/vssc
	cargo test --quiet --locked -p vehicle-edge-tests --test conformance

clean: ## remove everything that was built or fetched
	rm -rf target $(VENV)
