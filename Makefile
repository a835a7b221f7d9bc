# Every target sets up .venv by itself: once, and again when requirements.lock changes.
SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory
# Each of the many kernels and commands would compile the package anew; and it is compiled before they start.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
LOCKED := $(VENV)/.locked
# Airflow is no peer: a test of `make soak` sets it up.
PEERS := $(patsubst %,%.venv/.ready,$(filter-out benchmarks/airflow/,$(dir $(wildcard benchmarks/*/*.in))))

# Runs a command and shows what it said only if it failed.
quietly = @out=$$($(1) 2>&1) || { printf '%s\n' "$$out"; exit 1; }

.PHONY: help report test tests types soak lab bench lock kpi-book need-test

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

report: $(READY) ## the two reports, real data and demo, into reports/index.html
	@$(BIN)/cpm run params/online_retail.yaml params/demo.yaml --out reports

test: need-test $(READY) ## style, types, layers, notebooks and tests
	$(call quietly,$(BIN)/ruff check --quiet)
	$(call quietly,$(BIN)/ruff format --check --quiet)
	@$(MAKE) --jobs=2 --output-sync=none types tests # side by side: tests often wait, for a server or for a kernel

# Where both run, what is said of types stands above the tests' own words, and fails `make test` all the same.
types: $(READY)
	$(call quietly,$(BIN)/mypy --no-error-summary)
	$(call quietly,$(BIN)/lint-imports)

# OpenBLAS has a thread for each core, which waits by turning: with as many processes as cores that doubles their time.
tests soak: export OPENBLAS_NUM_THREADS := 1
tests: $(READY)
	@$(BIN)/python -m pytest --quiet -n 2 --dist loadscope --no-loadscope-reorder --nbval-lax --nbval-current-env tests plugins notebooks

soak: need-test $(READY) ## the long and the large tests
	@$(BIN)/python -m pytest -m soak tests || [ $$? -eq 5 ] # 5: there are none

lab: $(READY) ## JupyterLab on notebooks/
	@$(BIN)/cpm lab

bench: $(READY) $(PEERS) ## every claim of speed, measured here
	@for bench in $(sort $(wildcard benchmarks/bench_*.py)); do echo "== $$bench"; $(BIN)/python "$$bench" || exit 1; done

lock: $(READY) ## bring requirements.lock and environment.yml up to pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
		--custom-compile-command "make lock" --all-extras --group dev pyproject.toml --output-file requirements.lock
	@for peers in $(wildcard benchmarks/*/*.in); do \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
		--custom-compile-command "make lock" "$$peers" --output-file "$${peers%.in}.lock" || exit 1; done
	@$(BIN)/python tools/environment.py

kpi-book: $(READY) ## write docs/kpi_book.md from the definitions
	@$(BIN)/python -m tools.kpi_book

need-test:
	@tools/need.sh chromium chinese-font java cron systemd

.SECONDEXPANSION:
benchmarks/%/.venv/.ready: $$(wildcard benchmarks/$$*/*.lock)
	@tools/venv.sh $(@D) $<
	@touch $@

$(READY): $(LOCKED) pyproject.toml
	@$(BIN)/python -m pip install -qq --no-input --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q cpm_core
	@touch $@

$(LOCKED): requirements.lock
	@tools/venv.sh $(VENV) requirements.lock
	@touch $@
