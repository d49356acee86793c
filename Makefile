# `make` lists the targets. Every target installs what it needs: uv into .tools/ when it is not
# on the PATH, then everything else from uv.lock.
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
	@python3 -m venv .tools/uv 2>/dev/null || { echo "larder: python3 with the venv module is needed to install uv (Debian: apt-get install python3-venv), or install uv yourself: https://docs.astral.sh/uv/"; exit 1; }
	@.tools/uv/bin/pip install --quiet uv==$(UV_VERSION)

.PHONY: setup
setup: $(UV) ## install Python packages from uv.lock into .venv
	@$(UV) sync --quiet --locked || { echo "larder: could not install the packages in uv.lock. Python 3.13 and a reachable PyPI are needed; 'uv python list 3.13' shows what uv can find."; exit 1; }
