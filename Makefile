# Everything that a fresh machine needs is set up by the first target that is called.
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=

# Every start would compile what it imports, the tests' own services included.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test lint lint-style lint-types lint-imports lint-complexity docs picture kafka lock sbom clean

demo: .venv/ready
	@$(BIN)/cocreate demo $(ARGS)

test: .venv/ready
	@$(BIN)/pytest $(ARGS)

# Four targets, for `make -j`; mypy takes as long as all else, so it has two processes of its own.
lint: lint-style lint-types lint-imports lint-complexity

lint-style: .venv/ready
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

lint-types: .venv/ready
	@$(BIN)/mypy --num-workers=2

lint-imports: .venv/ready
	@$(BIN)/lint-imports

lint-complexity: .venv/ready
	@$(BIN)/python tests/complexity.py

# docs/architecture.svg anew, after a change of what imports what.
picture: .venv/ready
	@$(BIN)/python -m docs.architecture

# What of the documents is made from the program.
docs: .venv/ready
	@$(BIN)/python -m services.cli.settings_tables

# A real Apache Kafka without Docker: needs Java 17 and Maven.
kafka: deploy/kafka/libs/.fetched

deploy/kafka/libs/.fetched: deploy/kafka/pom.xml
	@command -v mvn >/dev/null || { echo "make kafka needs Maven and Java 17: apt-get install maven openjdk-17-jre-headless"; exit 1; }
	mvn -q -B -f deploy/kafka/pom.xml dependency:copy-dependencies -DoutputDirectory=libs -DincludeScope=runtime
	@touch $@

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Cocreate needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/pip install -q --disable-pip-version-check uv
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip sync -q --require-hashes requirements.lock
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip install -q --no-deps --no-build-isolation -e .
	@touch $@

# No download addresses in the lock: it works behind any mirror.
lock: .venv/ready
	$(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --all-extras --group dev -o requirements.lock -q

# Every package of the lock with its version and hashes (CycloneDX), to hold against lists of known faults. No network.
SBOM ?= var/sbom.json
sbom: .venv/ready
	@mkdir -p $(dir $(SBOM))
	@$(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible --of JSON -o $(SBOM)
	@echo "wrote $(SBOM)"

clean:
	rm -rf .venv var deploy/kafka/libs
