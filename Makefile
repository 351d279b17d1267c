# What each target does: make help. PYTHON=python3.12 takes another interpreter, VENV=folder another place.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# More than the usual two processors: tests wait for databases, programs and clients, too.
WORKERS ?= 3
# End-to-end and fault tests wait for processes and leases more than they compute.
WAITERS ?= 4
SLOW_LOG := .pytest_cache/slow.log
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
RUNTIME := $(VENV)/.runtime-$(VERSION)
DEV := $(VENV)/.dev-$(VERSION)
FUZZ := $(VENV)/.fuzz-$(VERSION)
PYTEST := $(BIN)/pytest
# The tests start hundreds of programs. Without kept bytecode each of them compiles all that it imports, which takes longer than its work.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo run run-demo test test-computing test-waiting test-fast check e2e faults fairness chaos fuzz bench bench-short bench-growth bench-pages soak canary docs clean
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
	@test -e var/try/mailgate.toml || $(BIN)/mailgate init var/try >/dev/null
	@MAILGATE_LOG__FORMAT=console $(BIN)/mailgate run --config var/try/mailgate.toml

run-demo: $(RUNTIME)  ## the same with a sample desk, on http://127.0.0.1:8080; prints who to log in as
	@mkdir -p var/demo
	@cd var/demo && export MAILGATE_SERVICE__PORTAL_URL=http://127.0.0.1:8080 MAILGATE_LOG__FORMAT=console && \
	$(CURDIR)/$(BIN)/mailgate sample && $(CURDIR)/$(BIN)/mailgate run

test: $(DEV)  ## all tests; installs the Debian packages of tests/packages.txt when they are missing
	@deploy/test-packages.sh
	@mkdir -p $(dir $(SLOW_LOG))
	@$(MAKE) --no-print-directory -j2 test-computing test-waiting; code=$$?; cat $(SLOW_LOG); exit $$code

# Side by side: the others compute while slow tests wait, and give way to them. What the slow ones said comes at the end.
test-computing:
	@nice -n 5 $(PYTEST) -n $(WORKERS) --dist worksteal -m "not slow"

test-waiting:
	@$(PYTEST) -n $(WAITERS) --dist loadgroup -m slow >$(SLOW_LOG) 2>&1

test-fast: $(DEV)  ## the tests that need no packages and no services
	@$(PYTEST) -n $(WORKERS) -m "not services and not packages and not slow"

check: $(DEV)  ## style, types, layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

e2e: $(DEV)  ## end-to-end stories, with real Postfix and swaks
	@deploy/test-packages.sh
	@$(PYTEST) tests/e2e -n $(WAITERS) --dist worksteal

faults: $(DEV)  ## kills, full disks, dead and hanging services
	@deploy/test-packages.sh
	@$(PYTEST) tests/faults -n $(WAITERS) --dist worksteal

fairness: $(DEV)  ## attacks that use all that the limits allow: what does a customer's reply wait?
	@$(BIN)/python -m tests.faults.fairness

chaos: $(DEV)  ## 2,000 mails under random kills
	@deploy/test-packages.sh
	@$(BIN)/python -m tests.faults.chaos

fuzz: $(FUZZ)  ## hostile bytes at the listener and the reader; MAILGATE_FUZZ_S seconds for each of the two
	@MAILGATE_FUZZ_S=$${MAILGATE_FUZZ_S:-60} MAILGATE_FUZZ_EXAMPLES=$${MAILGATE_FUZZ_EXAMPLES:-1000} $(PYTEST) tests/fuzz tests/dialogs/test_fuzz.py
	@$(BIN)/python -m tests.fuzz.guided

replies: $(DEV)  ## MAILGATE_REPLIES replies that a grammar writes (10,000): no word of the author is cut, signatures are
	@MAILGATE_REPLIES=$${MAILGATE_REPLIES:-10000} $(PYTEST) tests/unit/mail/reply/test_reply_property.py

bench: $(DEV)  ## how fast, beside Postfix, bare aiosmtpd and Roundup
	@deploy/test-packages.sh
	@$(BIN)/python -m bench

bench-short: $(DEV)  ## the same with few mails: does all of it still run?
	@deploy/test-packages.sh
	@$(BIN)/python -m bench --short

bench-growth: $(DEV)  ## what a mail costs with a million cases; takes minutes and some GB of disk
	@deploy/test-packages.sh
	@$(BIN)/python -m bench.growth

bench-pages: $(DEV)  ## case list, search and case page with a million cases; takes minutes and some GB of disk
	@deploy/test-packages.sh
	@$(BIN)/python -m bench.pages

soak: $(DEV)  ## hours under load, watching memory and the ledger
	@$(BIN)/python -m bench.soak

canary: $(DEV)  ## the SMTP sessions of tests/dialogs against the newest aiosmtpd
	@PYTHON="$(PYTHON)" deploy/canary.sh

docs: $(DEV)  ## write docs/reference anew, then check the documentation
	@$(BIN)/python -m tools.reference
	@$(PYTEST) tests/project/test_docs.py tests/unit/rules/test_policy_page.py

clean:  ## remove what make made
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
