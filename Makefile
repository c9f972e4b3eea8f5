# The developer's commands are CI's commands.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: search benchmark test check format bench clean

search: .venv/installed
	$(BIN)/python -m harness.search searches/quickstart.yaml

benchmark: .venv/installed
	$(BIN)/python -m harness.benchmark searches/suites/quick.yaml

test: .venv/installed
	$(BIN)/python -m pytest -n 2

check: .venv/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: .venv/installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/installed
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv build *.egg-info

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@
