"""The four combinations of log and database, each with a registry of its own."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.kafka.cluster import KafkaCluster
from tests.faults.stage import Stage

_numbers = itertools.count(1)
COMBINATIONS = [
    pytest.param(("embedded", "sqlite"), id="embedded-sqlite"),
    pytest.param(("embedded", "postgresql"), id="embedded-postgresql", marks=pytest.mark.postgres),
    pytest.param(("kafka", "sqlite"), id="kafka-sqlite", marks=pytest.mark.kafka),
    pytest.param(("kafka", "postgresql"), id="kafka-postgresql", marks=[pytest.mark.kafka, pytest.mark.postgres]),
]


@pytest.fixture(scope="session")
def kills() -> int:
    """How often a consumer is killed in one run."""
    return 100 if os.environ.get("HUB_PROOF") == "1" else 10


@pytest.fixture(params=COMBINATIONS)
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    """A city with an empty registry on each kind of log and database."""
    log_kind, database_kind = request.param
    log_url = f"sqlite:///{tmp_path / 'log.sqlite'}"
    if log_kind == "kafka":
        node: KafkaCluster = request.getfixturevalue("kafka_node")
        log_url = f"kafka://{node.bootstrap}"
    database_url = f"sqlite:///{tmp_path / 'registries.sqlite'}"
    if database_kind == "postgresql":
        database_url = request.getfixturevalue("postgres_url")
    made = Stage(log_url, database_url, tmp_path, f"places-{next(_numbers)}")
    yield made
    made.close()
