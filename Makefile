# Everything a checkout needs: each target sets itself up in .venv, from the lock files, with plain venv and pip.

PYTHON ?= python3
PROVIDER ?= offline
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

.DEFAULT_GOAL := help
.PHONY: help demo run test lint bench lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 8

demo: $(VENV)/.run ## play /tldr, the shortcut and a mention on this machine: no key, no network, no Slack
	@$(BIN)/python -m bot demo --provider $(PROVIDER)

run: $(VENV)/.run ## connect to Slack with what .env says
	@$(BIN)/python -m bot run

test: lint ## types, style and all tests
	$(BIN)/python -m pytest -n auto

lint: $(VENV)/.dev ## types and style alone
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: $(VENV)/.run ## measure speed, calls, memory and losses beside the bars they are held to: some minutes
	@$(BIN)/python -m bench

$(VENV)/.run: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is no Python 3.11 or newer: make $(MAKECMDGOALS) PYTHON=<one that is>"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "This Python has no venv: install your system's python3-venv package."; exit 1; }
	@echo "Installing into $(VENV): once, about half a minute."
	@$(PYTHON) -m venv $(VENV)
	@$(INSTALL) -r requirements.lock || { echo "The packages could not be installed: this step needs the network."; exit 1; }
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	@$(INSTALL) -r requirements-dev.lock || { echo "The packages could not be installed: this step needs the network."; exit 1; }
	@touch $@

lock: $(VENV)/.dev ## resolve the dependencies of pyproject.toml anew
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url \
		--no-header --no-annotate --upgrade pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url \
		--no-header --no-annotate --extra dev --extra gemini-legacy -c requirements.lock pyproject.toml \
		-o requirements-dev.lock

clean: ## remove the environment and all caches
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
