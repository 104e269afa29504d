# make demo · make test · make check · make bench
# Each target makes its own environment from a bare python3 and rebuilds it when the metadata change.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
JOBS   ?= 2
# The run environment holds what users get; the development one adds the tools.
RUN    := $(VENV)/.installed
DEV    := $(VENV)/.installed-dev

SLOW   := $(VENV)/.installed-slow
NODE   := $(VENV)/node/.installed
TOOLS  := chromium strace java npm systemd-analyze pdftotext tmux newsboat
DEBIAN := chromium strace default-jre-headless npm systemd poppler-utils tmux newsboat \
	libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0

.PHONY: help demo test test-slow cases coverage check format docs pictures bench wheel clean

help:  ## Say what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "veille needs Python 3.11 or newer: name one with 'make PYTHON=python3.12 …'" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUN): $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(DEV): $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@ $(RUN)

$(SLOW): $(DEV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,browser]'
	@touch $@

# The checkers of pages: axe-core and the Nu Html Checker.
$(NODE): tests/browser/package.json
	mkdir -p $(@D)
	cp $< $(@D)
	npm install --prefix $(@D) --no-audit --no-fund --silent
	@touch $@

demo: $(RUN)  ## Run the main job on a bundled sample, offline, into ./demo
	$(BIN)/veille demo demo

test: $(DEV)  ## Run the tests, on SQLite and on a real PostgreSQL
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile -m 'not slow'

# Tests that are watched take twice as long.
coverage: $(DEV)  ## Run the tests again, watched: 95 % of all branches must be taken
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n $(JOBS) --dist loadfile -m 'not slow'
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

test-slow: $(SLOW)  ## Run the slow ring: a real browser on pages and mails, kills while writing and sending
	@for tool in $(TOOLS); do command -v $$tool >/dev/null || missing="$$missing $$tool"; done; \
	  test -z "$$missing" || { test "$$(id -u)" = 0 && apt-get update -qq && \
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(DEBIAN) >/dev/null; } || \
	  { echo "the slow ring needs:$$missing (apt-get install $(DEBIAN))" >&2; exit 1; }
	@$(MAKE) --no-print-directory $(NODE)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile -m slow

# Their docstrings carry the numbers; other tests of these cases are on both databases anyway.
cases: $(DEV)  ## Prove the faults of the keyboard (I) and of several people (U) on PostgreSQL, case by case
	$(BIN)/python -m pytest -q -n $(JOBS) --dist loadfile -m 'not slow' --case I --case U --database postgresql

check: $(DEV)  ## Format, lint, types, import contracts, documentation up to date
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python docs/generate.py --check

format: $(DEV)  ## Rewrite the code in the house style
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(DEV)  ## Write the generated pages again
	$(BIN)/python docs/generate.py

pictures: $(SLOW)  ## Take the pictures of the documentation again (needs Chromium)
	$(BIN)/python docs/pictures.py
	$(BIN)/python docs/screens.py

bench: $(DEV)  ## Measure, as ratios taken in the same run
	$(BIN)/python -m benchmarks.startup
	$(BIN)/python -m benchmarks.store
	$(BIN)/python -m benchmarks.sending
	$(BIN)/python -m benchmarks.audiences
	$(BIN)/python -m benchmarks.collect
	$(BIN)/python -m benchmarks.archive
	$(BIN)/python -m benchmarks.relevance
	$(BIN)/python -m benchmarks.mail
	$(BIN)/python -m benchmarks.triage
	$(BIN)/python -m benchmarks.reader
	$(BIN)/python -m benchmarks.curators

wheel: $(DEV)  ## Build the wheel into dist/
	$(BIN)/python -m hatchling build -t wheel

clean:  ## Remove what was made
	rm -rf $(VENV) dist demo .coverage* .mypy_cache .ruff_cache .import_linter_cache .hypothesis
