# make run [ARGS="--scenario sigmoid-deep"]   install into .venv and start
# make test                                   install what the tests need and run them
.PHONY: run test test-long check bench clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SUITE := $(BIN)/python -m pytest -n auto --dist worksteal

run: $(VENV)/.installed
	@$(BIN)/gradtui $(ARGS)

# Modules and kernels are compiled before: or every program that tests start, and every process of the suite, compiles
# its own, all at the same moment.
test: $(VENV)/.installed-test
	@$(BIN)/python -m compileall -q gradtui
	$(BIN)/gradtui warmup
	$(SUITE)

test-long: $(VENV)/.installed-test
	$(SUITE) -m long

check: $(VENV)/.installed-check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.installed
	$(BIN)/python -m benchmarks $(ARGS)

clean:
	rm -rf $(VENV)

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# `--group` needs pip 25.1; a fresh venv may bring an older one.
$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	@echo "installing gradtui into $(VENV)"
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group test
	@touch $@

$(VENV)/.installed-check: $(VENV)/.installed-test
	$(BIN)/python -m pip install --quiet --group check
	@touch $@
