"""Workspaces: the temporary SQLite files in which candidates are built, one for each registry and candidate.

A file that a rehearsal left behind is gone on with. One lock for each registry keeps processes apart.
"""

from __future__ import annotations

import fcntl
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError

from consumers.builds import BUILDING, OpenBuild, begin_build, drop_build
from consumers.errors import RehearsalImpossible, RehearsalWaits
from consumers.rehearsals.live import LiveSide
from hub.log.interface import Position
from hub.registries.database import open_database
from hub.registries.digests import definition_digest
from hub.registries.tables import builds
from hub.registries.writes import BuildTables, find_checkpoint
from schemas.definition import Definition

KEPT_S = 7 * 86_400
_DIGEST_CHARACTERS = 24
LOCK_WAIT_S = 60.0
_LOCK_LOOK_S = 0.05
_COMPANIONS = ("", "-wal", "-shm", "-journal")
T = TypeVar("T")


def workspace_file(workspace: Path, candidate: Definition) -> Path:
    """Where the candidate is built; equal candidates share the file."""
    return workspace / f"{candidate.registry}-{definition_digest(candidate)[:_DIGEST_CHARACTERS]}.sqlite"


@contextmanager
def held_registry(
    workspace: Path, registry: str, *, wait_s: float = LOCK_WAIT_S, stop: threading.Event | None = None
) -> Iterator[None]:
    """Nobody else rehearses `registry` there meanwhile; raises `RehearsalWaits` after `wait_s`, or at `stop`."""
    stop = stop or threading.Event()
    try:
        workspace.mkdir(parents=True, exist_ok=True)
        lock = (workspace / f"{registry}.lock").open("a")
    except OSError as error:
        raise _impossible(registry, workspace, error) from error
    with lock:
        deadline = time.monotonic() + wait_s
        while not _try_lock(lock.fileno()):
            if time.monotonic() >= deadline or stop.wait(_LOCK_LOOK_S):
                raise RehearsalWaits(f"another rehearsal of {registry} runs at this moment: try again when it is done")
        yield


def in_workspace(path: Path, candidate: Definition, work: Callable[[Engine], T]) -> T:
    """What `work` makes of the database in `path`; where an old file is broken it is done again in a new one.

    Raises `RehearsalImpossible` where that cannot be written either; then the file is removed.
    """
    is_new = not path.exists()
    while True:
        try:
            return _with_database(path, work)
        except (DBAPIError, OSError) as error:
            with suppress(OSError):
                remove_workspace(path)
            if is_new:
                raise _impossible(candidate.registry, path, error) from error
            is_new = True


def open_candidate(engine: Engine, candidate: Definition, side: LiveSide, *, now: int) -> OpenBuild:
    """The candidate's build: the one there is where it lies before the pin, on the same log; else a new one."""
    digest = definition_digest(candidate)
    with engine.connect() as connection:
        rows = connection.execute(select(builds).where(builds.c.registry == candidate.registry)).all()
    for row in rows:
        found = OpenBuild(candidate, BuildTables(engine, candidate, row.build), row.definition_digest)
        if row.definition_digest == digest and _leads_to(found, side):
            return found
        drop_build(engine, candidate, row.build)
    begun = begin_build(engine, candidate, status=BUILDING, now=now, turned_at=side.pin.turned_at)
    if begun is None:
        raise RehearsalWaits(f"another rehearsal of {candidate.registry} began in the same file: try again")
    return begun


def remove_workspace(path: Path) -> None:
    """Remove the file and what SQLite keeps beside it."""
    for suffix in _COMPANIONS:
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def sweep_workspaces(workspace: Path, kept: Collection[Path], *, now: int) -> list[Path]:
    """Remove the files that are not among `kept`, or unused for a week; those in use stay. What was removed."""
    removed = []
    for path in sorted(workspace.glob("*.sqlite")) if workspace.is_dir() else ():
        if (path not in kept or _is_old(path, now)) and _remove_unused(workspace, path):
            removed.append(path)
    return removed


def _is_old(path: Path, now: int) -> bool:
    try:
        return path.stat().st_mtime < now / 1_000_000 - KEPT_S
    except FileNotFoundError:
        return True


def _remove_unused(workspace: Path, path: Path) -> bool:
    registry = path.stem.rsplit("-", 1)[0]
    try:
        with held_registry(workspace, registry, wait_s=0):
            remove_workspace(path)
    except RehearsalWaits:
        return False
    return True


def _with_database(path: Path, work: Callable[[Engine], T]) -> T:
    engine = open_database(f"sqlite:///{path}")
    try:
        return work(engine)
    finally:
        engine.dispose()


def _leads_to(build: OpenBuild, side: LiveSide) -> bool:
    """Whether the build stands before the pin, and its last entry is one of the live build's log."""
    entries = build.tables.tables.entries.c
    with build.tables.engine.connect() as connection:
        reached = find_checkpoint(connection, build.registry, build.number)
        if reached is None or reached.order_offset > side.pin.order_offset:
            return False
        asked = select(entries.event_id, entries.topic, entries.partition, entries.offset, entries.recorded_at)
        last = connection.execute(asked.where(entries.number == reached.last_entry)).one_or_none()
    if last is None:
        return False
    same = side.entries([last.event_id]).get(Position(last.topic, last.partition, last.offset))
    return same is not None and same.recorded_at == last.recorded_at


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _impossible(registry: str, place: Path, error: Exception) -> RehearsalImpossible:
    reason = error.orig if isinstance(error, DBAPIError) else getattr(error, "strerror", None) or error
    return RehearsalImpossible(
        f"{registry} cannot be rehearsed in {place}: {reason}; give it space and the right to write, "
        "the rehearsal is tried again"
    )
