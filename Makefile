# Every target sets up what it needs first; a second call finds it done.
#
#   make run              execute the six notebooks into build/ and compare what was measured with the targets
#   make test             all tests: the package, the notebooks' contract, every notebook
#   make elsewhere        every notebook with other seeds and plainer instructions: a stand-in for other machines
#   make claims           measure what the pages say, with other seeds and instructions (maintainers; real MNIST)
#   make lab              open JupyterLab on the course
#   make setup            only install what the others need
#   make notebooks        re-execute the committed notebooks in place (maintainers; real MNIST)
#   make experiments      train all the networks that the extensions compare, again (over an hour; real MNIST)
#   make figures          redraw figures/ (maintainers; real MNIST)
#   make student          copies of the notebooks without solutions, into build/student/
#   make instructor       copies with solutions and teaching notes open, into build/instructor/
#   make site             the course as a web site, in build/site/
#   make slides           a deck of slides for each step, in build/slides/
#   make app              draw digits in the browser, and watch a model read them
#   make app-model        train the app's models again (maintainers; real MNIST)
#   make app-figure       photograph the app for figures/ (maintainers; needs Chromium)
#   make lint             style, types and spelling; and whether the workflows are safe
#   make lowest           the tests without the notebooks, on the lowest versions that pyproject.toml admits
#   make bench            time the training loop beside others, how its cost grows, and the app in a browser
#
#   TORCH=auto            the build of torch for this machine: without a GPU a small one; cpu and cu128 name one
#   TORCH=                PyPI's build of torch
#   EXTRAS=dev,frameworks install TensorFlow, Keras and JAX, too, to compare them in framework_comparison

# An active environment is used if it can hold the package; conda's base and old Pythons cannot.
ACTIVE := $(or $(VIRTUAL_ENV),$(if $(filter-out base,$(CONDA_DEFAULT_ENV)),$(CONDA_PREFIX)))
usable = test -w "$(1)" && "$(1)/bin/python" -c "import sys; sys.exit(sys.version_info < (3, 11))"
ENV := $(if $(ACTIVE),$(shell $(call usable,$(ACTIVE)) && echo "$(ACTIVE)"))
# Relative where it can be: make cannot tell a space in a path from the end of it.
ENV := $(subst $(CURDIR)/,,$(or $(ENV),$(CURDIR)/.venv))
ifneq ($(filter /%,$(firstword $(ENV))),)
ODD := $(shell printf %s "$$VIRTUAL_ENV$$CONDA_PREFIX" | LC_ALL=C tr -d 'A-Za-z0-9._/+@=~,\200-\377-' | wc -c)
$(if $(filter-out 0,$(ODD)),$(error The path of the active environment has a space or another character that make cannot handle. Deactivate it, and make sets one up here))
endif
PYTHON ?= python3
BIN := $(ENV)/bin
ifneq ($(filter site,$(MAKECMDGOALS)),)
EXTRAS = dev,site
endif
EXTRAS ?= dev
TORCH ?= auto
STAMP := $(ENV)/.mnist-helpers-ready$(patsubst dev%,%,$(EXTRAS))

# Two at a time: a notebook's kernel takes up to 2 GB. loadscope keeps the cells of a notebook together.
WORKERS ?= 2
# One thread each: threads of trainings side by side would wait for each other. JAX compiles faster without optimising, and what it compiles here runs only briefly.
PYTEST = OMP_NUM_THREADS=1 JAX_DISABLE_MOST_OPTIMIZATIONS=1 $(BIN)/python -m pytest --nbval-lax --nbval-current-env --nbval-cell-timeout=600 -n $(WORKERS) --dist loadscope

# In a conda environment conda's versions stay, as long as they lie in pyproject.toml's ranges.
CONSTRAINTS := $(if $(wildcard $(ENV)/conda-meta),,--constraint constraints.txt)

# uv takes a fraction of pip's time, but does not read pip's settings, such as a company's own index.
REQUIRED = $(CONSTRAINTS) --editable ".[$(EXTRAS)]"
UV = $(BIN)/python -m uv pip install --python $(BIN)/python
BACKEND = $(if $(TORCH),--torch-backend $(TORCH))
REASK = --reinstall-package torch # where torch is there already, nobody would ask whether its index answers

# Left behind by other programs, it would keep notebooks from showing their figures.
unexport MPLBACKEND

.PHONY: run test elsewhere claims lab setup notebooks experiments figures student instructor site slides app app-model app-figure lint lowest bench clean
.DEFAULT_GOAL := run

run: $(STAMP)
	$(BIN)/mnist-helpers run

test: $(STAMP)
	$(PYTEST)

elsewhere: $(STAMP)
	$(BIN)/mnist-helpers copies reseeded --seed 11
	ATEN_CPU_CAPABILITY=default MNIST_BUDGET=short $(PYTEST) build/reseeded

claims: $(STAMP)
	$(BIN)/mnist-helpers claims

lab: $(STAMP)
	$(BIN)/mnist-helpers lab

setup: $(STAMP)

notebooks: $(STAMP)
	$(BIN)/mnist-helpers notebooks

experiments: $(STAMP)
	$(BIN)/mnist-helpers experiments

figures: $(STAMP)
	$(BIN)/mnist-helpers figures

student instructor: $(STAMP)
	$(BIN)/mnist-helpers copies $@

slides: $(STAMP)
	$(BIN)/mnist-helpers $@

site: $(STAMP)
	$(BIN)/mnist-helpers $@ $(if $(REPOSITORY),--repository $(REPOSITORY))

app app-model: $(STAMP)
	$(BIN)/mnist-helpers $@

app-figure: $(STAMP)
	$(BIN)/python tests/benchmarks/bench_app.py --screenshot figures/app.png

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --strict --no-warn-return-any mnist_helpers/*.py
	$(BIN)/codespell
	$(BIN)/zizmor --offline --quiet .github

lowest: $(STAMP)
	$(BIN)/python -m uv venv --quiet --clear --python $(BIN)/python build/lowest
	$(BIN)/python -m uv pip install --python build/lowest/bin/python --resolution lowest-direct --editable ".[dev]"
	OMP_NUM_THREADS=1 build/lowest/bin/python -m pytest -n 2 tests

bench: $(STAMP)
	$(BIN)/python tests/benchmarks/bench_training.py
	$(BIN)/python tests/benchmarks/bench_costs.py
	$(BIN)/python tests/benchmarks/bench_app.py

clean:
	rm -rf build

$(STAMP): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Setting up $(ENV): this takes about a minute, once."
	-$(BIN)/python -m pip install --quiet uv
	@backend=$$(UV_HTTP_RETRIES=1 $(UV) --quiet --dry-run --no-deps $(REASK) $(BACKEND) $(CONSTRAINTS) torch 2> /dev/null \
	    && echo "$(BACKEND)") \
	  || echo "PyTorch's own index gives no torch for this machine: taking PyPI's, on Linux with GPU support and 4 GB more."; \
	$(UV) $$backend $(REQUIRED) || $(BIN)/python -m pip install $(REQUIRED)
	@touch $@

$(BIN)/python:
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or newer is needed; this is ' + sys.version.split()[0] + '. Name another one: make PYTHON=python3.12')"
	$(PYTHON) -m venv "$(ENV)"
