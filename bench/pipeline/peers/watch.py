"""Watches a peer from outside: how fast its table in PostgreSQL follows the events.

Events stand in the topic hour by hour through all stations, so the newest hour in the table tells how many
were applied.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from sqlalchemy import Connection, create_engine, inspect, text

from bench.pipeline.material import START, STATIONS
from schemas.times import to_micros

_HOUR = 3_600_000_000
_PAUSE_S = 0.25


@dataclass(frozen=True, slots=True)
class Rate:
    """Events and the seconds they took, from the first rows seen to the last."""

    events: int
    seconds: float

    @property
    def per_second(self) -> float:
        return self.events / self.seconds


def watch_rows(url: str, table: str, *, events: int, timeout_s: float = 300.0) -> Rate:
    """The rate at which `table` follows the first `events` events, from its first rows to its last."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    seen: list[tuple[float, int]] = []
    deadline = time.monotonic() + timeout_s
    with engine.connect() as connection:
        while not seen or seen[-1][1] < events - STATIONS:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{table} stands at {seen[-1:]} of {events} events after {timeout_s:.0f} s")
            applied = _applied(connection, table)
            if applied:
                seen.append((time.perf_counter(), applied))
            time.sleep(_PAUSE_S)
    engine.dispose()
    return Rate(seen[-1][1] - seen[0][1], seen[-1][0] - seen[0][0])


def _applied(connection: Connection, table: str) -> int:
    columns = inspect(connection).get_columns(table) if inspect(connection).has_table(table) else []
    named = [one["name"] for one in columns if one["name"].lower() == "measuredat"]
    if not named:
        return 0
    newest: Any = connection.execute(text(f'SELECT max("{named[0]}") FROM "{table}"')).scalar()
    if newest is None:
        return 0
    moment = newest if isinstance(newest, int) else to_micros(newest if newest.tzinfo else newest.replace(tzinfo=UTC))
    return ((moment - to_micros(START)) // _HOUR + 1) * STATIONS
