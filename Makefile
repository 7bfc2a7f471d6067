# `make demo` to try it, `make test` before a commit. Everything is made here: .venv (Python), webui/static/dist (front end), var (stores).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_DB := sqlite:///var/demo/guicheng.db
HOST ?= 127.0.0.1
PORT ?= 8000
# workers of pytest
JOBS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo test tests check lint bench soak pictures frontend clean system

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

# ---------------------------------------------------------------- what is needed

$(VENV)/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; this is $$($(PYTHON) -V)."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "Cannot make $(VENV). On Debian: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -e '.[dev]'
	@touch $@

frontend: $(VENV)/installed ## build what the browser loads (only if its sources changed)
	@$(BIN)/python -m webui.build_frontend

system: ## Chromium, PostgreSQL and a Chinese font from Debian, for the tests
	@sh tools/install_system_packages.sh

# ---------------------------------------------------------------- running

demo: frontend ## an example company on http://127.0.0.1:8000, filled at the first start
	@GUICHENG_FILES=var/demo/files $(BIN)/guicheng demo --serve --db $(DEMO_DB) --host $(HOST) --port $(PORT)

# ---------------------------------------------------------------- checking

check: lint ## ruff, mypy, import-linter, the procedures themselves
	$(BIN)/guicheng check bpmn/

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# the checks use the core that a test leaves idle while it waits for the browser; the procedures are checked by a test among the others
test: ## everything: checks, both databases, browser, short forms of the long tests
	@$(MAKE) --no-print-directory -j 2 system frontend
	@$(MAKE) --no-print-directory -j 2 lint tests

tests: $(VENV)/installed
	$(BIN)/pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

soak: system frontend ## the long forms of the property and crash tests
	$(BIN)/pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder -m soak

bench: $(VENV)/installed ## against a naive store, on SQLite and PostgreSQL; a table and a JSON file
	$(BIN)/guicheng bench

pictures: $(VENV)/installed ## draw diagrams/*.svg anew from the procedures
	$(BIN)/python -m engine.drawing

clean: ## everything that was made here
	rm -rf $(VENV) var build dist *.egg-info webui/static/dist webui/frontend/node_modules
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
