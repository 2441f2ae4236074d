"""Builds: which set of tables of a registry is live, and how a new one is begun, swapped in and dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from hub.registries.digests import definition_digest
from hub.registries.tables import builds, checkpoints, dead_letters, moved, sources, turns
from hub.registries.writes import BuildTables
from hub.table_creation import create_tables
from schemas.definition import Definition

BUILDING, LIVE, RETIRED = "building", "live", "retired"


@dataclass(frozen=True, slots=True)
class OpenBuild:
    """A build and the definition it is made with."""

    definition: Definition
    tables: BuildTables
    digest: str

    @property
    def registry(self) -> str:
        return self.definition.registry

    @property
    def number(self) -> int:
        return self.tables.build


def open_live_build(engine: Engine, definition: Definition, *, now: int) -> tuple[OpenBuild, bool]:
    """The live build of the registry, begun where there is none, and whether it is made with this definition."""
    digest = definition_digest(definition)
    while True:
        row = find_live(engine, definition.registry)
        if row is not None:
            return OpenBuild(definition, BuildTables(engine, definition, row.build), row.definition_digest), (
                row.definition_digest == digest
            )
        begun = begin_build(engine, definition, status=LIVE, now=now, number=1)
        if begun is not None:
            return begun, True


def find_live(engine: Engine, registry: str) -> Any:
    """The row of the live build, or None."""
    with engine.connect() as connection:
        return connection.execute(
            select(builds).where(builds.c.registry == registry, builds.c.status == LIVE)
        ).one_or_none()


def begin_build(
    engine: Engine,
    definition: Definition,
    *,
    status: str,
    now: int,
    number: int | None = None,
    turned_at: int | None = None,
) -> OpenBuild | None:
    """A new, empty build whose clock stands at `turned_at` (`now`); None where another process took its number,
    or where a live one is wanted and stands already (`builds_live` allows one)."""
    taken = _highest(engine, definition.registry)
    if status == LIVE and find_live(engine, definition.registry) is not None:
        return None
    number = max(number or 1, taken + 1)
    tables = BuildTables(engine, definition, number)
    create_tables(engine, tables.tables.metadata)
    digest = definition_digest(definition)
    first = _first_checkpoint(definition.registry, number, now, now if turned_at is None else turned_at)
    build = {
        "registry": definition.registry,
        "build": number,
        "definition_version": definition.version,
        "definition_digest": digest,
        "status": status,
        "changed_at": now,
    }
    try:
        with engine.begin() as connection:
            connection.execute(insert(builds), [build])
            connection.execute(insert(checkpoints), [first])
    except IntegrityError:
        return None
    return OpenBuild(definition, tables, digest)


def _highest(engine: Engine, registry: str) -> int:
    with engine.connect() as connection:
        return max(
            (row.build for row in connection.execute(select(builds.c.build).where(builds.c.registry == registry))),
            default=0,
        )


def _first_checkpoint(registry: str, build: int, now: int, turned_at: int) -> dict[str, Any]:
    return {
        "registry": registry,
        "build": build,
        "order_offset": 0,
        "control_offset": 0,
        "positions": "{}",
        "last_entry": 0,
        "recorded_at": 0,
        "turn": 0,
        "turned_at": turned_at,
        "stopped_reason": None,
        "updated_at": now,
    }


def set_status(connection: Connection, registry: str, number: int, *, status: str, now: int) -> None:
    connection.execute(
        update(builds)
        .where(builds.c.registry == registry, builds.c.build == number)
        .values(status=status, changed_at=now)
    )


def end_writing(connection: Connection, registry: str, number: int) -> None:
    """Take the checkpoint away: whoever writes this build is fenced."""
    connection.execute(delete(checkpoints).where(checkpoints.c.registry == registry, checkpoints.c.build == number))


def old_builds(engine: Engine, registry: str, *, status: str, before: int) -> Sequence[int]:
    """The builds with `status` unchanged since `before`."""
    with engine.connect() as connection:
        rows = connection.execute(
            select(builds.c.build).where(
                builds.c.registry == registry, builds.c.status == status, builds.c.changed_at < before
            )
        )
        return [row.build for row in rows]


def drop_build(engine: Engine, definition: Definition, number: int) -> None:
    """Drop a build's tables and everything told of it."""
    with engine.begin() as connection:
        for table in (builds, checkpoints, turns, moved, sources, dead_letters):
            connection.execute(delete(table).where(table.c.registry == definition.registry, table.c.build == number))
    BuildTables(engine, definition, number).tables.metadata.drop_all(engine)
