# Two commands do everything on a fresh machine with Python 3.11 or newer: make demo, make test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint types wheel-check bars bars-slice constraints clean

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "doorbuster needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run-installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.test-installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	@touch $@ $(VENV)/.run-installed

demo: $(VENV)/.run-installed  ## rehearse a minute on the embedded staging shop, compare, report, verdict
	$(BIN)/doorbuster demo

test: $(VENV)/.test-installed  ## all tests
	$(BIN)/python -m pytest

lint: $(VENV)/.test-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test-installed  ## strict on src/, and the card folders too
	$(BIN)/mypy
	$(BIN)/mypy locustfiles analysis

wheel-check: $(VENV)/.test-installed  ## the wheel alone, in an empty environment, outside the checkout
	rm -rf build/wheel-check dist
	$(BIN)/python -m build --wheel --outdir dist .
	$(PYTHON) -m venv build/wheel-check/venv
	build/wheel-check/venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt dist/*.whl
	mkdir -p build/wheel-check/elsewhere
	cd build/wheel-check/elsewhere && ../venv/bin/doorbuster demo --seconds 30

bars: $(VENV)/.test-installed  ## the long proofs, about half an hour
	$(BIN)/python bench/bars.py lateness
	$(BIN)/python bench/bars.py demo
	$(BIN)/python bench/bars.py starved

bars-slice: $(VENV)/.test-installed  ## two minutes of them
	$(BIN)/python bench/bars.py lateness 1
	$(BIN)/python bench/bars.py demo 1

constraints: $(VENV)/.test-installed
	{ echo "# Exact versions that CI runs with; a constraints file, no addresses. Renew with: make constraints"; \
	  $(BIN)/python -m pip freeze --exclude-editable; } > constraints.txt

clean:
	rm -rf $(VENV) build dist runs
