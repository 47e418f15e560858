VENV := .venv
PY := $(VENV)/bin/python
UV := $(VENV)/bin/uv pip install --quiet --python $(PY) --no-deps

.PHONY: setup demo test check format docs bench

setup: $(VENV)/.ready

$(VENV)/.ready: requirements.lock requirements-installer.lock pyproject.toml
	python3 -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-installer.lock
	$(UV) --require-hashes -r requirements.lock
	$(UV) --no-build-isolation --editable .
	touch $@

demo: setup
	$(PY) -m ordertrail demo

test: setup
	$(PY) -m pytest

format: setup
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

docs: setup
	$(PY) -m ordertrail lifecycles --markdown > docs/lifecycles.md
	$(PY) -m ordertrail.description

check: setup
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(PY) -m ordertrail lifecycles --markdown | diff docs/lifecycles.md - || (echo "docs/lifecycles.md is out of date: run make docs"; exit 1)
	$(PY) -m ordertrail.description --check
	$(PY) -m pytest

bench: setup
	$(PY) -m bench
