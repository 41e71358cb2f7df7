# Everything a developer or an agency's administrator calls. `make help` lists it.

VENV := .venv/bin
FLASK := $(VENV)/flask --app app
ARGS ?=

# Compiled modules lie in .venv: commands start in a third of the time, source folders stay clean.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX ?= $(CURDIR)/.venv/pycache

.DEFAULT_GOAL := help
.PHONY: help setup setup-run run demo test lint check bench lock format messages migration rooms clean

help: ## This list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## All that running, testing and developing need (.venv, system libraries)
	@tools/setup.sh test

setup-run:
	@tools/setup.sh run

# Keys are made at the first start, and pages say that this is a demonstration.
run demo: export LTC_ENV ?= demo

run: demo ## Set up, build the demonstration, and serve it
	@$(FLASK) serve $(ARGS)

demo: setup-run ## All of `make run` but serving: build the demonstration and check it
	@$(FLASK) demo

test: setup ## All tests, on SQLite and PostgreSQL (ARGS="-k payouts" to choose)
	@$(VENV)/pytest -q -n auto $(ARGS)

lint: setup ## Format, lint, types and floors
	@$(VENV)/ruff format --check --quiet . || { $(VENV)/ruff format --check .; exit 1; }
	@$(VENV)/ruff check --quiet .
	@$(VENV)/mypy --no-error-summary
	@$(VENV)/lint-imports --no-logo

check: lint test ## Everything that must hold before a change lands

bench: setup ## Measure: a fixed seed, a table with ratios (not part of the tests)
	@$(VENV)/python -m bench $(ARGS)

lock: ## Write requirements*.txt anew from requirements*.in (ARGS="--upgrade" for newer versions)
	@tools/lock.sh $(ARGS)

format: setup ## Put the code into its form
	@$(VENV)/ruff format --quiet .
	@$(VENV)/ruff check --quiet --fix .

messages: setup ## Collect the words to translate, update the catalogues, compile them
	@tools/messages.sh

migration: setup ## Write a migration from the tables of the code: make migration m="add visits"
	@test -n "$(m)" || { echo 'migration: say what it does: make migration m="add visits"'; exit 2; }
	@$(VENV)/python -m tools.migration "$(m)"

rooms: setup ## Bring the table of rooms in docs/house.md up to date
	@$(VENV)/python -m tools.rooms

clean: ## Take away what tools have made (.venv stays)
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
