# Thin: each target calls the npm script of the same meaning. `make` alone shows what there is.
# FLAGS are passed on to `kubeling up`, e.g. make run FLAGS="--nodes 3".

.DEFAULT_GOAL := help
.PHONY: help dev run check test conformance generate verify build bench

# What follows `bench` are groups of figures, not targets.
ifeq (bench,$(firstword $(MAKECMDGOALS)))
groups := $(wordlist 2,$(words $(MAKECMDGOALS)),$(MAKECMDGOALS))
.PHONY: $(groups)
$(eval $(groups):;@:)
endif

# npm ci empties node_modules, so this file stands for a finished installation of exactly this lock file.
installed := node_modules/.installed

$(installed): package.json package-lock.json .npmrc
	npm ci
	@touch $@

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(installed) ## install what is needed and start a cluster
	@npm start --silent -- $(FLAGS)

dev: $(installed) ## start a cluster that restarts when a source file changes
	@npm run --silent dev -- $(FLAGS)

check: $(installed) ## format, lint with the layer table, types, unit tests
	@npm run --silent check

test: $(installed) ## all tests: unit tests and conformance
	@npm run --silent test

conformance: $(installed) ## real clients and recorded answers against a running cluster
	@npm run --silent conformance

generate: $(installed) ## make generated files again (needs recordings: see hack/generate.ts)
	@npm run --silent generate -- $(FLAGS)

verify: $(installed) ## make generated files elsewhere and compare them with the committed ones
	@npm run --silent verify -- $(FLAGS)

build: $(installed) ## make dist/, which is what gets published
	@npm run --silent build

bench: $(installed) ## measure; prints JSON and tables: make bench, make bench wire, make bench FLAGS=--help
	@npm run --silent bench -- $(groups) $(FLAGS)
