"""Writers after the day a version should be left, and sightings of keys."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, select

from hub.control.governance import Deprecation
from hub.governance.sightings import MINUTE_MICROS, Sightings, key_sightings, list_sightings
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
    with engine.connect() as connection:
        assert connection.execute(select(key_sightings.c.key_id)).all() == [("k1",), ("k1",)]
        found = list_sightings(connection, ["a", "b"])
    assert [(one.asked, one.last_seen) for one in found] == [("a", clock.now), ("b", Clock.now)]


def test_another_process_sees_what_one_noted(engine: Engine) -> None:
    Sightings(engine, now=Clock()).note("k1", "a")
    assert Sightings(engine, now=Clock()).note("k1", "a")
    with engine.connect() as connection:
        assert len(list_sightings(connection, ["a"])) == 1


def test_a_database_that_is_away_does_not_refuse_the_request(engine: Engine) -> None:
    sightings = Sightings(engine, now=Clock())
    with engine.begin() as connection:
        key_sightings.drop(connection)
    assert not sightings.note("k1", "a")


@pytest.mark.postgres
def test_processes_that_note_the_same_at_once_leave_one_row(postgres_url: str) -> None:
    engine = open_database(postgres_url)
    with ThreadPoolExecutor(8) as pool:
        noted = list(pool.map(lambda _: Sightings(engine, now=Clock()).note("k1", "a"), range(8)))
    with engine.connect() as connection:
        assert len(list_sightings(connection, ["a"])) == 1
    engine.dispose()
    assert noted == [True] * 8
