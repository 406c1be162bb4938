# Every target sets up what it needs, also on a fresh machine.
.DELETE_ON_ERROR:
.PHONY: demo test faults install bytecode bench lint format translations lock debian-packages clean

PYTHON ?= python3
PORT ?= 8000
SIGNATURES ?= 153000
FAULT_ROUNDS ?= 20
BIN := .venv/bin
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard petition/translations/*/LC_MESSAGES/*.po))

demo: .venv/runtime $(CATALOGUES) bytecode
	@$(BIN)/petition demo --port $(PORT) --signatures $(SIGNATURES)

test: install debian-packages
	@tests/run

# The tests of crashes and faults in their long form; each prints what was acknowledged, found, lost, repeated.
faults: install debian-packages
	FAULT_ROUNDS=$(FAULT_ROUNDS) $(BIN)/python -m pytest tests/faults -n 0 -q -s

# All of it, or BENCH="writes storm", BENCH="--profile sign", BENCH=--markdown.
bench: install
	@benchmarks/install_wrk
	@$(BIN)/python -m benchmarks $(BENCH)

install: .venv/complete $(CATALOGUES) bytecode

# As pip does with all else that it installs. Who starts the program may not be allowed to write here, and would
# compile it anew each time: a third of the time of a start.
bytecode: | .venv/bin/python
	@$(BIN)/python -m compileall -q petition

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Collects the words of code and templates into the catalogues, then compiles them; LANGUAGE=de adds one.
translations: install
	@PATH="$(CURDIR)/$(BIN):$$PATH" petition/translations/update $(LANGUAGE)

# The pinned versions, with hashes; run after changing pyproject.toml.
lock: .venv/complete
	$(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --all-build-deps \
		--extra deliveries -o requirements.lock pyproject.toml
	$(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --all-build-deps \
		--extra deliveries --extra test -o requirements-dev.lock pyproject.toml

debian-packages:
	@tests/install_debian_packages

clean:
	rm -rf .venv build *.egg-info

PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/runtime: requirements.lock pyproject.toml | .venv/bin/python
	@echo "Installing what the program needs (once)"
	@$(PIP) --require-hashes -r requirements.lock
	@PYTHONWARNINGS=ignore $(PIP) --no-deps --no-build-isolation --no-index -e .
	@touch $@

.venv/complete: requirements-dev.lock pyproject.toml | .venv/bin/python
	@echo "Installing the program and its test tools (once)"
	@$(PIP) --require-hashes -r requirements-dev.lock
	@PYTHONWARNINGS=ignore $(PIP) --no-deps --no-build-isolation --no-index -e .
	@touch $@ .venv/runtime

%.mo: %.po | .venv/bin/python
	@$(BIN)/python -m babel.messages.frontend --quiet compile -i $< -o $@ -l $(notdir $(patsubst %/LC_MESSAGES/,%,$(dir $<)))
