# What a developer runs; `make` alone lists the targets. Python's tools only, from the environment that ./run makes.
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup check format test journeys cover demo docs schemas lock ui bench wheel

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

setup: ## make the environment (once; ./run does it too)
	@./run version

check: setup ## format, lint, types, floors, house rules
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports
	@$(BIN)/python -m pytest tests/test_house_rules.py

format: setup ## format the code and mend what can be mended
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

test: ## the whole suite, as the README's command runs it
	@./run test

journeys: setup ## only the journeys: real sockets, real processes, a real browser
	@$(BIN)/python -m pytest tests/journeys

cover: setup ## branch coverage
	@$(BIN)/python -m pytest --cov=drivers --cov=wall_controller --cov=gateway --cov-branch --cov-report=term-missing:skip-covered

demo: ## the hall, working
	@./run demo

docs: setup ## write the generated pages again: schemas, reference, alarm states, SUPPORTED.md
	@$(BIN)/python -m tests.tools.generate

schemas: docs ## the same as docs

lock: setup ## resolve requirements.lock again from pyproject.toml (needs uv)
	@uv pip compile -q --universal --python-version 3.11 --generate-hashes --all-extras --no-strip-extras --no-header --only-binary :all: pyproject.toml -o requirements.lock

ui: ## check the types of the screens' JavaScript (needs node)
	@cd tools/vendor && npm install --silent && npm run --silent types

bench: setup ## the benchmark: ingest, and alarm to wall
	@$(BIN)/python -m bench

wheel: setup ## build the wheel into dist/
	@$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation -w dist .
