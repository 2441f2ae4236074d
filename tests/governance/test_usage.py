"""Writers after the day a version should be left, and sightings of keys."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, event, select

from hub.control.governance import Deprecation
from hub.governance.sightings import MINUTE_MICROS, Sighting, Sightings, key_sightings, list_sightings
from hub.governance.usage import Writer, day_begins, late_writers
from hub.registries.database import open_database
from schemas.times import parse_instant

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
SUBJECT = "vn.hue.test.PlaceRegistered"


def writer(version: int, last: str) -> Writer:
    at = parse_instant(last)
    return Writer("places", version, version, "urn:hue:H57.15:places", "culture.places.v1", 1, 1, 1, at, at)


@pytest.mark.parametrize(
    ("last", "late"),
    [("2026-06-29T16:59:59Z", False), ("2026-06-29T17:00:00Z", True), ("2026-07-02T00:00:00Z", True)],
)
def test_the_day_begins_where_the_hub_is(last: str, late: bool) -> None:
    """30 June begins at 17:00 UTC of the 29th in a zone seven hours ahead."""
    deprecations = {(SUBJECT, 1): Deprecation(SUBJECT, 1, "2026-06-30", "old", 0)}
    found = late_writers((writer(1, last), writer(2, last)), deprecations, SUBJECT, zone=ZONE)
    assert [one.version for one in found] == ([1] if late else [])


def test_a_deprecation_of_another_subject_makes_nobody_late() -> None:
    deprecations = {("vn.hue.test.Other", 1): Deprecation("vn.hue.test.Other", 1, "2026-06-30", "old", 0)}
    assert late_writers((writer(1, "2026-07-02T00:00:00Z"),), deprecations, SUBJECT, zone=ZONE) == ()


def test_a_day_begins_at_its_midnight() -> None:
    day = parse_instant("2026-06-30T00:00:00+07:00")
    assert day_begins(date(2026, 6, 30), ZONE) == day


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_database(f"sqlite:///{tmp_path / 'hub.sqlite'}")


class Clock:
    now = 1_000_000_000_000_000

    def __call__(self) -> int:
        return self.now


def test_a_key_is_noted_at_most_once_a_minute_for_each_subject(engine: Engine) -> None:
    clock = Clock()
    sightings = Sightings(engine, now=clock)
    assert [sightings.note("k1", "a"), sightings.note("k1", "a"), sightings.note("k1", "b")] == [True, False, True]
    clock.now += MINUTE_MICROS - 1
    assert not sightings.note("k1", "a")
    clock.now += 1
    assert sightings.note("k1", "a")
    assert sightings.flush()
    with engine.connect() as connection:
        assert connection.execute(select(key_sightings.c.key_id)).scalars().all() == ["k1", "k1"]
        found = list_sightings(connection, ["a", "b"])
    assert [(one.asked, one.last_seen) for one in found] == [("a", clock.now), ("b", Clock.now)]


def test_another_process_sees_what_one_noted(engine: Engine) -> None:
    for process in (Sightings(engine, now=Clock()), Sightings(engine, now=Clock())):
        assert process.note("k1", "a")
        assert process.flush()
    with engine.connect() as connection:
        assert len(list_sightings(connection, ["a"])) == 1


def test_whatever_was_asked_meanwhile_is_one_statement(engine: Engine) -> None:
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    sightings = Sightings(engine, now=Clock(), wait_s=3600)
    statements.clear()
    assert all(sightings.note("k1", f"id:{number}") for number in range(500))
    assert statements == []
    assert sightings.flush()
    assert len(statements) == 1
    with engine.connect() as connection:
        assert len(list_sightings(connection, ["id:0", "id:499"])) == 2


def test_what_was_asked_is_written_down_without_being_asked_for(engine: Engine) -> None:
    Sightings(engine, now=Clock(), wait_s=0).note("k1", "a")
    deadline = time.monotonic() + 20
    found: list[Sighting] = []
    while not found and time.monotonic() < deadline:
        with engine.connect() as connection:
            found = list_sightings(connection, ["a"])
    assert [(one.key_id, one.last_seen) for one in found] == [("k1", Clock.now)]


def test_a_database_that_is_away_does_not_refuse_the_request(engine: Engine) -> None:
    sightings = Sightings(engine, now=Clock())
    with engine.begin() as connection:
        key_sightings.drop(connection)
    assert sightings.note("k1", "a")
    assert not sightings.flush()


@pytest.mark.postgres
def test_processes_that_note_the_same_at_once_leave_one_row_each(postgres_url: str) -> None:
    engine = open_database(postgres_url)
    with ThreadPoolExecutor(8) as pool:
        processes = [Sightings(engine, now=Clock(), wait_s=3600) for _ in range(8)]
        assert all(one.note("k1", f"id:{number}") for one in processes for number in range(20))
        written = list(pool.map(Sightings.flush, processes))
    with engine.connect() as connection:
        assert len(list_sightings(connection, [f"id:{number}" for number in range(20)])) == 20
    engine.dispose()
    assert written == [True] * 8
