"""SQLite and PostgreSQL on one log: the same hash, the same current records."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine

from hub.registries.database import open_database
from ops.postgres.server import PostgresServer
from tests.consumers.conftest import Town
from tests.workload import DAY, EPOCH, Told, changed, registered

pytestmark = pytest.mark.postgres


@pytest.fixture
def postgres_engine(postgres: PostgresServer) -> Iterator[Engine]:
    engine = open_database(postgres.create_database(f"consumers_{random.randrange(10**9)}"))
    yield engine
    engine.dispose()


def history(events: int) -> Iterator[Told]:
    """Events in and out of order, changes, repeats, corrections."""
    chooser = random.Random(7)
    for number in range(1, events + 1):
        key, day = f"khóa-{number % 17}", EPOCH + chooser.randrange(60) * DAY
        if number % 5 == 0:
            yield changed(number, key, valid_from=day, name="Đổi tên")
        elif number % 11 == 0:
            target = number - 17
            if target > 0 and target % 5 and target % 11:
                yield replace(
                    registered(number, key, valid_from=day), correction="corrected", corrects=f"event-{target}"
                )
        else:
            yield registered(number, key, valid_from=day)


def test_both_databases_hold_the_same(town: Town, postgres_engine: Engine) -> None:
    town.city.tell(history(400))
    town.runner(batch_records=50).catch_up()
    other = Town(town.city, town.log, postgres_engine, town.folder)
    other.runner(batch_records=50).catch_up()
    assert other.hash() == town.hash()
    assert other.current() == town.current()
    assert other.reasons() == town.reasons()


def test_a_repeat_is_found_by_the_unique_index_of_postgresql(town: Town, postgres_engine: Engine) -> None:
    other = Town(town.city, town.log, postgres_engine, town.folder)
    event = replace(registered(1, "a"), sequence=1)
    other.tell(event)
    other.tell(event, registered(2, "b"))
    assert [row.event_id for row in other.rows(other.tables.entries)] == ["event-1", "event-2"]
