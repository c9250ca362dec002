# Every target with a "##" is listed by `make help`.
SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

GOLANGCI_VERSION := 2.15.0
GOLANGCI := bin/golangci-lint

# Which packages and tests, as in `make test PKG=./dialer RUN=TestSettle`.
PKG ?= ./...
RUN ?=
FUZZTIME ?= 10s
BENCH ?= .

# What runs a command beside the databases that tests need.
WITH_DATABASES := go run ./internal/testdb/cluster --

# SQLite is C translated to Go: watching it for races makes it many times slower
# and can find nothing of ours. The driver around it stays watched.
RACE := -race -gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/libc=-race=false

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: ## serve on http://127.0.0.1:8080 from this source
	go run .

.PHONY: build
build: ## compile the one static binary, ./outdial
	go build ./...
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o outdial .

.PHONY: test
test: ## run the tests with the race detector; starts, and installs, the databases they need
	$(WITH_DATABASES) go test $(RACE) -shuffle=on -timeout=15m $(if $(RUN),-run '$(RUN)') $(PKG)
	$(if $(RUN),,go test -tags=faults -run=TestPlanted ./dialer # that the random runs find planted defects)

.PHONY: check
check: fmt-check lint verify-generated studio-check playground-check build test ## everything CI checks

.PHONY: generate
generate: ## write generated code anew from its sources
	go generate ./...

.PHONY: migration
migration: ## write the migration called NAME from what changed in ent/schema
	@test -n "$(NAME)" || { echo 'say what it does: make migration NAME=add_contact_language' >&2; exit 2; }
	$(WITH_DATABASES) go run ./store/migrationdiff $(NAME)

.PHONY: verify-generated
verify-generated: ## fail when generated code, migrations or go.mod are not what their source makes
	.ci/unchanged make generate
	.ci/unchanged make migration NAME=unnamed
	go mod tidy -diff

.PHONY: fmt
fmt: $(GOLANGCI) ## lay out the source
	$(GOLANGCI) fmt

.PHONY: fmt-check
fmt-check: $(GOLANGCI)
	$(GOLANGCI) fmt --diff

.PHONY: lint
lint: $(GOLANGCI) ## run the linters of .golangci.yml
	$(GOLANGCI) run --allow-serial-runners

.PHONY: fuzz
fuzz: ## try every fuzz target for FUZZTIME (10s)
	@grep --recursive --include='*_test.go' --only-matching 'func Fuzz[A-Za-z0-9_]*' . | \
	while IFS=: read -r file target; do \
		echo "$$(dirname "$$file") $${target#func }"; \
		go test -run='^$$' -fuzz="^$${target#func }$$" -fuzztime=$(FUZZTIME) "$$(dirname "$$file")"; \
	done

.PHONY: bench
bench: ## measure everything against its baseline, an hour or so; ROWS=1,3 for some, BENCH_JSON=FILE for figures
	go run ./bench $(if $(ROWS),-only $(ROWS)) $(if $(BENCH_JSON),-json $(BENCH_JSON))

.PHONY: bench-quick
bench-quick: ## the same in small, some minutes
	go run ./bench -quick $(if $(ROWS),-only $(ROWS)) $(if $(BENCH_JSON),-json $(BENCH_JSON))

.PHONY: bench-parts
bench-parts: ## run the benchmarks of Go's testing package that BENCH (all) fits
	$(WITH_DATABASES) go test -run='^$$' -bench='$(BENCH)' -benchmem $(PKG)

# How long chaos lasts: which databases, and what else `go run ./chaos/cmd -help` names.
CHAOS_ON ?= postgres mysql sqlite
CHAOS ?= -batches 100 -kills 200
ROUNDS ?= 20

.PHONY: chaos
chaos: ## break everything at length: CHAOS='-kills 200 -seed 7' on each of CHAOS_ON, each crash point ROUNDS (20) times
	for database in $(CHAOS_ON); do go run ./chaos/cmd -database $$database -race $(CHAOS); done
	CHAOS_RACE=yes CHAOS_ROUNDS=$(ROUNDS) $(WITH_DATABASES) go test $(RACE) -count=1 -timeout=3h ./chaos

.PHONY: playground
playground: ## build the GraphQL playground's page from playground/ui
	cd playground/ui && npm ci --no-audit --no-fund && npm run build

.PHONY: playground-check
playground-check:
	@if command -v npm >/dev/null; then .ci/unchanged make playground; \
	else echo 'no npm: a test compares the hashes of playground/ui with those the page was built from'; fi

.PHONY: studio
studio: ## build the dashboard from studio/ui
	cd studio/ui && npm ci --no-audit --no-fund && npm run build

.PHONY: studio-check
studio-check:
	@if command -v npm >/dev/null; then .ci/unchanged make studio && cd studio/ui && npm run check; \
	else echo 'no npm: a test compares the hashes of studio/ui with those the dashboard was built from'; fi

.PHONY: clean
clean: ## remove what building and running left here
	rm -rf bin outdial playground/ui/node_modules studio/ui/node_modules studio/ui/src/gql internal/suites/npm/node_modules
	go clean -testcache

# The linter is compiled by our own Go, as a binary made with an older one
# refuses newer code; anew only when another version is there.
.PHONY: $(GOLANGCI)
$(GOLANGCI):
	@$(GOLANGCI) version 2>/dev/null | grep --quiet --fixed-strings ' version $(GOLANGCI_VERSION) ' || \
	{ echo 'building golangci-lint $(GOLANGCI_VERSION), some minutes the first time'; \
	GOBIN=$(CURDIR)/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v$(GOLANGCI_VERSION); }
