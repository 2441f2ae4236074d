"""A schema registry over a fresh log and database, asked through its WSGI application."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from hub.log.interface import Log
from hub.log.open import open_log
from hub.registries.database import open_database
from hub.schema_registry.store import SchemaStore
from tests.schema_registry.client import RegistryClient, client_of
from tests.schema_registry.governed import Hall

collect_ignore = [] if "KARAPACE" in os.environ else ["test_transfer_karapace.py"]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    opened = open_log(f"sqlite:///{tmp_path / 'log.sqlite'}")
    yield opened
    opened.close()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_database(f"sqlite:///{tmp_path / 'hub.sqlite'}")
    yield opened
    opened.dispose()


@pytest.fixture
def open_store(engine: Engine, log: Log) -> Callable[[], SchemaStore]:
    ticks = itertools.count(1_700_000_000_000_000, 1_000_000)
    return lambda: SchemaStore(engine, log, now=lambda: next(ticks))


@pytest.fixture
def client(open_store: Callable[[], SchemaStore]) -> RegistryClient:
    return client_of(open_store())


@pytest.fixture
def hall(engine: Engine, log: Log) -> Hall:
    return Hall(engine, log)
