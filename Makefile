.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# The stamp carries the hash of the pins, so that another branch's .venv is never taken for this one's.
PINS := $(shell cksum requirements.txt | cut -d ' ' -f 1)
STAMP := $(VENV)/.pins-$(PINS)

# Each process of the system tests has a laptop cloud of its own, which takes about 2 GB.
WORKERS ?= 2
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1|\2/' | while IFS='|' read -r name text; do printf '%-19s %s\n' "$$name" "$$text"; done

.PHONY: venv
venv: $(STAMP) ## Install everything into .venv (needs Python 3.11 or newer)

$(STAMP):
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.13")'
	@echo "Installing into $(VENV): one or two minutes the first time."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	@rm -f $(VENV)/.pins-*
	@touch $@

.PHONY: demo
demo: venv ## Run the whole pipeline on this machine, with real data
	@$(BIN)/python -m local demo

.PHONY: lint
lint: venv ## Lint and type-check
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

.PHONY: check
check: lint ## Lint, type-check and run the unit tests: before every commit
	@$(PYTEST) tests/unit

.PHONY: test-servers
test-servers: check ## The same, and the tests that need one real server each
	@$(PYTEST) tests/servers

.PHONY: test
test: lint ## Everything but the long torture, on WORKERS processes (2)
	@$(PYTEST)

.PHONY: torture
torture: venv ## Sync while 8, then 32 sessions write, and write docs/torture.md
	@$(BIN)/python -m tests.system.torture --writers 8 32 --seconds 120 --write docs/torture.md

.PHONY: faults
faults: venv ## Run the fault matrix and write docs/fault-matrix.md
	@$(BIN)/python -m tests.system.faults --write docs/fault-matrix.md

.PHONY: types
types: venv ## Send every type and edge value through and write docs/types.md
	@$(BIN)/python -m tests.system.types --write docs/types.md

.PHONY: strategies
strategies: venv ## Write the tables of strategies into README.md and docs/strategies.md
	@$(BIN)/python -m tests.support.strategy_tables --write

.PHONY: bench-merge
bench-merge: venv ## Count the rows of FINAL that merges read, and write docs/merge-cost.md
	@$(BIN)/python -m bench.merge_scan

.PHONY: cost
cost: venv ## Count what runs use, times list prices, and write docs/cost.md
	@$(BIN)/python -m bench.cost --write docs/cost.md

.PHONY: snowflake-sql
snowflake-sql: venv ## Write Snowflake's SQL to snowflake-sql (ARGUMENTS="--help" lists what it takes)
	@$(BIN)/python -m infra.snowflake.sql_files snowflake-sql $(ARGUMENTS)

.PHONY: snowflake-bootstrap
snowflake-bootstrap: venv ## Make what a deployment needs in Snowflake (ARGUMENTS="--connection <name> --key-file <file>")
	@$(BIN)/python -m infra.snowflake.bootstrap $(ARGUMENTS)

.PHONY: synth
synth: venv ## Write the CloudFormation template and deployment packages to cdk.out
	@CDK_OUTDIR=cdk.out $(BIN)/python app.py
	@echo "Synthesized into cdk.out."

.PHONY: deploy-laptop
deploy-laptop: venv ## Start the laptop cloud and deploy onto it by cdk bootstrap and cdk deploy
	@$(BIN)/python -m local up --cdk

.PHONY: clean
clean: ## Remove everything that was built, .venv included
	@rm -rf $(VENV) .build .local cdk.out snowflake-sql .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
