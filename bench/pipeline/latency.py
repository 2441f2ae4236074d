"""How long it takes from before an append until a reader of the database sees the event."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError

from bench.pipeline.material import Stock, list_records, list_rows
from bench.pipeline.servers import Servers
from hub.control.reader import ControlReader
from hub.log.interface import NewRecord
from hub.log.open import open_log
from hub.registries.database import open_database
from hub.registries.tables import checkpoints

_POLL_S = 0.002
_PER_APPEND = 5
_WARM_UP = 1000
_DEADLINE_S = 60.0


class _Watcher(threading.Thread):
    """Notes when each entry became visible: events of one partition are entries in their order."""

    def __init__(self, engine: Engine, registry: str, events: int) -> None:
        super().__init__(daemon=True)
        self.engine = engine
        self.registry = registry
        self.events = events
        self.seen_at: list[float] = []

    def run(self) -> None:
        while len(self.seen_at) < self.events:
            reached = self.last_entry()
            now = time.perf_counter()
            self.seen_at += [now] * (reached - len(self.seen_at))
            time.sleep(_POLL_S)

    def wait_for(self, events: int) -> None:
        """Return once this many events were seen; raises `TimeoutError`."""
        deadline = time.monotonic() + _DEADLINE_S
        while len(self.seen_at) < events:
            if time.monotonic() > deadline:
                raise TimeoutError(f"only {len(self.seen_at)} of {events} events were seen")
            time.sleep(_POLL_S)

    def last_entry(self) -> int:
        wanted = select(checkpoints.c.last_entry).where(checkpoints.c.registry == self.registry)
        with suppress(DBAPIError), self.engine.connect() as connection:
            return int(connection.execute(wanted).scalar() or 0)
        return len(self.seen_at)


def measure_latency(
    servers: Servers, stock: Stock, database: str, *, events: int, per_second: int, data: Path | None
) -> list[float]:
    """Seconds of each of `events` events told at `per_second`, once the consumer has applied some to warm up."""
    log = open_log(servers.log_url)
    engine = open_database(database)
    total = events + _WARM_UP
    state = ControlReader(log).catch_up()
    records = list(list_records(replace(stock, events=total), list_rows(data), state, keys=6000))
    watcher = _Watcher(engine, stock.registry, total)
    told_at = [0.0] * _WARM_UP
    with _consumer(servers, stock, database):
        watcher.start()
        log.append(records[:_WARM_UP])
        watcher.wait_for(_WARM_UP)
        for at, some in _paced(records[_WARM_UP:], per_second):
            told_at += [at] * len(some)
            log.append(some)
        watcher.wait_for(total)
    log.close()
    engine.dispose()
    return [seen - told for told, seen in zip(told_at, watcher.seen_at, strict=True)][_WARM_UP:]


def _paced(records: list[NewRecord], per_second: int) -> Iterator[tuple[float, list[NewRecord]]]:
    """A few records at a time, each with the moment at which it was due."""
    started = time.perf_counter()
    for at in range(0, len(records), _PER_APPEND):
        due = started + at / per_second
        time.sleep(max(0.0, due - time.perf_counter()))
        yield due, records[at : at + _PER_APPEND]


@contextmanager
def _consumer(servers: Servers, stock: Stock, database: str) -> Iterator[None]:
    command = [sys.executable, "-W", "ignore", "-m", "bench.pipeline.follow", servers.log_url, database, stock.registry]
    child = subprocess.Popen(command)
    try:
        yield
    finally:
        child.terminate()
        child.wait()
