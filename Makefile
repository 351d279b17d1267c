# What each target does: make help. PYTHON=python3.12 takes another interpreter, VENV=folder another place.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
WORKERS ?= 2
# End-to-end and fault tests wait for processes and leases more than they compute.
WAITERS ?= 3
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
RUNTIME := $(VENV)/.runtime-$(VERSION)
DEV := $(VENV)/.dev-$(VERSION)
FUZZ := $(VENV)/.fuzz-$(VERSION)
PYTEST := $(BIN)/pytest
# What fails beside other tests is run once more by itself: a machine that is too busy is no fault of ours. What fails twice is red.
ALONE = $(PYTEST) --last-failed --last-failed-no-failures none

.PHONY: help demo run test test-fast check e2e faults chaos fuzz bench bench-short bench-growth soak canary docs clean
.DEFAULT_GOAL := help

help:  ## this list
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /	/' | expand -t 12

$(RUNTIME): pyproject.toml constraints.txt deploy/install.sh
	@PYTHON="$(PYTHON)" deploy/install.sh --editable "$(VENV)"
	@touch $@

$(DEV): pyproject.toml constraints.txt deploy/install.sh
	@PYTHON="$(PYTHON)" deploy/install.sh --editable "$(VENV)" dev
	@touch $@ $(RUNTIME)

# atheris is ready-made for some Pythons only; without it fuzzing does what it can.
$(FUZZ): $(DEV)
	@PYTHON="$(PYTHON)" PIP_ONLY_BINARY=atheris deploy/install.sh --editable "$(VENV)" fuzz || echo "fuzz: atheris cannot be installed here" >&2
	@touch $@

demo: $(RUNTIME)  ## the whole story on sample mail, over real SMTP
	@$(BIN)/mailgate demo

run: $(RUNTIME)  ## start the gateway for use, with nothing else installed
	@MAILGATE_LOG__FORMAT=console $(BIN)/mailgate run

test: $(DEV)  ## all tests; installs the Debian packages of tests/packages.txt when they are missing
	@deploy/test-packages.sh
	@$(PYTEST) -n $(WORKERS) -m "not slow" || $(ALONE) -m "not slow"
	@$(PYTEST) -n $(WAITERS) -m slow || $(ALONE) -m slow

test-fast: $(DEV)  ## the tests that need no packages and no services
	@$(PYTEST) -n $(WORKERS) -m "not services and not packages and not slow"

check: $(DEV)  ## style, types, layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

e2e: $(DEV)  ## end-to-end stories, with real Postfix and swaks
	@deploy/test-packages.sh
	@$(PYTEST) tests/e2e -n $(WAITERS)

faults: $(DEV)  ## kills, full disks, dead and hanging services
	@deploy/test-packages.sh
	@$(PYTEST) tests/faults -n $(WAITERS)

chaos: $(DEV)  ## 2,000 mails under random kills
	@deploy/test-packages.sh
	@$(BIN)/python -m tests.faults.chaos

fuzz: $(FUZZ)  ## hostile bytes at the listener and the reader; MAILGATE_FUZZ_S seconds for each of the two
	@MAILGATE_FUZZ_S=$${MAILGATE_FUZZ_S:-60} MAILGATE_FUZZ_EXAMPLES=$${MAILGATE_FUZZ_EXAMPLES:-1000} $(PYTEST) tests/fuzz tests/dialogs/test_fuzz.py
	@$(BIN)/python -m tests.fuzz.guided

bench: $(DEV)  ## how fast, beside Postfix, bare aiosmtpd and Roundup
	@deploy/test-packages.sh
	@$(BIN)/python -m bench

bench-short: $(DEV)  ## the same with few mails: does all of it still run?
	@deploy/test-packages.sh
	@$(BIN)/python -m bench --short

bench-growth: $(DEV)  ## what a mail costs with a million cases; takes minutes and some GB of disk
	@deploy/test-packages.sh
	@$(BIN)/python -m bench.growth

soak: $(DEV)  ## hours under load, watching memory and the ledger
	@$(BIN)/python -m bench.soak

canary: $(DEV)  ## the SMTP dialogues against the newest aiosmtpd
	@PYTHON="$(PYTHON)" deploy/canary.sh

docs: $(DEV)  ## write the tables of docs/operations.md anew, then check the manual
	@$(BIN)/python -m docs.tables docs/operations.md
	@$(PYTEST) tests/unit/test_docs.py

clean:  ## remove what make made
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
