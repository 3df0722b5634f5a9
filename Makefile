# Everything that a user or a developer does, by name. `make` alone lists it.
.DEFAULT_GOAL := help
.ONESHELL:
SHELL := /bin/sh
.SHELLFLAGS := -ec

VENV := .venv
PYTHON := $(VENV)/bin/python
PIP := $(PYTHON) -m pip install --quiet --disable-pip-version-check

.PHONY: help up test images secrets test-containers test-timescale bench soak dashboard screenshots check check-dashboard audit breaking lint types generate format lock dist sbom notes clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

# The stamps make a second start quick: pip runs only after a lock file or the project's definition changed.
$(VENV)/.installed: requirements.lock pyproject.toml
	@found=; for candidate in python3.14 python3.13 python3.12 python3.11 python3; do
	  if command -v $$candidate >/dev/null && $$candidate -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
	    found=$$candidate; break
	  fi
	done
	if [ -z "$$found" ]; then
	  echo "montrg needs Python 3.11 or newer with its venv module (on Debian and Ubuntu: apt install python3-venv)" >&2
	  exit 1
	fi
	# One that was interrupted while it was made has no pip.
	$(PYTHON) -m pip --version >/dev/null 2>&1 || { echo "making $(VENV) with $$($$found --version)"; $$found -m venv --clear $(VENV); }
	echo "installing the pinned packages"
	$(PIP) --requirement requirements.lock
	$(PIP) --no-deps --editable .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	@echo "installing what only development needs"
	$(PIP) --requirement requirements-dev.lock
	touch $@

up: $(VENV)/.installed ## Install and run everything on this machine, with real readings; PROFILE=secure with TLS; Ctrl-C stops it
	@exec env MONTRG_PROFILE="$(if $(filter command,$(origin PROFILE)),$(PROFILE),$$MONTRG_PROFILE)" $(PYTHON) -m services.cli up

CHECKOV := $(VENV)/checkov

# In surroundings of its own: what it pins does not go with what the project pins.
$(CHECKOV)/.installed: tests/deploy/checkov.lock $(VENV)/.installed-dev
	@echo "installing what looks for weak spots in the manifests"
	$(VENV)/bin/uv venv --quiet --clear --python $(PYTHON) $(CHECKOV)
	$(VENV)/bin/uv pip install --quiet --python $(CHECKOV)/bin/python --requirement tests/deploy/checkov.lock
	touch $@

SSLYZE := $(VENV)/sslyze

# For the same reason: it wants an older cryptography.
$(SSLYZE)/.installed: tests/certs/sslyze.lock $(VENV)/.installed-dev
	@echo "installing what looks for weak spots in TLS"
	$(VENV)/bin/uv venv --quiet --clear --python $(PYTHON) $(SSLYZE)
	$(VENV)/bin/uv pip install --quiet --python $(SSLYZE)/bin/python --requirement tests/certs/sslyze.lock
	touch $@

# Most tests wait, for a process to start or a second to pass, so that even two cores have time for three at once.
# A file stays with one worker, which has a PostgreSQL of its own; the order is that of the folders, the longest first.
PARALLEL := --numprocesses=3 --dist=loadfile --no-loadscope-reorder

test: $(VENV)/.installed-dev $(CHECKOV)/.installed $(SSLYZE)/.installed ## Run every test, three at once; ARGS are pytest's, such as ARGS="-n 0 tests/heat"
	@$(PYTHON) -m pytest $(PARALLEL) $(ARGS)

images: $(VENV)/.installed ## Build the container images; ENGINE, TAG, ARGS and IMAGES (names of some) change how
	@ENGINE="$(ENGINE)" TAG="$(TAG)" ARGS="$(ARGS)" $(PYTHON) -m services.images $(IMAGES)

secrets: $(VENV)/.installed ## Make the passwords that compose.yaml takes from files, those that are missing
	@$(PYTHON) -m services.images.passwords

test-containers: $(VENV)/.installed-dev ## Build images with podman and run a pod of them
	@code=0; tests/e2e/containers.sh || code=$$?
	if [ $$code -eq 77 ]; then echo "skipped: the containers, since podman does not work here"; else exit $$code; fi

