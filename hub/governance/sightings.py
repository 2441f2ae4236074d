"""When which key was last seen asking for which subject: an operations table, not part of the log.

Losing it loses nothing but these dates; what was asked within the last second may be missing.
It holds no address, no secret and no name of a person.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Connection, Engine, MetaData, String, Table, select, text
from sqlalchemy.exc import SQLAlchemyError

from hub.table_creation import create_tables

MINUTE_MICROS = 60_000_000
_REMEMBERED = 100_000

metadata = MetaData()
key_sightings = Table(
    "key_sightings",
    metadata,
    Column("key_id", String, primary_key=True),
    # a subject, or `id:<number>` where a schema was asked for by its id
    Column("asked", String, primary_key=True),
    Column("last_seen", BigInteger, nullable=False),  # microseconds UTC
)


_NOTE = text(
    "INSERT INTO key_sightings (key_id, asked, last_seen) VALUES (:key, :asked, :at) "
    "ON CONFLICT (key_id, asked) DO UPDATE SET last_seen = excluded.last_seen"
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
    """Notes who asked, at most once a minute per key and subject, in one write every `wait_s` for whatever was asked
    meanwhile. A database that is away is no trouble here."""

    def __init__(self, engine: Engine, *, now: Callable[[], int], wait_s: float = 1.0) -> None:
        self._engine = engine
        self._now = now
        self._wait_s = wait_s
        self._noted: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._waiting: list[Sighting] = []
        self._lock = threading.Lock()
        create_tables(engine, metadata)

    def note(self, key_id: str, asked: str) -> bool:
        """Remember that the key asked just now; whether that will be written down."""
        now = self._now()
        with self._lock:
            if not self._is_due((key_id, asked), now):
                return False
            self._waiting.append(Sighting(key_id, asked, now))
            first = len(self._waiting) == 1
        if first:
            timer = threading.Timer(self._wait_s, self.flush)
            timer.daemon = True
            timer.start()
        return True

    def flush(self) -> bool:
        """Write down what waits; whether that was possible."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        if not waiting:
            return True
        # in one order, so that processes that note the same do not wait for each other
        rows = {(one.key_id, one.asked): one.last_seen for one in waiting}
        try:
            with self._engine.begin() as connection:
                connection.execute(_NOTE, [{"key": key, "asked": of, "at": rows[key, of]} for key, of in sorted(rows)])
        except SQLAlchemyError:
            return False
        return True

    def _is_due(self, pair: tuple[str, str], now: int) -> bool:
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
