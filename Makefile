# A newcomer needs two commands: `make demo` and `make test`. `make help` lists the others.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: help demo test test-torch bench format golden clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: .venv/run  ## set up and run the main job on real text
	$(BIN)/shortlist demo

test: .venv/dev  ## set up and check everything: format, lint, layers, types, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/basedpyright
	$(BIN)/pytest

test-torch: .venv-torch/ready  ## set up a second environment with the extra `torch` and run its tests
	.venv-torch/bin/pytest -o addopts='-q --import-mode=importlib' tests/torch

bench: .venv/dev  ## measure reranking against other libraries (an hour, resumed after a stop; installs them under .cache)
	$(BIN)/python benchmarks/rerank.py --plot benchmarks/plots/rerank.svg \
		--out .cache/rerank-$$(git describe --always --dirty).json

format: .venv/dev  ## rewrite the code in the house's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

golden: .venv/dev  ## write the help in docs/commands.md and the examples in docs/json.md anew
	GOLDEN=write $(BIN)/pytest -n 0 tests/docs/test_commands.py tests/docs/test_json.py

clean:  ## remove the environment and every cache
	rm -rf .venv .venv-torch .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist .cache

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv-torch/ready: requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv .venv-torch
	.venv-torch/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/dev.txt
	.venv-torch/bin/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --editable '.[torch]'
	@touch $@

.venv/run: .venv/bin/python requirements/run.txt pyproject.toml
	$(PIP) -r requirements/run.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev: .venv/run requirements/dev.txt
	$(PIP) -r requirements/dev.txt
	@touch $@
