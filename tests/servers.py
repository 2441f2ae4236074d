"""Fixtures that start the real servers: Kafka (plain, three nodes, with logins) and PostgreSQL.

Each is started once in a test session, when the first test asks for it, on ports nobody uses, and dies with it.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ops.kafka.cluster import KafkaCluster, lay_out
from ops.kafka.node import Login
from ops.postgres.server import PostgresServer, new_folder
from ops.processes import free_ports

ADMIN = Login("hubadmin", "hubadmin-pw")
_numbers = itertools.count(1)


def _start(factory: pytest.TempPathFactory, *, size: int, admin: Login | None = None) -> KafkaCluster:
    ports = free_ports(3 * size, chooser=random.Random())
    cluster = KafkaCluster(lay_out(factory.mktemp("kafka"), ports), admin=admin, dies_with_parent=True)
    cluster.start()
    return cluster


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`host:port` of one plain Kafka node."""
    cluster = _start(tmp_path_factory, size=1)
    yield cluster.bootstrap
    cluster.kill()


@pytest.fixture(scope="module")
def kafka_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
    """One plain Kafka node of this module's own, to be stopped and started."""
    cluster = _start(tmp_path_factory, size=1)
    yield cluster
    cluster.kill()


@pytest.fixture(scope="module")
def kafka_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
    """Three nodes of this module's own; `kill_node`, `stop_node`, `start_node` take a number from 1."""
    cluster = _start(tmp_path_factory, size=3)
    yield cluster
    cluster.kill()


@pytest.fixture(scope="session")
def kafka_sasl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
    """One node that asks for a SCRAM login and checks access rules; `admin` may do everything."""
    cluster = _start(tmp_path_factory, size=1, admin=ADMIN)
    yield cluster
    cluster.kill()


@contextmanager
def _started_postgres() -> Iterator[PostgresServer]:
    (port,) = free_ports(1, chooser=random.Random())
    with new_folder() as folder:
        server = PostgresServer(folder, port, dies_with_parent=True)
        server.start()
        yield server
        server.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server of the session's own."""
    with _started_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def postgres_node() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this module's own, to be stopped, killed and started."""
    with _started_postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> str:
    """The URL of a fresh, empty database."""
    return postgres.create_database(f"test_{next(_numbers)}")
