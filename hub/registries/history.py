"""What became of one record: its versions with both times, its events, and who set each value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import Connection, and_, or_, select

from hub.registries.cursors import Cursor, read_cursor, write_cursor
from hub.registries.entries import entries_by_number, entry_of, select_entries, telling_entries
from hub.registries.live import LiveBuild
from hub.registries.pages import open_record
from hub.registries.pins import Pin
from hub.registries.records import Version, get_known_key, get_record, version_columns, version_of
from schemas.times import OPEN, format_instant


def record_history(
    connection: Connection, live: LiveBuild, key: str, *, limit: int, cursor: str | None
) -> dict[str, Any]:
    """Versions of `key` in the order they became known; raises `RecordNotFound`, `CursorInvalid`."""
    get_known_key(connection, live, key)
    question = f"history {live.registry} {key}"
    place = read_cursor(cursor, question) if cursor else None
    versions = _versions(connection, live, key, limit=limit + 1, after=place.after if place else None)
    following = None
    if len(versions) > limit:
        versions = versions[:limit]
        last = versions[-1]
        pin = Pin(live.last_entry, live.turned_at)
        following = write_cursor(Cursor(pin, None, 0, (last.recorded_from, last.valid_from)), question)
    return {
        "registry": live.registry,
        "key": key,
        "versions": _told_versions(connection, live, versions),
        "events": [] if place else _events(connection, live, key, limit=limit),
        "next": following,
    }


def _versions(
    connection: Connection, live: LiveBuild, key: str, *, limit: int, after: tuple[Any, ...] | None
) -> list[Version]:
    table = live.versions
    asked = (
        select(*version_columns(live))
        .where(table.c.key == key, table.c.claimant == "")
        .order_by(table.c.recorded_from, table.c.valid_from)
        .limit(limit)
    )
    if after is not None:
        known, held = after
        later = and_(table.c.recorded_from == known, table.c.valid_from > held)
        asked = asked.where(or_(table.c.recorded_from > known, later))
    return [version_of(row) for row in connection.execute(asked)]


def _told_versions(connection: Connection, live: LiveBuild, versions: Iterable[Version]) -> list[dict[str, Any]]:
    versions = list(versions)
    numbers = {one.recorded_from for one in versions} | {one.recorded_to for one in versions if one.recorded_to != OPEN}
    entries = entries_by_number(connection, live, numbers)
    times = {number: format_instant(entry.recorded_at) for number, entry in entries.items()}
    return [
        one.facts()
        | {
            "known_from": times.get(one.recorded_from),
            "known_to": times.get(one.recorded_to),
            "record": open_record(live, one.body),
        }
        for one in versions
    ]


def _events(connection: Connection, live: LiveBuild, key: str, *, limit: int) -> list[dict[str, Any]]:
    """The events of authority that touched `key`, its own and those that named it."""
    entries, effects = live.tables.entries, live.tables.effects
    touched = select(effects.c.number).where(effects.c.key == key)
    asked = (
        select_entries(live)
        .where(or_(entries.c.key == key, entries.c.number.in_(touched)), entries.c.claimant == "")
        .order_by(entries.c.number)
        .limit(limit)
    )
    return [entry_of(row).facts() for row in connection.execute(asked)]


def record_provenance(connection: Connection, live: LiveBuild, key: str, *, pin: Pin) -> dict[str, Any]:
    """For each open field of the record at `pin`, the event that set its value; raises as `get_record`."""
    state = get_record(connection, live, key, pin=pin)
    setters = _setters(_believed(connection, live, key, pin=pin), live.open_fields)
    told = telling_entries(connection, live, set(setters.values()), up_to=pin.entry)
    record = orjson.loads(state.body or b"{}")
    fields = {
        name: {"value": record.get(name), **told[number].facts()} for name, number in setters.items() if name in record
    }
    return {"registry": live.registry, "key": key, "fields": fields}


def _believed(connection: Connection, live: LiveBuild, key: str, *, pin: Pin) -> list[Version]:
    """The versions believed at the entry of `pin`, in the order of valid time, up to its instant."""
    table = live.versions
    asked = (
        select(*version_columns(live))
        .where(table.c.key == key, table.c.claimant == "", table.c.valid_from <= pin.instant)
        .where(table.c.recorded_from <= pin.entry, table.c.recorded_to > pin.entry)
        .order_by(table.c.valid_from)
    )
    return [version_of(row) for row in connection.execute(asked)]


def _setters(versions: Iterable[Version], names: Iterable[str]) -> dict[str, int]:
    """The original entry that gave each field the value it has in the last of `versions`."""
    names = list(names)
    setters: dict[str, int] = {}
    before: dict[str, Any] = {}
    for version in versions:
        record = orjson.loads(version.body) if version.body else {}
        for name in names:
            if name in record and (name not in before or before[name] != record[name]):
                setters[name] = version.entry
        before = record
    return setters
