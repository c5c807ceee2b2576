# make demo    install what the demo needs, and load a simulated month into the embedded stand-in
# make test    install everything and run the tests
# make bench   measure it: SIZE=small or full, ONLY=staging,star,whole,growth,start; the full size takes long
# make check   the type checker, the linter, the import rules, and the tests with their branch coverage
# make check-lowest   the tests with the lowest versions of the dependencies, in an environment of their own
# make check-newest   the tests with SQLAlchemy 2.1
# make clean   remove the environments, and the stand-in of the checkout with all that was loaded into it
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SIZE ?= full
ONLY ?=
PYTEST ?= -n auto --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help demo test bench check check-lowest check-newest lint clean

help:
	@sed -n 's/^# make/make/p' Makefile

PIP := -m pip install --quiet --disable-pip-version-check

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/standin: setup.cfg pyproject.toml | $(VENV)/bin/python
	@echo "Installing what the demo needs into $(VENV): this takes half a minute, once."
	$(BIN)/python $(PIP) -e '.[standin]'
	touch $@

$(VENV)/ready: setup.cfg pyproject.toml | $(VENV)/bin/python
	@echo "Installing everything into $(VENV): this takes a minute or two, once."
	$(BIN)/python $(PIP) -e '.[dev]'
	touch $(VENV)/standin $@

demo: $(VENV)/standin
	$(BIN)/sparkify-dwh demo

test: $(VENV)/ready
	$(BIN)/python -m pytest $(PYTEST)

$(VENV)/bench: $(VENV)/ready
	$(BIN)/python $(PIP) -e '.[bench]'
	touch $@

bench: $(VENV)/bench
	$(BIN)/python -m benchmarks --size '$(SIZE)' --only '$(ONLY)'

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest $(PYTEST)
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report

check-newest:
	$(MAKE) .venv-newest/ready VENV=.venv-newest
	.venv-newest/bin/python $(PIP) 'sqlalchemy >=2.1, <2.2'
	.venv-newest/bin/python -m pytest $(PYTEST)

check-lowest:
	$(MAKE) test VENV=.venv-lowest PIP='$(PIP) --constraint tests/lowest-versions.txt'

clean:
	rm -rf $(VENV) .venv-lowest .venv-newest .standin build dist *.egg-info .coverage*
