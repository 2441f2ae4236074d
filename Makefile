# Everything a newcomer needs: `make run` and `make test`. The rest is for those who work on the hub.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
KAFKA_LIB := build/kafka/lib/.ready

.PHONY: run test proof check bench kafka-up kafka-down postgres-up postgres-down lock servers
.DEFAULT_GOAL := run

run: $(READY)  ## the whole hub on this machine, with data arriving, on http://127.0.0.1:8080
	$(if $(filter-out 127.% localhost,$(HUB_HOST)),,HUB_FREE_SUBJECT_WRITES=$${HUB_FREE_SUBJECT_WRITES:-anyone}) $(BIN)/huehub up

test: servers  ## every test, the fast ones first
	$(BIN)/pytest

proof: servers  ## the same tests with full counts of kills, random histories and pairs
	HUB_PROOF=1 $(BIN)/pytest --timeout=3600

check: $(READY)  ## linters, types, formatting, and our own lint of the schemas
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/huehub lint

bench: servers  ## us and the peers on the same data, in one go
	$(BIN)/python -m bench.pipeline
	$(BIN)/python -m bench.schema_registry

kafka-up: $(KAFKA_LIB)  ## Apache Kafka on loopback; KAFKA_NODES=3 for a cluster, KAFKA_SECURITY=sasl for logins
	$(BIN)/python -m ops.kafka up

kafka-down: $(READY)
	$(BIN)/python -m ops.kafka down

postgres-up: $(READY)  ## PostgreSQL on loopback, on a port of ours
	$(BIN)/python -m ops.postgres up

postgres-down: $(READY)
	$(BIN)/python -m ops.postgres down

servers: $(READY) $(KAFKA_LIB)  ## what the tests start: Debian's PostgreSQL and Chromium, Kafka's jars
	ops/packages.sh

$(READY): requirements-dev.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -W ignore -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(READY)

$(KAFKA_LIB): ops/kafka/pom.xml | $(READY)
	$(BIN)/python -m ops.kafka fetch
	touch $(KAFKA_LIB)

lock: $(READY)  ## pin again what requirements*.in ask for
	$(BIN)/python -m pip install -q uv
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-header --no-emit-index-url --generate-hashes requirements-dev.in -o requirements-dev.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-header --no-emit-index-url --generate-hashes requirements.in -c requirements-dev.lock -o requirements.lock