TIMESCALE := $(VENV)/timescale

$(TIMESCALE)/.installed: $(wildcard tests/timescale/*.json) tests/timescale/.npmrc tests/timescale/serve.mjs
	@mkdir -p $(TIMESCALE)
	cp tests/timescale/*.json tests/timescale/.npmrc tests/timescale/serve.mjs $(TIMESCALE)
	cd $(TIMESCALE) && npm ci --ignore-scripts --silent
	touch .installed

test-timescale: $(VENV)/.installed-dev ## Run the migrations on TimescaleDB in WebAssembly, and what MONTRG_TEST_TIMESCALE_URL allows
	@if command -v node >/dev/null && command -v npm >/dev/null; then
	  $(MAKE) --no-print-directory $(TIMESCALE)/.installed
	  MONTRG_TEST_TIMESCALE_FOLDER=$(TIMESCALE) $(PYTHON) -m pytest tests/timescale/check_wasm.py
	else
	  echo "skipped: the migrations on TimescaleDB in WebAssembly, since there is no Node (version 20 or newer, with npm)"
	fi
	if [ -n "$${MONTRG_TEST_TIMESCALE_URL:-}" ]; then
	  MONTRG_TEST_DATABASE_URL="$$MONTRG_TEST_TIMESCALE_URL" $(PYTHON) -m pytest tests/timescale/check_full.py tests/realtime tests/aggregation
	else
	  echo "skipped: the tests of realtime and aggregation on a full TimescaleDB, since MONTRG_TEST_TIMESCALE_URL names none"
	fi

bench: $(VENV)/.installed-dev ## Measure speed, as ratios to limits measured beside it
	@$(PYTHON) tests/bench/run.py

soak: $(VENV)/.installed-dev ## Kill, restart, send nonsense, and watch a page, for two hours; SEED repeats it, KILLS is its length
	@seed=$(or $(SEED),$$(date +%s)); echo "SEED=$$seed"
	MONTRG_SOAK_SEED=$$seed MONTRG_SOAK_KILLS=$(or $(KILLS),100) MONTRG_FUZZ_S=$(or $(FUZZ_S),100) \
	MONTRG_SOAK_MINUTES=$(or $(MINUTES),30) \
	  $(PYTHON) -m pytest -rA tests/e2e/test_up.py tests/e2e/test_secure_up.py tests/e2e/test_rolling_restart.py tests/chaos tests/monitoring/test_live.py \
	    tests/e2e/test_fuzz.py tests/dashboard/check_memory.py

DASHBOARD := services/dashboard

$(DASHBOARD)/node_modules/.installed: $(DASHBOARD)/package-lock.json $(DASHBOARD)/package.json $(DASHBOARD)/.npmrc
	@echo "installing what builds the dashboard"
	cd $(DASHBOARD) && npm ci --ignore-scripts --silent
	touch node_modules/.installed

dashboard: $(VENV)/.installed-dev $(DASHBOARD)/node_modules/.installed ## Generate the dashboard's clients and build it; takes Node 20.19 or newer
	@cd $(DASHBOARD)
	$(CURDIR)/$(VENV)/bin/buf generate ../../protos --template buf.gen.yaml --clean
	npm run --silent build
	$(CURDIR)/$(PYTHON) -m services.mesh

screenshots: $(VENV)/.installed-dev ## Take the pictures of the documents anew; takes Chromium and a font that has Korean
	@$(PYTHON) -m tests.dashboard.screenshots

# The built pages are committed, so that nobody needs Node to run them; whoever changes them does.
check-dashboard: $(VENV)/.installed-dev $(DASHBOARD)/node_modules/.installed
	@cd $(DASHBOARD)
	npm run --silent check
	npm run --silent test
	fresh=$$(mktemp -d); trap 'rm -rf "$$fresh"' EXIT
	$(CURDIR)/$(VENV)/bin/buf generate ../../protos --template buf.gen.yaml --output "$$fresh"
	npm run --silent build -- --logLevel warn --emptyOutDir --outDir "$$fresh/dist"
	diff --recursive src/gen "$$fresh/src/gen" && diff --recursive dist "$$fresh/dist" || \
	  { echo "$(DASHBOARD) is out of date: make dashboard" >&2; exit 1; }

check: lint types ## Lint, types, layers, contracts, drift of what is generated, and secrets in files
	@$(VENV)/bin/lint-imports --no-cache
	$(VENV)/bin/buf lint
	$(VENV)/bin/buf format --diff --exit-code --exclude-path protos/google
	fresh=$$(mktemp -d); trap 'rm -rf "$$fresh"' EXIT
	$(PYTHON) -m services.codegen "$$fresh"
	diff --recursive --exclude=__pycache__ gen "$$fresh" || { echo "gen/ is out of date: make generate" >&2; exit 1; }
	$(PYTHON) -m services.manifests --check
	$(PYTHON) -m services.dashboards --check
	$(PYTHON) -m pytest --quiet --no-header tests/check_secrets.py
	if command -v node >/dev/null && command -v npm >/dev/null; then
	  $(MAKE) --no-print-directory check-dashboard
	else
	  echo "skipped: the dashboard's sources, since there is no Node (version 20.19 or newer, with npm)"
	fi

audit: $(VENV)/.installed-dev ## Look for known weaknesses of the pinned packages
	@$(VENV)/bin/uv tool run --quiet --from pip-audit==2.10.1 pip-audit --strict --no-deps --disable-pip --progress-spinner off \
	  --requirement requirements-dev.lock

breaking: $(VENV)/.installed-dev ## Check that the contracts of BASE (default: branch main) still work
	@$(VENV)/bin/buf breaking --against ".git#$(or $(BASE),branch=main)"

lint: $(VENV)/.installed-dev ## Check style
	@$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check

types: $(VENV)/.installed-dev ## Check types
	@$(VENV)/bin/mypy

generate: $(VENV)/.installed-dev ## Generate gen/ and the rendered configuration from the contracts
	@$(PYTHON) -m services.codegen
	$(PYTHON) -m services.mesh
	$(PYTHON) -m services.manifests
	$(PYTHON) -m services.dashboards

format: $(VENV)/.installed-dev ## Format Python and protos
	@$(VENV)/bin/ruff check --fix-only --quiet
	$(VENV)/bin/ruff format
	$(VENV)/bin/buf format --write --exclude-path protos/google

# No more options than these: Renovate repeats the command that the head of each file tells, and knows only some.
COMPILE := $(VENV)/bin/uv pip compile --quiet --upgrade --universal

lock: $(VENV)/.installed-dev ## Pin the newest allowed version of every package
	@$(COMPILE) --output-file=requirements.lock pyproject.toml
	$(COMPILE) --extra=dev --constraint=requirements.lock --output-file=requirements-dev.lock pyproject.toml
	$(COMPILE) --python-version=3.11 --output-file=tests/deploy/checkov.lock tests/deploy/checkov.in
	$(COMPILE) --python-version=3.11 --output-file=tests/certs/sslyze.lock tests/certs/sslyze.in

dist: $(VENV)/.installed-dev ## Build the wheel and the source distribution
	@$(VENV)/bin/uv build --quiet --out-dir dist

# A tool of its own surroundings: it needs more packages than all else of development.
sbom: $(VENV)/.installed-dev ## List the pinned packages as CycloneDX, in dist/
	@mkdir -p dist
	$(VENV)/bin/uv tool run --quiet --from cyclonedx-bom==7.5.0 cyclonedx-py requirements --pyproject pyproject.toml \
	  --output-reproducible --output-file dist/montrg.cdx.json requirements.lock

notes: ## Print what the changelog says of VERSION
	@awk -v version='[$(VERSION)]' \
	  '/^## /{on = $$2 == version} on && !/^## /{print; said = said || /[^ ]/} END{exit !said}' CHANGELOG.md || \
	  { echo "CHANGELOG.md says nothing of $(VERSION): a version begins with \"## [$(VERSION)] - YYYY-MM-DD\"" >&2; exit 1; }

clean: ## Remove the virtual environment and caches; data stay
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
