# Everything a developer or a machine does here. Needs make and Python 3.11 or later, nothing else.
.DEFAULT_GOAL := help
.PHONY: help run demo stop test check prove mutants prove-long bench package deploy emulator clean

# The first Python that is new enough; `make PYTHON=…` overrides.
ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c '$(ENOUGH)' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
INSTALL := -m pip install --quiet --disable-pip-version-check
# A second core is worth having; more would each start an emulator of their own.
WORKERS ?= 2

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile
	@echo
	@echo "  Before a change lands: make check test prove (that is all CI does)."

run: $(BIN)/.stamp .emulator/.stamp ## the whole stack on this machine, with sample data; Ctrl-C ends it
	@$(BIN)/python -m infra.local.run

demo: $(BIN)/.stamp .emulator/.stamp ## a business moves in from CSV files, lives 45 days, and proves every cent
	$(BIN)/python -m infra.local.demo

stop: ## end what `make run` left running
	@test -x $(BIN)/python && $(BIN)/python -m infra.local.processes || echo "nothing to stop"

test: $(BIN)/.stamp .emulator/.stamp ## the whole test suite
	$(BIN)/python -m pytest -n $(WORKERS)

check: $(BIN)/.stamp ## what needs no running: lint, format, types, tidy, package, template
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_tidy.py
	$(BIN)/python -m infra.build
	$(BIN)/cfn-lint out/template.json

prove: $(BIN)/.stamp ## the long simulation: crashes, lost answers, duplicates, at every point
	$(BIN)/python -m tests.simulation.prove
	$(BIN)/python -m tests.simulation.soak
	PROVE=1 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal tests/simulation/test_restore.py tests/simulation/test_soak_restored.py \
	    tests/services/test_histories.py tests/services/test_desk_histories.py

prove-long: prove ## then 83,000 pairs of faults, and ten soaks: an hour in all
	$(BIN)/python -m tests.simulation.prove --core-seeds 0 --again-seeds 0 --seeds 20 --pairs 60
	$(BIN)/python -m tests.simulation.soak --seeds 10

mutants: $(BIN)/.stamp ## rules of money and access broken one by one; make mutants ARGS="money keys"
	$(BIN)/python -m tests.mutation.run $(ARGS)

bench: $(BIN)/.stamp .emulator/.stamp ## how fast, how big
	$(BIN)/python -m tests.bench

package: $(BIN)/.stamp ## out/: the zip and the template that are deployed
	$(BIN)/python -m infra.build

deploy: $(BIN)/.stamp ## to AWS, with your credentials: make deploy ARGS="--parameter MailSender=…"
	$(BIN)/python -m infra.deploy $(ARGS)

emulator: .emulator/.stamp ## AWS for this machine, in a venv of its own

clean: stop ## remove what was made here; venvs too
	rm -rf .venv .emulator out .run .tmp .state .hypothesis .mypy_cache .ruff_cache .pytest_cache

$(BIN)/.stamp: requirements.txt requirements-dev.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed, as python3 on the PATH"; exit 1; }
	@echo ".venv: what builds, tests and runs it, installed once …"
	@$(PYTHON) -m venv .venv || { echo "On Debian: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python $(INSTALL) 'pip<26.3'
	@$(BIN)/python $(INSTALL) --requirement requirements-dev.txt
	@touch $@

.emulator/.stamp: requirements-emulator.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed, as python3 on the PATH"; exit 1; }
	@echo ".emulator: AWS for this machine, installed once …"
	@$(PYTHON) -m venv .emulator || { echo "On Debian: apt-get install python3-venv"; exit 1; }
	@.emulator/bin/python $(INSTALL) --requirement requirements-emulator.txt
	@touch $@
