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
FUZZ_TARGETS := vspec json query format
FUZZ_SECONDS ?= 60
RUST := --workspace --exclude vehicle-signal-runtime

.PHONY: help setup build wheel demo run test check bench fuzz conformance clean

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

# The wheel lies where the runtime looks for it: in sdk/ beside the program. One of another
# version, or for another system, must not lie beside it.
wheel: $(READY) ## build the Python SDK's wheel
	rm -f target/wheels/*.whl
	maturin build --quiet --release --locked --manifest-path sdk-python/Cargo.toml --out target/wheels
	for profile in debug release; do \
	  mkdir -p target/$$profile/sdk && rm -f target/$$profile/sdk/*.whl && cp target/wheels/*.whl target/$$profile/sdk/; \
	done

demo: wheel build ## from a signal model to a running app, each step with its time
	tests/demo.sh target/debug

run: wheel build ## start the runtime in this terminal, with its state in target/state
	VEHICLE_EDGE_STATE=$(CURDIR)/target/state target/debug/vehicle-edge serve

test: wheel build ## all tests: Rust, Python, end to end
	cargo test --locked $(RUST)
	uv pip install --quiet --reinstall --no-deps target/wheels/*.whl
	pytest -q sdk-python/tests tests/kuksa_client

check: $(READY) ## what CI runs: formatting, lints, types, tests
	cargo fmt --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	ruff format --check sdk-python tests
	ruff check sdk-python tests
	$(MAKE) test
	cd sdk-python && mypy

bench: wheel ## measure, against the peers where they can be installed
	cargo build --locked --release
	tests/bench.py target/release
	cargo bench --locked -p vehicle-edge-runtime --bench launch

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
