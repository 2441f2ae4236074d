"""Every entry and instant of random histories: the branches of a page give what a scan of all versions gives."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from sqlalchemy import select

from hub.registries.live import get_live
from hub.registries.pages import list_records
from hub.registries.pins import AsOf
from hub.registries.questions import RecordsQuestion, sort_keys
from hub.registries.snapshots import open_snapshot
from tests.api.town import DAY, EPOCH, OPEN, Told, Town

ENTRIES, DAYS = 30, 6


def _random_event(town: Town, chooser: random.Random) -> Told:
    key, day = chooser.choice("abcde"), chooser.randrange(DAYS)
    valid_from = EPOCH + day * DAY
    valid_to = chooser.choice([OPEN, OPEN, valid_from + chooser.randrange(1, 4) * DAY])
    kind = chooser.choice(["site", "site", "renamed", "ended"])
    if kind == "site":
        return town.site(key, f"Tên {chooser.randrange(9)}", valid_from=valid_from, valid_to=valid_to)
    if kind == "renamed":
        return town.renamed(key, f"Tên {chooser.randrange(9)}", valid_from=valid_from, valid_to=valid_to)
    return town.ended(key, valid_from=valid_from)


@pytest.mark.parametrize("seed", range(4))
def test_pages_at_every_pin_agree_with_a_scan_of_all_versions(tmp_path: Path, seed: int) -> None:
    town, chooser = Town(tmp_path), random.Random(seed)
    for _ in range(ENTRIES // 5):
        town.tell(*(_random_event(town, chooser) for _ in range(5)))
        town.now += DAY // 2
        town.apply()
    with open_snapshot(town.engine) as connection:
        live = get_live(connection, town.city.state.definitions["sites"])
        every = connection.execute(select(live.versions).where(live.versions.c.claimant == "")).all()
        for entry in range(live.last_entry + 1):
            for instant in [EPOCH + half * DAY // 2 for half in range(-1, 2 * DAYS + 2)] + [live.turned_at]:
                expected = sorted(
                    (row.s_name, row.key, row.body) for row in every if row.state == 0 and _holds(row, entry, instant)
                )
                question = RecordsQuestion(
                    sort=sort_keys(live, "name"), valid_at=instant, as_of=AsOf(entry=entry), limit=100
                )
                page = list_records(connection, live, question)
                assert [bytes(one) for one in _all_fields(page.records)] == _all_fields([row[2] for row in expected])
                assert page.total == len(expected)


def _holds(row: object, entry: int, instant: int) -> bool:
    facts = row._mapping  # type: ignore[attr-defined]
    known = facts["recorded_from"] <= entry < facts["recorded_to"]
    return bool(known and facts["valid_from"] <= instant < facts["valid_to"])


def _all_fields(bodies: object) -> list[bytes]:
    """Bodies without what is not open, as bytes to compare."""
    return [bytes(one).split(b',"note"')[0].rstrip(b"}") for one in bodies]  # type: ignore[attr-defined]


def test_pages_read_while_events_arrive_tell_what_was_there_at_the_first(tmp_path: Path) -> None:
    town, chooser = Town(tmp_path), random.Random(7)
    town.tell(*(town.site(key, f"Tên {chooser.randrange(9)}") for key in "abcdefgh"))
    for sort in ("name", "-name", "key"):
        before = town.get("/records", sort=sort)
        page, seen = town.get("/records", sort=sort, limit=3), []
        while True:
            seen += page["records"]
            assert page["total"] == before["total"]
            if page["next_cursor"] is None:
                break
            town.tell(*(_random_event(town, chooser) for _ in range(4)))
            town.now += DAY // 3
            town.apply()
            page = town.get("/records", sort=sort, limit=3, cursor=page["next_cursor"])
        assert seen == before["records"]
