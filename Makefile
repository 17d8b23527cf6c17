# Two commands do everything on a fresh machine with Python 3.11 or newer: make demo, make test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test test-live page-check html-checkouts spark lint types wheel wheel-check bars bars-slice proof proof-full proof-slice calibrate calibrate-slice field-report bench faults fuzz import-bars soak constraints clean

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "doorbuster needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run-installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.test-installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	@touch $@ $(VENV)/.run-installed

$(VENV)/.spark-installed: $(VENV)/.test-installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test,spark]'
	@touch $@

demo: $(VENV)/.run-installed  ## rehearse a minute on the embedded staging shop, compare, report, verdict
	$(BIN)/doorbuster demo

# Tests that send no load and start no shop: two at a time disturb nobody.
QUIET_TESTS := tests/analysis tests/contract tests/importers tests/promises tests/traffic

test: $(VENV)/.test-installed  ## all tests
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile $(QUIET_TESTS)
	$(BIN)/python -m pytest $(addprefix --ignore=,$(QUIET_TESTS))

test-live: $(VENV)/.test-installed  ## all journeys on real engines, installed and started here; needs Node 20 and npm, PostgreSQL 15
	DOORBUSTER_LIVE=1 $(BIN)/python -m pytest tests/live

page-check: $(VENV)/.test-installed  ## the report in headless Chromium, on a desk, a phone and paper, with axe; installs Chromium and Node where there is apt
	DOORBUSTER_PAGE_CHECK=1 $(BIN)/python -m pytest tests/analysis/test_page_in_a_browser.py

spark: $(VENV)/.spark-installed  ## an access log counted by DuckDB and by PySpark: difference 0; needs Java 17
	DOORBUSTER_SPARK=1 $(BIN)/python -m pytest tests/importers/log/test_spark.py

lint: $(VENV)/.test-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test-installed  ## strict on src/, and the card folders too
	$(BIN)/mypy
	$(BIN)/mypy locustfiles analysis

