"""When which key was last seen asking for which subject: an operations table, not part of the log.

Losing it loses nothing but these dates. It holds no address, no secret and no name of a person.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Engine, MetaData, String, Table, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from hub.control.table_creation import create_tables

MINUTE_MICROS = 60_000_000
_REMEMBERED = 10_000

metadata = MetaData()
key_sightings = Table(
    "key_sightings",
    metadata,
    Column("key_id", String, primary_key=True),
    # a subject, or `id:<number>` where a schema was asked for by its id
    Column("asked", String, primary_key=True),
    Column("last_seen", BigInteger, nullable=False),  # microseconds UTC
)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A key that asked for a subject, or for a schema of it by its id."""

    key_id: str
    asked: str
    last_seen: int


def asked_by_id(schema_id: int) -> str:
    """How a request for an id is noted."""
    return f"id:{schema_id}"


class Sightings:
    """Notes who asked, at most once a minute per key and subject. A database that is away is no trouble here."""

    def __init__(self, engine: Engine, *, now: Callable[[], int]) -> None:
        self._engine = engine
        self._now = now
        self._noted: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._lock = threading.Lock()
        create_tables(engine, metadata)

    def note(self, key_id: str, asked: str) -> bool:
        """Write down that the key asked just now; whether a write was made."""
        now = self._now()
        if not self._is_due((key_id, asked), now):
            return False
        try:
            _write(self._engine, Sighting(key_id, asked, now))
        except SQLAlchemyError:
            return False
        return True

    def _is_due(self, pair: tuple[str, str], now: int) -> bool:
        with self._lock:
            last = self._noted.get(pair)
            if last is not None and now - last < MINUTE_MICROS:
                return False
            self._noted[pair] = now
            self._noted.move_to_end(pair)
            while len(self._noted) > _REMEMBERED:
                self._noted.popitem(last=False)
            return True


def list_sightings(connection: Connection, asked: Collection[str]) -> list[Sighting]:
    """Who asked for any of these, the last first; one query."""
    columns = key_sightings.c
    chosen = select(columns.key_id, columns.asked, columns.last_seen).where(columns.asked.in_(sorted(asked)))
    return [Sighting(*row) for row in connection.execute(chosen.order_by(columns.last_seen.desc(), columns.key_id))]


def _write(engine: Engine, sighting: Sighting) -> None:
    columns = key_sightings.c
    same: Any = (columns.key_id == sighting.key_id) & (columns.asked == sighting.asked)
    with engine.begin() as connection:
        if connection.execute(update(key_sightings).where(same).values(last_seen=sighting.last_seen)).rowcount:
            return
    try:
        with engine.begin() as connection:
            row = {"key_id": sighting.key_id, "asked": sighting.asked, "last_seen": sighting.last_seen}
            connection.execute(insert(key_sightings).values(row))
    except IntegrityError:
        return  # another process noted it in the same moment
