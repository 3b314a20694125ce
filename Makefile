# Everything there is to do, in one place; CI calls the same. `make help` lists it.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
MODEL := models/dutch-topics
WILD ?=
ACCEPT ?=
export WILD

CODE := $(wildcard training/dutch_topics/*.py)
SEEDS := $(shell find seeds -name '*.tsv')

.DELETE_ON_ERROR:
.PHONY: help train data evaluate check test lint readme lock learning-curve experiments compare documents load bench sentences clean

help:  ## list what make can do
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 18

train: $(MODEL)/SHA256SUMS  ## environment, corpus, model and its evaluation, from nothing
	@echo 'up to date: $(MODEL); `make evaluate` measures it, `make clean train` starts over'

data: data/.built  ## build data/ from seeds/

evaluate: $(MODEL)/SHA256SUMS  ## measure the model on the test split, and on WILD=FILE by source
	$(BIN)/dutch-topics evaluate
	$(if $(WILD),$(BIN)/dutch-topics evaluate --data $(WILD) --by source,@echo 'real text left out: name a file of it with WILD=FILE')

check: data/.built  ## show what the corpus is made of, and what is wrong with it
	$(BIN)/dutch-topics data check

test: .venv/.dev  ## run the tests and the checks of the code
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pytest

lint: .venv/.dev  ## mend what ruff can mend
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

readme: .venv/.dev $(MODEL)/SHA256SUMS  ## run the README's examples and write down what they print
	$(BIN)/python tests/readme.py

lock: .venv/.dev  ## resolve the newest versions anew, with hashes
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command 'make lock' --upgrade pyproject.toml --group build --output-file requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command 'make lock' --constraints requirements.txt pyproject.toml --group build --group dev --output-file requirements-dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command 'make lock' --constraints requirements.txt --no-emit-package numpy --no-emit-package pybind11 --no-emit-package setuptools --group peers --output-file requirements-peers.txt

learning-curve: .venv/.dev data/.built  ## draw what each doubling of the corpus buys; WILD=FILE adds real text
	$(BIN)/python training/experiments/learning_curve.py $(if $(WILD),--wild $(WILD))

experiments: .venv/.peers data/.built  ## try other features and learners, into docs/experiments.md; WILD=FILE
	PYTHONPATH=.venv/peers $(BIN)/python training/experiments/candidates.py $(if $(WILD),--wild $(WILD))

compare: .venv/.peers $(MODEL)/SHA256SUMS  ## measure other classifiers beside this one, into docs/compare.md; WILD=FILE
	PYTHONPATH=.venv/peers $(BIN)/python training/experiments/compare.py $(if $(WILD),--wild $(WILD))

documents: .venv/.dev data/.built  ## measure how sentences make up an article's topics, into docs/documents.md
	$(BIN)/python training/experiments/documents.py

load: .venv/.dev $(MODEL)/SHA256SUMS  ## measure how much the service bears, with wrk, into docs/serving.md
	$(BIN)/python training/experiments/load.py

bench: .venv/.peers $(MODEL)/SHA256SUMS  ## measure how fast it is beside others, into docs/benchmark.md
	PYTHONPATH=.venv/peers $(BIN)/python training/experiments/bench.py

sentences: .venv/.peers  ## measure the splitter of sentences beside others, into docs/sentences.md
	PYTHONPATH=.venv/peers $(BIN)/python training/experiments/sentences.py

clean:  ## remove the environment, the model and all that is made by running
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache models/dutch-topics data/.built training/*.egg-info training/dutch_topics/*.so build
	find training tests -name __pycache__ -prune -exec rm -rf {} +

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with PYTHON=")'
	$(PYTHON) -m venv .venv

.venv/.run: .venv/bin/python requirements.txt pyproject.toml training/dutch_topics/kernel.c
	$(PIP) install --require-hashes --requirement requirements.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: .venv/.run requirements-dev.txt
	$(PIP) install --require-hashes --requirement requirements-dev.txt
	@touch $@

.venv/.peers: .venv/.dev requirements-peers.txt
	$(PIP) install --require-hashes --no-deps --upgrade --target .venv/peers --requirement requirements-peers.txt
	@touch $@

data/.built: .venv/.run $(SEEDS) $(CODE)
	$(BIN)/dutch-topics data build
	@touch $@

$(MODEL)/SHA256SUMS: .venv/.run data/.built $(CODE)
	$(BIN)/dutch-topics train $(if $(ACCEPT),--accept)
