# Each target prepares the environment that it needs: .venv, renewed when the requirements change.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export LOG_LEVEL ?= WARNING

.PHONY: help demo demo-data run test lint bench fuzz

help:
	@echo "make demo    load the demonstration, print the founding comparison, serve site, worker and beat (PORT=8000)"
	@echo "make run     the same without the demonstration's data"
	@echo "make test    the test suite, browser tests included"
	@echo "make lint    ruff, mypy, migrations, deployment checks"
	@echo "make bench   the benchmarks: ratios against peers, in one run"
	@echo "make fuzz    a minute of coverage-guided fuzzing over every extractor (SECONDS=60)"

# SERVE=0 loads the data and stops there.
demo: demo-data
ifneq ($(SERVE),0)
	@$(BIN)/python -m config.serve
endif

demo-data: prepared
	@$(MANAGE) demo
	@$(BIN)/python -m config.first_login

run: prepared
	@$(BIN)/python -m config.first_login
	@$(BIN)/python -m config.serve

.PHONY: prepared
prepared: .venv/ready
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) collectstatic --no-input --verbosity 0

test: .venv/ready-for-tests
	@CHROMIUM="$$(.ci/browser)" $(BIN)/python -m pytest -n 2 --dist loadfile

lint: .venv/ready-for-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(MANAGE) makemigrations --check --dry-run
	env -u DATABASE_URL -u CELERY_BROKER_URL DEBUG=0 SITE_URLS=https://lists.example.org \
		ALLOWED_HOSTS=lists.example.org SECRET_KEY="$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(60))')" \
		$(MANAGE) check --deploy --fail-level WARNING

bench: .venv/ready-for-tests
	@$(BIN)/python -m bench

SECONDS ?= 60
fuzz: .venv/ready-for-tests
	@$(BIN)/python -m tests.extractors.fuzz -max_total_time=$(SECONDS) -timeout=10 -rss_limit_mb=3000

.venv/bin/pip:
	@test -n "$(PYTHON)" || { echo "No Python was found. Install it: apt-get install -y python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(PYTHON) is older than Python 3.11. Install a newer one, and name it: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
		echo "Python cannot make virtual environments here. Install what is missing: apt-get install -y python3-venv"; exit 1; }
	@echo "Making the environment in .venv …"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

.venv/ready: requirements.txt | .venv/bin/pip
	@echo "Installing what the product needs …"
	@$(BIN)/pip install --quiet -r requirements.txt
	@touch $@

.venv/ready-for-tests: requirements.txt requirements-dev.txt | .venv/bin/pip
	@echo "Installing what the product and its tests need …"
	@$(BIN)/pip install --quiet -r requirements-dev.txt
	@touch .venv/ready $@
