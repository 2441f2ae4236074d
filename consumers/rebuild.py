"""Builds a registry anew from the log, beside the live tables, compares, and swaps in one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, select, update

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
from hub.registries.writes import find_checkpoint
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
    state = ControlReader(log).catch_up()
    definition = state.definitions.get(registry)
    if definition is None:
        raise RegistryUndefined(f"the control log defines no registry {registry!r}")
    live, fits = open_live_build(engine, definition, now=now())
    drop_old_builds(engine, definition, now=now())
    started = time.monotonic()
    build = None
    while build is None:
        build = begin_build(engine, definition, status=BUILDING, now=now())
    beside = open_beside(log, registry, engine, batch_records=batch_records)
    replay = Replay(log, build, Order(log, registry), batch_records=batch_records, beside=beside)
    try:
        _follow(log, engine, replay, live, now=now)
    finally:
        if beside is not None:
            beside.close()
    compared_at = _last_common_entry(engine, replay, live)
    ours = log_hash(engine, definition, build.number, until=compared_at)
    theirs = log_hash(engine, definition, live.number, until=compared_at)
    if ours != theirs and not (expect_difference or not fits):
        drop_build(engine, definition, build.number)
        raise RebuildDiffers(
            f"{registry}: rebuilt to entry {compared_at} the log hash is {ours}, the live one is {theirs}; nothing was "
            "swapped. Expect a difference only where you know its cause."
        )
    _swap(log, engine, replay, live, now=now)
    note_decisions(engine, build, state)
    return RebuildReport(
        registry,
        build.number,
        live.number,
        replay.checkpoint.last_entry,
        compared_at,
        ours,
        theirs,
        time.monotonic() - started,
    )


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
        end = _order_offset(engine, live)
        if replay.checkpoint.order_offset >= end:
            return
        replay.look_beside()
        # in pieces, so that a rebuild that goes on is told from an abandoned one
        start = replay.checkpoint.order_offset
        replay.apply(order.read(start, min(end, start + _ORDERS_AT_ONCE)), nothing, now=now())
        with engine.begin() as connection:
            set_status(connection, live.registry, replay.build.number, status=BUILDING, now=now())


def _order_offset(engine: Engine, build: OpenBuild) -> int:
    with engine.connect() as connection:
        found = find_checkpoint(connection, build.registry, build.number)
    if found is None:
        raise Fenced(f"{build.registry}: another rebuild swapped in its build first")
    return found.order_offset


def _last_common_entry(engine: Engine, replay: Replay, live: OpenBuild) -> int:
    with engine.connect() as connection:
        found = find_checkpoint(connection, live.registry, live.number)
    return min(replay.checkpoint.last_entry, found.last_entry if found else 0)


def _swap(log: Log, engine: Engine, replay: Replay, live: OpenBuild, *, now: Callable[[], int]) -> None:
    """Make the new build live at a moment at which it is as far as the live one."""
    for _ in range(_SWAP_ATTEMPTS):
        _follow(log, engine, replay, live, now=now)
        replay.take_turn(now=now())
        with engine.begin() as connection:
            if _is_level(connection, replay, live):
                end_writing(connection, live.registry, live.number)
                set_status(connection, live.registry, live.number, status=RETIRED, now=now())
                set_status(connection, live.registry, replay.build.number, status=LIVE, now=now())
                return
    raise RebuildDiffers(f"{live.registry}: the live build was never caught up with; rebuild at a quieter time")


def _is_level(connection: Connection, replay: Replay, live: OpenBuild) -> bool:
    """Whether both builds are equally far; holds the live checkpoint until the transaction ends."""
    same = (checkpoints.c.registry == live.registry) & (checkpoints.c.build == live.number)
    connection.execute(update(checkpoints).where(same).values(updated_at=checkpoints.c.updated_at))
    row = connection.execute(select(checkpoints.c.order_offset).where(same)).one_or_none()
    if row is None:
        raise Fenced(f"{live.registry}: another rebuild swapped in its build first")
    return bool(row.order_offset == replay.checkpoint.order_offset)


__all__ = ["LIVE", "RebuildReport", "drop_old_builds", "find_live", "rebuild"]
