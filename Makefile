# Two commands for a newcomer: `make serve` and `make test`. Everything else is for developers.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# A lock names every package, so nothing is left to resolve; older pips resolve extras past the locked version.
INSTALL_LOCKED := $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r
UV_COMPILE := uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header pyproject.toml

.PHONY: serve test demo lint types docs lock clean

serve: $(VENV)/.serve
	$(BIN)/yumen serve --root examples

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto tests

demo: $(VENV)/.serve
	$(BIN)/python examples/demo.py

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

docs: $(VENV)/.dev
	$(BIN)/python -m mcp_server.reference docs

# Re-resolve the exact, hash-checked dependency lists. Needs `uv`.
lock:
	$(UV_COMPILE) -o requirements/yumen.txt
	$(UV_COMPILE) --all-extras --group dev -o requirements/dev.txt
	$(subst pyproject.toml,requirements/conformance.in,$(UV_COMPILE)) -o requirements/conformance.txt

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("Yumen needs Python 3.11 or newer; set PYTHON=/path/to/python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.serve: requirements/yumen.txt pyproject.toml | $(BIN)/python
	test -e $(VENV)/.dev || $(INSTALL_LOCKED) requirements/yumen.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(BIN)/python
	$(INSTALL_LOCKED) requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@ $(VENV)/.serve

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache
