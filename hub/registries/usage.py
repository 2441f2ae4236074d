"""Which stored events carry a schema id, among the entries and dead letters of the live builds."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, Engine, func, select

from hub.registries.live import LiveBuild, find_live
from hub.registries.tables import dead_letters
from schemas.definition import Definition
from schemas.wire import frame


def find_use_of_schema(engine: Engine, definitions: Iterable[Definition], schema_id: int) -> str | None:
    """Where events with the id are stored, and how many, in words; None where there are none."""
    with engine.connect() as connection:
        builds = [live for one in definitions if (live := find_live(connection, one)) is not None]
        found = [use for live in builds for use in _uses(connection, live, schema_id)]
    return "; ".join(found) or None


def _uses(connection: Connection, live: LiveBuild, schema_id: int) -> list[str]:
    told = [_among_entries(connection, live, schema_id), _among_dead_letters(connection, live, schema_id)]
    return [f"registry {live.registry}: {one}" for one in told if one is not None]


def _among_entries(connection: Connection, live: LiveBuild, schema_id: int) -> str | None:
    table = live.tables.entries.c
    asked = select(func.count(), func.min(table.number)).where(table.schema_id == schema_id)
    count, first = connection.execute(asked).one()
    if not count:
        return None
    key = connection.execute(select(table.key).where(table.number == first)).scalar()
    return f"{_counted(count, 'entry', 'entries')}, the first is entry {first} with the key {key!r}"


def _among_dead_letters(connection: Connection, live: LiveBuild, schema_id: int) -> str | None:
    """Dead letters are told by position: their keys may be anything."""
    table = dead_letters.c
    carrying = (
        (table.registry == live.registry)
        & (table.build == live.build)
        & (table.value >= frame(schema_id, b""))
        & (table.value < frame(schema_id + 1, b""))
    )
    count = connection.execute(select(func.count()).where(carrying)).scalar()
    if not count:
        return None
    places = select(table.topic, table.partition, table.offset).where(carrying)
    first = connection.execute(places.order_by(table.recorded_at, table.topic, table.partition, table.offset)).first()
    place = f"{first.topic}, partition {first.partition}, offset {first.offset}" if first is not None else ""
    return f"{_counted(count, 'dead letter', 'dead letters')}, the first at {place}"


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
