"""Builds a registry anew from the log, beside the live tables, compares, and swaps in one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Engine, update

from consumers.builds import (
    BUILDING,
    LIVE,
    RETIRED,
    OpenBuild,
    begin_build,
    drop_build,
    end_writing,
    find_live,
    old_builds,
    open_live_build,
    set_status,
)
from consumers.decisions import note_decisions
from consumers.errors import Fenced, RebuildDiffers, RegistryUndefined
from consumers.hashes import log_hash
from consumers.order import Order
from consumers.replay import Replay
from consumers.sequencer import Prefetched
from consumers.side_by_side import open_beside
from hub.control.reader import ControlReader
from hub.log.interface import Log
from hub.registries.tables import checkpoints
from hub.registries.writes import Checkpoint, find_checkpoint
from schemas.definition import Definition

_ABANDONED_AFTER = 600_000_000
_RETIRED_KEPT = 3_600_000_000
_SWAP_ATTEMPTS = 100
_ORDERS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """What a rebuild came to. The hashes are those of both builds at the entry where they were compared."""

    registry: str
    build: int
    previous: int
    entries: int
    compared_at: int
    log_hash: str
    previous_log_hash: str | None
    seconds: float

    @property
    def is_equal(self) -> bool:
        return self.log_hash == self.previous_log_hash

    def difference(self) -> str:
        return (
            f"{self.registry}: rebuilt to entry {self.compared_at} the log hash is {self.log_hash}, the live one is "
            f"{self.previous_log_hash}; nothing was swapped. Expect a difference only where you know its cause."
        )


def rebuild(
    registry: str,
    log: Log,
    engine: Engine,
    *,
    expect_difference: bool = False,
    clock: Callable[[], int] | None = None,
    batch_records: int = 2000,
) -> RebuildReport:
    """Rebuild `registry` beside what is read, and swap; raises `RebuildDiffers` unless a difference is expected.

    The previous tables are dropped an hour later, by `drop_old_builds`: readers that are on their way finish.
    """
    now = clock or (lambda: time.time_ns() // 1000)
    started = time.monotonic()
    state = ControlReader(log).catch_up()
    definition = state.definitions.get(registry)
    if definition is None:
        raise RegistryUndefined(f"the control log defines no registry {registry!r}")
    live, fits = open_live_build(engine, definition, now=now())
    drop_old_builds(engine, definition, now=now())
    replay = _begin(log, engine, live, now=now, batch_records=batch_records)
    try:
        _follow(log, engine, replay, live, now=now)
    finally:
        replay.close_beside()
    compared = _compare(engine, replay, live)
    if not (compared.is_equal or expect_difference or not fits):
        drop_build(engine, definition, replay.build.number)
        raise RebuildDiffers(compared.difference())
    _swap(log, engine, replay, live, now=now)
    note_decisions(engine, replay.build, state)
    return replace(compared, entries=replay.checkpoint.last_entry, seconds=time.monotonic() - started)


def _begin(log: Log, engine: Engine, live: OpenBuild, *, now: Callable[[], int], batch_records: int) -> Replay:
    """An empty build beside `live`; its clock never goes ahead of the live one's, so that turns stay the same."""
    build = None
    while build is None:
        turned_at = _live_checkpoint(engine, live).turned_at
        build = begin_build(engine, live.definition, status=BUILDING, now=now(), turned_at=turned_at)
    beside = open_beside(log, live.registry, engine, batch_records=batch_records)
    return Replay(log, build, Order(log, live.registry), batch_records=batch_records, beside=beside)


def _compare(engine: Engine, replay: Replay, live: OpenBuild) -> RebuildReport:
    """Both hashes at the last entry that both builds have."""
    with engine.connect() as connection:
        found = find_checkpoint(connection, live.registry, live.number)
    entries = replay.checkpoint.last_entry
    until = min(entries, found.last_entry if found else 0)
    ours, theirs = (
        log_hash(engine, live.definition, number, until=until) for number in (replay.build.number, live.number)
    )
    return RebuildReport(live.registry, replay.build.number, live.number, entries, until, ours, theirs, 0.0)


def drop_old_builds(engine: Engine, definition: Definition, *, now: int) -> list[int]:
    """Drop builds retired for an hour and rebuilds abandoned for ten minutes; their numbers."""
    retired = old_builds(engine, definition.registry, status=RETIRED, before=now - _RETIRED_KEPT)
    abandoned = old_builds(engine, definition.registry, status=BUILDING, before=now - _ABANDONED_AFTER)
    for number in (*retired, *abandoned):
        drop_build(engine, definition, number)
    return [*retired, *abandoned]


def _follow(log: Log, engine: Engine, replay: Replay, live: OpenBuild, *, now: Callable[[], int]) -> None:
    """Apply the order as far as the live build has."""
    nothing, order = Prefetched(), Order(log, live.registry)
    while True:
        ahead = _live_checkpoint(engine, live)
        start, end = replay.checkpoint.order_offset, ahead.order_offset
        if start >= end:
            return
        replay.look_beside()
        # in pieces, so that a rebuild that goes on is told from an abandoned one
        replay.apply(order.read(start, min(end, start + _ORDERS_AT_ONCE)), nothing, now=ahead.turned_at)
        with engine.begin() as connection:
            set_status(connection, live.registry, replay.build.number, status=BUILDING, now=now())


def _live_checkpoint(engine: Engine, live: OpenBuild) -> Checkpoint:
    with engine.connect() as connection:
        return _get_checkpoint(connection, live)


def _get_checkpoint(connection: Connection, live: OpenBuild) -> Checkpoint:
    found = find_checkpoint(connection, live.registry, live.number)
    if found is None:
        raise Fenced(f"{live.registry}: another rebuild swapped in its build first")
    return found


def _swap(log: Log, engine: Engine, replay: Replay, live: OpenBuild, *, now: Callable[[], int]) -> None:
    """Make the new build live at a moment at which it is as far as the live one."""
    for _ in range(_SWAP_ATTEMPTS):
        _follow(log, engine, replay, live, now=now)
        with engine.begin() as connection:
            ahead = _held_checkpoint(connection, live)
            if ahead.order_offset == replay.checkpoint.order_offset:
                replay.take_over_clock(connection, ahead, now=now())
                end_writing(connection, live.registry, live.number)
                set_status(connection, live.registry, live.number, status=RETIRED, now=now())
                set_status(connection, live.registry, replay.build.number, status=LIVE, now=now())
                return
    raise RebuildDiffers(f"{live.registry}: the live build was never caught up with; rebuild at a quieter time")


def _held_checkpoint(connection: Connection, live: OpenBuild) -> Checkpoint:
    """The live checkpoint, held until the transaction ends."""
    same = (checkpoints.c.registry == live.registry) & (checkpoints.c.build == live.number)
    connection.execute(update(checkpoints).where(same).values(updated_at=checkpoints.c.updated_at))
    return _get_checkpoint(connection, live)


__all__ = ["LIVE", "RebuildReport", "drop_old_builds", "find_live", "rebuild"]
