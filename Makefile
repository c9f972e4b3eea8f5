# The developer's commands are CI's commands.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: search benchmark test check format bench clean

search: .venv/installed
	$(BIN)/python -m harness.search searches/quickstart.yaml

benchmark: .venv/installed
	$(BIN)/python -m harness.benchmark searches/suites/quick.yaml

test: .venv/installed .venv/browser
	$(BIN)/python -m pytest -n 2

check: .venv/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python .ci/secret_scan.py
	$(BIN)/python .ci/audit.py

format: .venv/installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/installed
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv build *.egg-info

# The report and TensorBoard are tested in a browser: this machine's Chromium, else Playwright's own. Without either those tests
# are skipped, and say so.
.venv/browser: .venv/installed
	@command -v chromium || command -v chromium-browser || command -v google-chrome || $(BIN)/python -m playwright install chromium \
	  || echo "no Chromium here: the tests that need a browser will be skipped"
	touch $@

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@
