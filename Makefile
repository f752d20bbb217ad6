# Everything runs in .venv/, made once from requirements.lock and made again when the lock changes.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
SAMPLE := outputs/_sample/tables

.DEFAULT_GOAL := help
.PHONY: help close test test-slow lab check bench clean

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

close: $(READY) $(SAMPLE)/.written ## Generate the sample company and close its latest period
	$(BIN)/close run

test: $(READY) ## Run every test that takes seconds
	$(BIN)/pytest -n auto --dist loadfile -m "not slow and not benchmark"

test-slow: $(READY) ## Run the tests that take longer
	$(BIN)/pytest -n auto --dist loadfile -m slow

lab: $(READY) ## Open JupyterLab on the notebooks
	$(BIN)/jupyter lab notebooks

check: $(READY) ## Lint, and check the types
	$(BIN)/ruff check .
	$(BIN)/mypy close_library

bench: $(READY) ## Print the benchmarks
	$(BIN)/pytest -m benchmark -s tests/benchmarks

clean: ## Remove the environment, the caches and the sample's tables; closes stay
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis outputs/_sample

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Python 3.11 or later is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1). Name another one: make PYTHON=python3.12 …" >&2; exit 2; }
	@echo "Making .venv from requirements.lock; this takes a minute."
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(SAMPLE)/.written: $(READY) $(wildcard close_library/sample/*.py) $(wildcard close_library/tables/*.py) close_library/money.py close_library/period.py
	$(BIN)/close sample $(SAMPLE)
	@touch $@
