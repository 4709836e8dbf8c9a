# Two commands: `make demo` and `make test`. They need Python 3.11 or newer, git and make; nothing else.
PYTHON ?= python3
ARGS ?=
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --disable-pip-version-check --quiet
PYTEST := $(PY) -m pytest
NPM := $(PY) hatch_build.py npm
MODULES := frontend/node_modules/.package-lock.json

.DEFAULT_GOAL := help
.PHONY: help demo test lint format test-python test-web test-e2e test-long screenshots perf lock install dev clean

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/make \1\t\2/' | expand -t 20

demo: install ## import and lint the bundled data set, and serve the application (ARGS="--port 8000 --no-browser")
	@$(PY) -m checkdam demo $(ARGS)

test: lint test-web test-python ## everything below but test-long
	@echo "make test: lint, types, layers, web application, Python and browser tests all passed"

lint: dev ## style, types and layers
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports --no-logo

format: dev ## let ruff put the Python sources in order
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

test-python: dev $(MODULES) ## pytest, the browser tests among them
	$(PYTEST) -m "not long" $(ARGS)

test-web: dev $(MODULES) ## types, style and unit tests of the web application
	$(NPM) run --silent typecheck
	$(NPM) run --silent lint
	$(NPM) run --silent check:api
	$(NPM) run --silent test

test-e2e: dev $(MODULES) ## the browser tests alone
	$(PYTEST) -m e2e tests/e2e $(ARGS)

test-long: dev ## campaigns of minutes to hours
	$(PYTEST) -m long $(ARGS)

screenshots: dev $(MODULES) ## pictures of each page, light and dark, in ./screenshots
	CHECKDAM_SCREENSHOTS=1 $(PYTEST) -m e2e tests/e2e $(ARGS)

perf: dev ## speed of import, lint and queries
	$(PY) -m perf $(ARGS)

lock: $(VENV)/.run ## resolve the locked requirements anew (ARGS="--upgrade" takes newer releases)
	$(PIP) uv
	$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(ARGS) \
	    --no-emit-index-url --no-emit-find-links -o requirements.txt pyproject.toml
	$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(ARGS) \
	    --no-emit-index-url --no-emit-find-links -o requirements-test.txt --extra test -c requirements.txt pyproject.toml

install: $(VENV)/.app
	@$(PY) hatch_build.py check || { \
	    echo "Building the web application from frontend/"; $(PIP) --no-deps --editable .; }

dev: $(VENV)/.test install

# The stamps below are younger than what they were made from; an interrupted install leaves none.
$(VENV)/.run: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Checkdam needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + ": make PYTHON=python3.12 …")'
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked dependencies into $(VENV) (once; a minute or two)"
	@$(PIP) --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.test: requirements-test.txt $(VENV)/.run
	@echo "Installing the locked test dependencies into $(VENV)"
	@$(PIP) --require-hashes -r requirements-test.txt
	@touch $@

$(VENV)/.app: $(VENV)/.run pyproject.toml hatch_build.py
	@$(PY) hatch_build.py check || echo "Building the web application from frontend/ (once; a minute or two)"
	@$(PIP) --no-deps --editable .
	@touch $@

$(MODULES): frontend/package.json frontend/package-lock.json
	$(NPM) ci --no-audit --no-fund --loglevel=error
	@touch $@

clean: ## remove what was installed and built; data stays
	rm -rf $(VENV) frontend/node_modules src/checkdam/web