# The wheel that users get, alone in an environment of its own: what every request runs through is machine code there.
COMPILED := build/compiled
$(COMPILED)/.installed: pyproject.toml constraints.txt $(shell find src scenarios locustfiles analysis -type f -not -name '*.pyc') | $(VENV)/.test-installed
	rm -rf $(COMPILED) dist
	HATCH_BUILD_HOOKS_ENABLE=1 PIP_CONSTRAINT=$(CURDIR)/constraints.txt $(BIN)/python -m build --outdir dist .
	$(PYTHON) -m venv $(COMPILED)
	$(COMPILED)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt dist/*.whl
	@touch $@

wheel: $(COMPILED)/.installed  ## dist/: the source distribution, and from it the compiled wheel; needs a C compiler

wheel-check: $(COMPILED)/.installed  ## the wheel alone, in an empty environment, outside the checkout; then the tests of what is compiled
	mkdir -p build/elsewhere
	cd build/elsewhere && ../compiled/bin/doorbuster --version | grep compiled && ../compiled/bin/doorbuster demo --seconds 30
	$(COMPILED)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt "$$(ls dist/*.whl)[test]"
	$(COMPILED)/bin/python -m pytest tests/transport tests/swarm tests/safety tests/test_locust_itself.py \
	  tests/rehearsal/test_a_run_cut_short.py

bars: $(VENV)/.test-installed  ## the long proofs, about half an hour
	$(BIN)/python bench/bars.py lateness
	$(BIN)/python bench/bars.py demo
	$(BIN)/python bench/bars.py starved
	$(BIN)/python bench/round_trip.py
	$(BIN)/python bench/outage.py

bars-slice: $(VENV)/.test-installed  ## two minutes of each of the long proofs
	$(BIN)/python bench/bars.py lateness 1
	$(BIN)/python bench/bars.py demo 1
	$(BIN)/python bench/faults.py --count 8
	$(BIN)/python bench/round_trip.py --minutes 0.7 --think 0.1
	$(BIN)/python bench/soak.py --minutes 1
	$(BIN)/python bench/outage.py --slice

proof: $(VENV)/.test-installed  ## every bug that we claim to catch, 3 seeds, and 10 clean runs, under 10 minutes; writes docs/proof.md
	$(BIN)/python bench/proof.py --seeds 3 --clean 10 --write docs/proof.md

proof-full: $(VENV)/.test-installed  ## the same with 20 seeds and 100 clean runs, under 2 hours
	$(BIN)/python bench/proof.py --seeds 20 --clean 100 --write docs/proof.md

proof-slice: $(VENV)/.test-installed  ## one seed of every bug and 2 clean runs, about two minutes; writes nothing
	$(BIN)/python bench/proof.py --seeds 1 --clean 2 --again

calibrate: $(VENV)/.test-installed  ## how often our comparisons cry wolf and what they find, under 30 minutes; writes docs/calibration.md
	OPENBLAS_NUM_THREADS=1 $(BIN)/python bench/calibrate.py

calibrate-slice: $(VENV)/.test-installed  ## a little of each part, in two minutes; writes nothing
	OPENBLAS_NUM_THREADS=1 $(BIN)/python bench/calibrate.py --slice

field-report: $(VENV)/.test-installed  ## shoppers who collide on three live engines, about 15 minutes; needs what test-live needs; writes docs/field-report.md
	$(BIN)/python bench/field_report.py --write docs/field-report.md

bench: $(COMPILED)/.installed  ## speed, as ratios taken in one run, of the compiled wheel where load is sent; needs nginx and openssl, uses k6 and wrk where installed
	$(COMPILED)/bin/python bench/transport.py
	$(COMPILED)/bin/python bench/lateness.py
	$(BIN)/python bench/master_cost.py
	$(BIN)/python bench/audit_speed.py
	$(BIN)/python bench/facts_cost.py
	$(BIN)/python bench/adapters.py
	$(BIN)/python bench/compare_speed.py

html-checkouts: $(VENV)/.test-installed  ## two hundred guest checkouts at django-oscar, by its description alone
	$(BIN)/python bench/html_checkouts.py

faults: $(VENV)/.test-installed  ## fifty runs, each harmed in one way
	$(BIN)/python bench/faults.py

fuzz: $(VENV)/.test-installed  ## twenty thousand hostile answers, damaged log lines and files
	DOORBUSTER_FUZZ=20000 $(BIN)/python -m pytest tests/transport/test_fuzzed_answers.py tests/importers/log/test_fuzz.py \
	  tests/importers/test_fuzzed_files.py tests/contract/test_torn_answers.py

SHOP_LOG := build/shop.log
$(SHOP_LOG): bench/make_access_log.py bench/access_log_lines.py | $(VENV)/.test-installed
	mkdir -p build
	$(BIN)/python bench/make_access_log.py $@.part --lines 12000000 --format timed
	for file in $@.part.*; do mv $$file $@.$${file##*.part.}; done
	mv $@.part $@

import-bars: $(SHOP_LOG)  ## twelve million lines whose truth is known: what an import finds, and what it costs beside a bare parse; 3 GB
	DOORBUSTER_TRUTH_LOG=$(SHOP_LOG) $(BIN)/python -m pytest tests/importers/log/test_truth.py
	$(BIN)/python bench/import_speed.py $(SHOP_LOG)

soak: $(VENV)/.test-installed  ## twenty minutes at 100 session starts a second on two workers
	$(BIN)/python bench/soak.py

constraints: $(VENV)/.spark-installed
	{ echo "# Exact versions that CI runs with; a constraints file, no addresses. Renew with: make constraints"; \
	  $(BIN)/python -m pip freeze --exclude-editable; } > constraints.txt

clean:
	rm -rf $(VENV) build dist runs
