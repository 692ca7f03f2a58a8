# Bare `make` says what it can do. PYTHON (3.11 or newer) is all that must be on the machine.

PYTHON ?= python3
PORT ?= 8080
SANDBOX_PORT ?= 9900
SANDBOX ?= on
KILLS ?= 20
SEED ?= 1

# `confirmed 20 of 20 in N s` counts from the command, the making of the environment included.
export RUN_STARTED_AT := $(shell date +%s)
export PORT SANDBOX_PORT SANDBOX
# Thirteen processes import the same modules: let the first one keep what it compiled.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
CODE := services shared deploy tests
# Four at a time, two of them with the whole running product: tests wait for servers. See tests/conftest.py.
TEST := $(BIN)/pytest --numprocesses 4 --dist loadfile --no-loadscope-reorder --ignore=tests/browser -m "not long"

# What proves that a fault is borne and outlived.
FAULT_PROOFS := tests/e2e/test_far_side_faults.py tests/e2e/test_servers_away.py tests/e2e/test_slow_sellers.py \
	tests/e2e/test_stopped_processes.py tests/integration/auth/test_full_disk.py tests/integration/orders/test_full_disk.py \
	tests/integration/inventory/test_full_disk.py tests/integration/labels/test_full_disk.py \
	tests/integration/messaging/test_full_disk.py tests/integration/messaging/test_poison.py \
	tests/integration/messaging/test_rebalance.py

.DEFAULT_GOAL := help
.PHONY: help run clean test browser journey pages ways static check faults leaks doors fairness walk abuse rotate bench conformance prism faultpage format lint types imports contracts lock

help: ## say what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'
	@echo "  settings:       PORT=8080 SANDBOX_PORT=9900 SANDBOX=on|off KILLS=20 SEED=1 PYTHON=python3"

run: .venv/run.stamp ## start everything, with a sandbox for the far sides and a demo seller (Ctrl-C ends it)
	@exec $(BIN)/python -m deploy.local run

clean: ## remove what `make run` made: data, secrets, logs (.run/)
	@$(PYTHON) -m deploy.local.folder clean

test: .venv/dev.stamp ## all tests but those in a browser and those on demand only, on real PostgreSQL and Kafka
	@$(TEST)

browser: journey pages ## its pages in Chromium, with axe, in both languages and two widths

journey: .venv/dev.stamp
	@$(BIN)/pytest tests/browser/test_journeys.py

pages: .venv/dev.stamp
	@$(BIN)/pytest tests/browser --ignore=tests/browser/test_journeys.py -m "not long"

ways: .venv/dev.stamp ## in Chromium: every other way to connect, what comes later, members, support, sign-in at an OpenID provider
	@$(BIN)/pytest tests/browser -m long

static: .venv/dev.stamp
	@$(BIN)/mypy $(CODE)
	@$(BIN)/lint-imports
	@$(BIN)/python -m tests.house.contracts --check

check: .venv/dev.stamp ## what CI runs: format, lint, types, import rules, contracts, tests, browser, 20 kills
	@echo "format"    && $(BIN)/ruff format --check --quiet $(CODE)
	@echo "lint"      && $(BIN)/ruff check --quiet $(CODE)
	@echo "tests, and what needs none: types, imports, contracts"
	@$(MAKE) --no-print-directory --jobs 2 static test
	@echo "browser and faults, side by side" && $(MAKE) --no-print-directory --jobs 3 --output-sync browser faults

faults: .venv/dev.stamp ## kill processes at random while orders flow, then compare ledgers (KILLS=n SEED=s AWAY=seconds)
	@$(BIN)/python -m tests.faults --kills $(KILLS) --seed $(SEED) $(if $(AWAY),--away $(AWAY))

leaks: .venv/dev.stamp ## all fault proofs with planted buyers, then every place is searched for them and our secrets
	@$(BIN)/python -m tests.leaks

fairness: .venv/dev.stamp ## one seller with 20,000 orders beside 99 small ones under published quotas, in virtual time
	@$(BIN)/python -m tests.fairness

walk: .venv/dev.stamp ## two years of fifty connections, day by day in virtual time, against a table of states, events, mails
	@$(BIN)/python -m tests.walk

abuse: .venv/dev.stamp ## every way we know to abuse the redirect, the app store's link, the token endpoint, sign-in, passkeys, OpenID
	@$(BIN)/python -m tests.abuse

rotate: .venv/dev.stamp ## a new key-encryption key while tokens are asked for and renewed, killed in the middle and resumed
	@$(BIN)/python -m tests.rotate

bench: .venv/dev.stamp ## measure what has a target, each beside a rival (LONG=1: for docs/performance.md)
	@$(BIN)/python -m tests.bench $(if $(LONG),--long --write docs/performance.md)

doors: .venv/dev.stamp ## every operation of our APIs as every kind of caller, with generated requests (EXAMPLES=n SEED=s)
	@$(BIN)/python -m tests.doors --seed $(SEED) $(if $(EXAMPLES),--examples $(EXAMPLES))

conformance: $(if $(CASES),.venv/dev.stamp) ## cases of Amazon's static sandbox against our client (CASES=file)
	@test -n "$(CASES)" || { echo "Say which cases: make conformance CASES=<a file of them, one JSON object a line>"; exit 2; }
	@$(BIN)/python -m tests.conformance "$(CASES)"

faultpage: .venv/dev.stamp ## write docs/faults.md from what the proofs of all faults see
	@$(BIN)/pytest -p tests.e2e.faults_page $(FAULT_PROOFS)

prism: .venv/dev.stamp ## our calls to Amazon through Prism serving its own models (needs npm and PASSERELLE_SPECS)
	@npm install --silent --no-audit --no-fund --ignore-scripts --prefix .run/prism @stoplight/prism-cli@5.16.0
	@$(BIN)/python -m tests.prism --prism .run/prism/node_modules/.bin/prism

format: .venv/dev.stamp ## write the code in its one format
	@$(BIN)/ruff format $(CODE)
	@$(BIN)/ruff check --fix --select I $(CODE)

lint: .venv/dev.stamp ## ruff
	@$(BIN)/ruff check $(CODE)

types: .venv/dev.stamp ## mypy --strict
	@$(BIN)/mypy $(CODE)

imports: .venv/dev.stamp ## who may import whom
	@$(BIN)/lint-imports

contracts: .venv/dev.stamp ## write docs/contracts.md and the event schemas from the code
	@$(BIN)/python -m tests.house.contracts

lock: .venv/dev.stamp ## resolve dependencies and Kafka's jars anew, with hashes and without addresses
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --extra local pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --constraint requirements.lock pyproject.toml -o requirements-service.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --all-extras pyproject.toml -o requirements-dev.lock
	@$(BIN)/python -m deploy.local lock

.venv/run.stamp: requirements.lock
	@$(PYTHON) -m deploy.local.environment requirements.lock
	@touch $@

.venv/dev.stamp: requirements-dev.lock
	@$(PYTHON) -m deploy.local.environment requirements-dev.lock
	@touch .venv/run.stamp $@
