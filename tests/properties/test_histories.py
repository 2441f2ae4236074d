"""Random histories through the real runner say what the oracle says, at every entry number."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from consumers.hashes import log_hash
from consumers.rebuild import rebuild
from consumers.runner import ProjectionRunner
from hub.log.interface import Log
from hub.log.open import open_log
from hub.registries.database import open_database
from hub.registries.tables import CEASED
from ops.postgres.server import PostgresServer
from schemas.definition import Definition
from tests.oracle.oracle import DUPLICATE, Oracle, Version
from tests.properties.histories import histories
from tests.properties.registry_view import Place, RegistryView, list_applied_order
from tests.workload import DAY, EPOCH, City, Told, found_city

NOW = EPOCH + 5 * DAY + 1
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Hub:
    """One registry of its own on a log of its own."""

    city: City
    log: Log
    engine: Engine
    registry: str

    @property
    def definition(self) -> Definition:
        return self.city.state.definitions[self.registry]

    @property
    def view(self) -> RegistryView:
        return RegistryView(self.engine, self.definition)

    def hear(self, history: list[list[Told]], batch_records: int) -> dict[Place, Told]:
        """Tell the batches, each followed by the runner; what stands at each position."""
        told: dict[Place, Told] = {}
        for batch in history:
            positions = self.log.append(self.city.records(batch))
            told |= {tuple(place): event for place, event in zip(positions, batch, strict=True)}  # type: ignore[misc]
            runner = ProjectionRunner(
                self.registry, self.log, self.engine, clock=lambda: NOW, batch_records=batch_records
            )
            runner.catch_up()
            runner.close()
        return told


@contextmanager
def open_hub(folder: Path, engine: Engine) -> Iterator[Hub]:
    """A hub of one registry; its tables are dropped afterwards."""
    number = next(_numbers)
    log = open_log(f"sqlite:///{folder / f'log-{number}.sqlite'}")
    hub = Hub(found_city(log, folder, registry=f"places-{number}"), log, engine, f"places-{number}")
    try:
        yield hub
        hub.view.drop()
    finally:
        log.close()
        for file in folder.glob(f"*-{number}.sqlite*"):
            file.unlink()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("histories")


@pytest.fixture(scope="module")
def sqlite(folder: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{folder / 'registries.sqlite'}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def postgresql(postgres: PostgresServer) -> Iterator[Engine]:
    engine = open_database(postgres.create_database("histories"))
    yield engine
    engine.dispose()


def listen(hub: Hub, told: dict[Place, Told]) -> tuple[Oracle, dict[Place, str]]:
    """The oracle after everything was heard in the order applied, and the reasons of what it refused."""
    oracle = Oracle(hub.definition)
    reasons = {}
    order = list_applied_order(hub.log, hub.registry)
    assert sorted(order) == sorted(told), "every record is applied once"
    for place in order:
        reason = oracle.hear(told[place])
        if reason is not None and reason != DUPLICATE:
            reasons[place] = reason
    return oracle, reasons


def comparable(versions: list[Version]) -> list[str]:
    """Version rows in an order of their own; a ceased record keeps no body."""
    without = [
        replace(one, interval=replace(one.interval, state=replace(one.interval.state, body=None)))
        if one.interval.state.state == CEASED
        else one
        for one in versions
    ]
    return sorted(repr(one) for one in without)


def check(hub: Hub, history: list[list[Told]], batch_records: int) -> None:
    told = hub.hear(history, batch_records)
    oracle, reasons = listen(hub, told)
    view = hub.view
    assert view.dead_letters() == reasons
    assert view.entries() == [
        (one.number, one.told.source, one.told.id, one.told.key, one.claimant) for one in oracle.entries
    ]
    assert comparable(view.history()) == comparable(oracle.history())
    assert view.current() == oracle.current(NOW)
    for number in range(len(oracle.entries) + 1):
        assert sorted(map(repr, view.lineage(number))) == sorted(map(repr, oracle.lineage(as_of=number)))


@given(history=histories(), batch_records=st.sampled_from([1, 3, 500]))
def test_a_registry_on_sqlite_says_what_the_oracle_says(
    folder: Path, sqlite: Engine, history: Any, batch_records: int
) -> None:
    with open_hub(folder, sqlite) as hub:
        check(hub, history, batch_records)


@pytest.mark.postgres
@settings(max_examples=max(5, settings().max_examples // 5))
@given(history=histories(), batch_records=st.sampled_from([1, 3, 500]))
def test_a_registry_on_postgresql_says_what_the_oracle_says(
    folder: Path, postgresql: Engine, history: Any, batch_records: int
) -> None:
    with open_hub(folder, postgresql) as hub:
        check(hub, history, batch_records)


@settings(max_examples=max(5, settings().max_examples // 3))
@given(history=histories())
def test_a_rebuild_gives_the_same_log_hash(folder: Path, sqlite: Engine, history: Any) -> None:
    with open_hub(folder, sqlite) as hub:
        hub.hear(history, 7)
        before = log_hash(hub.engine, hub.definition, hub.view.build)
        first = hub.view
        rebuild(hub.registry, hub.log, hub.engine)
        assert hub.view.build != first.build
        assert log_hash(hub.engine, hub.definition, hub.view.build) == before
