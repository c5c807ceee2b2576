# make demo    set everything up and load a simulated month into the embedded stand-in
# make test    set everything up and run the tests
# make bench   measure it: SIZE=small or full, ONLY=staging,star,whole,growth,start; the full size takes long
# make check   the tests, the type checker, the linter, the import rules
# make clean   remove the environment, and the stand-in of the checkout with all that was loaded into it
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SIZE ?= full
ONLY ?=

.DEFAULT_GOAL := help
.PHONY: help demo test bench check lint clean

help:
	@sed -n 's/^# make/make/p' Makefile

$(VENV)/ready: setup.cfg pyproject.toml
	@echo "Setting up $(VENV): this takes a minute or a few, once."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

demo: $(VENV)/ready
	$(BIN)/sparkify-dwh demo

test: $(VENV)/ready
	$(BIN)/python -m pytest -n auto --dist worksteal

$(VENV)/bench: $(VENV)/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	touch $@

bench: $(VENV)/bench
	$(BIN)/python -m benchmarks --size '$(SIZE)' --only '$(ONLY)'

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test

clean:
	rm -rf $(VENV) .standin build dist *.egg-info
