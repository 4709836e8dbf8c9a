# Two commands: `make demo` and `make test`. They need Python 3.11 or newer, git and make; nothing else.
PYTHON ?= python3
ARGS ?=
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --disable-pip-version-check --quiet
PYTEST := $(PY) -m pytest
PEERS := .venv-peers
NPM := $(PY) hatch_build.py npm
MODULES := frontend/node_modules/.package-lock.json

.DEFAULT_GOAL := help
.PHONY: help demo test lint format test-python test-web test-peers test-e2e test-long screenshots perf perf-big lock install dev peers clean

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/make \1\t\2/' | expand -t 20

demo: install ## import and lint the bundled data set, and serve the application (ARGS="--port 8000 --no-browser")
	@$(PY) -m checkdam demo $(ARGS)

test: lint test-web test-python test-peers ## everything below but test-long
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
	$(PYTEST) -m "not long" --ignore tests/peers $(ARGS)

test-web: dev $(MODULES) ## types, style and unit tests of the web application
	$(NPM) run --silent typecheck
	$(NPM) run --silent lint
	$(NPM) run --silent check:api
	$(NPM) run --silent test

test-peers: peers ## what Checkdam writes, read back by other projects' own readers; fuzzing, S3 and Ray
	$(PEERS)/bin/python -m pytest -m "not long" tests/peers $(ARGS)

test-e2e: dev $(MODULES) ## the browser tests alone
	$(PYTEST) -m e2e tests/e2e $(ARGS)

test-long: dev peers ## campaigns of minutes to hours (CHECKDAM_FUZZ_SECONDS: for each format)
	$(PYTEST) -m long --ignore tests/peers $(ARGS)
	$(PEERS)/bin/python -m pytest -m long tests/peers $(ARGS)

screenshots: dev $(MODULES) ## pictures of each page, light and dark, in ./screenshots
	CHECKDAM_SCREENSHOTS=1 $(PYTEST) -m e2e tests/e2e $(ARGS)

perf: dev ## speed of import, lint and queries, and beside peers
	$(PY) -m perf $(ARGS)

perf-big: dev ## growth to a million items with ten million boxes, in 8 GB, and the grid in a browser (half an hour)
	$(PY) -m perf big browser size $(ARGS)

lock: $(VENV)/.run ## resolve the locked requirements anew (ARGS="--upgrade" takes newer releases)
	$(PIP) uv
	$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(ARGS) \
	    --no-emit-index-url --no-emit-find-links -o requirements.txt pyproject.toml
	$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(ARGS) \
	    --no-emit-index-url --no-emit-find-links -o requirements-test.txt --extra test -c requirements.txt pyproject.toml
	$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(ARGS) \
	    --no-emit-index-url --no-emit-find-links -o requirements-peers.txt --extra peers pyproject.toml

install: $(VENV)/.app
	@$(PY) hatch_build.py check || { \
	    echo "Building the web application from frontend/"; $(PIP) --no-deps --editable .; }

dev: $(VENV)/.test install

peers: $(PEERS)/.done

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

# Other projects' readers pin older libraries than Checkdam runs on, so that they have an environment of their own.
$(PEERS)/.done: requirements-peers.txt pyproject.toml
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	@echo "Installing the locked peers into $(PEERS) (once; a few minutes)"
	@$(PEERS)/bin/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements-peers.txt
	@CHECKDAM_SKIP_WEB=1 $(PEERS)/bin/python -m pip install --disable-pip-version-check --quiet --no-deps --editable .
	@touch $@

$(MODULES): frontend/package.json frontend/package-lock.json
	$(NPM) ci --no-audit --no-fund --loglevel=error
	@touch $@

clean: ## remove what was installed and built; data stays
	rm -rf $(VENV) $(PEERS) frontend/node_modules src/checkdam/web
