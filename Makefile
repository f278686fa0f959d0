# Every target works on a fresh machine: what it needs, it installs first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
DEV_INSTALLED := $(VENV)/.installed-dev
STANDINS_INSTALLED := tests/standins/node_modules/.installed

.PHONY: run test lint bench chaos clean

run: $(INSTALLED)
	@$(BIN)/vigilbot run

test: lint $(STANDINS_INSTALLED)
	HF_HUB_OFFLINE=1 $(BIN)/python -m pytest -q

lint: $(DEV_INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(DEV_INSTALLED)
	HF_HUB_OFFLINE=1 $(BIN)/python -m benchmarks

chaos: $(DEV_INSTALLED) $(STANDINS_INSTALLED)
	HF_HUB_OFFLINE=1 $(BIN)/python -m benchmarks chaos

clean:
	rm -rf $(VENV) tests/standins/node_modules

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# torch goes first and alone: with it in place, nothing later asks pip for a CUDA build.
$(INSTALLED): $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt torch
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	$(BIN)/python -m vigilbot.embedding.export
	@touch $@

$(DEV_INSTALLED): $(INSTALLED)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $@

$(STANDINS_INSTALLED): tests/standins/package.json tests/standins/install.sh
	bash tests/standins/install.sh
	@touch $@
