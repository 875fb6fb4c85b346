# Everything that one does in this project. `make` alone lists it.

export PATH := $(PATH):$(or $(CARGO_HOME),$(HOME)/.cargo)/bin
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
CARGO := cargo
OZ := target/release/oz

.PHONY: help run build test lint lint-format lint-arch lint-proto lint-deny lint-clippy advisories fuzz bench train eval crash \
        mutants deploy-check sqlx sqlx-check

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Install what is missing, build, start everything on this machine, print the address and a sign-in link
	@scripts/install run
	@$(CARGO) build --release --locked -p oz
	@exec $(OZ) up

build: ## Install what is missing and build target/release/oz
	@scripts/install build
	$(CARGO) build --release --locked -p oz

test: ## Install what is missing and run every test
	@scripts/install test
	@deploy/local-kafka/fetch
	$(CARGO) test --workspace --locked --no-fail-fast

lint: lint-format lint-arch lint-proto lint-deny lint-clippy ## Formatting, architecture, contracts, dependencies, lints

lint-tools:
	@scripts/install lint
.PHONY: lint-tools

lint-format: lint-tools
	$(CARGO) fmt --all --check

lint-arch: lint-tools
	$(CARGO) xtask check-arch

lint-proto: lint-tools
	scripts/lint/node_modules/@bufbuild/buf-linux-*/bin/buf lint

# Licenses, sources and duplicates are known offline. Known vulnerabilities are not: see `advisories`.
lint-deny: lint-tools
	@$(CARGO) fetch --locked --quiet
	.dev/lint/bin/cargo-deny --offline --locked --log-level error check --hide-inclusion-graph bans licenses sources

lint-clippy: lint-tools
	$(CARGO) clippy --workspace --all-targets --locked --quiet -- -D warnings

advisories: lint-tools ## Known vulnerabilities of the dependencies (fetches the RustSec database from GitHub)
	.dev/lint/bin/cargo-deny --locked check advisories

deploy-check: ## Render the manifests, check them against their schemas and against the rules of deploy/check
	@scripts/install deploy
	@.dev/deploy/bin/python deploy/check/check.py

fuzz: ## Every property test with CASES (4096) random inputs instead of the usual few
	@scripts/install test
	PROPTEST_CASES=$(or $(CASES),4096) $(CARGO) test --workspace --lib --bins --locked
	PROPTEST_CASES=$(or $(CASES),4096) $(CARGO) test --locked --test it -p blind -p extraction -p providers

bench: ## Measure Oz beside what the machine allows and write bench/report.md (P=p3 one path, FULL=1 a million mails)
	@scripts/install build
	$(CARGO) build --release --locked -p oz -p bench
	@P=$(P) FULL=$(FULL) MAILS=$(MAILS) target/release/bench

train: ## Make the weights of extraction anew from crates/extraction/data: the same threads give the same bytes
	@scripts/install build
	$(CARGO) run --release --locked --quiet -p training -- train

eval: ## Measure what extraction finds: own threads by models that have not seen them, held-out threads, and the shared ones if there
	@scripts/install build
	$(CARGO) run --release --locked --quiet -p training -- eval

crash: ## Kill services, databases and broker at random points, ROUNDS (200) times on each bus: nothing may be lost or doubled
	@scripts/install test
	@deploy/local-kafka/fetch
	$(CARGO) build --release --locked -p oz
	@$(CARGO) test --quiet --locked -p journeys crash_long -- --ignored --list | grep -q ': test$$' \
	    || { echo "crash: no such test exists" >&2; exit 1; }
	OZ_BIN=$(CURDIR)/$(OZ) OZ_CRASH_ROUNDS=$(or $(ROUNDS),200) $(CARGO) test --locked -p journeys crash_long \
	    -- --ignored --nocapture --test-threads=1

mutants: ## Change crate P=… in small ways and see whether its tests, and those of crates T="…", notice (compiles cargo-mutants first)
	@test -n "$(P)" || { echo "make mutants P=crate" >&2; exit 2; }
	@scripts/install test
	@test -x .dev/bin/cargo-mutants || $(CARGO) install --quiet --locked --root .dev cargo-mutants --version 27.1.0
	.dev/bin/cargo-mutants mutants --package $(P) $(patsubst %,--test-package %,$(if $(T),$(P) $(T)))

sqlx: ## Describe every SQL statement anew (crates/*/.sqlx) after a change of SQL or migrations
	@scripts/install run
	$(CARGO) xtask sqlx-prepare

sqlx-check: ## Fail when the committed descriptions differ from the code
	@scripts/install run
	$(CARGO) xtask sqlx-prepare --check
