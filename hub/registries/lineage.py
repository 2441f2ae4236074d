"""Where a record came from and what became of it, across mergers and splits.

An edge whose `to` is null tells that the record ended without successor.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import Connection, select

from hub.registries.entries import chunks
from hub.registries.live import LiveBuild
from hub.registries.pins import Pin
from hub.registries.records import get_known_key
from schemas.times import format_instant

MAX_RECORDS = 500


def record_lineage(connection: Connection, live: LiveBuild, key: str, *, pin: Pin, limit: int) -> dict[str, Any]:
    """Edges to and from `key`, transitively, as believed at the entry of `pin`; raises `RecordNotFound`.

    `truncated` tells that more than `limit` records are related.
    """
    get_known_key(connection, live, key)
    predecessors, cut_before = _walk(connection, live, key, pin=pin, limit=limit, forward=False)
    successors, cut_after = _walk(connection, live, key, pin=pin, limit=limit, forward=True)
    return {
        "registry": live.registry,
        "key": key,
        "predecessors": predecessors,
        "successors": successors,
        "truncated": cut_before or cut_after,
    }


def direct_successors(connection: Connection, live: LiveBuild, key: str, *, pin: Pin) -> list[dict[str, Any]]:
    """The edges that lead from `key` at `pin`, with what they tell."""
    shows_details = _details_are_open(live)
    rows = _edges(connection, live, [key], pin=pin, forward=True)
    return [_told(row, 1, shows_details=shows_details) for row in rows if row[3] <= pin.instant]


def _walk(
    connection: Connection, live: LiveBuild, key: str, *, pin: Pin, limit: int, forward: bool
) -> tuple[list[dict[str, Any]], bool]:
    seen, wave, edges, distance = {key}, [key], [], 0
    shows_details = _details_are_open(live)
    while wave:
        distance += 1
        reached: dict[str | None, None] = {}
        for row in _edges(connection, live, wave, pin=pin, forward=forward):
            edges.append(_told(row, distance, shows_details=shows_details))
            reached[row[1] if forward else row[0]] = None
        wave = [one for one in reached if one is not None and one not in seen]
        if len(seen) + len(wave) > limit:
            return edges, True
        seen |= set(wave)
    return edges, False


def _edges(connection: Connection, live: LiveBuild, keys: Iterable[str], *, pin: Pin, forward: bool) -> list[Any]:
    table = live.tables.lineage
    side = table.c.from_key if forward else table.c.to_key
    found: list[Any] = []
    for chunk in chunks(keys):
        asked = (
            select(table.c.from_key, table.c.to_key, table.c.kind, table.c.valid_from, table.c.entry, table.c.details)
            .where(side.in_(chunk), table.c.recorded_from <= pin.entry, table.c.recorded_to > pin.entry)
            .order_by(table.c.valid_from, table.c.from_key, table.c.to_key.is_(None), table.c.to_key)
        )
        found += connection.execute(asked).all()
    return found


def _told(row: Any, distance: int, *, shows_details: bool) -> dict[str, Any]:
    from_key, to_key, kind, valid_from, entry, details = row
    edge = {
        "from": from_key,
        "to": to_key,
        "kind": kind,
        "valid_from": format_instant(valid_from),
        "entry": entry,
        "distance": distance,
    }
    return edge | ({"details": orjson.loads(details)} if details and shows_details else {})


def _details_are_open(live: LiveBuild) -> bool:
    """Whether every field that edges are read from is open in the newest definition."""
    rules = [rule for rule in live.definition.events.values() if rule.edges]
    schemas = live.definition.schemas
    return all(schemas[rule.schema].fields[rule.edges or ""].classification == "open" for rule in rules)
