# Needs Rust and make, and fetches a PostgreSQL server when the machine has none. `make` lists the rest.

# A target folder that cannot be written (somebody else's checkout) is replaced by the user's cache.
ifndef CARGO_TARGET_DIR
ifneq (,$(shell { mkdir -p target && test -w target; } 2>/dev/null || echo unwritable))
export CARGO_TARGET_DIR := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/stevedore/target
endif
endif

# Sets STEVEDORE_POSTGRES_BIN to a server's programs; empty when DATABASE_URL names a server.
POSTGRES := bin=$$(crates/database/ensure-postgres.sh) && export STEVEDORE_POSTGRES_BIN="$$bin" &&
# cargo-nextest runs all test programs side by side, and leaves out the examples in the documentation.
TESTS := if cargo nextest --version >/dev/null 2>&1; \
	then cargo nextest run --locked --workspace && cargo test --locked --workspace --doc; \
	else cargo test --locked --workspace; fi

.DEFAULT_GOAL := help
.PHONY: help demo test check queries schema

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r goal what; \
		do printf '  make %-8s %s\n' "$$goal" "$$what"; done

demo: ## 200 orders from HTTP to delivered, on a server of their own; ARGS="--orders 500 --workers 8"
	@$(POSTGRES) cargo run --locked -- demo $(ARGS)

test: ## Every test, each with a database of its own
	@$(POSTGRES) $(TESTS)

check: ## What takes longer or needs more: .ci/check-*
	@$(POSTGRES) for script in .ci/check-*; do echo "== $$script"; "$$script" || exit; done

queries: ## Check the queries of sql/queries against a fresh schema, and write .sqlx/
	@$(POSTGRES) cargo run --locked --quiet -p stevedore-database --example with_private_server \
		-- .ci/queries write

schema: ## Write sql/schema.sql anew
	@$(POSTGRES) UPDATE_SCHEMA=1 cargo test --locked -p stevedore-testkit --test it schema
