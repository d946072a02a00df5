# Two commands on a fresh machine do everything: `make demo` and `make test`.
# What they need is Linux, make, and Python 3.11 or later with venv; the rest is set up below, in .venv.

VENV := .venv
BIN := $(VENV)/bin
TOOLS := .tools

.PHONY: help demo example test test-slow test-all check check-install bench requirements clean
.DEFAULT_GOAL := help

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

$(VENV)/.ready-%: requirements/%.txt pyproject.toml scripts/setup
	@scripts/setup $(VENV) $<
	@touch $@

$(TOOLS)/.ready: requirements/tools.txt requirements/tools/package-lock.json scripts/setup-tools | $(VENV)/.ready-dev
	@scripts/setup-tools $(TOOLS) $(BIN)/python
	@touch $@

demo: $(VENV)/.ready-dev  ## set up, then run the main job end to end and tell its story
	@$(BIN)/python examples/demo.py

example: $(VENV)/.ready-dev  ## set up, then tell of two apps with dedicated profiles and roles
	@$(BIN)/python examples/two_apps.py

test: $(VENV)/.ready-dev  ## set up, then run the tests
	@$(BIN)/python -m pytest -q -n auto --dist worksteal -m "not slow"

test-slow: $(VENV)/.ready-dev $(TOOLS)/.ready  ## set up, sam and cdk too, then run the slow tests
	@$(BIN)/python -m pytest -q -n auto --dist worksteal -m slow

test-all: test-slow test  ## all the tests

check: $(VENV)/.ready-dev  ## the static checks: ruff, mypy, the layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

check-install: $(VENV)/.ready-dev  ## install into an empty environment, and use what is there
	@scripts/check-install $(BIN)/python

bench: $(VENV)/.ready-bench  ## the measurements of docs/PERFORMANCE.md
	@for bench in bench/[a-z]*.py; do $(BIN)/python $$bench --run || exit 1; done

requirements:  ## compile the pinned requirements anew (needs uv)
	@scripts/pin

clean:  ## remove what the targets above have made
	rm -rf $(VENV) $(TOOLS) .mypy_cache .ruff_cache .pytest_cache .hypothesis
