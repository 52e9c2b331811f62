# Two commands: `make run` and `make test`. Whatever they need is installed into .venv first, and only when the locked sets change.

PYTHON ?= python3
# Debian splits the parts of Python: without python3-venv a venv has no pip of its own, and the machine's pip serves it.
PIP = $$([ -x .venv/bin/pip ] && echo .venv/bin/python -m pip || echo $(PYTHON) -m pip --python .venv/bin/python)
INSTALL = @echo 'Installing into .venv …' && $(PIP) install --quiet --disable-pip-version-check --require-hashes -r
LOCK = .venv/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock"

.DEFAULT_GOAL := help
PYTEST = .venv/bin/python -m pytest --numprocesses=auto --dist=worksteal

.PHONY: help install run test test-postgresql check format docs bench screenshots lock

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 20

install: .venv/installed ## what the application needs, into .venv

run: .venv/installed ## the application; options in ARGS="--port 8001"
	.venv/bin/python app.py serve $(ARGS)

test: .venv/installed-tests ## all tests, on SQLite; a part of them with ARGS="tests/house -x"
	@.venv/bin/python -m tests.prepare
	$(PYTEST) $(ARGS)

test-postgresql: .venv/installed-tests ## all tests that are about a database, on PostgreSQL; CASES=1: one case of each
	@.venv/bin/python -m tests.prepare
	TESTS_ON=postgresql TESTS_CASES=$(CASES) $(PYTEST) $(ARGS)

check: .venv/installed-tests ## format, lint, strict types, imports, templates; prints sizes
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo
	.venv/bin/djlint templates --lint --quiet
	@.venv/bin/python -m tests.house.measures

format: .venv/installed-tests ## puts the code in order, as far as a tool can
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

docs: .venv/installed-tests ## the table of settings in docs/operators
	.venv/bin/python -m tests.settings_page

bench: .venv/installed-tests ## the figures of docs/performance.md
	.venv/bin/python -m tests.bench $(ARGS)

screenshots: .venv/installed-tests ## the pictures in docs
	@.venv/bin/python -m tests.prepare
	.venv/bin/python -m tests.screenshots $(ARGS)

lock: .venv/installed-tests ## writes requirements*.txt anew; newer versions with ARGS=--upgrade
	$(LOCK) $(ARGS) -o requirements.txt
	$(LOCK) $(ARGS) --extra test -c requirements.txt -o requirements-test.txt

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Needs Python 3.11 or newer: make PYTHON=python3.12")'
	@$(PYTHON) -m venv .venv >/dev/null 2>&1 || $(PYTHON) -m venv --clear --without-pip .venv

.venv/installed: requirements.txt | .venv/bin/python
	@$(PIP) --version >/dev/null || { echo 'pip is missing. On Debian and Ubuntu: apt-get install python3-pip'; exit 1; }
	$(INSTALL) requirements.txt
	@touch $@

.venv/installed-tests: requirements-test.txt .venv/installed
	$(INSTALL) requirements-test.txt
	@touch $@
